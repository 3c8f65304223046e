import { type Html, html } from '../page/html.ts';

export interface Part {
  /** Index of the series that it is of: decides its colour. */
  series: number;
  name: string;
  /** Its height; 0 or above. */
  value: number;
  /** The value as people read it. */
  text: string;
}

export interface Bar {
  /** Under the bar, e.g. `11-21`. */
  label: string;
  /** In full, e.g. `2026-11-21: $12.30`. */
  title: string;
  /** From the bottom up. */
  parts: readonly Part[];
}

export interface Chart {
  title: string;
  /** What a reader who does not see it should know. */
  description: string;
  bars: readonly Bar[];
  /** What stands beside the axis. @param value one of its marks */
  axis(value: number): string;
}

/** In units of the drawing, which grows and shrinks with the page: a phone has one of its own, with letters that can be read. */
interface Size {
  name: string;
  width: number;
  height: number;
  left: number;
  labels: number;
}

const SIZES: readonly Size[] = [
  { name: 'wide', width: 960, height: 300, left: 64, labels: 14 },
  { name: 'narrow', width: 380, height: 240, left: 52, labels: 5 },
];
const BOTTOM = 34;
const TOP = 10;
const BAR_WIDTH_MAX = 56;

/** Stacked bars as SVG. Every part says its name and value when pointed at; the numbers also stand in a table nearby. */
export function barChart(chart: Chart): Html {
  return html`${SIZES.map((size) => drawn(chart, size))}`;
}

function drawn({ title, description, bars, axis }: Chart, { name, width: wide, height, left, labels }: Size): Html {
  const highest = Math.max(...bars.map(heightOf), 0);
  const marks = marksUpTo(highest);
  const top = marks.at(-1) || 1;
  const y = (value: number) => round(height - BOTTOM - (value / top) * (height - BOTTOM - TOP));
  const slot = (wide - left) / Math.max(bars.length, 1);
  const width = Math.min(slot * 0.75, BAR_WIDTH_MAX);
  const every = Math.ceil(bars.length / labels);
  const middle = (index: number) => round(left + slot * (index + 0.5));
  return html`<svg class="chart${name === 'narrow' ? ' narrow' : ''}" viewBox="0 0 ${wide} ${height}" role="img" aria-labelledby="${name}-title ${name}-desc">
<title id="${name}-title">${title}</title>
<desc id="${name}-desc">${description}</desc>
${marks.map(
  (mark) => html`<line class="grid" x1="${left}" x2="${wide}" y1="${y(mark)}" y2="${y(mark)}"/>
<text class="mark" x="${left - 8}" y="${y(mark)}" dy="0.32em">${axis(mark)}</text>
`,
)}${bars.map((bar, index) => stack(bar, round(middle(index) - width / 2), round(width), y))}${bars.map((bar, index) =>
  index % every === 0
    ? html`<text class="label" x="${middle(index)}" y="${height - BOTTOM + 20}">${bar.label}</text>
`
    : '',
)}</svg>`;
}

function stack({ title, parts }: Bar, x: number, width: number, y: (value: number) => number): Html {
  let below = 0;
  return html`<g><title>${title}</title>
${parts.map(({ series, name, value, text }) => {
  const [bottom, top] = [y(below), y(below + value)];
  below += value;
  return html`<rect class="s${series}" x="${x}" y="${top}" width="${width}" height="${round(bottom - top)}"><title>${title}; ${name}: ${text}</title></rect>
`;
})}</g>
`;
}

const heightOf = ({ parts }: Bar): number => parts.reduce((sum, { value }) => sum + value, 0);

/** Three to six marks at round numbers from 0 to above the highest. */
export function marksUpTo(highest: number): number[] {
  if (!(highest > 0)) return [0];
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = ([0.2, 0.5, 1, 2].find((each) => highest / (each * power) <= 5) ?? 2) * power;
  const count = Math.ceil(highest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
