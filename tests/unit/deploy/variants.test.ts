import { describe, expect, it } from 'vitest';
import { Parameters } from '../../../deploy/parameters/schema.ts';
import { deployed } from './compiled.ts';
import { mistakesOf } from './parameters.ts';
import { allPairs, factors, givenOf, pairsIn, pairwise } from './variants.ts';

const variants = pairwise();

describe('every valid variant of a deployment', () => {
  it('has each parameter in one of its lines, and each pair of choices in one of its variants', () => {
    const named = new Set(factors.flatMap((values) => values.flatMap((given) => Object.keys(given))));
    expect([...named].sort()).toEqual(Object.keys(Parameters.entries).sort());
    expect(new Set(variants.flatMap(pairsIn))).toEqual(allPairs());
    expect(variants.length).toBeLessThan(30);
  });

  it('passes the check', () => {
    for (const choice of variants) expect([givenOf(choice), mistakesOf(givenOf(choice))]).toEqual([givenOf(choice), []]);
  });

  it('makes a template in which every reference finds something', () => {
    for (const choice of variants) {
      const { Resources, Outputs } = deployed(givenOf(choice));
      const text = JSON.stringify({ Resources, Outputs });
      const named = [...text.matchAll(/"Ref":"(\w+)"|"Fn::GetAtt":\["(\w+)"/g)].map(([, ref, got]) => ref ?? got ?? '');
      // What the framework's files add besides is in none of these.
      const elsewhere = /^Audit|^ReplaceJobLambda/;
      expect(named.filter((name) => !(name in Resources) && !elsewhere.test(name))).toEqual([]);
      for (const [, id] of text.matchAll(/\$\{(\w+)\.(?:Arn|QueueName)\}/g)) expect(Resources).toHaveProperty(id ?? '');
    }
  });
});
