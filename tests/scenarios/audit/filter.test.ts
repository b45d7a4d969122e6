import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { isAuditLine, isOfSecret } from '../../audit-lines.ts';
import { takes } from '../../log-filter.ts';
import { capturePrinted, newAuthorizer, outcome } from '../../unit/callers/authorizer.ts';
import { jobPath, type Loose, put, requested, useGateway } from '../gateway.ts';

const printed = capturePrinted();
useGateway({ auth: 'none', env: { POWERTOOLS_LOG_LEVEL: 'DEBUG', POWERTOOLS_METRICS_DISABLED: 'false' } });

const { archive } = parse(readFileSync('deploy/audit/archive.yml', 'utf8'), { merge: true });
const filters = Object.values<Loose>(archive.Resources).filter(({ Type }) => Type === 'AWS::Logs::SubscriptionFilter');
const patterns = new Set(filters.map(({ Properties }) => Properties.FilterPattern as string).filter((pattern) => pattern !== ''));
const [pattern = ''] = patterns;

describe('the filter pattern of the archive', () => {
  it('is one for all functions', () => {
    expect(patterns.size).toBe(1);
  });

  it('takes each audit event and no other line that a function prints, whatever callers write', async () => {
    const event = '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata"}';
    const agent = { 'user-agent': event, 'content-type': 'application/json' };
    await put(
      requested((job) => Object.assign(job.spec, { ttlSecondsAfterFinished: 5 })),
      { headers: agent },
    );
    await put({ kind: 'Event', apiVersion: 'audit.k8s.io/v1' }, { headers: agent });
    await put(event, { path: `${jobPath}/${encodeURIComponent(event)}`, headers: agent });
    await put('', { method: 'DELETE', query: `?apiVersion=audit.k8s.io/v1`, headers: agent });
    await put('', { method: 'GET', path: jobPath.replace('tfjob-test', 'gone') });
    await outcome(newAuthorizer('http://127.0.0.1:9')(event));
    const lines = printed.text.split('\n').filter((line) => line !== '');
    expect(lines.filter((line) => takes(pattern, line))).toEqual(lines.filter(isAuditLine));
    const count = { audit: lines.filter(isAuditLine).length, others: lines.filter((line) => !isAuditLine(line)).length };
    // Two stages of each of the four writes, one of the read; a line of the log and one of metrics of each, and the authorizer's.
    expect(count.audit - lines.filter(isOfSecret).length).toBe(9);
    expect(count.others).toBeGreaterThanOrEqual(11);
  });

  it.each([
    'START RequestId: 1b5e Version: $LATEST',
    'REPORT RequestId: 1b5e\tDuration: 12.34 ms\tBilled Duration: 13 ms',
    '2026-11-26T00:00:00.000Z\t1b5e\tERROR\tInvoke Error\t{"errorType":"Error","apiVersion":"audit.k8s.io/v1"}',
    '["apiVersion", "audit.k8s.io/v1"]',
    'null',
  ])('takes no line of Lambda’s own: %s', (line) => {
    expect(takes(pattern, line)).toBe(false);
  });
});
