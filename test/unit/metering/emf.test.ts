import { describe, expect, test } from 'vitest';
import { lineWriter, METRICS } from '../../../contract/log.ts';
import { NO_TOKENS } from '../../../contract/usage.ts';
import { usageLine } from '../../../metering/emf.ts';
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
    expect(directive.Namespace).toBe('Tollgate');
    expect(directive.Dimensions).toEqual([[], ['Tenant'], ['Model']]);
    expect(line).toMatchObject({ Tenant: 'acme', Model: 'nova-lite' });
    expect(directive.Metrics.map(({ Name }: { Name: string }) => Name)).toEqual([
      METRICS.calls,
      METRICS.refused,
      METRICS.inputTokens,
      METRICS.outputTokens,
      METRICS.cacheReadTokens,
      METRICS.cacheWriteTokens,
      METRICS.latency,
      METRICS.timeToFirstByte,
    ]);
  });

  test('every metric of a written line is its stage’s, and a text that looks like a directive is left as it is', () => {
    const text = '"Namespace":"Tollgate"';
    const record = finished({ outcome: 'throttled', code: 'upstream_throttled', principal: text });
    const written: string[] = [];
    const write = lineWriter({ write: (line) => written.push(line) }, 'eu-1');
    write(usageLine(record, { CredentialsCached: 1 }));
    const { _aws, usage } = JSON.parse(String(written));
    const namespaces = _aws.CloudWatchMetrics.map(({ Namespace }: { Namespace: string }) => Namespace);
    expect(namespaces).toEqual(Array(3).fill('Tollgate/eu-1'));
    expect(usage).toEqual(record);
  });

  test('times are published in milliseconds, the first byte only where one was given, and neither of a refusal', () => {
    const times = (record: Parameters<typeof finished>[0]) => {
      const line = only(emitted((meter) => meter.finished(finished(record))));
      const units = line._aws.CloudWatchMetrics.flatMap(({ Metrics }: { Metrics: object[] }) => Metrics);
      return { line, units };
    };
    const { line, units } = times({ durationMs: 1_234, firstByteMs: 56 });
    expect(line).toMatchObject({ Latency: 1_234, TimeToFirstByte: 56 });
    expect(units).toContainEqual({ Name: 'Latency', Unit: 'Milliseconds' });
    expect(units).toContainEqual({ Name: 'TimeToFirstByte', Unit: 'Milliseconds' });
    expect(units).toContainEqual({ Name: 'Calls', Unit: 'Count' });
    expect(times({ outcome: 'abandoned', firstByteMs: -1 }).line).not.toHaveProperty('TimeToFirstByte');
    const refused = times({ outcome: 'throttled', code: 'upstream_throttled', firstByteMs: -1 }).line;
    expect(refused).not.toHaveProperty('Latency');
    expect(refused).not.toHaveProperty('TimeToFirstByte');
  });

  test('a refusal is counted by its reason too, and nothing else is', () => {
    const line = only(
      emitted((meter) => meter.finished(finished({ outcome: 'throttled', code: 'upstream_throttled' }))),
    );
    expect(line.Reason).toBe('upstream_throttled');
    const byReason = line._aws.CloudWatchMetrics.filter(({ Dimensions }: { Dimensions: string[][] }) =>
      Dimensions.some((names) => names.includes('Reason')),
    );
    expect(byReason).toEqual([
      {
        Namespace: 'Tollgate',
        Dimensions: [[], ['Tenant'], ['Model'], ['Reason']],
        Metrics: [{ Name: 'Refused', Unit: 'Count' }],
      },
    ]);
  });

  test('a call that broke off has its reason in the record, and is no refusal', () => {
    const line = only(
      emitted((meter) => meter.finished(finished({ outcome: 'interrupted', code: 'upstream_failed' }))),
    );
    expect(line).not.toHaveProperty('Reason');
    expect(line).toMatchObject({ Calls: 1, Refused: 0 });
  });

  test('what goes with a call is published on its line, over all alone, and not where it is nothing', () => {
    const line = only(emitted((meter) => meter.finished(finished(), { CredentialsCached: 1, CredentialsRenewed: 0 })));
    expect(line).toMatchObject({ CredentialsCached: 1 });
    expect(line).not.toHaveProperty('CredentialsRenewed');
    expect(line._aws.CloudWatchMetrics).toContainEqual({
      Namespace: 'Tollgate',
      Dimensions: [[]],
      Metrics: [{ Name: 'CredentialsCached', Unit: 'Count' }],
    });
  });

  test('an attempt that another one followed is counted, over all alone, and no other is', () => {
    const line = only(emitted((meter) => meter.finished(finished({ outcome: 'retried', code: 'upstream_failed' }))));
    expect(line).toMatchObject({ Retried: 1 });
    expect(line._aws.CloudWatchMetrics).toContainEqual({
      Namespace: 'Tollgate',
      Dimensions: [[]],
      Metrics: [{ Name: 'Retried', Unit: 'Count' }],
    });
    expect(only(emitted((meter) => meter.finished(finished({ attempt: 2 }))))).not.toHaveProperty('Retried');
  });

  test('tokens written to the cache are published together, however long they are kept', () => {
    const tokens = { input: 1, output: 1, cacheRead: 0, cacheWrite: 3, cacheWrite1h: 40 };
    expect(only(emitted((meter) => meter.finished(finished({ tokens }))))).toMatchObject({ CacheWriteTokens: 43 });
  });

  test.each(['refused', 'denied', 'throttled', 'failed'] as const)(
    'a call that was %s uses nothing and is counted',
    (outcome) => {
      const line = only(emitted((meter) => meter.finished(finished({ outcome }))));
      expect(line).toMatchObject({ Calls: 0, Refused: 1, InputTokens: 0, OutputTokens: 0 });
    },
  );

  test.each([
    ['a call that counted tokens', 'counted', ''],
    ['an attempt that another one answers for', 'retried', 'upstream_failed'],
  ] as const)('%s is neither a call of a model nor a refusal', (_, outcome, code) => {
    const line = only(emitted((meter) => meter.finished(finished({ outcome, code, tokens: NO_TOKENS }))));
    expect(line).toMatchObject({ Calls: 0, Refused: 0, InputTokens: 0, OutputTokens: 0 });
  });

  test('what an attempt used that another one answers for is paid for, and the call is counted with the other one', () => {
    const line = only(emitted((meter) => meter.finished(finished({ outcome: 'retried', code: 'deadline' }))));
    expect(line).toMatchObject({ Calls: 0, Refused: 0, InputTokens: 10, OutputTokens: 5 });
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

describe('a guardrail that intervened', () => {
  const lines = (guardrail?: string) =>
    emitted((meter) => meter.finished(finished(guardrail === undefined ? {} : { stop: 'guardrail', guardrail })));

  test('is a metric by policy, and by tenant and policy: a line for each, and not one without an intervention', () => {
    expect(lines()).toHaveLength(1);
    const [, ...found] = lines('topic,sensitive').map((line) => JSON.parse(line));
    expect(found.map(({ Policy }) => Policy)).toEqual(['topic', 'sensitive']);
    for (const line of found) {
      expect(line).toMatchObject({ Tenant: 'acme', model: 'nova-lite', GuardrailInterventions: 1 });
      expect(line._aws).toEqual({
        Timestamp: NINE,
        CloudWatchMetrics: [
          {
            Namespace: 'Tollgate',
            Dimensions: [['Policy'], ['Tenant', 'Policy']],
            Metrics: [{ Name: METRICS.interventions, Unit: 'Count' }],
          },
        ],
      });
      // The delivery to S3 selects usage lines by this member.
      expect(line).not.toHaveProperty('usage');
    }
  });

  test.each(['', 'word,topic', 'topic,topic', 'hate', 'topic,'])('is no list of policies: %o', (guardrail) => {
    const line = JSON.stringify({ usage: { ...finished(), guardrail } });
    expect(parseUsageLine(line)).toEqual({ rejection: { reason: 'unknown-value', field: 'guardrail' } });
  });
});
