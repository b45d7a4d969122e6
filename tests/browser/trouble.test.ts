import { describe, expect, it } from 'vitest';
import { mainJob } from './jobs.ts';
import { editYaml, expectAccessible, inViews, now, openJob, openYaml, review, stored, usePage } from './stage.ts';

usePage();

const ttl = '#field-ttlSecondsAfterFinished';
const label = (key: string) => now.page.getByLabel(`Value of label ${key}`, { exact: true });
const save = () => now.page.getByRole('button', { name: 'Save', exact: true }).click();
const path = `/apis/kubeflow.org/v1/namespaces/${mainJob.namespace}/${mainJob.plural}/${mainJob.name}`;

/** Another one changes the job, by another way. */
async function others(patch: object): Promise<void> {
  const headers = { 'content-type': 'application/merge-patch+json' };
  const { status } = await fetch(`${now.gateway.url}${path}`, { method: 'PATCH', headers, body: JSON.stringify(patch) });
  expect(status).toBe(200);
}

describe('a conflict', () => {
  inViews('is shown field by field; what was chosen is saved, and what others changed stays', async () => {
    await openJob();
    await now.page.fill(ttl, '7200');
    await label('team').fill('mapping');
    await review(now.page, 'Can be saved: 2 changes');
    await others({ metadata: { labels: { team: 'driving' } }, spec: { activeDeadlineSeconds: 43_200 } });
    await save();
    await review(now.page, 'Someone else changed this job');
    const conflict = now.page.locator('.conflict');
    expect((await conflict.innerText()).replace(/\s+/g, ' ')).toMatch(
      /metadata\.labels\[team\] both of you Mine mapping Theirs driving Before: vision Changed by others, kept spec\.activeDeadlineSeconds 86400 → becomes 43200 Yours, made again spec\.ttlSecondsAfterFinished 3600 → becomes 7200/,
    );
    await expectAccessible(now.page);
    expect(await conflict.getByRole('button', { name: 'Apply mine to theirs' }).isDisabled()).toBe(true);
    await conflict.getByLabel('Mine').check();
    await conflict.getByRole('button', { name: 'Apply mine to theirs' }).click();
    await review(now.page, 'Can be saved: 2 changes');
    await save();
    await review(now.page, /^Saved as version/);
    expect([stored().metadata.labels.team, stored().spec.ttlSecondsAfterFinished, stored().spec.activeDeadlineSeconds]).toEqual([
      'mapping',
      7200,
      43_200,
    ]);
  });

  it('is met by theirs as well: mine is given up where it was chosen, the rest is kept', async () => {
    await openJob();
    await now.page.fill(ttl, '7200');
    await label('team').fill('mapping');
    await review(now.page, 'Can be saved: 2 changes');
    await others({ metadata: { labels: { team: 'driving' } } });
    await save();
    await now.page.locator('.conflict').getByLabel('Theirs').check();
    await now.page.getByRole('button', { name: 'Apply mine to theirs' }).click();
    await review(now.page, 'Can be saved: 1 change');
    expect([await label('team').inputValue(), await now.page.inputValue(ttl)]).toEqual(['driving', '7200']);
  });

  it('without overlap asks nothing but to go on', async () => {
    await openJob();
    await now.page.fill(ttl, '7200');
    await review(now.page, 'Can be saved');
    await others({ spec: { activeDeadlineSeconds: 99 } });
    await save();
    await review(now.page, 'Someone else changed this job');
    await now.page.getByRole('button', { name: 'Apply mine to theirs' }).click();
    await review(now.page, 'Can be saved: 1 change');
    await save();
    await review(now.page, /^Saved as version/);
    expect([stored().spec.ttlSecondsAfterFinished, stored().spec.activeDeadlineSeconds]).toEqual([7200, 99]);
  });

  it('with those who have done the same says so, and leaves nothing to save', async () => {
    await openJob();
    await now.page.fill(ttl, '7200');
    await review(now.page, 'Can be saved: 1 change');
    await others({ spec: { ttlSecondsAfterFinished: 7200 } });
    await save();
    await now.page.getByRole('heading', { name: 'Changed by both of you alike' }).waitFor();
    expect(await now.page.locator('.conflict h3').count()).toBe(1);
    await now.page.getByRole('button', { name: 'Apply mine to theirs' }).click();
    await review(now.page, 'No changes yet');
    expect(await now.page.inputValue(ttl)).toBe('7200');
  });

  it.each([
    ['PUT', 'taken out', ''],
    ['PUT', 'written anew', "  resourceVersion: '999999'\n"],
    ['PATCH', 'taken out', ''],
  ])('is noticed by a %s too whose version was %s', async (method, _how, version) => {
    if (method === 'PATCH')
      await now.page.route('**/selfsubjectrulesreviews', (route) => {
        const rule = { verbs: ['get', 'patch'], apiGroups: ['kubeflow.org'], resources: ['*'] };
        return route.fulfill({ json: { kind: 'SelfSubjectRulesReview', status: { resourceRules: [rule], incomplete: false } } });
      });
    await openJob();
    await editYaml(now.page, (text) => text.replace(/^ {2}resourceVersion: .*\n/m, version).replace('team: vision', 'team: mapping'));
    await review(now.page, 'Can be saved: 1 change');
    await others({ metadata: { labels: { stage: 'canary' } } });
    const sent = now.page.waitForRequest((request) => request.method() === method && !request.url().includes('dryRun'));
    await save();
    await sent;
    await review(now.page, 'Someone else changed this job');
    expect(stored().metadata.labels).toMatchObject({ team: 'vision', stage: 'canary' });
    await now.page.getByRole('button', { name: 'Apply mine to theirs' }).click();
    await review(now.page, 'Can be saved: 1 change');
    await save();
    await review(now.page, /^Saved as version/);
    expect(stored().metadata.labels).toMatchObject({ team: 'mapping', stage: 'canary' });
  });

  it('leaves the draft in the editor, also in the undo', async () => {
    await openJob();
    await openYaml(now.page);
    await now.page.getByRole('tab', { name: 'Five fields' }).click();
    await now.page.fill(ttl, '7200');
    await review(now.page, 'Can be saved');
    await others({ spec: { ttlSecondsAfterFinished: 5 } });
    await save();
    await review(now.page, 'Someone else changed this job');
    await now.page.getByRole('button', { name: 'Take theirs only' }).click();
    await review(now.page, 'No changes yet');
    expect(await openYaml(now.page)).toContain('ttlSecondsAfterFinished: 5\n');
    await now.page.locator('.editor-host .cm-content').click();
    await now.page.keyboard.press('Control+z');
    await expect.poll(() => openYaml(now.page)).toContain('ttlSecondsAfterFinished: 7200');
  });
});

describe('when a write is not answered', () => {
  inViews('and CCI cannot be reached, nothing was written and saving again is safe', async () => {
    await openJob();
    await now.page.fill(ttl, '61');
    await review(now.page, 'Can be saved');
    now.upstream.answer = (_request, response) => response.writeHead(503).end('{}');
    now.page.setDefaultTimeout(40_000);
    await save();
    await review(now.page, 'Not saved');
    await now.page.getByText('Nothing was written: saving again is safe.').waitFor();
    await expectAccessible(now.page);
    now.upstream.answer = undefined;
    await save();
    await review(now.page, /^Saved as version/);
    expect(stored().spec.ttlSecondsAfterFinished).toBe(61);
  });

  it('the page reads the job: it was carried out, and is told so', async () => {
    await openJob();
    await now.page.fill(ttl, '62');
    await review(now.page, 'Can be saved');
    await now.page.route(`**${path}*`, async (route) => {
      if (route.request().method() !== 'PUT') return route.continue();
      await route.fetch();
      return route.fulfill({
        status: 504,
        contentType: 'application/json',
        body: '{"kind":"Status","code":504,"reason":"Timeout","message":"Timeout: no answer"}',
      });
    });
    await save();
    await review(now.page, /^Saved as version \d+: no answer came, but the job holds your changes\.$/);
    expect(stored().spec.ttlSecondsAfterFinished).toBe(62);
  });

  it('to its end, the page reads the job all the same', async () => {
    await openJob();
    await now.page.fill(ttl, '67');
    await review(now.page, 'Can be saved');
    // The head of the answer comes, and the connection breaks in its body.
    await now.page.evaluate(() => {
      const plain = globalThis.fetch;
      globalThis.fetch = async (input, init) => {
        const response = await plain(input, init);
        if (init?.method !== 'PUT' || String(input).includes('dryRun')) return response;
        await response.text();
        const broken = new ReadableStream({ start: (controller) => controller.error(new TypeError('network error')) });
        return new Response(broken, { status: 200 });
      };
    });
    await save();
    await review(now.page, /^Saved as version \d+: no answer came, but the job holds your changes\.$/);
    expect(stored().spec.ttlSecondsAfterFinished).toBe(67);
  });

  it('by the gateway itself but by what stands before it, nothing is said to be unwritten', async () => {
    await openJob();
    await now.page.fill(ttl, '68');
    await review(now.page, 'Can be saved');
    await now.page.route(`**${path}*`, async (route) => {
      if (route.request().method() !== 'PUT') return route.continue();
      await route.fetch();
      return route.fulfill({ status: 503, contentType: 'text/html', body: '<h1>Service Unavailable</h1>' });
    });
    await save();
    await review(now.page, /^Saved as version \d+: no answer came, but the job holds your changes\.$/);
  });

  inViews('and the job is as it was, it says so, and saving again is carried out', async () => {
    await openJob();
    await now.page.fill(ttl, '63');
    await review(now.page, 'Can be saved');
    await now.page.route(`**${path}*`, (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()));
    await save();
    await review(now.page, 'Not saved so far');
    await expectAccessible(now.page);
    await now.page.unroute(`**${path}*`);
    await save();
    await review(now.page, /^Saved as version/);
    expect(stored().spec.ttlSecondsAfterFinished).toBe(63);
  });

  it('nor can the job be read, nobody knows, and the draft is kept', async () => {
    await openJob();
    await now.page.fill(ttl, '64');
    await review(now.page, 'Can be saved');
    await now.page.route(`**${path}*`, (route) => route.abort());
    await save();
    await review(now.page, 'It is not known whether this was saved');
    expect(await now.page.inputValue(ttl)).toBe('64');
    await now.page.unroute(`**${path}*`);
    await now.page.getByRole('button', { name: 'Read the job again' }).click();
    await review(now.page, 'Not saved so far');
  });

  it.each([429, 503])('nor a dry run (%i), it can be asked again', async (status) => {
    await openJob();
    await now.page.route('**/*dryRun=All*', (route) =>
      route.fulfill({ status, contentType: 'application/json', body: `{"kind":"Status","code":${status},"message":"later"}` }),
    );
    await now.page.fill(ttl, '65');
    await review(now.page, 'Could not be checked');
    await now.page.unroute('**/*dryRun=All*');
    await now.page.getByRole('button', { name: 'Check again' }).click();
    await review(now.page, 'Can be saved: 1 change');
  });
});

describe('a job that is not there', () => {
  inViews('is told as such', async () => {
    await now.page.goto(`${now.gateway.url}/console/#/team-x/tfjobs/no-such`);
    await now.page.getByText('There is no such job').waitFor();
    await expectAccessible(now.page);
  });
});
