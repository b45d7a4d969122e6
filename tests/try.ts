import { mkdir } from 'node:fs/promises';
import { readCallers } from '../local/callers.ts';
import { buildHandlers } from '../scripts/build.ts';
import { mainJob, jobOf } from './browser/jobs.ts';
import { editYaml, openWindow, startBehind, startBrowser, stopBehind, views } from './browser/stage.ts';
const folder = '/tmp/more'; await mkdir(folder, { recursive: true });
const only = process.argv.slice(2);
const browser = await startBrowser();
await buildHandlers('dist-browser-try', 'tests/browser/policies');
const behind = await startBehind({ auth: new Map([...(await readCallers('local/callers.csv')), ['pat-token', { user: 'pat', uid: '4', groups: [] }]]), distDir: 'dist-browser-try' });
const url = `${behind.gateway.url}/console/`;
const job = `#/${mainJob.namespace}/${mainJob.plural}/${mainJob.name}`;
const enter = async (page: any, token: string, hash = '') => { await page.goto(url + hash); await page.getByLabel('Bearer token').fill(token); await page.getByRole('button', { name: 'Use it' }).click(); };
const scenes: Record<string, (page: any) => Promise<void>> = {
  door: async (page) => { await page.goto(url); await page.getByLabel('Bearer token').waitFor(); },
  loading: async (page) => { await page.route('**/apis/kubeflow.org/**', () => undefined); await enter(page, 'ada-token'); await page.waitForTimeout(500); },
  choose: async (page) => { await enter(page, 'eve-token'); await page.getByText('Choose a namespace').first().waitFor(); },
  failed: async (page) => { await page.route('**/mxjobs*', (r: any) => r.fulfill({ status: 500, contentType: 'application/json', body: '{"kind":"Status","code":500,"message":"Internal error occurred: the upstream answered 500"}', headers: { 'x-request-id': 'abcdef0123456789' } })); await enter(page, 'ada-token'); await page.getByText('could not be read').waitFor(); await page.waitForTimeout(300); },
  nofit: async (page) => { await enter(page, 'ada-token'); await page.getByLabel('Filter by name or label').fill('nothing'); await page.getByText('No job fits').waitFor(); },
  readonly: async (page) => { await enter(page, 'eve-token', job); await page.getByText('You may look at this job').waitFor(); },
  rights: async (page) => { await enter(page, 'eve-token', job); await page.getByText('You may look at this job').waitFor(); await page.getByRole('button', { name: 'eve' }).click(); await page.getByText('get, list').waitFor(); },
  denied: async (page) => { await enter(page, 'ada-token', job); await page.fill('#field-ttlSecondsAfterFinished', '9999999'); await page.locator('.verdict.bad').first().waitFor(); },
  warned: async (page) => { await enter(page, 'ada-token', job); await page.fill('#field-ttlSecondsAfterFinished', '30'); await page.getByLabel('Value of label team', { exact: true }).fill('a-very-long-team-name-of-63-letters-which-is-what-a-label-may-be'.slice(0, 63)); await page.getByRole('button', { name: '+ Add annotation' }).click(); await page.locator('.verdict.good').first().waitFor(); },
  yaml: async (page) => { await enter(page, 'ada-token', job); await page.waitForSelector('.fields'); await editYaml(page, (t) => t.replace('team: vision', 'team: [vision')); await page.locator('.verdict.bad').first().waitFor(); },
  invalid: async (page) => { await enter(page, 'ada-token', job); await page.fill('#field-ttlSecondsAfterFinished', '-1');  await page.getByLabel('Value of label team', { exact: true }).fill('not valid!'); await page.locator('.verdict.bad').first().waitFor(); },
  missing: async (page) => { await enter(page, 'ada-token', '#/team-x/tfjobs/no-such'); await page.getByText('There is no such job').waitFor(); },
};
for (const view of views) for (const [name, show] of Object.entries(scenes)) {
  if (only.length && !only.includes(name)) continue;
  if (!only.length && !((view.width === 1280) === (view.scheme === 'light'))) continue;
  const { context, page } = await openWindow(browser, view, []);
  await show(page); await page.waitForTimeout(150);
  await page.screenshot({ path: `${folder}/${name}-${view.width}-${view.scheme}.png`, fullPage: view.width === 390 });
  await context.close();
}
await browser.close(); await stopBehind(behind); process.exit(0);
