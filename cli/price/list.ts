import { type Cell, writeCsv } from '../../metering/csv.ts';
import { isoMilliseconds } from '../../registry/fields.ts';
import type { PricedModel, PriceVersion } from '../../registry/price.ts';
import { priceDocument } from '../../registry/prices/entry.ts';
import { PRICE_COLUMNS } from '../../registry/prices/import/own.ts';
import { table } from '../print.ts';

/** The columns of people: without the source, which is long. */
const SHOWN = PRICE_COLUMNS.filter((column) => column !== 'source');

export function priceTable(models: readonly PricedModel[], width?: number): string {
  const rows = rowsOf(models).map((row) => SHOWN.map((column) => shownCell(column, row)));
  return table(
    SHOWN.map((column) => column.replaceAll('_', ' ')),
    rows,
    width,
  );
}

/** What `price import` reads again. */
export function priceCsv(models: readonly PricedModel[]): string {
  const cells = rowsOf(models).map((row): Cell[] => PRICE_COLUMNS.map((column) => ({ text: row[column] ?? '' })));
  return writeCsv(PRICE_COLUMNS, cells);
}

/** What `price import` reads again. */
export function priceJson(models: readonly PricedModel[]): object {
  return {
    prices: models.flatMap(({ id, prices }) => prices.map((price) => ({ model: id, ...priceDocument(price) }))),
  };
}

type Row = Partial<Record<(typeof PRICE_COLUMNS)[number], string | undefined>>;

function rowsOf(models: readonly PricedModel[]): Row[] {
  return models.flatMap(({ id, prices }) => prices.map((price) => rowOf(id, price)));
}

function rowOf(model: string, price: PriceVersion): Row {
  const {
    version,
    from,
    region,
    tier,
    usdPerMillion = {},
    usdPerImage,
    usdPerSearch,
    usdPerCall,
    usdPerHour,
    source,
  } = price;
  const { input, output, cacheRead, cacheWrite, cacheWrite1h } = usdPerMillion;
  return {
    model,
    version,
    from: isoMilliseconds(from),
    region,
    tier,
    input,
    output,
    cache_read: cacheRead,
    cache_write: cacheWrite,
    cache_write_1h: cacheWrite1h,
    image: usdPerImage,
    hour: usdPerHour,
    source,
    search: usdPerSearch,
    call: usdPerCall,
  };
}

function shownCell(column: (typeof SHOWN)[number], row: Row): string {
  if (column === 'from') return row.from?.replace('T00:00:00.000Z', '').replace('.000Z', 'Z') ?? '';
  if (column === 'tier') return row.tier ?? 'on-demand';
  if (column === 'region') return row.region ?? 'any';
  return row[column] ?? '';
}
