import { type Library, overload } from '../overload.ts';
import { CelError, Opaque, type Value } from '../values.ts';
import { noSuchOverload, traversal } from './common.ts';
import { occurrences } from './text.ts';
import { compareVersions, parseTolerantVersion, parseVersion, type Version, versionText } from './version.ts';

/** A semantic version. */
export class Semver extends Opaque {
  override readonly typeName = 'kubernetes.Semver';
  readonly version: Version;
  constructor(version: Version) {
    super();
    this.version = version;
  }
  override readonly unhashable = 'cel.Semver';
  override equals(other: Value): boolean | CelError {
    return other instanceof Semver ? compare(this, other) === 0 : noSuchOverload;
  }
  override toString(): string {
    return versionText(this.version);
  }
}

const compare = (a: Semver, b: Semver): number => compareVersions(a.version, b.version);
const parse = (text: string, isNormalized: Value = false): Semver | CelError => {
  const version = isNormalized ? parseTolerantVersion(text) : parseVersion(text);
  return typeof version === 'string' ? new CelError(version) : new Semver(version);
};
const isSemver = (text: string, isNormalized: Value = false): boolean => !(parse(text, isNormalized) instanceof CelError);
/** A number of 64 unsigned bits, which Kubernetes gives as a signed one. */
const signed = (number: bigint): bigint => BigInt.asIntN(64, number);

// A version may have as many parts as half of its characters.
const work = (text: Value): number => (text as string).length * 0.3 + occurrences(text as string, '.', -1) * 7;

/** k8s.io/apiserver/pkg/cel/library/semverlib.go */
export const semver: Library = {
  overloads: [
    overload('string_to_semver', 'semver(string) -> kubernetes.Semver', parse, { cost: traversal, work }),
    overload('string_bool_to_semver', 'semver(string, bool) -> kubernetes.Semver', parse, { cost: traversal, work }),
    overload('is_semver_string', 'isSemver(string) -> bool', isSemver, { cost: traversal, work }),
    overload('is_semver_string_bool', 'isSemver(string, bool) -> bool', isSemver, { cost: traversal, work }),
    overload(
      'semver_is_greater_than',
      '<kubernetes.Semver>.isGreaterThan(kubernetes.Semver) -> bool',
      (a: Semver, b: Semver) => compare(a, b) > 0,
    ),
    overload(
      'semver_is_less_than',
      '<kubernetes.Semver>.isLessThan(kubernetes.Semver) -> bool',
      (a: Semver, b: Semver) => compare(a, b) < 0,
    ),
    overload('semver_compare_to', '<kubernetes.Semver>.compareTo(kubernetes.Semver) -> int', (a: Semver, b: Semver) =>
      BigInt(compare(a, b)),
    ),
    overload('semver_major', '<kubernetes.Semver>.major() -> int', ({ version }: Semver) => signed(version.core[0])),
    overload('semver_minor', '<kubernetes.Semver>.minor() -> int', ({ version }: Semver) => signed(version.core[1])),
    overload('semver_patch', '<kubernetes.Semver>.patch() -> int', ({ version }: Semver) => signed(version.core[2])),
  ],
};
