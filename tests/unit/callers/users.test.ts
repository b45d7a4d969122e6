import { describe, expect, it } from 'vitest';
import { parseCallerNames } from '../../../lib/callers/config-names.ts';
import { eventUser } from '../../../lib/callers/event-user.ts';
import type { CallerNames } from '../../../lib/callers/iam.ts';
import { requestUser } from '../../../lib/callers/request-user.ts';
import type { Loose } from '../../scenarios/gateway.ts';

const account = '123456789012';
const root = (partition = 'aws') => `arn:${partition}:iam::${account}:root`;
const byRole: CallerNames = { ssoUsername: 'role' };
const bySession: CallerNames = { ssoUsername: 'session' };
const sso = 'AWSReservedSSO_Trainer_0123456789abcdef';

/** The requestContext of a caller who signed, in both payloads. */
const signed = (userArn: unknown, userId: unknown = 'AROAX:s'): [Loose, Loose] => [
  { accountId: '999999999999', identity: { userArn, user: userId, caller: userId, accountId: '999999999999' } },
  { accountId: '999999999999', authorizer: { iam: { userArn, userId, callerId: userId, accountId: '999999999999' } } },
];
const both = ([rest, http]: [Loose, Loose], names = byRole) => [requestUser('1.0', rest, names), requestUser('2.0', http, names)];

describe('who signed', () => {
  it.each<[string, string, string, string, Record<string, string>]>([
    ['a user', `arn:aws:iam::${account}:user/jane`, 'AIDAX', `arn:aws:iam::${account}:user/jane`, { principalId: 'AIDAX' }],
    [
      'a user with a path',
      `arn:aws:iam::${account}:user/ml/jane`,
      'AIDAX',
      `arn:aws:iam::${account}:user/ml/jane`,
      { principalId: 'AIDAX' },
    ],
    [
      'an assumed role, for every session',
      `arn:aws:sts::${account}:assumed-role/trainer/i-0abc`,
      'AROAX:i-0abc',
      `arn:aws:iam::${account}:role/trainer`,
      { principalId: 'AROAX', sessionName: 'i-0abc' },
    ],
    [
      'a session with signs',
      `arn:aws:sts::${account}:assumed-role/trainer/jane+a=b,c.@-`,
      'AROAX:jane+a=b,c.@-',
      `arn:aws:iam::${account}:role/trainer`,
      { principalId: 'AROAX', sessionName: 'jane+a=b,c.@-' },
    ],
    [
      'IAM Identity Center',
      `arn:aws:sts::${account}:assumed-role/${sso}/jane@example.com`,
      'AROAX:jane@example.com',
      `arn:aws:iam::${account}:role/${sso}`,
      { principalId: 'AROAX', sessionName: 'jane@example.com' },
    ],
    [
      'a federated user',
      `arn:aws:sts::${account}:federated-user/jane`,
      `${account}:jane`,
      `arn:aws:sts::${account}:federated-user/jane`,
      { principalId: account },
    ],
    ['root', `arn:aws:iam::${account}:root`, account, `arn:aws:iam::${account}:root`, { principalId: account }],
  ])('is named by the ARN, as %s', (_, userArn, userId, username, extra) => {
    const expected = {
      username,
      uid: extra.principalId,
      groups: [root(), 'system:authenticated'],
      extra: Object.fromEntries(Object.entries({ arn: userArn, canonicalArn: username, ...extra }).map(([key, value]) => [key, [value]])),
    };
    expect(both(signed(userArn, userId))).toEqual([expected, expected]);
  });

  it.each(['aws-cn', 'aws-us-gov', 'aws-iso-b'])(
    'keeps the partition %s, so that a binding in one is for nobody in another',
    (partition) => {
      const [user] = both(signed(`arn:${partition}:sts::${account}:assumed-role/trainer/s`));
      expect([user?.username, user?.groups[0]]).toEqual([`arn:${partition}:iam::${account}:role/trainer`, root(partition)]);
    },
  );

  it('is of the account that the ARN names, whatever else the event says', () => {
    for (const user of both(signed(`arn:aws:iam::${account}:user/jane`))) expect(JSON.stringify(user)).not.toContain('999999999999');
  });

  it('has no principal where API Gateway names none', () => {
    for (const user of both(signed(`arn:aws:iam::${account}:user/jane`, null))) {
      expect(user?.uid).toBe('');
      expect(user?.extra).not.toHaveProperty('principalId');
    }
  });

  it('may be named by the session where IAM Identity Center gave the role, and then has the role as a group', () => {
    const userArn = `arn:aws:sts::${account}:assumed-role/${sso}/jane@example.com`;
    for (const user of both(signed(userArn), bySession)) {
      expect(user?.username).toBe(userArn);
      expect(user?.groups).toEqual([`arn:aws:iam::${account}:role/${sso}`, root(), 'system:authenticated']);
      expect(user?.extra.canonicalArn).toEqual([`arn:aws:iam::${account}:role/${sso}`]);
    }
    const [other] = both(signed(`arn:aws:sts::${account}:assumed-role/trainer/jane`), bySession);
    expect(other?.username).toBe(`arn:aws:iam::${account}:role/trainer`);
  });

  it.each([
    ['a session with a slash', `arn:aws:sts::${account}:assumed-role/trainer/admin/s`],
    ['a role with a path', `arn:aws:sts::${account}:assumed-role/aws-reserved/sso.amazonaws.com/${sso}/jane`],
    ['no session', `arn:aws:sts::${account}:assumed-role/trainer`],
    ['an empty session', `arn:aws:sts::${account}:assumed-role/trainer/`],
    ['no role', `arn:aws:sts::${account}:assumed-role//s`],
    ['a role of IAM, which signs nothing', `arn:aws:iam::${account}:role/trainer`],
    ['a group of IAM', `arn:aws:iam::${account}:group/admins`],
    ['another service', `arn:aws:s3:::bucket`],
    ['an assumed role of IAM', `arn:aws:iam::${account}:assumed-role/trainer/s`],
    ['no account', 'arn:aws:iam:::user/jane'],
    ['an account that is none', 'arn:aws:iam::12345:user/jane'],
    ['a region', `arn:aws:iam:us-east-1:${account}:user/jane`],
    ['another partition than there are', `arn:AWS:iam::${account}:user/jane`],
    ['more lines', `arn:aws:iam::${account}:user/jane\narn:aws:iam::${account}:root`],
    ['a user without a name', `arn:aws:iam::${account}:user/`],
    ['more than root', `arn:aws:iam::${account}:root/x`],
    ['no ARN', 'system:masters'],
  ])('is nobody with %s, even where another authorizer names somebody', (_, userArn) => {
    const [rest, http] = signed(userArn);
    rest.authorizer = { principalId: 'jane', claims: { iss: 'https://issuer', sub: 'jane' } };
    Object.assign(http.authorizer, { lambda: { principalId: 'jane' }, jwt: { claims: { iss: 'https://issuer', sub: 'jane' } } });
    expect(both([rest, http])).toEqual([undefined, undefined]);
  });

  it('through an identity pool of Cognito has the role as name and the identity beside it, and a guest of the pool is nobody', () => {
    const userArn = `arn:aws:sts::${account}:assumed-role/pool-users/CognitoIdentityCredentials`;
    const pool = (isGuest: boolean): [Loose, Loose] => {
      const [rest, http] = signed(userArn);
      const type = isGuest ? 'unauthenticated' : 'authenticated';
      Object.assign(rest.identity, {
        cognitoIdentityId: 'us-east-1:id',
        cognitoIdentityPoolId: 'us-east-1:pool',
        cognitoAuthenticationType: type,
      });
      http.authorizer.iam.cognitoIdentity = { amr: [type], identityId: 'us-east-1:id', identityPoolId: 'us-east-1:pool' };
      return [rest, http];
    };
    for (const user of both(pool(false))) {
      expect(user?.username).toBe(`arn:aws:iam::${account}:role/pool-users`);
      expect(user?.extra).toMatchObject({ cognitoIdentityId: ['us-east-1:id'], cognitoIdentityPoolId: ['us-east-1:pool'] });
    }
    expect(both(pool(true))).toEqual([undefined, undefined]);
  });
});

const reserved = [
  'system:masters',
  'system:serviceaccount:a:b',
  'event:aws.s3',
  'tfjob-gateway:events',
  `arn:aws:iam::${account}:user/jane`,
];

describe('whom a Lambda authorizer names', () => {
  const named = (authorizer: object): [Loose, Loose] => [
    { identity: { userArn: null }, authorizer },
    { authorizer: { lambda: authorizer } },
  ];

  it('is that name, with the groups that it hands over as JSON', () => {
    const expected = { username: 'https://issuer#jane', uid: '', groups: ['ml', 'a,b', 'system:authenticated'], extra: {} };
    expect(both(named({ principalId: 'https://issuer#jane', groups: '["ml","a,b"]' }))).toEqual([expected, expected]);
    expect(both(named({ principalId: 'jane' }))[0]?.groups).toEqual(['system:authenticated']);
  });

  it.each(reserved)('is nobody as %s, nor in such a group', (name) => {
    expect(both(named({ principalId: name }))).toEqual([undefined, undefined]);
    expect(both(named({ principalId: 'jane', groups: JSON.stringify(['ml', name]) }))).toEqual([undefined, undefined]);
  });

  it.each(['ml', '[', '{}', '[7]', 'null', '"ml"'])('is nobody where the groups are %s', (groups) => {
    expect(both(named({ principalId: 'jane', groups }))).toEqual([undefined, undefined]);
  });
});

describe('whom a token names that API Gateway verified itself', () => {
  const claimed = (claims: object): [Loose, Loose] => [
    { identity: {}, authorizer: { claims } },
    { authorizer: { jwt: { claims, scopes: null } } },
  ];

  it('is named by issuer and subject, so that no subject is taken for that of another issuer', () => {
    const names = (claims: object) => both(claimed(claims)).map((user) => user?.username);
    expect(names({ iss: 'https://a', sub: 'b' })).toEqual(['https://a#b', 'https://a#b']);
    expect(names({ iss: 'https://a', sub: 'https://b#c' })[0]).toBe('https://a#https://b#c');
    expect(names({ iss: 'https://a', sub: 'system:masters' })[0]).toBe('https://a#system:masters');
    expect(names({ iss: 'system:masters', sub: 'b' })).toEqual([undefined, undefined]);
  });

  it('has no groups, since API Gateway has made a text of them in which one may look like two', () => {
    for (const groups of ['[ml system:masters]', 'ml,admins']) {
      const claims = { iss: 'https://a', sub: 'b', groups, 'cognito:groups': groups };
      for (const user of both(claimed(claims))) expect(user?.groups).toEqual(['system:authenticated']);
    }
  });

  it.each([{ sub: 'b' }, { iss: 'https://a' }, { iss: '', sub: 'b' }, { iss: 'https://a', sub: { a: 1 } }, {}])(
    'is nobody by %j',
    (claims) => {
      expect(both(claimed(claims))).toEqual([undefined, undefined]);
    },
  );
});

it('where nobody is named there is nobody', () => {
  for (const context of [undefined, null, {}, { identity: {} }, { identity: null, authorizer: null }, 7]) {
    expect([requestUser('1.0', context, byRole), requestUser('2.0', context, byRole)]).toEqual([undefined, undefined]);
  }
});

describe('who sends an event', () => {
  const roleId = 'AROAFUNCTION';
  const bus = { senderId: 'AIDABRIDGE', door: 'bus', source: 'example.pipeline', account, home: account, firstSender: undefined } as const;
  const queue = { ...bus, senderId: 'AROAPRODUCER:nightly', door: 'queue', source: 'arn:forged', account: '1' } as const;
  const groups = ['tfjob-gateway:events', 'system:authenticated'];

  it('by the bus is its source, with the account', () => {
    expect(eventUser(bus, roleId)).toEqual({ username: 'event:example.pipeline', uid: '', groups, extra: { account: [account] } });
  });

  it('by the bus from another account has that account in the name, so that it is nobody of this one', () => {
    const foreign = { ...bus, account: '999988887777' };
    expect(eventUser(foreign, roleId)).toEqual({
      username: 'event:999988887777:example.pipeline',
      uid: '',
      groups,
      extra: { account: ['999988887777'] },
    });
    expect(eventUser({ ...bus, source: '999988887777:example.pipeline' }, roleId)).toBeUndefined();
    const again = { senderId: `${roleId}:x`, firstSender: 'event:999988887777:example.pipeline' };
    expect(eventUser({ ...foreign, ...again }, roleId)?.username).toBe('event:999988887777:example.pipeline');
    expect(eventUser({ ...bus, ...again }, roleId)).toBeUndefined();
  });

  it('by the queue is who sent it there, whatever the event says of itself', () => {
    const extra = { principalId: ['AROAPRODUCER'], sessionName: ['nightly'] };
    expect(eventUser(queue, roleId)).toEqual({ username: 'event:AROAPRODUCER', uid: 'AROAPRODUCER', groups, extra });
    expect(eventUser({ ...queue, senderId: 'AIDAJANE' }, roleId)?.username).toBe('event:AIDAJANE');
    expect(eventUser({ ...queue, firstSender: 'event:AIDAJANE' }, roleId)?.username).toBe('event:AROAPRODUCER');
    expect(eventUser({ ...queue, senderId: 'AROAFUNCTIONX:s', firstSender: 'event:AIDAJANE' }, roleId)?.username).toBe(
      'event:AROAFUNCTIONX',
    );
  });

  it.each(['AROAPRODUCER', 'AIDAJANE', '123456789012', '', undefined])(
    'is nobody by the bus as %j: that is a sender of the queue, or none',
    (source) => {
      expect(eventUser({ ...bus, source }, roleId)).toBeUndefined();
    },
  );

  it('of a dead letter is who it was first, where the function itself sent it', () => {
    const again = { senderId: `${roleId}:tfjob-gateway-dev-jobEvent` };
    expect(eventUser({ ...bus, ...again, firstSender: 'event:example.pipeline' }, roleId)).toEqual(eventUser(bus, roleId));
    expect(eventUser({ ...queue, ...again, firstSender: 'event:AROAPRODUCER' }, roleId)).toMatchObject({
      username: 'event:AROAPRODUCER',
      extra: { principalId: ['AROAPRODUCER'] },
    });
  });

  it.each([undefined, '', 'event:', 'AROAPRODUCER', 'arn:aws:iam::123456789012:root', 'system:masters', 'event:another.source'])(
    'of a dead letter that names %j is nobody',
    (firstSender) => {
      const again = { senderId: `${roleId}:x`, firstSender };
      expect(eventUser({ ...bus, ...again }, roleId)).toBeUndefined();
      if (!firstSender?.startsWith('event:a')) expect(eventUser({ ...queue, ...again }, roleId)).toBeUndefined();
    },
  );
});

it('SSO_USERNAME is role or session, and role where it is not set', () => {
  expect(parseCallerNames({})).toEqual(byRole);
  expect(parseCallerNames({ SSO_USERNAME: 'session' })).toEqual(bySession);
  expect(() => parseCallerNames({ SSO_USERNAME: 'Session' })).toThrow('SSO_USERNAME must be role or session');
});
