import { CloudWatchClient, type GetMetricDataCommandInput } from '@aws-sdk/client-cloudwatch';
import { describe, expect, test } from 'vitest';
import { HOUR_COMPLETE_AFTER_MS } from '../../../../contract/limits/metering.ts';
import { METRICS } from '../../../../contract/log.ts';
import { usageLine } from '../../../../metering/emf.ts';
import { aggregate } from '../../../../metering/ledger/aggregate.ts';
import { createMetricSums } from '../../../../metering/run/cloudwatch.ts';
import { driftsSince, lastCompleteHour } from '../../../../metering/run/compare.ts';
import { driftOf, type MetricSums, totalsOf } from '../../../../metering/run/totals.ts';
import { hourOf } from '../../../../metering/window.ts';
import { aggregationOver, book, call, finished, MemoryStore, NINE } from '../support.ts';

const HOUR = 3_600_000;
const COMPLETE = NINE + HOUR + HOUR_COMPLETE_AFTER_MS;
const LEDGER = { calls: 1, input: 10, output: 5, cacheRead: 0, cacheWrite: 0 };

async function compared(now: number, sums: MetricSums['sums']) {
  const store = new MemoryStore();
  store.deliver('dt=2026-11-21/hour=09/a', call());
  const aggregation = aggregationOver(store, { now, metrics: { sums } });
  await aggregation.run();
  return aggregation.lines.filter(({ event }) => String(event).includes('compared'));
}

describe('the ledger beside CloudWatch', () => {
  test('a complete hour whose sums agree has no drift', async () => {
    const asked: number[][] = [];
    const lines = await compared(COMPLETE, async (...range) => {
      asked.push(range);
      return LEDGER;
    });
    expect(asked).toEqual([[NINE, NINE + HOUR]]);
    expect(lines).toMatchObject([{ hour: '2026-11-21T09', [METRICS.drift]: 0, ledger: LEDGER, cloudwatch: LEDGER }]);
  });

  test('a difference is published as tokens, and differences of two kinds do not cancel out', async () => {
    const lines = await compared(COMPLETE, async () => ({ ...LEDGER, input: 13, output: 3 }));
    expect(lines).toMatchObject([{ [METRICS.drift]: 5, [METRICS.compared]: 16 }]);
    expect(driftOf(LEDGER, { ...LEDGER, cacheRead: 2, cacheWrite: 1 })).toBe(3);
  });

  test.each([
    [{ input: 12 }, false, 'a difference of a few tokens, whatever its share'],
    [{ input: 10_000_000 }, true, 'more than a hundredth, and more than repeated lines explain'],
  ])('a drift rings by its share of what was compared, and a small one never does: %o, %s', async (more, rings) => {
    const [line] = await compared(COMPLETE, async () => ({ ...LEDGER, ...more }));
    expect(METRICS.driftBeyond in (line ?? {})).toBe(rings);
  });

  test('what was cached for an hour is a cache write, as CloudWatch has it', () => {
    const tokens = { input: 1, output: 1, cacheRead: 1, cacheWrite: 3, cacheWrite1h: 4, reasoning: 1, images: 2 };
    const { rows } = aggregate([finished({ tokens })], book(), COMPLETE);
    expect(totalsOf(rows)).toEqual({ calls: 1, input: 1, output: 1, cacheRead: 1, cacheWrite: 7 });
    const [, line] = call({ tokens });
    expect(JSON.parse(usageLine(line))).toMatchObject({ [METRICS.cacheWriteTokens]: 7 });
  });

  test('what was found is kept for who asks later, and written again only where it changed', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', call());
    const puts: string[] = [];
    store.before = (operation, key) => {
      if (operation === 'put' && key.startsWith('state/drift/')) puts.push(key);
    };
    const aggregation = aggregationOver(store, {
      now: COMPLETE,
      metrics: { sums: async () => ({ ...LEDGER, input: 13 }) },
    });
    await aggregation.run();
    await aggregation.run();
    expect(puts).toEqual(['state/drift/2026-11-21T09.json']);
    expect(await driftsSince(store, hourOf(NINE))).toMatchObject([
      { hour: '2026-11-21T09', drift: 3, compared: 18, beyond: false },
    ]);
    expect(await driftsSince(store, hourOf(NINE) + 1)).toEqual([]);
  });

  test('an hour that is not complete yet is not compared', async () => {
    const hours: number[] = [];
    await compared(COMPLETE - 1, async (from) => {
      hours.push(hourOf(from));
      return LEDGER;
    });
    expect(hours).not.toContain(hourOf(NINE));
    expect(lastCompleteHour(COMPLETE - 1)).toBe(hourOf(NINE) - 1);
  });

  test('a CloudWatch that does not answer leaves a line and fails nothing', async () => {
    const lines = await compared(COMPLETE, async () => {
      throw new Error('throttled');
    });
    expect(lines).toMatchObject([{ event: 'usage-not-compared', level: 'warn', error: 'Error: throttled' }]);
  });
});

describe('CloudWatch’s sums', () => {
  test('are asked for without a dimension, for the whole hour, and added up over pages', async () => {
    const asked: GetMetricDataCommandInput[] = [];
    const client = new CloudWatchClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    // Answers in the service's place, before anything is sent.
    client.middlewareStack.add(
      () =>
        async ({ input }) => {
          asked.push(input as GetMetricDataCommandInput);
          const first = asked.length === 1;
          const MetricDataResults = first
            ? [
                { Id: 'calls', Values: [2, 1] },
                { Id: 'input', Values: [10] },
              ]
            : [
                { Id: 'input', Values: [5] },
                { Id: 'unknown', Values: [99] },
              ];
          return {
            response: {},
            output: { $metadata: {}, MetricDataResults, ...(first ? { NextToken: 'more' } : {}) },
          };
        },
      { step: 'initialize' },
    );
    expect(await createMetricSums(client, 'prod').sums(NINE, NINE + HOUR)).toEqual({
      calls: 3,
      input: 15,
      output: 0,
      cacheRead: 0,
      cacheWrite: 0,
    });
    expect(asked.map(({ NextToken }) => NextToken)).toEqual([undefined, 'more']);
    expect(asked[0]).toMatchObject({ StartTime: new Date(NINE), EndTime: new Date(NINE + HOUR) });
    expect(asked[0]?.MetricDataQueries?.map(({ MetricStat }) => MetricStat)).toEqual(
      [METRICS.calls, METRICS.inputTokens, METRICS.outputTokens, METRICS.cacheReadTokens, METRICS.cacheWriteTokens].map(
        (MetricName) => ({ Metric: { Namespace: 'Tollgate/prod', MetricName }, Period: 3_600, Stat: 'Sum' }),
      ),
    );
  });
});
