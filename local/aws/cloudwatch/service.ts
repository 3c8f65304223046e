import { gunzipSync } from 'node:zlib';
import type { CallRecord } from '../calls.ts';
import { invalid } from '../error.ts';
import { jsonError, jsonReply, targetOperation } from '../json-rpc.ts';
import { type JsonObject, listAt, objectOf, parseBody, textOf } from '../read.ts';
import type { AwsRequest, Service } from '../service.ts';
import { askedDatum, inRegion } from './asked.ts';
import { readEmf } from './emf.ts';
import { type Bucket, createMetrics, type Metric, type Metrics } from './metrics.ts';
import { UNITS } from './units.ts';

export interface CloudWatch {
  service: Service;
  ingestEmf(line: string): void;
  /** A model was asked in a region: what AWS/Bedrock counts of it. */
  asked(call: Pick<CallRecord, 'at' | 'operation' | 'region' | 'model' | 'status' | 'decision'>): void;
}

/** CloudWatch metrics, JSON 1.0: GetMetricData, PutMetricData and ListMetrics. */
export function createCloudWatch({ now }: { now: () => number }): CloudWatch {
  const metrics = createMetrics(now);
  const operations: Record<string, (body: JsonObject, region: string) => object> = {
    GetMetricData: (body, region) => getMetricData(metrics, body, region),
    PutMetricData: (body) => putMetricData(metrics, body, now),
    ListMetrics: (body) => listMetrics(metrics, body),
  };
  return {
    ingestEmf(line) {
      for (const datum of readEmf(line)) metrics.put(datum);
    },
    asked(call) {
      const datum = askedDatum(call);
      if (datum !== undefined) metrics.put(datum);
    },
    service: {
      name: 'cloudwatch',
      strict: () => false,
      fail: (error) => jsonError('com.amazonaws.cloudwatch.v2010_08_01', error),
      plan(request) {
        const operation = targetOperation(request.headers);
        const run = operations[operation];
        if (run === undefined) throw invalid('Unknown operation.', 'UnknownOperationException');
        const body = parseBody(plain(request));
        const namespace = operation === 'PutMetricData' ? { 'cloudwatch:namespace': String(body.Namespace) } : {};
        return {
          operation,
          needs: [{ action: `cloudwatch:${operation}`, resource: '*', context: namespace }],
          serve: () => jsonReply(run(body, request.region)),
        };
      },
    },
  };
}

/** The SDK compresses large PutMetricData requests. */
function plain({ headers, body }: AwsRequest): Buffer {
  return headers['content-encoding'] === 'gzip' ? gunzipSync(body, { maxOutputLength: 64 * 1024 * 1024 }) : body;
}

function getMetricData(metrics: Metrics, body: JsonObject, region: string): object {
  const from = milliseconds(body.StartTime, 'StartTime');
  const to = milliseconds(body.EndTime, 'EndTime');
  if (from >= to) throw invalid('StartTime must be before EndTime.', 'InvalidParameterValue');
  const queries = listAt(body.MetricDataQueries, 'MetricDataQueries');
  if (queries.length > 500) throw invalid('At most 500 metrics can be asked for at once.');
  const descending = body.ScanBy !== 'TimestampAscending';
  const MetricDataResults = queries.map((item) => {
    const query = objectOf(item, 'MetricDataQueries');
    const stat = objectOf(query.MetricStat, 'MetricStat');
    const metric = objectOf(stat.Metric, 'Metric');
    const period = stat.Period;
    if (typeof period !== 'number' || period < 60 || period % 60 !== 0)
      throw invalid('Period must be a multiple of 60 seconds.');
    const unit = stat.Unit === undefined ? undefined : unitOf(stat.Unit);
    const buckets = metrics.read(inRegion(metricOf(metric), region), from, to, period * 1000, unit);
    if (descending) buckets.reverse();
    return {
      Id: textOf(query.Id, 'Id'),
      Label: typeof query.Label === 'string' ? query.Label : textOf(metric.MetricName, 'MetricName'),
      Timestamps: buckets.map(({ at }) => at / 1000),
      Values: buckets.map((bucket) => statistic(bucket, textOf(stat.Stat, 'Stat'))),
      StatusCode: 'Complete',
    };
  });
  return { MetricDataResults, Messages: [] };
}

function statistic(bucket: Bucket, name: string): number {
  switch (name) {
    case 'Sum':
      return bucket.sum;
    case 'SampleCount':
      return bucket.samples;
    case 'Average':
      return bucket.sum / bucket.samples;
    case 'Minimum':
      return bucket.minimum;
    case 'Maximum':
      return bucket.maximum;
    default:
      throw invalid(`The statistic ${name} is not available here.`);
  }
}

function putMetricData(metrics: Metrics, body: JsonObject, now: () => number): object {
  const Namespace = textOf(body.Namespace, 'Namespace');
  for (const item of listAt(body.MetricData, 'MetricData')) {
    const datum = objectOf(item, 'MetricData');
    const at = datum.Timestamp === undefined ? now() : milliseconds(datum.Timestamp, 'Timestamp');
    const values = datum.Value === undefined ? listAt(datum.Values, 'Values') : [datum.Value];
    const unit = unitOf(datum.Unit ?? 'None');
    for (const value of values) metrics.put({ ...metricOf({ ...datum, Namespace }), at, value: Number(value), unit });
  }
  return {};
}

function listMetrics(metrics: Metrics, { Namespace, MetricName }: JsonObject): object {
  return {
    Metrics: metrics
      .list()
      .filter((metric) => Namespace === undefined || metric.namespace === Namespace)
      .filter((metric) => MetricName === undefined || metric.name === MetricName)
      .map(({ namespace, name, dimensions }) => ({
        Namespace: namespace,
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      })),
  };
}

function metricOf(metric: JsonObject): Metric {
  const dimensions = listAt(metric.Dimensions, 'Dimensions').map((item) => objectOf(item, 'Dimensions'));
  return {
    namespace: textOf(metric.Namespace, 'Namespace'),
    name: textOf(metric.MetricName, 'MetricName'),
    dimensions: Object.fromEntries(
      dimensions.map(({ Name, Value }) => [textOf(Name, 'Dimensions.Name'), textOf(Value, 'Dimensions.Value')]),
    ),
  };
}

function unitOf(value: unknown): string {
  if (typeof value === 'string' && UNITS.has(value)) return value;
  throw invalid('Unit is not one of those that CloudWatch knows.', 'InvalidParameterValue');
}

/** JSON 1.0 timestamps are seconds since 1970. */
function milliseconds(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value * 1000;
  throw invalid(`${name} must be a timestamp.`);
}
