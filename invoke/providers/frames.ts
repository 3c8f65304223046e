import { crc32 } from 'node:zlib';
import { EventStreamCodec } from '@smithy/core/event-streams';
import { fromUtf8, toUtf8 } from '@smithy/core/serde';
import { TollgateError } from '../../contract/errors.ts';
import { EVENT_MAX_BYTES } from '../../contract/limits/invoke.ts';
import type { StreamEvent } from '../call.ts';
import { upstreamError } from './upstream.ts';

// https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html: total length, headers length, checksum of these
// two, headers, payload, checksum of all before it; numbers are 4 bytes, big-endian.
const PRELUDE_BYTES = 12;
const OVERHEAD_BYTES = 16;

const codec = new EventStreamCodec(toUtf8, fromUtf8);

export interface Splitter {
  /**
   * @returns the messages that are whole now, each exactly as it came
   * @throws TollgateError `upstream_failed` (reason event-corrupt) as soon as a message's beginning is wrong, before the
   *   bytes that its false length announces are waited for
   */
  push(chunk: Uint8Array): Uint8Array[];
  /** Bytes of a message that has begun and not ended. */
  pending(): number;
}

/** Cuts a byte stream, however it is chunked, into event-stream messages. */
export function createSplitter(): Splitter {
  let chunks: Uint8Array[] = [];
  let held = 0;
  let length = 0;

  return {
    pending: () => held,
    push(chunk) {
      chunks.push(chunk);
      held += chunk.byteLength;
      // Joined only when something can be read, so that a 1 MB event in small pieces is copied once and not each time.
      if (held < (length || PRELUDE_BYTES)) return [];
      const bytes = joined(chunks);
      const messages: Uint8Array[] = [];
      let at = 0;
      length = 0;
      while (bytes.byteLength - at >= PRELUDE_BYTES) {
        const size = lengthOf(bytes.subarray(at, at + PRELUDE_BYTES));
        if (bytes.byteLength - at < size) {
          length = size;
          break;
        }
        messages.push(bytes.subarray(at, at + size));
        at += size;
      }
      chunks = at === bytes.byteLength ? [] : [bytes.subarray(at)];
      held = bytes.byteLength - at;
      return messages;
    },
  };
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

function lengthOf(prelude: Uint8Array): number {
  const view = new DataView(prelude.buffer, prelude.byteOffset, PRELUDE_BYTES);
  const length = view.getUint32(0);
  const headers = view.getUint32(4);
  if (
    length > EVENT_MAX_BYTES ||
    headers > length - OVERHEAD_BYTES ||
    crc32(prelude.subarray(0, 8)) !== view.getUint32(8)
  )
    throw corrupt();
  return length;
}

/**
 * @param bytes one whole message
 * @throws TollgateError `upstream_failed` (event-corrupt) when it cannot be read or a checksum is wrong; the upstream's
 *   error when it is one
 */
export function readEvent(bytes: Uint8Array): StreamEvent {
  let message: ReturnType<typeof codec.decode>;
  try {
    message = codec.decode(bytes);
  } catch (cause) {
    throw corrupt(cause);
  }
  const header = (name: string): string => {
    const found = message.headers[name];
    return found?.type === 'string' ? found.value : '';
  };
  switch (header(':message-type')) {
    case 'event':
      return { bytes, type: header(':event-type'), payload: message.body };
    case 'exception':
      throw upstreamError(0, { type: header(':exception-type'), message: messageOf(message.body) });
    case 'error':
      throw upstreamError(0, { type: header(':error-code'), message: header(':error-message') });
    default:
      throw corrupt();
  }
}

function messageOf(payload: Uint8Array): string {
  try {
    const { message } = JSON.parse(toUtf8(payload)) as { message?: unknown };
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
}

function corrupt(cause?: unknown): TollgateError {
  return new TollgateError('upstream_failed', { reason: 'event-corrupt', cause });
}
