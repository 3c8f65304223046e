import type { Picture } from './conversation.ts';

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
 * @param shown bytes of those that the conversation has already
 * @returns those that can be shown to a model, and a sentence of each that cannot
 */
export async function picturesOf(
  files: Iterable<File>,
  shown: number,
): Promise<{ pictures: Picture[]; faults: string[] }> {
  const pictures: Picture[] = [];
  const faults: string[] = [];
  let bytes = shown;
  for (const file of files) {
    const fault = faultOf(file, bytes);
    if (fault !== undefined) {
      faults.push(`${file.name || 'This'} ${fault}`);
      continue;
    }
    bytes += file.size;
    pictures.push({ name: nameOf(file), url: await dataUrl(file), bytes: file.size });
  }
  return { pictures, faults };
}

function faultOf({ type, size }: File, before: number): string | undefined {
  if (!PICTURE_TYPES.includes(type)) return 'is no PNG, JPEG, GIF or WebP picture.';
  if (size > BYTES_MAX) return 'is larger than 3 MB.';
  if (before + size > BYTES_MAX) return 'is too much: the pictures of a conversation may have 3 MB in all.';
  return undefined;
}

/** What comes from a clipboard may have no name. */
function nameOf({ name, type }: File): string {
  return name === '' ? `picture.${type.slice('image/'.length)}` : name;
}

function dataUrl(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('It cannot be read.'));
    reader.readAsDataURL(file);
  });
}
