import { type Kind, kinds } from './crds.ts';
import { compare } from './differential/compare.ts';
import { fixedRequests } from './differential/fixed.ts';
import { meant, shown } from './differential/meant.ts';
import { Random } from './differential/random.ts';
import { compareReads } from './differential/reads.ts';
import { draw } from './differential/requests.ts';
import { check, checked, say } from './report.ts';
import type { Stage } from './run.ts';

const seed = Number(process.env.CONFORMANCE_SEED ?? 20260101);
const generated = Number(process.env.CONFORMANCE_REQUESTS ?? 400);
const atOnce = 4;

/** Sends every request to twins, directly and through the gateway, and compares what both answered and what became of the twins. */
export async function differential(stages: Stage[]): Promise<void> {
  say(`differential: ${generated} generated requests for each layout, seed ${seed}`);
  await Promise.all(
    stages.map(async (stage, index) => {
      const { layout } = stage.cluster;
      const random = new Random(seed + index);
      const drawn = Array.from({ length: generated }, () => {
        const kind = random.pick(kinds[layout]);
        return { kind, request: draw(random, layout, kind) };
      });
      const written = fixedRequests(layout).map((request) => ({ kind: random.pick(kinds[layout]), request }));
      const requests = [...written, ...drawn].map((one, number) => ({ ...one, number }));
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          for (let next = requests.shift(); next; next = requests.shift()) {
            const { kind, number, request } = next;
            const title = `#${number} ${kind.kind} ${request.title}`;
            await checked(`differential, ${layout} layout`, title, () => compare(stage, kind, `job-${number}`, request));
          }
        }),
      );
      await compareReads(stage, kinds[layout][1] as Kind);
    }),
  );
}

/** Fails every meant difference that no request has shown: it is none any more. To be called after all requests. */
export function checkMeant(): void {
  for (const { id, reason } of meant) {
    check('differential, meant differences', id, shown.has(id) ? undefined : `no request shows it any more: ${reason}`);
  }
}
