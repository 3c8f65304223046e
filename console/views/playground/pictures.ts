import type { Picture } from './conversation.ts';

/** Forms that models look at (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html). */
export const PICTURE_TYPES: readonly string[] = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/** Bytes of one, and how many at once: Bedrock’s own limits. */
const BYTES_MAX = 3_750_000;
export const PICTURES_MAX = 20;

/** @returns those that can be shown to a model, and a sentence of each that cannot */
export async function picturesOf(files: Iterable<File>): Promise<{ pictures: Picture[]; faults: string[] }> {
  const pictures: Picture[] = [];
  const faults: string[] = [];
  for (const file of files) {
    const fault = faultOf(file);
    if (fault !== undefined) faults.push(`${file.name || 'This'} ${fault}`);
    else pictures.push({ name: nameOf(file), url: await dataUrl(file), bytes: file.size });
  }
  return { pictures, faults };
}

function faultOf({ type, size }: File): string | undefined {
  if (!PICTURE_TYPES.includes(type)) return 'is no PNG, JPEG, GIF or WebP picture.';
  if (size > BYTES_MAX) return 'is larger than 3.75 MB.';
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
