import { crc32 } from 'node:zlib';
import { TollgateError } from '../../contract/errors.ts';
import { EVENT_MAX_BYTES } from '../../contract/limits/invoke.ts';
import type { StreamEvent } from '../call.ts';
import { UpstreamException } from './upstream.ts';

// https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html: total length, headers length, checksum of these
// two, headers, payload, checksum of all before it; numbers are 4 bytes, big-endian.
const PRELUDE_BYTES = 12;
const OVERHEAD_BYTES = 16;

const CHECKSUM_BYTES = 4;

/** Bytes of a header's value by its type, a number; undefined: two bytes say how many follow. Of 10 types, text is 7. */
const VALUE_BYTES: readonly (number | undefined)[] = [0, 0, 1, 2, 4, 8, undefined, undefined, 8, 16];
const TEXT = 7;
const TEXT_TYPE = Buffer.from([TEXT]);

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
 * @throws TollgateError `upstream_failed` (event-corrupt) when it cannot be read or a checksum is wrong;
 *   UpstreamException when it is one
 */
export function readEvent(bytes: Uint8Array): StreamEvent {
  const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = message.byteLength - CHECKSUM_BYTES;
  if (end < PRELUDE_BYTES || message.readUInt32BE(0) !== message.byteLength) throw corrupt();
  const payloadAt = PRELUDE_BYTES + message.readUInt32BE(4);
  if (payloadAt > end || crc32(message.subarray(0, end)) !== message.readUInt32BE(end)) throw corrupt();
  const texts = textsIn(message.subarray(PRELUDE_BYTES, payloadAt));
  const text = (name: string): string => texts.get(name) ?? '';
  const payload = message.subarray(payloadAt, end);
  switch (text(':message-type')) {
    case 'event':
      return { bytes, type: text(':event-type'), payload };
    case 'exception':
      throw new UpstreamException({ type: text(':exception-type'), message: messageOf(payload) });
    case 'error':
      throw new UpstreamException({ type: text(':error-code'), message: text(':error-message') });
    default:
      throw corrupt();
  }
}

/**
 * A message as `readEvent` reads it.
 *
 * @param headers of at most 65,535 bytes each, all of them text, in their order
 */
export function frame(headers: Readonly<Record<string, string>>, payload: Uint8Array): Uint8Array {
  const head = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(Buffer.byteLength(value));
      return Buffer.concat([
        Buffer.from([Buffer.byteLength(name)]),
        Buffer.from(name),
        TEXT_TYPE,
        length,
        Buffer.from(value),
      ]);
    }),
  );
  const size = PRELUDE_BYTES + head.byteLength + payload.byteLength + CHECKSUM_BYTES;
  const message = Buffer.alloc(size);
  message.writeUInt32BE(size, 0);
  message.writeUInt32BE(head.byteLength, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  message.set(head, PRELUDE_BYTES);
  message.set(payload, PRELUDE_BYTES + head.byteLength);
  message.writeUInt32BE(crc32(message.subarray(0, size - CHECKSUM_BYTES)), size - CHECKSUM_BYTES);
  return message;
}

/** A message's headers that are text; the others are passed over. */
function textsIn(headers: Buffer): Map<string, string> {
  const texts = new Map<string, string>();
  for (let at = 0; at < headers.byteLength; ) {
    const typeAt = at + 1 + headers.readUInt8(at);
    const type = headers[typeAt] ?? VALUE_BYTES.length;
    if (type >= VALUE_BYTES.length) throw corrupt();
    const known = VALUE_BYTES[type];
    const valueAt = typeAt + (known === undefined ? 3 : 1);
    if (valueAt > headers.byteLength) throw corrupt();
    const end = valueAt + (known ?? headers.readUInt16BE(typeAt + 1));
    if (end > headers.byteLength) throw corrupt();
    if (type === TEXT) texts.set(headers.toString('utf8', at + 1, typeAt), headers.toString('utf8', valueAt, end));
    at = end;
  }
  return texts;
}

function messageOf(payload: Buffer): string {
  try {
    // SageMaker's has a capital letter.
    const { message, Message = message } = JSON.parse(payload.toString('utf8')) as {
      message?: unknown;
      Message?: unknown;
    };
    return typeof Message === 'string' ? Message : '';
  } catch {
    return '';
  }
}

function corrupt(): TollgateError {
  return new TollgateError('upstream_failed', { reason: 'event-corrupt' });
}
