import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
/** The rooms of docs/architecture.md, and into which others each may look: arrows run one way. */
const rooms: Record<string, { rooms: string[]; packages: string[] | 'any' }> = {
  'rule.ts': { rooms: [], packages: [] },
  'status.ts': { rooms: ['rule.ts'], packages: [] },
  json: { rooms: ['status.ts'], packages: ['valibot'] },
  cel: { rooms: ['json'], packages: [] },
  job: { rooms: ['rule.ts', 'status.ts', 'json'], packages: ['valibot', 'fastest-levenshtein'] },
  runtime: { rooms: ['status.ts', 'json', 'job'], packages: 'any' },
  cci: { rooms: ['status.ts', 'json', 'runtime'], packages: 'any' },
  policy: { rooms: ['rule.ts', 'status.ts', 'json', 'cel', 'callers'], packages: 'any' },
  update: { rooms: ['rule.ts', 'status.ts', 'json', 'job', 'runtime', 'callers', 'cci', 'policy'], packages: 'any' },
  audit: { rooms: ['rule.ts', 'status.ts', 'json', 'job', 'runtime', 'callers', 'policy'], packages: 'any' },
  discovery: { rooms: ['rule.ts', 'status.ts', 'json', 'job'], packages: 'any' },
  callers: { rooms: ['runtime'], packages: 'any' },
  reviews: { rooms: ['status.ts', 'json', 'callers', 'policy'], packages: 'any' },
  http: {
    rooms: ['rule.ts', 'status.ts', 'json', 'job', 'runtime', 'callers', 'policy', 'reviews', 'cci', 'update', 'discovery', 'audit'],
    packages: 'any',
  },
  events: { rooms: ['rule.ts', 'status.ts', 'json', 'job', 'runtime', 'callers', 'policy', 'update', 'audit'], packages: 'any' },
  console: { rooms: ['status.ts', 'runtime'], packages: 'any' },
  rotation: { rooms: ['status.ts', 'job', 'runtime', 'cci'], packages: 'any' },
  handlers: {
    rooms: [
      'status.ts',
      'job',
      'runtime',
      'cci',
      'update',
      'discovery',
      'callers',
      'policy',
      'audit',
      'http',
      'events',
      'rotation',
      'console',
    ],
    packages: 'any',
  },
};

/** The room of a file: its folder in lib, or itself. */
const roomOf = (file: string): string => {
  const [first = '', second = ''] = file.split('/');
  return first === 'lib' ? second : first;
};
const files = globSync(['lib/**/*.ts', 'handlers/*.ts'], { cwd: root });
/** What a file imports, types included. */
const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/^(?:import|export)\b[^;]*?\bfrom '([^']+)'|\bimport\('([^']+)'\)/gm)].map(
    ([, from, lazily]) => from ?? (lazily as string),
  );

it('each room looks only into those that docs/architecture.md lets it, and none into handlers', () => {
  const wrong: string[] = [];
  let seen = 0;
  for (const file of files) {
    const room = rooms[roomOf(file)];
    if (!room) wrong.push(`${file} is in no room`);
    for (const specifier of importsOf(file)) {
      seen += 1;
      const isOurs = specifier.startsWith('.');
      const target = isOurs ? roomOf(relative(root, join(root, dirname(file), specifier))) : specifier;
      const allowed = isOurs
        ? target === roomOf(file) || room?.rooms.includes(target)
        : room?.packages === 'any' || room?.packages.includes(target);
      if (!allowed) wrong.push(`${file} imports ${specifier}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(seen).toBeGreaterThan(300);
});

it('the arrows run in no circle', () => {
  const reaches = (from: string, to: string, path: string[] = []): boolean =>
    (rooms[from]?.rooms ?? []).some((next) => next === to || (!path.includes(next) && reaches(next, to, [...path, next])));
  for (const room of Object.keys(rooms)) expect([room, reaches(room, room)]).toEqual([room, false]);
});

it('nothing in lib or handlers is cast past its type', () => {
  for (const file of files) expect(readFileSync(join(root, file), 'utf8'), file).not.toMatch(/\bas unknown as\b/);
});
