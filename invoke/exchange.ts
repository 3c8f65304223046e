import type { Budget } from '../contract/budget.ts';
import type { CallerContext } from '../contract/context.ts';
import type { TollgateError } from '../contract/errors.ts';
import type { AllowedModel, Description } from '../contract/model.ts';
import type { Counters } from '../metering/budgets/counters.ts';
import type { ScopedCredentials } from '../sessions/session.ts';
import type { Run, Trace } from './call.ts';
import type { Costs } from './costs.ts';
import type { Answers } from './kept.ts';
import type { SessionIds } from './session-ids.ts';

/**
 * A request, of an event or of a socket. Not the language's own `Request`: that one copies headers and makes a stream of a
 * body that is there in one piece, on every call.
 */
export interface Asked {
  method: string;
  /** As it was written, percent-encoding included; canonical, and without the query. */
  path: string;
  query: URLSearchParams;
  headers: AskedHeaders;
  /** The whole body as it came, read once. @throws TollgateError `too_large` */
  body(): Uint8Array | Promise<Uint8Array>;
}

/** By lower-case names; the lines of one name are one value, a list (RFC 9110 section 5.3). */
export interface AskedHeaders extends Iterable<readonly [name: string, value: string]> {
  get(name: string): string | null;
}

// The authorizer has read the token already; in a request it could only leak. Cookies and Host have no say in anything.
const DROPPED: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie', 'host']);

/** RFC 9110 section 5.6.2, in lower case. */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;

/**
 * @param lines lower-case names
 * @throws TypeError for what is no header
 */
export function headersFrom(lines: Iterable<readonly [name: string, value: string]>): AskedHeaders {
  const all = new Map<string, string>();
  for (const [name, value] of lines) {
    if (DROPPED.has(name)) continue;
    if (typeof value !== 'string' || !TOKEN.test(name)) throw new TypeError('not a header');
    const before = all.get(name);
    all.set(name, before === undefined ? value.trim() : `${before}, ${value.trim()}`);
  }
  return { get: (name) => all.get(name) ?? null, [Symbol.iterator]: () => all[Symbol.iterator]() };
}

/** A request that is part of a trace. */
export interface Traced {
  traceId: string;
  /** For each call of a model that it makes. */
  call(): Trace;
  /** To be told when no call of a model came of it; absent: nobody wants to hear of it. */
  refused?(error: TollgateError, caller: CallerContext, requestId: string): void;
}

/** @returns undefined where nobody traces */
export type TakeUp = (asked: Asked) => Traced | undefined;

/** An answer to a request. */
export interface Given {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  /**
   * In one piece, or as it comes: then it is to be read once, never throws, and leaving it (`return()`) takes effect at once,
   * not after its next piece.
   */
  body: Uint8Array | string | AsyncIterable<Uint8Array>;
}

/** @returns an answer that is the value in JSON */
export function json(value: unknown, headers: Record<string, string> = {}, status = 200): Given {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

export interface CallerEntries {
  /** What the caller may use, retired entries included. */
  models: readonly AllowedModel[];
  /** What its tenant may use up: the tenant's own and the stage's, sorted by id. */
  budgets: readonly Budget[];
}

/** @throws TollgateError `forbidden` when the tenant is gone or suspended; `unavailable` when the registry cannot say */
export type EntriesOf = (caller: CallerContext) => Promise<CallerEntries>;

/** What a caller can do with a model that it was granted. */
export interface Abilities {
  /** None: nothing that this gateway serves reaches it. */
  paths: string[];
  streaming: boolean;
  /** As Bedrock names what a model puts out; undefined where its name does not tell. */
  output: 'EMBEDDING' | 'IMAGE' | undefined;
}

/** Credentials that leave the gateway. */
export interface HandedOut {
  model: AllowedModel;
  credentials: ScopedCredentials;
  /** Milliseconds since 1970: when they stop working, by the session's own end, the token's or the grant's. */
  expiresAt: number;
}

/** One request of one authorised caller, and what a surface may do with it. */
export interface Exchange {
  request: Asked;
  caller: CallerContext;
  requestId: string;
  /** Seconds since 1970 when the request arrived. */
  nowSeconds: number;
  run: Run;
  entries: EntriesOf;
  /** By registry id what its operator says of each; nothing where the registry cannot say. Never in the context, where room is short. */
  describe(ids: readonly string[]): Promise<ReadonlyMap<string, Description>>;
  /** The counters table: days' summaries and what budgets have counted. */
  counters: Pick<Counters, 'query' | 'counts'>;
  /** What the caller can do with a model that it holds. */
  abilities(model: AllowedModel): Abilities;
  /** Loaded when they are first asked for; undefined where the stage has no table for them. */
  answers: (() => Promise<Answers>) | undefined;
  /** Whether answers are also kept for who asks for it, and not in the background alone. */
  storesResponses: boolean;
  /** Loaded when they are first asked for. */
  sessionIds(): Promise<SessionIds>;
  /** Loaded when they are first asked for. */
  costs(): Promise<Costs>;
  /**
   * Credentials for the caller itself.
   *
   * @param wanted the model as the caller wrote it
   * @param region in which it is to be called; undefined: in the first of its places
   */
  direct(wanted: string, region?: string): Promise<HandedOut>;
  waitUntil(promise: Promise<unknown>): void;
  /** A stream that had begun could not be ended well. */
  broke(error: TollgateError): void;
}
