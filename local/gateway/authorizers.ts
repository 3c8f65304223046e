import { createHash } from 'node:crypto';
import type { GatewayResponseType } from '../../contract/gateway-responses.ts';
import type { Clock } from '../../contract/log.ts';
import { type Api, authorizerEvent, methodArn, type Received, valuesOf } from './event.ts';
import { decidePolicy } from './policy.ts';

export type Authorization =
  | {
      ok: true;
      context: Readonly<Record<string, string>>;
      /** The API key that the authorizer named, kept and forgotten with the rest of its answer. */
      usageKey: string | undefined;
    }
  | { ok: false; response: GatewayResponseType };

export interface AuthorizerOptions {
  api: Api;
  /** Calls the authorizer function. Rejects with what it threw. */
  call(event: unknown, requestId: string): Promise<unknown>;
  /** Seconds; 0 turns the cache off. */
  ttlSeconds: number;
  clock: Clock;
  /** An authorizer that failed, for the log. Never given a token. */
  onFailure(error: unknown, requestId: string): void;
}

interface Answer {
  policyDocument: unknown;
  context: Record<string, string>;
  usageKey: string | undefined;
}

/** Answers kept. A flood of different tokens must not fill the memory; the oldest goes first. */
const CACHE_MAX = 1_000;

/**
 * API Gateway's REQUEST authorizer with the Authorization header as its one identity source: without the header it answers
 * 401 by itself, an answer is kept for the TTL under the whole header, and the policy in it is evaluated anew for every
 * request. Unlike API Gateway the kept answer also ends with the token: a stale answer is what one would not debug here.
 */
export function createAuthorizer(
  options: AuthorizerOptions,
): (received: Received, resource: string) => Promise<Authorization> {
  const { api, call, ttlSeconds, clock, onFailure } = options;
  const kept = new Map<string, { answer: Answer; until: number }>();
  const asking = new Map<string, Promise<Answer | GatewayResponseType>>();

  const remembered = (key: string): Answer | undefined => {
    const found = kept.get(key);
    if (found === undefined) return undefined;
    if (found.until > clock()) return found.answer;
    kept.delete(key);
    return undefined;
  };

  const remember = (key: string, answer: Answer): void => {
    const exp = Number(answer.context.exp);
    const until = clock() + ttlSeconds * 1000;
    kept.set(key, { answer, until: Number.isFinite(exp) ? Math.min(until, exp * 1000) : until });
    const oldest = kept.size > CACHE_MAX ? kept.keys().next().value : undefined;
    if (oldest !== undefined) kept.delete(oldest);
  };

  const ask = async (key: string, received: Received, resource: string): Promise<Answer | GatewayResponseType> => {
    try {
      const answer = readAnswer(await call(authorizerEvent(api, received, resource), received.requestId));
      if (answer === undefined) return 'AUTHORIZER_CONFIGURATION_ERROR';
      if (ttlSeconds > 0) remember(key, answer);
      return answer;
    } catch (error) {
      // The one message by which an authorizer says 401; API Gateway compares it to the letter.
      if (error instanceof Error && error.message === 'Unauthorized') return 'UNAUTHORIZED';
      onFailure(error, received.requestId);
      return 'AUTHORIZER_FAILURE';
    }
  };

  /** Requests with one header that arrive together ask once, so a burst costs a laptop no more than its first request. */
  const askOnce = (key: string, received: Received, resource: string): Promise<Answer | GatewayResponseType> => {
    if (ttlSeconds === 0) return ask(key, received, resource);
    const under = asking.get(key) ?? ask(key, received, resource).finally(() => asking.delete(key));
    asking.set(key, under);
    return under;
  };

  return async (received, resource) => {
    const identity = valuesOf(received, 'authorization');
    if (identity.every((value) => value.trim() === '')) return { ok: false, response: 'UNAUTHORIZED' };
    // A hash: whoever dumps this process's memory finds no token among the keys.
    const key = createHash('sha256').update(JSON.stringify(identity)).digest('base64');
    const answer = remembered(key) ?? (await askOnce(key, received, resource));
    if (typeof answer === 'string') return { ok: false, response: answer };
    if (decidePolicy(answer.policyDocument, methodArn(api, received)) === 'deny')
      return { ok: false, response: 'ACCESS_DENIED' };
    return { ok: true, context: answer.context, usageKey: answer.usageKey };
  };
}

/** @returns undefined for what API Gateway would not accept: no principal, no policy, a context that is not flat */
function readAnswer(value: unknown): Answer | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { principalId, policyDocument, context, usageIdentifierKey } = value as Record<string, unknown>;
  if (typeof principalId !== 'string' || typeof policyDocument !== 'object' || policyDocument === null)
    return undefined;
  const flat: [string, string][] = [];
  for (const [key, item] of Object.entries(context ?? {})) {
    if (!['string', 'number', 'boolean'].includes(typeof item)) return undefined;
    flat.push([key, String(item)]);
  }
  // What API Gateway itself adds, beside the strings that it makes of every value.
  return {
    policyDocument,
    context: Object.fromEntries([...flat, ['principalId', principalId]]),
    usageKey: typeof usageIdentifierKey === 'string' ? usageIdentifierKey : undefined,
  };
}
