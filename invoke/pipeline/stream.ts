import { asTollgateError, isTollgateError, TollgateError } from '../../contract/errors.ts';
import {
  DRAIN_MAX_BYTES,
  DRAIN_MAX_MS,
  READ_AHEAD_BYTES,
  READER_LATE_MS,
  TOGETHER_MAX_BYTES,
} from '../../contract/limits/invoke.ts';
import type { Target } from '../../contract/model.ts';
import type { Call, Events, ProviderRequest, Span, StreamEvent } from '../call.ts';
import type { Deadline } from '../providers/deadline.ts';
import { createSplitter, readEvent } from '../providers/frames.ts';
import type { ProviderReply } from '../providers/provider.ts';
import { UpstreamException, upstreamError } from '../providers/upstream.ts';
import { createStreamUsage, endsWithUsage } from '../usage/stream.ts';
import type { Usage } from '../usage/usage.ts';
import type { Invocation } from './invocation.ts';

export interface PumpOptions {
  reply: Pick<ProviderReply, 'headers' | 'body'>;
  request: ProviderRequest;
  target: Target;
  invocation: Invocation;
  deadline: Deadline;
  /** Milliseconds, of those to the first byte, that are left for the first event. */
  firstMs: number;
  /** Milliseconds without a byte from the model after it. */
  idleMs: number;
  waitUntil: Call['waitUntil'];
  /** Shown what the model says. */
  span?: Span | undefined;
  /** Bytes that are read before they are taken, and milliseconds for which a reader may stay that far behind. */
  aheadBytes?: number;
  lateMs?: number;
  /** Bytes of events that are given together. */
  togetherBytes?: number;
  /** Milliseconds and bytes for which a stream is read on after its reader has gone. */
  drainMs?: number;
  drainBytes?: number;
}

export interface Pumped extends Events {
  /**
   * Waits for the first event, so that a call which the model takes and then refuses gets the status it deserves: once a
   * status has left, neither it nor `Retry-After` can be told any more, and no SDK tries again.
   *
   * @param left resolves when nobody waits for the answer any more; the first event is then not waited for either
   * @throws TollgateError what the stream breaks with before its first event; the invocation is then the caller's to end,
   *   since the call may go on elsewhere
   */
  begun(left?: Promise<void>): Promise<void>;
  /** What it has cost as far as is known. */
  usage(): Usage;
}

/**
 * The events of a stream, read a little ahead of their reader, with their usage collected in the same pass. However it ends
 * (in full, broken, out of time, left by its reader, or never read), the invocation is finished once. What the model still
 * says is read for its usage whether or not anyone listens, because it is charged for: a reader that is late, by however
 * little it takes, is given up as one that has left.
 *
 * @returns to be read once; throws TollgateError when the stream breaks, and what came before stays valid
 */
export function pump(options: PumpOptions): Pumped {
  const { reply, request, target, invocation, deadline, firstMs, idleMs, waitUntil } = options;
  const { drainMs = DRAIN_MAX_MS, drainBytes = DRAIN_MAX_BYTES } = options;
  const { aheadBytes = READ_AHEAD_BYTES, lateMs = READER_LATE_MS, togetherBytes = TOGETHER_MAX_BYTES } = options;
  const usage = createStreamUsage(request, target, reply.headers);
  /** What has come and was not taken as yet, in its order. */
  let held: StreamEvent[] = [];
  let heldBytes = 0;
  /** Bytes read since nobody reads any more; below 0: somebody does. */
  let drained = -1;
  let begun = false;
  /** Anything has come, also what is not for the reader. */
  let heard = false;
  /** The first event is waited for. */
  let awaited = false;
  /** The model has ended, or broken off. */
  let over = false;
  let failure: TollgateError | undefined;
  let late: NodeJS.Timeout | undefined;
  let draining: NodeJS.Timeout | undefined;
  /** Of which one waits at most: the reader for events, and the model's events for room. */
  let wakeReader = (): void => {};
  let wakeModel = (): void => {};

  async function read(): Promise<void> {
    const chunks = reply.body[Symbol.asyncIterator]();
    const splitter = createSplitter();
    for (;;) {
      // Until it has said something the model is thinking, which is not the silence of one that has stopped.
      const [ms, reason] = begun ? ([idleMs, 'stream-idle'] as const) : ([firstMs, 'first-byte'] as const);
      const { done, value } = await deadline.within(ms, reason, chunks.next());
      if (done) break;
      if (drained >= 0) {
        drained += value.byteLength;
        if (drained > drainBytes) throw new TollgateError('deadline', { reason: 'drain-bytes' });
      }
      for (const message of splitter.push(value)) {
        const event = readEvent(message);
        heard = true;
        usage.see(event);
        // Nobody waits for it, or would read it: what follows may take as long as the first event may.
        if (event.type === request.ours) continue;
        begun = true;
        options.span?.came(event.payload);
        if (drained >= 0) continue;
        invocation.answered();
        held.push(event);
        heldBytes += event.bytes.byteLength;
      }
      wakeReader();
      while (heldBytes > aheadBytes && !over) {
        late ??= setTimeout(giveUp, lateMs);
        await new Promise<void>((resolve) => {
          wakeModel = resolve;
        });
      }
      if (over) return;
    }
    if (!begun || splitter.pending() > 0 || (endsWithUsage(request.operation) && !usage.settled()))
      throw new TollgateError('upstream_failed', { reason: 'stream-ended-early' });
    over = true;
    deadline.done();
    if (drained >= 0) end('abandoned');
    else if (held.length === 0) end('ok');
    else late ??= setTimeout(giveUp, lateMs);
    wakeReader();
  }

  const end = (outcome: 'ok' | 'abandoned'): void => {
    clearTimeout(late);
    clearTimeout(draining);
    invocation.finished(outcome, usage.usage());
  };

  const fail = (thrown: unknown): void => {
    if (over) return;
    over = true;
    const error = thrown instanceof TollgateError ? thrown : lost(thrown);
    const refused = isRefusal(error) && !heard;
    if (drained >= 0 && !refused) end('abandoned');
    else {
      failure ??= error;
      // It has taken the call: only its own word, before its first event, says that it did not run.
      if (!refused) invocation.ran();
      if (begun || !awaited) invocation.failed(error, usage.usage);
    }
    clearTimeout(late);
    clearTimeout(draining);
    deadline.stop(error);
    wakeReader();
    wakeModel();
  };
  // The whole call's time may run out while the reader takes nothing, and nothing is read.
  deadline.signal.addEventListener('abort', () => {
    if (drained < 0) fail(asTollgateError(deadline.signal.reason));
  });

  const drain = (): void => {
    drained = 0;
    held = [];
    heldBytes = 0;
    if (over) end('abandoned');
    else draining = setTimeout(() => deadline.stop(new TollgateError('deadline', { reason: 'drain-time' })), drainMs);
    waitUntil(running);
    wakeReader();
    wakeModel();
  };
  /** The reader is late. Where the model is done, and no more is to come, what is held may still be taken. */
  const giveUp = (): void => {
    if (over) end('abandoned');
    else {
      failure = new TollgateError('deadline', { reason: 'reader-late', message: 'The answer was not read in time.' });
      drain();
    }
  };
  const running = read().catch(async (thrown) =>
    fail(thrown instanceof UpstreamException ? await upstreamError(0, thrown.said) : thrown),
  );

  let told = false;
  const leave = async (): Promise<IteratorResult<readonly StreamEvent[]>> => {
    told = true;
    // Once the model's last event has been handed over nothing is missed; the rest only frees the connection.
    if (held.length === 0 && usage.settled()) end('ok');
    if (drained < 0) drain();
    return { done: true, value: undefined };
  };
  /** Until there is something to be told. */
  const come = async (): Promise<void> => {
    while (held.length === 0 && !over && drained < 0)
      await new Promise<void>((resolve) => {
        wakeReader = resolve;
      });
  };
  const iterator: AsyncIterator<readonly StreamEvent[]> = {
    async next() {
      await come();
      if (held.length > 0) {
        const value = taken();
        if (held.length === 0) caughtUp();
        wakeModel();
        return { done: false, value };
      }
      if (failure === undefined || told) return { done: true, value: undefined };
      told = true;
      throw failure;
    },
    return: leave,
    throw: leave,
  };
  /** What has come, as far as it goes together; one event at least. */
  const taken = (): StreamEvent[] => {
    let count = 0;
    let bytes = 0;
    do bytes += held[count++]?.bytes.byteLength ?? 0;
    while (count < held.length && bytes + (held[count]?.bytes.byteLength ?? 0) <= togetherBytes);
    heldBytes -= bytes;
    if (count < held.length) return held.splice(0, count);
    const all = held;
    held = [];
    return all;
  };
  const caughtUp = (): void => {
    clearTimeout(late);
    late = undefined;
    if (over && failure === undefined) end('ok');
  };
  return {
    [Symbol.asyncIterator]: () => iterator,
    usage: usage.usage,
    async begun(left) {
      awaited = true;
      await (left === undefined ? come() : Promise.race([come(), left]));
      awaited = false;
      if (held.length === 0 && failure !== undefined) throw failure;
    },
  };
}

/** The model's own word. Before its first event it says that the call did not run. */
function isRefusal(error: unknown): boolean {
  return isTollgateError(error) && error.reason === 'upstream-error';
}

function lost(cause: unknown): TollgateError {
  return new TollgateError('upstream_failed', { reason: 'connection-lost', cause });
}
