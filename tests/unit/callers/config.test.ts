import { describe, expect, it } from 'vitest';
import { keysAddressMistake, parseAuthorizerConfig } from '../../../lib/callers/config.ts';
import { ConfigError } from '../../../lib/runtime/config.ts';

const good = { OIDC_ISSUER: 'https://issuer.example.com/', OIDC_AUDIENCE: 'kubernetes' };

function mistakes(env: Record<string, string | undefined>): string[] {
  try {
    parseAuthorizerConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).mistakes;
  }
  return [];
}

describe('the authorizer’s configuration', () => {
  it('needs an issuer, kept exactly as it is written, and an audience', () => {
    expect(parseAuthorizerConfig({ ...good, OIDC_JWKS_URI: '', OIDC_USER_CLAIM: '', PATH: '/bin' })).toEqual({
      issuer: 'https://issuer.example.com/',
      audiences: ['kubernetes'],
      jwksUri: undefined,
      userClaim: 'sub',
      groupsClaim: 'groups',
      userPrefix: 'https://issuer.example.com/#',
      groupsPrefix: '',
    });
  });

  it('may name several audiences, and none of them is empty', () => {
    expect(parseAuthorizerConfig({ ...good, OIDC_AUDIENCE: 'kubernetes, tfjob-console' }).audiences).toEqual([
      'kubernetes',
      'tfjob-console',
    ]);
    expect(mistakes({ ...good, OIDC_AUDIENCE: 'kubernetes,' })).toEqual(['OIDC_AUDIENCE has an empty one']);
  });

  it('may name the address of the keys and the claims', () => {
    const more = { OIDC_JWKS_URI: 'https://keys.example.com/k?p=1', OIDC_USER_CLAIM: 'email', OIDC_GROUPS_CLAIM: 'cognito:groups' };
    expect(parseAuthorizerConfig({ ...good, ...more })).toMatchObject({
      jwksUri: 'https://keys.example.com/k?p=1',
      userClaim: 'email',
      groupsClaim: 'cognito:groups',
    });
  });

  it('is refused with every mistake named at once, and no value shown', () => {
    const wrong = { OIDC_ISSUER: 'http://hunter2.example.com', OIDC_JWKS_URI: 'hunter2', NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    expect(mistakes(wrong)).toEqual([
      'OIDC_ISSUER must be https (http only on loopback)',
      'OIDC_AUDIENCE is missing',
      'OIDC_JWKS_URI is not a URL',
      'NODE_TLS_REJECT_UNAUTHORIZED may not be 0: certificates must be checked',
    ]);
    expect(mistakes({})).toEqual(['OIDC_ISSUER is missing', 'OIDC_AUDIENCE is missing']);
  });

  it('wants an issuer without userinfo, query or fragment', () => {
    for (const end of ['?a=1', '#a', '?']) {
      expect(mistakes({ ...good, OIDC_ISSUER: `https://issuer.example.com/${end}` })).toHaveLength(1);
    }
  });
});

describe('an address of keys', () => {
  it.each(['https://keys.example.com/k', 'https://keys.example.com/k?p=policy&q', 'http://127.0.0.1:8080/k', 'http://localhost/k?p'])(
    'may be %s',
    (address) => {
      expect(keysAddressMistake(address)).toBeUndefined();
    },
  );

  it.each([
    'http://keys.example.com/k',
    'https://u:p@keys.example.com/k',
    'https://keys.example.com/k?p#f',
    'file:///etc/passwd',
    'keys',
    '',
  ])('may not be %j', (address) => {
    expect(keysAddressMistake(address)).toBeDefined();
  });

  it('may not be on this machine, where Lambda’s own interface is, if an issuer elsewhere says so', () => {
    expect(keysAddressMistake('http://127.0.0.1:9001/2018-06-01/runtime/invocation/next', false)).toBe('must be https');
    expect(keysAddressMistake('https://keys.example.com/k', false)).toBeUndefined();
  });
});
