import { beforeAll, describe, expect, it } from 'vitest';
import { credential } from '../credentials.ts';
import { faults } from '../faults/faults.ts';
import { asked, type Cell, type Column, columns, inWords, isFullyNew, key, newKey } from '../faults/matrix.ts';
import { type Matrix, rowInWords, runFaults } from '../faults/run.ts';

const everything = Object.values(faults).flat();
let matrix: Matrix;
beforeAll(async () => {
  matrix = await runFaults(new URL('../../dist/', import.meta.url));
}, 480_000);

/** Every cell in every way, with where it stands; those that were measured once more as well. */
function* cells(): Generator<[where: string, cell: Cell, column: Column]> {
  for (const [name, row] of [...matrix.rows, ...matrix.atFirst]) {
    for (const column of columns) for (const cell of row[column]) yield [`${name} | ${column}`, cell, column];
  }
}
/** Where a cell is not as it must be. */
const except = (isRight: (cell: Cell, column: Column) => boolean): string[] =>
  [...cells()].filter(([, cell, column]) => !isRight(cell, column)).map(([where, cell, column]) => `${where}: ${inWords(cell, column)}`);

describe.each(Object.entries(faults))('%s:', (_section, ofSection) => {
  it.each(ofSection.map((fault) => [fault.name, fault] as const))('%s', (_name, fault) => {
    expect(rowInWords(matrix.rows.get(fault.name))).toEqual(fault.expected);
  });
});

describe('in every cell of the matrix', () => {
  it('the stored job is the old one or the fully new one, and nothing was ever in between', () => {
    expect(
      except(({ history }) => history.length === 1 || (history.length === 2 && isFullyNew(history[0] ?? '', history[1] ?? ''))),
    ).toEqual([]);
  });

  it('an answer of success is the stored job, and that holds what was asked', () => {
    const isStored = ({ body, history }: Cell, column: Column) =>
      JSON.stringify(body) === history.at(-1) && history.length === (column === 'read' ? 1 : 2);
    expect(except((cell, column) => cell.status >= 300 || isStored(cell, column))).toEqual([]);
  });

  it('a refusal, 429 or 503 means that nothing was written', () => {
    const meansNothingWritten = (status: number) => (status >= 400 && status < 500) || status === 503;
    expect(except(({ status, history }) => !meansNothingWritten(status) || history.length === 1)).toEqual([]);
  });

  it('Retry-After is given on 429 and 503 alone, for 5 s at most, and in the Status as well', () => {
    const isBrief = ({ status, body, retryAfter }: Cell) =>
      (status === 429 || status === 503) && /^[1-5]$/.test(retryAfter ?? '') && retryAfter === String(body.details?.retryAfterSeconds);
    expect(except((cell) => (cell.retryAfter === undefined ? cell.body.details?.retryAfterSeconds === undefined : isBrief(cell)))).toEqual(
      [],
    );
  });

  it('every other answer is a Status that says its own code', () => {
    expect(except(({ status, body }) => status < 300 || (body.kind === 'Status' && body.code === status && body.reason !== ''))).toEqual(
      [],
    );
  });

  it('nothing is said of the credentials, and of the inside', () => {
    const secrets = [
      ...Object.values(key),
      ...Object.values(newKey),
      credential('password'),
      credential('token'),
      '127.0.0.1',
      '.invalid',
      'faults/',
    ];
    expect(except(({ said }) => !secrets.some((secret) => said.includes(secret)))).toEqual([]);
  });

  it('the answer comes before API Gateway gives up', () => {
    expect(except(({ late }) => late < 0)).toEqual([]);
  });
});

describe('the matrix itself', () => {
  it('has no fault twice, and every way of each was tried in every column', () => {
    expect(everything.length).toBeGreaterThanOrEqual(40);
    expect(new Set(everything.map(({ name }) => name)).size).toBe(everything.length);
    for (const fault of everything) {
      for (const column of columns) expect(matrix.rows.get(fault.name)?.[column], fault.name).toHaveLength(fault.strikes.length);
    }
  });

  it('would see half a write, and one that changed something else', () => {
    const [cell] = matrix.rows.get(everything[0]?.name ?? '')?.read ?? [];
    const before = cell?.history[0] ?? '';
    const changed = (edit: (job: { metadata: Record<string, unknown>; spec: Record<string, unknown> }) => void) => {
      const job = JSON.parse(before);
      Object.assign(job.metadata, { labels: asked.labels, resourceVersion: '72447177' });
      job.spec.ttlSecondsAfterFinished = asked.ttlSecondsAfterFinished;
      edit(job);
      return JSON.stringify(job);
    };
    expect(
      isFullyNew(
        before,
        changed(() => undefined),
      ),
    ).toBe(true);
    expect(
      isFullyNew(
        before,
        changed(({ spec }) => delete spec.ttlSecondsAfterFinished),
      ),
    ).toBe(false);
    expect(
      isFullyNew(
        before,
        changed(({ metadata }) => Object.assign(metadata, { labels: { app: 'test' } })),
      ),
    ).toBe(false);
    expect(
      isFullyNew(
        before,
        changed(({ spec }) => Object.assign(spec, { backoffLimit: 7 })),
      ),
    ).toBe(false);
    expect(isFullyNew(before, before)).toBe(false);
  });
});
