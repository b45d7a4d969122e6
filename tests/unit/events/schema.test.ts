import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Patch, Replace } from '../../../lib/events/schema.ts';

const project = new URL('../../../', import.meta.url);
const schema = JSON.parse(readFileSync(new URL('docs/job-update-event.schema.json', project), 'utf8'));

describe('the published JSON Schema of an event', () => {
  it('is what the schema that is checked makes', async () => {
    await expect(promisify(execFile)(process.execPath, ['scripts/event-schema.ts', '--check'], { cwd: project })).resolves.toBeDefined();
  });

  it('has the two forms of a detail, each with its members and nothing else', () => {
    expect(schema.properties.detail).toEqual({ $ref: '#/$defs/detail' });
    expect(schema.$defs.detail.oneOf).toEqual([{ $ref: '#/$defs/patch' }, { $ref: '#/$defs/object' }]);
    for (const [form, { entries }] of Object.entries({ patch: Patch, object: Replace })) {
      const { properties, required, additionalProperties } = schema.$defs[form];
      expect(additionalProperties).toBe(false);
      expect(Object.keys(properties)).toEqual(Object.keys(entries));
      expect(required).toEqual(['version', 'id', 'kind', 'namespace', 'name', form]);
      expect(properties[form]).toMatchObject({ type: 'object' });
    }
  });

  it('says the limits, and describes every member but the version', () => {
    const { properties } = schema.$defs.patch;
    expect(properties.version).toEqual({ type: 'string', const: '1' });
    expect(properties.id).toMatchObject({ type: 'string', minLength: 1, maxLength: 256 });
    expect(properties.sequence).toMatchObject({ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
    expect(properties.resourceVersion).toMatchObject({ type: 'string', pattern: '^[1-9]\\d*$' });
    expect(properties.reason).toMatchObject({ maxLength: 1024 });
    const undescribed = Object.entries(properties).filter(([, member]) => !(member as { description?: string }).description);
    expect(undescribed.map(([name]) => name)).toEqual(['version']);
    expect(schema.description).toMatch(/At most 1000000 bytes/);
  });
});
