import { isTollgateError, TollgateError } from '../contract/errors.ts';
import type { TrustedIssuer } from '../contract/issuer.ts';
import { type Json, parseJsonObject } from '../contract/json.ts';
import { JWKS_MAX_BYTES, JWKS_MAX_KEYS, JWKS_TIMEOUT_MS } from '../contract/limits/authorizer.ts';
import { RETRY_AFTER_SECONDS } from '../contract/limits/contract.ts';
import { type VerificationKey, verificationKey } from './jwk.ts';

/** What is needed of `fetch`. A redirect must reject: keys come from where the settings say, or not at all. */
export type Fetch = (
  url: string,
  init: { signal: AbortSignal; redirect: 'error'; headers: Record<string, string> },
) => Promise<Response>;

export interface KeySet {
  /** In the document's order. */
  keys: VerificationKey[];
  /** How many keys of the document may not verify anything. */
  dropped: number;
}

/**
 * An issuer's keys, read now: from `jwksUri`, or from where the issuer's discovery document says (OpenID Connect
 * Discovery 1.0 section 4). Every address comes from the settings or from that document, never from a token.
 *
 * @returns an empty set too, when the issuer has withdrawn every key
 * @throws TollgateError `unavailable` within JWKS_TIMEOUT_MS for all of it, with reason jwks-timeout | jwks-unreachable |
 *   jwks-status | jwks-too-large | jwks-malformed | discovery-issuer | discovery-jwks-uri
 */
export async function fetchKeys(issuer: TrustedIssuer, fetch: Fetch): Promise<KeySet> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), JWKS_TIMEOUT_MS);
  const get = (url: string) => readJson(url, fetch, abort.signal);
  try {
    const document = await get(issuer.jwksUri ?? keysAddress(issuer, await get(discoveryAddress(issuer))));
    const { keys } = document;
    if (!Array.isArray(keys) || keys.length > JWKS_MAX_KEYS) throw unavailable('jwks-malformed');
    const usable = keys.map(verificationKey).filter((key) => key !== null);
    return { keys: usable, dropped: keys.length - usable.length };
  } catch (error) {
    if (abort.signal.aborted) throw unavailable('jwks-timeout');
    throw isTollgateError(error, 'unavailable') ? error : unavailable('jwks-unreachable', error);
  } finally {
    clearTimeout(timer);
    // Whatever is still being sent is no longer read: without this a refused answer would hold its connection.
    abort.abort();
  }
}

function discoveryAddress(issuer: TrustedIssuer): string {
  return `${issuer.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
}

function keysAddress(issuer: TrustedIssuer, document: { [member: string]: Json }): string {
  // Section 4.3: must be the same to the letter, or one issuer could be answered with another's keys.
  if (document.issuer !== issuer.issuer) throw unavailable('discovery-issuer');
  const address = document.jwks_uri;
  if (typeof address !== 'string' || !URL.canParse(address)) throw unavailable('discovery-jwks-uri');
  const { protocol, hostname } = new URL(address);
  const own = new URL(issuer.issuer);
  // Clear text only where the settings allowed it for the issuer itself: on the same loopback address.
  if (protocol !== 'https:' && !(protocol === 'http:' && own.protocol === 'http:' && hostname === own.hostname))
    throw unavailable('discovery-jwks-uri');
  return address;
}

async function readJson(url: string, fetch: Fetch, signal: AbortSignal): Promise<{ [member: string]: Json }> {
  const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } });
  if (response.status !== 200) throw unavailable('jwks-status');
  const bytes = await readBounded(response);
  try {
    return parseJsonObject(bytes, 'document');
  } catch (cause) {
    throw unavailable('jwks-malformed', cause);
  }
}

async function readBounded(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > JWKS_MAX_BYTES) throw unavailable('jwks-too-large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function unavailable(reason: string, cause?: unknown): TollgateError {
  return new TollgateError('unavailable', { reason, retryAfterSeconds: RETRY_AFTER_SECONDS, cause });
}
