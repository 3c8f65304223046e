import { isTenantId } from '../../contract/identity.ts';
import { TENANT_DAY_KEPT_DAYS, TENANT_DAY_MAX_BYTES, TENANT_DAYS_AT_ONCE } from '../../contract/limits/metering.ts';
import { TOKEN_KINDS } from '../../contract/usage.ts';
import { usageDayKey } from '../budgets/counter-names.ts';
import type { Counters } from '../budgets/counters.ts';
import { hasUse, type RowCost, type UsageRow } from '../ledger/row.ts';
import { formatMoney, parseMoney } from '../money.ts';
import { noTokens, type TokenCounts, type TokenSums } from '../price.ts';
import { DAY_MS } from '../window.ts';
import { type Group, Groups } from './groups.ts';
import { plus } from './report.ts';

/** What a tenant used on a day, as the ledger has it: what `GET /v1/usage` reads, so that it never needs the bucket. */
export interface TenantDay {
  tenant: string;
  /** As `2026-11-21`. */
  day: string;
  /** Milliseconds since 1970: when the ledger was read. */
  asOf: number;
  rows: TenantDayRow[];
}

export interface TenantDayRow {
  /** Registry id. */
  model: string;
  /** '' for all principals that had no room in the item. */
  principal: string;
  tokens: TokenSums;
  invocations: number;
  estimated: number;
  unsettled: number;
  unpriced: number;
  /** null: not known, because nothing in the row has a price. */
  cost: RowCost | null;
}

/** The item as it stands in the counters table. */
export interface TenantDayItem {
  pk: string;
  sk: string;
  /** JSON; see parseTenantDay. */
  doc: string;
  asOf: number;
  /** Seconds since 1970: DynamoDB removes it then. */
  expiresAt: number;
}

/** Gathers a day's hours into a summary for each tenant, so that the hours need not be in memory together. */
export class TenantDays {
  readonly #day: string;
  readonly #groups = new Groups({ by: ['tenant', 'model', 'principal'], period: 'total' });

  constructor(day: string) {
    this.#day = day;
  }

  add(rows: Iterable<UsageRow>): void {
    this.#groups.add(this.#day, rows);
  }

  /**
   * @param asOf milliseconds since 1970, before the first hour was read
   * @returns one for each tenant that used anything, in order; names that are no tenant's ids are passed over, because
   *   nobody can ask for them
   */
  list(asOf: number): TenantDay[] {
    return [...Map.groupBy(this.#groups.list().filter(hasUse), ({ names }) => names[0] ?? '')]
      .filter(([tenant]) => isTenantId(tenant))
      .map(([tenant, groups]) => ({ tenant, day: this.#day, asOf, rows: fitting(groups.map(rowOf)) }));
  }
}

/**
 * Writes summaries to the counters table. One that was read later is left as it is: a slow run puts nothing old back.
 *
 * @throws TollgateError `unavailable` when any could not be written, after all were tried
 */
export async function writeTenantDays(counters: Pick<Counters, 'put'>, days: readonly TenantDay[]): Promise<void> {
  const failures: unknown[] = [];
  for (let i = 0; i < days.length; i += TENANT_DAYS_AT_ONCE) {
    const writes = days.slice(i, i + TENANT_DAYS_AT_ONCE).map((day) => {
      const { pk, sk, ...document } = toItem(day);
      return counters.put({ pk, sk }, document, 'asOf');
    });
    for (const result of await Promise.allSettled(writes))
      if (result.status === 'rejected') failures.push(result.reason);
  }
  if (failures.length > 0) throw failures[0];
}

/** The inverse of parseTenantDay. */
export function toItem({ tenant, day, asOf, rows }: TenantDay): TenantDayItem {
  return {
    ...usageDayKey(tenant, day),
    doc: JSON.stringify({ v: 1, asOf, rows: rows.map(written) }),
    asOf,
    expiresAt: Date.parse(`${day}T00:00:00Z`) / 1_000 + (TENANT_DAY_KEPT_DAYS * DAY_MS) / 1_000,
  };
}

/**
 * @param doc as toItem wrote it
 * @throws Error when it is not of its making
 */
export function parseTenantDay(tenant: string, day: string, doc: string): TenantDay {
  const { v, asOf, rows } = JSON.parse(doc) as { v: number; asOf: number; rows: Written[] };
  if (v !== 1) throw new Error('a usage summary of an unknown version');
  return { tenant, day, asOf, rows: rows.map(read) };
}

/**
 * As many rows as fit: of a tenant with more principals than an item holds, those who used most keep their rows and the
 * others are added up into one for each model. What is added up is still exact.
 */
function fitting(rows: readonly TenantDayRow[]): TenantDayRow[] {
  const principals = byUse(rows);
  const keeping = (count: number) =>
    count === principals.length ? [...rows] : folded(rows, new Set(principals.slice(0, count)));
  const fits = (count: number) =>
    Buffer.byteLength(JSON.stringify(keeping(count).map(written))) <= TENANT_DAY_MAX_BYTES;
  if (fits(principals.length)) return keeping(principals.length);
  let [kept, tooMany] = [0, principals.length];
  while (tooMany - kept > 1) {
    const middle = (kept + tooMany) >> 1;
    if (fits(middle)) kept = middle;
    else tooMany = middle;
  }
  return keeping(kept);
}

function folded(rows: readonly TenantDayRow[], named: ReadonlySet<string>): TenantDayRow[] {
  const others = Map.groupBy(
    rows.filter(({ principal }) => !named.has(principal)),
    ({ model }) => model,
  );
  const sums = [...others.values()]
    .map((some) => some.reduce((sum, row) => plus(sum, row)))
    .map((sum) => ({ ...sum, principal: '' }));
  return [...sums, ...rows.filter(({ principal }) => named.has(principal))].sort(byModelAndPrincipal);
}

function byModelAndPrincipal(a: TenantDayRow, b: TenantDayRow): number {
  return a.model === b.model ? (a.principal < b.principal ? -1 : 1) : a.model < b.model ? -1 : 1;
}

/** Who used most first; the same for the same rows. */
function byUse(rows: readonly TenantDayRow[]): string[] {
  const used = new Map<string, bigint>();
  for (const { principal, tokens } of rows)
    used.set(principal, (used.get(principal) ?? 0n) + tokens.input + tokens.output);
  return [...used].sort(([a, x], [b, y]) => (x === y ? (a < b ? -1 : 1) : x > y ? -1 : 1)).map(([name]) => name);
}

function rowOf({ names, tokens, invocations, estimated, unsettled, unpriced, cost }: Group): TenantDayRow {
  const [, model = '', principal = ''] = names;
  return { model, principal, tokens, invocations, estimated, unsettled, unpriced, cost };
}

/** Counts of tokens as text: a sum may be beyond what a number of JSON holds exactly. Kinds that were not used are left out. */
interface Written {
  model: string;
  principal: string;
  tokens: Partial<Record<keyof TokenCounts, string>>;
  invocations: number;
  /** Absent in summaries of earlier releases, like the cost of it: none is told of then. */
  estimated?: number;
  unsettled: number;
  unpriced: number;
  cost: { input: string; output: string; estimated?: string } | null;
}

function written({ tokens, cost, ...row }: TenantDayRow): Written {
  const used = TOKEN_KINDS.filter((kind) => tokens[kind] > 0n);
  return {
    ...row,
    tokens: Object.fromEntries(used.map((kind) => [kind, String(tokens[kind])])),
    cost: cost && {
      input: formatMoney(cost.input),
      output: formatMoney(cost.output),
      estimated: formatMoney(cost.estimated),
    },
  };
}

function read({ tokens, cost, estimated = 0, ...row }: Written): TenantDayRow {
  const sums = noTokens();
  for (const kind of TOKEN_KINDS) sums[kind] = BigInt(tokens[kind] ?? 0);
  return {
    ...row,
    estimated,
    tokens: sums,
    cost: cost && {
      input: amount(cost.input),
      output: amount(cost.output),
      estimated: amount(cost.estimated ?? '0'),
    },
  };
}

function amount(text: string): bigint {
  const money = parseMoney(text);
  if (money === undefined) throw new Error('a usage summary with a cost that is no amount');
  return money;
}
