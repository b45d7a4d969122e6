/** The page in Chromium, served by the built handlers, in front of the simulated CCI. What goes wrong in the browser fails the test. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type ApiGateway, startApiGateway } from '../../local/api-gateway/api-gateway.ts';
import type { LocalAuth } from '../../local/api-gateway/event.ts';
import { awsEnvironment } from '../../local/aws/aws-environment.ts';
import { type SecretsManager, startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { type Simulator, startSimulator } from '../../local/cci/simulator.ts';
import { credential, logging } from '../credentials.ts';
import { startUpstream, type Upstream } from '../scenarios/gateway-upstream.ts';
import { chromiumPath } from './chromium.ts';
import { mainJob, sampleJobs } from './jobs.ts';

const key = { accessKey: credential('ak'), secretKey: credential('sk') };
const secretId = 'tests/console';
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** How the page is looked at. */
export interface View {
  width: 1280 | 390;
  scheme: 'light' | 'dark';
}
export const views: View[] = [
  { width: 1280, scheme: 'light' },
  { width: 1280, scheme: 'dark' },
  { width: 390, scheme: 'light' },
  { width: 390, scheme: 'dark' },
];
const heights = { 1280: 800, 390: 844 };

/** All that runs behind the page. */
export interface Behind {
  gateway: ApiGateway;
  simulator: Simulator;
  upstream: Upstream;
  secrets: SecretsManager;
}

/** Starts the gateway with its page, and what it calls. */
export async function startBehind(more: { auth?: LocalAuth; env?: Record<string, string>; distDir?: string } = {}): Promise<Behind> {
  const simulator = await startSimulator({ ...key, jobs: sampleJobs() });
  const upstream = await startUpstream(simulator.url);
  const secrets = await startSecretsManager({ secrets: { [secretId]: { versionId: 'v1', value: JSON.stringify(key) } } });
  const environment = { CCI_ENDPOINT: upstream.url, CCI_SECRET_ID: secretId, AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url };
  Object.assign(process.env, environment, { LIVE_CACHE: 'off', ...awsEnvironment('local', 'local'), ...logging }, more.env);
  const { auth = 'none', distDir } = more;
  const gateway = await startApiGateway({ port: 0, console: true, auth, ...(distDir !== undefined && { distDir }) });
  return { gateway, simulator, upstream, secrets };
}

export async function stopBehind({ gateway, simulator, upstream, secrets }: Behind): Promise<void> {
  await Promise.all([gateway.close(), simulator.close(), upstream.close(), secrets.close()]);
}

export const startBrowser = (): Promise<Browser> => chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });

/** Opens a browser's window of this size. What it complains of is added to `problems`. */
export async function openWindow(
  browser: Browser,
  { width, scheme }: View,
  problems: string[],
): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext({
    viewport: { width, height: heights[width] },
    colorScheme: scheme,
    deviceScaleFactor: width === 390 ? 2 : 1,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  page.on('console', (message) => {
    // The browser itself notes each answer of 400 and more.
    if (['error', 'warning'].includes(message.type()) && !/Failed to load resource/.test(message.text())) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error.stack ?? error)));
  page.setDefaultTimeout(10_000);
  return { context, page };
}

/** Asserts that axe finds nothing wrong with what is to be seen, and that nothing sticks out of the window. */
export async function expectAccessible(page: Page): Promise<void> {
  const width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(width, 'what sticks out').toBe(0);
  await page.evaluate(`${axeSource};0`);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as typeof globalThis & {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`).join(' | ')}`,
    );
  });
  expect(found).toEqual([]);
}

/** What runs while a test file runs; `page` is a fresh window for each test, which begins with the jobs as they were. */
export const now = {} as Behind & { browser: Browser; page: Page; context: BrowserContext; problems: string[] };

/** Starts everything for a test file. A test fails by what the browser complains of, a violation of the page's policy among it. */
export function usePage(more: Parameters<typeof startBehind>[0] = {}): void {
  beforeAll(async () => {
    now.browser = await startBrowser();
    Object.assign(now, await startBehind(more));
  });
  beforeEach(async () => {
    for (const job of sampleJobs()) now.simulator.put(job);
    now.simulator.clearFaults();
    now.upstream.answer = undefined;
    now.problems = [];
    Object.assign(now, await openWindow(now.browser, views[0] as View, now.problems));
  });
  afterEach(async () => {
    await now.context.close();
    expect(now.problems).toEqual([]);
  });
  afterAll(async () => {
    await now.browser.close();
    await stopBehind(now);
  });
}

/** Goes on in a fresh window. */
export async function anotherWindow(view = views[0] as View): Promise<void> {
  await now.context.close();
  Object.assign(now, await openWindow(now.browser, view, now.problems));
}

/** A test at both widths and in both schemes. */
export function inViews(title: string, test: () => Promise<void>): void {
  it.each(views)(`${title} ($width, $scheme)`, async (view) => {
    if (view !== views[0]) await anotherWindow(view);
    await test();
  });
}

export const consoleUrl = (hash = ''): string => `${now.gateway.url}/console/${hash}`;
export const hashOf = ({ namespace, plural, name }: typeof mainJob): string => `#/${namespace}/${plural}/${name}`;

/** Opens a job, and waits for its form. */
export async function openJob(job = mainJob): Promise<Page> {
  await now.page.goto(consoleUrl(hashOf(job)));
  await now.page.waitForSelector('.fields');
  return now.page;
}

/** The job as CCI has it. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at whatever a job holds
export const stored = (job = mainJob): any => JSON.parse(now.simulator.text(job.plural, job.namespace, job.name) ?? 'null');

/** Waits until the review says this. */
export async function review(page: Page, text: string | RegExp): Promise<void> {
  await page.locator('.review .verdict', { hasText: text }).waitFor();
}

/** Opens the YAML, and changes it as somebody who types would. */
export async function editYaml(page: Page, edit: (text: string) => string): Promise<void> {
  const text = await openYaml(page);
  await page.evaluate((insert) => {
    const content = document.querySelector('.editor-host')?.shadowRoot?.querySelector('.cm-content') as InEditor | undefined;
    const view = content?.cmTile?.view;
    view?.dispatch({ changes: { from: 0, to: view.state.doc.length, insert } });
  }, edit(text));
}

/** Opens the YAML, and returns what the editor holds. */
export async function openYaml(page: Page): Promise<string> {
  await page.getByRole('tab', { name: 'Whole YAML' }).click();
  await page.waitForSelector('.editor-host');
  return page.evaluate(() => {
    const content = document.querySelector('.editor-host')?.shadowRoot?.querySelector('.cm-content') as InEditor | undefined;
    return content?.cmTile?.view.state.doc.toString() ?? '';
  });
}

/** The editor, as its own element knows it. */
interface InEditor extends Element {
  cmTile?: { view: { state: { doc: { length: number; toString(): string } }; dispatch(change: object): void } };
}
