/** Forms that models look at (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html). */
export const PICTURE_TYPES: readonly string[] = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/** How many at once: Bedrock’s own limit. */
export const PICTURES_MAX = 20;

/**
 * Bytes of all that are shown in a conversation. A request tells the whole of it, in four characters for three bytes, and the gateway
 * takes 4 MiB: one that was accepted here beyond that would have every later turn refused.
 */
const BYTES_MAX = 3_000_000;

/**
 * @param before bytes of those that are shown already
 * @returns what is wrong with one more, to be read after its name; undefined: nothing
 */
export function pictureFault({ type, size }: { type: string; size: number }, before: number): string | undefined {
  if (!PICTURE_TYPES.includes(type)) return 'is no PNG, JPEG, GIF or WebP picture.';
  if (size > BYTES_MAX) return 'is larger than 3 MB.';
  if (before + size > BYTES_MAX) return 'is too much: the pictures of a conversation may have 3 MB in all.';
  return undefined;
}
