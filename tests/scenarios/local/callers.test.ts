import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiGateway } from '../../../local/api-gateway/api-gateway.ts';
import { startForCallers } from '../../../local/api-gateway/for-callers.ts';
import { readCallers } from '../../../local/callers.ts';
import { credential } from '../../credentials.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'callers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const read = async (lines: string) => {
  const file = join(folder, 'callers.csv');
  await writeFile(file, lines);
  return readCallers(file);
};

describe('a file of callers', () => {
  it('has a token, a user, a uid and groups on each line, as that of kube-apiserver', async () => {
    const callers = await read('t1,ada,1,"admins,team ""a"""\r\n\nt2,"bob, the builder",2,solo\nt3,eve,\n');
    expect([...callers]).toEqual([
      ['t1', { user: 'ada', uid: '1', groups: ['admins', 'team "a"'] }],
      ['t2', { user: 'bob, the builder', uid: '2', groups: ['solo'] }],
      ['t3', { user: 'eve', uid: '', groups: [] }],
    ]);
  });

  it('is refused with every mistake by line, and without a token', async () => {
    const token = credential('local-token');
    const failed = await read(`${token},ada,1\n${token},bob,2\n${token}x,eve\n,x,1\nt,,1\nt,"x,1\n`).catch((error: Error) => error.message);
    const form = 'must be token,user,uid or token,user,uid,"group,group"';
    expect(
      String(failed)
        .replaceAll(`${join(folder, 'callers.csv')}:`, '')
        .split('\n'),
    ).toEqual(['2: has the token of a line above', ...[3, 4, 5, 6].map((line) => `${line}: ${form}`)]);
  });

  it('must name somebody, and be there', async () => {
    await expect(read('\n')).rejects.toThrow('names no caller');
    await expect(readCallers(join(folder, 'none'))).rejects.toThrow('ENOENT');
  });

  it('comes with npm start, and names three', async () => {
    const callers = await readCallers('local/callers.csv');
    expect([...callers.values()].map(({ user, groups }) => [user, groups])).toEqual([
      ['ada', ['admins']],
      ['bob', ['team-a', 'team-b']],
      ['eve', []],
    ]);
  });
});

describe('the gateway for callers', () => {
  let gateway: ApiGateway & { about: string };
  let kubeconfig: string;
  beforeAll(async () => {
    const load = () => (event: APIGatewayProxyEvent) => ({ statusCode: 200, body: JSON.stringify(event.requestContext) });
    gateway = await startForCallers({ port: 0, load }, await readCallers('local/callers.csv'));
    kubeconfig = /--kubeconfig (\S+)/.exec(gateway.about)?.[1] ?? '';
  });
  const contextOf = async (headers: Record<string, string>) =>
    (await (await fetch(`${gateway.url}/version`, { headers })).json()) as APIGatewayProxyEvent['requestContext'];

  it('says of a token what the authorizer would: strings only', async () => {
    const { authorizer, identity } = await contextOf({ authorization: 'Bearer bob-token' });
    expect(authorizer).toEqual({ principalId: 'bob', user: 'bob', uid: '2', groups: '["team-a","team-b"]' });
    expect(identity).toMatchObject({ userArn: null, caller: null, user: null });
    expect((await contextOf({ authorization: 'bearer  eve-token' })).authorizer).toMatchObject({ user: 'eve', groups: '[]' });
  });

  it.each([
    ['no token', {}],
    ['another token', { authorization: 'Bearer bob-toke' }],
    ['a name', { authorization: 'Bearer bob' }],
    ['another scheme', { authorization: 'Basic bob-token' }],
    ['a token and more', { authorization: 'Bearer bob-token x' }],
    ['a header of its own', { 'x-remote-user': 'bob' }],
  ])('knows nobody by %s', async (_, headers) => {
    const { authorizer, identity } = await contextOf(headers as Record<string, string>);
    expect([authorizer, identity.userArn]).toEqual([undefined, null]);
  });

  it('speaks TLS to kubectl, which sends no token without, by a configuration that nobody else may read', async () => {
    expect((await stat(kubeconfig)).mode & 0o777).toBe(0o600);
    const config = JSON.parse(await readFile(kubeconfig, 'utf8'));
    expect(config.contexts.map(({ name, context }: { name: string; context: object }) => [name, context])).toEqual(
      ['ada', 'bob', 'eve'].map((user) => [user, { cluster: 'gateway', user, namespace: 'kube-test' }]),
    );
    const { server, 'certificate-authority-data': authority } = config.clusters[0].cluster;
    expect(server).toBe(gateway.secureUrl);
    const answer = await new Promise<string>((resolve, reject) => {
      const headers = { authorization: `Bearer ${config.users[0].user.token}` };
      request(`${server}/version`, { ca: Buffer.from(authority, 'base64'), headers }, (response) => resolve(text(response)))
        .on('error', reject)
        .end();
    });
    expect(JSON.parse(answer).authorizer).toMatchObject({ user: 'ada', groups: '["admins"]' });
  });

  it('tells how kubectl becomes each of them, and takes the configuration away when it ends', async () => {
    expect(gateway.about.split('\n')).toEqual([
      `kubectl --kubeconfig ${kubeconfig} --context ada get tfjobs   # ada, in admins`,
      `kubectl --kubeconfig ${kubeconfig} --context bob get tfjobs   # bob, in team-a and team-b`,
      `kubectl --kubeconfig ${kubeconfig} --context eve get tfjobs   # eve, in no group`,
    ]);
    await gateway.close();
    await expect(stat(kubeconfig)).rejects.toThrow('ENOENT');
  });
});
