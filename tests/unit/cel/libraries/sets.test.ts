import { expect, it } from 'vitest';
import { evaluate } from './evaluate.ts';

const object = { l: [1, 2], mixed: [1, 'a', 2.5] };

it.each([
  ['sets.contains([1,2],[2])', 'true @3'],
  ['sets.contains([],[1])', 'false @1'],
  ['sets.contains([1],[])', 'true @1'],
  ["sets.contains(['a','b','c'],['b','a'])", 'true @7'],
  ['sets.contains([1],[2])', 'false @2'],
  ['sets.equivalent([1],[1,1])', 'true @5'],
  ['sets.equivalent([1,2],[2,1,3])', 'false @13'],
  ['sets.equivalent([],[])', 'true @1'],
  ['sets.intersects([1],[])', 'false @1'],
  ['sets.intersects([1],[2,1])', 'true @3'],
  ['sets.intersects([[1],[2]],[[2]])', 'true @3'],
  ['sets.intersects(object.l,[2])', 'true @5'],
  ['sets.contains(object.l,object.mixed)', 'false @11'],
  ['sets.equivalent([1.0,2.0],object.l)', 'true @11'],
  ['sets.contains([dyn(1)],[dyn(1u)])', 'true @2'],
])('Kubernetes answers for sets: %s', (expression, answer) => {
  expect(evaluate(expression, object)).toBe(answer);
});
