import type { ChatRequest, Message } from '../request.ts';

/** A picture as code has it: in a file beside it, since none reads well as text. */
export interface PictureFile {
  name: string;
  /** `image/png` */
  type: string;
}

/** @returns by their data URLs the pictures of a request, each under a name of its own */
export function filesOf({ messages }: ChatRequest, named: ReadonlyMap<string, string>): Map<string, PictureFile> {
  const files = new Map<string, PictureFile>();
  const taken = new Set<string>();
  for (const url of messages.flatMap(urlsIn)) {
    const type = /^data:([^;,]+)/.exec(url)?.[1] ?? 'image/png';
    const name = plain(named.get(url) ?? `picture.${type.slice('image/'.length)}`);
    let own = name;
    for (let count = 2; taken.has(own); count++) own = name.replace(/(\.\w+)?$/, `-${count}$1`);
    if (!files.has(url)) {
      taken.add(own);
      files.set(url, { name: own, type });
    }
  }
  return files;
}

function urlsIn({ content }: Message): string[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap((part) => (part.type === 'image_url' ? [part.image_url.url] : []));
}

/** No name that a shell, a path or a reader would take for anything else. */
function plain(name: string): string {
  return name.replace(/[^\w.-]+/g, '-').replace(/^[-.]+/, '') || 'picture.png';
}
