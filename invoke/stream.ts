import { asTollgateError, isTollgateError, TollgateError } from '../contract/errors.ts';
import { DRAIN_MAX_BYTES, DRAIN_MAX_MS } from '../contract/limits.ts';
import type { Target } from '../contract/model.ts';
import type { Call, ProviderRequest, StreamEvent } from './call.ts';
import type { Deadline } from './deadline.ts';
import { createSplitter, readEvent } from './frames.ts';
import type { Invocation } from './invocation.ts';
import type { ProviderReply } from './providers/provider.ts';
import { createStreamUsage, endsWithUsage } from './usage/stream.ts';

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
  /** Milliseconds and bytes for which a stream is read on after its reader has gone. */
  drainMs?: number;
  drainBytes?: number;
}

/**
 * The events of a stream, read only as fast as they are taken, with their usage collected in the same pass. However it
 * ends (in full, broken, out of time, left by its reader, or never read), the invocation is finished once.
 *
 * @returns to be read once; throws TollgateError when the stream breaks, and what came before stays valid
 */
export function pump(options: PumpOptions): AsyncIterable<StreamEvent> {
  const { reply, request, target, invocation, deadline, firstMs, idleMs, waitUntil } = options;
  const { drainMs = DRAIN_MAX_MS, drainBytes = DRAIN_MAX_BYTES } = options;
  const usage = createStreamUsage(request, target, reply.headers);
  let drained = -1;
  let begun = false;
  let over = false;
  let failure: TollgateError | undefined;

  async function* read(): AsyncGenerator<StreamEvent, void, void> {
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
        begun = true;
        usage.see(event);
        yield event;
      }
    }
    if (!begun || splitter.pending() > 0 || (endsWithUsage(request.operation) && !usage.settled()))
      throw new TollgateError('upstream_failed', { reason: 'stream-ended-early' });
  }

  const end = (outcome: 'ok' | 'abandoned'): void => {
    over = true;
    invocation.finished(outcome, usage.usage());
  };
  const fail = (thrown: unknown): TollgateError => {
    const error = thrown instanceof TollgateError ? thrown : lost(thrown);
    over = true;
    failure ??= error;
    // It has taken the call: only its own word, before its first event, says that it did not run.
    if (!isRefusal(error)) invocation.ran();
    invocation.failed(error, usage.usage);
    deadline.stop(error);
    return failure;
  };
  // The whole call's time may run out while the reader takes nothing, or before it has begun.
  deadline.signal.addEventListener('abort', () => {
    if (drained < 0) fail(asTollgateError(deadline.signal.reason));
  });

  const events = read();

  /** What the model still says is read for its usage: it is charged for, whether or not anyone listens. */
  const drain = async (): Promise<void> => {
    drained = 0;
    const timer = setTimeout(() => deadline.stop(new TollgateError('deadline', { reason: 'drain-time' })), drainMs);
    try {
      while (!(await events.next()).done);
      deadline.done();
    } catch (error) {
      deadline.stop(asTollgateError(error));
    } finally {
      clearTimeout(timer);
      end('abandoned');
    }
  };
  const leave = async (): Promise<IteratorResult<StreamEvent>> => {
    if (!over && drained < 0) {
      // Once the model's last event has been handed over nothing is missed; the rest only frees the connection.
      if (usage.settled()) end('ok');
      waitUntil(drain());
    }
    return { done: true, value: undefined };
  };

  let told = false;
  const iterator: AsyncIterator<StreamEvent> = {
    async next() {
      try {
        if (failure !== undefined) throw failure;
        if (over || drained >= 0) return { done: true, value: undefined };
        const result = await events.next();
        if (drained >= 0) return { done: true, value: undefined };
        if (result.done) {
          deadline.done();
          end('ok');
        } else invocation.answered();
        return result;
      } catch (error) {
        // Its reader has left, and the model did not take the call: nothing was used.
        if (drained >= 0 && !begun && isRefusal(error)) fail(error);
        if (told || drained >= 0) return { done: true, value: undefined };
        told = true;
        throw fail(error);
      }
    },
    return: leave,
    throw: leave,
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** The model's own word. Before its first event it says that the call did not run. */
function isRefusal(error: unknown): boolean {
  return isTollgateError(error) && error.reason === 'upstream-error';
}

function lost(cause: unknown): TollgateError {
  return new TollgateError('upstream_failed', { reason: 'connection-lost', cause });
}
