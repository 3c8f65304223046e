import { TollgateError } from '../../contract/errors.ts';
import { BODY_MAX_BYTES } from '../../contract/limits/contract.ts';
import type { Asked } from '../exchange.ts';
import { contentType, isUnencoded } from './headers.ts';

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
  const { headers } = request;
  // Nothing is ever decompressed, so a small body cannot become a large one.
  if (!isUnencoded(headers.get('content-encoding')))
    throw new TollgateError('unsupported_media_type', { field: 'content-encoding', reason: 'content-encoding' });
  const type = contentType(headers.get('content-type'));
  if (type === undefined || !types.includes(type.essence))
    throw new TollgateError('unsupported_media_type', { field: 'content-type', reason: 'content-type' });
  if (type.charset !== null && !UTF_8.has(type.charset))
    throw new TollgateError('unsupported_media_type', { field: 'content-type', reason: 'charset' });
  const bytes = await request.body();
  if (bytes.byteLength > BODY_MAX_BYTES) throw new TollgateError('too_large', { detail: { bytes: bytes.byteLength } });
  return bytes;
}
