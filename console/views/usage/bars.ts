import type { Bars } from '../../ui/bars.ts';
import { grouped, type Measure, type Row } from './rows.ts';

/** Series that have a colour of their own; what is beyond is one more. */
const SHOWN = 5;
const OTHERS = 'Others';

/** By day, each bar parted by model: of the largest, and of all others. @param days every one of them, also those without a call */
export function barsByDay(rows: readonly Row[], days: readonly string[], { of }: Measure): Bars {
  const sum = (some: readonly Row[]): number => some.reduce((total, row) => total + of(row), 0);
  const models = grouped(rows, 'model').sort((a, b) => sum(b.rows) - sum(a.rows));
  const named = models.slice(0, SHOWN).map(({ name }) => name);
  const series = models.length > SHOWN ? [...named, OTHERS] : named;
  const onDay = Map.groupBy(rows, ({ day = '' }) => day);
  const bars = days.map((day) => {
    const some = onDay.get(day) ?? [];
    const values = named.map((name) => sum(some.filter(({ model }) => model === name)));
    const rest = sum(some.filter(({ model = '' }) => !named.includes(model)));
    return { label: day.slice(5), values: models.length > SHOWN ? [...values, rest] : values };
  });
  return { series, bars };
}

/** A bar a model, for one day. */
export function barsByModel(rows: readonly Row[], { of, label }: Measure): Bars {
  const bars = grouped(rows, 'model')
    .map(({ name, rows: some }) => ({ label: name, values: [some.reduce((total, row) => total + of(row), 0)] }))
    .sort((a, b) => (b.values[0] ?? 0) - (a.values[0] ?? 0));
  return { series: [label], bars: bars.slice(0, 12) };
}
