/**
 * The rules that can refuse a request, by the names that answers (X-Refused-By), log lines and tests call them, in the order in which they
 * are asked. docs/decision.md has each with an example.
 */
export const refusingRules = [
  /** Somebody must have been authenticated: 401. */
  'caller',
  /** Nobody acts as another: 403. */
  'impersonation',
  /** The path must name a job that can exist, in the one way it is written: 404. */
  'path',
  /** The verb must be served there: 405. */
  'method',
  /** The policies must allow the caller what he asks for: 403. */
  'authorization',
  /** The answer must be wanted in a form that is served: 406. */
  'accept',
  /** Query parameters must be what they can be: 422 on a write, 400 on a read. */
  'query',
  /** The body's type and encoding must be ones that are read: 415. */
  'media-type',
  /** The body may have 3 MiB, an event 1 MB: 413. */
  'body-size',
  /** The body must be readable JSON or YAML: 400. */
  'syntax',
  /** A patch must be one, and applicable to the live job: 400, 413, 422. */
  'patch',
  /** What is requested must have the shape of a job, an event that of an event: 400, on a PATCH 422. */
  'shape',
  /** It must be the job that the URL names, and the very one that is there: 400, 409, 422. */
  'identity',
  /** A resourceVersion that is given must be the live one: 409. */
  'resource-version',
  /** Under fieldValidation=Strict there may be no unknown and no duplicate field: 400, on a PATCH 422. */
  'field-validation',
  /** Nothing but the five fields may differ: 403. */
  'immutable-field',
  /** Protected labels and annotations may not differ either: 403. */
  'protected-key',
  /** The record of the last `kubectl apply` may not be taken away, and must be of this job: 403, 422. */
  'last-applied',
  /** What the server owns is ignored, but the end of a job that is being deleted is not moved: 422. */
  'server-owned',
  /** A new value of one of the five fields must be one that Kubernetes takes: 422. */
  'field-value',
  /** Labels and annotations must not grow beyond what leaves the job writable: 422. */
  'map-size',
  /** No admission policy may deny what would be written: 422, or 403 or 413 if the policy says so. */
  'admission',
  /** Where the audit trail is strict, it must have acknowledged the request: 503. */
  'audit',
  /** The answer must not be larger than can be sent: 413. */
  'answer-size',
] as const;

/** The name of a rule that refused a request. */
export type Rule = (typeof refusingRules)[number];

/** The rules that say what a request means and what becomes of it; they refuse nothing. */
export const guidingRules = [
  /** The object sent upstream is the live one, with nothing but the five fields taken from the request. */
  'checked-is-written',
  /** Two spellings of one meaning are no difference. */
  'meaning-not-spelling',
  /** On a PUT, what is left out of the five fields is removed. */
  'replace-means-replace',
  /** Annotations under tfjob-gateway/ stay as they are, and the caller is told. */
  'own-annotations',
  /** Without a resourceVersion the request means whatever the version is. */
  'whatever-the-version',
  /** Where nothing differs, nothing is sent. */
  'no-change-no-write',
  /** A merge patch of checked values in the five fields goes without a read. */
  'one-trip',
  /** A refusal names every mistake and how to have what is permitted. */
  'way-out',
] as const;
