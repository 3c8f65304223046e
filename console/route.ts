/** Where the page is: behind the `#`, `/models/nova-lite?tab=prices`. */
export interface Route {
  /** As it was written, without what is asked: `/models/nova-lite`. */
  path: string;
  /** Its parts, decoded. */
  segments: readonly string[];
  query: Readonly<Record<string, string>>;
}

/** @param hash with its `#`, or without; a part that is no encoding of anything is taken as it stands */
export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#/, '').split(/\?(.*)/s);
  return {
    path: path === '' ? '/' : path,
    segments: path.split('/').filter(Boolean).map(decoded),
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

/** @param parts each is encoded; `href(['models', id], { tab: 'prices' })`. @returns for an `<a href>` */
export function href(parts: readonly string[], query: Readonly<Record<string, string | undefined>> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') search.set(name, value);
  const text = search.toString();
  return `#/${parts.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
