import { asTollgateError, type TollgateError } from '../../contract/errors.ts';
import { STREAM_SILENT_MS } from '../../contract/limits/invoke.ts';
import type { Events, StreamEvent } from '../call.ts';
import { joined } from '../providers/whole.ts';

/** How a surface writes a stream. `null` writes nothing. */
export interface Translation {
  event(event: StreamEvent): Uint8Array | null;
  /** After the last event. @throws when what came was not a whole answer, which `broken` then ends */
  end(): Uint8Array | null;
  /** Instead of `end`: this surface's error event, and never its end marker. */
  broken(error: TollgateError): Uint8Array;
  /**
   * Written while the model says nothing, so that nobody on the way takes the connection for dead; absent where the format has
   * nothing to say it with.
   */
  silent?: () => Uint8Array;
}

/**
 * A stream of events as the body of an answer. Those that came together are one piece, written once; no more are read until it
 * is taken: back-pressure reaches the model.
 *
 * @param broke told once, when the stream breaks or cannot be translated
 * @param silentMs milliseconds without anything to write, after each of which the translation's `silent` is written
 * @param firstMs the same, before the first piece
 * @returns to be read once; never throws, and leaving it leaves `events` at once, without waiting for a next one
 */
export function relay(
  events: Events,
  translation: Translation,
  broke: (error: TollgateError) => void,
  silentMs = STREAM_SILENT_MS,
  firstMs = silentMs,
): AsyncIterable<Uint8Array> {
  const iterator = events[Symbol.asyncIterator]();
  const ended: IteratorResult<Uint8Array> = { done: true, value: undefined };
  let over = false;
  let quiet: NodeJS.Timeout | undefined;
  let wake: ((result: IteratorResult<Uint8Array>) => void) | undefined;
  const leave = async (): Promise<IteratorResult<Uint8Array>> => {
    over = true;
    clearTimeout(quiet);
    wake?.(ended);
    await iterator.return?.();
    return ended;
  };

  async function read(): Promise<IteratorResult<Uint8Array>> {
    while (!over) {
      const written: Uint8Array[] = [];
      const add = (bytes: Uint8Array | null): void => {
        if (bytes !== null) written.push(bytes);
      };
      try {
        const { done, value } = await iterator.next();
        if (over) break;
        over = done === true;
        if (done) add(translation.end());
        else for (const event of value) add(translation.event(event));
      } catch (thrown) {
        const error = asTollgateError(thrown);
        broke(error);
        // When the translation threw, the events are still open; whoever made them reads on for the usage.
        over = true;
        iterator.return?.().catch(() => {});
        add(translation.broken(error));
      }
      if (written.length > 0) return { done: false, value: joined(written) };
    }
    return ended;
  }

  type Taker = (piece: IteratorResult<Uint8Array>) => void;
  /** Who waits, and for what. */
  let waiting: { piece: Promise<IteratorResult<Uint8Array>>; take: Taker } | undefined;
  /** What is being read, and nobody waits for since the silence was filled. */
  let reading: Promise<IteratorResult<Uint8Array>> | undefined;
  const { silent } = translation;
  const fill = (): void => {
    quiet = undefined;
    if (waiting === undefined || silent === undefined) return;
    const { piece, take } = waiting;
    waiting = undefined;
    reading = piece;
    take({ done: false, value: silent() });
  };
  // One for the whole stream, and set back for each piece: made for each it would cost as much as the piece.
  let armedMs: number | undefined;
  const listen = (): void => {
    const ms = armedMs === undefined ? firstMs : silentMs;
    if (quiet !== undefined && ms === armedMs) quiet.refresh();
    else {
      clearTimeout(quiet);
      quiet = setTimeout(fill, ms);
    }
    armedMs = ms;
  };
  const next = (): Promise<IteratorResult<Uint8Array>> =>
    new Promise((take, reject) => {
      wake = take;
      const piece = reading ?? read();
      reading = undefined;
      waiting = { piece, take };
      if (silent !== undefined && !over) listen();
      piece.then((result) => {
        if (waiting?.take === take) waiting = undefined;
        if (over) clearTimeout(quiet);
        take(result);
      }, reject);
    });

  return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
}
