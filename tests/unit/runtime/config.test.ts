import { describe, expect, it } from 'vitest';
import { parseAuthorizerConfig } from '../../../lib/callers/config.ts';
import { recommendedKeys } from '../../../lib/job/rules/protected-key.ts';
import { ConfigError, endpointMistake, parseConfig, parseLayout } from '../../../lib/runtime/config.ts';

const good = { CCI_ENDPOINT: 'https://cci.example.com', CCI_SECRET_ID: 'team/cci' };

/** The mistakes that a configuration is refused for. */
function mistakes(env: Record<string, string | undefined>): string[] {
  try {
    parseConfig(env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).message).toBe(`the configuration has mistakes: ${(error as ConfigError).mistakes.join('; ')}`);
    return (error as ConfigError).mistakes;
  }
  return [];
}

const keysRule = 'must be keys, prefix/* or the word recommended, separated by commas, or none alone';

describe('the configuration', () => {
  it('is read from the environment, with defaults for all but the endpoint and the secret', () => {
    expect(parseConfig({ ...good, PATH: '/bin' })).toEqual({
      endpoint: 'https://cci.example.com',
      secretId: 'team/cci',
      layout: 'cci',
      protectedKeys: [...recommendedKeys],
      projectId: undefined,
      liveCache: true,
      rotationNamespace: undefined,
      policyMaxCost: 10_000_000,
    });
    expect(parseConfig({ ...good, POLICY_MAX_COST: '500' }).policyMaxCost).toBe(500);
    for (const wrong of ['0', '-1', '1e6', '1000000000', ' 5'])
      expect(mistakes({ ...good, POLICY_MAX_COST: wrong })).toEqual(['POLICY_MAX_COST must be an integer from 1 to 999999999']);
    expect(parseConfig({ ...good, LIVE_CACHE: 'off' }).liveCache).toBe(false);
    expect(mistakes({ ...good, LIVE_CACHE: 'no' })).toEqual(['LIVE_CACHE must be on or off']);
    const all = { LAYOUT: 'kubeflow', PROTECTED_KEYS: 'a, b/*', CCI_PROJECT_ID: '0aF_-9', NODE_TLS_REJECT_UNAUTHORIZED: '1' };
    expect(parseConfig({ ...good, ...all })).toMatchObject({ layout: 'kubeflow', protectedKeys: ['a', 'b/*'], projectId: '0aF_-9' });
  });

  it('keeps a base path and a port, without the slash at the end', () => {
    for (const [given, endpoint] of [
      ['https://cci.example.com/', 'https://cci.example.com'],
      ['https://cci.example.com:8443/base//', 'https://cci.example.com:8443/base'],
    ]) {
      expect(parseConfig({ ...good, CCI_ENDPOINT: given }).endpoint).toBe(endpoint);
    }
  });

  it('takes an empty variable for an unset one', () => {
    const empty = { LAYOUT: '', PROTECTED_KEYS: '', CCI_PROJECT_ID: '', NODE_TLS_REJECT_UNAUTHORIZED: '' };
    expect(parseConfig({ ...good, ...empty })).toEqual(parseConfig({ ...good, LAYOUT: undefined }));
    expect(mistakes({ CCI_ENDPOINT: '', CCI_SECRET_ID: '' })).toEqual(['CCI_ENDPOINT is missing', 'CCI_SECRET_ID is missing']);
    expect(mistakes({})).toEqual(mistakes({ CCI_ENDPOINT: '', CCI_SECRET_ID: '' }));
  });

  it('is refused with every mistake named at once, and no value shown', () => {
    const wrong = {
      CCI_ENDPOINT: 'http://hunter2.example.com',
      LAYOUT: 'hunter2',
      PROTECTED_KEYS: 'hunter2 x',
      CCI_PROJECT_ID: 'hunter2/../x',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      POWERTOOLS_LOG_LEVEL: 'hunter2',
    };
    const found = mistakes(wrong);
    expect(found).toEqual([
      'CCI_ENDPOINT must be https (http only on loopback)',
      'CCI_SECRET_ID is missing',
      'LAYOUT must be cci or kubeflow',
      `PROTECTED_KEYS ${keysRule}`,
      'CCI_PROJECT_ID must be a project id',
      'NODE_TLS_REJECT_UNAUTHORIZED may not be 0: certificates must be checked',
      'POWERTOOLS_LOG_LEVEL must be one of TRACE, DEBUG, INFO, WARN, ERROR, CRITICAL, SILENT',
    ]);
    expect(found.join()).not.toContain('hunter2');
  });

  it.each(['info', 'Debug', 'WARNING', 'OFF', '20'])('has no level of the log called %s, which the logger would take for INFO', (level) => {
    const mistake = 'POWERTOOLS_LOG_LEVEL must be one of TRACE, DEBUG, INFO, WARN, ERROR, CRITICAL, SILENT';
    expect(mistakes({ ...good, POWERTOOLS_LOG_LEVEL: level })).toEqual([mistake]);
    expect(() => parseLayout({ POWERTOOLS_LOG_LEVEL: level })).toThrow(mistake);
    expect(() => parseAuthorizerConfig({ OIDC_ISSUER: 'https://a.example.com', OIDC_AUDIENCE: 'a', POWERTOOLS_LOG_LEVEL: level })).toThrow(
      mistake,
    );
  });

  it.each(['', 'TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL', 'SILENT'])('has a level of the log called %j', (level) => {
    expect(mistakes({ ...good, POWERTOOLS_LOG_LEVEL: level })).toEqual([]);
  });

  it('never lets certificates go unchecked, whatever else is right', () => {
    expect(mistakes({ ...good, NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toEqual([
      'NODE_TLS_REJECT_UNAUTHORIZED may not be 0: certificates must be checked',
    ]);
  });

  it.each(['a', 'team.example.com/owner', 'team.example.com/*', 'a.b-c/D_e.f-g', ' a , b/* ,, c '])('protects the keys %j', (list) => {
    expect(parseConfig({ ...good, PROTECTED_KEYS: list }).protectedKeys).toEqual(list.split(',').flatMap((key) => key.trim() || []));
  });

  it.each([
    ['recommended', [...recommendedKeys]],
    ['Recommended', [...recommendedKeys]],
    ['team, recommended,b/*', ['team', ...recommendedKeys, 'b/*']],
    ['none', []],
    [' None ', []],
    ['', [...recommendedKeys]],
  ])('knows the words for the keys that it recommends, which are the default, and for none: %j', (list, keys) => {
    expect(parseConfig({ ...good, PROTECTED_KEYS: list }).protectedKeys).toEqual(keys);
  });

  it('is refused where the list of protected keys holds nothing: whoever sets one means to protect something', () => {
    expect(mistakes({ ...good, PROTECTED_KEYS: ' , ' })).toEqual([`PROTECTED_KEYS ${keysRule}`]);
  });

  // A pattern that no key can match would protect nothing, and say nothing of it.
  it.each(['recomended', 'Recommend', 'recommended-', 'reccommended'])('refuses %s, which would protect nothing', (word) => {
    expect(mistakes({ ...good, PROTECTED_KEYS: word })).toEqual([`PROTECTED_KEYS ${keysRule}`]);
    expect(mistakes({ ...good, PROTECTED_KEYS: `team,${word}` })).toEqual([`PROTECTED_KEYS ${keysRule}`]);
  });

  it.each([
    '*',
    '/*',
    'team/',
    '/owner',
    'team*',
    'team/own*',
    'a/b/c',
    'a/b/*',
    'team/**',
    'a b',
    'a;b',
    'ключ',
    'a\nb',
    'none',
    'None',
    'recommended/*/x',
  ])('is refused for the protected key %j', (list) => {
    expect(mistakes({ ...good, PROTECTED_KEYS: `ok,${list}` })).toEqual([`PROTECTED_KEYS ${keysRule}`]);
  });
});

describe('an upstream address', () => {
  it.each([
    'https://cci.example.com',
    'https://cci.example.com:8443/base/@v1',
    'HTTPS://CCI.EXAMPLE.COM',
    'https://[2001:db8::1]/',
    'http://localhost:3001',
    'http://127.0.0.1',
    'http://[::1]:80/x',
  ])('may be %s', (address) => {
    expect(endpointMistake(address)).toBeUndefined();
  });

  it.each([
    ['http://cci.example.com', 'must be https (http only on loopback)'],
    ['http://localhost.example.com', 'must be https (http only on loopback)'],
    ['http://127.0.0.1.example.com', 'must be https (http only on loopback)'],
    ['http://127.0.0.1@cci.example.com', 'must be https (http only on loopback)'],
    ['http://0.0.0.0', 'must be https (http only on loopback)'],
    ['ftp://localhost', 'must be https (http only on loopback)'],
    ['file:///etc/passwd', 'must be https (http only on loopback)'],
    ['javascript:alert(1)', 'must be https (http only on loopback)'],
    ['cci.example.com', 'is not a URL'],
    ['https://', 'is not a URL'],
    ['//cci.example.com', 'is not a URL'],
    ['https://user@cci.example.com', 'may not have userinfo, a query or a fragment'],
    ['https://:password@cci.example.com', 'may not have userinfo, a query or a fragment'],
    ['http://user:password@127.0.0.1', 'may not have userinfo, a query or a fragment'],
    ['https://cci.example.com/?a=b', 'may not have userinfo, a query or a fragment'],
    ['https://cci.example.com?', 'may not have userinfo, a query or a fragment'],
    ['https://cci.example.com/#a', 'may not have userinfo, a query or a fragment'],
    ['https://cci.example.com/#', 'may not have userinfo, a query or a fragment'],
  ])('%s %s', (address, mistake) => {
    expect(endpointMistake(address)).toBe(mistake);
    expect(mistakes({ ...good, CCI_ENDPOINT: address })).toEqual([`CCI_ENDPOINT ${mistake}`]);
  });
});
