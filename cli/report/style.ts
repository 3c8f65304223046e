import { html } from '../page/html.ts';

/** What a report's page has beside the style of every page. Colours are never the only sign: the numbers stand beside. */
export const REPORT_STYLE = html`<style>
:root { --s0: #1f6fb2; --s1: #c2571a; --s2: #2e7d4f; --s3: #8a4fa3; --s4: #a07c00; --s5: #7a8694; }
@media (prefers-color-scheme: dark) {
  :root { --s0: #6cb2ee; --s1: #f0955a; --s2: #74c795; --s3: #c797dc; --s4: #dcb945; --s5: #8d99a8; }
}
.s0 { fill: var(--s0); background: var(--s0); } .s1 { fill: var(--s1); background: var(--s1); }
.s2 { fill: var(--s2); background: var(--s2); } .s3 { fill: var(--s3); background: var(--s3); }
.s4 { fill: var(--s4); background: var(--s4); } .s5 { fill: var(--s5); background: var(--s5); }
.plot { overflow-x: auto; }
.chart { display: block; width: 100%; min-width: 40rem; height: auto; margin: .5rem 0; }
.chart .grid { stroke: var(--line); stroke-width: 1; }
.chart text { fill: var(--soft); font-size: 12px; font-family: inherit; }
.chart .mark { text-anchor: end; }
.chart .label { text-anchor: middle; }
.chart rect:hover { opacity: .75; }
ul.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: 0; padding: 0; font-size: .88rem; }
ul.legend i { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; }
ul.warnings { list-style: none; margin: 1rem 0; padding: 0; }
ul.warnings li { border-left: 5px solid; border-radius: 4px; padding: .5rem .9rem; margin: .4rem 0; }
ul.warnings li span { color: var(--text); }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 0 2rem; }
.columns > * { min-width: 0; }
.sortable td, .movers td { white-space: nowrap; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.share { min-width: 3rem; width: 22%; vertical-align: middle; }
.ranking th { white-space: normal; overflow-wrap: anywhere; }
.ranking tbody th { min-width: 8rem; }
.ranking thead td { background: var(--raised); }
dl.facts small { font-size: .8rem; font-weight: 400; color: var(--soft); white-space: nowrap; }
td.share div { height: .8em; border-radius: 2px; min-width: 1px; }
th button { all: unset; cursor: pointer; }
th button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
th button::after { content: "\\00a0↕"; color: var(--soft); font-weight: 400; }
th[aria-sort=ascending] button::after { content: "\\00a0↑"; color: inherit; }
th[aria-sort=descending] button::after { content: "\\00a0↓"; color: inherit; }
@page { size: landscape; }
@media print {
  .plot { overflow: visible; }
  .sortable { font-size: 7pt; }
  .sortable th, .sortable td { padding: 2px 3px; }
  .sortable thead th, .sortable td:not(.n), .movers td { white-space: normal; }
  .chart { min-width: 0; }
  .columns { display: block; }
  .chart, li { break-inside: avoid; }
  .chart rect, .legend i, td.share div, .warnings li { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  th button::after { content: "" !important; }
}
</style>
`;
