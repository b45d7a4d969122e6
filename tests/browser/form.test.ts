import { describe, expect, it } from 'vitest';
import { consoleUrl, expectAccessible, inViews, now, openJob, review, stored, usePage } from './stage.ts';

usePage();

const save = () => now.page.getByRole('button', { name: 'Save', exact: true });
const ttl = '#field-ttlSecondsAfterFinished';
const label = (key: string) => now.page.getByLabel(`Value of label ${key}`, { exact: true });
const changes = () => now.page.locator('.review .changes li').allInnerTexts();
const said = (texts: string[]) => texts.map((text) => text.replace(/\s+/g, ' '));

describe('the five fields', () => {
  inViews('are changed in a form, reviewed path by path, and saved', async () => {
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

  inViews('say at the field what would be refused, and cannot be saved', async () => {
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
