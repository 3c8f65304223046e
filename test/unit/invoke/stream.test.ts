import { crc32 } from 'node:zlib';
import { describe, expect, test, vi } from 'vitest';
import { TollgateError } from '../../../contract/errors.ts';
import type { Operation } from '../../../invoke/call.ts';
import { beginInvocation } from '../../../invoke/pipeline/invocation.ts';
import { pump } from '../../../invoke/pipeline/stream.ts';
import { startDeadline } from '../../../invoke/providers/deadline.ts';
import { createSplitter, readEvent } from '../../../invoke/providers/frames.ts';
import { traces } from '../../../invoke/usage/traces.ts';
import {
  bytesOf,
  callOf,
  chunk,
  delta,
  frame,
  memoryMeter,
  metadata,
  modelOf,
  NOW,
  requestOf,
  textsOf,
} from './core.ts';

interface Options {
  operation?: Operation;
  ours?: string;
  firstMs?: number;
  idleMs?: number;
  totalMs?: number;
  drainMs?: number;
  drainBytes?: number;
  aheadBytes?: number;
  lateMs?: number;
  togetherBytes?: number;
}

function setUp(body: AsyncIterable<Uint8Array>, options: Options = {}) {
  const { operation = 'converse-stream', ours, firstMs = 5_000, idleMs = 5_000, totalMs = 10_000, ...drain } = options;
  const meter = memoryMeter();
  const call = callOf(operation);
  const invocation = beginInvocation(call, { meter, clock: () => NOW, newId: () => 'id-1' });
  invocation.started();
  const deadline = startDeadline(totalMs);
  const { kept, waitUntil } = call;
  const request = {
    ...requestOf(operation, { messages: [{ role: 'user', content: [{ text: '12345678' }] }] }),
    ...(ours === undefined ? {} : { ours }),
    ...(operation === 'invoke-agent' ? { tells: traces } : {}),
  };
  const reply = { headers: {}, body };
  const { target } = modelOf('nova');
  const events = pump({ reply, request, target, invocation, deadline, firstMs, idleMs, waitUntil, ...drain });
  return { events, finished: meter.finishedLines, deadline, kept };
}

const never = () => new Promise<never>(() => {});
const whole = [frame('messageStart', {}), delta('hello'), frame('messageStop', {}), metadata(3, 5)];
const TYPES = ['messageStart', 'contentBlockDelta', 'messageStop', 'metadata'];
const reported = { tokens: { input: 3, output: 5, cacheRead: 0, cacheWrite: 0 }, estimated: false };

describe('frames', () => {
  test('U3 a 1 MB event in small pieces comes out once, and is copied once', () => {
    const big = frame('contentBlockDelta', { text: 'x'.repeat(1_048_576) });
    const splitter = createSplitter();
    const found: Uint8Array[] = [];
    const copy = vi.spyOn(Buffer, 'concat');
    for (let at = 0; at < big.byteLength; at += 1000) found.push(...splitter.push(big.subarray(at, at + 1000)));
    expect(copy.mock.calls.length).toBeLessThan(4);
    copy.mockRestore();
    expect(found).toHaveLength(1);
    expect(Buffer.from(found[0] ?? []).equals(big)).toBe(true);
  });

  test.each([
    ['a length beyond the protocol', [0x7f, 0xff, 0xff, 0xff]],
    ['a length below the smallest message', [0, 0, 0, 3]],
  ])('U3 %s is refused at once, not waited for', (_, length) => {
    const bytes = Buffer.from(delta('x'));
    bytes.set(length, 0);
    expect(() => createSplitter().push(bytes.subarray(0, 12))).toThrow(
      expect.objectContaining({ code: 'upstream_failed', reason: 'event-corrupt' }),
    );
  });

  const withHeaders = (...headers: number[]): Buffer => {
    const bytes = Buffer.alloc(16 + headers.length);
    bytes.writeUInt32BE(bytes.byteLength, 0);
    bytes.writeUInt32BE(headers.length, 4);
    bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
    bytes.set(headers, 12);
    bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.byteLength - 4);
    return bytes;
  };
  const text = (name: string, value: string) => [
    ...[name.length, ...Buffer.from(name), 7],
    ...[0, value.length, ...Buffer.from(value)],
  ];

  test('headers of every type may stand beside those that say what a message is', () => {
    const sizes = [0, 0, 1, 2, 4, 8, 3, 3, 8, 16];
    const others = sizes.flatMap((size, type) => [1, 0x61, type, ...(size === 3 ? [0, 1, 9] : Array(size).fill(9))]);
    const message = withHeaders(...others, ...text(':message-type', 'event'), ...text(':event-type', 'x'));
    expect(readEvent(message)).toMatchObject({ bytes: message, type: 'x', payload: Buffer.alloc(0) });
  });

  test.each([
    ['of a type that does not exist', [1, 0x61, 10]],
    ['whose name ends behind them', [9, 0x61, 7]],
    ['whose length ends behind them', [1, 0x61, 7, 0]],
    ['whose value ends behind them', [1, 0x61, 7, 0, 2, 0x62]],
  ])('U3 a header %s is corrupt', (_, headers) => {
    const message = withHeaders(...text(':message-type', 'event'), ...headers);
    expect(() => readEvent(message)).toThrow(expect.objectContaining({ reason: 'event-corrupt' }));
  });

  test('a message that is neither event nor error is not an event', () => {
    expect(() => readEvent(frame('x', {}, 'event').map((byte) => byte))).not.toThrow();
    const unknown = frame('x', {}, 'strange' as 'event');
    expect(() => readEvent(unknown)).toThrow(expect.objectContaining({ reason: 'event-corrupt' }));
  });
});

describe('a stream that ends in full', () => {
  test('gives every frame untouched, and its usage once', async () => {
    const { events, finished } = setUp(bytesOf(...whole));
    const given: Uint8Array[] = [];
    for await (const together of events) given.push(...together.map(({ bytes }) => bytes));
    expect(Buffer.concat(given).equals(Buffer.concat(whole))).toBe(true);
    expect(finished()).toEqual([expect.objectContaining({ outcome: 'ok', code: '', ...reported })]);
  });

  test('gives together what came together, and waits for nothing else', async () => {
    async function* inTwo(): AsyncGenerator<Uint8Array> {
      yield Buffer.concat(whole.slice(0, 2));
      await new Promise((resolve) => setTimeout(resolve, 5));
      yield Buffer.concat(whole.slice(2));
    }
    const batches: string[][] = [];
    for await (const together of setUp(inTwo()).events) batches.push(together.map(({ type }) => type));
    expect(batches).toEqual([TYPES.slice(0, 2), TYPES.slice(2)]);
  });

  test('of InvokeModelWithResponseStream has no end marker, so its end is its end', async () => {
    const { events, finished } = setUp(bytesOf(chunk({ completion: '12345678' })), {
      operation: 'invoke-with-response-stream',
    });
    await textsOf(events);
    expect(finished()).toEqual([
      expect.objectContaining({
        outcome: 'ok',
        estimated: true,
        tokens: expect.objectContaining({ input: 2, output: 2 }),
      }),
    ]);
  });

  test('left after its last event is not abandoned', async () => {
    const { events, finished } = setUp(bytesOf(...whole));
    for await (const together of events) if (together.some(({ type }) => type === 'metadata')) break;
    expect(finished()).toEqual([expect.objectContaining({ outcome: 'ok', ...reported })]);
  });
});

describe('U2 a stream that breaks', () => {
  async function* then(error: Error, ...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
    yield* chunks;
    throw error;
  }
  const corrupt = Buffer.from(delta('corrupt'));
  corrupt[20] = (corrupt[20] ?? 0) ^ 1;
  const reset = Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
  const throttled = frame('throttlingException', { message: 'slow down' }, 'exception');
  const invalid = frame('validationException', { message: 'bad arn:aws:bedrock:us-east-1::x/y' }, 'exception');
  const [first = corrupt, second = corrupt] = whole;

  test.each([
    ['ends before its metadata', bytesOf(first, second), 2, 'upstream_failed', 'stream-ended-early', 'interrupted'],
    [
      'ends within an event',
      bytesOf(first, second.subarray(0, 30)),
      1,
      'upstream_failed',
      'stream-ended-early',
      'interrupted',
    ],
    ['loses its connection', then(reset, first, second), 2, 'upstream_failed', 'connection-lost', 'interrupted'],
    ['has a wrong checksum', bytesOf(first, corrupt), 1, 'upstream_failed', 'event-corrupt', 'interrupted'],
    [
      'says it is throttled midway',
      bytesOf(first, throttled),
      1,
      'upstream_throttled',
      'upstream-error',
      'interrupted',
    ],
    [
      'says it failed with an error message',
      bytesOf(first, frame('InternalFailure', 'x', 'error')),
      1,
      'upstream_failed',
      'upstream-error',
      'interrupted',
    ],
    ['says so before its first event', bytesOf(throttled), 0, 'upstream_throttled', 'upstream-error', 'throttled'],
    ['rejects the request in the stream', bytesOf(invalid), 0, 'upstream_rejected', 'upstream-error', 'refused'],
    ['is empty', bytesOf(), 0, 'upstream_failed', 'stream-ended-early', 'interrupted'],
  ] as const)('%s', async (_, body, given, code, reason, outcome) => {
    const { events, finished, deadline } = setUp(body);
    const types: string[] = [];
    const reading = (async () => {
      for await (const together of events) types.push(...together.map(({ type }) => type));
    })();
    await expect(reading).rejects.toMatchObject({ code, reason });
    expect(types).toEqual(TYPES.slice(0, given));
    const billed = outcome === 'interrupted';
    expect(finished()).toEqual([
      expect.objectContaining({
        outcome,
        code,
        estimated: billed,
        tokens: expect.objectContaining({ input: billed ? 2 : 0 }),
      }),
    ]);
    expect(deadline.signal.aborted).toBe(true);
  });

  test('a message of AWS in a stream is cleaned', async () => {
    const { events } = setUp(bytesOf(invalid));
    await expect(textsOf(events)).rejects.toMatchObject({ publicMessage: 'bad [...]' });
  });

  test('tells its reader once; after that it has ended', async () => {
    const { events } = setUp(bytesOf(corrupt));
    const iterator = events[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toMatchObject({ reason: 'event-corrupt' });
    await expect(iterator.next()).resolves.toMatchObject({ done: true });
  });
});

describe('U4 a stream out of time', () => {
  async function* silentAfter(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
    yield* chunks;
    await never();
  }

  test('silence ends it at the idle deadline, with its usage', async () => {
    const { events, finished, deadline } = setUp(silentAfter(delta('1234')), { idleMs: 10 });
    await expect(textsOf(events)).rejects.toMatchObject({ code: 'deadline', reason: 'stream-idle' });
    expect(finished()).toEqual([expect.objectContaining({ outcome: 'deadline', code: 'deadline', estimated: true })]);
    expect(deadline.signal.aborted).toBe(true);
  });

  test.each([
    ['in time', 20_000, 'ok'],
    // By then nobody was thought to read; what the model had said was there all the same.
    ['late', 60_000, 'abandoned'],
  ])('a slow reader is not silence of the model: it takes the rest %s', async (_, ms, outcome) => {
    vi.useFakeTimers();
    try {
      const { events, finished } = setUp(bytesOf(...whole), { idleMs: 1_000, totalMs: 100_000 });
      const iterator = events[Symbol.asyncIterator]();
      await iterator.next();
      await vi.advanceTimersByTimeAsync(ms);
      const rest: string[] = [];
      for (let next = await iterator.next(); !next.done; next = await iterator.next())
        rest.push(...next.value.map(({ type }) => type));
      expect(rest).toEqual(TYPES.slice(1));
      expect(finished()).toEqual([expect.objectContaining({ outcome, ...reported })]);
    } finally {
      vi.useRealTimers();
    }
  });

  test.each([
    ['that nobody reads', false],
    ['whose reader has stopped', true],
  ])('the total deadline finishes a stream %s', async (_, begin) => {
    const { events, finished } = setUp(silentAfter(delta('1')), { totalMs: 20 });
    const iterator = events[Symbol.asyncIterator]();
    if (begin) await iterator.next();
    await vi.waitFor(() => expect(finished()).toEqual([expect.objectContaining({ outcome: 'deadline' })]), {
      timeout: 15_000,
    });
    const rest = textsOf({ [Symbol.asyncIterator]: () => iterator });
    await expect(rest).rejects.toMatchObject({ code: 'deadline', reason: 'call-total' });
  });

  test('no more is read ahead than fits, and all of it is given', async () => {
    let pulled = 0;
    async function* counting(): AsyncGenerator<Uint8Array> {
      for (let i = 0; i < 50; i++, pulled++) yield delta('x'.repeat(1_000));
      yield metadata(3, 5);
    }
    const { events, finished } = setUp(counting(), { aheadBytes: 10_000 });
    const iterator = events[Symbol.asyncIterator]();
    await iterator.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(pulled).toBeLessThan(12);
    expect(finished()).toEqual([]);
    expect(await textsOf({ [Symbol.asyncIterator]: () => iterator })).toHaveLength(50);
    expect(finished()).toEqual([expect.objectContaining({ outcome: 'ok', ...reported })]);
  });
});

describe('U5 a stream whose reader is late', () => {
  async function* long(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 500; i++) yield delta('x'.repeat(1_000));
    yield metadata(3, 500);
  }
  async function* parts(): AsyncGenerator<Uint8Array> {
    const part = (value: object) => frame('PayloadPart', Buffer.from(`data: ${JSON.stringify(value)}\n\n`));
    for (let i = 0; i < 500; i++) yield part({ choices: [{ delta: { content: 'x'.repeat(1_000) } }] });
    yield part({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 500 } });
  }
  const told = { tokens: { input: 3, output: 500, cacheRead: 0, cacheWrite: 0 }, estimated: false };

  test.each([
    ['that takes nothing', never],
    [
      'that takes as little as it can',
      async (iterator: AsyncIterator<unknown>) => {
        while (!(await iterator.next()).done) await new Promise((resolve) => setTimeout(resolve, 5));
      },
    ],
    [
      'that has begun, and stopped',
      async (iterator: AsyncIterator<unknown>) => {
        await iterator.next();
        await never();
      },
    ],
  ])('%s is read on for its usage, as one that has left', async (_, reading) => {
    for (const [operation, body] of [
      ['converse-stream', long],
      ['invocations-response-stream', parts],
    ] as const)
      await readOn(operation, body(), reading);
  });

  async function readOn(
    operation: Operation,
    body: AsyncIterable<Uint8Array>,
    reading: (iterator: AsyncIterator<unknown>) => Promise<unknown>,
  ): Promise<void> {
    const late = { aheadBytes: 10_000, lateMs: 30, togetherBytes: 1_000 };
    const { events, finished, kept } = setUp(body, { operation, ...late });
    const iterator = events[Symbol.asyncIterator]();
    const left = reading(iterator).catch((error: unknown) => error);
    await vi.waitFor(() => expect(finished()).toHaveLength(1), { timeout: 15_000 });
    expect(finished()).toEqual([expect.objectContaining({ outcome: 'abandoned', code: '', ...told })]);
    // Nothing that it was not given is kept for it, and what it has is not the whole: it is told so.
    await Promise.all(kept);
    const error = await Promise.race([left, iterator.next().catch((thrown: unknown) => thrown)]);
    expect(error).toMatchObject({ reason: 'reader-late', publicMessage: 'The answer was not read in time.' });
  }

  test('and whose model has ended is counted then, and may still be taken', async () => {
    const { events, finished } = setUp(bytesOf(...whole), { lateMs: 10 });
    await vi.waitFor(() => expect(finished()).toHaveLength(1), { timeout: 15_000 });
    expect(finished()).toEqual([expect.objectContaining({ outcome: 'abandoned', ...reported })]);
    expect(await textsOf(events)).toEqual(TYPES);
  });
});

describe('U5 a stream whose reader has gone', () => {
  test('is read on for its usage while the function is kept alive', async () => {
    const { events, finished, kept } = setUp(bytesOf(...whole));
    for await (const _ of events) break;
    expect(kept).toHaveLength(1);
    await Promise.all(kept);
    expect(finished()).toEqual([expect.objectContaining({ outcome: 'abandoned', code: '', ...reported })]);
  });

  test('before it read anything, or while it was waiting, is read on as well', async () => {
    const unread = setUp(bytesOf(...whole));
    await unread.events[Symbol.asyncIterator]().return?.();
    await Promise.all(unread.kept);
    expect(unread.finished()).toEqual([expect.objectContaining({ outcome: 'abandoned', ...reported })]);

    const waiting = setUp(bytesOf(...whole));
    const iterator = waiting.events[Symbol.asyncIterator]();
    const pending = iterator.next();
    await iterator.return?.();
    await iterator.return?.();
    await expect(pending).resolves.toMatchObject({ done: true });
    await Promise.all(waiting.kept);
    expect(waiting.kept).toHaveLength(1);
    expect(waiting.finished()).toEqual([expect.objectContaining({ outcome: 'abandoned', ...reported })]);
  });

  test('is given up at the bytes allowed, marked as estimated', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield delta('12345678');
    }
    const { events, finished, kept, deadline } = setUp(endless(), { drainBytes: 1_000 });
    for await (const _ of events) break;
    await Promise.all(kept);
    expect(finished()).toEqual([expect.objectContaining({ outcome: 'abandoned', estimated: true })]);
    expect(deadline.signal.aborted).toBe(true);
  });

  test('is given up at the time allowed', async () => {
    async function* silent(): AsyncGenerator<Uint8Array> {
      yield delta('1');
      await never();
    }
    const { events, finished, kept, deadline } = setUp(silent(), { drainMs: 10 });
    for await (const _ of events) break;
    await Promise.all(kept);
    expect(finished()).toEqual([expect.objectContaining({ outcome: 'abandoned', estimated: true })]);
    expect(deadline.signal.aborted).toBe(true);
  });

  test('and that breaks while it is read on is still abandoned, once', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield delta('1');
      throw new TollgateError('upstream_failed');
    }
    const { events, finished, kept } = setUp(broken());
    for await (const _ of events) break;
    await Promise.all(kept);
    expect(finished()).toEqual([expect.objectContaining({ outcome: 'abandoned', code: '', estimated: true })]);
  });
});

describe('U7 a stream whose first event is awaited', () => {
  async function* late(ms: number, ...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    yield* chunks;
  }
  const throttled = frame('throttlingException', { message: 'slow down' }, 'exception');
  const gone = Promise.resolve();

  test('loses none of its events', async () => {
    const { events, finished } = setUp(bytesOf(...whole));
    await events.begun();
    expect(finished()).toEqual([]);
    expect(await textsOf(events)).toEqual(TYPES);
    expect(finished()).toEqual([expect.objectContaining({ outcome: 'ok', ...reported })]);
  });

  test('may begin later than a stream may be silent, within the time to the first byte', async () => {
    const slow = setUp(late(50, ...whole), { idleMs: 10 });
    await slow.events.begun();
    expect(await textsOf(slow.events)).toEqual(TYPES);
    const never = setUp(late(5_000, ...whole), { firstMs: 10 });
    await expect(never.events.begun()).rejects.toMatchObject({ code: 'deadline', reason: 'first-byte' });
    expect(never.finished()).toEqual([]);
    expect(never.events.usage()).toMatchObject({ estimated: true });
  });

  test('refuses what the model refuses, before anything of it is given away, and leaves the end of the call to who waits', async () => {
    const { events, finished } = setUp(bytesOf(throttled));
    await expect(events.begun()).rejects.toMatchObject({ code: 'upstream_throttled', retryAfterSeconds: 2 });
    expect(finished()).toEqual([]);
  });

  test.each(['converse-stream', 'invoke-with-response-stream'] as const)(
    'of %s that ends without an event has failed',
    async (operation) => {
      await expect(setUp(bytesOf(), { operation }).events.begun()).rejects.toMatchObject({
        code: 'upstream_failed',
        reason: 'stream-ended-early',
      });
    },
  );

  test('is not waited for once its reader has left, and read on', async () => {
    const { events, finished, kept } = setUp(late(50, ...whole));
    await events.begun(gone);
    expect(finished()).toEqual([]);
    await events[Symbol.asyncIterator]().return?.();
    await Promise.all(kept);
    expect(finished()).toEqual([expect.objectContaining({ outcome: 'abandoned', firstByteMs: -1, ...reported })]);
  });

  test('is throttled and not abandoned when the model says so after its reader has left', async () => {
    const { events, finished, kept } = setUp(late(50, throttled));
    await events.begun(gone);
    await events[Symbol.asyncIterator]().return?.();
    await Promise.all(kept);
    expect(finished()).toEqual([expect.objectContaining({ outcome: 'throttled', estimated: false })]);
  });
});

describe('events that are ours', () => {
  const options = { operation: 'invoke-agent', ours: 'trace' } as const;
  const step = frame('trace', {
    trace: {
      orchestrationTrace: { modelInvocationOutput: { metadata: { usage: { inputTokens: 5, outputTokens: 7 } } } },
    },
  });
  const answer = frame('chunk', { bytes: 'aGVsbG8=' });
  const throttled = frame('throttlingException', { message: 'slow down' }, 'exception');
  const told = { tokens: { input: 10, output: 14, cacheRead: 0, cacheWrite: 0, calls: 1 }, estimated: false };

  test('are read for what they say, and given to nobody', async () => {
    const { events, finished } = setUp(bytesOf(step, answer, step), options);
    await events.begun();
    expect(await textsOf(events)).toEqual(['chunk']);
    expect(finished()).toEqual([expect.objectContaining({ outcome: 'ok', ...told })]);
    const asked = setUp(bytesOf(step, answer, step), { operation: 'invoke-agent' });
    expect(await textsOf(asked.events)).toEqual(['trace', 'chunk', 'trace']);
    expect(asked.finished()).toEqual([expect.objectContaining({ outcome: 'ok', ...told })]);
  });

  test('are no first one: an exception after them is a status, of a call that ran and is paid for', async () => {
    const { events, finished } = setUp(bytesOf(step, step, throttled), options);
    await expect(events.begun()).rejects.toMatchObject({ code: 'upstream_throttled' });
    expect(finished()).toEqual([]);
    expect(events.usage()).toEqual(told);
    const unawaited = setUp(bytesOf(step, step, throttled), options);
    await expect(textsOf(unawaited.events)).rejects.toMatchObject({ code: 'upstream_throttled' });
    expect(unawaited.finished()).toEqual([expect.objectContaining({ outcome: 'interrupted', ...told })]);
  });

  test('wait for no reader, however many they are, and may be as far apart as the first event from the call', async () => {
    async function* slowly(): AsyncGenerator<Uint8Array> {
      yield Buffer.concat([step, step]);
      await new Promise((resolve) => setTimeout(resolve, 30));
      yield answer;
    }
    const { events, finished } = setUp(slowly(), { ...options, idleMs: 5, aheadBytes: 1, lateMs: 5 });
    await events.begun();
    expect(await textsOf(events)).toEqual(['chunk']);
    expect(finished()).toEqual([expect.objectContaining({ outcome: 'ok', ...told })]);
  });

  test('that came before a stream broke, or its reader left, count', async () => {
    const broken = setUp(bytesOf(step, answer, step, throttled), options);
    await expect(textsOf(broken.events)).rejects.toMatchObject({ code: 'upstream_throttled' });
    expect(broken.finished()).toEqual([expect.objectContaining({ outcome: 'interrupted', ...told })]);
    const left = setUp(bytesOf(answer, step, step), options);
    const iterator = left.events[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.return?.();
    await Promise.all(left.kept);
    expect(left.finished()).toEqual([expect.objectContaining(told)]);
  });
});
