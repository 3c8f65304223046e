import { TOLD_MAX } from '../../contract/limits/metering.ts';
import { TOKEN_KINDS } from '../../contract/usage.ts';
import { PIECE_KINDS, RATE_KINDS } from '../../registry/price.ts';
import { TOKEN_COLUMNS } from '../ledger/usage-file.ts';
import { MONEY_SCALE } from '../money.ts';

/** What the parts of the statement have in common. */

export const TOKENS = TOKEN_KINDS.map((kind) => TOKEN_COLUMNS[kind]);
export const ID_COLUMNS = ['tenant_id', 'principal', 'cost_center', 'model_id', 'region'];

/** Kinds that are paid for, and the columns of their rates, in dollars for one. */
export const RATES = [...RATE_KINDS, ...PIECE_KINDS].map((kind) => ({
  kind,
  tokens: TOKEN_COLUMNS[kind],
  rate: `${TOKEN_COLUMNS[kind]}_usd`,
}));

/** Text that holds a decimal, as dollars: exact, and wide enough for any rate. */
export function dollars(text: string): string {
  return `CAST(${text} AS DECIMAL(27, ${MONEY_SCALE}))`;
}

/** Not CAST: a line that cannot be used must not stop the statement, in whatever order its parts are computed. */
export function whole(column: string): string {
  return `TRY_CAST(${column} AS BIGINT)`;
}

/** A count, as an answer of which it is counted at most. */
export function atMost(count: string): string {
  return `CASE WHEN ${count} > ${TOLD_MAX} THEN ${TOLD_MAX} ELSE ${count} END`;
}

export function list(names: readonly unknown[]): string {
  return names.map((name) => text(String(name))).join(', ');
}

export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
