import type { Transform } from 'node:stream';
import { TollgateError } from '../../contract/errors.ts';
import { USAGE_LINE_MAX_CHARS } from '../../contract/limits/metering.ts';

/** Bytes that are given to a decompressor to fill: of fewer, the handing over is a good part of the work. */
export const INFLATED_BYTES = 131_072;

/** Of so many bytes, however they are decoded, more than USAGE_LINE_MAX_CHARS characters come: none takes more than 3. */
const LINE_BYTES = 3 * (USAGE_LINE_MAX_CHARS + 1);

const NEWLINE = 0x0a;
const NONE = Buffer.alloc(0);

/**
 * Gzip bytes -> blocks of whole lines, each line with its newline, and no more in memory than a chunk and the line it ends
 * in. A line beyond USAGE_LINE_MAX_CHARS comes cut to just above that, so that it is rejected as too long.
 *
 * @param bytes the object as it comes from the network; an error of theirs is thrown as it is
 * @param gunzip a fresh decompressor
 * @throws TollgateError `internal` with reason corrupt-gzip; the lines before may or may not have been given
 */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>, gunzip: Transform): AsyncGenerator<Buffer> {
  let rest: Buffer = NONE;
  feed(bytes, gunzip);
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      if (end > 0) {
        yield joined(rest, chunk.subarray(0, end));
        rest = NONE;
      }
      if (end < chunk.length && rest.length < LINE_BYTES)
        rest = joined(rest, chunk.subarray(end)).subarray(0, LINE_BYTES);
    }
  } catch (cause) {
    if (!isZlibError(cause)) throw cause;
    throw new TollgateError('internal', { reason: CORRUPT, cause });
  }
  if (rest.length > 0) yield Buffer.concat([rest, Buffer.of(NEWLINE)]);
}

/** @param take is given where each line of a block begins and where its newline is */
export function eachLine(block: Buffer, take: (from: number, to: number) => void): void {
  let from = 0;
  for (let to = block.indexOf(NEWLINE); to >= 0; to = block.indexOf(NEWLINE, from)) {
    take(from, to);
    from = to + 1;
  }
}

function joined(a: Buffer, b: Buffer): Buffer {
  return a.length === 0 ? b : Buffer.concat([a, b]);
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
