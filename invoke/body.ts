import { TollgateError } from '../contract/errors.ts';
import { BODY_MAX_BYTES } from '../contract/limits.ts';

/**
 * The bytes of a request that must be JSON, before anything is parsed.
 *
 * @param request its body has not been read
 * @param types media types that stand for JSON here, lower case; '' accepts a request without a content type
 * @throws TollgateError `unsupported_media_type` with reason content-encoding | content-type | charset; `too_large`
 */
export async function jsonBytes(
  request: Request,
  types: readonly string[] = ['application/json'],
): Promise<Uint8Array<ArrayBuffer>> {
  const { headers } = request;
  // Nothing is ever decompressed, so a small body cannot become a large one.
  const encoding = headers.get('content-encoding');
  if (encoding !== null && encoding.trim().toLowerCase() !== 'identity')
    throw new TollgateError('unsupported_media_type', { field: 'content-encoding', reason: 'content-encoding' });
  const [type = '', ...parameters] = (headers.get('content-type') ?? '').toLowerCase().split(';');
  if (!types.includes(type.trim()))
    throw new TollgateError('unsupported_media_type', { field: 'content-type', reason: 'content-type' });
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=');
    if (name.trim() === 'charset' && !['utf-8', '"utf-8"'].includes(value.trim()))
      throw new TollgateError('unsupported_media_type', { field: 'content-type', reason: 'charset' });
  }
  const bytes = new Uint8Array(await request.arrayBuffer());
  if (bytes.byteLength > BODY_MAX_BYTES)
    throw new TollgateError('too_large', {
      message: `The body is larger than ${BODY_MAX_BYTES} bytes.`,
      detail: { bytes: bytes.byteLength },
    });
  return bytes;
}
