import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEvent, readMessage } from '../../../lib/events/parse.ts';
import { StatusError } from '../../../lib/status.ts';
import { runsOf } from '../../exhaustive.ts';

const schema = JSON.parse(readFileSync(new URL('../../../docs/job-update-event.schema.json', import.meta.url), 'utf8'));
const validate = new Ajv2020({ strictTypes: false }).compile(schema);

/** What is wrong with the shape of an event, as parseEvent says it; which job it is about is no matter of shape. */
function mistake(body: string): string | undefined {
  try {
    parseEvent(readMessage({ body }), 'kubeflow', { body, attributes: {}, eventSourceARN: 'queue' } as unknown as SQSRecord);
    return undefined;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const { code, message } = error.status;
    return code === 404 || (code === 400 && message.startsWith('detail.kind must be one of')) ? undefined : message;
  }
}

/** The published schema and the server agree about an event, whatever it is. */
function agree(body: string): void {
  const valid = validate(JSON.parse(body));
  expect({ body: body.slice(0, 500), valid, mistake: mistake(body) }).toMatchObject({
    valid,
    mistake: valid ? undefined : expect.any(String),
  });
}

const event = (detail: object, rest: object = {}) => JSON.stringify({ 'detail-type': 'Job Update Requested', detail, ...rest });
const whole = { version: '1', id: 'a', kind: 'TFJob', namespace: 'b', name: 'c', patch: {} };
const lengths = [0, 1, 62, 63, 64, 127, 128, 129, 252, 253, 254, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025];
const strings = fc.oneof(
  fc.tuple(fc.constantFrom('a', '1', '😀', '你', '\ud800', '\u0000'), fc.constantFrom(...lengths)).map(([of, length]) => of.repeat(length)),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('0', '1', '01', '-1', '1.0', '1\n', ' 1', 'TFJob', 'Job Update Requested'),
);
const numbers = fc.constantFrom(
  '0',
  '-0',
  '0.0',
  '6.0',
  '6e0',
  '60e-1',
  '6.5',
  '-1',
  '-1.0',
  '1e3',
  '1E+2',
  '9007199254740991',
  '9007199254740991.0',
  '9007199254740992',
  '1e16',
  '1e400',
);
const anything = fc.oneof(
  strings.map((text) => JSON.stringify(text)),
  numbers,
  fc.constantFrom('null', 'true', '{}', '[]', '[1]', '{"a":null}'),
);
const names = fc.constantFrom(
  ...Object.keys({ ...schema.$defs.patch.properties, ...schema.$defs.object.properties }),
  'nope',
  '__proto__',
  'constructor',
  'toString',
  '',
);

describe('the published JSON Schema of an event', () => {
  it('takes and refuses the same events as the server', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(names, anything), { maxLength: 3 }), fc.array(names, { maxLength: 2 }), (set, removed) => {
        const detail = new Map<string, string>(Object.entries(whole).map(([name, value]) => [name, JSON.stringify(value)]));
        for (const [name, value] of set) detail.set(name, value);
        for (const name of removed.filter(() => set.length % 2 === 0)) detail.delete(name);
        agree(
          event({}).replace(
            '"detail":{}',
            () => `"detail":{${[...detail].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`,
          ),
        );
      }),
      { numRuns: runsOf(3000) },
    );
  });

  it('takes and refuses the same envelopes as the server', () => {
    const member = fc.tuple(fc.constantFrom('detail-type', 'detail', 'source', 'account', 'other', '__proto__'), anything);
    fc.assert(
      fc.property(fc.array(member, { maxLength: 3 }), (set) => {
        const members = new Map([['detail-type', '"Job Update Requested"'], ['detail', JSON.stringify(whole)], ...set]);
        agree(`{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`);
      }),
      { numRuns: runsOf(1000) },
    );
  });

  it.each<[string, object, boolean]>([
    ['an id of 256 emoji', { id: '😀'.repeat(256) }, true],
    ['an id of 257 emoji', { id: '😀'.repeat(257) }, false],
    ['an id with half an emoji', { id: '\ud83d' }, false],
    ['an empty name', { name: '' }, false],
    ['a patch and an object', { object: {} }, false],
    ['an empty resourceVersion', { resourceVersion: '' }, false],
  ])('says of %s what the server says', (_title, more, valid) => {
    const body = event({ ...whole, ...more });
    expect([validate(JSON.parse(body)), mistake(body) === undefined]).toEqual([valid, valid]);
  });

  it.each([
    ['6.0', 6],
    ['6e0', 6],
    ['-0', 0],
  ])('takes the sequence %s, and so does the server, as %d', (written, sequence) => {
    const body = event({ ...whole, sequence: 12345 }).replace('12345', written);
    expect(validate(JSON.parse(body))).toBe(true);
    const record = { body, attributes: {}, eventSourceARN: 'queue' } as unknown as SQSRecord;
    expect(parseEvent(readMessage({ body }), 'cci', record).marker.sequence).toBe(sequence);
  });
});
