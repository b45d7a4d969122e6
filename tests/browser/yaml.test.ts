import { describe, expect, it } from 'vitest';
import { mainJob } from './jobs.ts';
import { editYaml, expectAccessible, inViews, now, openJob, openYaml, review, stored, usePage } from './stage.ts';

usePage();

const save = () => now.page.getByRole('button', { name: 'Save', exact: true });
const ttl = '#field-ttlSecondsAfterFinished';
const label = (key: string) => now.page.getByLabel(`Value of label ${key}`, { exact: true });
const said = (texts: string[]) => texts.map((text) => text.replace(/\s+/g, ' '));
const finds = async () => said(await now.page.locator('.found li').allInnerTexts());

describe('the whole YAML', () => {
  inViews('shows each refused change at its line, and F8 goes there', async () => {
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

  inViews('that cannot be read says at which line, and what is typed is kept', async () => {
    await openJob();
    await editYaml(now.page, (text) => text.replace('    team: vision', '    team: [vision'));
    await review(now.page, 'Would be refused: this YAML cannot be read');
    expect((await finds()).length).toBe(1);
    await expectAccessible(now.page);
    await now.page.getByRole('tab', { name: 'Five fields' }).click();
    await now.page.getByText('The YAML cannot be read just now').waitFor();
    await expectAccessible(now.page);
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

  it('loses no letter of somebody who types faster than the page can follow', async () => {
    await openJob();
    await openYaml(now.page);
    const session = await now.context.newCDPSession(now.page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    await now.page.locator('.editor-host .cm-line', { hasText: 'team: vision' }).click();
    await now.page.keyboard.press('End');
    const typed = '-abcdefghijklmnopqrstuvwxyz-0123456789';
    await now.page.keyboard.type(typed);
    await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    await review(now.page, 'Can be saved: 1 change');
    expect(await openYaml(now.page)).toContain(`team: vision${typed}\n`);
    await now.page.keyboard.press('Control+s');
    await review(now.page, /^Saved as version/);
    expect(stored().metadata.labels.team).toBe(`vision${typed}`);
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

  it('that is pasted with the line breaks of Windows is the same YAML, and saved as such', async () => {
    await openJob();
    const text = (await openYaml(now.page)).replace(': 3600', ': 902').replace(/\n/g, '\r\n');
    await now.page.evaluate((pasted) => navigator.clipboard.writeText(pasted), text);
    await now.page.locator('.editor-host .cm-content').click();
    await now.page.keyboard.press('Control+a');
    await now.page.keyboard.press('Control+v');
    await review(now.page, 'Can be saved: 1 change');
    expect(await now.page.locator('.lines .plus').count()).toBe(1);
    await now.page.keyboard.press('End');
    await now.page.keyboard.press('Enter');
    await now.page.getByRole('tab', { name: 'Five fields' }).click();
    await label('team').fill('typed');
    await review(now.page, 'Can be saved: 2 changes');
    await now.page.keyboard.press('Control+s');
    await review(now.page, /^Saved as version/);
    expect([stored().spec.ttlSecondsAfterFinished, stored().metadata.labels.team]).toEqual([902, 'typed']);
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
