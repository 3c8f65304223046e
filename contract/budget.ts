import { COUNT, DOLLARS } from './decimal.ts';
import { CREDENTIALS_PER_MINUTE } from './limits/budgets.ts';

/** What a tenant may use up, as it crosses from the registry through the authorizer's context to the invoke function. */

/** Calendar periods, UTC; a week begins on Monday (ISO 8601). `minute` is what is otherwise called a rate limit. */
export const PERIODS = ['minute', 'day', 'week', 'month'] as const;
export type Period = (typeof PERIODS)[number];

/**
 * usd: cost at the registry's prices. tokens: of every kind that is billed. requests: calls that a model answered or
 * rejected. credentials: those that were handed out to the tenant itself.
 */
export const BUDGET_UNITS = ['usd', 'tokens', 'requests', 'credentials'] as const;
export type BudgetUnit = (typeof BUDGET_UNITS)[number];

/** hard: a call that does not fit is refused. soft: it is answered, with a warning. */
export const ENFORCEMENTS = ['hard', 'soft'] as const;
export type Enforcement = (typeof ENFORCEMENTS)[number];

/** What has a counter of its own: the tenant as a whole, each of its principals, or each model. */
export const BUDGET_SCOPES = ['tenant', 'principal', 'model'] as const;
export type BudgetScope = (typeof BUDGET_SCOPES)[number];

export interface Budget {
  /** Unique within the tenant: `[a-z0-9][a-z0-9-]{0,31}`. A tenant's own takes the place of the stage's of the same id. */
  id: string;
  per: BudgetScope;
  /** Only this principal, or this model (registry id); absent: every one. Never with `per: 'tenant'`. */
  only?: string;
  period: Period;
  unit: BudgetUnit;
  /** Plain decimal notation: dollars with up to 12 decimals, otherwise a whole number. `0` refuses the first call. */
  limit: string;
  enforcement: Enforcement;
  /** Refuses a call that asks for a longer answer than is left, rather than shorten the answer; of hard ones alone. */
  atLimit?: 'refuse';
}

/** How the limit of each unit is written. */
export const LIMIT_OF: Readonly<Record<BudgetUnit, RegExp>> = {
  usd: DOLLARS,
  tokens: COUNT,
  requests: COUNT,
  credentials: COUNT,
};

export const BUDGET_ID = /^[a-z0-9][a-z0-9-]{0,31}$/;

const MEMBERS: { readonly [Name in keyof Budget]-?: (value: unknown) => boolean } = {
  id: (value) => typeof value === 'string' && BUDGET_ID.test(value),
  per: (value) => BUDGET_SCOPES.includes(value as BudgetScope),
  only: (value) => typeof value === 'string' && value !== '',
  period: (value) => PERIODS.includes(value as Period),
  unit: (value) => BUDGET_UNITS.includes(value as BudgetUnit),
  limit: (value) => typeof value === 'string',
  enforcement: (value) => ENFORCEMENTS.includes(value as Enforcement),
  atLimit: (value) => value === 'refuse',
};

/** Strictly: a member that is not known here may narrow the budget in a later version, and ignoring it would widen it. */
export function isBudget(value: unknown): value is Budget {
  if (value === null || typeof value !== 'object') return false;
  const members = Object.entries(value);
  if (!members.every(([name, member]) => Object.hasOwn(MEMBERS, name) && MEMBERS[name as keyof Budget](member)))
    return false;
  const { per, only, unit, limit, atLimit: _, ...rest } = value as Partial<Budget>;
  return (
    per !== undefined &&
    unit !== undefined &&
    limit !== undefined &&
    Object.keys(rest).length === 3 &&
    LIMIT_OF[unit].test(limit) &&
    (only === undefined || per !== 'tenant')
  );
}

/** A budget that bounds how often the tenant as a whole does something, and so what it may take of what all share. */
export function isTenantRate({ unit, per, period, enforcement }: Budget, of: BudgetUnit): boolean {
  return unit === of && per === 'tenant' && period === 'minute' && enforcement === 'hard';
}

/** What a tenant is under that has no such budget of credentials, its own or the stage's. Nobody else's id begins so. */
export const CREDENTIALS_SHARE: Budget = {
  ...{ id: '_credentials', per: 'tenant', period: 'minute', unit: 'credentials', enforcement: 'hard' },
  limit: String(CREDENTIALS_PER_MINUTE),
};

/** What an event bus is told by: `source` and `detail-type`. The invoke function's role may put no other event. */
export const BUDGET_EVENT = { source: 'tollgate', detailType: 'Budget Threshold Reached' } as const;
