import type { UserInfo } from '../callers/user-info.ts';
import type { Answer } from '../cci/read-answer.ts';
import type { Marker } from '../job/applied-events.ts';
import type { Rules } from '../job/decide.ts';
import type { JobKind } from '../job/kinds.ts';
import type { JsonObject } from '../json/json.ts';
import type { JobRef } from '../status.ts';

/** What a door makes of a request or an event: an update that somebody asks of one job. It is never changed. */
export interface JobUpdate {
  readonly kind: JobKind;
  readonly ref: JobRef;
  /** Who asks: over HTTP whom API Gateway authenticated, by an event its sender. */
  readonly user: UserInfo;
  /** He may `get` the job. If not, neither the answer nor a refusal holds values of the live one. */
  readonly mayRead: boolean;
  /** The requested object, which has passed parseRequested or parsePatched; a patch makes it from the live job. May throw StatusError. */
  readonly requested: (live: Answer) => JsonObject;
  /** The request insists on a resourceVersion, so that a conflict is its answer. */
  readonly conditional: boolean;
  /** A merge patch that may go upstream without a read (passThroughPatch). */
  readonly passThrough?: JsonObject | undefined;
  readonly rules: Rules;
  readonly dryRun: boolean;
  /** The options that were asked for, as admission policies see them: the members of an UpdateOptions of meta.k8s.io/v1. */
  readonly options?: JsonObject;
  /** The marker of an event, which is applied once: it is written together with what the event changes. */
  readonly marker?: Marker | undefined;
}

/** What became of an update that was not refused and did not fail. */
export interface UpdateResult {
  /** `written`: the job holds what was asked, and whether that was a change is not known, since the version before it is not. */
  outcome: 'changed' | 'written' | 'unchanged' | 'dry-run' | 'applied' | 'superseded';
  /** The job as it is (or, on a dry run, would be); `text` only where the upstream sent it so. */
  answer: { status: number; job: JsonObject; text?: string };
  /** The replaceable fields that are not as before. Left out where that is not known: then `sent` names those that were sent. */
  changed?: string[];
  sent?: string[];
  /** The paths within these fields that are not as before, as causes name them; left out where that is not known, or not for the caller. */
  changedPaths?: readonly string[] | undefined;
  /** What of the request was passed over, for the caller. */
  warnings?: string[] | undefined;
  /** What admission policies warn of, for the caller. */
  policyWarnings?: string[] | undefined;
}
