import type { Budget, BudgetScope } from '../../contract/budget.ts';
import type { Key } from '../../registry/items.ts';
import { type Window, windowOf } from '../calendar.ts';
import { type CounterName, principalOf } from './counter-names.ts';
import type { Counts } from './counters.ts';
import { countedIn, limitOf } from './quota.ts';

/** How far one counter of a budget has come in the window that is open now. Amounts are in units of the counter. */
export interface CounterStatus {
  budget: Budget;
  /** The principal or the model that it counts; '' for the tenant as a whole; null: each one, and none has used any yet. */
  of: string | null;
  window: Window;
  limit: bigint;
  settled: bigint;
  /** By calls in flight, or crashed ones that have not been released yet. */
  reserved: bigint;
  /** What neither of the two takes; 0 beyond the limit. */
  left: bigint;
  /** Settled of the limit, rounded down; 100 of a limit of nothing. */
  percent: number;
}

/**
 * @param budgets those that the tenant is under
 * @param items every item of the tenant's counters
 * @param at milliseconds since 1970
 * @returns in the order of `budgets`, and by what is counted; at least one for each
 */
export function budgetStatus(
  budgets: readonly Budget[],
  items: readonly { key: Key; counts: Counts }[],
  at: number,
): CounterStatus[] {
  const all = items.flatMap(({ key, counts }) =>
    countedIn(counts).map((one) => ({ ...one, ...counted(key, one.name) })),
  );
  return budgets.flatMap((budget) => {
    const { id, unit, period, per, only } = budget;
    const window = windowOf(period, at);
    const limit = limitOf(budget);
    const status = (of: string | null, { total, reserved } = { total: 0n, reserved: 0n }): CounterStatus => {
      const settled = total - reserved;
      return {
        budget,
        of,
        window,
        limit,
        settled,
        reserved,
        left: total < limit ? limit - total : 0n,
        percent: limit === 0n ? 100 : Number((settled * 100n) / limit),
      };
    };
    // A budget may have been edited within its window: what was counted of it otherwise is not its use.
    const found = all
      .filter(({ name }) => name.budget === id && name.unit === unit && name.window === window.name)
      .filter((one) => one.per === per && (only === undefined || one.of === only))
      .map((one) => status(one.of, one))
      .sort((a, b) => ((a.of ?? '') < (b.of ?? '') ? -1 : 1));
    return found.length > 0 ? found : [status(only ?? (per === 'tenant' ? '' : null))];
  });
}

function counted({ sk }: Key, { model }: CounterName): { per: BudgetScope; of: string } {
  const principal = principalOf(sk);
  if (principal !== '') return { per: 'principal', of: principal };
  return model === undefined ? { per: 'tenant', of: '' } : { per: 'model', of: model };
}
