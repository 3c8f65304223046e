import type { Command } from 'commander';
import type { Budget } from '../contract/budget.ts';
import { counterPartition } from '../metering/budgets/counter-names.ts';
import { budgetStatus } from '../metering/budgets/status.ts';
import type { ResetRow } from '../metering/run/reset.ts';
import { budgetDocument, budgetsDocument, budgetsInForce, EVERY_TENANT } from '../registry/budget.ts';
import { noSuchBudget } from '../registry/budgets.ts';
import type { Writer } from '../registry/writer.ts';
import { type Answer, documentsCsv, edited, listed } from './answer.ts';
import {
  type BudgetOptions,
  budgetGiven,
  budgetText,
  defaultOption,
  insteadOfTenant,
  namingOptions,
  type OwnerOption,
  withBudget,
} from './budget/given.ts';
import { startOf, startText } from './budget/start.ts';
import { type StatusRow, statusCsv, statusJson, statusTable } from './budget/status.ts';
import { unpricedModels } from './budget/unpriced.ts';
import { widening } from './dangers.ts';
import { past } from './past.ts';
import { lines, warn } from './print.ts';
import { openRegistry, warnOf } from './registry.ts';
import { flush, openCounters, openStore } from './store.ts';
import type { Target } from './target.ts';
import { nounOf } from './verb.ts';

interface Owned extends OwnerOption {
  tenant: string;
  budget: string;
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'budget',
    about: 'what may be used up: list, show, set, remove, reset, status',
    more:
      '\nA tenant’s own budget takes the place of the stage’s of the same id. Changes' +
      '\nare in force within the authorizer’s cache time. For example:' +
      '\n  tollgate budget set acme monthly --limit 100 --unit usd --period month' +
      '\n  tollgate budget set --default rate --limit 60 --unit requests \\' +
      '\n    --period minute --per principal',
  });

  noun.verb<{ tenant?: string }>('list', {
    about: 'everybody’s budgets, or those that a tenant is under',
    args: '[tenant]',
    reads: true,
    run: async ({ tenant }, { registry }) =>
      tenant === undefined ? listAll(await registry()) : listOf(await registry(), tenant),
  });

  noun.verb<OwnerOption & { tenant: string; budget?: string }>('show', {
    about: 'an owner’s own budgets, or one of them',
    args: '<tenant> [budget]',
    options: defaultOption,
    reads: true,
    of: ({ tenant }) => ({ budgetsOf: tenant }),
    instead: insteadOfTenant,
    run: async ({ tenant: owner, budget: id }, { registry }) => {
      const budgets = await (await registry()).showBudgets(owner);
      const wanted = id === undefined ? budgets : budgets.filter((budget) => budget.id === id);
      if (id !== undefined && wanted.length === 0) throw noSuchBudget(owner, id);
      const text = () =>
        wanted.length === 0
          ? `${nameOf(owner)} has no budget of its own`
          : wanted.map((budget) => lines(budgetDocument(budget))).join('\n\n');
      return {
        text,
        json: () => (id === undefined ? wanted : wanted[0]),
        csv: () => documentsCsv(wanted.map(budgetDocument)),
        ids: () => wanted.map((budget) => budget.id),
      };
    },
  });

  noun.verb<Owned & BudgetOptions>('set', {
    about: 'make a budget, or replace the one of its id',
    args: '<tenant> <budget>',
    options: (verb) => defaultOption(withBudget(verb)),
    edits: true,
    instead: insteadOfTenant,
    hits: async ({ tenant: owner, budget: id, ...options }, { target }) =>
      widening(await target(), 'budgets', (writer) => namingOptions(writer.setBudget(owner, budgetGiven(id, options)))),
    run: async ({ tenant: owner, budget: id, dryRun = false, ...options }, { target, registry }) => {
      const given = budgetGiven(id, options);
      const writer = await registry();
      // Before it is written: nothing is counted under it yet, so nothing is counted twice.
      const starts = dryRun ? [] : await namingOptions(startOf(await target(), writer, owner, given));
      const change = await namingOptions(writer.setBudget(owner, given));
      const budget = change.entry.budgets.find((one) => one.id === id) ?? given;
      await warnOfUnpriced(writer, owner, budget);
      const what = `budget ${id} of ${nameOf(owner)}`;
      const answer = edited({
        ...{ id, ...ofTenant(owner), change, what },
        done: budgetText(budget),
        more: { starts },
      });
      return { ...answer, text: () => [answer.text(), ...startText(budget, starts, owner)].join('\n') };
    },
  });

  noun.verb<OwnerOption & { tenant: string; budget?: string; all?: true }>('remove', {
    about: 'lift a budget; the stage’s of the same id, if there is one, is in force again',
    args: '<tenant> [budget]',
    options: (verb) => defaultOption(verb).option('--all', 'every budget of the owner, also when they cannot be read'),
    edits: true,
    instead: insteadOfTenant,
    hits: async ({ tenant: owner, budget: id, all = false }, { target }) =>
      (id === undefined) !== all
        ? []
        : widening(await target(), 'budgets', (writer) =>
            id === undefined ? writer.removeBudgets(owner) : writer.removeBudget(owner, id),
          ),
    run: async ({ tenant: owner, budget: id, all = false }, { registry, refuse }) => {
      if ((id === undefined) !== all) return refuse('name one budget, or give --all');
      const writer = await registry();
      const change = await (id === undefined ? writer.removeBudgets(owner) : writer.removeBudget(owner, id));
      const what = `${id === undefined ? 'budgets' : `budget ${id}`} of ${nameOf(owner)}`;
      return edited({ id: id ?? '', ...ofTenant(owner), change, what, done: 'removed' });
    },
  });

  noun.verb<{ tenant: string; budget: string }>('reset', {
    about: 'set what is counted of a tenant’s budget in the running window to what the ledger says of it',
    args: '<tenant> <budget>',
    edits: true,
    run: async ({ tenant, budget: id, dryRun = false }, { target, registry }) => {
      const { own, stage } = await budgetsOf(await registry(), tenant);
      const budget = budgetsInForce(own, stage).find((one) => one.id === id);
      if (budget === undefined) throw noSuchBudget(tenant, id);
      const rows = await reset(await target(), await registry(), tenant, budget, dryRun);
      return {
        text: () => rows.map((row) => resetText(tenant, budget, row)).join('\n') || `budget ${id}: nothing is counted`,
        json: () => rows,
        csv: () => documentsCsv(rows),
        ids: () => [id],
      };
    },
  });

  past<OwnerOption & { tenant: string }>(noun, '<tenant>', ({ tenant }) => ({ budgetsOf: tenant }), {
    options: defaultOption,
    instead: insteadOfTenant,
  });

  noun.verb<{ tenant?: string }>('status', {
    about: 'what is used, reserved and left of each budget now, of every tenant or of one',
    args: '[tenant]',
    run: async ({ tenant }, { target }) => {
      const rows = await statusOf(await target(), tenant);
      return {
        text: () => (rows.length === 0 ? 'no budget is set' : statusTable(rows)),
        json: () => statusJson(rows),
        csv: () => statusCsv(rows),
        ids: () => rows.map(({ budget }) => budget.id),
      };
    },
  });
}

async function warnOfUnpriced(writer: Writer, owner: string, budget: Budget): Promise<void> {
  if (budget.unit !== 'usd') return;
  const [grants, bundles, models] = await Promise.all([
    writer.listGrants(owner === EVERY_TENANT ? {} : { tenant: owner }),
    writer.listBundles(),
    writer.listModels(),
  ]);
  const bundled = new Map(bundles.entries.map((bundle) => [bundle.id, bundle.models]));
  const granted = new Set(
    grants.entries.flatMap(({ model, bundle }) => (model === undefined ? (bundled.get(bundle) ?? []) : [model])),
  );
  const stopped = unpricedModels(budget, models.entries, granted, Date.now());
  if (stopped.length > 0) warn(`tollgate: refused under this budget, for want of a price: ${stopped.join(', ')}`);
}

/** After what there is to aggregate: the ledger is to have every call that was delivered. */
async function reset(
  where: Target,
  writer: Writer,
  tenant: string,
  budget: Budget,
  dryRun: boolean,
): Promise<ResetRow[]> {
  const [{ openAggregation }, { resetBudget }] = await Promise.all([
    import('./meter.ts'),
    import('../metering/run/reset.ts'),
  ]);
  await flush(where);
  if (!dryRun) await (await openAggregation(where))();
  const [counters, store] = await Promise.all([openCounters(where), openStore(where)]);
  const kept: typeof counters = {
    ...counters,
    update: async ({ key }) => ({ applied: true, counts: await counters.counts(key) }),
  };
  return resetBudget(tenant, budget, { store, counters: dryRun ? kept : counters, writer, now: Date.now() });
}

function resetText(tenant: string, { id, unit }: Budget, { of, window, before, after }: ResetRow): string {
  const counter = `budget ${id} of ${tenant}${of === '' ? '' : ` (${of})`}, ${window}`;
  return before === after
    ? `${counter}: ${after} ${unit}, as the ledger says`
    : `${counter}: ${before} -> ${after} ${unit}`;
}

function nameOf(owner: string): string {
  return owner === EVERY_TENANT ? 'the stage' : owner;
}

function ofTenant(owner: string): { tenant?: string } {
  return owner === EVERY_TENANT ? {} : { tenant: owner };
}

async function listAll(writer: Writer): Promise<Answer> {
  const listing = await writer.listBudgets();
  warnOf(listing);
  const all = listing.entries.flatMap(({ owner, budgets }) => budgets.map((budget) => ({ owner, budget })));
  return listed({
    head: ['owner', ...HEAD],
    rows: all.map(({ owner, budget }) => [nameOf(owner), ...rowOf(budget)]),
    documents: listing.entries.map(budgetsDocument),
    ids: all.map(({ budget }) => budget.id),
  });
}

async function listOf(writer: Writer, tenant: string): Promise<Answer> {
  const { own, stage } = await budgetsOf(writer, tenant);
  const inForce = budgetsInForce(own, stage);
  return listed({
    head: ['owner', ...HEAD],
    rows: inForce.map((budget) => [own.includes(budget) ? tenant : 'the stage', ...rowOf(budget)]),
    documents: inForce.map(budgetDocument),
    ids: inForce.map(({ id }) => id),
  });
}

const HEAD = ['id', 'limit', 'unit', 'period', 'per', 'only', 'enforcement'];

function rowOf({ id, limit, unit, period, per, only = '', enforcement, atLimit }: Budget): string[] {
  return [id, limit, unit, period, per, only, atLimit === undefined ? enforcement : `${enforcement}, refuse`];
}

interface TenantBudgets {
  tenant: string;
  own: readonly Budget[];
  stage: readonly Budget[];
}

/** @throws TollgateError `not_found` when there is no such tenant; `bad_entry` when its budgets cannot be read */
async function budgetsOf(writer: Writer, tenant: string): Promise<TenantBudgets> {
  const [own, stage] = await Promise.all([
    writer.showBudgets(tenant),
    writer.showBudgets(EVERY_TENANT),
    writer.showTenant(tenant),
  ]);
  return { tenant, own, stage };
}

/** Every tenant's; items that cannot be read are named on stderr. */
async function everybodysBudgets(writer: Writer): Promise<TenantBudgets[]> {
  const [tenants, listing] = await Promise.all([writer.listTenants(), writer.listBudgets()]);
  warnOf(listing);
  const of = (wanted: string) => listing.entries.find(({ owner }) => owner === wanted)?.budgets ?? [];
  return tenants.entries.map(({ id }) => ({ tenant: id, own: of(id), stage: of(EVERY_TENANT) }));
}

async function statusOf(where: Target, asked: string | undefined): Promise<StatusRow[]> {
  const [writer, counters] = await Promise.all([openRegistry(where), openCounters(where)]);
  const tenants = asked === undefined ? await everybodysBudgets(writer) : [await budgetsOf(writer, asked)];
  const rows: StatusRow[] = [];
  for (const { tenant, own, stage } of tenants) {
    const inForce = budgetsInForce(own, stage);
    if (inForce.length === 0) continue;
    const items = await counters.partition(counterPartition(tenant));
    for (const status of budgetStatus(inForce, items, Date.now()))
      rows.push({ tenant, from: own.includes(status.budget) ? 'tenant' : 'stage', ...status });
  }
  return rows;
}
