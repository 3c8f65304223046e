import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { UNSETTLED_AFTER_MS } from '../../contract/limits/metering.ts';
import { BILLABLE, type FinishedUsage, type Outcome, type UsageRecord } from '../../contract/usage.ts';
import type { CallRecord } from '../../local/aws/calls.ts';
import { readCsv } from '../../metering/csv.ts';
import { RAW_PREFIX } from '../../metering/ledger/layout.ts';
import { createStore, type UsageStore } from '../../metering/ledger/store.ts';
import { readUsageCsv } from '../../metering/ledger/usage-file.ts';
import { parseUsageLine } from '../../metering/parse.ts';
import { createAggregation } from '../../metering/run/run.ts';
import { Stack } from './stack.ts';

const CALLS = 2_000;
const CONNECTIONS = 32;
/** The gateway is killed once so many calls have been made. */
const KILLED_AFTER = CALLS / 2;

const MODEL_CALLS = new Set([
  'Converse',
  'ConverseStream',
  'InvokeModel',
  'InvokeModelWithResponseStream',
  'CountTokens',
]);

interface Path {
  path: string;
  body(text: string): object;
}

const said = (text: string) => [{ role: 'user', content: [{ text }] }];
const chat = (stream: boolean) => ({
  path: '/v1/chat/completions',
  body: (text: string) => ({ model: 'nova-lite', stream, messages: [{ role: 'user', content: text }] }),
});
const claude = (text: string) => ({
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 1_000,
  messages: [{ role: 'user', content: text }],
});
const PATHS: readonly Path[] = [
  { path: '/model/nova-lite/converse', body: (text) => ({ messages: said(text) }) },
  { path: '/model/claude-sonnet-4-5/converse', body: (text) => ({ messages: said(text) }) },
  { path: '/model/nova-lite/converse-stream', body: (text) => ({ messages: said(text) }) },
  { path: '/model/claude-sonnet-4-5/converse-stream', body: (text) => ({ messages: said(text) }) },
  { path: '/model/claude-sonnet-4-5/invoke', body: claude },
  { path: '/model/claude-sonnet-4-5/invoke-with-response-stream', body: claude },
  { path: '/model/titan-embed-v2/invoke', body: (text) => ({ inputText: text }) },
  { path: '/model/nova-lite/count-tokens', body: (text) => ({ input: { converse: { messages: said(text) } } }) },
  chat(false),
  chat(true),
  // Refused before anything is sent.
  { path: '/model/llama-3-3-70b/converse', body: (text) => ({ messages: said(text) }) },
];

/** Each strikes one call, whichever of its operation comes next. */
const FAULTS = [
  { operation: 'Converse', fault: { status: 429, type: 'ThrottlingException' } },
  { operation: 'Converse', fault: { status: 500, type: 'InternalServerException' } },
  { operation: 'Converse', fault: { delayMs: 30 } },
  { operation: 'ConverseStream', fault: { breakAfterEvents: 3 } },
  { operation: 'ConverseStream', fault: { status: 429, type: 'ThrottlingException' } },
  { operation: 'ConverseStream', fault: { delayMs: 30 } },
  { operation: 'InvokeModel', fault: { status: 503, type: 'ServiceUnavailableException' } },
  { operation: 'InvokeModelWithResponseStream', fault: { breakAfterEvents: 1 } },
];

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start();
});

afterAll(() => stack.remove());

test('2,000 calls over every path, with callers that hang up, models that break and throttle, and a kill -9 in between: the ledger is what AWS saw, call by call', {
  timeout: 240_000,
}, async () => {
  const token = await stack.token('acme-app');
  await makeCalls(token);
  // The last drains of callers that left.
  await expect
    .poll(async () => (await modelCalls()).every(({ outcome }) => outcome !== null), { timeout: 30_000 })
    .toBe(true);

  const client = new S3Client({
    endpoint: stack.aws,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a-test', secretAccessKey: 'a-test' },
    forcePathStyle: true,
  });
  const store = createStore({ client, bucket: 'tollgate-usage' });
  const calls = await modelCalls();
  // What was under way at the kill is over by then, for the gateway too.
  let records: UsageRecord[] = [];
  await expect
    .poll(
      async () => {
        records = await rawRecords(store);
        return new Set(byRequest(records).keys()).size;
      },
      { timeout: 30_000 },
    )
    .toBeGreaterThan(0);

  const finished = records.filter((record): record is FinishedUsage => record.phase === 'finished');
  const ended = new Set(finished.map(({ invocationId }) => invocationId));
  const crashed = records.filter(({ phase, invocationId }) => phase === 'started' && !ended.has(invocationId));
  expect(ended.size, 'an end is told once').toBe(finished.length);

  // Call by call: what AWS counted, and how it ended, is what the record says.
  const ofRequest = byRequest(records);
  const orphans: CallRecord[] = [];
  for (const call of calls) {
    const record = ofRequest.get(call.requestId);
    if (record === undefined) orphans.push(call);
    else expect({ ...seenIn(record, call), call: call.seq }).toEqual({ ...tellsOf(call, record), call: call.seq });
  }
  const known = new Set(calls.map(({ requestId }) => requestId));
  for (const { awsRequestId } of finished) if (awsRequestId !== undefined) expect(known).toContain(awsRequestId);

  // A call that AWS saw and whose end nobody told was under way at the kill, and is listed as unsettled.
  expect(crashed.length).toBeGreaterThan(0);
  const kindOf = (model: string, action: string): string => `${action} ${model}`;
  const open = counted(crashed.map(({ nativeModel, action }) => kindOf(nativeModel, action)));
  for (const [kind, number] of counted(orphans.map((call) => kindOf(call.model ?? '', ACTION[call.operation] ?? ''))))
    expect(open.get(kind) ?? 0, `unsettled: ${kind}`).toBeGreaterThanOrEqual(number);

  // And the bill is the sum of the records, once everything that crashed is overdue.
  const aggregate = createAggregation({
    store,
    prices: { prices: async () => new Map() },
    metrics: null,
    invocations: null,
    release: null,
    tellEnds: null,
    counters: null,
    clock: () => Date.now() + UNSETTLED_AFTER_MS,
    write: () => undefined,
  });
  const { quarantined } = await aggregate();
  expect(quarantined).toBe(0);
  const listed: string[] = [];
  const billed = { invocations: 0, counted: 0, refused: 0, failed: 0, unsettled: 0, input: 0n, output: 0n };
  for await (const key of store.list('usage/')) {
    const text = key.endsWith('.csv') ? ((await store.read(key)) ?? '') : '';
    if (key.endsWith('/unsettled.csv')) listed.push(...readCsv(text).map((cells) => cells.invocation_id ?? ''));
    if (!key.endsWith('/usage.csv')) continue;
    for (const row of readUsageCsv(text)) {
      for (const column of ['invocations', 'counted', 'refused', 'failed', 'unsettled'] as const)
        billed[column] += row[column];
      billed.input += row.tokens.input;
      billed.output += row.tokens.output;
    }
  }
  expect(listed.sort()).toEqual(crashed.map(({ invocationId }) => invocationId).sort());
  const having = (...outcomes: Outcome[]) => finished.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const sum = (kind: 'input' | 'output') =>
    finished
      .filter(({ outcome }) => BILLABLE.has(outcome))
      .reduce((total, { tokens }) => total + BigInt(tokens[kind]), 0n);
  expect(billed).toEqual({
    invocations: finished.filter(({ outcome }) => BILLABLE.has(outcome)).length,
    counted: having('counted'),
    refused: having('refused', 'denied'),
    failed: having('failed', 'throttled'),
    unsettled: crashed.length,
    input: sum('input'),
    output: sum('output'),
  });
  // The test would prove nothing if none of it had happened. API Gateway tells no function that its caller has left, so
  // such calls end as any other and are paid in full; where the function is told, they are `abandoned` (stream.test.ts).
  for (const outcome of ['ok', 'refused', 'throttled', 'failed', 'interrupted', 'counted'] as const)
    expect(having(outcome), outcome).toBeGreaterThan(0);
  client.destroy();
});

async function makeCalls(token: string): Promise<void> {
  const random = randomFrom(20_261_121);
  let made = 0;
  let restart: Promise<void> | undefined;
  const caller = async (): Promise<void> => {
    while (made < CALLS) {
      const n = made++;
      if (n === KILLED_AFTER) restart = killAndRestart(token);
      await restart;
      const fault = random() < 0.08 ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined;
      const path = PATHS[n % PATHS.length] ?? PATHS[0];
      const leaves = random() < 0.15 ? (random() < 0.5 ? 'before the answer' : 'in the answer') : undefined;
      const words = 1 + Math.floor(random() * (leaves === undefined ? 40 : 400));
      const text = Array.from({ length: words }, (_, i) => `w${n}x${i}`).join(' ');
      try {
        if (fault !== undefined) await stack.fault({ service: 'bedrock', times: 1, ...fault });
        if (path !== undefined) await call(path, text, token, leaves);
      } catch {
        // The caller's own hanging up, an answer that broke, or a gateway that was killed: the ledger must tell which.
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, caller));
}

async function call({ path, body }: Path, text: string, token: string, leaves: string | undefined): Promise<void> {
  const leaving = new AbortController();
  if (leaves === 'before the answer') setImmediate(() => setTimeout(() => leaving.abort(), 2));
  const response = await fetch(stack.gateway + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body(text)),
    signal: leaving.signal,
  });
  if (leaves === 'in the answer') {
    const reader = response.body?.getReader();
    await reader?.read();
    leaving.abort();
    return;
  }
  await response.arrayBuffer();
}

/** As a machine that loses its power, while models are answering. */
async function killAndRestart(token: string): Promise<void> {
  const { port, dataDir } = stack;
  const slow = PATHS.slice(0, 2);
  for (const _ of slow)
    await stack.fault({ service: 'bedrock', operation: 'Converse', times: 1, fault: { delayMs: 60_000 } });
  const cut = slow.map((path) => call(path, 'cut off', token, undefined).catch(() => 'cut off'));
  await expect
    .poll(async () => (await modelCalls()).filter(({ outcome }) => outcome === null).length, { timeout: 30_000 })
    .toBeGreaterThan(0);
  await stack.kill();
  await Promise.all(cut);
  stack = await Stack.start({ port, dataDir });
}

async function modelCalls(): Promise<CallRecord[]> {
  return (await stack.calls()).filter(({ service, operation }) => service === 'bedrock' && MODEL_CALLS.has(operation));
}

async function rawRecords(store: UsageStore): Promise<UsageRecord[]> {
  await fetch(`${stack.aws}/_local/flush`, { method: 'POST' });
  const records: UsageRecord[] = [];
  for await (const key of store.list(RAW_PREFIX))
    for await (const block of store.lines(key))
      for (const line of block.toString().split('\n')) {
        if (line === '') continue;
        const { record, rejection } = parseUsageLine(line);
        expect(rejection).toBeUndefined();
        if (record !== undefined) records.push(record);
      }
  return records;
}

function byRequest(records: readonly UsageRecord[]): Map<string | undefined, FinishedUsage> {
  const named = records.filter((record): record is FinishedUsage => record.phase === 'finished');
  return new Map(named.filter(({ awsRequestId }) => awsRequestId !== undefined).map((r) => [r.awsRequestId, r]));
}

const ACTION: Readonly<Record<string, string>> = {
  Converse: 'invoke',
  InvokeModel: 'invoke',
  ConverseStream: 'stream',
  InvokeModelWithResponseStream: 'stream',
  CountTokens: 'count',
};

/** What the record says of the things that AWS recorded too. */
function seenIn(record: FinishedUsage, call: CallRecord) {
  const { tokens, outcome, nativeModel, action, estimated } = record;
  const compared = BILLABLE.has(outcome) && !estimated && call.usage !== null;
  return {
    model: nativeModel,
    action,
    ended: outcome,
    tokens: compared ? [tokens.input, tokens.output, tokens.cacheRead, tokens.cacheWrite] : 'not told',
  };
}

function tellsOf(call: CallRecord, record: FinishedUsage) {
  const { usage } = call;
  const compared = BILLABLE.has(record.outcome) && !record.estimated && usage !== null;
  return {
    model: call.model,
    action: ACTION[call.operation],
    ended: endOf(call, record.outcome),
    tokens: compared
      ? [usage.inputTokens, usage.outputTokens, usage.cacheReadInputTokens, usage.cacheWriteInputTokens]
      : 'not told',
  };
}

/** How a call must have ended here, by how it ended there; only here is known whether the caller was still listening. */
function endOf({ operation, outcome, status }: CallRecord, told: Outcome): Outcome {
  if (outcome === 'done') {
    if (operation === 'CountTokens') return 'counted';
    return told === 'abandoned' ? 'abandoned' : 'ok';
  }
  if (status === 429) return 'throttled';
  if (status !== null && status >= 500) return 'failed';
  return told === 'abandoned' ? 'abandoned' : 'interrupted';
}

function counted(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** The same numbers on every run (mulberry32): a failure can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
