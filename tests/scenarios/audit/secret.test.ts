import { describe, expect, it } from 'vitest';
import { takeSecretEvents } from '../../audit-lines.ts';
import { buildWith } from '../../policies.ts';
import { handlerOf, invoke, jobEvent, key, type Loose, now, secretName, useGateway } from '../gateway.ts';

useGateway({ auth: 'none', env: { POWERTOOLS_LOG_LEVEL: 'SILENT' } });

const get = async (): Promise<number> => {
  const asked = { requestId: 'r-1', identity: { userArn: 'arn:aws:iam::000000000000:user/local' } };
  const { status } = await invoke(await handlerOf('read-jobs', 'new'), jobEvent('GET', asked, { headers: {} }));
  return status;
};

describe('a reading of the secret', () => {
  it('is told by the function that reads it, with its version and nothing that is in it', async () => {
    takeSecretEvents();
    expect(await get()).toBe(200);
    const [event, ...others] = takeSecretEvents();
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      kind: 'Event',
      level: 'Metadata',
      stage: 'ResponseComplete',
      verb: 'get',
      user: { username: 'system:tfjob-gateway' },
      objectRef: { resource: 'secrets', name: secretName },
      responseStatus: { metadata: {}, code: 200 },
    });
    expect(event.auditID).toMatch(/^[0-9a-f-]{36}$/);
    expect(event.annotations).toEqual({
      'tfjob-gateway/build': expect.any(String),
      'tfjob-gateway/outcome': 'read',
      'tfjob-gateway/secret-version': 'v1',
    });
    for (const part of Object.values(key)) expect(JSON.stringify(event)).not.toContain(part);
  });

  it('that fails is told with what AWS calls it', async () => {
    process.env.CCI_SECRET_ID = 'tests/not-there';
    expect(await get()).toBe(500);
    process.env.CCI_SECRET_ID = secretName;
    const events = takeSecretEvents();
    // It may be read once while the function is loading, and again for the request.
    expect([1, 2]).toContain(events.length);
    for (const { objectRef, responseStatus, annotations } of events) {
      expect([objectRef.name, responseStatus]).toEqual(['tests/not-there', { metadata: {}, status: 'Failure', code: 500 }]);
      expect(annotations).toMatchObject({ 'tfjob-gateway/outcome': 'failed', 'tfjob-gateway/error': 'ResourceNotFoundException' });
    }
  });

  it.each<[string, Loose[], number]>([
    ['none of them', [{ level: 'None', resources: [{ group: '', resources: ['secrets'] }] }, { level: 'Metadata' }], 0],
    ['them alone', [{ level: 'Metadata', resources: [{ group: '', resources: ['secrets'] }] }], 1],
    ['them by the gateway’s own name', [{ level: 'Metadata', users: ['system:tfjob-gateway'], verbs: ['get'] }], 1],
    ['nothing that is over', [{ level: 'Metadata', omitStages: ['ResponseComplete'] }], 0],
  ])('is told where an audit policy wants %s told', async (_what, rules, count) => {
    const { distDir } = now;
    now.distDir = await buildWith([{ kind: 'Policy', rules }], ['read-jobs']);
    expect(await get()).toBe(200);
    expect(takeSecretEvents()).toHaveLength(count);
    if (distDir) now.distDir = distDir;
    else delete now.distDir;
  });
});
