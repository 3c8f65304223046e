import { badEntries } from '../registry/fields.ts';
import type { Document } from '../registry/items.ts';

interface Types {
  text: string;
  number: number;
  boolean: boolean;
}

const REASONS = { text: 'not-text', number: 'not-a-number', boolean: 'not-true-or-false' } as const;

/**
 * What a verb takes of its body; it is as it was sent, nothing of it passed over.
 *
 * @param types every member that there may be, by its type
 * @throws TollgateError `bad_entry` of every member that is none of them, or of another type
 */
export function membersOf<const Wanted extends Readonly<Record<string, keyof Types>>>(
  body: Document,
  types: Wanted,
): { [name in keyof Wanted]?: Types[Wanted[name]] } {
  const problems = Object.entries(body).flatMap(([path, value]) => {
    const type = Object.hasOwn(types, path) ? types[path] : undefined;
    if (type === undefined) return [{ path, reason: 'unknown-member' }];
    return typeof value === (type === 'text' ? 'string' : type) ? [] : [{ path, reason: REASONS[type] }];
  });
  if (problems.length > 0) throw badEntries(problems);
  return body as { [name in keyof Wanted]?: Types[Wanted[name]] };
}
