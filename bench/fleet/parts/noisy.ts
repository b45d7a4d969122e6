/** Item 8: one caller who never lets up, and the others on the same stage. */
import { ApiGateway } from '../api-gateway.ts';
import { arrive, type CallerKind, call, everyKind } from '../callers.ts';
import { type Deployment, readDeployment } from '../deployment.ts';
import { read } from '../fleet.ts';
import type { Gateway } from '../gateway.ts';
import { Account, LambdaFunction } from '../lambda.ts';
import { simulate } from '../simulation.ts';
import { type Case, type Figures, type Part, share } from './part.ts';

const [begins, ends] = [10_000, 310_000];
const others = 10;
const answerTime = 90;

export interface Noisy {
  perSecond: number;
  /** The limit of each caller; `deployed`: what the checkout has by default. */
  limit: Deployment['callerThrottle'] | 'deployed';
}

/** Others come ten times a second; whatever is admitted is answered well. */
export function noisy(seed: number, gateway: Gateway, { perSecond, limit }: Noisy): Promise<Figures> {
  return simulate(seed, async (simulation) => {
    const { clock, random } = simulation;
    const deployment = readDeployment(gateway.root);
    const callerThrottle = limit === 'deployed' ? deployment.callerThrottle : limit;
    const handler = async () => {
      await clock.wait(random.logNormal(answerTime));
      return { statusCode: 200, headers: {}, body: '' };
    };
    const lambda = new LambdaFunction(simulation, new Account(), { start: () => handler, timeout: 25_000, memory: 512 });
    const door = new ApiGateway(simulation, { ...deployment, callerThrottle }, { GET: lambda, PUT: lambda, PATCH: lambda });
    const ended: { first: number; last: number; kind: CallerKind }[] = [];
    let loud = 0;
    const shout = arrive(simulation, perSecond, ends, async () => {
      const { status } = await door.send({ ...read('job'), caller: 'loud' });
      if (status === 200) loud += 1;
    });
    await clock.wait(begins);
    const quiet = arrive(simulation, others, ends, async () => {
      const kind = everyKind[random.below(everyKind.length)] as CallerKind;
      const caller = `other-${random.below(10)}`;
      const { first, last } = await call(simulation, kind, () => door.send({ ...read('job'), caller }));
      ended.push({ first: first.status, last: last.status, kind });
    });
    await Promise.all([shout, quiet]);
    return {
      first: share(ended, ({ first }) => first === 200),
      last: share(ended, ({ last }) => last === 200),
      loud: loud / (ends / 1000),
    };
  });
}

const rates = [50, 200, 1000];
const ways: [string, Noisy['limit']][] = [
  ['as deployed', 'deployed'],
  ['each caller 10/s, burst 20', { rate: 10, burst: 20 }],
  ['each caller 20/s, burst 40', { rate: 20, burst: 40 }],
];
export const part: Part = {
  title: 'A noisy caller',
  method:
    "One caller sends without a pause and without heed, on a stage with its default throttle, while ten others come 10 times a second together. A limit of each caller is API Gateway's usage plan, which counts by API key or by what an authorizer names.",
  tables: [
    {
      columns: [
        { key: 'first', title: "others' first tries that succeed", unit: '%' },
        { key: 'last', title: 'in the end', unit: '%' },
        { key: 'loud', title: 'admitted of the noisy one, /s' },
      ],
    },
  ],
  cases: ways.flatMap(([title, limit]) =>
    rates.map(
      (perSecond): Case => ({
        title: `${perSecond} requests/s, ${title}`,
        run: (seed, gateway) => noisy(seed, gateway, { perSecond, limit }),
      }),
    ),
  ),
};
