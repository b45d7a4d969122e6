import { readFileSync } from 'node:fs';
import { type Decision, decide, type Rules } from '../../../lib/job/decide.ts';
import { type JobKind, jobKind } from '../../../lib/job/kinds.ts';
import { type Json, type JsonObject, parseExactJson } from '../../../lib/json/json.ts';
import type { JobRef, Status, StatusCause } from '../../../lib/status.ts';

export const cci = jobKind('cci', 'tfjobs') as JobKind;
export const kubeflow = jobKind('kubeflow', 'tfjobs') as JobKind;
export const ref: JobRef = { kind: cci, namespace: 'kube-test', name: 'tfjob-test' };
export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

// Paths into the documented job, as `job` takes them.
export const worker = 'spec.tfReplicaSpecs.Worker';
export const pod = `${worker}.template.spec`;
export const container = `${pod}.containers.0`;

const documented = readFileSync(new URL('../../../events/replace-tfjob.json', import.meta.url), 'utf8');

/** A number as it is written. */
export function raw(number: string): Json {
  return (parseExactJson(`[${number}]`) as Json[])[0] as Json;
}

/** What to set where: a path of member names and indices, joined by dots; undefined removes. */
export type Changes = Record<string, unknown>;

/** The documented job with some places changed. */
export function job(...changes: Changes[]): JsonObject {
  return changed(parseExactJson(documented) as JsonObject, ...changes);
}

/** A copy of an object with some places changed. */
export function changed(object: JsonObject, ...changes: Changes[]): JsonObject {
  const copy = parseExactJson(JSON.stringify(object)) as JsonObject;
  for (const [path, value] of changes.flatMap((some) => Object.entries(some))) {
    const keys = path.split('.');
    const last = keys.pop() as string;
    let holder = copy;
    for (const key of keys) {
      holder[key] ??= {};
      holder = holder[key] as JsonObject;
    }
    if (value === undefined) delete holder[last];
    else holder[last] = value as Json;
  }
  return copy;
}

/** The same job as the `kubeflow` layout keeps it. */
export function kubeflowJob(...changes: Changes[]): JsonObject {
  return job(
    { 'spec.ttlSecondsAfterFinished': undefined, 'spec.backoffLimit': undefined },
    { 'spec.runPolicy.backoffLimit': 6 },
    ...changes,
  );
}

/** Freezes a value to any depth, so that a change of it throws. */
export function frozen<T>(value: T): T {
  const inside: unknown[] = [value];
  for (let next = inside.pop(); next !== undefined; next = inside.pop()) {
    if (typeof next !== 'object' || next === null || Object.isFrozen(next)) continue;
    for (const member of Object.values(Object.freeze(next))) if (typeof member === 'object' && member !== null) inside.push(member);
  }
  return value;
}

/** Decides about frozen jobs: neither argument may be changed by anything. */
export function judge(live: JsonObject, requested: JsonObject, rules: Rules = {}, kind = cci): Decision {
  return decide(kind, { ...ref, kind }, frozen(live), frozen(requested), rules);
}

/** The Status of a refusal. */
export function refusal(live: JsonObject, requested: JsonObject, rules: Rules = {}, kind = cci): Status {
  const decision = judge(live, requested, rules, kind);
  if (decision.outcome !== 'refused') throw new Error(`not refused but ${decision.outcome}`);
  return decision.error.status;
}

/** The causes of a refusal, after its code. */
export function causes(live: JsonObject, requested: JsonObject, rules: Rules = {}, kind = cci): [number, ...StatusCause[]] {
  const { code, details } = refusal(live, requested, rules, kind);
  return [code, ...(details?.causes ?? [])];
}

/** The object that would be sent, and which fields of it changed. */
export function sent(live: JsonObject, requested: JsonObject, rules: Rules = {}, kind = cci): { object: JsonObject; changed: string[] } {
  const decision = judge(live, requested, rules, kind);
  if (decision.outcome !== 'change') throw new Error(`no change but ${JSON.stringify(decision)}`);
  return { object: decision.object, changed: decision.changed };
}

/** A 403 cause. */
export function forbidden(field: string, message: string): StatusCause {
  return { reason: 'FieldValueForbidden', message, field };
}

/** `levels` objects inside one another. */
export function nested(levels: number, innermost: Json = 1): Json {
  let value = innermost;
  for (let level = 0; level < levels; level++) value = { a: value };
  return value;
}

/** The milliseconds of CPU that a call takes on its own thread, so that a busy machine does not count. */
export function cpuTime(call: () => unknown): number {
  const before = process.threadCpuUsage();
  call();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
