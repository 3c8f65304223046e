/**
 * Units that CloudWatch knows
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html); it has none for money.
 */
export const UNITS: ReadonlySet<unknown> = new Set([
  'None',
  'Count',
  'Percent',
  'Seconds',
  'Milliseconds',
  'Microseconds',
  ...['Bytes', 'Bits'].flatMap((of) => ['', 'Kilo', 'Mega', 'Giga', 'Tera'].flatMap((by) => sized(of, by))),
  'Count/Second',
]);

function sized(of: string, by: string): string[] {
  const name = by === '' ? of : by + of.toLowerCase();
  return [name, `${name}/Second`];
}
