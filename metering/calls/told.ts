import { UNSETTLED_AFTER_MS } from '../../contract/limits/metering.ts';
import { isCharged, NO_TOKENS, TOKEN_KINDS, type Tokens } from '../../contract/usage.ts';
import { isoMilliseconds } from '../../registry/fields.ts';
import type { PriceReader } from '../../registry/reader.ts';
import { formatMoney, type Money } from '../money.ts';
import { costOf, createPriceBook, type PriceBook } from '../price.ts';
import type { Attempt, FoundCall } from './find.ts';

/** How a call stands whose end was not delivered: it may still be out, or can be no more. */
export const UNENDED = ['in-flight', 'unsettled'] as const;

/** A call as it is told, by the command line and by the registry’s API. */
export interface ToldCall {
  request: string;
  at: string;
  tenant: string;
  principal: string;
  costCenter: string;
  surface: string;
  action: string;
  /** Of the last attempt; '' where the tenant does not hold what was named. */
  model: string;
  /** What was named then, hashed: `call list --model NAME` finds it by its name. */
  wantedHash?: string;
  outcome: string;
  /** Why it was refused or failed. */
  code: string;
  tokens: Tokens;
  estimated: boolean;
  /** US dollars; null: unpriced. */
  cost: string | null;
  ms: number | null;
  attempts: ToldAttempt[];
}

export interface ToldAttempt {
  invocation: string;
  model: string;
  nativeModel: string;
  region: string;
  outcome: string;
  code: string;
  tokens?: Tokens;
  estimated?: boolean;
  tier?: string;
  /** By which AWS’s own logs name it. */
  awsRequestId?: string;
  /** Absent: nothing is charged. */
  priceVersion?: string | null;
  cost?: string | null;
  /** What budgets in dollars counted, and which. */
  charged?: object;
  ms?: number;
  firstByteMs?: number;
}

/** @returns each call with its cost at the price that was in force when it began, as the ledger has it */
export async function toldOf(calls: readonly FoundCall[], prices: PriceReader, now: number): Promise<ToldCall[]> {
  const models = new Set(
    calls.flatMap(({ attempts }) => attempts.map(({ base, finished }) => finished?.priceModel ?? base.model)),
  );
  models.delete('');
  const known = models.size === 0 ? [] : [...(await prices.prices([...models])).entries()];
  const book = createPriceBook(known.map(([id, model]) => ({ ...model, id })));
  return calls.map((call) => told(call, book, now));
}

function told({ requestId, at, attempts }: FoundCall, book: PriceBook, now: number): ToldCall {
  const each = attempts.map((attempt) => ({ attempt, price: priceOf(attempt, book) }));
  const last = attempts.at(-1) as Attempt;
  const tokens: Tokens = { ...NO_TOKENS };
  let cost: Money | null = 0n;
  for (const { attempt, price } of each) {
    for (const kind of TOKEN_KINDS) {
      const count = attempt.finished?.tokens[kind];
      if (count) tokens[kind] = (tokens[kind] ?? 0) + count;
    }
    if (price !== undefined) cost = cost === null || price.cost === null ? null : cost + price.cost;
  }
  const { tenant, principal, costCenter, surface, action, model, wantedHash } = last.base;
  return {
    request: requestId,
    at: isoMilliseconds(at),
    tenant,
    principal,
    costCenter,
    surface,
    action,
    model,
    ...(wantedHash === undefined ? {} : { wantedHash }),
    outcome: outcomeOf(last, now),
    code: last.finished?.code ?? '',
    tokens,
    estimated: attempts.some(({ finished }) => finished?.estimated),
    cost: cost === null ? null : formatMoney(cost),
    ms: last.finished?.durationMs ?? null,
    attempts: each.map(({ attempt, price }) => toldAttempt(attempt, price, now)),
  };
}

/** @param now milliseconds since 1970 @returns how it ended, or how it stands */
export function outcomeOf({ base, finished }: Attempt, now: number): string {
  return finished?.outcome ?? UNENDED[base.at + UNSETTLED_AFTER_MS > now ? 0 : 1];
}

/** Without the kinds that it has none of. */
function used(tokens: Tokens): Tokens {
  return Object.fromEntries(Object.entries(tokens).filter(([, count]) => count !== undefined)) as unknown as Tokens;
}

interface Priced {
  version: string | null;
  /** null: it has no price. */
  cost: Money | null;
}

/** @returns nothing when AWS charges nothing for it */
function priceOf({ base, finished }: Attempt, book: PriceBook): Priced | undefined {
  if (finished === undefined || !isCharged(finished.outcome, finished.tokens)) return undefined;
  const { model, region, priceRegion = region, at } = base;
  const { priceModel = model, tier = 'on-demand' } = finished;
  const price = book.priceOf({ model: priceModel, region: priceRegion, tier, at });
  const cost = price && costOf(finished.tokens, price);
  return { version: price?.version ?? null, cost: cost === undefined ? null : cost.input + cost.output };
}

function toldAttempt(attempt: Attempt, price: Priced | undefined, now: number): ToldAttempt {
  const { base, finished } = attempt;
  const { invocationId: invocation, model, nativeModel, region } = base;
  const outcome = outcomeOf(attempt, now);
  if (finished === undefined) return { invocation, model, nativeModel, region, outcome, code: '' };
  const { code, estimated, tier, awsRequestId, charged, durationMs: ms, firstByteMs } = finished;
  return {
    ...{ invocation, model, nativeModel, region, outcome, code, tokens: used(finished.tokens), estimated },
    ...(tier === undefined ? {} : { tier }),
    ...(awsRequestId === undefined ? {} : { awsRequestId }),
    ...(price === undefined
      ? {}
      : { priceVersion: price.version, cost: price.cost === null ? null : formatMoney(price.cost) }),
    ...(charged === undefined ? {} : { charged }),
    ms,
    firstByteMs,
  };
}
