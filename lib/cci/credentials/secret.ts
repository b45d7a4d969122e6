import { distance } from 'fastest-levenshtein';
import * as v from 'valibot';
import { endpointMistake } from '../../runtime/config.ts';
import { internalError, StatusError } from '../../status.ts';

const ascii = 'must be printable ASCII without spaces';
const visible = v.pipe(v.string('must be a string'), v.regex(/^[\x21-\x7e]+$/, ascii));
const text = v.pipe(v.string('must be a string'), v.minLength(1, 'may not be empty'));
const endpoint = v.pipe(
  v.string('must be a string'),
  v.check((value) => endpointMistake(value) === undefined, 'must be https (http only on loopback), without userinfo, query or fragment'),
);

const AccessKey = v.strictObject({ accessKey: visible, secretKey: visible, securityToken: v.optional(visible) });
const Password = v.strictObject({ iamEndpoint: endpoint, domain: text, user: text, password: text, project: text });
const Token = v.strictObject({ token: visible });
const forms = { accessKey: AccessKey, password: Password, token: Token };

/** A user of IAM, whose password is exchanged for a token of one project. */
export type Password = v.InferOutput<typeof Password>;
/** What the secret holds, in one of its three forms, and which of its values are secret. */
export type Secret = { secrets: string[] } & (
  | { form: 'accessKey'; key: v.InferOutput<typeof AccessKey> }
  | { form: 'password'; login: Password }
  | { form: 'token'; token: string }
);

/**
 * Reads the secret's text (docs/credentials.md: an access key, an IAM user, or a token). Throws 500 with a note that names the wrong keys by
 * our names for them, never a value, and no key that is not ours (it might be one).
 */
export function parseSecret(content: string | undefined): Secret {
  const value = parse(content);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(['it is not a JSON object']);
  if ('token' in value) {
    const { token } = check(forms.token, value);
    return { form: 'token', token, secrets: [token] };
  }
  if ('iamEndpoint' in value || 'password' in value) {
    const login = check(forms.password, value);
    return { form: 'password', login, secrets: [login.password] };
  }
  const key = check(forms.accessKey, value);
  return { form: 'accessKey', key, secrets: [key.accessKey, key.secretKey, ...(key.securityToken ? [key.securityToken] : [])] };
}

function check<S extends (typeof forms)[keyof typeof forms]>(form: S, value: object): v.InferOutput<S> {
  const { success, output, issues } = v.safeParse(form, value);
  if (success) return output;
  throw malformed(
    issues.map((issue) => {
      const key = String(issue.path?.[0]?.key ?? '');
      if (!Object.hasOwn(form.entries, key)) return foreign(key);
      // The schema's own words for a key that is missing name what was received.
      return `${key} ${issue.input === undefined ? 'is missing' : issue.message}`;
    }),
  );
}

const ours = Object.values(forms).flatMap(({ entries }) => Object.keys(entries));

/** A key that is not ours may be a secret that was pasted in its place: it is named by what it was meant for, if that can be told. */
function foreign(key: string): string {
  if (ours.includes(key)) return `${key} belongs to another form of the secret`;
  const meant = ours.find((name) => distance(plain(key), plain(name)) <= name.length / 4);
  return meant ? `${meant} is misspelt` : 'it has a key that belongs to no form of the secret';
}

const plain = (key: string) => key.slice(0, 64).toLowerCase().replace(/[-_ ]/g, '');

function malformed(mistakes: string[]) {
  return internalError({ reason: 'credentials: the secret is malformed', mistakes });
}

/** Whether parseSecret threw this. */
export function isMalformed(error: unknown): boolean {
  return error instanceof StatusError && error.note.mistakes !== undefined;
}

function parse(content: string | undefined): unknown {
  try {
    return JSON.parse(content ?? '');
  } catch {
    return undefined;
  }
}
