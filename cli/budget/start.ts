import type { Budget } from '../../contract/budget.ts';
import { reachOf } from '../../metering/report/recent.ts';
import type { StartRow } from '../../metering/run/reset.ts';
import { EVERY_TENANT, parseBudget } from '../../registry/budget.ts';
import type { Writer } from '../../registry/writer.ts';
import { explain, warn } from '../print.ts';
import { flush, openCounters, openStore } from '../store.ts';
import type { Target } from '../target.ts';

/** What an owner has and will have. */
export interface Rebudgeted {
  owner: string;
  before: readonly Budget[];
  after: readonly Budget[];
}

export interface Start {
  budget: Budget;
  rows: StartRow[];
}

/**
 * Has the counters of budgets that are about to be set begin with what the ledger knows of the window. Nothing where a budget is in
 * force already and counts the same. Who may edit the registry may have no right to the ledger: then that is said, and the budgets
 * begin with nothing.
 */
export async function startsOf(where: Target, writer: Writer, given: readonly Rebudgeted[]): Promise<Start[]> {
  const begun = await beginning(writer, given);
  if (begun.length === 0) return [];
  try {
    const [store, counters, { startBudget }] = await Promise.all([
      openStore(where),
      openCounters(where),
      import('../../metering/run/reset.ts'),
    ]);
    await flush(where);
    // The ledger is to have every call that was delivered; where it has, loading the aggregation takes longer than all else.
    if ((await reachOf(store)).waiting > 0) await (await (await import('../meter.ts')).openAggregation(where))();
    const starts: Start[] = [];
    for (const { budget, tenants } of begun)
      starts.push({ budget, rows: await startBudget(tenants, budget, { store, counters, now: Date.now() }) });
    return starts;
  } catch (error) {
    warn(`tollgate: the budget starts from nothing, because the ledger cannot be asked: ${explain(error)}`);
    return [];
  }
}

/**
 * Of one budget that is about to be set.
 *
 * @throws TollgateError `bad_entry` for what is no budget
 */
export async function startOf(where: Target, writer: Writer, owner: string, given: Budget): Promise<StartRow[]> {
  const after = [parseBudget(given)];
  const before = await writer.showBudgets(owner);
  return (await startsOf(where, writer, [{ owner, before, after }])).flatMap(({ rows }) => rows);
}

interface Beginning {
  budget: Budget;
  tenants: string[];
}

/** Those who will be under a budget, and are under none of its id yet whose counters it goes on with; alike ones as one. */
async function beginning(writer: Writer, given: readonly Rebudgeted[]): Promise<Beginning[]> {
  const stage = await writer.showBudgets(EVERY_TENANT);
  const begun = new Map<string, { budget: Budget; tenants: Set<string> }>();
  for (const { owner, before, after } of given)
    for (const budget of after) {
      if (budget.period === 'minute' || budget.unit === 'credentials') continue;
      const was = [...before, ...stage].find(({ id }) => id === budget.id);
      if (was !== undefined && MEMBERS.every((member) => was[member] === budget[member])) continue;
      const alike = JSON.stringify([budget.id, ...MEMBERS.map((member) => budget[member] ?? null)]);
      const one = begun.get(alike) ?? { budget, tenants: new Set() };
      for (const tenant of owner === EVERY_TENANT ? await withoutOwn(writer, budget.id) : [owner])
        one.tenants.add(tenant);
      begun.set(alike, one);
    }
  return [...begun.values()]
    .map(({ budget, tenants }) => ({ budget, tenants: [...tenants] }))
    .filter(({ tenants }) => tenants.length > 0);
}

/** Whom the stage's budget of the id will bind. */
async function withoutOwn(writer: Writer, id: string): Promise<string[]> {
  const [tenants, budgets] = await Promise.all([writer.listTenants(), writer.listBudgets()]);
  const own = budgets.entries.filter((entry) => entry.budgets.some((one) => one.id === id));
  const owners = new Set<string>(own.map(({ owner }) => owner));
  return tenants.entries.map((tenant) => tenant.id).filter((tenant) => !owners.has(tenant));
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
