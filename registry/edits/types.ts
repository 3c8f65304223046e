import type { Document, Item, Key } from '../items.ts';
import type { Kind, Unusable } from '../kinds.ts';

/** What every edit writes into the entry that it makes. */
export interface Stamp {
  version: number;
  /** Milliseconds since 1970. */
  at: number;
  by: string;
}

/** @param before what is there, valid or not */
export type Make = (stamp: Stamp, before: Document | undefined) => Document;

/** One thing to be done to one item. */
export interface Edit<Entry = unknown> {
  kind: Kind<Entry>;
  key: Key;
  /** Its name in the history, e.g. `retire`; a function is asked with what was found. */
  change: string | ((before: Document | undefined) => string);
  /**
   * What the item is to be; null: gone; undefined: as it is. Throws to refuse.
   * @param before what is there, valid or not
   */
  make(stamp: Stamp, before: Item | undefined): Document | null | undefined;
  /** The version that the editor started from, if known: another one in the table is a conflict. */
  base?: number | undefined;
  /** What was done beside the item, which stays as it is, or absent: a record of its history and nothing else. */
  note?: { before: Document; after: Document };
  /** Where it stands in what was given, e.g. `tenants[3].grants[0]`: what is wrong with it is told below that. Empty: at the top. */
  at?: string;
}

/** What became of it. */
export interface Change<Entry> {
  entry: Entry;
  /** Of which kind, and which one it is. */
  kind: string;
  key: Key;
  /** False when the entry was that already; nothing was written then. */
  changed: boolean;
  /** Its number in the log; absent when nothing was written. */
  edit?: number;
  /** As they are written; null: there was, or is, none. */
  before: Document | null;
  after: Document | null;
}

export interface Listing<Entry> {
  /** Sorted by key. */
  entries: Entry[];
  unusable: Unusable[];
}

/** A plan that an edit is part of. */
export interface PlanPart {
  id: string;
  /** From 1 to `of`: the last one ends the plan. */
  part: number;
  of: number;
}

/** One edit as the history keeps it. */
export interface HistoryRecord {
  /** Its number in the log; absent of one that is older than the log. */
  edit?: number;
  /** ISO 8601, by the table's clock; never earlier than the edit before it. */
  at: string;
  /** What the editor's own clock said, where that is another time. */
  clock?: string;
  by: string;
  /** Of which kind the item is. */
  kind: string;
  /** What was done, e.g. `retire`. */
  change: string;
  /** The plan that it was part of. */
  plan?: string;
  /** The entry as it was written before and after; null: there was, or is, none. */
  before: Document | null;
  after: Document | null;
}

/** An edit in the log: of which item, and what it is called. */
export interface LoggedEdit {
  edit: number;
  key: Key;
  kind: string;
  change: string;
  at: string;
  clock?: string;
  by: string;
  plan?: PlanPart;
}
