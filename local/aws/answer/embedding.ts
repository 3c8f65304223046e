import { createHash } from 'node:crypto';

/**
 * A vector that depends on nothing but the text: from SHA-256 in counter mode, four bytes a component.
 *
 * @param dimensions 1 or more
 * @param normalize whether its length is 1
 */
export function embedding(text: string, dimensions: number, normalize = true): number[] {
  const vector: number[] = [];
  for (let block = 0; vector.length < dimensions; block++) {
    const bytes = createHash('sha256').update(`${block}:${text}`).digest();
    for (let at = 0; at < bytes.length && vector.length < dimensions; at += 4)
      vector.push(bytes.readInt32BE(at) / 2 ** 31);
  }
  if (!normalize) return vector;
  const length = Math.hypot(...vector);
  return vector.map((component) => component / length);
}
