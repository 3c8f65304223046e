import type { Budget } from '../../contract/budget.ts';
import { asTollgateError, TollgateError } from '../../contract/errors.ts';
import { RESERVE_ATTEMPTS } from '../../contract/limits/budgets.ts';
import { RETRY_AFTER_SECONDS } from '../../contract/limits/contract.ts';
import { type LogEvent, logLine, METRICS, type Metric } from '../../contract/log.ts';
import { isCharged, type Tier } from '../../contract/usage.ts';
import type { PriceReader } from '../../registry/reader.ts';
import { costAt, createPriceBook, type PriceBook } from '../price.ts';
import { chargeOf } from './charge.ts';
import { billedTokens, type CostedDemand, mostOf, type Sold } from './cost.ts';
import { type Counters, type Counts, NO_COUNTS } from './counters.ts';
import {
  type Amounts,
  amountsOf,
  byItem,
  type Counter,
  countedOf,
  countersOf,
  type Demand,
  type Fit,
  fitting,
  NOTHING,
  type Subject,
} from './quota.ts';
import { refusalOf } from './refusal.ts';
import { type Reservation, reservation } from './reservation.ts';
import { createSettle, type Held, type SettleOptions } from './settle.ts';
import type { Finished, Granted, Refused, Standing } from './verdict.ts';

/** A call that is about to be sent. */
export interface Asked extends Subject {
  /** Every budget that the tenant is under. */
  budgets: readonly Budget[];
  /** Whose prices it pays. */
  region: string;
  tier: Tier;
  /** Registry ids of the models whose prices it may pay; absent: its own. */
  priceModels?: readonly string[] | undefined;
  /** Where else it may come to be answered. */
  elsewhere?: readonly Sold[] | undefined;
  demand: CostedDemand;
  /** Keeps the function alive for what is still to be done when the answer has been given. */
  waitUntil(promise: Promise<unknown>): void;
}

export interface Budgets {
  /**
   * Reserves what a call may use from every budget that it is under, in one write for each item of counters: one, or two
   * where both a principal's and other budgets count it.
   *
   * @returns undefined when no budget applies: nothing was asked then
   * @throws TollgateError `unavailable` when a hard budget cannot be asked
   */
  reserve(asked: Asked): Promise<Granted | Refused | undefined>;
}

export interface BudgetsOptions extends SettleOptions {
  counters: Counters;
  prices: PriceReader;
  /** A name that no other call in flight has. */
  newCall: () => string;
}

/** The counters that can be counted, and what a call costs where one of them is in dollars. */
interface Priced {
  counting: Counter[];
  book?: PriceBook;
  rates?: NonNullable<Demand['rates']>;
}

/** usd is undefined of a call that used what has no price. */
type Used = Omit<Amounts, 'usd'> & { usd: bigint | undefined };

/** What asking one item for its part came to. */
type Part =
  | { is: 'held'; held: Held }
  | { is: 'refused'; wanted: Reservation; counts: Counts }
  | { is: 'unknown'; wanted: Reservation; error: TollgateError };

export function createBudgets(options: BudgetsOptions): Budgets {
  const { counters, prices, clock, write } = options;
  const settle = createSettle(options);

  const log = (event: LogEvent, metric: Metric): void => write(logLine(clock(), event, { [metric]: 1 }));

  async function askItem(asked: Asked, call: string, group: readonly Counter[], reserved: Amounts): Promise<Part> {
    const wanted: Reservation = { call, at: asked.at, counters: group, reserved };
    try {
      const { applied, counts } = await counters.update(reservation(wanted));
      return applied ? { is: 'held', held: { ...wanted, counts } } : { is: 'refused', wanted, counts };
    } catch (thrown) {
      return { is: 'unknown', wanted, error: asTollgateError(thrown) };
    }
  }

  /**
   * Every item at once: no transaction, which would answer without the counters and make the calls of one tenant fail
   * each other. Where one refuses, the others give back what they had reserved.
   *
   * @returns what is held, and the items that refused: if any did, nothing is held
   * @throws TollgateError `unavailable` when a hard budget could not be asked; nothing is held then
   */
  async function ask(asked: Asked, groups: readonly Counter[][], reserved: Amounts) {
    const call = options.newCall();
    const parts = await Promise.all(groups.map((group) => askItem(asked, call, group, reserved)));
    const held = parts.flatMap((part) => (part.is === 'held' ? [part.held] : []));
    const refused = parts.flatMap((part) => (part.is === 'refused' ? [part] : []));
    const unknown = parts.flatMap((part) => (part.is === 'unknown' ? [part] : []));
    // It may have been reserved all the same.
    if (unknown.length > 0) asked.waitUntil(giveBack(asked, unknown));
    const failed = unknown.find(({ wanted }) => wanted.counters.some(isHard));
    if (failed !== undefined) {
      asked.waitUntil(giveBack(asked, held));
      throw undecided(asked, failed.error.reason ?? failed.error.code, failed.error.detail);
    }
    for (const { wanted, error } of unknown) uncounted(asked, wanted.counters, error.reason ?? error.code);
    if (refused.length === 0) return { held, refused };
    await giveBack(asked, held);
    return { held: [], refused };
  }

  /** Nothing of it was used. What was never reserved is not there to be given back. */
  async function giveBack(subject: Subject, parts: readonly (Reservation | { wanted: Reservation })[]): Promise<void> {
    const reservations = parts.map((part) => ('wanted' in part ? part.wanted : part));
    await Promise.all(reservations.map((part) => settle(subject, { ...part, counts: NO_COUNTS }, NOTHING)));
  }

  /** The price, and the counters that can be counted: a soft budget in dollars cannot be without one. */
  async function priced(asked: Asked, all: Counter[]): Promise<Priced> {
    const inDollars = all.filter(({ budget }) => budget.unit === 'usd');
    if (inDollars.length === 0) return { counting: all };
    let reason = UNPRICED;
    try {
      const book = createPriceBook((await prices.prices(asked.priceModels ?? [asked.model])).values());
      const rates = mostOf(book, asked);
      if (rates !== undefined) return { counting: all, book, rates };
    } catch (thrown) {
      reason = asTollgateError(thrown).reason ?? 'unexpected';
    }
    if (inDollars.some(isHard)) throw undecided(asked, reason);
    uncounted(asked, inDollars, reason);
    return { counting: all.filter(({ budget }) => budget.unit !== 'usd') };
  }

  /** Soft budgets that a call is answered under without being counted in them. */
  function uncounted({ tenant, model }: Subject, these: readonly Counter[], reason: string): void {
    const event = { event: 'budget-uncounted', level: 'error', tenant, model, reason } as const;
    log({ ...event, budgets: idsOf(these) }, METRICS.budgetUnsettled);
  }

  function undecided({ tenant, model }: Subject, reason: string, detail?: Record<string, unknown>): TollgateError {
    const code = 'unavailable';
    log({ event: 'undecided', level: 'error', tenant, model, code, reason, detail }, METRICS.undecided);
    const shown =
      reason === UNPRICED ? { message: 'The model has no price here, so a budget in dollars cannot be checked.' } : {};
    return new TollgateError(code, { reason, retryAfterSeconds: RETRY_AFTER_SECONDS, ...shown });
  }

  return {
    async reserve(asked) {
      const all = countersOf(asked.budgets, asked);
      if (all.length === 0) return undefined;
      const { counting, book, rates } = await priced(asked, all);
      const demand: Demand = { ...asked.demand, ...(rates === undefined ? {} : { rates }) };
      const groups = byItem(counting);
      // Nothing is known at first, and the limits themselves are the first bound.
      const known = new Map<string, Counts>();
      const look = (): Fit => fitting(counting, demand, ({ key }) => known.get(key.sk) ?? NO_COUNTS);
      let found = look();
      for (let attempt = 1; found.fits && attempt <= RESERVE_ATTEMPTS; attempt++) {
        const { output } = found;
        const { held, refused } = await ask(asked, groups, amountsOf(demand, output));
        if (refused.length === 0) return granted(asked, held, demand, output, book);
        for (const { wanted, counts } of refused) for (const { key } of wanted.counters) known.set(key.sk, counts);
        found = look();
      }
      return refuse(asked, counting, found, known);
    },
  };

  function granted(
    asked: Asked,
    held: readonly Held[],
    demand: Demand,
    output: number,
    book: PriceBook | undefined,
  ): Granted {
    const counting = held.flatMap(({ counters: group }) => group);
    /** By attempts in whose place another one answers. */
    let before: Used = NOTHING;
    const usedBy = ({ outcome, code, tokens, tier = 'on-demand', ...where }: Finished): Used => {
      // What was only counted, and reserved all the same, has applied a guardrail: a request, and no token.
      if (outcome === 'counted') return { ...NOTHING, requests: 1n };
      if (!isCharged(outcome, tokens)) return code === 'upstream_rejected' ? { ...NOTHING, requests: 1n } : NOTHING;
      const region = where.priceRegion ?? where.region ?? asked.region;
      // Nobody said which: it is counted as it was reserved, which is of the dearest.
      const model = where.priceModel ?? asked.model;
      const cost = book && costAt(book, { ...asked, model, tier, region }, tokens);
      return { requests: 1n, credentials: 1n, tokens: billedTokens(tokens), usd: cost && cost.input + cost.output };
    };
    // Of however many attempts, the call is one request.
    const all = (record: Finished): Used => {
      const own = usedBy(record);
      const usd = own.usd === undefined || before.usd === undefined ? undefined : own.usd + before.usd;
      return { ...own, tokens: own.tokens + before.tokens, usd };
    };
    return {
      refusal: undefined,
      output,
      binding: counting.some((counter) => isHard(counter) && counter.budget.unit !== 'requests'),
      standings: (record) => {
        const own = record === undefined ? amountsOf(demand, 0) : all(record);
        return held.flatMap(({ counters: group, counts, reserved }) =>
          group.map((counter) => {
            const { unit } = counter.budget;
            const others = countedOf(counter.name, counts).total - reserved[unit];
            return standing(counter, others + (own[unit] ?? reserved[unit]));
          }),
        );
      },
      charged(record) {
        const [part] = held;
        if (part === undefined || !isCharged(record.outcome, record.tokens)) return undefined;
        return chargeOf(counting, usedBy(record).usd ?? part.reserved.usd);
      },
      retried(record) {
        before = all(record);
      },
      async settle(record) {
        const used = all(record);
        // What cannot be priced is counted as it was reserved, which is more.
        await Promise.all(held.map((part) => settle(asked, part, { ...used, usd: used.usd ?? part.reserved.usd })));
      },
    };
  }

  /** What is not known of an item yet is asked for, so that a refusal can say where its budgets stand. */
  async function refuse(
    { tenant, model }: Subject,
    counting: readonly Counter[],
    found: Fit,
    known: Map<string, Counts>,
  ): Promise<Refused> {
    for (const [counter] of byItem(counting)) {
      if (counter === undefined || known.has(counter.key.sk)) continue;
      const counts = await counters.counts(counter.key).catch(() => undefined);
      if (counts !== undefined) known.set(counter.key.sk, counts);
    }
    // Other calls were quicker every time: what is missing is theirs for now.
    const by = found.fits
      ? counting.filter(isHard).map((counter) => ({ counter, held: true, usedUp: false }))
      : found.by;
    const refusal = refusalOf(by, clock());
    const event = { event: 'budget-refused', tenant, model, reason: refusal.reason, ...refusal.detail };
    log(event, METRICS.budgetRefused);
    return {
      refusal,
      standings: () =>
        counting.flatMap((counter) => {
          const counts = known.get(counter.key.sk);
          return counts === undefined ? [] : [standing(counter, countedOf(counter.name, counts).total)];
        }),
    };
  }
}

const UNPRICED = 'budget-unpriced';

function standing({ budget, limit, window }: Counter, total: bigint): Standing {
  return { budget, limit, total, from: window.from, until: window.until };
}

function isHard({ budget }: Counter): boolean {
  return budget.enforcement === 'hard';
}

function idsOf(counters: readonly Counter[]): string[] {
  return counters.map(({ budget }) => budget.id);
}
