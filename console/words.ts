/** Times and states in words. */
import type { Job } from './api/jobs.ts';

/** The colour of a state; the word is always beside it. */
export type Tone = 'run' | 'good' | 'bad' | 'warn' | 'idle';

const tones: Record<string, Tone> = { Running: 'run', Succeeded: 'good', Failed: 'bad', Restarting: 'warn' };

/** What a job is doing: its last condition that holds. */
export function stateOf({ metadata, status }: Job): { word: string; tone: Tone; message?: string | undefined } {
  if (metadata.deletionTimestamp) return { word: 'Terminating', tone: 'warn' };
  const last = status?.conditions?.findLast((condition) => condition.status === 'True');
  return last ? { word: last.type, tone: tones[last.type] ?? 'idle', message: last.message } : { word: 'Unknown', tone: 'idle' };
}

const steps: [limit: number, seconds: number, unit: string][] = [
  [120, 1, 's'],
  [7200, 60, 'm'],
  [172_800, 3600, 'h'],
  [63_072_000, 86_400, 'd'],
  [Number.POSITIVE_INFINITY, 31_536_000, 'y'],
];

/** How old something is, as kubectl has it. */
export function ageOf(time: string | undefined, now = Date.now()): string {
  const seconds = Math.max(0, (now - Date.parse(time ?? '')) / 1000);
  const step = steps.find(([limit]) => seconds < limit);
  return step ? `${Math.floor(seconds / step[1])}${step[2]}` : '–';
}

/** Seconds in larger units: `1 d 2 h`; empty below a minute, and for what is no number of seconds. */
export function durationOf(value: string | undefined): string {
  if (!/^\d{1,12}$/.test(value ?? '')) return '';
  let rest = Number(value);
  if (rest < 60) return '';
  const parts: string[] = [];
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const) {
    const count = Math.floor(rest / size);
    if (count > 0) parts.push(`${count} ${unit}`);
    rest -= count * size;
  }
  return parts.slice(0, 3).join(' ');
}

// A policy's denial, and its warning.
const byPolicy =
  /^(?:ValidatingAdmissionPolicy '([^']*)' with binding '[^']*' denied request|Validation failed for ValidatingAdmissionPolicy '([^']*)' with binding '[^']*'): (.*)$/s;

/**
 * The rule of a message, without the regular expression that Kubernetes adds for machines, and without the field it repeats. What a policy
 * says begins with what it is about.
 */
export function brief(message: string): string {
  const [, denying, warning, sentence] = byPolicy.exec(message) ?? [];
  if (sentence !== undefined) return `${sentence} (policy ${denying ?? warning})`;
  const plain = message.replace(/ \(e\.g\. .*$/s, '');
  return plain.replace(/^(Invalid value: (?:"(?:[^"\\]|\\.)*"|\S+): )\S+ in body /, '$1');
}
