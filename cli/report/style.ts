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
.chart { display: block; width: 100%; height: auto; margin: .5rem 0; }
.chart.narrow { display: none; max-width: 30rem; }
@media (max-width: 44rem) { .chart:not(.narrow) { display: none; } .chart.narrow { display: block; } }
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
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 0 2rem; }
.columns > * { min-width: 0; }
dl.facts { display: flex; flex-wrap: wrap; }
dl.facts div { flex: 1 1 9rem; }
dl.facts dd { white-space: nowrap; font-variant-numeric: tabular-nums; }
dl.facts small { font-size: .8rem; font-weight: 400; color: var(--soft); white-space: nowrap; }
@page { size: landscape; }
@media print {
  .columns { display: block; }
  .chart, li { break-inside: avoid; }
  .chart rect, .legend i, .warnings li { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
</style>
`;
