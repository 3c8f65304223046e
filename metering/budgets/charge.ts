import { BUDGET_ID, BUDGET_SCOPES, type BudgetScope } from '../../contract/budget.ts';
import { BUDGETS_MAX, CHARGE_MAX } from '../../contract/limits/budgets.ts';
import type { Charge } from '../../contract/usage.ts';
import type { Key } from '../../registry/items.ts';
import { parseWindow } from '../calendar.ts';
import { formatMoney, type Money, parseMoney } from '../money.ts';
import { type CounterName, principalCounters, tenantCounters } from './counter-names.ts';
import type { Counter } from './quota.ts';

/**
 * What a call's finished line says of the counters in dollars that counted it, so that the ledger can tell by how much its
 * own cost differs. A minute's are left out: no correction comes in time for one.
 *
 * @param counters that the call was settled in
 * @returns undefined when none of them is of dollars
 */
export function chargeOf(counters: readonly Counter[], usd: Money): Charge | undefined {
  const to = counters
    .filter(({ budget }) => budget.unit === 'usd' && budget.period !== 'minute')
    .map(({ budget, window }) => [budget.per, budget.id, window.name].join('|'));
  return to.length === 0 ? undefined : { usd: formatMoney(usd), to };
}

/** What one of the names of a charge says. */
export interface Charged {
  per: BudgetScope;
  budget: string;
  window: string;
}

/** @returns undefined for what is none of ours */
export function parseCharged(text: unknown): Charged | undefined {
  if (typeof text !== 'string') return undefined;
  const [scope, budget = '', window = '', ...more] = text.split('|');
  const per = BUDGET_SCOPES.find((one) => one === scope);
  const ours = per !== undefined && BUDGET_ID.test(budget) && parseWindow(window) !== undefined && more.length === 0;
  return ours ? { per, budget, window } : undefined;
}

/** Whether a line's member is a charge. */
export function isCharge(value: unknown): value is Charge {
  const { usd, to } = (value ?? {}) as Partial<Charge>;
  return (
    typeof usd === 'string' &&
    (parseMoney(usd) ?? CHARGE_MAX) < CHARGE_MAX &&
    Array.isArray(to) &&
    // Beside the tenant’s and the stage’s, that of a key.
    to.length <= 2 * BUDGETS_MAX + 1 &&
    to.every((name) => parseCharged(name) !== undefined)
  );
}

/** The counter of a charge: its item, and its name there. */
export function counterOf(
  { per, budget, window }: Charged,
  { tenant, principal, model }: { tenant: string; principal: string; model: string },
): { key: Key; name: CounterName } {
  return {
    key: per === 'principal' ? principalCounters(tenant, principal) : tenantCounters(tenant),
    name: { budget, window, unit: 'usd', ...(per === 'model' ? { model } : {}) },
  };
}
