import { html } from './html.ts';

/** The page's whole appearance: no font, image or script from anywhere. Colours are never the only sign. */
export const STYLE = html`<style>
:root {
  color-scheme: light dark;
  --ground: #fff; --raised: #f6f7f9; --line: #d9dde3; --text: #1a1f27; --soft: #5a6472; --link: #0b5cad;
  --good: #14683a; --good-ground: #e4f4ea; --bad: #a3161c; --bad-ground: #fde8e8; --warn: #7a4b00; --warn-ground: #fdf1d8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161c; --raised: #1b212a; --line: #323b48; --text: #e6eaf0; --soft: #9fabbb; --link: #7db8f5;
    --good: #7ad79d; --good-ground: #153323; --bad: #ff9c9c; --bad-ground: #431a1d; --warn: #f0c36c; --warn-ground: #3b2d10;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 78rem; padding: 2rem 1.5rem 4rem; background: var(--ground); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.25rem 0 .4rem; }
p { margin: .4rem 0; max-width: 66rem; }
a { color: var(--link); }
.soft { color: var(--soft); }
.verdict { max-width: none; margin: 1.25rem 0; padding: .9rem 1.1rem; border-left: 5px solid; border-radius: 4px; font-size: 1.15rem; font-weight: 600; }
.verdict small { display: block; font-size: .85rem; font-weight: 400; color: var(--text); }
.good { color: var(--good); background: var(--good-ground); border-color: var(--good); }
.bad { color: var(--bad); background: var(--bad-ground); border-color: var(--bad); }
.warn { color: var(--warn); background: var(--warn-ground); border-color: var(--warn); }
nav ol { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: 0; padding: 0; }
dl.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .6rem; margin: 1rem 0; }
dl.facts div { background: var(--raised); border-radius: 4px; padding: .5rem .75rem; }
dl.facts dt { color: var(--soft); font-size: .8rem; }
dl.facts dd { margin: 0; font-size: 1.15rem; font-weight: 600; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 4px; margin: .75rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .88rem; }
caption { text-align: left; padding: .5rem .7rem; color: var(--soft); }
th, td { text-align: left; vertical-align: top; padding: .4rem .7rem; border-top: 1px solid var(--line); }
thead th { background: var(--raised); white-space: nowrap; }
tbody th { font-weight: 600; white-space: nowrap; }
.matrix tbody th { position: sticky; left: 0; background: var(--ground); }
.matrix td { min-width: 7.5rem; }
time { white-space: nowrap; }
.cell { border-radius: 3px; padding: 0 .35rem; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.none { color: var(--soft); }
code, pre { font: .84rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
td code { overflow-wrap: anywhere; }
pre { margin: .5rem 0; padding: .75rem; overflow-x: auto; background: var(--raised); border-radius: 4px; }
details { border: 1px solid var(--line); border-radius: 4px; margin: .4rem 0; padding: 0 .8rem; }
summary { cursor: pointer; padding: .5rem 0; }
summary code { color: var(--soft); }
td details { border: 0; padding: 0; margin: 0; }
td summary { padding: 0; }
:target { outline: 2px solid var(--link); outline-offset: 2px; }
@media print {
  body { max-width: none; padding: 0; font-size: 10px; }
  nav { display: none; }
  .scroll { overflow: visible; border: 0; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  tr, .verdict { break-inside: avoid; }
  h2, h3, summary { break-after: avoid; }
  .matrix td, tbody th, thead th { white-space: normal; min-width: 0; }
  .verdict, .cell { print-color-adjust: exact; }
  /* Paper cannot be unfolded. */
  details::details-content { content-visibility: visible; display: block; block-size: auto; }
}
</style>`;
