import type { Command } from 'commander';
import type { Budget } from '../contract/budget.ts';
import { counterPartition } from '../metering/budgets/counter-names.ts';
import { budgetStatus } from '../metering/budgets/status.ts';
import { formatAmount } from '../metering/money.ts';
import { budgetDocument, budgetsDocument, budgetsInForce, EVERY_TENANT } from '../registry/budget.ts';
import { noSuchBudget } from '../registry/budgets.ts';
import type { Writer } from '../registry/writer.ts';
import {
  type BudgetOptions,
  budgetGiven,
  budgetText,
  defaultOption,
  namingOptions,
  type OwnerOption,
  ownerOf,
  withBudget,
} from './budget/given.ts';
import type { ResetRow } from './budget/reset.ts';
import { type StatusRow, statusCsv, statusJson, statusTable } from './budget/status.ts';
import { unpricedModels } from './budget/unpriced.ts';
import {
  type Format,
  formatOption,
  lines,
  print,
  printJson,
  type RowsFormat,
  rowsFormatOption,
  table,
  warn,
} from './print.ts';
import { openRegistry, printHistory, warnOf } from './registry.ts';
import { flush, openCounters, openStore } from './store.ts';
import type { Target } from './target.ts';

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = program
    .command('budget')
    .description('what may be used up: list, show, set, remove, reset, status')
    .addHelpText(
      'after',
      '\nA tenant’s own budget takes the place of the stage’s of the same id. Changes are in force within the' +
        '\nauthorizer’s cache time. For example:' +
        '\n  tollgate budget set acme monthly --limit 100 --unit usd --period month' +
        '\n  tollgate budget set --default rate --limit 60 --unit requests --period minute --per principal',
    );
  const registry = async () => openRegistry(await target());

  noun
    .command('list')
    .description('everybody’s budgets, or those that a tenant is under')
    .argument('[tenant]')
    .addOption(formatOption())
    .action(async (tenant: string | undefined, { format }: { format: Format }) => {
      const writer = await registry();
      if (tenant === undefined) await listAll(writer, format);
      else await listOf(writer, tenant, format);
    });

  noun
    .command('show')
    .description('an owner’s own budgets, or one of them')
    .argument('[tenant]')
    .argument('[budget]')
    .addOption(defaultOption())
    .addOption(formatOption())
    .action(async (...args: Args<OwnerOption & { format: Format }>) => {
      const [owner, id] = ownerOf(words(args), args[2], noun);
      const budgets = await (await registry()).showBudgets(owner);
      const shown = id === undefined ? budgets : budgets.filter((budget) => budget.id === id);
      if (id !== undefined && shown.length === 0) throw noSuchBudget(owner, id);
      if (args[2].format === 'json') printJson(id === undefined ? shown : shown[0]);
      else if (shown.length === 0) print(`${nameOf(owner)} has no budget of its own`);
      else print(shown.map((budget) => lines(budgetDocument(budget))).join('\n\n'));
    });

  withBudget(
    noun
      .command('set')
      .description('make a budget, or replace the one of its id')
      .argument('[tenant]')
      .argument('[id]'),
  )
    .addOption(defaultOption())
    .action(async (...args: Args<BudgetOptions>) => {
      const [owner, id] = ownerOf(words(args), args[2], noun);
      if (id === undefined) return noun.error('error: the budget needs an id: name it last', { exitCode: 2 });
      const given = budgetGiven(id, args[2]);
      const writer = await registry();
      const before = await namingOptions(writer.showBudgets(owner));
      const { entry, changed } = await namingOptions(writer.setBudget(owner, given));
      const budget = entry.budgets.find((one) => one.id === id) ?? given;
      const what = `budget ${id} of ${nameOf(owner)}`;
      print(changed ? `${what}: ${budgetText(budget)} (version ${entry.version})` : `${what}: nothing to change`);
      await warnOfUnpriced(writer, owner, budget);
      const isNew = !before.some((one) => one.id === id);
      if (isNew && owner !== EVERY_TENANT) await warnOfCounted(await target(), owner, budget);
    });

  noun
    .command('remove')
    .description('lift a budget; the stage’s of the same id, if there is one, is in force again')
    .argument('[tenant]')
    .argument('[id]')
    .addOption(defaultOption())
    .option('--all', 'every budget of the owner, also when they cannot be read')
    .action(async (...args: Args<OwnerOption & { all?: true }>) => {
      const [owner, id] = ownerOf(words(args), args[2], noun);
      const { all = false } = args[2];
      if ((id === undefined) !== all) return noun.error('error: name one budget, or give --all', { exitCode: 2 });
      const writer = await registry();
      await (id === undefined ? writer.removeBudgets(owner) : writer.removeBudget(owner, id));
      print(`${id === undefined ? 'budgets' : `budget ${id}`} of ${nameOf(owner)}: removed`);
    });

  noun
    .command('reset')
    .description('set what is counted of a tenant’s budget in the running window to what the ledger says of it')
    .argument('<tenant>')
    .argument('<id>')
    .addOption(formatOption())
    .action(async (tenant: string, id: string, { format }: { format: Format }) => {
      const where = await target();
      const { own, stage } = await budgetsOf(await registry(), tenant);
      const budget = budgetsInForce(own, stage).find((one) => one.id === id);
      if (budget === undefined) throw noSuchBudget(tenant, id);
      const rows = await reset(where, tenant, budget);
      if (format === 'json') printJson(rows);
      else print(rows.map((row) => resetText(tenant, budget, row)).join('\n') || `budget ${id}: nothing is counted`);
    });

  noun
    .command('history')
    .description('who changed an owner’s budgets, and when')
    .argument('[tenant]')
    .addOption(defaultOption())
    .addOption(formatOption())
    .action(async (tenant: string | undefined, options: OwnerOption & { format: Format }) => {
      if (options.default && tenant !== undefined)
        return noun.error('error: either a tenant or --default, not both', { exitCode: 2 });
      const [owner] = ownerOf(tenant === undefined ? [] : [tenant], options, noun);
      const records = await (await registry()).budgetHistory(owner);
      if (options.format === 'json') printJson(records);
      else printHistory(records);
    });

  noun
    .command('status')
    .description('what is used, reserved and left of each budget now, of every tenant or of one')
    .argument('[tenant]')
    .addOption(rowsFormatOption())
    .action(async (tenant: string | undefined, { format }: { format: RowsFormat }) => {
      const rows = await statusOf(await target(), tenant);
      if (format === 'json') printJson(statusJson(rows));
      else if (format === 'csv') print(statusCsv(rows));
      else print(rows.length === 0 ? 'no budget is set' : statusTable(rows));
    });
}

async function warnOfUnpriced(writer: Writer, owner: string, budget: Budget): Promise<void> {
  if (budget.unit !== 'usd') return;
  const [grants, models] = await Promise.all([
    writer.listGrants(owner === EVERY_TENANT ? {} : { tenant: owner }),
    writer.listModels(),
  ]);
  const granted = new Set(grants.entries.map(({ model }) => model));
  const stopped = unpricedModels(budget, models.entries, granted, Date.now());
  if (stopped.length > 0) warn(`tollgate: refused under this budget, for want of a price: ${stopped.join(', ')}`);
}

/** A counter outlives its budget: what one of this id, period and unit counted before stands, and is not kept silently. */
async function warnOfCounted(where: Target, tenant: string, budget: Budget): Promise<void> {
  if (budget.period === 'minute') return;
  const items = await (await openCounters(where)).partition(counterPartition(tenant));
  for (const { of, settled, window } of budgetStatus([budget], items, Date.now()))
    if (settled !== 0n)
      warn(
        `tollgate: ${formatAmount(settled, budget.unit)} ${budget.unit} of ${of || 'the whole tenant'} are counted in ${window.name} already; tollgate budget reset ${tenant} ${budget.id} sets it to what the ledger says`,
      );
}

/** After what there is to aggregate: the ledger is to have every call that was delivered. */
async function reset(where: Target, tenant: string, budget: Budget): Promise<ResetRow[]> {
  const [{ openAggregation }, { resetBudget }] = await Promise.all([import('./meter.ts'), import('./budget/reset.ts')]);
  await flush(where);
  await (await openAggregation(where))();
  const [writer, counters, store] = await Promise.all([openRegistry(where), openCounters(where), openStore(where)]);
  return resetBudget(tenant, budget, { store, counters, writer, now: Date.now() });
}

function resetText(tenant: string, { id, unit }: Budget, { of, window, before, after }: ResetRow): string {
  const counter = `budget ${id} of ${tenant}${of === '' ? '' : ` (${of})`}, ${window}`;
  return before === after
    ? `${counter}: ${after} ${unit}, as the ledger says`
    : `${counter}: ${before} -> ${after} ${unit}`;
}

type Args<Options> = [first: string | undefined, second: string | undefined, options: Options];

function words([first, second]: Args<unknown>): string[] {
  return [first, second].filter((word) => word !== undefined);
}

function nameOf(owner: string): string {
  return owner === EVERY_TENANT ? 'the stage' : owner;
}

async function listAll(writer: Writer, format: Format): Promise<void> {
  const listing = await writer.listBudgets();
  if (format === 'json') printJson(listing.entries.map(budgetsDocument));
  else
    print(
      table(
        ['owner', ...HEAD],
        listing.entries.flatMap(({ owner, budgets }) => budgets.map((budget) => [nameOf(owner), ...rowOf(budget)])),
      ),
    );
  warnOf(listing);
}

async function listOf(writer: Writer, tenant: string, format: Format): Promise<void> {
  const { own, stage } = await budgetsOf(writer, tenant);
  const inForce = budgetsInForce(own, stage);
  if (format === 'json') printJson(inForce.map(budgetDocument));
  else
    print(
      table(
        ['owner', ...HEAD],
        inForce.map((budget) => [own.includes(budget) ? tenant : 'the stage', ...rowOf(budget)]),
      ),
    );
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
