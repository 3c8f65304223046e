import type { Datum } from './metrics.ts';
import { UNITS } from './units.ts';

/**
 * The metric data in one log line of Embedded Metric Format; none for any other line, and none for a malformed one, as
 * CloudWatch Logs does
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 */
export function readEmf(line: string): Datum[] {
  if (!line.includes('"_aws"')) return [];
  const root = object(parsed(line));
  const meta = object(root?._aws);
  const at = meta?.Timestamp;
  if (root === undefined || meta === undefined || typeof at !== 'number') return [];
  return list(meta.CloudWatchMetrics).flatMap((item) => {
    const directive = object(item);
    const namespace = directive?.Namespace;
    if (directive === undefined || typeof namespace !== 'string') return [];
    const sets = list(directive.Dimensions).map((names) => dimensionsOf(root, list(names)));
    return list(directive.Metrics).flatMap((definition) => {
      const { Name: name, Unit: unit = 'None' } = object(definition) ?? {};
      if (typeof name !== 'string' || typeof unit !== 'string' || !UNITS.has(unit)) return [];
      const value = root[name];
      const values = (Array.isArray(value) ? value : [value]).filter((one) => typeof one === 'number');
      return sets
        .filter((dimensions) => dimensions !== undefined)
        .flatMap((dimensions) => values.map((one) => ({ namespace, name, dimensions, at, value: one, unit })));
    });
  });
}

/** Undefined when the line lacks one of the members. */
function dimensionsOf(root: Record<string, unknown>, names: unknown[]): Record<string, string> | undefined {
  const dimensions: Record<string, string> = {};
  for (const name of names) {
    const value = typeof name === 'string' ? root[name] : undefined;
    if (typeof value !== 'string') return undefined;
    dimensions[String(name)] = value;
  }
  return dimensions;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function object(value: unknown): Record<string, unknown> | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
