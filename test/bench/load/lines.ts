import { type Html, html } from '../../../cli/page/html.ts';
import { marksUpTo } from '../../../cli/report/chart.ts';

export interface Line {
  name: string;
  /** One for each second. */
  values: readonly number[];
}

// Units of the drawing; it grows and shrinks with the page.
const WIDTH = 960;
const HEIGHT = 280;
const LEFT = 64;
const BOTTOM = 34;
const TOP = 10;

/** Values by second as lines in SVG; each says its name and highest value when pointed at. @param unit of the values */
export function lineChart(title: string, unit: string, lines: readonly Line[]): Html {
  const seconds = Math.max(...lines.map(({ values }) => values.length), 2);
  const marks = marksUpTo(Math.max(...lines.flatMap(({ values }) => values), 0));
  const top = marks.at(-1) || 1;
  const x = (second: number): string => (LEFT + (second / (seconds - 1)) * (WIDTH - LEFT - 8)).toFixed(1);
  const y = (value: number): string => (HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP)).toFixed(1);
  const every = Math.max(1, Math.ceil(seconds / 12));
  return html`<ul class="legend">${lines.map(({ name }, series) => html`<li><i class="s${series}"></i>${name}</li>`)}</ul>
<div class="plot"><svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
${marks.map(
  (mark) => html`<line class="grid" x1="${LEFT}" x2="${WIDTH}" y1="${y(mark)}" y2="${y(mark)}"/>
<text class="mark" x="${LEFT - 8}" y="${y(mark)}" dy="0.32em">${mark} ${unit}</text>
`,
)}${Array.from({ length: Math.ceil(seconds / every) }, (_, i) => i * every).map(
  (second) => html`<text class="label" x="${x(second)}" y="${HEIGHT - BOTTOM + 20}">${second + 1} s</text>
`,
)}${lines.map(
  ({ name, values }, series) =>
    html`<polyline class="l${series}" points="${values.map((value, second) => `${x(second)},${y(value)}`).join(' ')}"><title>${name}, at most ${Math.max(...values, 0).toFixed(1)} ${unit}</title></polyline>
`,
)}</svg></div>`;
}

export const LINES_STYLE = html`<style>
.chart polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
.l0 { stroke: var(--s0); } .l1 { stroke: var(--s1); stroke-dasharray: 6 3; } .l2 { stroke: var(--s2); }
</style>
`;
