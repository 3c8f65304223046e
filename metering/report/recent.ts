import { RECENT_DAYS, TENANT_DAYS_AT_ONCE, USAGE_READS_AT_ONCE } from '../../contract/limits/metering.ts';
import { usagePartition } from '../budgets/counter-names.ts';
import type { Counters } from '../budgets/counters.ts';
import { reportKey } from '../ledger/layout.ts';
import { undoneRaw } from '../ledger/raw.ts';
import { addCosts, knownCost } from '../ledger/row.ts';
import type { UsageStore } from '../ledger/store.ts';
import type { Whose } from '../ledger/usage-file.ts';
import type { Money } from '../money.ts';
import { addTokens, noTokens, type TokenSums } from '../price.ts';
import { lookFrom, readProgress } from '../run/progress.ts';
import { DAY_MS, daysBetween, hourText } from '../window.ts';
import { totalOf } from './groups.ts';
import { type ReportRow, readReportCsv, reportNames } from './report.ts';
import { parseTenantDay } from './tenant-day.ts';

/**
 * What was used lately, for whoever is about to change something: from the days' reports and summaries that the aggregation
 * wrote, never from lines.
 */

/** Calls in which a model ran, and on which days. */
export interface Use {
  calls: number;
  tokens: TokenSums;
  /** null: not known, because nothing of it has a price. */
  cost: Money | null;
  /** Calls that are in no cost, for want of a price. */
  unpriced: number;
  /** Calls that began and of which no end was seen: what they used is not known. */
  unsettled: number;
  /** As `2026-11-21`. */
  firstDay: string;
  lastDay: string;
}

export interface ModelUse extends Use {
  tenant: string;
  /** Registry id. */
  model: string;
}

export interface PrincipalUse extends ModelUse {
  /** '' for all principals that had no room in a day's summary. */
  principal: string;
}

/** Which days: as many, today's the last. */
export interface Lately {
  /** Milliseconds since 1970. */
  now: number;
  /** Default RECENT_DAYS. */
  days?: number;
}

/** @returns in order */
export function recentDays({ now, days = RECENT_DAYS }: Lately): string[] {
  const dayAt = (at: number) => new Date(at).toISOString().slice(0, 10);
  return daysBetween(dayAt(now - (days - 1) * DAY_MS), dayAt(now));
}

/**
 * What each tenant used of each model, in the order of their names: one object of the bucket for a day.
 *
 * @throws whatever the store throws
 */
export async function recentUse(store: Pick<UsageStore, 'read'>, whose: Whose, lately: Lately): Promise<ModelUse[]> {
  const sums = new Sums();
  await eachReport(store, lately, (day, csv) => {
    for (const row of readReportCsv(csv, whose)) sums.add(day, row, [row.tenant, row.model]);
  });
  return sums.list(([tenant = '', model = '']) => ({ tenant, model }));
}

/**
 * The same by principal, of one tenant: from the counters table alone.
 *
 * @throws TollgateError `unavailable`
 */
export async function principalUse(
  counters: Pick<Counters, 'query'>,
  { tenant, model: only }: Whose & { tenant: string },
  lately: Lately,
): Promise<PrincipalUse[]> {
  const days = recentDays(lately);
  const sums = new Sums();
  for (const { key, document } of await counters.query(usagePartition(tenant), days[0] ?? '', days.at(-1) ?? ''))
    for (const row of parseTenantDay(tenant, key.sk, String(document.doc)).rows)
      if (only === undefined || row.model === only) sums.add(key.sk, row, [row.model, row.principal]);
  return sums.list(([model = '', principal = '']) => ({ tenant, model, principal }));
}

/** The same of several tenants, in their order. @throws TollgateError `unavailable` */
export async function principalsUse(
  counters: Pick<Counters, 'query'>,
  tenants: readonly string[],
  model: string | undefined,
  lately: Lately,
): Promise<PrincipalUse[]> {
  const found: PrincipalUse[] = [];
  for (let i = 0; i < tenants.length; i += TENANT_DAYS_AT_ONCE) {
    const some = tenants.slice(i, i + TENANT_DAYS_AT_ONCE);
    for (const uses of await Promise.all(some.map((tenant) => principalUse(counters, { tenant, model }, lately))))
      found.push(...uses);
  }
  return found;
}

/** All of it together. @returns undefined: nothing was used */
export function together(uses: readonly Use[]): Use | undefined {
  const [first, ...others] = uses;
  if (first === undefined) return undefined;
  const tokens = noTokens();
  for (const use of uses) addTokens(tokens, use.tokens);
  return others.reduce<Use>(
    (sum, use) => ({
      calls: sum.calls + use.calls,
      tokens,
      cost: sum.cost === null || use.cost === null ? (sum.cost ?? use.cost) : sum.cost + use.cost,
      unpriced: sum.unpriced + use.unpriced,
      unsettled: sum.unsettled + use.unsettled,
      firstDay: sum.firstDay < use.firstDay ? sum.firstDay : use.firstDay,
      lastDay: sum.lastDay > use.lastDay ? sum.lastDay : use.lastDay,
    }),
    { ...first, tokens },
  );
}

/** The last of the days on which a tenant used a model; undefined: on none of them. */
export type LastDay = (tenant: string, model: string) => string | undefined;

/**
 * Of every tenant and model at once, with nothing added up: quicker than recentUse where there are many.
 *
 * @throws whatever the store throws
 */
export async function lastDays(store: Pick<UsageStore, 'read'>, lately: Lately): Promise<LastDay> {
  const last = new Map<string, string>();
  await eachReport(store, lately, (day, csv) => {
    for (const { tenant, model } of reportNames(csv)) {
      const key = `${tenant} ${model}`;
      if (day > (last.get(key) ?? '')) last.set(key, day);
    }
  });
  return (tenant, model) => last.get(`${tenant} ${model}`);
}

/**
 * The grants without use since a day. One that was made on that day or later has not had the time.
 *
 * @param since as `2026-11-21`, none before the first of the days that lastDay knows of
 */
export function idleGrants<G extends { tenant: string; model: string; grantedAt: number }>(
  grants: readonly G[],
  lastDay: LastDay,
  since: string,
): G[] {
  const from = Date.parse(`${since}T00:00:00Z`);
  return grants.filter(({ tenant, model, grantedAt }) => grantedAt < from && (lastDay(tenant, model) ?? '') < since);
}

/** How far the ledger has come: what is not in it is in no sum of it either. */
export interface Reach {
  /** Everything that was delivered before this hour is in, as `2026-11-21T09`; null: nothing was ever aggregated. */
  watermark: string | null;
  /** Objects of lines that were delivered and are not in it yet. */
  waiting: number;
}

/** @throws whatever the store throws */
export async function reachOf(store: UsageStore): Promise<Reach> {
  const progress = await readProgress(store);
  return {
    watermark: progress && hourText(progress.delivered),
    waiting: (await undoneRaw(store, lookFrom(progress))).length,
  };
}

/** Reads the days' reports, at most USAGE_READS_AT_ONCE at a time. @param take is given them in no particular order */
async function eachReport(
  store: Pick<UsageStore, 'read'>,
  lately: Lately,
  take: (day: string, csv: string) => void,
): Promise<void> {
  const days = recentDays(lately).values();
  const work = async (): Promise<void> => {
    for (const day of days) {
      const csv = await store.read(reportKey(day));
      if (csv !== null) take(day, csv);
    }
  };
  await Promise.all(Array.from({ length: USAGE_READS_AT_ONCE }, work));
}

type Added = Pick<ReportRow, 'tokens' | 'invocations' | 'unpriced' | 'unsettled' | 'cost'>;
type Sum = Omit<Use, 'cost' | 'calls'> & Added & { names: readonly string[] };

class Sums {
  readonly #sums = new Map<string, Sum>();

  add(day: string, row: Added, names: readonly string[]): void {
    const key = JSON.stringify(names);
    const sum = this.#sums.get(key) ?? { ...NOTHING, names, tokens: noTokens(), firstDay: day, lastDay: day };
    this.#sums.set(key, sum);
    addTokens(sum.tokens, row.tokens);
    sum.invocations += row.invocations;
    sum.unpriced += row.unpriced;
    sum.unsettled += row.unsettled;
    sum.cost = addCosts(sum.cost, row.cost);
    if (day < sum.firstDay) sum.firstDay = day;
    if (day > sum.lastDay) sum.lastDay = day;
  }

  list<Named>(named: (names: readonly string[]) => Named): (Named & Use)[] {
    return [...this.#sums]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, sum]) => {
        const { names, invocations: calls, tokens, unpriced, unsettled, firstDay, lastDay } = sum;
        const cost = totalOf({ cost: knownCost(sum) });
        return { ...named(names), calls, tokens, cost, unpriced, unsettled, firstDay, lastDay };
      });
  }
}

const NOTHING = { invocations: 0, unpriced: 0, unsettled: 0, cost: null };
