import { TollgateError } from '../../contract/errors.ts';
import { BODY_MAX_BYTES } from '../../contract/limits/contract.ts';
import type { Asked } from '../exchange.ts';
import { type ContentType, contentType, isUnencoded } from './headers.ts';

/** The names by which UTF-8 goes (https://encoding.spec.whatwg.org/#names-and-labels), and ASCII, which is part of it. */
const UTF_8: ReadonlySet<string> = new Set(['utf-8', 'utf8', 'us-ascii']);

/**
 * The bytes of a request that must be JSON, before anything is parsed.
 *
 * @param request its body has not been read
 * @param types media types that stand for JSON here, lower case; '' accepts a request without a content type
 * @throws TollgateError `unsupported_media_type` with reason content-encoding | content-type | charset; `too_large`
 */
export async function jsonBytes(request: Asked, types: readonly string[] = ['application/json']): Promise<Uint8Array> {
  const { essence, charset } = typeOf(request);
  if (!types.includes(essence)) throw unsupported('content-type');
  if (charset !== null && !UTF_8.has(charset)) throw unsupported('content-type', 'charset');
  return bytesOf(request);
}

/**
 * The bytes of a request that may be anything.
 *
 * @param request its body has not been read
 * @param given what says of which type they are
 * @returns also whether they are to be JSON
 * @throws TollgateError as `jsonBytes`, the charset being that of JSON alone
 */
export async function anyBytes(
  request: Asked,
  given = request.headers.get('content-type'),
): Promise<{ body: Uint8Array; json: boolean }> {
  const { essence, charset } = typeOf(request, given);
  const json = essence === 'application/json' || essence.endsWith('+json');
  if (json && charset !== null && !UTF_8.has(charset)) throw unsupported('content-type', 'charset');
  return { body: await bytesOf(request), json };
}

function typeOf({ headers }: Asked, given = headers.get('content-type')): ContentType {
  // Nothing is ever decompressed, so a small body cannot become a large one.
  if (!isUnencoded(headers.get('content-encoding'))) throw unsupported('content-encoding');
  const type = contentType(given);
  if (type === undefined) throw unsupported('content-type');
  return type;
}

async function bytesOf(request: Asked): Promise<Uint8Array> {
  const bytes = await request.body();
  if (bytes.byteLength > BODY_MAX_BYTES) throw new TollgateError('too_large', { detail: { bytes: bytes.byteLength } });
  return bytes;
}

function unsupported(field: string, reason = field): TollgateError {
  return new TollgateError('unsupported_media_type', { field, reason });
}
