import type { StreamEvent } from '../call.ts';

/**
 * A stream whose first event has come, so that a call which the model takes and then refuses gets the status it deserves:
 * once a status has left, neither it nor `Retry-After` can be told any more, and no SDK tries again.
 *
 * @param left resolves when nobody waits for the answer any more; the first event is then not waited for either
 * @returns the same events, none lost, each handed on without another turn of the event loop
 * @throws TollgateError what the stream breaks with before its first event
 */
export async function begun(
  events: AsyncIterable<StreamEvent>,
  left?: Promise<void>,
): Promise<AsyncIterable<StreamEvent>> {
  const iterator = events[Symbol.asyncIterator]();
  let first: Promise<IteratorResult<StreamEvent>> | undefined = iterator.next();
  await (left === undefined ? first : Promise.race([first, left]));
  const rest: AsyncIterator<StreamEvent> = {
    next() {
      const next = first ?? iterator.next();
      first = undefined;
      return next;
    },
    return: () => iterator.return?.() ?? Promise.resolve({ done: true, value: undefined }),
  };
  return { [Symbol.asyncIterator]: () => rest };
}
