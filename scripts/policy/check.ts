import { parseArgs } from 'node:util';
import { checkPolicies } from '../manifests/check.ts';
import { hintsOf, omittedOf } from '../manifests/hints.ts';
import type { Manifest } from '../manifests/manifests.ts';
import { type Finding, showFinding } from '../manifests/mistakes.ts';
import { pack } from '../manifests/pack.ts';
import { UsageError } from './usage.ts';

/**
 * `npm run policy -- check [--audit=strict] [FOLDER]`: what the build checks (of policies/ unless another folder is given), with audit=strict
 * what that wants of an audit policy too, and hints besides. Returns the exit code: 0, or 2 where there is a mistake; hints are none.
 */
export async function check(args: string[]): Promise<number> {
  const { folder, isStrict } = askedOf(args);
  const { manifests, mistakes, objects } = await checkPolicies(folder);
  if (isStrict) mistakes.push(...omittedIn(manifests));
  for (const mistake of mistakes) console.error(showFinding(mistake));
  if (!objects || mistakes.length > 0) {
    console.error(`${folder}: ${count(mistakes.length, 'mistake')}`);
    return 2;
  }
  const hints = hintsOf(manifests);
  for (const found of hints) console.log(`${showFinding(found)} (hint)`);
  const digest = manifests.length > 0 ? `, ${pack(objects).digest}` : '';
  console.log(`${folder}: ${count(manifests.length, 'manifest')}, no mistake, ${count(hints.length, 'hint')}${digest}`);
  return 0;
}

function askedOf(args: string[]): { folder: string; isStrict: boolean } {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { audit: { type: 'string' } } });
  const [folder = 'policies', ...more] = positionals;
  const { audit = 'log' } = values;
  if (more.length > 0 || !['log', 'archive', 'strict'].includes(audit))
    throw new UsageError('usage: npm run policy -- check [--audit=log|archive|strict] [FOLDER]');
  return { folder, isStrict: audit === 'strict' };
}

/** What would be refused with audit=strict. */
function omittedIn(manifests: readonly Manifest[]): Finding[] {
  return manifests
    .filter(({ kind, isBroken }) => kind === 'Policy' && !isBroken)
    .flatMap((manifest) =>
      omittedOf(manifest).map((text) => ({
        file: manifest.file,
        line: manifest.lineOf(['rules']),
        field: 'rules',
        message: `with audit=strict the policy may leave out nothing of a write, and it ${text}`,
      })),
    );
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
