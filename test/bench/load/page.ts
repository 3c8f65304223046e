import { documentOf } from '../../../cli/page/document.ts';
import { html } from '../../../cli/page/html.ts';
import { grid, moment } from '../../../cli/page/table.ts';
import { grouped } from '../../../cli/report/amounts.ts';
import { REPORT_STYLE } from '../../../cli/report/style.ts';
import { LINES_STYLE, lineChart } from './lines.ts';
import type { LoadOptions } from './options.ts';
import { QUANTILES } from './tally.ts';
import type { Made } from './traffic.ts';

/** A load as one page that stands alone. No token is in it, nor the command that gets one. @param at ISO 8601 */
export function loadPage(at: string, options: LoadOptions, made: Made): string {
  const { url, kind, model, tenants, connections, rate } = options;
  const { bySecond, calls, seconds, errors } = made;
  const how = rate === 0 ? 'each connection calling again at once' : `${grouped(rate)} calls begun a second`;
  const failed = errors.reduce((sum, [, count]) => sum + count, 0);
  const body = html`<header>
<h1>Load on ${url ?? 'a gateway of its own on one machine'}</h1>
<p class="soft">${kind} of ${model}, tokens of ${grouped(tenants)} tenants, ${grouped(connections)} connections, ${how}; ${moment(at)} UTC.</p>
</header>
<main>
<p><strong>${grouped(calls)}</strong> calls answered in full in ${seconds.toFixed(1)} s: <strong>${(calls / seconds).toFixed(1)}</strong> a second; <strong>${grouped(failed)}</strong> errors. The load generator was busy for ${(made.busy * 100).toFixed(0)} % of the time${made.busy > BUSY ? ': it was what was measured' : ''}.</p>
<h2>Milliseconds</h2>
${grid(
  'Of calls that were answered in full',
  ['', ...QUANTILES.map((part) => `p${part}`)],
  [
    ['to the last byte', ...shown(made.ms)],
    ['to the first token', ...shown(made.firstMs)],
  ],
)}
<h2>By second</h2>
${lineChart('Calls and errors by second', '', [
  { name: 'answered', values: bySecond.map((second) => second.calls) },
  { name: 'errors', values: bySecond.map((second) => second.errors) },
])}
${lineChart('Milliseconds by second', 'ms', [
  { name: 'p50', values: bySecond.map(({ p50 }) => p50) },
  { name: 'p99', values: bySecond.map(({ p99 }) => p99) },
])}
<h2>Errors</h2>
${
  errors.length === 0
    ? html`<p>None.</p>`
    : grid(
        'Errors by kind',
        ['Kind', 'Calls'],
        errors.map(([error, count]) => [error, grouped(count)]),
      )
}
</main>`;
  return documentOf({ title: 'Tollgate: load', body, style: html`${REPORT_STYLE}${LINES_STYLE}` });
}

/** Part of the time from which on the generator may have been what was slow. */
export const BUSY = 0.9;

const shown = (values: readonly number[]): string[] =>
  values.length === 0 ? QUANTILES.map(() => '') : values.map((value) => value.toFixed(1));
