import { ISSUER_ANSWER_MAX_BYTES, ISSUER_TIMEOUT_MS } from '../../contract/limits/tokens.ts';
import { TokenFault } from './fault.ts';
import type { Fetch, Fetched } from './fetch.ts';

/** As much of it as is asked for. */
export type Ask = (url: string, init: AskInit) => Promise<Response>;

export interface AskInit {
  method?: string;
  headers?: Record<string, string>;
  body?: string | URLSearchParams | undefined;
}

/** Loopback, which nobody else hears. */
const HERE = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/** The addresses at which ECS and EKS give a container its credentials, without TLS (Amazon ECS and EKS developer guides). */
const METADATA = /^(?:169\.254\.170\.2|169\.254\.170\.23|\[fd00:ec2::23\])$/;

/** RFC 6749 sections 3.2 and 10.9: what is a secret goes over TLS, or never leaves the machine. */
export function isSecure(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || (protocol === 'http:' && (HERE.test(hostname) || METADATA.test(hostname)));
}

/**
 * `fetch` with bounds: to secure addresses alone, wherever an issuer's metadata point; no redirect is followed; an answer has a
 * time and a length, and is here when this resolves.
 *
 * @throws TokenFault `insecure-url`, `redirect`, `bad-answer`; `unreachable` also for 429 and 5xx
 */
export function bounded(fetch: Fetch, signal: AbortSignal): Ask {
  return async (url, { body: sent, ...init }) => {
    if (!isSecure(url)) throw new TokenFault('insecure-url');
    const until = AbortSignal.any([signal, AbortSignal.timeout(ISSUER_TIMEOUT_MS)]);
    let response: Fetched;
    let body: Buffer | undefined;
    try {
      response = await fetch(url, { ...init, ...(sent === undefined ? {} : { body: sent }), signal: until });
      body = await bodyOf(response);
    } catch (error) {
      throw new TokenFault('unreachable', { error: codeOf(error) });
    }
    const { status, headers } = response;
    if (status >= 300 && status < 400) throw new TokenFault('redirect', { status });
    if (status === 429 || status >= 500)
      throw new TokenFault('unreachable', { status, retryAfterMs: retryAfterMs(headers.get('retry-after')) });
    if (body === undefined) throw new TokenFault('bad-answer', { status, error: 'too-long' });
    return new Response(status === 204 ? null : new Uint8Array(body), { status, headers });
  };
}

/** @returns undefined for one that is too long */
async function bodyOf(response: Fetched): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > ISSUER_ANSWER_MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function codeOf(error: unknown): string {
  const { name, code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : name;
}

/** Seconds, or a date (RFC 9110 section 10.2.3), of which only the first is worth trusting a clock for. */
function retryAfterMs(value: string | null): number | undefined {
  return value !== null && /^\d{1,6}$/.test(value) ? Number(value) * 1_000 : undefined;
}
