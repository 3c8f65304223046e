import { csvRows, originalText } from '../../contract/csv.ts';
import { type Cell, readCsv, writeCsv } from '../csv.ts';
import { addCosts, hasUse, knownCost, type UsageRow } from '../ledger/row.ts';
import { columnsOf, costOfCells, countOf, moneyCell, textOf, tokensOf, type Whose } from '../ledger/usage-file.ts';
import { addTokens, noTokens } from '../price.ts';

/** The columns of a report, relied on from outside. */
export const REPORT_COLUMNS = [
  'tenant_id',
  'cost_center',
  'model_id',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'invocations',
  'input_cost',
  'output_cost',
  'total_cost',
  'unsettled',
  'unpriced',
  // Behind those that were there: who reads by position reads on.
  'estimated',
  'estimated_cost',
] as const;

/** Usage of one tenant, cost centre and model over the time of the report. */
export type ReportRow = Pick<
  UsageRow,
  'tenant' | 'costCenter' | 'model' | 'tokens' | 'invocations' | 'estimated' | 'unsettled' | 'unpriced' | 'cost'
>;

/**
 * Adds rows up to one per tenant, cost centre and model, sorted. A row without use or an unsettled call (refusals
 * only) is left out: there is nothing to pay or to ask about.
 *
 * Costs are exact. `input` holds the cost of cache reads and writes; a price that is not known adds nothing, `unpriced`
 * says how many calls that concerns, and when it concerns all of them the cost is not known (null).
 *
 * @param rows of any hours, days or price versions
 */
export function reportRows(rows: Iterable<ReportRow>): ReportRow[] {
  const sums = new Map<string, ReportRow>();
  for (const row of rows) {
    const key = JSON.stringify([row.tenant, row.costCenter, row.model]);
    const sum = sums.get(key);
    sums.set(key, sum ? plus(sum, row) : row);
  }
  return [...sums]
    .filter(([, row]) => hasUse(row))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { tenant, costCenter, model, tokens, invocations, estimated, unsettled, unpriced, cost }]) => ({
      tenant,
      costCenter,
      model,
      tokens,
      invocations,
      estimated,
      unsettled,
      unpriced,
      cost: knownCost({ invocations, unsettled, unpriced, cost }),
    }));
}

/** Both together; all else is as in `a`. */
export function plus<
  R extends Pick<UsageRow, 'tokens' | 'invocations' | 'estimated' | 'unsettled' | 'unpriced' | 'cost'>,
>(a: R, b: R): R {
  const tokens = noTokens();
  addTokens(tokens, a.tokens);
  addTokens(tokens, b.tokens);
  return {
    ...a,
    tokens,
    invocations: a.invocations + b.invocations,
    estimated: a.estimated + b.estimated,
    unsettled: a.unsettled + b.unsettled,
    unpriced: a.unpriced + b.unpriced,
    cost: addCosts(a.cost, b.cost),
  };
}

/** A row's cells in the order of the columns; money exact, empty where it is not known. All cache writes are one column. */
export function reportCells(row: ReportRow): Cell[] {
  const { input, output, cacheRead, cacheWrite, cacheWrite1h } = row.tokens;
  const { cost } = row;
  const money = cost ? [cost.input, cost.output, cost.input + cost.output] : [null, null, null];
  return [
    ...[row.tenant, row.costCenter, row.model].map((text) => ({ text })),
    ...[input, output, cacheRead, cacheWrite + cacheWrite1h, row.invocations].map((number) => ({
      number: number.toString(),
    })),
    ...money.map(moneyCell),
    ...[row.unsettled, row.unpriced, row.estimated].map((number) => ({ number: number.toString() })),
    moneyCell(cost?.estimated ?? null),
  ];
}

export function reportCsv(rows: Iterable<ReportRow>): string {
  return writeCsv(REPORT_COLUMNS, [...rows].map(reportCells));
}

/** What reportCsv wrote, as rows again. @throws Error naming the column when the text is not of its making */
export function readReportCsv(csv: string, only: Whose = {}): ReportRow[] {
  return readCsv(csv, columnsOf(only)).map((cells) => ({
    tenant: textOf(cells, 'tenant_id'),
    costCenter: textOf(cells, 'cost_center'),
    model: textOf(cells, 'model_id'),
    tokens: tokensOf(cells),
    invocations: countOf(cells, 'invocations'),
    estimated: countOf(cells, 'estimated', '0'),
    unsettled: countOf(cells, 'unsettled'),
    unpriced: countOf(cells, 'unpriced'),
    cost: costOfCells(cells),
  }));
}

/** Whose use of which model a report tells of: its names alone, for who needs no sums. */
export function* reportNames(csv: string): Generator<{ tenant: string; model: string }> {
  const [tenant, model] = [REPORT_COLUMNS.indexOf('tenant_id'), REPORT_COLUMNS.indexOf('model_id')];
  for (const { line, cells } of csvRows(csv))
    if (line > 1) yield { tenant: originalText(cells[tenant] ?? ''), model: originalText(cells[model] ?? '') };
}
