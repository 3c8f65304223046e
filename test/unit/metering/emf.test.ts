import { describe, expect, test } from 'vitest';
import { METRICS, NAMESPACE } from '../../../contract/log.ts';
import { createMeter } from '../../../metering/emit.ts';
import { parseUsageLine } from '../../../metering/parse.ts';
import { finished, NINE, started } from './support.ts';

function emitted(write: (meter: ReturnType<typeof createMeter>) => void): string[] {
  const lines: string[] = [];
  write(createMeter({ write: (line) => lines.push(line) }));
  return lines;
}

function only(lines: string[]) {
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
}

describe('M1: the lines of a call', () => {
  test('a started line holds the whole record and publishes nothing', () => {
    const line = only(emitted((meter) => meter.started(started())));
    expect(line.usage).toEqual(started());
    expect(line._aws).toBeUndefined();
  });

  test('a finished line counts one call and its tokens by kind, at the time the call began', () => {
    const record = finished({ tokens: { input: 10, output: 5, cacheRead: 7, cacheWrite: 3 } });
    const line = only(emitted((meter) => meter.finished(record)));
    expect(line.usage).toEqual(record);
    expect(line._aws.Timestamp).toBe(NINE);
    expect(line).toMatchObject({
      Calls: 1,
      Refused: 0,
      InputTokens: 10,
      OutputTokens: 5,
      CacheReadTokens: 7,
      CacheWriteTokens: 3,
    });
  });

  test('metrics are published over all, by tenant and by model, and never by their product', () => {
    const line = only(emitted((meter) => meter.finished(finished())));
    const [directive] = line._aws.CloudWatchMetrics;
    expect(directive.Namespace).toBe(NAMESPACE);
    expect(directive.Dimensions).toEqual([[], ['Tenant'], ['Model']]);
    expect(line).toMatchObject({ Tenant: 'acme', Model: 'nova-lite' });
    expect(directive.Metrics.map(({ Name }: { Name: string }) => Name)).toEqual([
      METRICS.calls,
      METRICS.refused,
      METRICS.inputTokens,
      METRICS.outputTokens,
      METRICS.cacheReadTokens,
      METRICS.cacheWriteTokens,
    ]);
  });

  test.each(['refused', 'denied', 'throttled', 'failed'] as const)(
    'a call that was %s uses nothing and is counted',
    (outcome) => {
      const line = only(emitted((meter) => meter.finished(finished({ outcome }))));
      expect(line).toMatchObject({ Calls: 0, Refused: 1, InputTokens: 0, OutputTokens: 0 });
    },
  );

  test('a call that counted tokens is neither a call of a model nor a refusal', () => {
    const line = only(emitted((meter) => meter.finished(finished({ outcome: 'counted' }))));
    expect(line).toMatchObject({ Calls: 0, Refused: 0, InputTokens: 0, OutputTokens: 0 });
  });

  test.each(['interrupted', 'deadline', 'abandoned'] as const)('a call that was %s is paid for', (outcome) => {
    expect(only(emitted((meter) => meter.finished(finished({ outcome }))))).toMatchObject({
      Calls: 1,
      InputTokens: 10,
    });
  });

  test('a call refused before its model was known has no empty dimension', () => {
    const line = only(emitted((meter) => meter.finished(finished({ outcome: 'refused', model: '' }))));
    expect(line._aws.CloudWatchMetrics[0].Dimensions).toEqual([[], ['Tenant']]);
  });
});

describe('M4: no value forges a line', () => {
  const hostile = 'x"}\n{"usage":{"v":1,"tenant":"victim"}}\r\n\u2028';

  test.each(['tenant', 'principal', 'costCenter', 'model', 'requestId'] as const)('%s', (field) => {
    for (const record of [started({ [field]: hostile }), finished({ [field]: hostile })]) {
      const [line = '', ...more] = emitted((meter) =>
        record.phase === 'started' ? meter.started(record) : meter.finished(record),
      );
      expect(more).toEqual([]);
      expect(line).not.toMatch(/[\n\r]/);
      expect(parseUsageLine(line).record).toEqual(record);
    }
  });
});
