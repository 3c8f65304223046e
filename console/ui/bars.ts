/** What a chart draws: sums in numbers, shown and never sent on. */
export interface Bars {
  series: readonly string[];
  bars: readonly Bar[];
}

export interface Bar {
  /** On the axis. */
  label: string;
  /** One of each series, in their order. */
  values: readonly number[];
}
