import type { JsonObject } from '../json/json.ts';
import type { JobRef, StatusCause } from '../status.ts';
import { Causes } from './causes.ts';
import type { MapName } from './fields.ts';
import type { JobKind } from './kinds.ts';
import { Permitted } from './rules/way-out.ts';

/** How a request wants to be judged. */
export interface Rules {
  /** Labels and annotations that may not change: exact keys, or `prefix/*`. */
  protectedKeys?: readonly string[];
  /** The request is a patch: what it leaves out it removes by name, and its mistakes are 422, not 400. */
  patch?: boolean;
  /** fieldValidation: what becomes of unknown fields, and of those that stand twice in the body's text. Left out they are passed over. */
  validation?: { mode: 'Strict' | 'Warn'; duplicates: readonly StatusCause[] };
}

/** A requested job that is judged against the live one. */
export interface Judged extends Rules {
  kind: JobKind;
  ref: JobRef;
  live: JsonObject;
  requested: JsonObject;
  protectedKeys: readonly string[];
  patch: boolean;
}

/** Labels or annotations that are judged: the live ones, and what they become. */
export interface MapChange {
  name: MapName;
  live: JsonObject;
  next: JsonObject;
}

/** What the live object becomes, and what the rules say of it: each adds to it what it has against the request. */
export class Proposal {
  object: JsonObject;
  /** The paths of the fields that are not as before. */
  readonly changed: string[] = [];
  /** What is answered 403, and what is answered 422 where nothing is 403. */
  readonly forbidden = new Causes();
  readonly invalid = new Causes();
  readonly permitted = new Permitted();
  /** What of the request is passed over, for the caller. */
  readonly warnings: string[] = [];

  constructor(live: JsonObject) {
    this.object = live;
  }
}
