import { TollgateError } from '../contract/errors.ts';
import { TOKEN_MAX_CHARS } from '../contract/limits/contract.ts';
import type { AuthorizerEvent } from './event.ts';

/** A JWS in compact form (RFC 7515 section 7.1): three strict base64url segments, none empty, not yet trusted. */
export interface CompactToken {
  /** The three segments joined by dots, as they came. */
  text: string;
  header: string;
  payload: string;
  signature: string;
}

/** RFC 6750 section 2.1; the scheme in any letter case (RFC 9110 section 11.1). Commas and a second word do not fit. */
const BEARER = /^bearer ([A-Za-z0-9_.-]+)$/i;

/**
 * The one token of a request. Only the Authorization header is looked at: a token in a query or a cookie ends up in
 * logs and travels where its owner did not send it.
 *
 * @returns the token, at most TOKEN_MAX_CHARS with its scheme; nothing in it has been decoded or trusted
 * @throws TollgateError `unauthenticated` with reason header-missing | header-repeated | header-too-long |
 *   header-not-bearer | token-not-compact | token-not-base64url
 */
export function bearerToken(event: Pick<AuthorizerEvent, 'headers' | 'multiValueHeaders'>): CompactToken {
  return compactToken(bearerText(event));
}

/**
 * What stands behind `Bearer`, and nothing is known of it yet.
 *
 * @throws TollgateError `unauthenticated` with reason header-missing | header-repeated | header-too-long | header-not-bearer
 */
export function bearerText(event: Pick<AuthorizerEvent, 'headers' | 'multiValueHeaders'>): string {
  const value = authorizationOf(event);
  // Before any pattern or decoder sees it, so that a megabyte is refused as fast as a byte.
  if (value.length > TOKEN_MAX_CHARS) throw refused('header-too-long');
  const text = BEARER.exec(value)?.[1];
  if (text === undefined) throw refused('header-not-bearer');
  return text;
}

/** @throws TollgateError `unauthenticated` with reason token-not-compact | token-not-base64url */
export function compactToken(text: string): CompactToken {
  const [header, payload, signature, ...rest] = text.split('.');
  // An empty signature is the form of `alg: none` (RFC 7518 section 3.6).
  if (!header || !payload || !signature || rest.length > 0) throw refused('token-not-compact');
  if (![header, payload, signature].every(isBase64Url)) throw refused('token-not-base64url');
  return { text, header, payload, signature };
}

/**
 * API Gateway reports a repeated header twice over: all values in `multiValueHeaders`, the last one in `headers`. Two
 * parties that read different ones would disagree about who is calling, so there must be one value, the same in both.
 *
 * @throws TollgateError `unauthenticated` with reason header-missing | header-repeated
 */
export function authorizationOf(event: Pick<AuthorizerEvent, 'headers' | 'multiValueHeaders'>): string {
  const all = valuesOf(event.multiValueHeaders ?? {}).flat();
  const single = valuesOf(event.headers ?? {});
  if (all.length > 1 || single.length > 1) throw refused('header-repeated');
  const value = all[0] ?? single[0];
  if (typeof value !== 'string') throw refused('header-missing');
  if (single[0] !== undefined && single[0] !== value) throw refused('header-repeated');
  return value;
}

function valuesOf<T>(headers: Readonly<Record<string, T | undefined>>): T[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    name.toLowerCase() === 'authorization' && value !== undefined && value !== null ? [value] : [],
  );
}

/**
 * RFC 7515 section 2: no padding, no white space; and the bits that the last character does not need are zero, or one
 * token could be written in several ways and a deny list or cache keyed by its text would miss the others.
 */
function isBase64Url(segment: string): boolean {
  return Buffer.from(segment, 'base64url').toString('base64url') === segment;
}

function refused(reason: string): TollgateError {
  return new TollgateError('unauthenticated', { reason });
}
