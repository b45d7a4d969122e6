import { BlockList, isIP } from 'node:net';
import * as v from 'valibot';
import { authorizerVariables } from '../../lib/callers/config.ts';
import { callerVariables } from '../../lib/callers/config-names.ts';
import { pageVariables } from '../../lib/console/config.ts';
import { logLevel, upstreamVariables } from '../../lib/runtime/config.ts';

const oneOf = (...words: [string, ...string[]]) => v.picklist(words, `must be ${words.join(' or ')}`);
const matching = (pattern: RegExp, message: string) => v.pipe(v.string('is missing'), v.regex(pattern, message));

/** A whole number between two bounds, written in digits. */
const integer = (least: number, most: number) =>
  v.pipe(
    v.string('is missing'),
    v.check(
      (text) => /^(0|[1-9]\d{0,9})$/.test(text) && Number(text) >= least && Number(text) <= most,
      `must be a whole number from ${least} to ${most}`,
    ),
  );

/** Words between commas, each of which has to look like this, and so many at most. */
const list = (isOne: (word: string) => boolean, what: string, most = Number.POSITIVE_INFINITY) =>
  v.optional(
    v.pipe(
      v.string(),
      v.check((text) => wordsOf(text).every(isOne), `must be ${what}, separated by commas`),
      v.check((text) => wordsOf(text).length <= most, `may have at most ${most}`),
    ),
  );
/** The words of a list that is written with commas. An empty text has none. */
export const wordsOf = (text = ''): string[] => (text === '' ? [] : text.split(',').map((word) => word.trim()));

const rate = matching(/^(?!0(\.0+)?$)(0|[1-9]\d{0,5})(\.\d{1,3})?$/, 'must be a number of requests per second, above 0');
const burst = integer(1, 1_000_000);
const ofLoopback = /^(localhost|127(\.\d+){3}|\[::1\])\.?$/;
/** An address that a function calls. */
const called = <T extends string | undefined>() =>
  v.check<T, string>(
    (text) => !ofLoopback.test(URL.parse(text ?? '')?.hostname ?? ''),
    'may not be on loopback, which no function reaches',
  );
const account = (word: string): boolean => /^\d{12}$/.test(word);
/** An ARN whose second and third capture are the region and the account. */
const arnOf = (service: string, rest: string) => new RegExp(`^arn:(aws[a-z-]*):${service}:([a-z0-9-]+):(\\d{12}):${rest}$`);
export const topicArn = arnOf('sns', '[A-Za-z0-9_-]{1,256}');
export const certificateArn = arnOf('acm', 'certificate/[0-9a-f-]{36}');
export const keyArn = arnOf('kms', 'key/[A-Za-z0-9-]{1,64}');

/** What CloudWatch keeps logs for. */
const retentions = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

function isRange(word: string): boolean {
  const [address = '', bits = '', more] = word.split('/');
  const family = isIP(address);
  // IAM knows no zones, and an address of IPv4 as such alone.
  if (/%|^::ffff:/i.test(address)) return false;
  if (family === 0 || more !== undefined || !/^(0|[1-9]\d{0,2})$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
  // A range of all addresses keeps nobody out.
  return Number(bits) > 0 && new BlockList().addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6') === undefined;
}

// AWS refuses its own prefix and an empty value. To IAM keys of another case are the same.
const isTag = (word: string): boolean => /^(?!aws:)[\w .:/+@-]{1,128}(?<! )=(?! )[\w .:/+=@-]{1,256}$/i.test(word);
const tags = v.optional(
  v.pipe(
    v.string(),
    v.check((text) => wordsOf(text).every(isTag), 'must be KEY=VALUE, separated by commas'),
    v.check((text) => new Set(wordsOf(text).map(keyOf)).size === wordsOf(text).length, 'may have each key once'),
    v.check((text) => !wordsOf(text).map(keyOf).includes('stage'), 'may not have the key stage: the deployment itself has STAGE'),
    v.check((text) => wordsOf(text).length <= 40, 'may have at most 40 tags'),
  ),
);
const keyOf = (tag: string): string => tag.slice(0, tag.indexOf('=')).toLowerCase();

const rates = /^rate\((([4-9]|[1-9]\d{1,3}) hours|1 day|([2-9]|[1-9]\d{1,2}) days)\)$/;
// Minutes, hours, day of the month, month, day of the week, year. Secrets Manager's windows begin on the hour and end within a year.
const crons = /^cron\(0 [\d*/,-]+ (?:[\d*/,LW-]+ [\dA-Z*/,-]+ \?|\? [\dA-Z*/,-]+ [\dA-Z*/,#-]+) \*\)$/;
const schedule = new RegExp(`${rates.source}|${crons.source}`);

/**
 * Every parameter of a deployment, and what its value has to be, written as a text. What becomes a variable of a function is what the function
 * itself says of it.
 */
export const Parameters = v.strictObject({
  cciEndpoint: v.pipe(upstreamVariables.CCI_ENDPOINT, called()),
  cciProjectId: upstreamVariables.CCI_PROJECT_ID,
  secretName: upstreamVariables.CCI_SECRET_ID,
  secretKmsKeyArn: v.optional(matching(keyArn, 'must be the ARN of a KMS key')),
  layout: upstreamVariables.LAYOUT,
  protectedKeys: upstreamVariables.PROTECTED_KEYS,
  auth: oneOf('aws_iam', 'jwt'),
  authorization: v.optional(v.literal('allow-authenticated', 'must be allow-authenticated, or not given')),
  policyMaxCost: upstreamVariables.POLICY_MAX_COST,
  audit: oneOf('log', 'archive', 'strict'),
  auditRetentionDays: integer(1, 36_500),
  auditLockMode: oneOf('GOVERNANCE', 'COMPLIANCE'),
  oidcIssuer: v.optional(v.pipe(authorizerVariables.OIDC_ISSUER, called())),
  oidcAudience: v.optional(authorizerVariables.OIDC_AUDIENCE),
  oidcJwksUri: v.pipe(authorizerVariables.OIDC_JWKS_URI, called()),
  oidcUserClaim: authorizerVariables.OIDC_USER_CLAIM,
  oidcGroupsClaim: authorizerVariables.OIDC_GROUPS_CLAIM,
  oidcUsernamePrefix: authorizerVariables.OIDC_USERNAME_PREFIX,
  oidcGroupsPrefix: authorizerVariables.OIDC_GROUPS_PREFIX,
  ssoUsername: callerVariables.SSO_USERNAME,
  authCacheSeconds: integer(0, 3600),
  callerRate: rate,
  callerBurst: burst,
  throttleRate: rate,
  throttleBurst: burst,
  allowedSourceRanges: list(isRange, 'ranges of addresses, such as 203.0.113.0/24'),
  allowedAccounts: list(account, "AWS accounts' numbers of 12 digits"),
  domainName: v.optional(
    matching(/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, 'must be the name of a host, in lower case'),
  ),
  certificateArn: v.optional(matching(certificateArn, 'must be the ARN of a certificate in ACM')),
  eventBusName: v.pipe(
    v.string(),
    v.regex(/^[A-Za-z0-9._-]{1,256}$/, 'must be the name of an event bus: letters, digits and ._-'),
    v.check((name) => name !== 'default' && !name.startsWith('aws.'), 'may not be the name of a bus of AWS'),
  ),
  eventConcurrency: integer(2, 1000),
  eventProducerAccounts: list(account, "AWS accounts' numbers of 12 digits"),
  alarmTopicArn: v.optional(matching(topicArn, 'must be the ARN of an SNS topic')),
  rotation: oneOf('off', 'on'),
  rotationSchedule: v.optional(
    matching(
      schedule,
      'must be rate(N days), rate(N hours) with at least 4, or cron() with six fields: 0 minutes, every year (*), and one of the two days a ?',
    ),
  ),
  rotationNamespace: upstreamVariables.ROTATION_NAMESPACE,
  console: oneOf('off', 'on'),
  consoleClientId: pageVariables.CONSOLE_CLIENT_ID,
  consoleScope: pageVariables.CONSOLE_SCOPE,
  consoleNamespaces: pageVariables.CONSOLE_NAMESPACES,
  consoleOrigins: pageVariables.CONSOLE_ORIGINS,
  watch: oneOf('off', 'on'),
  watchConcurrency: v.optional(integer(1, 10_000)),
  memorySize: integer(128, 10_240),
  reservedConcurrency: matching(/^([1-9]\d{0,4}|none)$/, 'must be a whole number from 1 on, or none'),
  vpcSubnetIds: list((word) => /^subnet-[0-9a-f]{8,17}$/.test(word), 'ids of subnets', 16),
  vpcSecurityGroupIds: list((word) => /^sg-[0-9a-f]{8,17}$/.test(word), 'ids of security groups', 5),
  logLevel,
  logRetentionDays: v.pipe(
    v.string(),
    v.check((days) => retentions.map(String).includes(days), `must be one of ${retentions.join(', ')}`),
  ),
  metricsDisabled: oneOf('true', 'false'),
  tracing: oneOf('off', 'on'),
  tags,
  apiGatewayLogRole: oneOf('existing', 'create'),
});

export type ParameterName = keyof typeof Parameters.entries;
/** The values of all parameters that have one, as texts. */
export type Values = Partial<Record<ParameterName, string>>;
