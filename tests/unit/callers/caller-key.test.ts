import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { callerKey } from '../../../lib/callers/caller-key.ts';

interface Template {
  prefix: object;
  resources: { Resources: Record<string, { Type: string; Properties: Record<string, unknown> }> };
}
const deployed = createRequire(import.meta.url)('../../../deploy/auth/caller-limits.cjs') as Template;
const ofType = (type: string) => Object.entries(deployed.resources.Resources).filter(([, { Type }]) => Type === type);
const users = Array.from({ length: 3200 }, (_, index) => `user-${index}@example.com`);

describe('the key under which API Gateway counts a caller', () => {
  it('is always the same for one caller', () => {
    for (const user of ['alice', 'é', 'x'.repeat(256)]) expect(callerKey('p', user)).toBe(callerKey('p', user));
  });

  it('is one of those that are deployed, and each of them is used', () => {
    const values = ofType('AWS::ApiGateway::ApiKey').map(([, { Properties }]) => {
      const [separator, [prefix, number]] = (Properties.Value as { 'Fn::Join': [string, [object, string]] })['Fn::Join'];
      expect([separator, prefix]).toEqual(['', deployed.prefix]);
      return `p${number}`;
    });
    expect([...new Set(users.map((user) => callerKey('p', user)))].sort()).toEqual(values);
  });

  it('is shared by few', () => {
    const counts = Map.groupBy(users, (user) => callerKey('p', user));
    for (const [, { length }] of counts) expect(length).toBeLessThan(150);
  });

  it('belongs to the one plan that limits the stage', () => {
    const [[plan]] = ofType('AWS::ApiGateway::UsagePlan') as [[string, object]];
    expect(ofType('AWS::ApiGateway::UsagePlanKey').map(([, { Properties }]) => Properties)).toEqual(
      ofType('AWS::ApiGateway::ApiKey').map(([name]) => ({ KeyId: { Ref: name }, KeyType: 'API_KEY', UsagePlanId: { Ref: plan } })),
    );
  });

  it('has letters and digits alone, from 20 to 128 of them, in whatever stack', () => {
    const stack = 'arn:aws:cloudformation:us-east-1:111122223333:stack/tfjob-gateway-dev/51af3dc0-da77-11e4-872e-1234567db123';
    const resolve = (value: unknown): unknown => {
      if (typeof value !== 'object' || value === null) return value;
      if (Array.isArray(value)) return value.map(resolve);
      const [[name, given]] = Object.entries(value) as [[string, unknown]];
      const [first, second] = resolve(name === 'Ref' ? [] : given) as [never, never];
      if (name === 'Ref') return stack;
      if (name === 'Fn::Split') return (second as string).split(first);
      return name === 'Fn::Select' ? second[first] : (second as string[]).join(first);
    };
    expect(callerKey(String(resolve(deployed.prefix)), 'alice')).toMatch(/^[a-z0-9]{34}$/);
  });
});
