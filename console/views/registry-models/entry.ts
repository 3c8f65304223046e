/** An entry as somebody edits it, as JSON. */

export type Body = Record<string, unknown>;

/** What is somebody else’s to say of an entry. */
const STAMPS = ['v', 'id', 'version', 'updatedAt', 'updatedBy', 'evaluated', 'beforeRetirement', 'beforeDeprecation'];

/** Without what nobody edits. */
export function textOf(entry: Body): string {
  return JSON.stringify(Object.fromEntries(Object.entries(entry).filter(([name]) => !STAMPS.includes(name))), null, 2);
}

/** What is sent: what is written, and of what was there and is not written any more that it goes. @returns a text: what is wrong with it */
export function bodyOf(text: string, before: Body): Body | string {
  let written: unknown;
  try {
    written = JSON.parse(text);
  } catch (error) {
    return (error as Error).message;
  }
  if (written === null || typeof written !== 'object' || Array.isArray(written)) return 'It must be a JSON object.';
  const gone = Object.keys(before).filter((name) => !STAMPS.includes(name) && !(name in (written as Body)));
  return { ...(written as Body), ...Object.fromEntries(gone.map((name) => [name, null])) };
}
