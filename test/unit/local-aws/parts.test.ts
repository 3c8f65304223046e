import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CallRecord } from '../../../local/aws/calls.ts';
import { CALLS_MAX, createCalls } from '../../../local/aws/calls.ts';
import { openCallsFile } from '../../../local/aws/calls-file.ts';
import { decodeChunked } from '../../../local/aws/chunked.ts';
import { readEmf } from '../../../local/aws/cloudwatch/emf.ts';
import { createMetrics } from '../../../local/aws/cloudwatch/metrics.ts';
import { createGate } from '../../../local/aws/dynamodb/gate.ts';
import { createFaults } from '../../../local/aws/faults.ts';
import { createSessions } from '../../../local/aws/sessions.ts';
import { xmlDocument } from '../../../local/aws/xml.ts';

const call: Omit<CallRecord, 'seq'> = {
  at: 0,
  service: 'bedrock',
  operation: 'Converse',
  region: 'us-east-1',
  requestId: 'r',
  serviceTier: null,
  model: 'us.x.model',
  request: null,
  traceparent: null,
  tracestate: null,
  resources: ['arn:aws:bedrock:us-west-2::foundation-model/x.model'],
  caller: null,
  decision: 'allowed',
  reason: '',
  usage: null,
  status: null,
  outcome: null,
};

describe('faults', () => {
  const strikes = (rule: object, change: Partial<CallRecord> = {}): boolean => {
    const faults = createFaults();
    expect(faults.add({ fault: { status: 429, type: 'ThrottlingException' }, ...rule })).toBeNull();
    return faults.strike({ seq: 1, ...call, ...change }) !== undefined;
  };

  test('strike by service, operation, region and model', () => {
    expect(strikes({ service: 'bedrock' })).toBe(true);
    expect(strikes({ service: 'Bedrock Runtime' })).toBe(true);
    expect(strikes({ service: 's3' })).toBe(false);
    expect(strikes({ service: 'bedrock', operation: 'converse' })).toBe(true);
    expect(strikes({ service: 'bedrock', operation: 'ConverseStream' })).toBe(false);
    expect(strikes({ service: 'bedrock', region: 'us-west-2' })).toBe(false);
    expect(strikes({ service: 'bedrock', model: 'us.x.model' })).toBe(true);
    expect(strikes({ service: 'bedrock', model: 'x.model' })).toBe(true);
    expect(strikes({ service: 'bedrock', model: 'model' })).toBe(false);
  });

  test('that script a stream strike streams, those that script a whole answer whole ones, and an error both', () => {
    const script = (fault: object, operation: string) => strikes({ service: 'bedrock', fault }, { operation });
    expect(script({ events: [] }, 'ConverseStream')).toBe(true);
    expect(script({ events: [] }, 'InvokeModelWithResponseStream')).toBe(true);
    expect(script({ events: [] }, 'Converse')).toBe(false);
    expect(script({ body: {} }, 'InvokeModel')).toBe(true);
    expect(script({ body: {} }, 'ConverseStream')).toBe(false);
    expect(script({ body: {}, status: 502 }, 'ConverseStream')).toBe(true);
  });

  test('strike as often as they say, then no more', () => {
    const faults = createFaults();
    faults.add({ service: 'bedrock', times: 2, fault: { hang: true } });
    faults.add({ service: 'bedrock', fault: { reset: true } });
    const struck = [1, 2, 3, 4].map((seq) => faults.strike({ seq, ...call }));
    expect(struck).toEqual([{ hang: true }, { hang: true }, { reset: true }, { reset: true }]);
    faults.clear();
    expect(faults.strike({ seq: 5, ...call })).toBeUndefined();
  });

  test.each([
    [undefined, 'the rule must be an object'],
    [{ service: 'ec2', fault: { hang: true } }, 'service must be one of'],
    [{ service: 's3' }, 'fault must be an object'],
    [{ service: 's3', fault: {} }, 'fault must say'],
    [{ service: 's3', fault: { delay: 5 } }, 'unknown member delay'],
    [{ service: 's3', fault: { delayMs: '5' } }, 'delayMs must be a number'],
    [{ service: 's3', fault: { delayMs: -5 } }, 'whole number'],
    [{ service: 's3', fault: { status: 200 } }, '400 to 599'],
    [{ service: 's3', fault: { status: 100, body: {} } }, '200 to 599'],
    [{ service: 's3', fault: { message: 'x' } }, 'goes with a status or a type'],
    [{ service: 's3', fault: { body: {}, type: 'X' } }, 'goes with no type'],
    [{ service: 's3', fault: { events: {} } }, 'events must be a list'],
    [{ service: 's3', fault: { events: [], status: 500 } }, 'goes with no status'],
    [{ service: 's3', fault: { events: [7] } }, 'fault.events[0] must be an object'],
    [{ service: 's3', fault: { events: [{ payload: {} }] } }, 'fault.events[0] must have a type'],
    [{ service: 's3', fault: { events: [{ type: 'x' }] } }, 'a payload or an exception'],
    [{ service: 's3', fault: { events: [{ type: 'x', payload: {}, exception: {} }] } }, 'a payload or an exception'],
    [{ service: 's3', fault: { events: [{ type: 'x', payload: 7 }] } }, 'payload must be an object'],
    [{ service: 's3', fault: { events: [{ type: 'x', exception: 'no' }] } }, 'exception must be an object'],
    [{ service: 's3', fault: { events: [{ type: 'x', paylod: {} }] } }, 'unknown member paylod'],
    [{ service: 's3', fault: { headers: { 'retry-after': 7 } } }, 'retry-after must be a string'],
    [{ service: 's3', fault: { headers: { 'a b': 'c' } } }, 'is no header'],
    [{ service: 's3', fault: { headers: { a: 'b\r\nc' } } }, 'is no header'],
    [{ service: 's3', times: 0, fault: { hang: true } }, 'times must be'],
    [{ service: 's3', fault: { hang: true }, op: 'x' }, 'unknown member op'],
  ])('%j is refused', (rule, reason) => {
    expect(createFaults().add(rule)).toContain(reason);
  });
});

test('the calls list keeps the newest and numbers them without gaps', () => {
  const calls = createCalls();
  for (let i = 0; i < 25_000; i++) calls.add(call);
  const kept = calls.after(0);
  expect(kept).toHaveLength(10_000);
  expect(kept.at(-1)?.seq).toBe(25_000);
  expect(kept[0]?.seq).toBe(15_001);
  expect(calls.after(24_998).map(({ seq }) => seq)).toEqual([24_999, 25_000]);
});

describe('the calls list of a folder', () => {
  const callsOf = (where: string) => createCalls(openCallsFile(where, CALLS_MAX));
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tollgate-calls-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const usage = { inputTokens: 1 } as CallRecord['usage'];
  /** As a process does that is killed: nothing is closed. */
  function seen(...ends: (Partial<CallRecord> | null)[]): void {
    const calls = callsOf(folder);
    for (const end of ends) {
      const record = calls.add({ ...call });
      calls.save(record);
      if (end !== null) calls.save(Object.assign(record, end));
    }
  }

  test('is there after the process was killed, and the numbers go on', () => {
    seen({ usage, status: 200, outcome: 'done' }, { status: 500, outcome: 'failed' });
    seen({ outcome: 'aborted' });
    const calls = callsOf(folder);
    expect(calls.after(0).map(({ seq, outcome, status }) => [seq, outcome, status])).toEqual([
      [1, 'done', 200],
      [2, 'failed', 500],
      [3, 'aborted', null],
    ]);
    expect(calls.after(0)[0]).toEqual({ seq: 1, ...call, usage, status: 200, outcome: 'done' });
    expect(calls.add(call).seq).toBe(4);
  });

  test('shows a call that had no end as aborted, with the tokens that were counted before the process was killed', () => {
    seen(null, { usage, status: 200 });
    expect(callsOf(folder).after(0)).toEqual([
      { seq: 1, ...call, outcome: 'aborted' },
      { seq: 2, ...call, usage, status: 200, outcome: 'aborted' },
    ]);
  });

  test('is read up to a line that was cut off, and goes on behind it', () => {
    seen({ outcome: 'done' });
    appendFileSync(join(folder, 'calls.jsonl'), '{"seq":2,"service":"bed');
    seen({ outcome: 'failed' });
    expect(callsOf(folder).after(0)).toMatchObject([
      { seq: 1, outcome: 'done' },
      { seq: 2, outcome: 'failed' },
    ]);
  });

  test('holds the newest and stays bounded, an end that comes after its file was changed included', () => {
    const calls = callsOf(folder);
    const first = calls.add({ ...call });
    calls.save(first);
    for (let i = 0; i < 15_000; i++) calls.save(calls.add({ ...call, outcome: 'done' }));
    const open = calls.add({ ...call });
    calls.save(open);
    for (let i = 0; i < 6_000; i++) calls.save(calls.add({ ...call, outcome: 'done' }));
    calls.save(Object.assign(open, { outcome: 'failed', status: 500 }));
    calls.save(Object.assign(first, { outcome: 'done' }));
    calls.close();
    const lines = readdirSync(folder).flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'));
    expect(lines.length).toBeLessThanOrEqual(20_000 + 2);
    const again = callsOf(folder).after(0);
    expect(again).toHaveLength(10_000);
    expect(again.map(({ seq }) => seq)).toEqual(Array.from({ length: 10_000 }, (_, i) => 11_003 + i));
    expect(again.find(({ seq }) => seq === open.seq)).toMatchObject({ outcome: 'failed', status: 500 });
  });

  test('writes nothing twice', () => {
    const calls = callsOf(folder);
    const record = calls.add({ ...call });
    for (let i = 0; i < 5; i++) calls.save(record);
    calls.close();
    expect(readFileSync(join(folder, 'calls.jsonl'), 'utf8').trim().split('\n')).toHaveLength(1);
  });
});

test('an expired session is known for an hour, then forgotten', () => {
  let now = 0;
  const sessions = createSessions(() => now);
  const caller = { arn: 'a', role: null, sessionName: null, sourceIdentity: null, tags: {}, sessionPolicy: null };
  const { accessKeyId } = sessions.issue(caller, 1_000);
  now = 3_601_000;
  sessions.issue(caller, now + 1);
  expect(sessions.find(accessKeyId)?.expiresAt).toBe(1_000);
  now += 1;
  sessions.issue(caller, now + 1);
  expect(sessions.find(accessKeyId)).toBeUndefined();
});

describe('aws-chunked', () => {
  test('gives the data and the trailers', () => {
    const coded = Buffer.from('5\r\nhello\r\n3;ext=1\r\n\r\nx\r\n0\r\nX-Amz-Checksum-Crc32: AAAA\r\n\r\n');
    expect(decodeChunked(coded)).toEqual({
      data: Buffer.from('hello\r\nx'),
      trailers: { 'x-amz-checksum-crc32': 'AAAA' },
    });
  });

  test.each(['', 'zz\r\nab', '5\r\nab', '2\r\nabc\r\n0\r\n\r\n', '2\r\nab'])('%j is broken', (coded) => {
    expect(decodeChunked(Buffer.from(coded))).toBeNull();
  });
});

describe('EMF', () => {
  const line = (change: object): string =>
    JSON.stringify({
      _aws: {
        Timestamp: 60_000,
        CloudWatchMetrics: [
          { Namespace: 'N', Dimensions: [[], ['Model']], Metrics: [{ Name: 'Calls' }, { Name: 'Tokens' }] },
        ],
      },
      Calls: 1,
      Tokens: [2, 3],
      Model: 'm',
      ...change,
    });

  test('gives each metric once for each set of dimensions, and each of its values', () => {
    const data = readEmf(line({}));
    expect(data).toHaveLength(6);
    expect(data.filter(({ name }) => name === 'Tokens').map(({ value, dimensions }) => [value, dimensions])).toEqual([
      [2, {}],
      [3, {}],
      [2, { Model: 'm' }],
      [3, { Model: 'm' }],
    ]);
  });

  test('leaves out a dimension set whose member is missing, and a value that is no number', () => {
    expect(readEmf(line({ Model: undefined }))).toHaveLength(3);
    expect(readEmf(line({ Calls: 'one' }))).toHaveLength(4);
  });

  test.each(['', 'plain text', '{"_aws":', '{"_aws":1}', '{"_aws":{"Timestamp":"x"}}', '[{"_aws":{}}]'])(
    '%j holds none',
    (text) => expect(readEmf(text)).toEqual([]),
  );

  test('has the unit of each metric, None when it does not say, and none of a unit that CloudWatch does not know', () => {
    const directive = (Unit?: string) => ({
      Namespace: 'N',
      Dimensions: [[]],
      Metrics: [{ Name: 'Latency', ...(Unit === undefined ? {} : { Unit }) }],
    });
    const units = (Unit?: string) =>
      readEmf(JSON.stringify({ _aws: { Timestamp: 1, CloudWatchMetrics: [directive(Unit)] }, Latency: 5 })).map(
        ({ unit, value }) => [unit, value],
      );
    expect(units('Milliseconds')).toEqual([['Milliseconds', 5]]);
    expect(units('Megabytes/Second')).toEqual([['Megabytes/Second', 5]]);
    expect(units()).toEqual([['None', 5]]);
    expect(units('Parsecs')).toEqual([]);
  });

  test('keeps what came in different units apart', () => {
    const metrics = createMetrics(() => 0);
    const metric = { namespace: 'N', name: 'Latency', dimensions: {} };
    metrics.put({ ...metric, at: 0, value: 5, unit: 'Milliseconds' });
    metrics.put({ ...metric, at: 0, value: 7, unit: 'Seconds' });
    const sums = (unit?: string) => metrics.read(metric, 0, 60_000, 60_000, unit).map(({ sum }) => sum);
    expect([sums(), sums('Milliseconds'), sums('Seconds'), sums('Count')]).toEqual([[5], [5], [7], []]);
  });

  test('adds up by period, and drops what is too old or too far ahead', () => {
    const day = 86_400_000;
    const metrics = createMetrics(() => 20 * day);
    const put = (at: number, value: number): void =>
      metrics.put({ namespace: 'N', name: 'Calls', dimensions: {}, at, value, unit: 'Count' });
    for (const at of [19 * day, 19 * day + 59_999, 19 * day + 60_000, 5 * day, 21 * day]) put(at, 2);
    put(19 * day, Number.NaN);
    const metric = { namespace: 'N', name: 'Calls', dimensions: {} };
    expect(metrics.read(metric, 0, 30 * day, 60_000).map(({ sum, samples }) => [sum, samples])).toEqual([
      [4, 2],
      [2, 1],
    ]);
    expect(metrics.read(metric, 0, 30 * day, 3_600_000).map(({ sum }) => sum)).toEqual([6]);
    expect(metrics.read(metric, 19 * day + 60_000, 30 * day, 60_000).map(({ sum }) => sum)).toEqual([2]);
  });
});

test('a transaction runs alone: after what was begun before it and before what comes later', async () => {
  const gate = createGate();
  const log: string[] = [];
  const step = (name: string) => async () => {
    log.push(`${name} begins`);
    await new Promise((resolve) => setImmediate(resolve));
    log.push(`${name} ends`);
  };
  await Promise.allSettled([
    gate.shared(step('a')),
    gate.shared(step('b')),
    gate.alone(step('alone')),
    gate.shared(() => Promise.reject(new Error('a failure holds nobody up'))),
    gate.alone(step('second')),
    gate.shared(step('c')),
  ]);
  expect(log).toEqual([
    'a begins',
    'b begins',
    'a ends',
    'b ends',
    'alone begins',
    'alone ends',
    'second begins',
    'second ends',
    'c begins',
    'c ends',
  ]);
});

test('XML repeats lists, leaves out what is undefined and escapes what would be markup', () => {
  expect(xmlDocument('R', { A: [{ K: 1 }, { K: 2 }], B: undefined, C: '<&>' }, 'urn:x')).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<R xmlns="urn:x"><A><K>1</K></A><A><K>2</K></A><C>&#60;&#38;&#62;</C></R>',
  );
});
