import type { Budget } from '../../contract/budget.ts';
import { TollgateError } from '../../contract/errors.ts';
import { RESET_ATTEMPTS } from '../../contract/limits/budgets.ts';
import { hasDay } from '../../metering/budgets/correction.ts';
import { counterPartition, counterText, principalOf } from '../../metering/budgets/counter-names.ts';
import type { Counters } from '../../metering/budgets/counters.ts';
import { type Due, DueOf, resetting } from '../../metering/budgets/reset.ts';
import { correctionsOf } from '../../metering/ledger/follow.ts';
import type { UsageStore } from '../../metering/ledger/store.ts';
import { readUsage } from '../../metering/ledger/usage-hours.ts';
import { formatAmount, type Money } from '../../metering/money.ts';
import { dayOf, daysBetween, hourOf } from '../../metering/window.ts';
import type { Writer } from '../../registry/writer.ts';

export interface ResetDependencies {
  store: UsageStore;
  counters: Counters;
  writer: Pick<Writer, 'noteReset'>;
  now: number;
}

/** What a counter had settled, and what it has now; text, in the budget's unit. */
export interface ResetRow {
  of: string;
  window: string;
  before: string;
  after: string;
}

/**
 * Sets every counter that a tenant has of a budget in the running window to what the ledger says of it. Each edit is in the
 * history of the tenant's budgets before it is made.
 *
 * @throws TollgateError `invalid_request` for a budget per minute; `conflict` when calls were quicker every time
 */
export async function resetBudget(
  tenant: string,
  budget: Budget,
  dependencies: ResetDependencies,
): Promise<ResetRow[]> {
  const { store, counters, now } = dependencies;
  if (budget.period === 'minute')
    throw new TollgateError('invalid_request', {
      field: 'the budget',
      reason: 'budget-per-minute',
      message: `The budget ${budget.id} is per minute: the next one begins with nothing, and the ledger counts hours.`,
    });
  const due = new DueOf(tenant, budget, now);
  const { from } = due.window;
  const days = daysBetween(dayOf(hourOf(from)), dayOf(hourOf(now)));
  await readUsage(store, days, (_, rows) => due.add(rows));
  const corrections = new Map<string, Awaited<ReturnType<typeof correctionsOf>>>();
  if (budget.unit === 'usd')
    for (const day of days) if (hasDay(due.window, day)) corrections.set(day, await correctionsOf(store, day));
  const pk = counterPartition(tenant);
  const rows: ResetRow[] = [];
  for (const one of due.list(await counters.partition(pk))) {
    const ofDay = new Map<string, Money>();
    for (const [day, all] of corrections)
      ofDay.set(day, all.get(pk)?.get(`${one.key.sk} ${counterText(one.name)}`) ?? 0n);
    rows.push(await set(tenant, budget, one, ofDay, dependencies));
  }
  return rows;
}

async function set(
  tenant: string,
  { id, unit }: Budget,
  due: Due,
  corrections: ReadonlyMap<string, Money>,
  { counters, writer, now }: ResetDependencies,
): Promise<ResetRow> {
  const { key, name, amount } = due;
  const text = (value: bigint) => formatAmount(value, unit);
  const of = principalOf(key.sk) || name.model || '';
  for (let attempt = 1; attempt <= RESET_ATTEMPTS; attempt++) {
    const found = resetting(due, await counters.counts(key), corrections, now);
    const row = { of, window: name.window, before: text(found?.before ?? amount), after: text(amount) };
    if (found === undefined) return row;
    if (attempt === 1) await writer.noteReset(tenant, id, { ...row, unit });
    const { applied } = await counters.update(found.change);
    if (applied) return row;
  }
  throw new TollgateError('conflict', {
    reason: 'counter-in-use',
    message: `Calls of ${tenant} changed the counter of ${id} each time: try again when fewer are made.`,
  });
}
