import { useEffect, useRef, useState } from 'preact/hooks';
import type { Bar, Bars } from './bars.ts';
import { count } from './words.ts';

const HEIGHT = 200;
const [TOP, RIGHT, BOTTOM] = [8, 4, 22];

/** Of a character of an axis, and what is before and behind its text, in pixels. */
const [CHARACTER, AROUND] = [6.6, 12];
const SERIES_MAX = 6;

/**
 * Bars, stacked where there are several series, and the same as a table, for whoever does not see them.
 * @param series what each value is of; at most six have a colour of their own
 * @param format a value as it is shown: `amount` of ui/words.ts for money
 */
export function Chart({
  title,
  series,
  bars,
  format = count,
  labelHead = 'When',
}: Bars & {
  title: string;
  format?(value: number): string;
  labelHead?: string;
}) {
  const [frame, width] = useWidth();
  const most = Math.max(0, ...bars.map(totalOf));
  const top = niceTop(most);
  const longest = Math.max(...[0, 0.5, 1].map((part) => format(top * part).length));
  const left = Math.max(56, Math.ceil(longest * CHARACTER + AROUND));
  const inner = { width: Math.max(0, width - left - RIGHT), height: HEIGHT - TOP - BOTTOM };
  const step = inner.width / Math.max(1, bars.length);
  const bar = Math.max(1, Math.min(48, step * 0.72));
  const y = (value: number) => TOP + inner.height * (1 - (top === 0 ? 0 : value / top));
  const every = Math.max(1, Math.ceil(52 / Math.max(1, step)));
  return (
    <figure class="chart">
      <div ref={frame} class="chart-frame">
        {width > 0 && (
          <svg width={width} height={HEIGHT} role="img" aria-label={`${title}; its values are in the table below it`}>
            {[0, 0.5, 1].map((part) => (
              <g key={part}>
                <line class="grid" x1={left} x2={width - RIGHT} y1={y(top * part)} y2={y(top * part)} />
                <text class="axis" x={left - 8} y={y(top * part) + 4} text-anchor="end">
                  {format(top * part)}
                </text>
              </g>
            ))}
            {bars.map((one, index) => (
              <g key={one.label}>
                <title>{tip(one, series, format)}</title>
                <rect class="hit" x={left + index * step} y={TOP} width={step} height={inner.height} />
                {stacked(one).map(({ from, to }, at) => (
                  <rect
                    key={series[at]}
                    class={`bar s${at % SERIES_MAX}`}
                    x={left + index * step + (step - bar) / 2}
                    y={y(to)}
                    width={bar}
                    height={Math.max(0, y(from) - y(to))}
                  />
                ))}
                {index % every === 0 && (
                  <text class="axis" x={left + (index + 0.5) * step} y={HEIGHT - 6} text-anchor="middle">
                    {one.label.length > 12 ? `${one.label.slice(0, 11)}…` : one.label}
                  </text>
                )}
              </g>
            ))}
          </svg>
        )}
      </div>
      {series.length > 1 && (
        <ul class="legend" aria-hidden="true">
          {series.map((name, at) => (
            <li key={name}>
              <span class={`swatch s${at % SERIES_MAX}`} />
              <bdi class="name">{name}</bdi>
            </li>
          ))}
        </ul>
      )}
      <details class="chart-table">
        <summary>As a table</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
        <section class="table-scroll" tabIndex={0} aria-label={title}>
          <table class="table">
            <caption class="unseen">{title}</caption>
            <thead>
              <tr>
                <th scope="col">{labelHead}</th>
                {series.map((name) => (
                  <th key={name} scope="col" class="end">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {bars.map(({ label, values }) => (
                <tr key={label}>
                  <th scope="row" data-head={labelHead}>
                    <bdi>{label}</bdi>
                  </th>
                  {series.map((name, at) => (
                    <td key={name} class="end" data-head={name}>
                      {format(values[at] ?? 0)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </figure>
  );
}

function useWidth() {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const { current } = frame;
    if (current === null) return;
    const observer = new ResizeObserver(() => setWidth(Math.floor(current.clientWidth)));
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  return [frame, width] as const;
}

function totalOf({ values }: Bar): number {
  return values.reduce((sum, value) => sum + Math.max(0, value), 0);
}

function stacked({ values }: Bar): { from: number; to: number }[] {
  let sum = 0;
  return values.map((value) => {
    const from = sum;
    sum += Math.max(0, value);
    return { from, to: sum };
  });
}

function tip(one: Bar, series: readonly string[], format: (value: number) => string): string {
  const lines = series.map((name, at) => `${series.length > 1 ? `${name}: ` : ''}${format(one.values[at] ?? 0)}`);
  return [one.label, ...lines].join('\n');
}

/** The next of 1, 2, 5 times a power of ten. */
function niceTop(most: number): number {
  if (most <= 0) return 0;
  const power = 10 ** Math.floor(Math.log10(most));
  const found = [1, 2, 5, 10].find((one) => one * power >= most * 0.999) ?? 10;
  return found * power;
}
