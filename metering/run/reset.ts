import type { Budget } from '../../contract/budget.ts';
import { TollgateError } from '../../contract/errors.ts';
import { COUNTERS_AT_ONCE, RESET_ATTEMPTS } from '../../contract/limits/budgets.ts';
import type { Writer } from '../../registry/writer.ts';
import { hasDay } from '../budgets/correction.ts';
import { counterPartition, counterText, principalOf } from '../budgets/counter-names.ts';
import type { Counters } from '../budgets/counters.ts';
import { expiryOf } from '../budgets/reservation.ts';
import { type Due, DueOf, resetting } from '../budgets/reset.ts';
import { correctionsOf, type DayCorrections } from '../ledger/follow.ts';
import type { UsageStore } from '../ledger/store.ts';
import { readUsage } from '../ledger/usage-hours.ts';
import { formatAmount, type Money } from '../money.ts';
import { dayOf, daysBetween, hourOf } from '../window.ts';

/** Brings what budgets count in the window that is open now to what the ledger says of it. */

export interface ResetDependencies {
  store: UsageStore;
  counters: Pick<Counters, 'counts' | 'partition' | 'update'>;
  writer: Pick<Writer, 'noteReset'>;
  now: number;
}

/** What a counter had settled, and what it has now; text, in the budget's unit. */
export interface ResetRow {
  /** The principal or the model that it counts; '' for the whole tenant. */
  of: string;
  window: string;
  before: string;
  after: string;
}

/**
 * Sets every counter that a tenant has of a budget in the running window to what the ledger says of it. Each edit is in the
 * history of the tenant's budgets before it is made.
 *
 * @throws TollgateError `invalid_request` for a budget that the ledger knows nothing of (per minute, or of credentials);
 *   `conflict` when calls were quicker every time
 */
export async function resetBudget(
  tenant: string,
  budget: Budget,
  dependencies: ResetDependencies,
): Promise<ResetRow[]> {
  const why = unknownToLedger(budget);
  if (why !== undefined)
    throw new TollgateError('invalid_request', {
      field: 'the budget',
      reason: 'budget-not-in-ledger',
      message: `The budget ${budget.id} is ${why}.`,
    });
  const { counters, writer } = dependencies;
  const { dues, corrections } = await dueOf([tenant], budget, dependencies);
  const rows: ResetRow[] = [];
  for (const one of dues.get(tenant)?.list(await counters.partition(counterPartition(tenant))) ?? [])
    rows.push(
      await set(tenant, budget, one, corrections, dependencies, {
        first: (row) => writer.noteReset(tenant, budget.id, { ...row, unit: budget.unit }),
      }),
    );
  return rows;
}

export interface StartRow extends ResetRow {
  tenant: string;
  /** What it starts from: what the ledger says, or what is counted already, which is more. */
  from: 'ledger' | 'counter';
}

/**
 * Has a budget that is about to be set begin with what the ledger says of the window so far, rather than with nothing. Called
 * before the budget is written, while no call reserves from it: so no call is counted twice, and whatever is counted from then
 * on is added. A counter that has more already (the budget was there before, and the ledger is behind) stays as it is, and so
 * do reservations.
 *
 * @param tenants who will be under it
 * @returns a row for each counter that does not start with nothing; none for a budget that the ledger knows nothing of
 * @throws TollgateError `conflict` when calls under an earlier budget of the same id were quicker every time
 */
export async function startBudget(
  tenants: readonly string[],
  budget: Budget,
  dependencies: Omit<ResetDependencies, 'writer'>,
): Promise<StartRow[]> {
  if (unknownToLedger(budget) !== undefined) return [];
  const { dues, corrections } = await dueOf(tenants, budget, dependencies);
  const [tenant = '', ...others] = tenants;
  // Of one tenant also what is counted already and the ledger does not know.
  const items = others.length === 0 ? await dependencies.counters.partition(counterPartition(tenant)) : [];
  const all = [...dues].flatMap(([of, due]) => due.list(items).map((one) => ({ of, one })));
  const waiting = all.filter(({ one }) => one.amount > 0n || others.length === 0);
  const rows: StartRow[] = [];
  for (let i = 0; i < waiting.length; i += COUNTERS_AT_ONCE) {
    const some = waiting.slice(i, i + COUNTERS_AT_ONCE).map(async ({ of, one }): Promise<StartRow> => {
      const row = await set(of, budget, one, corrections, dependencies, { raise: true });
      return { tenant: of, ...row, from: row.after === formatAmount(one.amount, budget.unit) ? 'ledger' : 'counter' };
    });
    rows.push(...(await Promise.all(some)));
  }
  return rows.filter(({ after }) => after !== '0');
}

/** Why the ledger cannot say what a budget has counted; undefined: it can. */
function unknownToLedger({ period, unit }: Budget): string | undefined {
  if (period === 'minute') return 'per minute: the next one begins with nothing, and the ledger counts hours';
  return unit === 'credentials' ? 'of credentials: the ledger has calls alone' : undefined;
}

/** What the ledger says that each tenant's counters are to have settled, and of dollars by how much they were corrected. */
async function dueOf(
  tenants: readonly string[],
  budget: Budget,
  { store, now }: Pick<ResetDependencies, 'store' | 'now'>,
): Promise<{ dues: ReadonlyMap<string, DueOf>; corrections: ReadonlyMap<string, DayCorrections> }> {
  const dues = new Map(tenants.map((tenant) => [tenant, new DueOf(tenant, budget, now)]));
  const corrections = new Map<string, DayCorrections>();
  const [tenant, ...others] = tenants;
  const { window } = dues.get(tenant ?? '') ?? {};
  if (tenant === undefined || window === undefined) return { dues, corrections };
  const days = daysBetween(dayOf(hourOf(window.from)), dayOf(hourOf(now)));
  await readUsage(
    store,
    days,
    (_, rows) => {
      for (const [of, some] of Map.groupBy(rows, (row) => row.tenant)) dues.get(of)?.add(some);
    },
    others.length === 0 ? { tenant } : {},
  );
  if (budget.unit === 'usd')
    for (const day of days) if (hasDay(window, day)) corrections.set(day, await correctionsOf(store, day));
  return { dues, corrections };
}

interface Setting {
  /** A counter that has as much already is left as it is. */
  raise?: boolean;
  /** Told before the first attempt to change it. */
  first?: (row: ResetRow) => Promise<void>;
}

async function set(
  tenant: string,
  { id, unit }: Budget,
  due: Due,
  corrections: ReadonlyMap<string, DayCorrections>,
  { counters, now }: Pick<ResetDependencies, 'counters' | 'now'>,
  { raise = false, first = async () => {} }: Setting,
): Promise<ResetRow> {
  const { key, name, amount } = due;
  const ofDay = new Map<string, Money>();
  for (const [day, all] of corrections) ofDay.set(day, all.get(key.pk)?.get(`${key.sk} ${counterText(name)}`) ?? 0n);
  const text = (value: bigint) => formatAmount(value, unit);
  const of = principalOf(key.sk) || name.model || '';
  for (let attempt = 1; attempt <= RESET_ATTEMPTS; attempt++) {
    const found = resetting(due, await counters.counts(key), ofDay, now);
    const before = found?.before ?? amount;
    if (found === undefined || (raise && before >= amount))
      return { of, window: name.window, before: text(before), after: text(before) };
    const row = { of, window: name.window, before: text(before), after: text(amount) };
    if (attempt === 1) await first(row);
    const { applied } = await counters.update({ ...found.change, expiresAt: expiryOf(now) });
    if (applied) return row;
  }
  throw new TollgateError('conflict', {
    reason: 'counter-in-use',
    message: `Calls of ${tenant} changed the counter of ${id} each time: try again when fewer are made.`,
  });
}
