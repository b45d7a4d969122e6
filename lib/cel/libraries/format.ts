import { type Library, overload } from '../overload.ts';
import { type CelError, List, Opaque, Optional, type Result, type Value } from '../values.ts';
import { noSuchOverload, sizeOf, tenth } from './common.ts';
import { type NamedFormat, namedFormats } from './named-formats.ts';

/** A named format of strings. */
export class Format extends Opaque {
  override readonly typeName = 'kubernetes.NamedFormat';
  readonly format: NamedFormat;
  constructor(format: NamedFormat) {
    super();
    this.format = format;
  }
  override readonly unhashable = 'cel.Format';
  override equals(other: Value): boolean | CelError {
    return other instanceof Format ? this.format === other.format : noSuchOverload;
  }
  override toString(): string {
    return this.format.name;
  }
}

const named = (name: string): Optional => {
  const format = Object.hasOwn(namedFormats, name) ? namedFormats[name] : undefined;
  return format ? new Optional(new Format(format)) : Optional.none;
};
const validate = ({ format }: Format, text: string): Optional => {
  const problems = format.problems(text);
  return problems.length ? new Optional(List.of(problems)) : Optional.none;
};
const validateCost = ([target, text]: readonly Result[]): number =>
  target instanceof Format ? tenth(1 + sizeOf(text)) * Math.ceil(target.format.patternSize * 0.25) : 1;

/** k8s.io/apiserver/pkg/cel/library/format.go */
export const format: Library = {
  overloads: [
    overload('format-named', 'format.named(string) -> optional<kubernetes.NamedFormat>', named),
    overload('format-validate', '<kubernetes.NamedFormat>.validate(string) -> optional<list<string>>', validate, { cost: validateCost }),
    ...Object.entries(namedFormats).map(([name, value]) => {
      const constant = new Format(value);
      return overload(`format.${name}`, `format.${name}() -> kubernetes.NamedFormat`, () => constant);
    }),
  ],
};
