import { counterPartition } from '../metering/budgets/counter-names.ts';
import { budgetStatus, type CounterStatus } from '../metering/budgets/status.ts';
import { formatAmount } from '../metering/money.ts';
import { budgetsInForce, EVERY_TENANT } from '../registry/budget.ts';
import type { Document } from '../registry/items.ts';
import { pageOf } from './page.ts';
import type { Route } from './route.ts';

/** Amounts are exact, so as text. @param from whether the budget is the tenant's own, or the stage's */
function standingOf({ budget, of, window, ...amounts }: CounterStatus, from: 'tenant' | 'stage'): Document {
  const { id, per, only, unit, period, enforcement } = budget;
  const amount = (of: bigint): string => formatAmount(of, unit);
  return {
    ...{ id, from, per, of: per === 'tenant' ? null : of, ...(only === undefined ? {} : { only }) },
    ...{ unit, period, enforcement },
    ...{ limit: amount(amounts.limit), used: amount(amounts.settled), reserved: amount(amounts.reserved) },
    ...{ left: amount(amounts.left), percent: amounts.percent },
    resetsAt: new Date(window.until).toISOString(),
  };
}

export const STANDING_ROUTES: readonly Route[] = [
  {
    ...{ method: 'get', path: '/standing/:tenant', resource: 'budgets', verb: 'read' },
    tenantOf: ({ tenant }) => tenant,
    parameters: ['limit', 'cursor', 'prefix'],
    about:
      'What is used, reserved and left of each budget that a tenant is under, its own and the stage’s, and when it begins anew.',
    async run({ writer, params, query, counters, clock }) {
      const tenant = params.tenant ?? '';
      const { id } = await writer.showTenant(tenant);
      const [own, stage] = await Promise.all([writer.showBudgets(id), writer.showBudgets(EVERY_TENANT)]);
      const inForce = budgetsInForce(own, stage);
      const items = inForce.length === 0 ? [] : await (await counters()).partition(counterPartition(id));
      const standing = budgetStatus(inForce, items, clock()).map((status) =>
        standingOf(status, own.includes(status.budget) ? 'tenant' : 'stage'),
      );
      return { body: pageOf(standing, (one) => `${one.id}/${one.of ?? ''}`, query) };
    },
  },
];
