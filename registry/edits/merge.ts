import type { Document } from '../items.ts';

/**
 * What is given over what is there, member by member: what is left out stays as it was, null takes a member away. So an edit changes
 * what it names and nothing else.
 */
export function merged(before: Document | undefined, given: Document): Document {
  const both = Object.entries({ ...before, ...given });
  return Object.fromEntries(both.filter(([, value]) => value !== null && value !== undefined));
}
