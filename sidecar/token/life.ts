import { UNKNOWN_LIFE_MS } from '../../contract/limits/tokens.ts';
import { TokenFault } from './fault.ts';
import type { HeldToken } from './token.ts';

/** What is known of a token that was just got. */
export interface Got {
  token: string;
  /** This machine's clock before it was asked for. */
  askedAt: number;
  /** Seconds from then on, if the issuer said so. */
  expiresIn?: number | undefined;
  /** Whether it was issued when it was asked for, and did not lie somewhere before. */
  isNew?: boolean;
}

/** The last moment that a date can name (ECMA-262 section 21.4.1.1): a token that is to last for ever may well say a later one. */
const DATE_MAX_MS = 8.64e15;

/** RFC 6750 section 2.1: what may stand behind `Bearer`; anything else would be another header, or refused by any gateway. */
const TOKEN = /^[\w.~+/-]+=*$/;

/**
 * When a token ends by this machine's clock. How long it lives needs no clock to agree with the issuer's: `expires_in`, or what
 * lies between `iat` and `exp` of one that is new. Only one that others wrote is taken at its `exp`. One that says nothing is held
 * for a while.
 *
 * @throws TokenFault `no-token` for what can be no bearer token
 */
export function heldToken({ token, askedAt, expiresIn, isNew = false }: Got): HeldToken {
  if (!TOKEN.test(token)) throw new TokenFault('no-token');
  const { exp, iat } = claimsOf(token);
  const seconds = expiresIn ?? (isNew && exp !== undefined && iat !== undefined ? exp - iat : undefined);
  const expiresAt = seconds === undefined ? (exp ?? Number.NaN) * 1_000 : askedAt + seconds * 1_000;
  return { token, expiresAt: Number.isNaN(expiresAt) ? askedAt + UNKNOWN_LIFE_MS : Math.min(expiresAt, DATE_MAX_MS) };
}

/**
 * The token in what was printed or written: the whole of it, or of a JSON object `access_token` with its `expires_in`
 * (RFC 6749 section 5.1); `accessToken` and `token` are what the command lines of clouds call it.
 */
export function tokenIn(text: string, askedAt: number): HeldToken {
  const token = text.trim();
  if (!token.startsWith('{')) return heldToken({ token, askedAt });
  const { access_token, accessToken, token: plain, expires_in: expiresIn } = parsed(token);
  const inside = String(access_token ?? accessToken ?? plain ?? '');
  return heldToken({ token: inside, askedAt, expiresIn: isTime(expiresIn) ? expiresIn : undefined });
}

/** Not verified, for the gateway does that: who lies here has a token that ends too early or is refused. */
function claimsOf(token: string): { exp?: number | undefined; iat?: number | undefined } {
  const { exp, iat } = parsed(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  return { exp: isTime(exp) ? exp : undefined, iat: isTime(iat) ? iat : undefined };
}

/** @returns no members of what is no JSON object */
export function parsed(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
