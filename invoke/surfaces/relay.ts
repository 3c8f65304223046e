import { asTollgateError, type TollgateError } from '../../contract/errors.ts';
import type { StreamEvent } from '../call.ts';

/** How a surface writes a stream. `null` writes nothing. */
export interface Translation {
  event(event: StreamEvent): Uint8Array | null;
  /** After the last event. @throws when what came was not a whole answer, which `broken` then ends */
  end(): Uint8Array | null;
  /** Instead of `end`: this surface's error event, and never its end marker. */
  broken(error: TollgateError): Uint8Array;
}

/**
 * A stream of events as a response body. One event is read for each chunk that is taken: back-pressure reaches the model.
 *
 * @param broke told once, when the stream breaks or cannot be translated
 * @returns a body that never errors; cancelling it leaves `events` at once, without waiting for a next one
 */
export function relay(
  events: AsyncIterable<StreamEvent>,
  translation: Translation,
  broke: (error: TollgateError) => void,
): ReadableStream<Uint8Array> {
  const iterator = events[Symbol.asyncIterator]();
  let left = false;

  async function nextBytes(): Promise<{ bytes: Uint8Array | null; last: boolean }> {
    for (;;) {
      const next = await iterator.next();
      if (next.done) return { bytes: translation.end(), last: true };
      const bytes = translation.event(next.value);
      if (bytes !== null) return { bytes, last: false };
    }
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        let chunk: { bytes: Uint8Array | null; last: boolean };
        try {
          chunk = await nextBytes();
        } catch (thrown) {
          const error = asTollgateError(thrown);
          broke(error);
          chunk = { bytes: translation.broken(error), last: true };
          // When the translation threw, the events are still open; whoever made them reads on for the usage.
          iterator.return?.().catch(() => {});
        }
        if (left) return;
        if (chunk.bytes !== null) controller.enqueue(chunk.bytes);
        if (chunk.last) controller.close();
      },
      async cancel() {
        left = true;
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
