import type { Budget } from '../../contract/budget.ts';
import { reachOf } from '../../metering/report/recent.ts';
import type { StartRow } from '../../metering/run/reset.ts';
import { EVERY_TENANT, parseBudget } from '../../registry/budget.ts';
import type { Writer } from '../../registry/writer.ts';
import { explain, warn } from '../print.ts';
import { flush, openCounters, openStore } from '../store.ts';
import type { Target } from '../target.ts';

/**
 * Has the counters of a budget that is about to be set begin with what the ledger knows of the window. Nothing where the budget
 * is in force already and counts the same. Who may edit the registry may have no right to the ledger: then that is said, and
 * the budget begins with nothing.
 *
 * @throws TollgateError `bad_entry` for what is no budget
 */
export async function startOf(where: Target, writer: Writer, owner: string, given: Budget): Promise<StartRow[]> {
  const budget = parseBudget(given);
  if (budget.period === 'minute' || budget.unit === 'credentials') return [];
  const tenants = await newlyUnder(writer, owner, budget);
  if (tenants.length === 0) return [];
  try {
    const [store, counters, { startBudget }] = await Promise.all([
      openStore(where),
      openCounters(where),
      import('../../metering/run/reset.ts'),
    ]);
    await flush(where);
    // The ledger is to have every call that was delivered; where it has, loading the aggregation takes longer than all else.
    if ((await reachOf(store)).waiting > 0) await (await (await import('../meter.ts')).openAggregation(where))();
    return await startBudget(tenants, budget, { store, counters, now: Date.now() });
  } catch (error) {
    warn(`tollgate: the budget starts from nothing, because the ledger cannot be asked: ${explain(error)}`);
    return [];
  }
}

/** Those who will be under the budget, and under none of its id yet whose counters it goes on with. */
async function newlyUnder(writer: Writer, owner: string, budget: Budget): Promise<string[]> {
  const [own, stage] = await Promise.all([writer.showBudgets(owner), writer.showBudgets(EVERY_TENANT)]);
  const before = [...own, ...stage].find(({ id }) => id === budget.id);
  if (before !== undefined && MEMBERS.every((member) => before[member] === budget[member])) return [];
  if (owner !== EVERY_TENANT) return [owner];
  const [tenants, budgets] = await Promise.all([writer.listTenants(), writer.listBudgets()]);
  const others = new Set(
    budgets.entries.filter((entry) => entry.budgets.some(({ id }) => id === budget.id)).map((entry) => entry.owner),
  );
  return tenants.entries.map(({ id }) => id).filter((id) => !others.has(id));
}

/** What names a counter, or decides who has one. */
const MEMBERS = ['unit', 'period', 'per', 'only'] as const;

const ROWS_TOLD = 10;

/** A line for each counter that does not begin with nothing; of many their number. */
export function startText({ unit, per }: Budget, rows: readonly StartRow[], owner: string): string[] {
  const told = rows.slice(0, ROWS_TOLD).map(({ tenant, of, window, after, from }) => {
    const whose = owner === EVERY_TENANT ? ` of ${tenant}` : '';
    const what = of === '' ? '' : ` of ${per} ${of}`;
    const why = from === 'ledger' ? `what the ledger knows of ${window}` : `what is counted of ${window} already`;
    return `it starts from ${after} ${unit}${what}${whose}: ${why}`;
  });
  return rows.length > ROWS_TOLD ? [...told, `and ${rows.length - ROWS_TOLD} more counters likewise`] : told;
}
