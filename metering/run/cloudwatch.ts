import { type CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { METRICS, namespaceOf } from '../../contract/log.ts';
import { HOUR_MS } from '../window.ts';
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
