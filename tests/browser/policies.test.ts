import { mkdtemp, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCallers } from '../../local/callers.ts';
import { buildHandlers } from '../../scripts/build.ts';
import { mainJob } from './jobs.ts';
import { consoleUrl, editYaml, expectAccessible, hashOf, inViews, now, openYaml, review, stored, usePage } from './stage.ts';

const more: NonNullable<Parameters<typeof usePage>[0]> = {};
beforeAll(async () => {
  const others = ['pat', 'uma'].map((user) => [`${user}-token`, { user, uid: user, groups: [] }] as const);
  more.auth = new Map([...(await readCallers('local/callers.csv')), ...others]);
  more.distDir = await mkdtemp('dist-browser-');
  await buildHandlers(more.distDir, 'tests/browser/policies');
});
afterAll(() => rm(more.distDir as string, { recursive: true }));
usePage(more);

async function enter(token: string, hash = ''): Promise<void> {
  await now.page.goto(consoleUrl(hash));
  await now.page.getByLabel('Bearer token').fill(token);
  await now.page.getByRole('button', { name: 'Use it' }).click();
}
const ttl = '#field-ttlSecondsAfterFinished';

describe('with policies', () => {
  inViews('a denial stands at the field that it is about, and so does a warning', async () => {
    await enter('ada-token', hashOf(mainJob));
    await now.page.waitForSelector('.fields');
    await now.page.fill(ttl, '9999999');
    await review(now.page, 'Would be refused: a policy forbids it');
    expect(await now.page.locator(`${ttl}-causes`).innerText()).toContain('a job is kept for 30 days at most');
    await expectAccessible(now.page);
    await now.page.fill(ttl, '30');
    await review(now.page, 'Can be saved: 1 change');
    expect(await now.page.locator(`${ttl}-causes`).innerText()).toContain('less than a minute');
    await expectAccessible(now.page);
  });

  inViews('what somebody may not do is not offered, and he can see why', async () => {
    await enter('eve-token', hashOf(mainJob));
    await now.page.getByText('You may look at this job, and not change it').waitFor();
    expect(await now.page.getByRole('button', { name: 'Save', exact: true }).count()).toBe(0);
    expect(await now.page.locator(ttl).isDisabled()).toBe(true);
    const text = await openYaml(now.page);
    await now.page.locator('.editor-host .cm-content').click();
    await now.page.keyboard.type('nobody types here');
    expect(await openYaml(now.page)).toBe(text);
    await expectAccessible(now.page);
    await now.page.getByRole('button', { name: 'eve' }).click();
    const dialog = now.page.getByRole('dialog');
    await dialog.getByText('get, list').waitFor();
    expect(await dialog.innerText()).toContain('eve');
    await expectAccessible(now.page);
  });

  inViews('who may not list all namespaces names one, and sees its jobs', async () => {
    await enter('eve-token');
    await now.page.getByRole('heading', { name: 'Choose a namespace' }).waitFor();
    await expectAccessible(now.page);
    await now.page.getByLabel('Namespace', { exact: true }).fill('team-vision');
    await now.page.keyboard.press('Enter');
    await now.page.getByRole('link', { name: mainJob.name }).waitFor();
    expect(now.page.url()).toContain('ns=team-vision');
  });

  inViews('who may only patch saves by a patch, which writes nothing over what others changed', async () => {
    await enter('pat-token', hashOf(mainJob));
    await now.page.waitForSelector('.fields');
    await now.page.fill(ttl, '120');
    await now.page.getByLabel('Remove label cost-centre').click();
    await review(now.page, 'Can be saved: 2 changes');
    await fetch(`${now.gateway.url}/apis/kubeflow.org/v1/namespaces/${mainJob.namespace}/${mainJob.plural}/${mainJob.name}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json', authorization: 'Bearer ada-token' },
      body: '{"spec":{"activeDeadlineSeconds":99}}',
    });
    await now.page.getByRole('button', { name: 'Save', exact: true }).click();
    await review(now.page, 'Someone else changed this job');
    await now.page.getByRole('button', { name: 'Apply mine to theirs' }).click();
    await review(now.page, 'Can be saved: 2 changes');
    expect(await now.page.getByLabel('Command').innerText()).toContain('kubectl patch');
    await now.page.getByRole('button', { name: 'Save', exact: true }).click();
    await review(now.page, /^Saved as version/);
    const { spec, metadata } = stored();
    expect([spec.ttlSecondsAfterFinished, spec.activeDeadlineSeconds, metadata.labels['cost-centre']]).toEqual([120, 99, undefined]);
    await expectAccessible(now.page);
  });

  it('who may only patch sees at its line what would be refused, and what cannot be read', async () => {
    await enter('pat-token', hashOf(mainJob));
    await now.page.waitForSelector('.fields');
    await editYaml(now.page, (text) => text.replace('replicas: 4', 'replicas: 5').replace('train:v7', 'train:v8'));
    await review(now.page, 'Would be refused: 2 fields may not be changed');
    const lines = (await openYaml(now.page)).split('\n');
    const place = lines.findIndex((line) => line.includes('replicas: 5')) + 1;
    expect(await now.page.locator('.found button').allInnerTexts()).toContain(`line ${place}`);
    await editYaml(now.page, (text) => text.replace('team: vision', 'team: [vision'));
    await review(now.page, 'Would be refused: this YAML cannot be read');
    expect(await now.page.locator('.found li').count()).toBe(1);
  });

  it('who may not patch saves, and is offered no command that he may not give', async () => {
    await enter('uma-token', hashOf(mainJob));
    await now.page.waitForSelector('.fields');
    await now.page.fill(ttl, '120');
    await review(now.page, 'Can be saved: 1 change');
    expect(await now.page.getByLabel('Command').innerText()).toMatch(/^kubectl get /);
    await now.page.getByText('a patch, which you may not do').waitFor();
    await now.page.getByRole('button', { name: 'Save', exact: true }).click();
    await review(now.page, /^Saved as version/);
    expect(stored().spec.ttlSecondsAfterFinished).toBe(120);
  });

  it('without a good token nobody gets in', async () => {
    await enter('no-such-token');
    await now.page.getByText('This gateway wants a token').waitFor();
    expect(await now.page.locator('.jobs').count()).toBe(0);
  });
});
