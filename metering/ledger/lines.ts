import type { Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { TollgateError } from '../../contract/errors.ts';
import { USAGE_LINE_MAX_CHARS } from '../../contract/limits.ts';

/**
 * Gzip bytes -> batches of lines, with no more in memory than a chunk and the line it ends in. A line beyond
 * USAGE_LINE_MAX_CHARS comes cut to just above that, so that it is rejected as too long.
 *
 * @param bytes the object as it comes from the network; an error of theirs is thrown as it is
 * @param gunzip a fresh decompressor
 * @throws TollgateError `internal` with reason corrupt-gzip; the lines before may or may not have been given
 */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>, gunzip: Transform): AsyncGenerator<string[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  feed(bytes, gunzip);
  try {
    for await (const chunk of gunzip) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = (lines.pop() ?? '').slice(0, USAGE_LINE_MAX_CHARS + 1);
      if (lines.length > 0) yield lines;
    }
  } catch (cause) {
    if (!isZlibError(cause)) throw cause;
    throw new TollgateError('internal', { reason: CORRUPT, cause });
  }
  rest += decoder.end();
  if (rest !== '') yield [rest];
}

/** Reading again gives the same, so it is evidence to be kept and not a failure to be repeated. */
export const CORRUPT = 'corrupt-gzip';

/** `pipeline` is not used because its error does not say whether the network or the data was at fault. */
async function feed(bytes: AsyncIterable<Uint8Array>, gunzip: Transform): Promise<void> {
  try {
    for await (const chunk of bytes) {
      if (gunzip.destroyed) return;
      if (!gunzip.write(chunk)) await drained(gunzip);
    }
    gunzip.end();
  } catch (error) {
    gunzip.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

function drained(stream: Transform): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}

function isZlibError(error: unknown): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith('Z_');
}
