import type { UserInfo } from '../callers/user-info.ts';
import type { JobKind } from '../job/kinds.ts';
import { getPath, type Json } from '../json/json.ts';
import type { AuditStage } from '../policy/manifests.ts';
import type { Rule } from '../rule.ts';
import { build } from '../runtime/build.ts';
import type { RequestContext } from '../runtime/request-context.ts';
import { isSurprise, StatusError } from '../status.ts';
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
/** What shows objects, where the policy has levels that do, and hides what policies quote. */
export type Showing = typeof import('./redact.ts');
export interface AuditOptions {
  /** By a policy, where there is one. */
  configOf: ConfigOf | undefined;
  /** Of the policies that the function was built with. */
  digest: string | undefined;
  sink: Sink;
  showing: Showing | undefined;
}

const decision = 'authorization.k8s.io/decision';
const reason = 'authorization.k8s.io/reason';

/** Tells of requests by a policy; without one Metadata of every write, every event and every refusal. */
export function createAudit({ configOf, digest, sink, showing }: AuditOptions): Audit {
  const ofAll = { 'tfjob-gateway/build': build, ...(digest !== undefined && { 'tfjob-gateway/policies': digest }) };
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
          await send(stage, told, endOf(asked, ended, told, showing));
        },
      };
    },
  };
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

/** What the last stage has beside what is known from the beginning. */
function endOf(asked: Asked, ended: Ended, { level, omitManagedFields }: AuditConfig, showing: Showing | undefined): Partial<AuditEvent> {
  const { answer, requestObject } = ended;
  const live = ended.context?.record.live;
  const hide = showing?.hiderOf([live]) ?? ((text: string) => text);
  const show = (object: Json | undefined): Json | undefined => object !== undefined && showing?.shownObject(object, { omitManagedFields });
  return {
    objectRef: referenceOf(asked, ended),
    responseStatus: statusOf(answer, hide),
    ...((level === 'Request' || level === 'RequestResponse') && { requestObject: show(requestObject) || undefined }),
    ...(level === 'RequestResponse' && { responseObject: show(responseOf(ended)) || undefined }),
    annotations: annotationsOf(ended, hide),
  };
}

/** What was answered: of a failure its Status. */
function responseOf({ answer, responseObject }: Ended): Json | undefined {
  return answer instanceof StatusError ? (JSON.parse(JSON.stringify(answer.status)) as Json) : responseObject?.();
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

function statusOf(answer: Ended['answer'], hide: (text: string) => string): ResponseStatus {
  if (typeof answer === 'number') return { code: answer };
  const { status, message, reason: why, details, code } = answer.status;
  if (answer.rule !== 'admission') return { status, message, reason: why, code, ...(details && { details }) };
  const causes = details?.causes?.map((cause) => ({ ...cause, message: hide(cause.message) }));
  return { status, message: hide(message), reason: why, code, details: { ...details, ...(causes && { causes }) } };
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
  if (write) return ofUpdate === 'applied' ? 'changed' : (ofUpdate ?? 'written');
  if (typeof answer === 'number') return outcome ?? ofUpdate ?? 'done';
  return answer.status.code < 500 && answer.status.code !== 429 ? 'refused' : 'failed';
}
