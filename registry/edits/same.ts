import { contentOf } from '../difference.ts';
import type { Document, Item, Key } from '../items.ts';

/** Whether two documents of one kind differ in nothing but who wrote them and when. */
export function same(one: Document, other: Document): boolean {
  return JSON.stringify(contentOf(one)) === JSON.stringify(contentOf(other));
}

/** The members in which two documents differ, the stamps left out. */
export function changedMembers(before: Document | null, after: Document | null): string[] {
  const [old, now] = [contentOf(before ?? {}), contentOf(after ?? {})];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (member) => JSON.stringify(old[member]) !== JSON.stringify(now[member]),
  );
}

/** 0 of an item that is absent, or whose version cannot be read. */
export function versionOf(item: Pick<Item, 'document'> | undefined): number {
  const version = item?.document.version;
  return typeof version === 'number' && Number.isSafeInteger(version) && version > 0 ? version : 0;
}

/** A key as the key of a map. */
export function nameOf({ pk, sk }: Key): string {
  return `${pk} ${sk}`;
}
