/** Writes the pictures of the page that docs/console.md shows: `npm run screenshots`; with a folder, all into it, in both widths and schemes. */
import { mkdir, readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { mainJob, sampleJobs } from '../tests/browser/jobs.ts';
import { editYaml, openWindow, startBehind, startBrowser, stopBehind, views } from '../tests/browser/stage.ts';

const [, , folder = 'docs'] = process.argv;
await mkdir(folder, { recursive: true });
const document = await readFile('docs/console.md', 'utf8');
const isWanted = (file: string) => process.argv.length > 2 || document.includes(`(${file})`);
const browser = await startBrowser();
const behind = await startBehind();
const url = `${behind.gateway.url}/console/`;
const job = `${url}#/${mainJob.namespace}/${mainJob.plural}/${mainJob.name}`;

/** What is pictured, each from the page as it is opened. */
const scenes: Record<string, (page: Page) => Promise<void>> = {
  list: async (page) => {
    await page.goto(url);
    await page.waitForSelector('.jobs tbody tr');
  },
  review: async (page) => {
    await page.goto(job);
    await page.fill('#field-ttlSecondsAfterFinished', '600');
    await page.getByLabel('Value of label team', { exact: true }).fill('perception');
    await page.getByLabel('Remove label cost-centre').click();
    await page.locator('.verdict.good').first().waitFor();
  },
  refused: async (page) => {
    await page.goto(job);
    await editYaml(page, (text) =>
      text
        .replace('vision/train:v7', 'vision/train:v8')
        .replace('replicas: 4', 'replicas: 5')
        .replace('ttlSecondsAfterFinished: 3600', 'ttlSecondsAfterFinished: 600'),
    );
    await page.locator('.found').waitFor();
    await page.locator('.found button').first().click();
    await page.waitForTimeout(400);
  },
  conflict: async (page) => {
    await page.goto(job);
    await page.fill('#field-ttlSecondsAfterFinished', '7200');
    await page.getByLabel('Value of label team', { exact: true }).fill('mapping');
    await page.locator('.verdict.good').first().waitFor();
    await fetch(`${behind.gateway.url}/apis/kubeflow.org/v1/namespaces/${mainJob.namespace}/${mainJob.plural}/${mainJob.name}`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json' },
      body: '{"metadata":{"labels":{"team":"driving"}},"spec":{"activeDeadlineSeconds":43200}}',
    });
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.locator('.conflict').waitFor();
  },
};

const problems: string[] = [];
for (const view of views) {
  for (const [name, show] of Object.entries(scenes)) {
    const file = `console-${name}-${view.width}-${view.scheme}.png`;
    if (!isWanted(file)) continue;
    for (const sample of sampleJobs()) behind.simulator.put(sample);
    const { context, page } = await openWindow(browser, view, problems);
    await show(page);
    // On a narrow screen the review stands below the form; the bar leads to it.
    if (view.width === 390 && name !== 'list') await page.locator('.bar .verdict').click();
    await page.waitForTimeout(200);
    await page.screenshot({ path: `${folder}/${file}` });
    await context.close();
  }
}
await browser.close();
await stopBehind(behind);
if (problems.length > 0) throw new Error(`the browser complains:\n${problems.join('\n')}`);
