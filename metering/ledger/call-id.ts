import { hash } from 'node:crypto';

/** Of 32 bits, in an id. */
export const WORDS = 4;

/** A UUID as ours are: its 128 bits are the id. */
const UUID_CHARS = 36;
const DASHES = [8, 13, 18, 23];

/**
 * 128 bits that stand for an id, put into `words`: of a UUID in lower case those it has, of any other text the first of its
 * SHA-256. Where a call is in the table and to which slice it belongs is told by `placeOf`, whatever the bits are.
 */
export function readId(id: string, words: Uint32Array): void {
  if (readUuid(id, words)) return;
  const digest = hash('sha256', id, 'buffer');
  for (let i = 0; i < WORDS; i++) words[i] = digest.readUInt32LE(i * 4);
}

function readUuid(id: string, words: Uint32Array): boolean {
  if (id.length !== UUID_CHARS) return false;
  let digits = 0;
  let word = 0;
  for (let i = 0; i < UUID_CHARS; i++) {
    const char = id.charCodeAt(i);
    const digit = char >= 0x30 && char <= 0x39 ? char - 0x30 : char >= 0x61 && char <= 0x66 ? char - 0x57 : -1;
    if (digit < 0) {
      if (char !== 0x2d || !DASHES.includes(i)) return false;
      continue;
    }
    if (DASHES.includes(i)) return false;
    word = (word << 4) | digit;
    if (++digits % 8 === 0) words[digits / 8 - 1] = word;
  }
  return true;
}

/** Well mixed 32 bits of an id (the finalizer of MurmurHash3): UUIDs of a version 7 begin alike for hours. */
export function placeOf(a: number, b: number, c: number, d: number): number {
  let mixed = a ^ Math.imul(b, 0x9e3779b1) ^ Math.imul(c, 0x85ebca77) ^ Math.imul(d, 0xc2b2ae3d);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
