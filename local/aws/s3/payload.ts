import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { decodeChunked } from '../chunked.ts';
import { AwsError } from '../error.ts';
import type { AwsRequest } from '../service.ts';

export interface Payload {
  data: Buffer;
  /** Base64 CRC-32, if the client sent one: it is kept, and given back when the object is read. */
  crc32: string | null;
}

/**
 * What a PutObject carries, decoded and checked against every checksum it came with.
 *
 * @throws AwsError BadDigest, IncompleteBody or NotImplemented
 */
export function readPayload({ headers, body }: AwsRequest): Payload {
  const streaming = headers['x-amz-content-sha256']?.startsWith('STREAMING-') === true;
  if (streaming && headers['x-amz-content-sha256'] !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER')
    throw new AwsError(501, 'NotImplemented', 'Signed chunks are not implemented here.');
  const decoded = streaming ? decodeChunked(body) : { data: body, trailers: {} };
  if (decoded === null) throw new AwsError(400, 'IncompleteBody', 'The chunked body is broken.');
  const { data } = decoded;
  const length = headers['x-amz-decoded-content-length'];
  if (length !== undefined && Number(length) !== data.length)
    throw new AwsError(400, 'IncompleteBody', 'The body is not as long as it was said to be.');
  const sent: Record<string, string | undefined> = { ...headers, ...decoded.trailers };
  for (const [name, digest] of Object.entries(DIGESTS))
    if (sent[name] !== undefined && sent[name] !== digest(data))
      throw new AwsError(400, 'BadDigest', `The ${name} you specified did not match the calculated checksum.`);
  return { data, crc32: sent['x-amz-checksum-crc32'] ?? null };
}

const hash =
  (algorithm: string) =>
  (data: Buffer): string =>
    createHash(algorithm).update(data).digest('base64');

const DIGESTS: Readonly<Record<string, (data: Buffer) => string>> = {
  'content-md5': hash('md5'),
  'x-amz-checksum-sha1': hash('sha1'),
  'x-amz-checksum-sha256': hash('sha256'),
  'x-amz-checksum-crc32': (data) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(data));
    return bytes.toString('base64');
  },
};
