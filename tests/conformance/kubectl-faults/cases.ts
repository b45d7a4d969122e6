import type { Fault } from '../../../local/cci/faults.ts';
import type { Simulator } from '../../../local/cci/simulator.ts';

/** What a failure may strike. `down` tells that the simulator was closed. */
interface Stack {
  simulator: Simulator;
  down: boolean;
}
type Command = 'label' | 'replace' | 'apply';

/** One way in which CCI fails, from the moment when kubectl's write arrives. */
export interface Failure {
  title: string;
  strike: (stack: Stack) => Promise<void> | void;
  /** What kubectl's last write is answered. */
  answer: number;
  /** Only these commands, where each takes long. */
  only?: Command[];
}

const always = 1000;
/** Strikes writes alone: kubectl and the gateway can read. */
const onWrites = (fault: Omit<Fault, 'method'>) => (stack: Stack) => {
  for (const method of ['PATCH', 'PUT']) stack.simulator.inject({ times: always, ...fault, method });
};
const status = (code: number, more: Omit<Fault, 'method' | 'status'> = {}) => onWrites({ status: code, ...more });

/** By the table of what callers are told; `after the write`: it was carried out, and only its answer is spoilt. */
export const failures: Failure[] = [
  { title: '401, the credentials are refused', strike: status(401, { dialect: 'apig' }), answer: 500 },
  { title: '403, the credentials may not write', strike: status(403), answer: 403 },
  { title: '429 without Retry-After', strike: status(429), answer: 429 },
  { title: '429, Retry-After: 1, three times', strike: status(429, { dialect: 'apig', retryAfter: 1, times: 3 }), answer: 200 },
  { title: '429, Retry-After: 1, for ever', strike: status(429, { retryAfter: 1 }), answer: 429 },
  { title: '429, Retry-After: 60', strike: status(429, { retryAfter: 60 }), answer: 429 },
  { title: '429, Retry-After: 3600', strike: status(429, { retryAfter: 3600 }), answer: 429 },
  { title: '500', strike: status(500), answer: 500 },
  { title: '500, Retry-After: 1', strike: status(500, { retryAfter: 1 }), answer: 500 },
  { title: '502', strike: status(502, { dialect: 'apig' }), answer: 503 },
  { title: '503', strike: status(503), answer: 503 },
  { title: '503, Retry-After: 1', strike: status(503, { retryAfter: 1 }), answer: 503 },
  { title: '503, Retry-After: 120', strike: status(503, { retryAfter: 120 }), answer: 503 },
  { title: '503 after the write', strike: status(503, { when: 'after', retryAfter: 1 }), answer: 200 },
  { title: '504', strike: status(504), answer: 504 },
  { title: '504, Retry-After: 1', strike: status(504, { retryAfter: 1 }), answer: 504 },
  { title: '504 after the write', strike: status(504, { when: 'after', retryAfter: 1 }), answer: 200 },
  { title: 'dropped before the write', strike: onWrites({ act: 'drop' }), answer: 504 },
  { title: 'dropped after the write', strike: onWrites({ act: 'drop', when: 'after' }), answer: 200 },
  { title: 'the answer is cut off, after the write', strike: onWrites({ act: 'cut-off', when: 'after' }), answer: 200 },
  { title: '200 with HTML, not written', strike: onWrites({ act: 'html' }), answer: 500 },
  { title: '200 with HTML, after the write', strike: onWrites({ act: 'html', when: 'after' }), answer: 200 },
  { title: 'a redirect', strike: onWrites({ act: 'redirect' }), answer: 500 },
  { title: 'no answer in time', strike: onWrites({ act: 'hang' }), answer: 504, only: ['label'] },
  {
    title: 'unreachable',
    strike: async (stack) => {
      stack.down = true;
      await stack.simulator.close();
    },
    answer: 503,
  },
];
