import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { mainJob } from './jobs.ts';
import { editYaml, hashOf, now, openJob, review, stored, usePage } from './stage.ts';

usePage();

const ttl = '#field-ttlSecondsAfterFinished';
const inBash = async (text: string) => (await promisify(execFile)('bash', ['-euc', text])).stdout;

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

  it('that is begun while the job is read again stays', async () => {
    await openJob();
    await now.page.getByRole('link', { name: 'Jobs' }).click();
    await now.page.waitForSelector('.jobs');
    let answer: (() => void) | undefined;
    await now.page.route(`**/${mainJob.plural}/${mainJob.name}`, async (route) => {
      await new Promise<void>((done) => (answer = done));
      await route.continue();
    });
    await now.page.goBack();
    await now.page.fill(ttl, '778');
    await expect.poll(() => answer).toBeDefined();
    answer?.();
    await review(now.page, 'Can be saved: 1 change');
    await now.page.waitForTimeout(600);
    expect(await now.page.inputValue(ttl)).toBe('778');
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

describe('what turns the direction of text, or is not to be seen', () => {
  it('is told by its number wherever somebody reads what he is to save', async () => {
    await openJob();
    await editYaml(now.page, (text) => text.replace('ana.pereira@example.com', 'ana\u202emoc.elpmaxe\u200b'));
    await review(now.page, 'Can be saved: 1 change');
    const seen = 'ana\\u202emoc.elpmaxe\\u200b';
    expect(await now.page.locator('.review .changes ins').innerText()).toBe(seen);
    expect(await now.page.locator('.review .lines .plus').innerText()).toContain(seen);
    expect(await now.page.getByLabel('Command').innerText()).toContain(seen);
    const editor = () => document.querySelector('.editor-host')?.shadowRoot?.querySelector('.cm-content')?.textContent ?? '';
    expect(await now.page.evaluate(editor)).toContain('ana•moc.elpmaxe•');
    await now.page.getByRole('button', { name: 'Save', exact: true }).click();
    await review(now.page, /^Saved as version/);
    expect(stored().metadata.annotations['example.com/owner']).toBe('ana\u202emoc.elpmaxe\u200b');
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
    expect(await now.page.getByText('Copied').count(), 'another command was not copied').toBe(0);
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
