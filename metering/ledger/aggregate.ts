import { CALLS_PER_PASS, UNSETTLED_AFTER_MS } from '../../contract/limits/metering.ts';
import { BILLABLE, isCharged, type Outcome, type UsageRecord } from '../../contract/usage.ts';
import type { Money } from '../money.ts';
import { addTokens, costOf, isPriced, noTokens, type Price, type PriceBook, type TokenSums } from '../price.ts';
import { type SettledCall, WHOLE } from './calls.ts';
import { Charges, type Correction } from './charges.ts';
import { type Party, Pass, partyName } from './pass.ts';
import { divideHour } from './provisioned.ts';
import { addCosts, knownCost, type RowCost, type UsageRow } from './row.ts';
import { addCall, noTold } from './told.ts';

export interface Summary {
  /** Sorted; the same for the same calls, whatever the order, repetition and batching of their lines. */
  rows: UsageRow[];
  calls: number;
  /** Calls whose lines contradict each other; the greater line stands. */
  contradicted: number;
  /** Calls that have begun and may still end. They are in no row yet. */
  pending: number;
  /** Milliseconds since 1970: when the first pending call becomes unsettled; null when none is pending. */
  pendingUntil: number | null;
  /** Counters of dollars that counted these calls for something else than they cost. */
  corrections: Correction[];
}

const REFUSED: ReadonlySet<Outcome> = new Set(['refused', 'denied']);

/** What was used at one price, and how much of it is our estimate. */
interface Used {
  all: TokenSums;
  estimated: TokenSums;
}

/** What was used in a row at one price. */
interface Part {
  row: UsageRow;
  used: Used;
}

/** Gathers usage records of one hour into rows: one `Pass` per slice of the calls, each added to the same sums. */
export class Sums {
  readonly #now: number;
  /** A row may have more than one price: a version that names the region may have the name of the one that it follows. */
  readonly #rows = new Map<string, { row: UsageRow; parts: Map<Price | undefined, Used> }>();
  readonly #charges = new Charges();
  #calls = 0;
  #contradicted = 0;
  #pending = 0;
  #pendingUntil = Number.POSITIVE_INFINITY;

  /** @param now milliseconds since 1970: decides which calls without an end are unsettled and which still pending */
  constructor(now: number) {
    this.#now = now;
  }

  /**
   * Adds what a pass gathered; its calls must be in no other pass.
   *
   * @param prices knows the pass's models
   * @returns how many of its calls are unsettled
   */
  take(pass: Pass, prices: PriceBook): number {
    let unsettled = 0;
    const parts = new Map<Price | undefined, Part[]>();
    const charged: { call: SettledCall; price: Price }[] = [];
    for (const call of pass.calls) {
      this.#calls++;
      if (call.contradicted) this.#contradicted++;
      const due = call.at + UNSETTLED_AFTER_MS;
      if (call.outcome === null && this.#now < due) {
        this.#pending++;
        this.#pendingUntil = Math.min(this.#pendingUntil, due);
        continue;
      }
      const party = pass.party(call.party);
      const price = priceOf(party, call, prices);
      const ofPrice = parts.get(price) ?? [];
      parts.set(price, ofPrice);
      const part = ofPrice[call.party] ?? this.#part(party, price);
      ofPrice[call.party] = part;
      count(part, call);
      if (price !== undefined && ran(call) && pass.chargedTo(call.party).length > 0) charged.push({ call, price });
      if (call.outcome === null) unsettled++;
      if (price === undefined && ran(call)) part.row.unpriced++;
    }
    this.#charges.take(pass, charged);
    return unsettled;
  }

  summary(): Summary {
    const rows = [...this.#rows]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { row, parts }]) => ({ row: priced(row, parts), perHour: perHourOf(parts.keys()) }));
    divideHour(rows);
    return {
      rows: rows.map(({ row }) => row),
      calls: this.#calls,
      contradicted: this.#contradicted,
      pending: this.#pending,
      pendingUntil: this.#pending === 0 ? null : this.#pendingUntil,
      corrections: this.#charges.corrections(),
    };
  }

  #part(party: Party, price: Price | undefined): Part {
    const { row, parts } = this.#row(party, price?.version ?? '');
    const used = parts.get(price) ?? { all: noTokens(), estimated: noTokens() };
    parts.set(price, used);
    return { row, used };
  }

  #row(party: Party, priceVersion: string) {
    const key = `${partyName(party)}${JSON.stringify(priceVersion)}`;
    const found = this.#rows.get(key);
    if (found) return found;
    const { priceRegion: _, priceModel: __, ...about } = party;
    const row: UsageRow = {
      ...about,
      priceVersion,
      tokens: noTokens(),
      invocations: 0,
      counted: 0,
      refused: 0,
      failed: 0,
      retried: 0,
      estimated: 0,
      unsettled: 0,
      unpriced: 0,
      cost: null,
      told: noTold(),
    };
    const made = { row, parts: new Map<Price | undefined, Used>() };
    this.#rows.set(key, made);
    return made;
  }
}

/**
 * Records already in memory, in one go.
 *
 * @param limit calls in memory at once; the result does not depend on it
 */
export function aggregate(
  records: readonly UsageRecord[],
  prices: PriceBook,
  now: number,
  limit = CALLS_PER_PASS,
): Summary {
  const sums = new Sums(now);
  const slices = [WHOLE];
  for (let slice = slices.pop(); slice !== undefined; slice = slices.pop()) {
    const pass = new Pass(slice, limit);
    for (const record of records) slices.push(...pass.add(record));
    sums.take(pass, prices);
  }
  return sums.summary();
}

/** A call that used what its price has no rate for has no price, like one of a model without any. */
function priceOf(party: Party, call: SettledCall, prices: PriceBook): Price | undefined {
  const { model, priceModel = model, region, priceRegion = region, tier } = party;
  const price = prices.priceOf({ model: priceModel, region: priceRegion, tier, at: call.at });
  return price === undefined || (ran(call) && !isPriced(call.tokens, price)) ? undefined : price;
}

function ran({ outcome, tokens }: SettledCall): boolean {
  return outcome !== null && isCharged(outcome, tokens);
}

function count({ row, used }: Part, call: SettledCall): void {
  const { outcome } = call;
  if (outcome === null) {
    row.unsettled++;
    return;
  }
  if (call.told !== 0) addCall(row.told, call.told, BILLABLE.has(outcome), call.tokens.output, call.ms);
  if (BILLABLE.has(outcome)) {
    row.invocations++;
    if (call.estimated) row.estimated++;
  } else if (outcome === 'counted') row.counted++;
  else if (outcome === 'retried') row.retried++;
  else if (REFUSED.has(outcome)) row.refused++;
  else row.failed++;
  if (!ran(call)) return;
  addTokens(used.all, call.tokens);
  if (call.estimated) addTokens(used.estimated, call.tokens);
}

function priced(row: UsageRow, parts: ReadonlyMap<Price | undefined, Used>): UsageRow {
  const tokens = noTokens();
  let cost: RowCost | null = null;
  for (const [price, { all, estimated }] of parts) {
    addTokens(tokens, all);
    const [whole, guessed] = [price && costOf(all, price), price && costOf(estimated, price)];
    if (whole === undefined) continue;
    cost = addCosts(cost, { ...whole, estimated: guessed ? guessed.input + guessed.output : 0n });
  }
  return { ...row, tokens, cost: knownCost({ ...row, cost }) };
}

/** Capacity that is paid by the hour has one price in it. */
function perHourOf([price]: Iterable<Price | undefined>): Money | null {
  return price?.perHour ?? null;
}
