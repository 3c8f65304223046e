import type { CallRecord } from '../calls.ts';
import type { Datum, Metric } from './metrics.ts';

/** Operations that AWS/Bedrock counts (https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-runtime-metrics.html). */
const COUNTED: ReadonlySet<string> = new Set([
  'Converse',
  'ConverseStream',
  'InvokeModel',
  'InvokeModelWithResponseStream',
]);

const NAMESPACE = 'AWS/Bedrock';

/** @returns undefined for what Bedrock does not count: another operation, or one that IAM did not let through */
export function askedDatum(
  call: Pick<CallRecord, 'at' | 'operation' | 'region' | 'model' | 'status' | 'decision'>,
): Datum | undefined {
  const { at, operation, region, model, status, decision } = call;
  if (model === null || decision === 'denied' || !COUNTED.has(operation)) return undefined;
  // By its id, also where it was named by an ARN.
  const ModelId = model.slice(model.lastIndexOf('/') + 1);
  const metric = { namespace: NAMESPACE, name: metricName(status ?? 200), dimensions: { ModelId } };
  return { ...inRegion(metric, region), at, value: 1, unit: 'Count' };
}

function metricName(status: number): string {
  if (status < 400) return 'Invocations';
  if (status === 429) return 'InvocationThrottles';
  return status < 500 ? 'InvocationClientErrors' : 'InvocationServerErrors';
}

/** This stand-in has one store for all regions; what AWS counts is told apart by the region it was asked in. */
export function inRegion(metric: Metric, region: string): Metric {
  return metric.namespace === NAMESPACE ? { ...metric, namespace: `${NAMESPACE} ${region}` } : metric;
}
