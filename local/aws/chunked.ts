/**
 * The `aws-chunked` coding: `SIZE[;extension]\r\n DATA \r\n ... 0\r\n trailer: value\r\n \r\n`
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html).
 *
 * @returns the data, and the trailers with lower-case names; null when the coding is broken
 */
export function decodeChunked(coded: Buffer): { data: Buffer; trailers: Record<string, string> } | null {
  const chunks: Buffer[] = [];
  const trailers: Record<string, string> = {};
  let at = 0;
  const line = (): string | null => {
    const end = coded.indexOf('\r\n', at);
    if (end < 0) return null;
    const text = coded.toString('latin1', at, end);
    at = end + 2;
    return text;
  };
  for (;;) {
    const head = line();
    const size = Number.parseInt(/^([0-9a-f]{1,8})(;.*)?$/i.exec(head ?? '')?.[1] ?? '', 16);
    if (Number.isNaN(size) || at + size > coded.length) return null;
    if (size === 0) break;
    chunks.push(coded.subarray(at, at + size));
    at += size;
    if (line() !== '') return null;
  }
  for (let text = line(); text !== null && text !== ''; text = line()) {
    const colon = text.indexOf(':');
    if (colon < 1) return null;
    trailers[text.slice(0, colon).trim().toLowerCase()] = text.slice(colon + 1).trim();
  }
  return { data: Buffer.concat(chunks), trailers };
}
