/** How the files begin, in hexadecimal, that a model sees as a picture: PNG, JPEG, GIF, WebP. */
const PICTURE = /^(?:89504e470d0a1a0a|ffd8ff|474946383[79]61|52494646.{8}57454250)/;

/** Those whose size says little of what is in them: PDF, MP4 and its kin, Matroska, FLV, MPEG, WMV, AVI and WAV, Ogg, FLAC, MP3. */
const ATTACHMENT =
  /^(?:255044462d|.{8}66747970|1a45dfa3|464c5601|000001b[3a]|3026b275|52494646.{8}(?:41564920|57415645)|4f676753|664c6143|494433|fff[b3])/;

const DATA_URL = /^data:[a-z]{1,20}\/[\w.+-]{1,80};base64,/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** Characters of base64 that hold the beginning of a file. */
const HEAD_CHARS = 32;

/**
 * What a text of base64, or a data URL of it, holds by its own first bytes, whatever it is called: a service that is given
 * other bytes for a picture refuses the call.
 *
 * @returns undefined for what is no such file
 */
export function holds(text: string): 'picture' | 'attachment' | undefined {
  const base64 = text.startsWith('data:') ? text.replace(DATA_URL, '') : text;
  const head = Buffer.from(base64.slice(0, HEAD_CHARS), 'base64').toString('hex');
  const held = PICTURE.test(head) ? 'picture' : ATTACHMENT.test(head) ? 'attachment' : undefined;
  return held !== undefined && BASE64.test(base64) ? held : undefined;
}
