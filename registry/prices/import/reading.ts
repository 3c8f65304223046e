import type { GivenPrice } from '../../price.ts';
import type { BadPart } from './tree.ts';

/** What a file of prices says, whatever its format. */
export interface Reading {
  format: 'tollgate' | 'aws-price-list' | 'guidance';
  found: FoundPrice[];
  bad: BadPrice[];
  /** What the file has that is no price of a call as this gateway bills it; for people. */
  skipped: Skipped[];
}

export interface FoundPrice {
  /** As the file names it. */
  model: ModelName;
  /** Named only if the file names it. */
  price: GivenPrice;
  /** Where in the file; the line of its first part. */
  line: number;
}

export type ModelName =
  /** A registry id, or AWS's own id of a model or profile. */
  | { is: 'id'; id: string }
  /** How AWS's Price List calls a model; global: the price of calls through a `global.` profile. */
  | { is: 'aws-name'; name: string; global: boolean };

export type BadPrice = BadPart;

export interface Skipped {
  what: string;
  reason: string;
  count: number;
}

/** Counts what is skipped by what it is and why. */
export class SkippedCount {
  readonly #counts = new Map<string, Skipped>();

  add(what: string, reason: string): void {
    const key = `${what}\0${reason}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { what, reason, count: 1 });
    else known.count++;
  }

  list(): Skipped[] {
    return [...this.#counts.values()].sort((a, b) => (a.what < b.what ? -1 : a.what > b.what ? 1 : 0));
  }
}

/** What an entry that does not say gets. */
export interface Defaults {
  /** Milliseconds since 1970; given, it takes the place of every date in the file. */
  from?: number;
  /** Milliseconds since 1970, for a file without any date. */
  now: number;
  /** Where the prices are from, for people: the file's name. */
  source: string;
}
