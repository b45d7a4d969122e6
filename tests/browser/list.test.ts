import { describe, expect, it } from 'vitest';
import { jobOf, mainJob } from './jobs.ts';
import { consoleUrl, expectAccessible, inViews, now, review, usePage } from './stage.ts';

usePage();

const names = () => now.page.locator('.jobs tbody th a').allTextContents();

describe('the list of jobs', () => {
  inViews('shows jobs of all kinds with state, age and the five fields', async () => {
    const { page } = now;
    await page.goto(consoleUrl());
    const row = page.locator('tr', { hasText: mainJob.name });
    await row.waitFor();
    expect((await row.innerText()).replace(/\s+/g, ' ')).toMatch(/Running .*PyTorchJob .*team-vision .*53m .*86400 s .*3600 s .*Running/);
    expect(await page.locator('.jobs tbody tr').count()).toBe(6);
    await expectAccessible(page);
  });

  inViews('is narrowed by name, label, namespace, kind and state, and the address says so', async () => {
    await now.page.goto(consoleUrl());
    await now.page.waitForSelector('.jobs');
    await now.page.keyboard.press('/');
    await now.page.keyboard.type('lang=');
    await expect.poll(names).toEqual(['conformer-large-pt', 'conformer-large-de']);
    await now.page.getByLabel('Status').selectOption('Succeeded');
    await expect.poll(names).toEqual(['conformer-large-de']);
    expect(now.page.url()).toBe(consoleUrl('#/?q=lang%3D&status=Succeeded'));
    await now.page.reload();
    await expect.poll(names).toEqual(['conformer-large-de']);
    await now.page.getByLabel('Filter by name or label').fill('nothing like this');
    await now.page.getByText('No job fits').waitFor();
    await expectAccessible(now.page);
    await now.page.getByRole('button', { name: 'Clear the filters' }).click();
    await expect.poll(async () => (await names()).length).toBe(6);
  });

  inViews('shows what could be read where a part could not, and tries again', async () => {
    now.upstream.answer = ({ url }, response) => (url.includes('mxjobs') ? response.writeHead(500).end('{}') : 'hand on');
    await now.page.goto(consoleUrl());
    await now.page.getByText('MXJobs could not be read').waitFor();
    expect((await names()).length).toBe(5);
    await expectAccessible(now.page);
    now.upstream.answer = undefined;
    now.simulator.clearFaults();
    await now.page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(async () => (await names()).length).toBe(6);
  });
});

describe('the page', () => {
  it('puts nothing of a job into HTML, and makes no link of an address in it', async () => {
    const evil = '<img src=x onerror="document.title=1">';
    const job = jobOf({
      namespace: 'team-vision',
      name: 'evil',
      age: 0,
      state: evil,
      labels: { '<b>': evil },
      annotations: { url: 'javascript:alert(1)' },
    });
    now.simulator.put(job);
    await now.page.goto(consoleUrl());
    await now.page.locator('.state', { hasText: evil }).waitFor();
    expect(await now.page.locator('img, .jobs b, a[href^="javascript"], a[href^="http"]').count()).toBe(0);
    await now.page.getByRole('link', { name: 'evil' }).click();
    await now.page.waitForSelector('.fields');
    await review(now.page, 'No changes yet');
    expect(await now.page.locator('img, main b, a[href^="javascript"], a[href^="http"]').count()).toBe(0);
  });

  it('may do no more than its policy says, and these tests notice whatever that stops', async () => {
    await now.page.goto(consoleUrl());
    await now.page.waitForSelector('.jobs');
    expect(now.problems).toEqual([]);
    const tries: [policy: string, act: () => unknown][] = [
      ['style-src', () => document.head.append(Object.assign(document.createElement('style'), { textContent: '*{}' }))],
      ['img-src', () => document.body.append(Object.assign(document.createElement('img'), { src: 'https://example.com/x' }))],
      ['connect-src', () => fetch('https://example.com/').catch(() => undefined)],
      ['script-src', () => document.body.append(Object.assign(document.createElement('iframe'), { src: 'javascript:0' }))],
    ];
    for (const [policy, act] of tries) {
      await now.page.evaluate(act);
      await expect
        .poll(() => now.problems.join('\n'))
        .toMatch(new RegExp(`Content Security Policy.*${policy}|${policy}.*Content Security Policy`, 's'));
      now.problems.length = 0;
    }
    const html = () => (document.body.innerHTML = '<b>no</b>');
    await expect(now.page.evaluate(html)).rejects.toThrow('TrustedHTML');
    now.problems.length = 0;
  });
});
