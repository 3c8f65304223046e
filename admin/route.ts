import type { CallerContext } from '../contract/context.ts';
import type { Clock } from '../contract/log.ts';
import type { Counters } from '../metering/budgets/counters.ts';
import type { UsageStore } from '../metering/ledger/store.ts';
import type { Seen } from '../registry/edit.ts';
import type { KeyWriter } from '../registry/gateway-keys/writer.ts';
import type { Document, Items } from '../registry/items.ts';
import type { Resource, Rights, Verb } from '../registry/rights.ts';
import type { Writer } from '../registry/writer.ts';
import type { Parameter, Query } from './asked.ts';
import type { Stage } from './stage.ts';

/** What of the bucket of usage the API asks: it writes nothing there. */
export type UsageReader = Pick<UsageStore, 'list' | 'lines' | 'read'>;

/** What of the counters of budgets the API asks: it counts nothing. */
export type CounterReader = Pick<Counters, 'partition' | 'query'>;

/** One request of a caller who may make it, and what a route does with it. */
export interface Act {
  rights: Rights;
  caller: CallerContext;
  params: Readonly<Record<string, string>>;
  query: Query;
  body: Document;
  /** The version that the edit is to be of; 0: there is to be none. */
  wanted: number | undefined;
  /** Edits under the caller’s name; tries only where the request says so. */
  writer: Writer;
  /** The same for the entry whose version was seen: an edit of another version of it is refused when it is made. */
  writerOf(seen: Seen): Writer;
  /** Undefined where the stage has no keys. */
  keys: KeyWriter | undefined;
  /** The registry’s table, for what only reads it. */
  items: Items;
  /** @throws TollgateError `not_found` where the API was told no bucket */
  usage(): Promise<UsageReader>;
  /** @throws TollgateError `not_found` where the API was told no table of counters */
  counters(): Promise<CounterReader>;
  /** What is around the registry; `stageOf` refuses where the API was told of none. */
  stage: Stage | undefined;
  clock: Clock;
}

/** What a route answers with. */
export interface Reply {
  status?: number;
  /** Sent as JSON, but for text, which is sent as it is. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** One path and method of the API. */
export interface Route {
  method: 'get' | 'put' | 'patch' | 'post' | 'delete';
  /** Below `/admin`, as Hono writes it: `/models/:model`. */
  path: string;
  about: string;
  /** What the caller needs a right to; `me`: none, it is the caller itself. */
  resource: Resource | 'me';
  verb: Verb;
  parameters?: readonly Parameter[];
  /** Whose it is that the path names; undefined: the stage’s. */
  tenantOf?(params: Readonly<Record<string, string>>): string | undefined;
  /** The caller’s scope is narrowed within, for those who may see their own only. */
  narrows?: true;
  /** Also for who has no role of delegation: of what is its own, which the route sees to. */
  own?: true;
  /** As how many requests one counts; absent: 1. */
  cost?: number;
  run(act: Act): Promise<Reply>;
}
