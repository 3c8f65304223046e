import * as v from 'valibot';
import {
  BUDGET_ID,
  BUDGET_SCOPES,
  BUDGET_UNITS,
  type Budget,
  type BudgetUnit,
  ENFORCEMENTS,
  LIMIT_OF,
  PERIODS,
} from '../contract/budget.ts';
import { isPrincipal, type TenantId } from '../contract/identity.ts';
import { BUDGETS_MAX } from '../contract/limits/budgets.ts';
import { canonicalDecimal, decimalFault } from './decimal.ts';
import {
  actor,
  badEntry,
  eachOnce,
  isModelId,
  isoMilliseconds,
  milliseconds,
  parseWith,
  SCHEMA_VERSION,
  schemaVersion,
  version,
} from './fields.ts';
import type { Document } from './items.ts';
import { tenantId } from './tenant.ts';

/** Owner of the stage's budgets, which every tenant is under. No tenant can have this id. */
export const EVERY_TENANT = '*';
export type BudgetOwner = TenantId | typeof EVERY_TENANT;

/** All budgets of one owner. One item, so that a caller is either under all of them or refused. */
export interface BudgetsEntry {
  owner: BudgetOwner;
  /** Sorted by id, each once. */
  budgets: Budget[];
  version: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  updatedBy: string;
}

export const budgetSchema = v.strictObject({
  id: v.pipe(v.string('not-text'), v.regex(BUDGET_ID, 'not-a-budget-id')),
  per: v.picklist(BUDGET_SCOPES, 'unknown-scope'),
  only: v.exactOptional(v.string('not-text')),
  period: v.picklist(PERIODS, 'unknown-period'),
  unit: v.picklist(BUDGET_UNITS, 'unknown-unit'),
  limit: v.string('not-text'),
  enforcement: v.picklist(ENFORCEMENTS, 'unknown-enforcement'),
  atLimit: v.exactOptional(v.literal('refuse', 'not-refuse')),
});

const schema = v.strictObject({
  v: schemaVersion,
  owner: v.union([v.literal(EVERY_TENANT), tenantId], 'not-an-owner'),
  budgets: v.pipe(v.array(budgetSchema, 'not-a-list'), v.maxLength(BUDGETS_MAX, 'too-many')),
  version,
  updatedAt: milliseconds,
  updatedBy: actor,
});

/**
 * One budget by itself, as an operator gives it.
 *
 * @throws TollgateError `bad_entry` naming the member, e.g. `limit`
 */
export function parseBudget(document: unknown): Budget {
  return checked(parseWith(budgetSchema, document), '');
}

/**
 * @param document an item without its keys
 * @throws TollgateError `bad_entry` naming the field, e.g. `budgets[1].limit`: one that is wrong takes all with it, because
 *   leaving it out would lift it
 */
export function parseBudgets(document: unknown): BudgetsEntry {
  const { v: _, ...entry } = parseWith(schema, document);
  return { ...entry, budgets: sorted(eachOnce(entry.budgets, 'budgets', checked)) };
}

/** Those of an item's document; none of what is not there, or cannot be read. */
export function budgetsIn(document: unknown): readonly Budget[] {
  try {
    return document === null ? [] : parseBudgets(document).budgets;
  } catch {
    return [];
  }
}

/** The written form of an entry; parseBudgets reads it back to the same entry. */
export function budgetsDocument(entry: BudgetsEntry): Document {
  return {
    v: SCHEMA_VERSION,
    owner: entry.owner,
    budgets: entry.budgets.map(budgetDocument),
    version: entry.version,
    updatedAt: isoMilliseconds(entry.updatedAt),
    updatedBy: entry.updatedBy,
  };
}

export function budgetDocument({ id, per, only, period, unit, limit, enforcement, atLimit }: Budget): Document {
  return {
    id,
    per,
    ...(only === undefined ? {} : { only }),
    period,
    unit,
    limit,
    enforcement,
    ...(atLimit && { atLimit }),
  };
}

/**
 * What a tenant is under.
 *
 * @param own its own budgets; one of them takes the place of the stage's of the same id, stricter or not
 * @returns sorted by id
 */
export function budgetsInForce(own: readonly Budget[], stage: readonly Budget[]): Budget[] {
  const ids = new Set(own.map(({ id }) => id));
  return sorted([...own, ...stage.filter(({ id }) => !ids.has(id))]);
}

function sorted(budgets: readonly Budget[]): Budget[] {
  return [...budgets].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** @param at what stands before a member's name */
function checked(budget: Budget, at: string): Budget {
  const { per, only, unit, limit, enforcement, atLimit } = budget;
  if (only !== undefined) {
    const fault = onlyFault(per, only);
    if (fault !== undefined) throw badEntry(`${at}only`, fault);
  }
  if (atLimit !== undefined && enforcement === 'soft') throw badEntry(`${at}atLimit`, 'not-with-soft');
  // A request is one: there is nothing of it to shorten.
  if (atLimit !== undefined && unit === 'requests') throw badEntry(`${at}atLimit`, 'not-with-requests');
  const fault = limitFault(unit, limit);
  if (fault !== undefined) throw badEntry(`${at}limit`, fault);
  return { ...budget, limit: canonicalDecimal(limit) };
}

function onlyFault(per: Budget['per'], only: string): string | undefined {
  switch (per) {
    case 'tenant':
      return 'not-with-per-tenant';
    case 'model':
      return isModelId(only) ? undefined : 'not-a-model-id';
    case 'principal':
      return isPrincipal(only) ? undefined : 'not-a-principal';
  }
}

function limitFault(unit: BudgetUnit, limit: string): string | undefined {
  const fault = decimalFault(limit);
  // Both are about how many digits an amount of dollars may have.
  const ofDollars = fault === 'too-large' || fault === 'too-many-digits';
  if (unit === 'usd' || (fault !== undefined && !ofDollars)) return fault;
  if (limit.includes('.')) return 'not-whole';
  return LIMIT_OF[unit].test(limit) ? undefined : 'too-large';
}
