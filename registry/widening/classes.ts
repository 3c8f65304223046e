import { isDeepStrictEqual } from 'node:util';
import { valueText } from '../difference-text.ts';
import type { Document, Plain } from '../items.ts';

/** What the change of one member of an entry is to whoever is restricted by it. */

export interface Widening {
  /** `regions`, `budgets[day].limit`, `also[ops].actions`; '' of the whole. */
  path: string;
  /** `granted`: there was nothing of it before. */
  kind: 'widened' | 're-pointed' | 'dropped-restriction' | 'granted';
  /** A sentence without its full stop. */
  text: string;
}

export type Value = Plain | undefined;

/** What a change of one member is, by what it was and what it becomes. */
export type Class = (before: Value, after: Value, at: At) => Widening[];

export interface At {
  path: string;
  /** Who holds it: tenants of a model's or bundle's grants. */
  holders: readonly string[];
}

/** A member of an entry that has no class does not compile, and what is in a document beside them is told if it changes. */
export type Classes<Entry> = { readonly [Member in keyof Entry]-?: Class } & { readonly [more: string]: Class };

export const found = (kind: Widening['kind'], { path }: At, text: string): Widening[] => [{ path, kind, text }];
export const dropped = (before: Value, at: At): Widening[] =>
  found('dropped-restriction', at, `${nameOf(at)} ${valueText(before)} is dropped`);

/** Lets nobody do more. */
export const nothing: Class = () => [];

/** More of a list is more. */
export const gives: Class = (before, after, at) => {
  const more = listOf(after).filter((one) => !listOf(before).includes(one));
  return more.length === 0 ? [] : found('widened', at, `${nameOf(at)}: also ${more.join(', ')}`);
};

/** True is more. */
export const lets: Class = (before, after, at) =>
  after === true && before !== true ? found('widened', at, `${nameOf(at)} is let`) : [];

/** Nothing beside what is listed; absent: all. */
export const only: Class = (before, after, at) => {
  if (before === undefined) return [];
  return after === undefined ? dropped(before, at) : gives(before, after, at);
};

/** No more than this, or no later; absent: no end. */
export const atMost: Class = (before, after, at) => {
  if (before === undefined) return [];
  if (after === undefined) return dropped(before, at);
  return amountOf(after) > amountOf(before)
    ? found('widened', at, `${nameOf(at)} is raised from ${valueText(before)} to ${valueText(after)}`)
    : [];
};

/** This and no other; absent: none is demanded. */
export const demands: Class = (before, after, at) => {
  if (before === undefined || isDeepStrictEqual(before, after)) return [];
  if (after === undefined) return dropped(before, at);
  return found('dropped-restriction', at, `${nameOf(at)} ${valueText(before)} becomes ${valueText(after)}`);
};

/** Whose it is, or what it comes to. */
export const names: Class = (before, after, at) =>
  before === undefined || isDeepStrictEqual(before, after)
    ? []
    : found('re-pointed', at, `${nameOf(at)} becomes ${valueText(after)}, it was ${valueText(before)}`);

/** It counts otherwise: whether that is more cannot be said, so it is told. */
export const measures: Class = (before, after, at) =>
  isDeepStrictEqual(before, after)
    ? []
    : found('widened', at, `${nameOf(at)} becomes ${valueText(after)}, it was ${valueText(before)}`);

export const members =
  (classes: { readonly [member: string]: Class }): Class =>
  (before, after, { path, holders }) => {
    const [old, now] = [membersOf(before), membersOf(after)];
    return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((name) =>
      // What nobody has thought of may be anything.
      (own(classes, name) ?? measures)(own(old, name), own(now, name), {
        path: path === '' ? name : `${path}.${name}`,
        holders,
      }),
    );
  };

/** Each thing of a list with the one of its name; of what goes, and of what comes, whatever is said of it here. */
export const each =
  (
    named: (one: Document) => string,
    one: Class,
    { goes = nothing, comes = nothing }: { goes?: Class; comes?: Class },
  ): Class =>
  (before, after, { path, holders }) => {
    const by = (value: Value) => new Map(listOf(value).map((thing) => [named(membersOf(thing)), thing]));
    const [old, now] = [by(before), by(after)];
    return [...new Set([...old.keys(), ...now.keys()])].flatMap((name) => {
      const [was, is] = [old.get(name), now.get(name)];
      const judged = was === undefined ? comes : is === undefined ? goes : one;
      return judged(was, is, { path: `${path}[${name}]`, holders });
    });
  };

/** Holders that are named in a sentence. */
const NAMED_MAX = 10;

export function namesOf(holders: readonly string[]): string {
  const more = holders.length - NAMED_MAX;
  return more <= 0 ? holders.join(', ') : `${holders.slice(0, NAMED_MAX).join(', ')} and ${more} more`;
}

/** Its own name, without where it stands. */
export function nameOf({ path }: At): string {
  return path.slice(path.lastIndexOf('.') + 1) || 'it';
}

function amountOf(value: Plain): number {
  return typeof value === 'string' && value.includes('-') ? Date.parse(value) : Number(value);
}

export function listOf(value: Value): Plain[] {
  return Array.isArray(value) ? value : [];
}

export function membersOf(value: Value): Document {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

export function own<Of>(members: { readonly [name: string]: Of }, name: string): Of | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}
