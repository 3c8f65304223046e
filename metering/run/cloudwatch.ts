import { type CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { METRICS, namespaceOf } from '../../contract/log.ts';
import { HOUR_MS } from '../window.ts';
import type { AwsCounts, Invocations } from './invocations.ts';
import type { MetricSums, Totals } from './totals.ts';

/** Query id (GetMetricData wants a lower-case letter first) -> metric. */
const WANTED = {
  calls: METRICS.calls,
  input: METRICS.inputTokens,
  output: METRICS.outputTokens,
  cacheRead: METRICS.cacheReadTokens,
  cacheWrite: METRICS.cacheWriteTokens,
} as const satisfies Record<keyof Totals, string>;

/** CloudWatch's own sums of what the stage's usage lines published, without a dimension. A metric without data counts as 0. */
export function createMetricSums(client: CloudWatchClient, stage: string): MetricSums {
  const queries = queriesOf(namespaceOf(stage));
  return {
    async sums(from, to) {
      const totals: Totals = { calls: 0, input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
      let token: string | undefined;
      do {
        const page = await client.send(
          new GetMetricDataCommand({
            StartTime: new Date(from),
            EndTime: new Date(to),
            MetricDataQueries: queries,
            ...(token === undefined ? {} : { NextToken: token }),
          }),
        );
        for (const { Id, Values } of page.MetricDataResults ?? [])
          if (isKind(Id)) totals[Id] += (Values ?? []).reduce((sum, value) => sum + value, 0);
        token = page.NextToken;
      } while (token !== undefined);
      return totals;
    },
  };
}

function queriesOf(Namespace: string): MetricDataQuery[] {
  return Object.entries(WANTED).map(([Id, MetricName]) => ({
    Id,
    MetricStat: { Metric: { Namespace, MetricName }, Period: HOUR_MS / 1_000, Stat: 'Sum' },
  }));
}

function isKind(id: string | undefined): id is keyof Totals {
  return id !== undefined && Object.hasOwn(WANTED, id);
}

/** AWS's own metrics of what models were asked (https://docs.aws.amazon.com/bedrock/latest/userguide/monitoring-runtime-metrics.html). */
const COUNTED = {
  Invocations: 'invocations',
  InvocationClientErrors: 'errors',
  InvocationServerErrors: 'errors',
} as const satisfies Record<string, keyof AwsCounts>;
const COUNTED_NAMES = Object.keys(COUNTED) as (keyof typeof COUNTED)[];

/** Models in one question: GetMetricData takes 500 metrics. */
const MODELS_AT_ONCE = Math.floor(500 / COUNTED_NAMES.length);
const COUNT_PERIOD_SECONDS = 300;

/** @param clientOf a region's own CloudWatch, where the models called there are counted */
export function createInvocations(clientOf: (region: string) => CloudWatchClient): Invocations {
  return {
    async counts(region, modelIds, from, to) {
      const client = clientOf(region);
      const counts = new Map<string, AwsCounts>();
      for (let i = 0; i < modelIds.length; i += MODELS_AT_ONCE) {
        const ids = modelIds.slice(i, i + MODELS_AT_ONCE);
        const MetricDataQueries = ids.flatMap((Value, model) =>
          COUNTED_NAMES.map((MetricName, metric) => ({
            Id: `m${model}_${metric}`,
            MetricStat: {
              Metric: { Namespace: 'AWS/Bedrock', MetricName, Dimensions: [{ Name: 'ModelId', Value }] },
              Period: COUNT_PERIOD_SECONDS,
              Stat: 'Sum',
            },
          })),
        );
        let NextToken: string | undefined;
        do {
          const range = { StartTime: new Date(from), EndTime: new Date(to) };
          const page = await client.send(
            new GetMetricDataCommand({ ...range, MetricDataQueries, ...(NextToken ? { NextToken } : {}) }),
          );
          for (const { Id = '', Values = [] } of page.MetricDataResults ?? []) {
            const [, model = '', metric = ''] = /^m(\d+)_(\d+)$/.exec(Id) ?? [];
            const [id, name] = [ids[Number(model)], COUNTED_NAMES[Number(metric)]];
            if (id === undefined || name === undefined) continue;
            const found = counts.get(id) ?? { invocations: 0, errors: 0 };
            found[COUNTED[name]] += Values.reduce((sum, value) => sum + value, 0);
            counts.set(id, found);
          }
          NextToken = page.NextToken;
        } while (NextToken !== undefined);
      }
      return counts;
    },
  };
}
