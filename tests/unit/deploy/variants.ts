import { account, type Given, good, tokens } from './parameters.ts';

/**
 * What a deployment may be like: of each line one. What is only valid together stands together, so that any choice is valid. `{}` is the default.
 */
export const factors: readonly (readonly Given[])[] = [
  [{}, { cciEndpoint: 'https://cci.eu-west-101.myhuaweicloud.eu:8443/base' }],
  [{}, { cciProjectId: '0a1B2c_3-4' }],
  [{}, { secretName: good.secretArn, secretKmsKeyArn: good.keyArn }, { secretName: 'team/cci+1', secretKmsKeyArn: good.keyArn }],
  [{}, { layout: 'kubeflow' }],
  [{}, { protectedKeys: 'none' }, { protectedKeys: 'recommended,team,billing.example.com/*' }],
  [
    {},
    { ssoUsername: 'session', allowedAccounts: `${account},210987654321` },
    tokens,
    {
      ...tokens,
      ...{ oidcAudience: 'kubernetes,page', console: 'on', consoleClientId: 'page', consoleScope: 'openid offline_access' },
      ...{ consoleNamespaces: 'team-a,team-b', consoleOrigins: 'https://token.example.com' },
    },
    {
      ...tokens,
      ...{ oidcJwksUri: 'https://issuer.example.com/keys?v=1', oidcUserClaim: 'email', oidcGroupsClaim: 'roles' },
      ...{ oidcUsernamePrefix: '-', oidcGroupsPrefix: 'oidc:', authCacheSeconds: '3600', callerRate: '0.5', callerBurst: '1' },
    },
  ],
  [{}, { policyMaxCost: '999999999' }],
  [{}, { audit: 'archive' }, { audit: 'strict', auditRetentionDays: '3650', auditLockMode: 'COMPLIANCE' }],
  [{}, { throttleRate: '1000', throttleBurst: '2000' }],
  [{}, { allowedSourceRanges: '203.0.113.0/24,2001:db8::/32' }],
  [{}, { domainName: 'jobs.example.com', certificateArn: good.certificateArn }],
  [{}, { eventBusName: 'jobs.bus_1', eventConcurrency: '1000' }],
  [{}, { eventProducerAccounts: `${account},210987654321` }],
  [{}, { alarmTopicArn: good.topicArn }],
  [
    {},
    { rotation: 'on' },
    { rotation: 'on', rotationSchedule: 'rate(30 days)' },
    { rotation: 'on', rotationSchedule: 'cron(0 4 1 * ? *)', rotationNamespace: 'team-a' },
  ],
  [{}, { watch: 'on', watchConcurrency: '10' }],
  [{}, { memorySize: '10240' }],
  [{}, { reservedConcurrency: 'none' }, { reservedConcurrency: '1' }],
  [{}, { vpcSubnetIds: 'subnet-0123456789abcdef0,subnet-0123456789abcdef1', vpcSecurityGroupIds: 'sg-0123456789abcdef0' }],
  [{}, { logLevel: 'DEBUG' }],
  [{}, { logRetentionDays: '3653' }],
  [{}, { metricsDisabled: 'true' }],
  [{}, { tracing: 'on' }],
  [{}, { tags: 'team=ml,cost center=42' }],
  [{}, { apiGatewayLogRole: 'create' }],
];

/** A variant as its choice of each factor. */
type Choice = readonly number[];
const pair = (a: number, one: number, b: number, other: number): string => `${a}=${one}&${b}=${other}`;

/** The pairs of choices that a variant has. */
export function pairsIn(choice: Choice): string[] {
  return choice.flatMap((one, a) => choice.slice(a + 1).map((other, index) => pair(a, one, a + 1 + index, other)));
}

/** Every pair of choices that there is. */
export function allPairs(): Set<string> {
  const pairs = factors.flatMap((left, a) =>
    factors.slice(a + 1).flatMap((right, index) => left.flatMap((_, one) => right.map((__, other) => pair(a, one, a + 1 + index, other)))),
  );
  return new Set(pairs);
}

/** Few variants in which each pair of choices comes at least once, always the same: each choice is that which covers most of what is left. */
export function pairwise(): Choice[] {
  const left = allPairs();
  const choices: Choice[] = [];
  while (left.size > 0) {
    const choice = grow(left);
    for (const covered of pairsIn(choice)) left.delete(covered);
    choices.push(choice);
  }
  return choices;
}

function grow(left: ReadonlySet<string>): number[] {
  const [first = ''] = left;
  const chosen = new Map([...first.matchAll(/(\d+)=(\d+)/g)].map(([, factor, value]): [number, number] => [Number(factor), Number(value)]));
  for (const [factor, values] of factors.entries()) {
    if (chosen.has(factor)) continue;
    const gain = (value: number): number =>
      [...chosen].filter(([other, its]) => left.has(factor < other ? pair(factor, value, other, its) : pair(other, its, factor, value)))
        .length;
    const best = values.map((_, value) => value).reduce((a, b) => (gain(b) > gain(a) ? b : a));
    chosen.set(factor, best);
  }
  return factors.map((_, factor) => chosen.get(factor) ?? 0);
}

/** The parameters of a variant. */
export const givenOf = (choice: Choice): Given => Object.assign({}, ...choice.map((value, factor) => factors[factor]?.[value]));
