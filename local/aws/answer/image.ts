import { createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/**
 * A picture of one pixel, whose colour depends on nothing but the text (https://www.w3.org/TR/png-3/).
 *
 * @returns a whole PNG
 */
export function image(text: string): Buffer {
  const [red = 0, green = 0, blue = 0] = createHash('sha256').update(text).digest();
  const header = Buffer.alloc(13);
  header.writeUInt32BE(1, 0);
  header.writeUInt32BE(1, 4);
  // Eight bits a sample, red, green and blue; the rest are the only values that the format has.
  header.set([8, 2, 0, 0, 0], 8);
  // A line begins with its filter: none.
  const line = deflateSync(Buffer.from([0, red, green, blue]));
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', line), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const bytes = Buffer.alloc(body.length + 8);
  bytes.writeUInt32BE(data.length, 0);
  body.copy(bytes, 4);
  bytes.writeUInt32BE(crc32(body), body.length + 4);
  return bytes;
}
