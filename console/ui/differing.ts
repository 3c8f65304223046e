/** An entry, or an edit of one. */
export type Entry = Readonly<Record<string, unknown>>;

/** Members that this edit or somebody else's makes otherwise, also such as were there and are gone. */
export function differing(mine: Entry, seen: Entry, theirs: Entry): string[] {
  return [...new Set([...Object.keys(mine), ...Object.keys(theirs), ...Object.keys(seen)])].filter(
    (name) =>
      !UNTOLD.includes(name) &&
      (differ(seen[name], theirs[name]) || (name in mine && differ(mine[name], theirs[name]))),
  );
}

/** Which the registry says of every entry, and nobody edits. */
const UNTOLD = ['v', 'version', 'updatedAt', 'updatedBy'];

function differ(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) !== JSON.stringify(other ?? null);
}
