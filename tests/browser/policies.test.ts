import { mkdtemp, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCallers } from '../../local/callers.ts';
import { buildHandlers } from '../../scripts/build.ts';
import { mainJob } from './jobs.ts';
import { consoleUrl, expectAccessible, hashOf, now, review, usePage } from './stage.ts';

const more: NonNullable<Parameters<typeof usePage>[1]> = {};
beforeAll(async () => {
  more.auth = await readCallers('local/callers.csv');
  more.distDir = await mkdtemp('dist-browser-');
  await buildHandlers(more.distDir, 'tests/browser/policies');
});
afterAll(() => rm(more.distDir as string, { recursive: true }));
usePage(undefined, more);

async function enter(token: string, hash = ''): Promise<void> {
  await now.page.goto(consoleUrl(hash));
  await now.page.getByLabel('Bearer token').fill(token);
  await now.page.getByRole('button', { name: 'Use it' }).click();
}
const ttl = '#field-ttlSecondsAfterFinished';

describe('with policies', () => {
  it('a denial stands at the field that it is about, and so does a warning', async () => {
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

  it('what somebody may not do is not offered, and he can see why', async () => {
    await enter('eve-token', hashOf(mainJob));
    await now.page.getByText('You may look at this job, and not change it').waitFor();
    expect(await now.page.getByRole('button', { name: 'Save', exact: true }).count()).toBe(0);
    expect(await now.page.locator(ttl).isDisabled()).toBe(true);
    await now.page.getByRole('button', { name: 'eve' }).click();
    const dialog = now.page.getByRole('dialog');
    await dialog.getByText('get, list').waitFor();
    expect(await dialog.innerText()).toContain('eve');
    await expectAccessible(now.page);
  });

  it('who may not list all namespaces names one, and sees its jobs', async () => {
    await enter('eve-token');
    await now.page.getByRole('heading', { name: 'Choose a namespace' }).waitFor();
    await expectAccessible(now.page);
    await now.page.getByLabel('Namespace', { exact: true }).fill('team-vision');
    await now.page.keyboard.press('Enter');
    await now.page.getByRole('link', { name: mainJob.name }).waitFor();
    expect(now.page.url()).toContain('ns=team-vision');
  });

  it('without a good token nobody gets in', async () => {
    await enter('no-such-token');
    await now.page.getByText('This gateway wants a token').waitFor();
    expect(await now.page.locator('.jobs').count()).toBe(0);
  });
});
