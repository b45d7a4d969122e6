import { checkPolicies } from '../manifests/check.ts';
import { hintsOf } from '../manifests/hints.ts';
import { showFinding } from '../manifests/mistakes.ts';
import { pack } from '../manifests/pack.ts';
import { UsageError } from './usage.ts';

/**
 * `npm run policy -- check [FOLDER]`: what the build checks (of policies/ unless another folder is given), and hints besides. Returns the
 * exit code: 0, or 2 where there is a mistake; hints are none.
 */
export async function check(args: string[]): Promise<number> {
  const folder = folderOf(args);
  const { manifests, mistakes, objects } = await checkPolicies(folder);
  for (const mistake of mistakes) console.error(showFinding(mistake));
  if (!objects) {
    console.error(`${folder}: ${count(mistakes.length, 'mistake')}`);
    return 2;
  }
  const hints = hintsOf(manifests);
  for (const found of hints) console.log(`${showFinding(found)} (hint)`);
  const digest = manifests.length > 0 ? `, ${pack(objects).digest}` : '';
  console.log(`${folder}: ${count(manifests.length, 'manifest')}, no mistake, ${count(hints.length, 'hint')}${digest}`);
  return 0;
}

function folderOf(args: readonly string[]): string {
  const [folder = 'policies', ...more] = args;
  if (more.length > 0 || folder.startsWith('-')) throw new UsageError('usage: npm run policy -- check [FOLDER]');
  return folder;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
