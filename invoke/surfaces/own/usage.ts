import { TollgateError } from '../../../contract/errors.ts';
import { USAGE_DAYS_AT_ONCE, USAGE_ROWS_MAX } from '../../../contract/limits/metering.ts';
import { TOKEN_KINDS, type TokenKind } from '../../../contract/usage.ts';
import { principalCounters, tenantCounters, usagePartition } from '../../../metering/budgets/counter-names.ts';
import type { Counters } from '../../../metering/budgets/counters.ts';
import { budgetStatus, type CounterStatus } from '../../../metering/budgets/status.ts';
import { formatAmount, formatMoney } from '../../../metering/money.ts';
import { dayRange } from '../../../metering/report/day-range.ts';
import { type Added, type Dimension, type Group, Groups, totalOf } from '../../../metering/report/groups.ts';
import { parseTenantDay, type TenantDayRow } from '../../../metering/report/tenant-day.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';

/** What the summaries know of each row. */
const BY = ['day', 'model', 'principal'] as const;
type By = (typeof BY)[number];

/**
 * `GET /v1/usage?from=&to=&by=`: what the caller's own tenant used, as the ledger's last run has it, and where its budgets
 * stand now. Whose usage it is is the context's; no parameter can say otherwise.
 *
 * @throws TollgateError `invalid_request` naming the parameter; `forbidden`; `unavailable`
 */
export async function showUsage(exchange: Exchange): Promise<Given> {
  const { counters } = exchange;
  const { tenant } = exchange.caller;
  const parameters = exchange.request.query;
  const today = new Date(exchange.nowSeconds * 1_000).toISOString().slice(0, 10);
  const to = one(parameters, 'to') ?? today;
  const from = one(parameters, 'from') ?? to;
  const days = dayRange(from, to, { from: 'from', to: 'to' });
  const by = namesIn(one(parameters, 'by') ?? BY.join(','));
  // The registry's word first: a tenant suspended since its token was accepted is told nothing.
  const { budgets } = await exchange.entries(exchange.caller);
  const [usage, standing] = await Promise.all([
    usageOf(tenant, days, by, counters),
    budgetsOf(exchange, counters, budgets),
  ]);
  return json(
    { object: 'usage', tenant, from, to, as_of: usage.asOf, data: usage.data, budgets: standing },
    { 'cache-control': 'no-store' },
  );
}

function one(parameters: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = parameters.getAll(name);
  if (more.length > 0) throw bad(name, `${name} may be given once.`);
  return value === '' ? undefined : value;
}

function namesIn(list: string): By[] {
  const names = list.split(',').map((name) => name.trim());
  if (names.every((name): name is By => (BY as readonly string[]).includes(name)))
    return BY.filter((name) => names.includes(name));
  throw bad('by', `by must be a list of ${BY.join(', ')}.`);
}

async function usageOf(
  tenant: string,
  days: readonly string[],
  by: readonly By[],
  counters: Pick<Counters, 'query'>,
): Promise<{ data: object[]; asOf: string | null }> {
  const dimensions = by.filter((name): name is Exclude<By, 'day'> => name !== 'day') satisfies Dimension[];
  const groups = new Groups({ by: dimensions, period: by.includes('day') ? 'day' : 'total' });
  let asOf: number | null = null;
  for (let i = 0; i < days.length; i += USAGE_DAYS_AT_ONCE) {
    const [first = '', last = first] = [days[i], days[Math.min(i + USAGE_DAYS_AT_ONCE, days.length) - 1]];
    for (const { key, document } of await counters.query(usagePartition(tenant), first, last)) {
      const day = parseTenantDay(tenant, key.sk, String(document.doc));
      groups.add(
        day.day,
        day.rows.map((row) => usageRow(tenant, row)),
      );
      asOf = Math.max(asOf ?? 0, day.asOf);
    }
    if (groups.size > USAGE_ROWS_MAX)
      throw bad('from', `This is more than ${USAGE_ROWS_MAX} rows: ask for fewer days, or for by=day,model.`);
  }
  return {
    data: groups.list().map((group) => rowOf(group, by, dimensions)),
    asOf: asOf === null ? null : new Date(asOf).toISOString(),
  };
}

/** What a summary has not is not asked for here. */
function usageRow(tenant: string, row: TenantDayRow): Added {
  return { tenant, refused: 0, failed: 0, ...row };
}

/** Names of the wire: lower case with `_`, as in everything of OpenAI's. */
const WIRE: Readonly<Record<TokenKind, string>> = {
  input: 'input',
  output: 'output',
  cacheRead: 'cache_read',
  cacheWrite: 'cache_write',
  cacheWrite1h: 'cache_write_1h',
  reasoning: 'reasoning',
  images: 'images',
  embeddings: 'embeddings',
  searches: 'searches',
  calls: 'calls',
};

function rowOf(group: Group, by: readonly By[], dimensions: readonly string[]): object {
  const { tokens, invocations, estimated, unsettled, unpriced, cost } = group;
  const total = totalOf(group);
  return {
    ...(by.includes('day') ? { day: group.period } : {}),
    ...Object.fromEntries(dimensions.map((name, i) => [name, group.names[i]])),
    tokens: Object.fromEntries(TOKEN_KINDS.map((kind) => [WIRE[kind], Number(tokens[kind])])),
    invocations,
    input_cost: cost && formatMoney(cost.input),
    output_cost: cost && formatMoney(cost.output),
    total_cost: total === null ? null : formatMoney(total),
    unsettled,
    unpriced,
    estimated,
    estimated_cost: cost && formatMoney(cost.estimated),
  };
}

/** Those that count this caller: of budgets per principal, only its own counter. */
async function budgetsOf(
  { caller, nowSeconds }: Exchange,
  counters: Pick<Counters, 'counts'>,
  budgets: Awaited<ReturnType<Exchange['entries']>>['budgets'],
): Promise<object[]> {
  const own = budgets.filter(({ per, only }) => per !== 'principal' || only === undefined || only === caller.principal);
  const keys = [
    ...(own.some(({ per }) => per !== 'principal') ? [tenantCounters(caller.tenant)] : []),
    ...(own.some(({ per }) => per === 'principal') ? [principalCounters(caller.tenant, caller.principal)] : []),
  ];
  const items = await Promise.all(keys.map(async (key) => ({ key, counts: await counters.counts(key) })));
  return budgetStatus(own, items, nowSeconds * 1_000).map(budgetObject);
}

/** Amounts are exact, so as text; one below nothing is a correction that is not settled yet. */
function budgetObject({ budget, of, window, limit, settled, reserved, left }: CounterStatus): object {
  const { id, per, period, unit, enforcement } = budget;
  const amount = (of: bigint) => formatAmount(of, unit);
  return {
    id,
    per,
    ...(per === 'tenant' ? {} : { of }),
    unit,
    period,
    enforcement,
    limit: amount(limit),
    used: amount(settled),
    reserved: amount(reserved),
    left: amount(left),
    resets_at: new Date(window.until).toISOString(),
  };
}

function bad(field: string, message: string): TollgateError {
  return new TollgateError('invalid_request', { field, reason: 'bad-parameter', message });
}
