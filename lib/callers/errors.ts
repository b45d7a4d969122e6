/** The token is refused. Says which check failed, and never anything that the token says. */
export class BadToken extends Error {
  override readonly name = 'BadToken';
  readonly reason: string;
  /** The name of the claim that failed, where it was one. */
  readonly claim: string | undefined;

  constructor(reason: string, claim?: string) {
    super(reason);
    this.reason = reason;
    this.claim = claim;
  }
}

/** The token could not be judged: its issuer's keys cannot be had or used. That is not the caller's mistake. */
export class KeysError extends Error {
  override readonly name = 'KeysError';
  readonly reason: string;
  /** What a system or a library calls the reason, such as ECONNREFUSED. */
  readonly code: string | undefined;

  constructor(reason: string, code?: string) {
    super(reason);
    this.reason = reason;
    this.code = code;
  }
}
