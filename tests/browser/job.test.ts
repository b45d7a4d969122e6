import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { mainJob } from './jobs.ts';
import {
  consoleUrl,
  editYaml,
  expectAccessible,
  hashOf,
  now,
  openJob,
  openWindow,
  openYaml,
  review,
  stored,
  usePage,
  views,
} from './stage.ts';

usePage();

const save = () => now.page.getByRole('button', { name: 'Save', exact: true });
const ttl = '#field-ttlSecondsAfterFinished';
const label = (key: string) => now.page.getByLabel(`Value of label ${key}`, { exact: true });
const changes = () => now.page.locator('.review .changes li').allInnerTexts();
const said = (texts: string[]) => texts.map((text) => text.replace(/\s+/g, ' '));
const inBash = async (text: string) => (await promisify(execFile)('bash', ['-euc', text])).stdout;
const finds = async () => said(await now.page.locator('.found li').allInnerTexts());

describe('the five fields', () => {
  it.each(views)('are changed in a form, reviewed path by path, and saved ($width, $scheme)', async (view) => {
    await now.context.close();
    Object.assign(now, await openWindow(now.browser, view, now.problems));
    await openJob();
    await expectAccessible(now.page);
    await now.page.fill(ttl, '600');
    await label('team').fill('perception');
    await now.page.getByLabel('Remove label cost-centre').click();
    await now.page.getByRole('button', { name: '+ Add label' }).click();
    await now.page.keyboard.type('example.com/stage');
    await now.page.keyboard.press('Enter');
    await expect.poll(() => now.page.evaluate(() => document.activeElement?.getAttribute('data-value'))).toBe('example.com/stage');
    await now.page.keyboard.type('canary');
    await review(now.page, 'Can be saved: 4 changes');
    expect(said(await changes())).toEqual([
      'metadata.labels[team] vision → becomes perception',
      'metadata.labels[cost-centre] removed r-4711',
      'spec.ttlSecondsAfterFinished 3600 → becomes 600',
      'metadata.labels[example.com/stage] new canary',
    ]);
    await expectAccessible(now.page);
    expect(stored().spec.ttlSecondsAfterFinished, 'nothing is written before it is saved').toBe(3600);
    await save().click();
    await review(now.page, /^Saved as version \d+\.$/);
    expect(stored().metadata.labels).toEqual({
      'app.kubernetes.io/name': 'segment-anything',
      'app.kubernetes.io/part-of': 'perception',
      team: 'perception',
      'example.com/stage': 'canary',
    });
    expect(stored().spec.ttlSecondsAfterFinished).toBe(600);
    await expectAccessible(now.page);
  });

  it('say at the field what would be refused, and cannot be saved', async () => {
    await openJob();
    await label('team').fill('not valid!');
    await now.page.fill(ttl, '-1');
    await review(now.page, 'Would be refused: 2 mistakes');
    expect(await label('team').getAttribute('aria-invalid')).toBe('true');
    expect(await now.page.locator(`${ttl}-causes`).innerText()).toBe('Invalid value: -1: should be greater than or equal to 0');
    expect(await save().isDisabled()).toBe(true);
    await expectAccessible(now.page);
    await now.page.getByRole('button', { name: 'Discard' }).click();
    await review(now.page, 'No changes yet');
  });

  it('come back one by one, and seconds are told in larger units', async () => {
    await openJob();
    await now.page.getByLabel('Remove label team').click();
    await now.page.getByLabel('Restore label team').click();
    await review(now.page, /Nothing would change|No changes yet/);
    await now.page.fill('#field-activeDeadlineSeconds', '93784');
    expect(await now.page.locator('.unit', { has: now.page.locator('#field-activeDeadlineSeconds') }).innerText()).toContain(
      's = 1 d 2 h 3 min',
    );
  });

  it('can be changed and saved by keyboard alone', async () => {
    await now.page.goto(consoleUrl());
    await now.page.waitForSelector('.jobs');
    await now.page.keyboard.press('/');
    await now.page.keyboard.type('segment');
    await now.page.locator('.jobs th a').first().focus();
    await now.page.keyboard.press('Enter');
    await now.page.waitForSelector('.fields');
    const to = async (id: string) => {
      for (let count = 0; count < 60; count++) {
        await now.page.keyboard.press('Tab');
        if ((await now.page.evaluate(() => document.activeElement?.id)) === id) return;
      }
      throw new Error(`Tab does not lead to ${id}`);
    };
    await to('field-ttlSecondsAfterFinished');
    await now.page.keyboard.press('Control+a');
    await now.page.keyboard.type('700');
    await review(now.page, 'Can be saved: 1 change');
    await now.page.keyboard.press('Control+s');
    await review(now.page, /^Saved as version/);
    expect(stored().spec.ttlSecondsAfterFinished).toBe(700);
  });
});

describe('the whole YAML', () => {
  it('shows each refused change at its line, and F8 goes there', async () => {
    await openJob();
    await editYaml(now.page, (text) =>
      text.replace('vision/train:v7', 'vision/train:v8').replace('replicas: 4', 'replicas: 5').replace(': 3600', ': 600'),
    );
    await review(now.page, 'Would be refused: 2 fields may not be changed');
    const lines = (await openYaml(now.page)).split('\n');
    const [image, replicas] = ['train:v8', 'replicas: 5'].map((text) => lines.findIndex((line) => line.includes(text)) + 1);
    expect(await finds()).toEqual([
      `line ${image} spec.pytorchReplicaSpecs.Master.template.spec.containers[0].image may not be changed: "registry.example.com/vision/train:v7" → "registry.example.com/vision/train:v8"`,
      `line ${replicas} spec.pytorchReplicaSpecs.Worker.replicas may not be changed: 4 → 5`,
    ]);
    await now.page.locator('.editor-host .cm-content').click({ position: { x: 5, y: 5 } });
    await now.page.keyboard.press('F8');
    await now.page.locator('.editor-host .cm-activeLine', { hasText: 'train:v8' }).waitFor();
    await expectAccessible(now.page);
    expect(stored().spec.ttlSecondsAfterFinished).toBe(3600);
  });

  it('that cannot be read says at which line, and what is typed is kept', async () => {
    await openJob();
    await editYaml(now.page, (text) => text.replace('    team: vision', '    team: [vision'));
    await review(now.page, 'Would be refused: this YAML cannot be read');
    expect((await finds()).length).toBe(1);
    await now.page.getByRole('tab', { name: 'Five fields' }).click();
    await now.page.getByText('The YAML cannot be read just now').waitFor();
    expect(await openYaml(now.page)).toContain('team: [vision');
  });

  it('says what is typed without effect', async () => {
    await openJob();
    await editYaml(now.page, (text) =>
      text
        .replace(/cpu: '8'/, 'cpu: 8000m')
        .replace(': 3600', ': 900')
        .replace('type: Running', 'type: Failed'),
    );
    await review(now.page, 'Can be saved: 1 change');
    expect(await finds()).toEqual([
      expect.stringMatching(/^line \d+ spec\.pytorchReplicaSpecs\.Master\..*\.cpu has no effect: it stays 8$/),
      expect.stringMatching(/^line \d+ status\.conditions\[0\]\.type has no effect: it stays Running$/),
    ]);
  });

  it('warns of fields that are unknown or stand twice, at their lines', async () => {
    await openJob();
    await editYaml(now.page, (text) =>
      text.replace('  backoffLimit: 3', '  nope: null\n  backoffLimit: 3\n  backoffLimit: 3').replace(': 3600', ': 900'),
    );
    await review(now.page, 'Can be saved: 1 change');
    expect(await finds()).toEqual([
      expect.stringMatching(/^line \d+ spec\.nope unknown field "spec\.nope"$/),
      expect.stringMatching(/^line \d+ duplicated mapping key$/),
    ]);
  });

  it('lists 100 causes', async () => {
    await openJob();
    const many = Array.from({ length: 120 }, (_, index) => `        extra${index}: a\n`).join('');
    await editYaml(now.page, (text) => text.replace(/ {6}template:\n/, (found) => `${found}${many}`));
    await review(now.page, /^Would be refused: 10\d fields may not be changed$/);
    expect((await finds()).length).toBeGreaterThanOrEqual(100);
  });

  it('of integers beyond 2^53 and aliases rounds and loses nothing', async () => {
    now.simulator.put(JSON.stringify({ ...stored(), spec: { ...stored().spec, big: 0 } }).replace('"big":0', '"big":9007199254740993'));
    await openJob();
    await editYaml(now.page, (text) =>
      text.replace('  labels:\n', '  labels: &labels\n').replace('  annotations:\n', '  annotations:\n    <<: *labels\n'),
    );
    await review(now.page, 'Can be saved: 4 changes');
    await now.page.getByRole('tab', { name: 'Five fields' }).click();
    await now.page.fill(ttl, '42');
    await review(now.page, 'Can be saved: 5 changes');
    await save().click();
    await review(now.page, /^Saved as version/);
    expect(now.simulator.text(mainJob.plural, mainJob.namespace, mainJob.name)).toContain('"big":9007199254740993');
    expect([stored().metadata.annotations.team, stored().spec.ttlSecondsAfterFinished]).toEqual(['vision', 42]);
  });

  it('of 3 MiB can be changed and saved', async () => {
    const long = 'x'.repeat(1000);
    const env = Array.from({ length: 2400 }, (_, index) => ({ name: `V${index}`, value: long }));
    const job = stored();
    job.spec.pytorchReplicaSpecs.Master.template.spec.containers[0].env = env;
    now.simulator.put(job);
    now.page.setDefaultTimeout(40_000);
    await openJob();
    await editYaml(now.page, (text) => text.replace(': 3600', ': 901'));
    await review(now.page, 'Can be saved: 1 change');
    await now.page.keyboard.press('Control+s');
    await review(now.page, /^Saved as version/);
    expect(stored().spec.ttlSecondsAfterFinished).toBe(901);
  });
});

describe('a draft', () => {
  it('stays when somebody goes back to the list and comes again, and the list says so', async () => {
    await openJob();
    await now.page.fill(ttl, '777');
    await review(now.page, 'Can be saved');
    await now.page.getByRole('link', { name: 'Jobs' }).click();
    await now.page.locator('.tag', { hasText: 'not saved' }).waitFor();
    await now.page.goBack();
    await review(now.page, 'Can be saved: 1 change');
    expect(await now.page.inputValue(ttl)).toBe('777');
  });

  it('is checked once somebody pauses, and an answer about an older text never counts', async () => {
    await openJob();
    let held: (() => void) | undefined;
    const bodies: string[] = [];
    await now.page.route('**/*dryRun=All*', async (route) => {
      bodies.push(route.request().postData() ?? '');
      if (bodies.length === 1) await new Promise<void>((done) => (held = done));
      await route.continue().catch(() => undefined);
    });
    await now.page.fill(ttl, '-5');
    await expect.poll(() => bodies.length).toBe(1);
    await now.page.fill(ttl, '55');
    await review(now.page, 'Can be saved: 1 change');
    held?.();
    await now.page.waitForTimeout(600);
    await review(now.page, 'Can be saved: 1 change');
    expect(bodies.length).toBe(2);
  });

  it('is written once, however often Save is pressed', async () => {
    await openJob();
    await now.page.fill(ttl, '88');
    await review(now.page, 'Can be saved');
    now.simulator.requests.length = 0;
    await now.page.evaluate(() => {
      const button = [...document.querySelectorAll<HTMLButtonElement>('.bar button')].at(-1);
      button?.click();
      button?.click();
    });
    await now.page.keyboard.press('Control+s');
    await review(now.page, /^Saved as version/);
    expect(now.simulator.requests.filter(({ method }) => method === 'PUT').length).toBe(1);
  });
});

describe('the same by command', () => {
  it('does in bash what the page would do, whatever the values hold', async () => {
    await openJob();
    await now.page.fill(ttl, '120');
    await now.page.getByRole('button', { name: '+ Add annotation' }).click();
    await now.page.keyboard.type('example.com/note');
    await now.page.keyboard.press('Enter');
    await expect.poll(() => now.page.evaluate(() => document.activeElement?.getAttribute('data-value'))).toBe('example.com/note');
    await now.page.keyboard.type(`it's "fine" $HOME \`id\` \\n`);
    await review(now.page, 'Can be saved: 2 changes');
    await now.page.getByRole('button', { name: 'curl', exact: true }).click();
    await now.page.getByRole('button', { name: 'Copy' }).click();
    await now.page.getByText('Copied').waitFor();
    const command = await now.page.evaluate(() => navigator.clipboard.readText());
    await inBash(command);
    expect(stored().spec.ttlSecondsAfterFinished).toBe(120);
    expect(stored().metadata.annotations['example.com/note']).toBe(`it's "fine" $HOME \`id\` \\n`);
    await now.page.getByRole('button', { name: 'kubectl', exact: true }).click();
    const kubectl = await now.page.getByLabel('Command').innerText();
    const words = (await inBash(`kubectl() { printf '%s\\0' "$@"; }\n${kubectl}`)).split('\0');
    expect(words.slice(0, 9)).toEqual([
      '--server',
      now.gateway.url,
      'patch',
      mainJob.plural,
      mainJob.name,
      '-n',
      mainJob.namespace,
      '--type',
      'merge',
    ]);
    expect(JSON.parse(words[10] ?? '').metadata.annotations['example.com/note']).toBe(`it's "fine" $HOME \`id\` \\n`);
  });

  it('reads the job where nothing was changed', async () => {
    await openJob();
    await now.page.getByRole('button', { name: 'curl', exact: true }).click();
    const command = await now.page.getByLabel('Command').innerText();
    expect(await inBash(command)).toContain(`name: ${mainJob.name}`);
    expect(hashOf(mainJob)).toContain(mainJob.name);
  });
});
