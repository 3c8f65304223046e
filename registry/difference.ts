import { isDeepStrictEqual } from 'node:util';
import { hidden } from './hidden.ts';
import type { Document, Plain } from './items.ts';

/** One thing that two documents do not have in common. */
export interface Difference {
  /** `lifecycle.status`, `prices[2026-01 us-west-2].usdPerMillion.input`; what stands in brackets is a thing's own name. */
  path: string;
  /** Undefined: it was not there. */
  before: Plain | undefined;
  /** Undefined: it is not there any more. */
  after: Plain | undefined;
}

/** Who wrote a document and when: every edit changes these, and they say nothing of what it did. */
export const STAMPS: ReadonlySet<string> = new Set(['version', 'updatedAt', 'updatedBy', 'grantedAt', 'grantedBy']);

/**
 * What a thing of a list is known by, wherever it stands there; `?`: it may be without. The first form that names every thing
 * of both lists, and no two of one alike, is theirs.
 */
const NAMES: readonly (readonly string[])[] = [
  ['id'],
  ['version', 'region?', 'tier?'],
  ['model?', 'bundle?'],
  ['issuer', 'client'],
  ['target.region', 'target.modelId'],
  ['target.region', 'target.endpointName', 'target.inferenceComponent?', 'target.targetModel?'],
  ['target.region', 'target.arn'],
];

/**
 * Field by field what `after` has otherwise than `before`, in the order of the members; without the stamps, and without what is secret.
 *
 * @param before null or undefined: there was none, so that all of `after` is new
 */
export function differencesOf(before: Document | null | undefined, after: Document | null | undefined): Difference[] {
  return ofMembers(contentOf(hidden(before) ?? {}), contentOf(hidden(after) ?? {}), '');
}

/** A document without who wrote it, and when. */
export function contentOf(document: Document): Document {
  return Object.fromEntries(Object.entries(document).filter(([member]) => !STAMPS.has(member)));
}

type Members = Readonly<Record<string, Plain>>;

function ofMembers(before: Members, after: Members, path: string): Difference[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) =>
    ofValues(own(before, name), own(after, name), path === '' ? name : `${path}.${name}`),
  );
}

function own(members: Members, name: string): Plain | undefined {
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

function ofValues(before: Plain | undefined, after: Plain | undefined, path: string): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isMembers(before) && isMembers(after)) return ofMembers(before, after, path);
  if (Array.isArray(before) && Array.isArray(after) && [...before, ...after].every(isMembers))
    return ofThings(before as Members[], after as Members[], path);
  return [{ path, before, after }];
}

/** Each with the one of its name, and, where those of both stand in another order, that. */
function ofThings(before: readonly Members[], after: readonly Members[], path: string): Difference[] {
  const [old, now] = named(before, after);
  const names = new Set([...old.keys(), ...now.keys()]);
  const found = [...names].flatMap((name) => ofValues(old.get(name), now.get(name), `${path}[${name}]`));
  const order = { before: common(old, now), after: common(now, old) };
  return isDeepStrictEqual(order.before, order.after) ? found : [...found, { path, ...order }];
}

type Named = Map<string, Members>;

function common(one: Named, other: Named): string[] {
  return [...one.keys()].filter((name) => other.has(name));
}

/** Both by the names of their things; by where each stands if they have none. */
function named(before: readonly Members[], after: readonly Members[]): [Named, Named] {
  for (const form of NAMES) {
    const [old, now] = [by(form, before), by(form, after)];
    if (old !== undefined && now !== undefined) return [old, now];
  }
  const placed = (list: readonly Members[]): Named => new Map(list.map((thing, index) => [String(index), thing]));
  return [placed(before), placed(after)];
}

function by(form: readonly string[], list: readonly Members[]): Named | undefined {
  const found: Named = new Map();
  for (const thing of list) {
    const name = nameOf(thing, form);
    if (name === undefined || found.has(name)) return undefined;
    found.set(name, thing);
  }
  return found;
}

function nameOf(thing: Members, form: readonly string[]): string | undefined {
  const parts: string[] = [];
  for (const member of form) {
    const [path = '', may] = member.split('?');
    const value = path
      .split('.')
      .reduce<Plain | undefined>((at, name) => (isMembers(at) ? own(at, name) : undefined), thing);
    if (typeof value === 'string') parts.push(value);
    else if (may === undefined) return undefined;
  }
  return parts.length === 0 ? undefined : parts.join(' ');
}

function isMembers(value: Plain | undefined): value is Record<string, Plain> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
