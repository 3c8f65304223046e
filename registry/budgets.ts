import type { Budget } from '../contract/budget.ts';
import { TollgateError } from '../contract/errors.ts';
import { type BudgetsEntry, EVERY_TENANT, parseBudget } from './budget.ts';
import type { Change, Edits, HistoryRecord, Listing, Stamp } from './edit.ts';
import type { Items } from './items.ts';
import { BUDGETS_SK, budgetsKey } from './keys.ts';
import { BUDGETS } from './kinds.ts';
import { asTenantId } from './tenant.ts';

/**
 * An owner is a tenant's id, or EVERY_TENANT for the stage. Every method throws TollgateError `bad_entry` for one that is
 * neither.
 */
export interface BudgetWriter {
  /** Everybody's who has any, the stage's first. */
  listBudgets(): Promise<Listing<BudgetsEntry>>;
  /** An empty list where the owner has none. @throws TollgateError `bad_entry` naming the field of a malformed item */
  showBudgets(owner: string): Promise<readonly Budget[]>;
  /**
   * Adds a budget, or replaces the one of its id.
   *
   * @param budget a Budget, not trusted
   * @throws TollgateError `bad_entry` naming the member; also when the owner's item is malformed, since writing it anew
   *   would lift the budgets that cannot be read. `not_found` when there is no such tenant, or no model of that name
   */
  setBudget(owner: string, budget: unknown): Promise<Change<BudgetsEntry>>;
  /** @throws TollgateError `not_found` */
  removeBudget(owner: string, id: string): Promise<Change<BudgetsEntry>>;
  /** All of an owner's, and the only way to be rid of a malformed item. @throws TollgateError `not_found` */
  removeBudgets(owner: string): Promise<Change<undefined>>;
  /** Notes in the owner's history that a counter of a budget was set, from what to what; both are told as they are given. */
  noteReset(
    owner: string,
    id: string,
    counter: { before: string; after: string; [member: string]: string },
  ): Promise<void>;
  /** Every edit of the owner's, oldest first. */
  budgetHistory(owner: string): Promise<HistoryRecord[]>;
}

export function budgetWriter(edits: Edits, items: Items): BudgetWriter {
  const held = async (owner: string): Promise<BudgetsEntry | undefined> => {
    try {
      return await edits.show(BUDGETS, keyOf(owner));
    } catch (error) {
      if (error instanceof TollgateError && error.code === 'not_found') return undefined;
      throw error;
    }
  };

  return {
    listBudgets: () => edits.list(BUDGETS, items.list(BUDGETS_SK)),
    showBudgets: async (owner) => (await held(owner))?.budgets ?? [],

    async setBudget(owner, given) {
      const key = keyOf(owner);
      const budget = parseBudget(given);
      const before = await held(owner);
      if (before !== undefined)
        return edits.alter(BUDGETS, key, `set ${budget.id}`, (entry) => ({
          ...entry,
          budgets: [...entry.budgets.filter(({ id }) => id !== budget.id), budget],
        }));
      return edits.put(BUDGETS, key, (stamp, now) => {
        if (now !== undefined) throw new TollgateError('conflict', { field: 'version', reason: 'changed-meanwhile' });
        return BUDGETS.document(first(owner, budget, stamp));
      });
    },

    async removeBudget(owner, id) {
      const key = keyOf(owner);
      const budgets = (await held(owner))?.budgets ?? [];
      if (!budgets.some((budget) => budget.id === id)) throw noSuchBudget(owner, id);
      return edits.alter(BUDGETS, key, `remove ${id}`, (entry) => ({
        ...entry,
        budgets: entry.budgets.filter((budget) => budget.id !== id),
      }));
    },

    removeBudgets: async (owner) => edits.remove(BUDGETS, keyOf(owner), 'remove'),
    noteReset: async (owner, id, { before, after, ...counter }) =>
      edits.note(BUDGETS, keyOf(owner), `reset ${id}`, { ...counter, settled: before }, { ...counter, settled: after }),
    budgetHistory: async (owner) => edits.history(keyOf(owner)),
  };
}

export function noSuchBudget(owner: string, id: string): TollgateError {
  return new TollgateError('not_found', {
    field: 'budget',
    reason: 'no-such-budget',
    message: `There is no budget ${id} of ${owner === EVERY_TENANT ? 'the stage' : owner}.`,
  });
}

function first(owner: string, budget: Budget, { version, at, by }: Stamp): BudgetsEntry {
  const of = owner === EVERY_TENANT ? EVERY_TENANT : asTenantId(owner);
  return { owner: of, budgets: [budget], version, updatedAt: at, updatedBy: by };
}

function keyOf(owner: string) {
  return budgetsKey(owner === EVERY_TENANT ? EVERY_TENANT : asTenantId(owner));
}
