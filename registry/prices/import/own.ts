import { csvRows, originalText } from '../../../contract/csv.ts';
import { isTollgateError } from '../../../contract/errors.ts';
import { isoMilliseconds } from '../../fields.ts';
import { parseGivenPrice } from '../entry.ts';
import type { BadPrice, Defaults, FoundPrice, Reading } from './reading.ts';
import { member, membersOf, plainOf, type Tree, textOf } from './tree.ts';

/** Our own files of prices: what `tollgate price list --format json` and `--format csv` print. */

/** Columns of the CSV form; all but `model` may be left out. Rates are US dollars per 1,000,000 tokens. */
export const PRICE_COLUMNS = [
  'model',
  'version',
  'from',
  'region',
  'tier',
  'input',
  'output',
  'cache_read',
  'cache_write',
  'cache_write_1h',
  'image',
  'hour',
  'source',
  'search',
  'call',
] as const;

/** Column -> member of a price. */
const RATE_COLUMNS: Record<string, string> = {
  input: 'input',
  output: 'output',
  cache_read: 'cacheRead',
  cache_write: 'cacheWrite',
  cache_write_1h: 'cacheWrite1h',
};
const OTHER_COLUMNS: Record<string, string> = {
  version: 'version',
  from: 'from',
  region: 'region',
  tier: 'tier',
  image: 'usdPerImage',
  search: 'usdPerSearch',
  call: 'usdPerCall',
  hour: 'usdPerHour',
  source: 'source',
};

/** `{"prices": [{"model", "usdPerMillion", ...}]}`; `from` and `source` beside `prices` are every entry's own unless it says. */
export function readOwnJson(tree: Tree, defaults: Defaults): Reading {
  const prices = member(tree, 'prices');
  const currency = textOf(tree, 'currency') ?? 'USD';
  const reader = new OwnReader(
    { ...dateOf(tree), source: textOf(tree, 'source') ?? defaults.source },
    defaults,
    currency,
  );
  if (prices?.is !== 'list') reader.fault(prices ?? tree, 'prices', 'not-a-list');
  else for (const entry of prices.items) reader.entry(entry);
  return reader.reading();
}

function dateOf(tree: Tree): { from?: unknown } {
  const from = member(tree, 'from');
  return from === undefined ? {} : { from: plainOf(from) };
}

export function readOwnCsv(csv: string, defaults: Defaults): Reading {
  const rows = csvRows(csv.replace(/^\uFEFF/, ''));
  const head = rows.next();
  const columns = head.done ? [] : head.value.cells.map((cell) => cell.trim().toLowerCase());
  const reader = new OwnReader({ source: defaults.source }, defaults, 'USD');
  const known = new Set<string>([...PRICE_COLUMNS, 'currency']);
  if (!columns.includes('model')) reader.bad.push({ line: 1, at: '', field: 'model', reason: 'missing' });
  for (const [index, column] of columns.entries()) {
    const reason =
      columns.indexOf(column) !== index ? 'listed-twice' : known.has(column) ? undefined : 'unknown-column';
    if (reason !== undefined) reader.bad.push({ line: 1, at: '', field: column, reason });
  }
  if (reader.bad.length > 0) return reader.reading();
  for (const { line, cells } of rows) {
    if (cells.length === 1 && cells[0] === '') continue;
    if (cells.length > columns.length) reader.bad.push({ line, at: '', field: 'row', reason: 'too-many-cells' });
    else reader.row(line, new Map(columns.map((column, i) => [column, originalText((cells[i] ?? '').trim())])));
  }
  return reader.reading();
}

class OwnReader {
  readonly found: FoundPrice[] = [];
  readonly bad: BadPrice[] = [];
  readonly #file: Record<string, unknown>;
  readonly #defaults: Defaults;
  readonly #currency: string;

  constructor(file: Record<string, unknown>, defaults: Defaults, currency: string) {
    this.#file = file;
    this.#defaults = defaults;
    this.#currency = currency;
  }

  reading(): Reading {
    return { format: 'tollgate', found: this.found, bad: this.bad, skipped: [] };
  }

  fault({ line, at }: { line: number; at: string }, field: string, reason: string): void {
    this.bad.push({ line, at, field, reason });
  }

  entry(tree: Tree): void {
    if (tree.is !== 'object') {
      this.fault(tree, 'entry', 'not-an-object');
      return;
    }
    const members = Object.fromEntries(membersOf(tree).map(([name, value]) => [name, plainOf(value)]));
    this.#one(members, tree);
  }

  row(line: number, cells: Map<string, string>): void {
    const pick = (names: Record<string, string>) =>
      Object.fromEntries(
        Object.entries(names).flatMap(([column, name]) => (cells.get(column) ? [[name, cells.get(column)]] : [])),
      );
    const rates = pick(RATE_COLUMNS);
    const usdPerMillion = Object.keys(rates).length === 0 ? {} : { usdPerMillion: rates };
    const currency = cells.get('currency') ? { currency: cells.get('currency') } : {};
    this.#one({ model: cells.get('model'), ...pick(OTHER_COLUMNS), ...usdPerMillion, ...currency }, { line, at: '' });
  }

  #one(members: Record<string, unknown>, place: { line: number; at: string }): void {
    const { model, currency = this.#currency, ...price } = members;
    if (currency !== 'USD') {
      this.fault(place, 'currency', 'not-usd');
      return;
    }
    if (typeof model !== 'string' || model === '') {
      this.fault(place, 'model', model === undefined || model === '' ? 'missing' : 'not-text');
      return;
    }
    const given: Record<string, unknown> = { from: isoMilliseconds(this.#defaults.now), ...this.#file, ...price };
    if (this.#defaults.from !== undefined) given.from = isoMilliseconds(this.#defaults.from);
    try {
      this.found.push({ model: { is: 'id', id: model }, price: parseGivenPrice(given), line: place.line });
    } catch (error) {
      if (!isTollgateError(error, 'bad_entry')) throw error;
      this.fault(place, columnOf(error.field ?? 'entry', place.at), error.reason ?? 'bad');
    }
  }
}

/** In a CSV file a fault is named by its column. */
function columnOf(field: string, at: string): string {
  if (at !== '') return field;
  const name = field.replace(/^usdPerMillion\./, '');
  const columns = Object.entries({ ...RATE_COLUMNS, ...OTHER_COLUMNS });
  return columns.find(([, given]) => given === name)?.[0] ?? field;
}
