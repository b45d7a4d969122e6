import { describe, expect, it } from 'vitest';
import { checkManifests } from '../../../scripts/manifests/check.ts';
import { brokenManifests } from '../../manifests/broken-policies.ts';

const broken = brokenManifests();

describe('a manifest with a mistake is refused, with the line and the words of an API server', () => {
  it.each(broken)('$title', ({ manifest, mistakes }) => {
    const { mistakes: found, objects } = checkManifests([{ file: 'broken.yaml', text: manifest }]);
    expect(found.map(({ line, message }) => [line, message])).toEqual(mistakes);
    expect(found.every(({ file, message, field }) => file === 'broken.yaml' && (message.includes(field) || field === ''))).toBe(true);
    expect(objects).toBeUndefined();
  });

  it('more than a hundred of them', () => {
    expect(broken.length).toBeGreaterThan(100);
    expect(new Set(broken.map(({ title }) => title)).size).toBe(broken.length);
    for (const { mistakes } of broken) expect(mistakes.length).toBeGreaterThan(0);
  });
});
