import { describe, expect, it } from 'vitest';
import { type AuditEvent, eventLine, maxEventBytes, microTime } from '../../../lib/audit/event.ts';

const event: AuditEvent = {
  annotations: { b: '2', a: '1' },
  stageAt: 1795478400000.25,
  receivedAt: 1795478400000,
  responseObject: { kind: 'TFJob' },
  requestObject: { spec: {} },
  responseStatus: { code: 403, reason: 'Forbidden', message: 'no', status: 'Failure', details: { name: 'n' } },
  objectRef: { resourceVersion: '7', apiVersion: 'v1', apiGroup: 'kubeflow.org', uid: 'u', name: 'n', namespace: 'ns', resource: 'tfjobs' },
  userAgent: 'kubectl/v1.37',
  sourceIPs: ['192.0.2.1'],
  user: { extra: { z: ['1'], arn: ['2'] }, groups: ['g'], uid: 'id', username: 'name' },
  verb: 'update',
  requestURI: '/apis',
  stage: 'ResponseComplete',
  auditID: 'id',
  level: 'RequestResponse',
};

describe('an audit event', () => {
  it('has the members of kube-apiserver in its order', () => {
    expect(eventLine(event)).toBe(
      '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"id","stage":"ResponseComplete","requestURI":"/apis",' +
        '"verb":"update","user":{"username":"name","uid":"id","groups":["g"],"extra":{"arn":["2"],"z":["1"]}},"sourceIPs":["192.0.2.1"],' +
        '"userAgent":"kubectl/v1.37","objectRef":{"resource":"tfjobs","namespace":"ns","name":"n","uid":"u","apiGroup":"kubeflow.org",' +
        '"apiVersion":"v1","resourceVersion":"7"},"responseStatus":{"metadata":{},"status":"Failure","message":"no","reason":"Forbidden",' +
        '"details":{"name":"n"},"code":403},"requestObject":{"spec":{}},"responseObject":{"kind":"TFJob"},' +
        '"requestReceivedTimestamp":"2026-11-24T00:00:00.000000Z","stageTimestamp":"2026-11-24T00:00:00.000250Z","annotations":{"a":"1","b":"2"}}',
    );
  });

  it('leaves out what kube-apiserver leaves out', () => {
    const { responseStatus: _, requestObject: __, responseObject: ___, ...bare } = event;
    const line = eventLine({ ...bare, user: undefined, sourceIPs: [], userAgent: undefined, objectRef: undefined, annotations: {} });
    expect(Object.keys(JSON.parse(line))).toEqual(
      'kind apiVersion level auditID stage requestURI verb user requestReceivedTimestamp stageTimestamp'.split(' '),
    );
    expect(JSON.parse(line).user).toEqual({});
    const user = { username: 'name', uid: '', groups: [], extra: {} };
    expect(
      JSON.parse(eventLine({ ...event, user, responseStatus: { code: 200 }, objectRef: { resource: 'tfjobs', name: '' } })),
    ).toMatchObject({
      user: { username: 'name' },
      responseStatus: { metadata: {}, code: 200 },
      objectRef: { resource: 'tfjobs' },
    });
  });

  it('is one line, whatever is in it', () => {
    const line = eventLine({ ...event, userAgent: 'a\nb\r\u2028"', requestURI: '/\n', auditID: '\ud800' });
    expect(line).not.toMatch(/[\n\r\u2028]/);
    expect(JSON.parse(line).userAgent).toBe('a\nb\r\u2028"');
  });

  it('has nothing raw on which a terminal acts, or that turns the direction of what follows', () => {
    const trick = '\u009b31m\u202e\u2066\u200f\ufeff\u0085\u2029\u007f\u001b[0m';
    const line = eventLine({ ...event, userAgent: trick, requestURI: trick, annotations: { [trick]: trick } });
    expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(line)).toMatchObject({ userAgent: trick, requestURI: trick, annotations: { [trick]: trick } });
  });

  it('has a user agent of 1,024 characters at most', () => {
    expect(JSON.parse(eventLine({ ...event, userAgent: 'x'.repeat(1025) })).userAgent).toBe(`${'x'.repeat(1024)}...TRUNCATED`);
    expect(JSON.parse(eventLine({ ...event, userAgent: 'x'.repeat(1024) })).userAgent).toBe('x'.repeat(1024));
  });

  it('tells times to the microsecond', () => {
    expect(microTime(0.001)).toBe('1970-01-01T00:00:00.000001Z');
    expect(microTime(1795478400999.5)).toBe('2026-11-24T00:00:00.999500Z');
  });
});

describe('an audit event that is too large', () => {
  const sizeOf = (line: string): number => Buffer.byteLength(line);
  const bytes = sizeOf(eventLine({ ...event, requestObject: '' }));

  it('loses its objects and is marked, from the first byte too many', () => {
    const fits = eventLine({ ...event, requestObject: 'x'.repeat(maxEventBytes - bytes) });
    expect(sizeOf(fits)).toBe(maxEventBytes);
    expect(JSON.parse(fits).requestObject).toHaveLength(maxEventBytes - bytes);
    const truncated = JSON.parse(eventLine({ ...event, requestObject: 'x'.repeat(maxEventBytes - bytes + 1) }));
    expect(truncated).not.toHaveProperty('requestObject');
    expect(truncated).not.toHaveProperty('responseObject');
    expect(truncated.annotations).toEqual({ a: '1', 'audit.k8s.io/truncated': 'true', b: '2' });
    expect(truncated.responseStatus.message).toBe('no');
  });

  it('is measured in bytes', () => {
    expect(JSON.parse(eventLine({ ...event, requestObject: '€'.repeat(maxEventBytes / 3) }))).not.toHaveProperty('requestObject');
  });

  it('is never left out: what is long in it is cut where that is not enough', () => {
    const long = 'x'.repeat(60_000);
    const line = eventLine({
      ...event,
      requestURI: long,
      responseStatus: { code: 403, message: long, details: { causes: [{ message: long }] } },
      annotations: { a: long, b: long },
      user: { username: 'name', uid: '', groups: Array(1000).fill(long), extra: { a: [long] } },
    });
    expect(sizeOf(line)).toBeLessThanOrEqual(maxEventBytes);
    expect(JSON.parse(line)).toMatchObject({ auditID: 'id', user: { username: 'name' }, responseStatus: { code: 403 } });
  });

  it('has no more bytes than that, whatever of it is long and however many bytes a character has', () => {
    const long = '€'.repeat(60_000);
    const line = eventLine({
      ...event,
      auditID: 'id',
      requestURI: long,
      userAgent: long,
      objectRef: { ...event.objectRef, uid: long, resourceVersion: long, name: long },
      user: { username: long, uid: long, groups: Array(1000).fill(long), extra: { a: [long] } },
      responseStatus: { code: 403, message: long },
      annotations: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`a${i}`, long])),
    });
    expect(sizeOf(line)).toBeLessThanOrEqual(maxEventBytes);
    expect(JSON.parse(line)).toMatchObject({
      auditID: 'id',
      responseStatus: { code: 403 },
      annotations: { 'audit.k8s.io/truncated': 'true' },
    });
  });

  it('keeps what was changed before what policies say', () => {
    const values = JSON.stringify({ 'spec.ttlSecondsAfterFinished': { old: null, new: 600 } });
    const keys = JSON.stringify({ 'metadata.labels': { set: Array.from({ length: 2000 }, (_, i) => `k${i}`) } });
    const ours = { 'tfjob-gateway/values': values, 'tfjob-gateway/keys': keys, 'tfjob-gateway/outcome': 'changed' };
    const ofPolicies = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`a-policy/${i}`, 'x'.repeat(10_000)]));
    const line = eventLine({ ...event, annotations: { ...ofPolicies, ...ours } });
    expect(sizeOf(line)).toBeLessThanOrEqual(maxEventBytes);
    expect(JSON.parse(line).annotations).toMatchObject(ours);
  });
});
