import { TollgateError } from '../../contract/errors.ts';
import { STATEMENT_MAX_BYTES, UNLOAD_DAYS_MAX } from '../../contract/limits/metering.ts';
import type { PricedModel } from '../../registry/price.ts';
import { HOUR_MS, parseDay, parseHour } from '../window.ts';
import { calls, lines } from './lines.ts';
import { PRICE_COLUMNS, PRICED, PRICES, priceRows, SOLD } from './prices.ts';
import { text } from './sql.ts';
import { CAPACITIES, DIVIDED, PARTS, ROWS, SHARERS, TOTALS } from './totals.ts';

/**
 * The aggregation as one statement of Athena, for volumes that outgrow one function: raw lines in, the rows of
 * `usage.parquet` out. It takes a line, a call and a price as parse.ts, calls.ts, aggregate.ts and price.ts do, and the
 * tests run its SELECT beside them. What it leaves to them: it looks at no text's length or type, nor for kinds of tokens
 * that it does not know.
 */
export interface Reaggregation {
  /** Days of UTC, `2026-11-21`, both included; at most UNLOAD_DAYS_MAX. */
  from: string;
  to: string;
  /** Every model that may have been called. */
  prices: readonly PricedModel[];
}

/**
 * @param folder `s3://bucket/prefix/`, which must be empty
 * @throws TollgateError `invalid_request` for days that are none, too many or in the wrong order; `too_large` when there
 *   are more prices than one statement can hold
 */
export function unloadStatement(wanted: Reaggregation, folder: string): string {
  const statement = `UNLOAD (
${reaggregation(wanted)}
)
TO ${text(folder)}
WITH (format = 'PARQUET', compression = 'SNAPPY', partitioned_by = ARRAY['dt'])`;
  if (Buffer.byteLength(statement) > STATEMENT_MAX_BYTES)
    throw new TollgateError('too_large', {
      reason: 'statement-too-long',
      message: 'The prices do not fit a statement.',
    });
  return statement;
}

/** @returns the SELECT within, whose columns are those of usage.parquet and then `dt` */
export function reaggregation({ from, to, prices }: Reaggregation): string {
  const { first, last } = hoursOf(from, to);
  if (last < first || last - first >= UNLOAD_DAYS_MAX * 24)
    throw new TollgateError('invalid_request', {
      field: '--to',
      reason: 'bad-period',
      message: `--to must be from 0 to ${UNLOAD_DAYS_MAX - 1} days after --from.`,
    });
  const listed = `VALUES ${priceRows(prices, (last + 1) * HOUR_MS).join(',\n    ')}`;
  const parts = {
    lines: lines(first, last),
    calls: calls(first, last),
    [`listed (${PRICE_COLUMNS.join(', ')})`]: `  ${listed}`,
    prices: PRICES,
    sold: SOLD,
    priced: PRICED,
    totals: TOTALS,
    sharers: SHARERS,
    parts: PARTS,
    divided: DIVIDED,
    capacities: CAPACITIES,
  };
  const named = Object.entries(parts).map(([name, select]) => `${name} AS (\n${select}\n)`);
  return `WITH ${named.join(',\n')}\n${ROWS}`;
}

/** Lines that cannot be used: what the quarantine holds, from the same test of a line. */
export function quarantined(from: string, to: string): string {
  const { first, last } = hoursOf(from, to);
  return `WITH lines AS (\n${lines(first, last)}\n)\nSELECT dt, hour, line FROM lines WHERE usable = 0`;
}

function hoursOf(from: string, to: string) {
  return { first: parseHour(`${parseDay(from, 'from')}T00`), last: parseHour(`${parseDay(to, 'to')}T23`) };
}
