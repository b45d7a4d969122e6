import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorizer } from '../../../lib/callers/authorize.ts';
import { callerKey } from '../../../lib/callers/caller-key.ts';
import { parseAuthorizerConfig } from '../../../lib/callers/config.ts';
import { capturePrinted, eventOf, methodArn, newAuthorizer, outcome } from './authorizer.ts';
import { audience, claimsOf, type Issuer, makeSigner, type Signer, sign, startIssuer } from './issuer.ts';

const printed = capturePrinted();
let issuer: Issuer;
let signer: Signer;

beforeAll(async () => {
  signer = await makeSigner('ES256');
  issuer = await startIssuer([signer]);
});
afterAll(() => issuer.close());

async function ask(claims: Record<string, unknown>, env: Record<string, string> = {}) {
  return newAuthorizer(issuer.url, env)(await sign(signer, claimsOf(issuer.url, claims)));
}
const because = () => printed.lines().map(({ reason, claim }) => [reason, claim]);

describe('the authorizer’s answer', () => {
  it('lets the caller into the whole stage and names user and groups, as strings', async () => {
    expect(await ask({})).toEqual({
      principalId: `${issuer.url}#alice`,
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: 'arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/*' },
        ],
      },
      context: { user: `${issuer.url}#alice`, groups: '["ml","ops"]' },
    });
    expect(printed.lines()).toEqual([
      expect.objectContaining({ message: 'authorizer', outcome: 'Allowed', caller: `${issuer.url}#alice` }),
    ]);
  });

  it('names the key under which API Gateway counts the caller, where keys are deployed: another for another caller', async () => {
    const keyOf = async (user: string) => (await ask({ sub: user }, { CALLER_KEY_PREFIX: 'p' })).usageIdentifierKey;
    expect(await keyOf('alice')).toBe(callerKey('p', `${issuer.url}#alice`));
    expect(await keyOf('bob')).toBe(callerKey('p', `${issuer.url}#bob`));
    expect(callerKey('p', 'alice')).not.toBe(callerKey('p', 'bob'));
  });

  it.each(['arn:aws-cn:execute-api:cn-north-1:123456789012:a1b2c3/prod', 'arn:aws:execute-api:us-east-1:123456789012:a1b2c3/$default'])(
    'covers the stage of %s, in any partition',
    async (stage) => {
      const config = parseAuthorizerConfig({ OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: audience });
      const token = await sign(signer, claimsOf(issuer.url));
      const answer = await authorizer(config)({ asked: { ...eventOf(`Bearer ${token}`), methodArn: `${stage}/GET/a/*/b` } });
      expect(answer.policyDocument.Statement).toEqual([expect.objectContaining({ Resource: `${stage}/*` })]);
    },
  );

  it('is an error other than Unauthorized where the event names no method', async () => {
    const config = parseAuthorizerConfig({ OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: audience });
    const token = await sign(signer, claimsOf(issuer.url));
    await expect(authorizer(config)({ asked: { ...eventOf(`Bearer ${token}`), methodArn: '*' } })).rejects.toThrow(
      'the event names no method',
    );
    expect(methodArn).toContain('*');
  });
});

describe('the user', () => {
  it('is the claim that OIDC_USER_CLAIM names', async () => {
    expect((await ask({ email: 'a@example.com' }, { OIDC_USER_CLAIM: 'email' })).principalId).toBe('a@example.com');
    expect((await ask({ 'https://example.com/user': 'юля' }, { OIDC_USER_CLAIM: 'https://example.com/user' })).principalId).toBe(
      `${issuer.url}#юля`,
    );
  });

  it.each(['', 7, null, ['alice'], 'a"b', 'a\\b', 'a\nb', 'a\u202eb', 'a\u2028b', '\ud800', 'a'.repeat(257)])(
    '%j is nobody',
    async (user) => {
      expect(await outcome(ask({ sub: user }))).toBe('Unauthorized');
      expect(because()).toEqual([['no fit user', 'sub']]);
    },
  );

  it.each(['__proto__', 'constructor', 'toString'])('is never what every object has, such as %s', async (claim) => {
    expect(await outcome(ask({}, { OIDC_USER_CLAIM: claim }))).toBe('Unauthorized');
  });

  it('is no email address that the issuer calls not verified', async () => {
    const env = { OIDC_USER_CLAIM: 'email' };
    expect((await ask({ email: 'a@example.com', email_verified: true }, env)).principalId).toBe('a@example.com');
    for (const email_verified of [false, 'true']) {
      printed.text = '';
      expect(await outcome(ask({ email: 'a@example.com', email_verified }, env))).toBe('Unauthorized');
      expect(because()).toEqual([['not verified', 'email']]);
    }
  });
});

describe('what comes before a name', () => {
  it.each<[Record<string, string>, string]>([
    [{}, 'ISSUER#alice'],
    [{ OIDC_USERNAME_PREFIX: '-' }, 'alice'],
    [{ OIDC_USERNAME_PREFIX: 'oidc:' }, 'oidc:alice'],
    [{ OIDC_USER_CLAIM: 'email' }, 'alice@example.com'],
    [{ OIDC_USER_CLAIM: 'email', OIDC_USERNAME_PREFIX: 'oidc:' }, 'oidc:alice@example.com'],
    [{ OIDC_USER_CLAIM: 'email', OIDC_USERNAME_PREFIX: '-' }, 'alice@example.com'],
  ])('with %j it is as on an API server: %s', async (env, user) => {
    expect((await ask({ email: 'alice@example.com' }, env)).principalId).toBe(user.replace('ISSUER', issuer.url));
  });

  it('may be said for groups, which have none by default', async () => {
    expect((await ask({ groups: ['ml'] }, { OIDC_GROUPS_PREFIX: 'oidc:' })).context.groups).toBe('["oidc:ml"]');
    expect((await ask({ groups: ['system:masters'] }, { OIDC_GROUPS_PREFIX: 'oidc:' })).context.groups).toBe('["oidc:system:masters"]');
  });
});

describe('a name that only the gateway may give', () => {
  const names = [
    'system:masters',
    'system:authenticated',
    'system:',
    'event:aws.s3',
    'tfjob-gateway:events',
    'arn:aws:iam::123456789012:user/root',
  ];

  it.each(names)('%s is no user where no prefix keeps it apart', async (name) => {
    expect(await outcome(ask({ sub: name }, { OIDC_USERNAME_PREFIX: '-' }))).toBe('Unauthorized');
    expect(because()).toEqual([['a reserved name', 'sub']]);
    expect((await ask({ sub: name })).principalId).toBe(`${issuer.url}#${name}`);
  });

  it.each(names)('%s is no group', async (name) => {
    expect(await outcome(ask({ groups: ['ml', name] }))).toBe('Unauthorized');
    expect(because()).toEqual([['a reserved name', 'groups']]);
  });

  it('is not made of a user by a prefix that is like one, at the start of the function', () => {
    for (const name of ['OIDC_USERNAME_PREFIX', 'OIDC_GROUPS_PREFIX']) {
      const env = { OIDC_ISSUER: 'https://issuer.example.com', OIDC_AUDIENCE: 'a', [name]: 'system:' };
      expect(() => parseAuthorizerConfig(env)).toThrow(`${name} may not begin as the names that the gateway itself gives`);
    }
  });
});

describe('the groups', () => {
  it.each([
    [undefined, '[]'],
    [null, '[]'],
    [[], '[]'],
    ['ml', '["ml"]'],
    [['a"b', 'c\nd'], '["a\\"b","c\\nd"]'],
  ])('%j are passed on as %s', async (groups, passed) => {
    expect((await ask({ groups })).context.groups).toBe(passed);
  });

  it('are the claim that OIDC_GROUPS_CLAIM names', async () => {
    const answer = await ask({ 'cognito:groups': ['admins'] }, { OIDC_GROUPS_CLAIM: 'cognito:groups' });
    expect(answer.context.groups).toBe('["admins"]');
  });

  it.each([[7], [{ ml: true }], [['ml', 7]]])('%j are none, and the token is bad', async (groups) => {
    expect(await outcome(ask({ groups }))).toBe('Unauthorized');
    expect(because()).toEqual([['groups are not strings', 'groups']]);
  });
});
