import type { Picture } from './conversation.ts';
import { pictureFault } from './picture-limits.ts';

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
    const fault = pictureFault(file, bytes);
    if (fault !== undefined) {
      faults.push(`${file.name || 'This'} ${fault}`);
      continue;
    }
    bytes += file.size;
    pictures.push({ name: nameOf(file), url: await dataUrl(file), bytes: file.size });
  }
  return { pictures, faults };
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
