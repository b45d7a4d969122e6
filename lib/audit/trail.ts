import type { UserInfo } from '../callers/user-info.ts';
import type { JobKind } from '../job/kinds.ts';
import { getPath, type Json } from '../json/json.ts';
import type { AuditStage } from '../policy/manifests.ts';
import type { Rule } from '../rule.ts';
import { build } from '../runtime/build.ts';
import type { RequestContext } from '../runtime/request-context.ts';
import { isSurprise, type Status, StatusError } from '../status.ts';
import { tellWrite, versionOf } from './changes.ts';
import type { Attributes, AuditConfig, ConfigOf } from './config.ts';
import { type AuditEvent, eventLine, type ObjectReference, type ResponseStatus } from './event.ts';

/** What is known of a request or an event when it is received. */
export interface Asked {
  auditID: string;
  requestURI: string;
  attributes: Attributes;
  user: UserInfo | undefined;
  sourceIPs: readonly string[];
  userAgent: string | undefined;
  /** It changes nothing, whatever becomes of it. */
  isRead: boolean;
  /** Further annotations of each stage. */
  annotations?: Readonly<Record<string, string>>;
}
/** How it ended, and what is known of it by then. */
export interface Ended {
  /** The code of a success, or why it is none. */
  answer: number | StatusError;
  context: RequestContext | undefined;
  kind: JobKind | undefined;
  /** What the log calls a success. */
  outcome: string | undefined;
  /** Undefined where it was not asked whether he may. */
  access: { reason: string } | undefined;
  /** As they were sent and, where it is no Status, answered, for the levels that show them. */
  requestObject: Json | undefined;
  responseObject: (() => Json | undefined) | undefined;
}
/** Takes one event as a line of JSON, without its end. The promise, where there is one, is of an acknowledgement. */
export type Sink = (line: string, of: { stage: AuditStage; isWrite: boolean }) => Promise<void> | undefined;

/** What is told of one request: it was received when this was made. */
export interface Trail {
  /** Where a stream must acknowledge that the request was received, before anything is written: it throws where that fails. */
  readonly received: (() => Promise<void>) | undefined;
  /** Tells how it ended. Never throws. */
  end(ended: Ended): Promise<void>;
}
/** What tells of requests. */
export interface Audit {
  begin(asked: Asked): Trail;
}
export interface AuditOptions {
  /** By a policy, where there is one. */
  configOf: ConfigOf | undefined;
  /** Of the policies that the function was built with. */
  digest: string | undefined;
  sink: Sink;
}

const decision = 'authorization.k8s.io/decision';
const reason = 'authorization.k8s.io/reason';

/** Tells of requests by a policy; without one Metadata of every write, every event and every refusal. */
export function createAudit({ configOf, digest, sink }: AuditOptions): Audit {
  const ofAll = ofEvery(digest);
  return {
    begin(asked) {
      const receivedAt = Date.now();
      const startedAt = performance.now();
      const config = configOf ? configOf(asked.user, asked.attributes) : defaultConfig(asked);
      const isWrite = !asked.isRead;
      const send = (stage: AuditStage, { level, omitStages }: AuditConfig, ended?: Partial<AuditEvent>): Promise<void> | undefined => {
        if (level === 'None' || omitStages.includes(stage)) return undefined;
        const stageAt = stage === 'RequestReceived' ? receivedAt : receivedAt + performance.now() - startedAt;
        const annotations = { ...ofAll, ...asked.annotations, ...ended?.annotations };
        return sink(eventLine({ ...eventOf(asked), ...ended, level, stage, receivedAt, stageAt, annotations }), { stage, isWrite });
      };
      const acknowledged = send('RequestReceived', config);
      // What is never written needs it not to have succeeded, but nothing goes on after an answer.
      const settled = acknowledged?.catch(() => undefined);
      return {
        received: acknowledged && (() => acknowledged),
        async end(ended) {
          await settled;
          const told = configOf ? config : endConfig(config, ended.answer);
          if (told.level === 'None') return;
          const stage = isSurprise(ended.answer) ? 'Panic' : 'ResponseComplete';
          await send(stage, told, await endOf(asked, ended, told));
        },
      };
    },
  };
}

/** The annotations of every event: which build decided, by which policies. */
export function ofEvery(digest: string | undefined): Record<string, string> {
  return { 'tfjob-gateway/build': build, ...(digest !== undefined && { 'tfjob-gateway/policies': digest }) };
}

/** Without a policy what changes nothing is told of only where it is refused or fails, when that is known. */
function defaultConfig({ isRead }: Asked): AuditConfig {
  return { level: isRead ? 'None' : 'Metadata', omitStages: [], omitManagedFields: false };
}

function endConfig(config: AuditConfig, answer: Ended['answer']): AuditConfig {
  return typeof answer === 'number' ? config : { ...config, level: 'Metadata' };
}

function eventOf({ auditID, requestURI, attributes, user, sourceIPs, userAgent }: Asked): Omit<AuditEvent, AtStage> {
  const { verb, resource: asked } = attributes;
  const { group: apiGroup, version: apiVersion, ...named } = asked ?? { group: '', version: '' };
  const objectRef: ObjectReference | undefined = asked && { ...named, apiGroup, apiVersion };
  return { auditID, requestURI, verb, user, sourceIPs, userAgent, objectRef };
}
type AtStage = 'level' | 'stage' | 'receivedAt' | 'stageAt' | 'annotations';

/**
 * What the last stage has beside what is known from the beginning. What shows objects, and hides what a refusal or a policy quotes of them, is
 * loaded for the first that needs it.
 */
async function endOf(asked: Asked, ended: Ended, { level, omitManagedFields }: AuditConfig): Promise<Partial<AuditEvent>> {
  const { answer, requestObject, context, responseObject } = ended;
  const { live, annotations = {} } = context?.record ?? {};
  const showsRequest = level === 'Request' || level === 'RequestResponse';
  const quotes = answer instanceof StatusError && answer.status.details?.causes !== undefined;
  const showing = showsRequest || quotes || Object.keys(annotations).length > 0 ? await import('./redact.ts') : undefined;
  const response = level === 'RequestResponse' && typeof answer === 'number' ? responseObject?.() : undefined;
  const secrets = showing?.secretsIn([live, requestObject, response]);
  const hide = (secrets && (await import('./hide.ts')).hiderOf(secrets)) ?? ((text: string) => text);
  const show = (object: Json | undefined): Json | undefined =>
    object === undefined ? undefined : showing?.shownObject(object, { omitManagedFields, ...(secrets && { secrets }) });
  const told = typeof answer === 'number' ? answer : withoutSecrets(answer, hide);
  return {
    objectRef: referenceOf(asked, ended),
    responseStatus: typeof told === 'number' ? { code: told } : statusOf(told),
    ...(showsRequest && { requestObject: show(requestObject) }),
    ...(level === 'RequestResponse' && { responseObject: show(typeof told === 'number' ? response : toJson(told)) }),
    annotations: annotationsOf(ended, hide),
  };
}

function withoutSecrets({ status }: StatusError, hide: (text: string) => string): Status {
  const { details, message } = status;
  const causes = details?.causes?.map((cause) => ({ ...cause, message: hide(cause.message) }));
  return { ...status, message: hide(message), ...(details && { details: { ...details, ...(causes && { causes }) } }) };
}

function statusOf({ status, message, reason: why, details, code }: Status): ResponseStatus {
  return { status, message, reason: why, code, ...(details && { details }) };
}

function toJson(status: Status): Json {
  return JSON.parse(JSON.stringify(status)) as Json;
}

/** With what has become known of the job: its uid, and the version that the request insisted on, else the one that was live. */
function referenceOf(asked: Asked, { context, requestObject }: Ended): ObjectReference | undefined {
  const { objectRef } = eventOf(asked);
  if (!objectRef) return undefined;
  const { live, write } = context?.record ?? {};
  const job = live ?? write?.answer;
  const uid = textAt(requestObject, 'uid') ?? textAt(job, 'uid');
  const resourceVersion = textAt(requestObject, 'resourceVersion') ?? versionOf(live);
  return { ...objectRef, ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
}

function textAt(job: Json | undefined, name: string): string | undefined {
  const value = getPath(job, ['metadata', name]);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function annotationsOf({ answer, context, kind, outcome, access }: Ended, hide: (text: string) => string): Record<string, string> {
  const { record, calls = [] } = context ?? {};
  const { rule, note = {} } = answer instanceof StatusError ? answer : {};
  const ids = calls.flatMap(({ requestId }) => requestId ?? []);
  const ofPolicies = Object.entries(record?.annotations ?? {}).map(([key, value]) => [key, hide(value)]);
  return {
    ...authorization(access, rule, note),
    ...Object.fromEntries(ofPolicies),
    ...(record?.write && kind && tellWrite(kind, record.write)),
    'tfjob-gateway/outcome': outcomeOf(answer, context, outcome),
    ...(rule && { 'tfjob-gateway/rule': rule }),
    ...(ids.length > 0 && { 'tfjob-gateway/cci-request-ids': JSON.stringify(ids) }),
  };
}

function authorization(access: Ended['access'], rule: Rule | undefined, note: StatusError['note'] | object): Record<string, string> {
  if (rule === 'authorization') return { [decision]: 'forbid', [reason]: 'rbac' in note ? String(note.rbac) : '' };
  return access ? { [decision]: 'allow', [reason]: access.reason } : {};
}

/** What was written stays written, whatever becomes of the answer; and what nobody knows is said to be unknown. */
function outcomeOf(answer: Ended['answer'], context: RequestContext | undefined, outcome: string | undefined): string {
  const { write, outcome: ofUpdate } = context?.record ?? {};
  if (write?.end === 'unknown') return 'unknown';
  if (write?.end === 'held') return 'written';
  if (write) return ofUpdate === 'applied' ? 'changed' : (ofUpdate ?? 'written');
  if (typeof answer === 'number') return outcome ?? ofUpdate ?? 'done';
  return answer.status.code < 500 && answer.status.code !== 429 ? 'refused' : 'failed';
}
