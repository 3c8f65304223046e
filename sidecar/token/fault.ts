/** Why there is no token. It holds nothing of a token or secret, whatever the issuer wrote: it is logged. */
export class TokenFault extends Error {
  override readonly name = 'TokenFault';
  readonly reason: Reason;
  /** What the issuer, AWS or the system calls it, e.g. `invalid_client`, `ECONNREFUSED`. */
  readonly error: string | undefined;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(reason: Reason, details: { error?: unknown; status?: number; retryAfterMs?: number | undefined } = {}) {
    const error = typeof details.error === 'string' && CODE.test(details.error) ? details.error : undefined;
    super([reason, details.status, error].filter((part) => part !== undefined).join(' '));
    this.reason = reason;
    this.error = error;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

export type Reason =
  /** The issuer, or AWS, knows the question and says no: until somebody acts, it will say so again. */
  | 'refused'
  /** It does not answer, or says that it cannot now. */
  | 'unreachable'
  /** Its answer is not what such an answer is. */
  | 'bad-answer'
  /** A redirect is not followed: a secret would go where nobody said. */
  | 'redirect'
  /** Not https, and not of this machine. */
  | 'insecure-url'
  | 'file-unreadable'
  | 'bad-key'
  | 'command-failed'
  | 'no-token'
  /** What was got has ended already, by this machine's clock. */
  | 'token-ended'
  | 'not-signed-in'
  | 'no-aws-credentials'
  | 'unexpected';

/** A code of an OAuth error, of AWS or of the system; no text in which something else could stand, a token least of all. */
const CODE = /^[\w.-]{1,64}$/;
