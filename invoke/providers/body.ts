import type { IncomingMessage } from 'node:http';

const ENDED: IteratorResult<Uint8Array> = { done: true, value: undefined };

/**
 * The body of an answer as it comes. Node's own iterator watches the stream with a dozen listeners, and tells of its end some
 * turns after it has come; what is there already, head, body and end, is read here without waiting for anything.
 *
 * @param signal once it is aborted nothing is given any more: what is left of the answer may be missing a piece
 * @returns to be read once; what came together is one piece; leaving it early closes the connection
 */
export function bodyOf(answer: IncomingMessage, signal: AbortSignal): AsyncIterable<Uint8Array> {
  let failure: unknown;
  let waits = false;
  let wake = (): void => {};
  const lost = (error: unknown): void => {
    failure ??= error;
    wake();
  };
  // Heard from the beginning: unheard, one that comes before anybody reads would end the process.
  answer.on('error', lost);
  answer.on('close', () => {
    if (!answer.complete) lost(Object.assign(new Error('aborted'), { code: 'ECONNRESET' }));
  });

  async function next(): Promise<IteratorResult<Uint8Array>> {
    for (;;) {
      if (signal.aborted) throw signal.reason;
      if (failure !== undefined) throw failure;
      const value = answer.read() as Buffer | null;
      if (value !== null) return { done: false, value };
      if (answer.complete) return ENDED;
      const waiting = new Promise<void>((resolve) => {
        wake = resolve;
      });
      // Not before there is something to wait for: an answer in one piece needs no listener.
      if (!waits) answer.on('readable', () => wake());
      waits = true;
      await waiting;
    }
  }

  return {
    [Symbol.asyncIterator]: () => ({
      next,
      async return() {
        answer.destroy();
        return ENDED;
      },
    }),
  };
}
