import { amount, count } from '../../ui/words.ts';

export type Scope = 'tenant' | 'principal' | 'model';
export type Unit = 'usd' | 'tokens' | 'requests' | 'credentials';

/** How far one counter of a budget has come in the window that is open. Amounts are exact, so text. */
export interface Standing {
  id: string;
  /** Whose the budget is; absent where that is not told. */
  from?: 'tenant' | 'stage';
  per: Scope;
  /** The principal or the model that is counted; null: the tenant as a whole, or nothing has been counted yet. */
  of: string | null;
  only?: string;
  unit: Unit;
  period: string;
  enforcement: 'hard' | 'soft';
  limit: string;
  used: string;
  reserved: string;
  left: string;
  resetsAt: string;
}

/** As `/v1/usage` tells it. */
export interface UsageBudget extends Omit<Standing, 'of' | 'resetsAt'> {
  of?: string | null;
  resets_at: string;
}

/** The same as `/admin/standing` tells it. */
export function standingOfUsage({ of = null, resets_at: resetsAt, ...budget }: UsageBudget): Standing {
  return { ...budget, of, resetsAt };
}

/** A budget as it is set, of `/admin/budgets`. */
export interface Budget {
  owner: string;
  id: string;
  per: Scope;
  only?: string;
  period: string;
  unit: Unit;
  limit: string;
  enforcement: 'hard' | 'soft';
  atLimit?: 'refuse';
}

/** Who every tenant’s budgets are of. */
export const EVERY_TENANT = '*';

/** `$1.50`, `200,000 tokens`. */
export function amountOf(value: string, unit: Unit): string {
  if (unit === 'usd') return amount(value);
  return `${count(value)} ${Number(value) === 1 ? unit.replace(/s$/, '') : unit}`;
}

/** The same without its unit, which stands beside it. */
export function leftOf(value: string, unit: Unit): string {
  return unit === 'usd' ? amount(value) : count(value);
}

/** How much of it is used, 0 to 1 and beyond; 1 of a limit of nothing. */
export function shareOf({ used, reserved, limit }: Standing): number {
  const most = Number(limit);
  return most > 0 ? (Number(used) + Number(reserved)) / most : 1;
}

/** Whom it counts: `the whole tenant`, `each principal`, `model nova-lite`. */
export function countsOf({ per, only }: Pick<Standing, 'per' | 'only'>): string {
  if (per === 'tenant') return 'the whole tenant';
  return only === undefined ? `each ${per}` : `${per} ${only}`;
}
