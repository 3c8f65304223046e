import { type Group, totalOf } from '../../metering/report/groups.ts';
import { periodsOf, type ReportPeriod } from '../../metering/report/period.ts';
import { type Html, html } from '../page/html.ts';
import { asNumber, dollars } from './amounts.ts';
import { barChart } from './chart.ts';
import type { Overview } from './gather.ts';

/** Series with a colour of their own; what is left is one more. */
const SERIES = 5;

/** Cost by period, stacked by model, with a legend and the same numbers as a table. */
export function costChart({ bars, models, days, period }: Overview): Html {
  const ranked = models.filter((model) => (totalOf(model) ?? 0n) > 0n).toSorted(byCost);
  const own = ranked.slice(0, SERIES).map(({ names }) => names[0] ?? '');
  const series = ranked.length > SERIES ? [...own, `${ranked.length - SERIES} others`] : own;
  const table = periodsOf(days, period).map((name) => {
    const costs = series.map(() => 0n);
    for (const { names, cost } of bars.filter((bar) => bar.period === name)) {
      const at = own.indexOf(names[0] ?? '');
      const index = at === -1 ? SERIES : at;
      if (cost && costs[index] !== undefined) costs[index] += cost.input + cost.output;
    }
    return { name, costs, sum: costs.reduce((a, b) => a + b, 0n) };
  });
  const greatest = table.reduce((a, b) => (b.sum > a.sum ? b : a), table[0] ?? { name: '', costs: [], sum: 0n });
  return html`<div>${barChart({
    title: `Cost by ${period}`,
    description: `${table.length} bars, stacked by model. The greatest is ${greatest.name} with ${dollars(greatest.sum)}.`,
    axis: axisText,
    bars: table.map(({ name, costs, sum }) => ({
      label: labelOf(name, period),
      title: `${name}: ${dollars(sum)}`,
      parts: costs.map((cost, index) => ({
        series: index,
        name: series[index] ?? '',
        value: asNumber(cost),
        text: dollars(cost),
      })),
    })),
  })}</div>
<ul class="legend" aria-label="Models">${series.map((name, index) => html`<li><i class="s${index}"></i>${name || 'none'}</li>`)}</ul>
<details><summary>The same as numbers</summary>
<div class="scroll" role="region" aria-label="Cost by ${period} and model" tabindex="0"><table>
<caption>Cost by ${period} and model</caption>
<thead><tr><th scope="col">${period}</th>${series.map((name) => html`<th scope="col" class="n">${name || 'none'}</th>`)}<th scope="col" class="n">Total</th></tr></thead>
<tbody>
${table.map(
  ({ name, costs, sum }) =>
    html`<tr><th scope="row">${name}</th>${[...costs, sum].map((cost) => html`<td class="n">${dollars(cost)}</td>`)}</tr>
`,
)}</tbody></table></div></details>`;
}

function byCost(a: Group, b: Group): number {
  return Number((totalOf(b) ?? 0n) > (totalOf(a) ?? 0n)) - Number((totalOf(b) ?? 0n) < (totalOf(a) ?? 0n));
}

/** The year stands in the page's title. */
function labelOf(name: string, period: ReportPeriod): string {
  return period === 'month' ? name : name.slice(5);
}

function axisText(value: number): string {
  if (value === 0) return '$0';
  if (value >= 1_000_000) return `$${Number((value / 1_000_000).toPrecision(3))}M`;
  if (value >= 10_000) return `$${Number((value / 1_000).toPrecision(3))}k`;
  return `$${value >= 0.0001 ? Number(value.toPrecision(3)) : value.toPrecision(1)}`;
}
