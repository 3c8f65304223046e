import { parseTenantId } from '../contract/identity.ts';
import { TENANT_DAY_KEPT_DAYS, TENANT_DAY_MAX_BYTES } from '../contract/limits.ts';
import { TOKEN_KINDS } from '../contract/usage.ts';
import type { UsageRow } from './aggregate.ts';
import { usageDayKey } from './counter-names.ts';
import { formatMoney, parseMoney } from './money.ts';
import { type Cost, noTokens, type TokenCounts, type TokenSums } from './price.ts';
import { type Group, Groups } from './report-groups.ts';

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
  unsettled: number;
  unpriced: number;
  /** null: not known, because nothing in the row has a price. */
  cost: Cost | null;
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

/** Where the items go. metering/counters.ts writes them to DynamoDB. */
export interface TenantDays {
  /**
   * Writes the item, unless the one that is there was read later (`asOf`): a slow run puts nothing old back.
   *
   * @throws whatever the table throws
   */
  put(item: TenantDayItem): Promise<void>;
}

/**
 * @param rows of all the day's hours
 * @param asOf milliseconds since 1970, before the first of them was read
 * @returns a summary for each tenant that used anything, in order; names that are no tenant's ids are passed over, because
 *   nobody can ask for them
 */
export function tenantDays(day: string, rows: Iterable<UsageRow>, asOf: number): TenantDay[] {
  return [...Map.groupBy(rows, ({ tenant }) => tenant)]
    .filter(([tenant]) => isTenantId(tenant))
    .map(([tenant, its]) => ({ tenant, day, asOf, rows: fitting(its) }))
    .filter((summary) => summary.rows.length > 0)
    .sort((a, b) => (a.tenant < b.tenant ? -1 : 1));
}

/** The inverse of parseTenantDay. */
export function toItem({ tenant, day, asOf, rows }: TenantDay): TenantDayItem {
  return {
    ...usageDayKey(tenant, day),
    doc: JSON.stringify({ v: 1, asOf, rows: rows.map(written) }),
    asOf,
    expiresAt: Date.parse(`${day}T00:00:00Z`) / 1_000 + TENANT_DAY_KEPT_DAYS * 86_400,
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
 * Rows by model and principal, as many as fit: of a tenant with more principals than an item holds, those who used most
 * keep their rows and the others are added up into one for each model. What is added up is still exact.
 */
function fitting(rows: readonly UsageRow[]): TenantDayRow[] {
  const principals = byUse(rows);
  for (let kept = principals.length; ; kept = Math.floor(kept / 2)) {
    const named = new Set(principals.slice(0, kept));
    const groups = new Groups({ by: ['model', 'principal'], period: 'total' });
    groups.add(
      '',
      rows.map((row) => (named.has(row.principal) ? row : { ...row, principal: '' })),
    );
    const found = groups.list().map(rowOf);
    if (kept === 0 || Buffer.byteLength(JSON.stringify(found.map(written))) <= TENANT_DAY_MAX_BYTES) return found;
  }
}

/** Who used most first; the same for the same rows. */
function byUse(rows: readonly UsageRow[]): string[] {
  const used = new Map<string, bigint>();
  for (const { principal, tokens } of rows)
    used.set(principal, (used.get(principal) ?? 0n) + tokens.input + tokens.output);
  return [...used].sort(([a, x], [b, y]) => (x === y ? (a < b ? -1 : 1) : x > y ? -1 : 1)).map(([name]) => name);
}

function rowOf({ names, tokens, invocations, unsettled, unpriced, cost }: Group): TenantDayRow {
  const [model = '', principal = ''] = names;
  return { model, principal, tokens, invocations, unsettled, unpriced, cost };
}

/** Counts of tokens as text: a sum may be beyond what a number of JSON holds exactly. Kinds that were not used are left out. */
interface Written {
  model: string;
  principal: string;
  tokens: Partial<Record<keyof TokenCounts, string>>;
  invocations: number;
  unsettled: number;
  unpriced: number;
  cost: { input: string; output: string } | null;
}

function written({ tokens, cost, ...row }: TenantDayRow): Written {
  const used = TOKEN_KINDS.filter((kind) => tokens[kind] > 0n);
  return {
    ...row,
    tokens: Object.fromEntries(used.map((kind) => [kind, String(tokens[kind])])),
    cost: cost && { input: formatMoney(cost.input), output: formatMoney(cost.output) },
  };
}

function read({ tokens, cost, ...row }: Written): TenantDayRow {
  const sums = noTokens();
  for (const kind of TOKEN_KINDS) sums[kind] = BigInt(tokens[kind] ?? 0);
  return { ...row, tokens: sums, cost: cost && { input: amount(cost.input), output: amount(cost.output) } };
}

function amount(text: string): bigint {
  const money = parseMoney(text);
  if (money === undefined) throw new Error('a usage summary with a cost that is no amount');
  return money;
}

function isTenantId(text: string): boolean {
  try {
    parseTenantId(text);
    return true;
  } catch {
    return false;
  }
}
