import { goQuote } from './go-text.ts';

/** A semantic version: numbers as 64-bit unsigned integers, identifiers of the prerelease as numbers or texts. */
export interface Version {
  core: [bigint, bigint, bigint];
  prerelease: (bigint | string)[];
  build: string[];
}

/** Parses a semantic version as github.com/blang/semver does; a string is the text of its error. */
export function parseVersion(text: string): Version | string {
  if (!text) return 'Version string empty';
  const [major, minor, ...rest] = text.split('.');
  if (!rest.length) return 'No Major.Minor.Patch elements found';
  const [, patch = '', prerelease, build] = /^([^+-]*)(?:-([^+]*))?(?:\+(.*))?$/s.exec(rest.join('.')) ?? [];
  const core: bigint[] = [];
  for (const [name, part = ''] of [
    ['major', major],
    ['minor', minor],
    ['patch', patch],
  ] as const) {
    const number = coreNumber(name, part);
    if (typeof number === 'string') return number;
    core.push(number);
  }
  const identifiers: (bigint | string)[] = [];
  for (const part of prerelease?.split('.') ?? []) {
    const problem = prereleaseProblem(part);
    if (problem) return problem;
    identifiers.push(/^\d+$/.test(part) ? BigInt(part) : part);
  }
  for (const part of build?.split('.') ?? []) {
    if (!part) return 'Build meta data is empty';
    if (!/^[\da-zA-Z-]+$/.test(part)) return `Invalid character(s) found in build meta data ${goQuote(part)}`;
  }
  const [a = 0n, b = 0n, c = 0n] = core;
  return { core: [a, b, c], prerelease: identifiers, build: build?.split('.') ?? [] };
}

function coreNumber(name: string, part: string): bigint | string {
  if (!/^\d*$/.test(part)) return `Invalid character(s) found in ${name} number ${goQuote(part)}`;
  if (/^0./.test(part)) return `${name.charAt(0).toUpperCase()}${name.slice(1)} number must not contain leading zeroes ${goQuote(part)}`;
  return unsignedProblem(part) ?? BigInt(part);
}

function prereleaseProblem(part: string): string | undefined {
  if (!part) return 'Prerelease is empty';
  if (!/^[\da-zA-Z-]+$/.test(part)) return `Invalid character(s) found in prerelease ${goQuote(part)}`;
  if (!/^\d+$/.test(part)) return undefined;
  return /^0./.test(part) ? `Numeric PreRelease version must not contain leading zeroes ${goQuote(part)}` : unsignedProblem(part);
}

/** Why digits are no 64-bit unsigned integer, as Go's strconv.ParseUint says it. */
function unsignedProblem(digits: string): string | undefined {
  if (!digits) return 'strconv.ParseUint: parsing "": invalid syntax';
  if (digits.length < 20 || (digits.length === 20 && digits <= '18446744073709551615')) return undefined;
  return `strconv.ParseUint: parsing ${goQuote(digits)}: value out of range`;
}

/** What Kubernetes' `normalize` does before parsing: no `v`, no leading zeros, missing minor and patch numbers are 0. */
export function parseTolerantVersion(text: string): Version | string {
  const [major = '', minor, ...rest] = text.replace(/^v/, '').split('.');
  const parts = [major, minor, rest.length ? rest.join('.') : undefined].filter((part) => part !== undefined);
  const trimmed = parts.map((part) => (part.length > 1 ? part.replace(/^0+/, '').replace(/^(?!\d)/, '0') : part));
  if (trimmed.length < 3 && /[+-]/.test(trimmed[trimmed.length - 1] ?? '')) {
    return 'short version cannot contain PreRelease/Build meta data';
  }
  return parseVersion([...trimmed, '0', '0'].slice(0, 3).join('.'));
}

/** -1, 0 or 1 by precedence; the build says nothing. */
export function compareVersions(a: Version, b: Version): number {
  const order = compareParts(a.core, b.core);
  if (order || !a.prerelease.length || !b.prerelease.length) return order || Math.sign(b.prerelease.length - a.prerelease.length);
  return compareParts(a.prerelease, b.prerelease);
}

/** Compares part by part: numbers before texts, and what has fewer parts first. */
function compareParts(a: (bigint | string)[], b: (bigint | string)[]): number {
  for (const [i, x] of a.entries()) {
    const y = b[i];
    if (y === undefined) return 1;
    if (typeof x !== typeof y) return typeof x === 'bigint' ? -1 : 1;
    if (x !== y) return x < y ? -1 : 1;
  }
  return a.length < b.length ? -1 : 0;
}

/** A version as it is written, without what normalizing took away. */
export function versionText({ core, prerelease, build }: Version): string {
  return core.join('.') + (prerelease.length ? `-${prerelease.join('.')}` : '') + (build.length ? `+${build.join('.')}` : '');
}
