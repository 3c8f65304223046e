import { METRIC_MAX_AGE_MS } from '../../contract/limits/metering.ts';
import { DIMENSIONS, logLine, METRICS } from '../../contract/log.ts';
import { formatMoney, type Money } from '../money.ts';
import { HOUR_MS, type Hour, hourText } from '../window.ts';
import { hasUse, type UsageRow } from './row.ts';

/**
 * What an hour cost, for dashboards: in total, by tenant and by model, each alone. At the hour's own time, and once for
 * every time that the hour was computed anew: of these the greatest is the one to look at. The bill has the exact amounts.
 *
 * @param now milliseconds since 1970; an hour that CloudWatch takes no values for any more gives no line
 * @returns log lines, always in the same order
 */
export function costLines(hour: Hour, rows: readonly UsageRow[], now: number): string[] {
  if (hour * HOUR_MS < now - METRIC_MAX_AGE_MS) return [];
  const event = { event: 'hour-cost', hour: hourText(hour) };
  const line = (cost: Money, dimensions: Record<string, string>) => {
    const total = Object.keys(dimensions).length === 0;
    return logLine(hour * HOUR_MS, event, { [METRICS.cost]: Number(formatMoney(cost)) }, dimensions, total);
  };
  const by = (member: 'tenant' | 'model') =>
    [...sums(rows, (row) => row[member])].map(([name, cost]) => line(cost, { [DIMENSIONS[member]]: name }));
  const total = sums(rows, () => 'all').get('all');
  return total === undefined ? [] : [line(total, {}), ...by('tenant'), ...by('model')];
}

/** Costs by name, of what has a name (CloudWatch drops an empty one) and a cost. */
function sums(rows: readonly UsageRow[], nameOf: (row: UsageRow) => string): Map<string, Money> {
  const found = new Map<string, Money>();
  for (const row of rows) {
    const name = nameOf(row);
    if (row.cost && hasUse(row) && name !== '')
      found.set(name, (found.get(name) ?? 0n) + row.cost.input + row.cost.output);
  }
  return found;
}
