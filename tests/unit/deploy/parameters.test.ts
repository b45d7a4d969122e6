import { describe, expect, it } from 'vitest';
import { Parameters } from '../../../deploy/parameters/schema.ts';
import { parseAuthorizerConfig } from '../../../lib/callers/config.ts';
import { parseCallerNames } from '../../../lib/callers/config-names.ts';
import { ConfigError, parseConfig } from '../../../lib/runtime/config.ts';
import { account, asOptions, defaults, type Given, good, mistakesOf, tokens } from './parameters.ts';

const elsewhere = (arn: string) => arn.replace('eu-central-1', 'us-east-1');
const otherRegion = (name: string) => [`${name} is of the region us-east-1, but the deployment is to eu-central-1`];
const idle = (name: string, needed: string) => [`${name} does nothing without ${needed}`];
const accounts = "must be AWS accounts' numbers of 12 digits, separated by commas";
const ranges = 'must be ranges of addresses, such as 203.0.113.0/24, separated by commas';
const rate = 'must be a number of requests per second, above 0';
const schedule =
  'must be rate(N days), rate(N hours) with at least 4, or cron() with six fields: 0 minutes, every year (*), and one of the two days a ?';
const tags = 'must be KEY=VALUE, separated by commas';
const secret = 'must be the name of a secret, or its whole ARN with the six characters at its end';
const keys = 'must be keys, prefix/* or the word recommended, separated by commas, or none alone';

const wrong: [given: Given, mistakes: string[]][] = [
  // Names
  [{ cciEndPoint: 'https://cci.example.com' }, ['there is no parameter cciEndPoint: did you mean cciEndpoint?']],
  [{ protectedkeys: 'team' }, ['there is no parameter protectedkeys: did you mean protectedKeys?']],
  [{ protectedKey: 'team' }, ['there is no parameter protectedKey: did you mean protectedKeys?']],
  [{ eventProducerAcounts: account }, ['there is no parameter eventProducerAcounts: did you mean eventProducerAccounts?']],
  [{ OIDC_ISSUER: 'https://a' }, ['there is no parameter OIDC_ISSUER: did you mean oidcIssuer?']],
  [{ somethingElse: '1' }, ['there is no parameter somethingElse']],
  [{ __proto__x: '1' }, ['there is no parameter __proto__x']],
  // Values
  [{ cciEndpoint: 'http://cci.example.com' }, ['cciEndpoint must be https (http only on loopback)']],
  [{ cciEndpoint: 'http://127.0.0.1:8080' }, ['cciEndpoint may not be on loopback, which no function reaches']],
  [{ cciEndpoint: 'https://localhost' }, ['cciEndpoint may not be on loopback, which no function reaches']],
  [{ cciEndpoint: 'https:/cci.example.com' }, ['cciEndpoint is not a URL']],
  [{ cciEndpoint: 'https://cci.example.com/ a' }, ['cciEndpoint is not a URL']],
  [{ cciEndpoint: 'cci.example.com' }, ['cciEndpoint is not a URL']],
  [{ cciEndpoint: 'https://u:p@cci.example.com' }, ['cciEndpoint may not have userinfo, a query or a fragment']],
  [{ cciEndpoint: 'https://cci.example.com?' }, ['cciEndpoint may not have userinfo, a query or a fragment']],
  [{ cciProjectId: 'my project' }, ['cciProjectId must be a project id']],
  [{ secretName: 'my secret' }, [`secretName ${secret}`]],
  [{ secretName: `arn:aws:secretsmanager:eu-central-1:${account}:secret:cci` }, [`secretName ${secret}`]],
  [{ secretName: good.topicArn }, [`secretName ${secret}`]],
  [{ secretName: elsewhere(good.secretArn) }, otherRegion('secretName')],
  [{ secretKmsKeyArn: 'alias/cci' }, ['secretKmsKeyArn must be the ARN of a KMS key']],
  [{ secretKmsKeyArn: elsewhere(good.keyArn) }, otherRegion('secretKmsKeyArn')],
  [{ layout: 'foo' }, ['layout must be cci or kubeflow']],
  [{ protectedKeys: 'recomended' }, [`protectedKeys ${keys}`]],
  [{ protectedKeys: 'none,team' }, [`protectedKeys ${keys}`]],
  [{ auth: 'iam' }, ['auth must be aws_iam or jwt']],
  [{ ...tokens, authorization: 'allow-all' }, ['authorization must be allow-authenticated, or not given']],
  [{ policyMaxCost: '1e6' }, ['policyMaxCost must be an integer from 1 to 999999999']],
  [{ audit: 'strickt' }, ['audit must be log or archive or strict']],
  [{ audit: 'archive', auditRetentionDays: '0' }, ['auditRetentionDays must be a whole number from 1 to 36500']],
  [{ audit: 'archive', auditLockMode: 'governance' }, ['auditLockMode must be GOVERNANCE or COMPLIANCE']],
  [{ ...tokens, oidcIssuer: 'http://issuer.example.com' }, ['oidcIssuer must be https (http only on loopback)']],
  [{ ...tokens, oidcIssuer: 'https:/issuer.example.com' }, ['oidcIssuer is not a URL']],
  [{ ...tokens, oidcIssuer: 'https:\\issuer.example.com' }, ['oidcIssuer is not a URL']],
  [{ ...tokens, oidcIssuer: 'https://issuer.example.com/"' }, ['oidcIssuer is not a URL']],
  [{ ...tokens, oidcIssuer: 'http://localhost:5556' }, ['oidcIssuer may not be on loopback, which no function reaches']],
  [{ ...tokens, oidcJwksUri: 'https://127.0.0.2/keys?v=1' }, ['oidcJwksUri may not be on loopback, which no function reaches']],
  [{ ...tokens, oidcUserClaim: ' sub' }, ['oidcUserClaim may not begin or end with a space']],
  [{ ...tokens, oidcGroupsClaim: '\u00a0groups' }, ['oidcGroupsClaim may not begin or end with a space']],
  [{ ...tokens, oidcIssuer: ' https://issuer.example.com' }, ['oidcIssuer may not begin or end with a space', 'oidcIssuer is not a URL']],
  [{ ...tokens, oidcUserClaim: 'sub\u200b' }, ['oidcUserClaim may have no line breaks or other control characters']],
  [{ ...tokens, oidcUsernamePrefix: 'a"' }, ['oidcUsernamePrefix may have no quotes, backslashes or control characters']],
  [{ ...tokens, oidcGroupsPrefix: 'a\\' }, ['oidcGroupsPrefix may have no quotes, backslashes or control characters']],
  [{ ...tokens, oidcJwksUri: 'keys' }, ['oidcJwksUri is not a URL']],
  [{ ...tokens, oidcUsernamePrefix: 'system:' }, ['oidcUsernamePrefix may not begin as the names that the gateway itself gives']],
  [{ ...tokens, oidcGroupsPrefix: 'arn:' }, ['oidcGroupsPrefix may not begin as the names that the gateway itself gives']],
  [{ ...tokens, authCacheSeconds: '9000' }, ['authCacheSeconds must be a whole number from 0 to 3600']],
  [{ ...tokens, callerRate: '0' }, [`callerRate ${rate}`]],
  [{ ...tokens, callerBurst: '1.5' }, ['callerBurst must be a whole number from 1 to 1000000']],
  [{ ssoUsername: 'user' }, ['ssoUsername must be role or session']],
  [{ console: 'yes' }, ['console must be off or on']],
  [{ console: 'on', consoleClientId: 'page' }, ['console=on needs auth=jwt: a browser cannot sign as aws_iam asks for']],
  [{ ...tokens, console: 'on' }, ["consoleClientId is missing: console=on needs the id of the page's own client"]],
  [
    { ...tokens, console: 'on', consoleClientId: 'page' },
    ["the page's tokens are for page: name it in oidcAudience, with a comma after the others"],
  ],
  [{ ...tokens, consoleClientId: 'page' }, ['consoleClientId does nothing without console=on']],
  [{ ...tokens, consoleScope: 'openid groups' }, ['consoleScope does nothing without console=on']],
  [{ ...tokens, consoleNamespaces: 'a' }, ['consoleNamespaces does nothing without console=on']],
  [
    { ...tokens, oidcAudience: 'kubernetes,page', console: 'on', consoleClientId: 'page', consoleOrigins: 'http://i.example.com' },
    ['consoleOrigins must be https (http only on loopback), without userinfo, query or fragment'],
  ],
  [{ watch: 'true' }, ['watch must be off or on']],
  [{ watch: 'on' }, ['watchConcurrency is missing: watch=on needs it, since each watch holds a Lambda for minutes']],
  [{ watchConcurrency: '5' }, ['watchConcurrency does nothing without watch=on']],
  ...['none', '0', '-1', '1.5'].map((watchConcurrency): [Given, string[]] => [
    { watch: 'on', watchConcurrency },
    ['watchConcurrency must be a whole number from 1 to 10000'],
  ]),
  [{ throttleRate: 'fast' }, [`throttleRate ${rate}`]],
  [{ throttleRate: '010' }, [`throttleRate ${rate}`]],
  [{ throttleBurst: '-1' }, ['throttleBurst must be a whole number from 1 to 1000000']],
  [{ allowedSourceRanges: '203.0.113.7' }, [`allowedSourceRanges ${ranges}`]],
  [{ allowedSourceRanges: '203.0.113.0/33' }, [`allowedSourceRanges ${ranges}`]],
  [{ allowedSourceRanges: '0.0.0.0/0' }, [`allowedSourceRanges ${ranges}`]],
  [{ allowedSourceRanges: '203.0.113.0/24,' }, [`allowedSourceRanges ${ranges}`]],
  // Both AWS refuses: zeros before the bits, and a zone. Nobody comes from an address of IPv4 that is written as one of IPv6.
  [{ allowedSourceRanges: '203.0.113.0/024' }, [`allowedSourceRanges ${ranges}`]],
  [{ allowedSourceRanges: 'fe80::1%eth0/64' }, [`allowedSourceRanges ${ranges}`]],
  [{ allowedSourceRanges: '::ffff:203.0.113.0/120' }, [`allowedSourceRanges ${ranges}`]],
  [{ allowedAccounts: '1234-5678-9012' }, [`allowedAccounts ${accounts}`]],
  [
    { domainName: 'https://jobs.example.com', certificateArn: good.certificateArn },
    ['domainName must be the name of a host, in lower case'],
  ],
  [{ domainName: 'jobs.example.com', certificateArn: 'cert' }, ['certificateArn must be the ARN of a certificate in ACM']],
  [{ domainName: 'jobs.example.com', certificateArn: elsewhere(good.certificateArn) }, otherRegion('certificateArn')],
  [{ eventBusName: 'default' }, ['eventBusName may not be the name of a bus of AWS']],
  [{ eventBusName: 'a/b' }, ['eventBusName must be the name of an event bus: letters, digits and ._-']],
  [{ eventConcurrency: '1' }, ['eventConcurrency must be a whole number from 2 to 1000']],
  [{ eventProducerAccounts: 'all' }, [`eventProducerAccounts ${accounts}`]],
  [{ alarmTopicArn: 'on-call' }, ['alarmTopicArn must be the ARN of an SNS topic']],
  [{ alarmTopicArn: elsewhere(good.topicArn) }, otherRegion('alarmTopicArn')],
  [{ rotation: 'yes' }, ['rotation must be off or on']],
  [{ rotation: 'on', rotationSchedule: 'rate(30)' }, [`rotationSchedule ${schedule}`]],
  [{ rotation: 'on', rotationSchedule: 'rate(3 hours)' }, [`rotationSchedule ${schedule}`]],
  [{ rotation: 'on', rotationSchedule: 'cron(0 4 * * *)' }, [`rotationSchedule ${schedule}`]],
  ...['a b c d e f', '15 4 1 * ? *', '0 4 1 * 1 *', '0 4 ? * ? *', '0 4 1 * ? 2027'].map((cron): [Given, string[]] => [
    { rotation: 'on', rotationSchedule: `cron(${cron})` },
    [`rotationSchedule ${schedule}`],
  ]),
  [{ rotation: 'on', rotationNamespace: 'Team_A' }, ['rotationNamespace must be the name of a namespace']],
  [{ memorySize: '64' }, ['memorySize must be a whole number from 128 to 10240']],
  [{ memorySize: '1GB' }, ['memorySize must be a whole number from 128 to 10240']],
  [{ reservedConcurrency: '0' }, ['reservedConcurrency must be a whole number from 1 on, or none']],
  [{ reservedConcurrency: 'all' }, ['reservedConcurrency must be a whole number from 1 on, or none']],
  [{ vpcSubnetIds: 'subnet', vpcSecurityGroupIds: 'sg-0123456789abcdef0' }, ['vpcSubnetIds must be ids of subnets, separated by commas']],
  [
    { vpcSubnetIds: 'subnet-0123456789abcdef0', vpcSecurityGroupIds: 'web' },
    ['vpcSecurityGroupIds must be ids of security groups, separated by commas'],
  ],
  [{ logLevel: 'info' }, ['logLevel must be one of TRACE, DEBUG, INFO, WARN, ERROR, CRITICAL, SILENT']],
  [{ logRetentionDays: '31' }, [expect.stringMatching(/^logRetentionDays must be one of 1, 3, 5, /)]],
  [{ metricsDisabled: 'yes' }, ['metricsDisabled must be true or false']],
  [{ tracing: 'true' }, ['tracing must be off or on']],
  [{ tags: 'team' }, [`tags ${tags}`]],
  [{ tags: 'aws:team=ml' }, [`tags ${tags}`]],
  [{ tags: 'team=' }, [`tags ${tags}`]],
  [{ tags: 'team =ml' }, [`tags ${tags}`]],
  [{ tags: 'team=ml,team=ops' }, ['tags may have each key once']],
  // To IAM these are one key, and the framework has one of its own.
  [{ tags: 'team=ml,Team=ops' }, ['tags may have each key once']],
  [{ tags: 'stage=prod' }, ['tags may not have the key stage: the deployment itself has STAGE']],
  [
    { vpcSubnetIds: Array.from({ length: 17 }, () => 'subnet-0123456789abcdef0').join(','), vpcSecurityGroupIds: 'sg-0123456789abcdef0' },
    ['vpcSubnetIds may have at most 16'],
  ],
  [
    { vpcSubnetIds: 'subnet-0123456789abcdef0', vpcSecurityGroupIds: Array.from({ length: 6 }, () => 'sg-0123456789abcdef0').join(',') },
    ['vpcSecurityGroupIds may have at most 5'],
  ],
  [{ apiGatewayLogRole: 'new' }, ['apiGatewayLogRole must be existing or create']],
  // Beside each other
  [{ auth: 'jwt', authorization: 'allow-authenticated', oidcAudience: 'a' }, ['oidcIssuer is missing: auth=jwt needs it']],
  [{ auth: 'jwt', authorization: 'allow-authenticated', oidcIssuer: 'https://a' }, ['oidcAudience is missing: auth=jwt needs it']],
  [{ oidcIssuer: 'https://issuer.example.com' }, idle('oidcIssuer', 'auth=jwt')],
  [{ authorization: 'allow-authenticated' }, idle('authorization', 'auth=jwt')],
  [{ authCacheSeconds: '60' }, idle('authCacheSeconds', 'auth=jwt')],
  [{ callerRate: '5' }, idle('callerRate', 'auth=jwt')],
  [{ ...tokens, ssoUsername: 'session' }, idle('ssoUsername', 'auth=aws_iam')],
  [{ ...tokens, allowedAccounts: account }, idle('allowedAccounts', 'auth=aws_iam')],
  [{ auditRetentionDays: '30' }, idle('auditRetentionDays', 'audit=archive or audit=strict')],
  [{ auditLockMode: 'COMPLIANCE' }, idle('auditLockMode', 'audit=archive or audit=strict')],
  [{ rotationSchedule: 'rate(30 days)' }, idle('rotationSchedule', 'rotation=on')],
  [{ rotationNamespace: 'team-a' }, idle('rotationNamespace', 'rotation=on')],
  [{ vpcSubnetIds: 'subnet-0123456789abcdef0' }, ['vpcSubnetIds and vpcSecurityGroupIds are given together or not at all']],
  [{ vpcSecurityGroupIds: 'sg-0123456789abcdef0' }, ['vpcSubnetIds and vpcSecurityGroupIds are given together or not at all']],
  [{ domainName: 'jobs.example.com' }, ['domainName and certificateArn are given together or not at all']],
  [{ certificateArn: good.certificateArn }, ['domainName and certificateArn are given together or not at all']],
  // Several at once
  [
    { layout: 'foo', cciEndPoint: 'https://a', throttleRate: 'fast', rotationNamespace: 'a' },
    [
      'layout must be cci or kubeflow',
      `throttleRate ${rate}`,
      'there is no parameter cciEndPoint: did you mean cciEndpoint?',
      ...idle('rotationNamespace', 'rotation=on'),
    ],
  ],
];

describe('the parameters of a deployment', () => {
  it('are refused with every mistake named', () => {
    expect(wrong.length).toBeGreaterThan(80);
    for (const [given, mistakes] of wrong) expect([given, mistakesOf(given)]).toEqual([given, mistakes]);
  });

  it('are each refused for at least one value', () => {
    const refused = new Set(wrong.flatMap(([given]) => Object.keys(given)));
    expect(Object.keys(Parameters.entries).filter((name) => !refused.has(name))).toEqual([]);
  });

  it('are well by default, and each that has no default is one that auth=jwt needs', () => {
    expect(mistakesOf({})).toEqual([]);
    expect(mistakesOf(tokens)).toEqual([]);
    const without = Object.keys(Parameters.entries).filter((name) => !(name in defaults));
    expect(without).toEqual(['oidcIssuer', 'oidcAudience']);
    expect(Object.keys(defaults).filter((name) => !(name in Parameters.entries))).toEqual([]);
  });

  it('may be written in serverless.yml, as text, number or truth value, but not as a list', () => {
    const ofStage = { memorySize: 1024, metricsDisabled: true, layout: 'kubeflow', cciProjectId: null };
    expect(mistakesOf({}, { ofStage })).toEqual([]);
    expect(mistakesOf({}, { ofStage: { memorySize: 64 } })).toEqual(['memorySize must be a whole number from 128 to 10240']);
    expect(mistakesOf({}, { ofStage: { tags: ['a=b'] } })).toEqual(['tags must be one text; a list has commas']);
    expect(mistakesOf({}, { ofStage: { protectedKey: 'team' } })).toEqual([
      'there is no parameter protectedKey: did you mean protectedKeys?',
    ]);
    // The command line goes before.
    expect(mistakesOf({ memorySize: '512' }, { ofStage: { memorySize: 64 } })).toEqual([]);
  });

  it('that the framework has yet to read are checked when it has', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: serverless.yml's variables look like JavaScript's
    const ofStage = { ...tokens, oidcIssuer: '${ssm:/issuer}', layout: 'foo' };
    expect(mistakesOf({}, { ofStage })).toEqual(['layout must be cci or kubeflow']);
    expect(mistakesOf({}, { ofStage: { ...ofStage, oidcIssuer: 'x' } })).toHaveLength(2);
  });

  it('are texts without variables on the command line, which the framework would read after they were checked', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: serverless.yml's variables look like JavaScript's
    for (const option of ['layout=${env:LAYOUT}', 'oidcUserClaim=a${opt:b}'])
      expect(mistakesOf(tokens, { options: [...asOptions(tokens), option] })).toEqual([
        `${option.split('=')[0]} may have a variable in serverless.yml alone: let the shell put in what it says`,
      ]);
  });

  it('have no spaces around them in serverless.yml either, nor line breaks', () => {
    expect(mistakesOf({}, { ofStage: { ...tokens, oidcUserClaim: 'sub ' } })).toEqual(['oidcUserClaim may not begin or end with a space']);
    expect(mistakesOf({}, { ofStage: { ...tokens, oidcUserClaim: 'a\nb' } })).toEqual([
      'oidcUserClaim may have no line breaks or other control characters',
    ]);
  });

  it('are given once on the command line, each with a value', () => {
    expect(mistakesOf({}, { options: ['layout=cci', 'layout=kubeflow'] })).toEqual(['layout is given twice']);
    for (const option of ['layout', 'layout=', 'layout= '])
      expect(mistakesOf({}, { options: [option] })).toEqual(['--param layout needs a value: --param layout=VALUE']);
    expect(mistakesOf({}, { options: ['oidcUserClaim=a\nb', ...Object.entries(tokens).map((pair) => pair.join('='))] })).toEqual([
      'oidcUserClaim may have no line breaks or other control characters',
    ]);
  });

  it('fit a stage whose functions can have their names', () => {
    for (const stage of ['a_b', '', 'x'.repeat(33), 'a/b'])
      expect(mistakesOf({}, { stage })).toEqual(['the stage must be letters, digits and hyphens, at most 32']);
    expect(mistakesOf({}, { stage: 'x'.repeat(32) })).toEqual([]);
  });

  it('say who decides where the callers bring tokens: RBAC manifests, or somebody who says that nobody does', () => {
    const { authorization, ...undecided } = tokens;
    expect(mistakesOf(undecided)).toEqual([
      expect.stringMatching(/put some into policies\/ and build again .* --param authorization=allow-authenticated/),
    ]);
    expect(mistakesOf(undecided, { hasRbac: true })).toEqual([]);
    expect(mistakesOf(tokens, { hasRbac: true })).toEqual([
      `authorization=${authorization}, but the functions were built with RBAC manifests, which decide`,
    ]);
    expect(mistakesOf({}, { hasRbac: true })).toEqual([]);
  });

  it('are judged in the words of the functions, and as they judge', () => {
    const upstream = {
      layout: 'LAYOUT',
      protectedKeys: 'PROTECTED_KEYS',
      cciProjectId: 'CCI_PROJECT_ID',
      logLevel: 'POWERTOOLS_LOG_LEVEL',
    };
    const needed = { CCI_ENDPOINT: 'https://cci.example.com', CCI_SECRET_ID: 'cci' };
    const said = (parse: () => unknown): string[] => {
      try {
        parse();
      } catch (error) {
        return (error as ConfigError).mistakes;
      }
      return [];
    };
    for (const [parameter, variable] of Object.entries(upstream)) {
      const own = said(() => parseConfig({ ...needed, [variable]: 'no thing' }));
      expect(own).toHaveLength(1);
      expect(mistakesOf({ [parameter]: 'no thing' })).toEqual(own.map((sentence) => sentence.replace(variable, parameter)));
    }
    const authorizer = { OIDC_ISSUER: 'http://a', OIDC_AUDIENCE: 'b', OIDC_JWKS_URI: 'c' };
    expect(said(() => parseAuthorizerConfig(authorizer))).toEqual(
      mistakesOf({ ...tokens, oidcIssuer: 'http://a', oidcJwksUri: 'c' }).map((sentence) =>
        sentence.replace('oidcIssuer', 'OIDC_ISSUER').replace('oidcJwksUri', 'OIDC_JWKS_URI'),
      ),
    );
    expect(() => parseCallerNames({ SSO_USERNAME: 'user' })).toThrow(ConfigError);
  });
});
