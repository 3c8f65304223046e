/**
 * Rendezvous hashing: of several, whoever comes with one key meets the one that is nearest. It is the same one in every process and
 * in whatever order they are listed; each has as many of all keys as its weight says; and where one comes, goes or has another
 * weight, only those keys move that it gains or loses (Schindelhauer and Schomaker, 2005).
 *
 * @returns how far the named one is from the key; more than 0
 */
export function distance(key: string, name: string, weight: number): number {
  return -Math.log((hash(`${key}\n${name}`) + 0.5) / 2 ** 32) / weight;
}

/** 32 bits of a text: FNV-1a, and MurmurHash3's last steps, for FNV leaves what ends alike too close together. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
