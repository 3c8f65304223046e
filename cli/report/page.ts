import { formatMoney } from '../../metering/money.ts';
import { type Group, totalOf } from '../../metering/report/groups.ts';
import { hourText } from '../../metering/window.ts';
import { daysText } from '../days.ts';
import { documentOf } from '../page/document.ts';
import { type Content, type Html, html } from '../page/html.ts';
import { PAGED_SCRIPT, PAGED_STYLE, type PagedCell, pagedTable } from '../page/paged.ts';
import { dated, moment } from '../page/table.ts';
import { dollars, grouped, percent } from './amounts.ts';
import { type Column, type Row, textOf } from './columns.ts';
import { costChart } from './cost-chart.ts';
import type { Overview } from './gather.ts';
import { fitting, groupColumns, groupRow } from './groups.ts';
import { REPORT_STYLE } from './style.ts';

export interface PageOf {
  stage: string;
  region: string;
  /** ISO 8601: when the ledger was read. */
  at: string;
  overview: Overview;
  /** Only so many rows of the last table, the costliest first; undefined: all. */
  top?: number | undefined;
}

/** Rows of the last table to a page, and of the others. */
const ROWS_SHOWN = 100;
const RANKED = 15;

/** A report as one page that stands alone. */
export function reportPage({ stage, region, at, overview, top }: PageOf): string {
  const { days, asked, total } = overview;
  const whose = asked.text === '' ? '' : html`; only <strong>${asked.text}</strong>`;
  const body = html`<header>
<h1>Usage and cost, ${dated(daysText(days))}</h1>
<p class="soft">Stage <strong>${stage}</strong> in ${region}${whose}. Days of UTC; read ${moment(at)} UTC.</p>
</header>
<main>
${facts(overview)}
${warnings(overview)}
${total === undefined ? html`<p>No usage.</p>` : sections(overview, top)}
<h2>What this rests on</h2>
<ul>
<li>Each amount is the sum of calls at the price that was in force when they began, exact to the last digit; where it is shown rounded, the table “Everything” has it in full.</li>
<li>A cost that is not known is left empty and adds nothing to a sum: what is unpriced or unsettled is counted above.</li>
${progressLine(overview)}
<li>What AWS itself charges is told by <code>tollgate reconcile</code>, not by this page.</li>
</ul>
</main>`;
  return documentOf({
    title: `Tollgate usage: ${stage}, ${daysText(days)}`,
    body,
    style: html`${PAGED_STYLE}${REPORT_STYLE}`,
    script: PAGED_SCRIPT,
  });
}

function sections(overview: Overview, top: number | undefined): Html {
  const { tenants, costCenters, models } = overview;
  return html`<h2>Cost by ${overview.period}</h2>
${costChart(overview)}
<div class="columns">
<section><h2>By tenant</h2>
${ranking('Tenants, the costliest first', 'Tenant', tenants)}</section>
<section><h2>By cost centre</h2>
${ranking('Cost centres, the costliest first', 'Cost centre', costCenters)}</section>
<section><h2>By model</h2>
${ranking('Models, the costliest first', 'Model', models)}</section>
</div>
<h2>What moved most</h2>
${movers(overview)}
<h2>Everything</h2>
${everything(overview, top)}`;
}

function facts({ total, totalBefore, before }: Overview): Html {
  const [cost, costBefore] = [total ? totalOf(total) : 0n, totalBefore ? totalOf(totalBefore) : 0n];
  const shown: [string, Content][] = [
    ['Cost', cost === null ? 'not known' : dollars(cost)],
    [
      before.length === 1 ? 'Against the day before' : `Against the ${before.length} days before`,
      changeText(cost, costBefore),
    ],
    ['Calls', grouped(total?.invocations ?? 0)],
    ['Input tokens', grouped(total?.tokens.input ?? 0n)],
    ['Output tokens', grouped(total?.tokens.output ?? 0n)],
    ['Cache read', grouped(total?.tokens.cacheRead ?? 0n)],
    ['Cache written', grouped((total?.tokens.cacheWrite ?? 0n) + (total?.tokens.cacheWrite1h ?? 0n))],
  ];
  return html`<dl class="facts">${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function changeText(now: bigint | null, before: bigint | null): Content {
  if (before === null || now === null) return 'not known';
  if (before === 0n) return html`${now === 0n ? 'the same' : 'new'} <small>from ${dollars(before)}</small>`;
  const change = `${now >= before ? '+' : '−'}${percent(now >= before ? now - before : before - now, before)}`;
  return html`${change} <small>from ${dollars(before)}</small>`;
}

function warnings({ total }: Overview): Html {
  if (total === undefined) return html``;
  const { unpriced, unsettled, estimated, invocations, cost } = total;
  const all: [number, string, string, string][] = [
    [
      unpriced,
      'bad',
      'unpriced',
      'their model had no price for what they used, so they are in no sum here. Set one with tollgate price set.',
    ],
    [
      unsettled,
      'bad',
      'unsettled',
      'they began and no end was ever seen: what they used is not known and not in a sum here. Each is listed in unsettled.csv of its hour.',
    ],
    [
      estimated,
      'warn',
      'estimated',
      `of ${grouped(invocations)}: the model reported no counts, so their tokens are our estimate, and so is ${cost === null ? 'their cost' : `${dollars(cost.estimated)} of the cost`}.`,
    ],
  ];
  const open = all.filter(([count]) => count > 0);
  if (open.length === 0)
    return html`<ul class="warnings"><li class="good">Every call is settled, priced and counted by the model itself.</li></ul>`;
  return html`<ul class="warnings" aria-label="Warnings">${open.map(
    ([count, mark, name, why]) =>
      html`<li class="${mark}"><strong>${grouped(count)} ${count === 1 ? 'call' : 'calls'} ${name}</strong><span>: ${why}</span></li>`,
  )}</ul>`;
}

function ranking(caption: string, what: string, groups: readonly Group[]): Html {
  const sorted = groups.toSorted(costliestFirst);
  const known = sorted.map((group) => totalOf(group) ?? 0n);
  const sum = known.reduce((a, b) => a + b, 0n);
  const most = known[0] ?? 0n;
  const rows = sorted.map((group, i): PagedCell[] => {
    const cost = totalOf(group);
    const share = cost === null || sum === 0n ? '' : percent(cost, sum);
    return [
      group.names[0] ?? '',
      cost === null ? ['', 'not known'] : [formatMoney(cost), dollars(cost)],
      [share === '' ? '' : formatMoney(cost ?? 0n), share],
      most === 0n ? 0 : Number(((known[i] ?? 0n) * 1000n) / most),
      String(group.invocations),
    ];
  });
  return pagedTable({
    caption,
    columns: [
      { name: what, kind: 'text' },
      { name: 'Cost', kind: 'shown' },
      { name: 'Share', kind: 'shown' },
      { name: '', kind: 'bar' },
      { name: 'Calls', kind: 'count' },
    ],
    rows,
    page: RANKED,
    sortedBy: 1,
  });
}

function movers({ movers, before, days }: Overview): Html {
  const when = `${daysText(days)} against ${daysText(before)}, as many days before`;
  if (movers.length === 0) return html`<p>Nothing changed: ${dated(when)}.</p>`;
  const amount = (money: bigint): PagedCell => [formatMoney(money), dollars(money)];
  return pagedTable({
    caption: `Tenants and models whose cost changed most: ${when}`,
    columns: [
      { name: 'Tenant', kind: 'text' },
      { name: 'Model', kind: 'text' },
      { name: 'Before', kind: 'shown' },
      { name: 'Now', kind: 'shown' },
      { name: 'Change', kind: 'shown' },
    ],
    rows: movers.map(({ names: [tenant = '', model = ''], before: was, now, change }) => [
      tenant,
      model,
      amount(was),
      amount(now),
      [formatMoney(change), `${change > 0n ? '▲ +' : '▼ '}${dollars(change)}${movedText(was, now, change)}`],
    ]),
    page: RANKED,
  });
}

function movedText(was: bigint, now: bigint, change: bigint): string {
  if (was === 0n) return ' (new)';
  return now === 0n ? ' (gone)' : ` (${percent(change < 0n ? -change : change, was)})`;
}

function everything({ rows, grouping }: Overview, top: number | undefined): Html {
  const shown = rows.toSorted(costliestFirst).slice(0, top);
  const cells = shown.map((group) => groupRow(group, grouping));
  const { columns, rows: ordered } = costFirst(fitting(groupColumns(grouping), cells));
  const left = rows.length - shown.length;
  return pagedTable({
    caption: `Costs in dollars, exact; empty where not known${left > 0 ? `. The ${grouped(shown.length)} costliest of ${grouped(rows.length)}` : ''}`,
    columns: columns.map((column) => ({
      name: titleOf(column),
      kind: column.kind === 'money' ? 'exact' : column.kind,
    })),
    rows: ordered.map((row) => row.map(textOf)),
    page: ROWS_SHOWN,
    sortedBy: columns.findIndex(({ name }) => name === 'total_cost'),
  });
}

function costliestFirst(a: Group, b: Group): number {
  return compare(totalOf(b) ?? -1n, totalOf(a) ?? -1n);
}

/** What a page is opened for stands beside the names, not beyond its edge. */
function costFirst({ columns, rows }: { columns: Column[]; rows: Row[] }): { columns: Column[]; rows: Row[] } {
  const placeOf = ({ name, kind }: Column) =>
    kind === 'text' ? 0 : name === 'total_cost' ? 1 : name === 'invocations' ? 2 : kind === 'money' ? 4 : 3;
  const order = columns
    .map((column, i) => ({ i, place: placeOf(column) }))
    .sort((a, b) => a.place - b.place || a.i - b.i);
  const ordered = <T>(all: readonly T[]): T[] => order.flatMap(({ i }) => all.slice(i, i + 1));
  return { columns: ordered(columns), rows: rows.map(ordered) };
}

function titleOf({ name }: Column): string {
  const text = name.replaceAll('_', ' ').replace(/ id$/, '').replace('center', 'centre');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function progressLine({ progress, hours }: Overview): Html {
  const upTo =
    progress === null
      ? ''
      : ` Lines delivered before ${hourText(progress.delivered).replace('T', ' ')}:00 UTC are in it.`;
  return html`<li>It is the ledger’s ${grouped(hours)} ${hours === 1 ? 'hour' : 'hours'} of these days, as last computed.${upTo}</li>`;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
