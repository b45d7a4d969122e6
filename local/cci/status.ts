/** What a Status says about the object and the fields it is about. */
export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  causes?: { reason: string; message: string; field: string }[];
}

// The codes that CCI documents for what the simulator can meet; other Statuses carry none.
const errorCodes: Record<number, string> = { 400: 'CCI.01.400101', 409: 'CCI.02.409101' };

/** A refusal of the simulated API server: thrown where it is found, answered as a Kubernetes Status with CCI's errorCode. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The body of the answer, members in the order in which Kubernetes writes them. */
  toJSON(): object {
    const { message, reason, details, code } = this;
    const errorCode = errorCodes[code];
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, details, code, errorCode };
  }
}

/** 400 BadRequest: a body that is none, or that is about another object. */
export function badRequest(message: string): StatusError {
  return new StatusError(400, 'BadRequest', message);
}

/** 413 RequestEntityTooLarge; `limit` in bytes. */
export function tooLarge(limit: number): StatusError {
  return new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
}
