import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../lib/json/json.ts';
import type { StatusCause } from '../../../lib/status.ts';
import { causes, changed, job, judge, kubeflow, kubeflowJob, raw, refusal, sent } from './jobs.ts';

const live = job({ 'spec.ttlSecondsAfterFinished': undefined });
const ask = (...changes: Record<string, unknown>[]) => causes(live, changed(live, ...changes));
const wrong = (field: string, message: string, reason = 'FieldValueInvalid'): StatusCause => ({ reason, message, field });
const deadline = 'spec.activeDeadlineSeconds';
const ttl = 'spec.ttlSecondsAfterFinished';
const policy = 'spec.cleanPodPolicy';

describe('the three scalar fields (docs/decision.md, field-value)', () => {
  it.each<[string, Json, Json]>([
    [deadline, 1, 1],
    [deadline, 9007199254740991, 9007199254740991],
    [deadline, raw('5.0'), 5],
    [deadline, raw('5e0'), 5],
    [deadline, raw('0.5e1'), 5],
    [deadline, raw('50E-1'), 5],
    [deadline, raw('9007199254740991.0'), 9007199254740991],
    [ttl, 0, 0],
    [ttl, raw('-0'), 0],
    [ttl, raw('0.0'), 0],
    [ttl, raw('0e9'), 0],
    [ttl, 2147483647, 2147483647],
    [policy, 'All', 'All'],
    [policy, 'Running', 'Running'],
    [policy, 'None', 'None'],
  ])('%s: %j is sent as %j', (field, value, meant) => {
    const { object, changed: fields } = sent(live, job({ 'spec.ttlSecondsAfterFinished': undefined }, { [field]: value }));
    expect([JSON.stringify((object.spec as JsonObject)[field.slice(5)]), fields]).toEqual([JSON.stringify(meant), [field]]);
    expect(judge(object, job({ 'spec.ttlSecondsAfterFinished': undefined }, { [field]: value }))).toEqual({ outcome: 'unchanged' });
  });

  const least = (field: string, value: string, bound: number) =>
    `Invalid value: ${value}: ${field} in body should be greater than or equal to ${bound}`;
  const most = (field: string, value: string, bound: number) =>
    `Invalid value: ${value}: ${field} in body should be less than or equal to ${bound}`;
  it.each<[string, Json, string]>([
    [deadline, 0, least(deadline, '0', 1)],
    [deadline, raw('-0'), least(deadline, '0', 1)],
    [deadline, -1, least(deadline, '-1', 1)],
    [deadline, raw('-9223372036854775809'), least(deadline, '-9223372036854775809', 1)],
    [deadline, raw('9007199254740992'), most(deadline, '9007199254740992', 9007199254740991)],
    [deadline, raw('9007199254740993'), most(deadline, '9007199254740993', 9007199254740991)],
    [deadline, raw('9007199254740992.0'), most(deadline, '9007199254740992.0', 9007199254740991)],
    [deadline, raw('9223372036854775807'), most(deadline, '9223372036854775807', 9007199254740991)],
    [deadline, raw('1e400'), most(deadline, '1e400', 9007199254740991)],
    [deadline, raw('-1e400'), least(deadline, '-1e400', 1)],
    [deadline, 1e21, most(deadline, '1e+21', 9007199254740991)],
    [ttl, -1, least(ttl, '-1', 0)],
    [ttl, raw('-1.0'), least(ttl, '-1', 0)],
    [ttl, 2147483648, most(ttl, '2147483648', 2147483647)],
    [ttl, raw('2147483648.0'), most(ttl, '2147483648', 2147483647)],
  ])('%s: %j is out of range', (field, value, message) => {
    expect(ask({ [field]: value })).toEqual([422, wrong(field, message)]);
  });

  const type = (field: string, given: string, wanted: string) =>
    `Invalid value: "${given}": ${field} in body must be of type ${wanted}: "${given}"`;
  it.each<[string, Json, string]>([
    [deadline, 5.5, type(deadline, 'number', 'integer')],
    [deadline, raw('5.50'), type(deadline, 'number', 'integer')],
    [deadline, raw('1e-400'), type(deadline, 'number', 'integer')],
    [deadline, raw('9007199254740991.5'), type(deadline, 'number', 'integer')],
    [deadline, '5', type(deadline, 'string', 'integer')],
    [deadline, '1k', type(deadline, 'string', 'integer')],
    [deadline, true, type(deadline, 'boolean', 'integer')],
    [deadline, [5], type(deadline, 'array', 'integer')],
    [deadline, [], type(deadline, 'array', 'integer')],
    [deadline, { a: 5 }, type(deadline, 'object', 'integer')],
    [ttl, 0.5, type(ttl, 'number', 'integer')],
    [ttl, '', type(ttl, 'string', 'integer')],
    [ttl, false, type(ttl, 'boolean', 'integer')],
    [policy, 5, type(policy, 'integer', 'string')],
    [policy, 5.5, type(policy, 'number', 'string')],
    [policy, raw('5.0'), type(policy, 'integer', 'string')],
    [policy, raw('9007199254740993'), type(policy, 'integer', 'string')],
    [policy, {}, type(policy, 'object', 'string')],
    [policy, false, type(policy, 'boolean', 'string')],
  ])('%s: %j is of the wrong type', (field, value, message) => {
    expect(ask({ [field]: value })).toEqual([422, wrong(field, message, 'FieldValueTypeInvalid')]);
  });

  it.each(['Some', '', 'all', 'ALL', 'None ', 'undefined', '__proto__'])('cleanPodPolicy %j is not supported', (value) => {
    const message = `Unsupported value: "${value}": supported values: "All", "Running", "None"`;
    expect(ask({ [policy]: value })).toEqual([422, wrong(policy, message, 'FieldValueNotSupported')]);
  });

  it('are not quoted at length', () => {
    const long = `1${'0'.repeat(100_000)}`;
    for (const value of [raw(long), raw(`1.${long}`), raw(`1e${long}`), raw(`-${long}`), 'x'.repeat(1_000_000)]) {
      for (const field of [deadline, ttl, policy]) expect(JSON.stringify(ask({ [field]: value })).length).toBeLessThan(600);
    }
  });

  it('are named where the kubeflow layout keeps them', () => {
    const before = kubeflowJob();
    const field = 'spec.runPolicy.activeDeadlineSeconds';
    expect(causes(before, changed(before, { [field]: 0 }), {}, kubeflow)).toEqual([422, wrong(field, least(field, '0', 1))]);
  });
});

describe('a refusal with 422', () => {
  it('holds all mistakes at once, in its causes and in its message', () => {
    const requested = changed(live, {
      'metadata.labels': { 'a b': 'c', ok: 'x y' },
      'metadata.annotations': { 'n/m/o': 'v' },
      [deadline]: 0,
      [ttl]: 'soon',
      [policy]: 'Some',
    });
    const label =
      "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
      "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
    const value =
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an " +
      "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
      "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
    const key =
      "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
      "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') " +
      "with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
    const all = [
      wrong('metadata.labels[a b]', `Invalid value: "a b": ${label}`),
      wrong('metadata.labels[ok]', `Invalid value: "x y": ${value}`),
      wrong('metadata.annotations[n/m/o]', `Invalid value: "n/m/o": ${key}`),
      wrong(deadline, `Invalid value: 0: ${deadline} in body should be greater than or equal to 1`),
      wrong(ttl, `Invalid value: "string": ${ttl} in body must be of type integer: "string"`, 'FieldValueTypeInvalid'),
      wrong(policy, 'Unsupported value: "Some": supported values: "All", "Running", "None"', 'FieldValueNotSupported'),
    ];
    expect(refusal(live, requested)).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      reason: 'Invalid',
      code: 422,
      message: `TFJob.kubeflow.org "tfjob-test" is invalid: [${all.map((cause) => `${cause.field}: ${cause.message}`).join(', ')}]`,
      details: { name: 'tfjob-test', group: 'kubeflow.org', kind: 'TFJob', causes: all },
    });
  });

  it('has no brackets around a single mistake', () => {
    expect(refusal(live, changed(live, { [deadline]: 0 })).message).toBe(
      `TFJob.kubeflow.org "tfjob-test" is invalid: ${deadline}: Invalid value: 0: ${deadline} in body should be greater than or equal to 1`,
    );
  });

  it('lists at most 100 mistakes, then a count, as its answer must not outgrow its request', () => {
    const labels = Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`${n} b`, '']));
    // One for each key, and two since they are too long together and too many.
    const [code, ...listed] = ask({ 'metadata.labels': labels });
    expect([code, listed.length]).toEqual([422, 101]);
    expect(listed[99]).toMatchObject({ reason: 'FieldValueInvalid', field: 'metadata.labels[99 b]' });
    expect(listed[100]).toEqual({ reason: 'FieldValueInvalid', message: 'and 99902 more values are invalid' });
    const { message } = refusal(live, changed(live, { 'metadata.labels': labels }));
    expect(message.length).toBeLessThan(100_000);
    expect(message).toMatch(/, and 99902 more values are invalid\]$/);
  });

  it('comes after a 403: who may not change a field is not told about values', () => {
    expect(ask({ [deadline]: 0, 'spec.backoffLimit': 7 })).toMatchObject([403, { field: 'spec.backoffLimit' }]);
  });
});

describe('a value that equals the live one is not validated again', () => {
  const invalid = {
    'metadata.labels': { 'bad key': 'bad value', app: 'test' },
    'metadata.annotations': { 'n/m/o': 'v' },
    [deadline]: -5,
    [ttl]: -1,
    [policy]: 'Some',
  };
  const broken = job(invalid);

  it('so that a live job with invalid old values can get a new label', () => {
    const requested = changed(broken, { 'metadata.labels.more': 'm' });
    expect(sent(broken, requested)).toEqual({ object: requested, changed: ['metadata.labels'] });
  });

  it('and a job without them keeps the rest', () => {
    for (const field of [deadline, ttl, policy]) {
      const requested = changed(broken, { [field]: undefined });
      expect(sent(broken, requested)).toEqual({ object: requested, changed: [field] });
    }
    const requested = changed(broken, { 'metadata.labels': { 'bad key': 'bad value' } });
    expect(sent(broken, requested)).toEqual({ object: requested, changed: ['metadata.labels'] });
  });

  it('whatever its type: a text, a number beyond a double, an object, an array', () => {
    for (const value of ['1000', raw('9007199254740993'), raw('1e400'), { a: [1, { b: raw('2.0') }] }, [1, [2]], true]) {
      const weird = job({ [deadline]: value });
      expect(judge(weird, changed(weird))).toEqual({ outcome: 'unchanged' });
      const requested = changed(weird, { 'metadata.labels.more': 'm' });
      expect(JSON.stringify(sent(weird, requested).object)).toBe(JSON.stringify(requested));
    }
  });

  it('but a changed one is, also beside an equal one', () => {
    expect(causes(broken, changed(broken, { 'metadata.labels.bad key': 'other value' }))).toMatchObject([422, {}, {}]);
    expect(causes(broken, changed(broken, { [ttl]: -2 }))).toMatchObject([422, { field: ttl }]);
    expect(causes(job({ [deadline]: { a: 1 } }), job({ [deadline]: { a: 2 } }))).toMatchObject([422, { field: deadline }]);
  });
});
