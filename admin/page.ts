import type { Document } from '../registry/items.ts';
import type { Query } from './asked.ts';
import { HttpProblem } from './problem.ts';

export interface Page {
  items: Document[];
  /** What the next page is asked for by; absent: there is none. */
  next?: string;
}

/**
 * One page of a list, in the order of its ids, so that what is made or removed meanwhile moves nothing onto another page.
 *
 * @param idOf what the list is sorted by: of each entry its own
 */
export function pageOf(documents: readonly Document[], idOf: (one: Document) => string, query: Query): Page {
  const { limit = 0, cursor, prefix = '', q, label, status } = query;
  const after = cursor === undefined ? undefined : decoded(cursor);
  const wanted = documents
    .map((one) => ({ id: idOf(one), one }))
    .filter(({ id }) => id.startsWith(prefix) && (after === undefined || id > after))
    .filter(({ id, one }) => q === undefined || isLike(id, one, q))
    .filter(
      ({ one }) =>
        (label === undefined || labelled(one.labels as Document | undefined, label)) &&
        (status === undefined || isOf(one, status)),
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const page = wanted.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(({ one }) => one),
    ...(last === undefined || wanted.length <= limit ? {} : { next: encoded(last.id) }),
  };
}

/** An id as a cursor has it: no more than something to be given back. */
export function encoded(id: string): string {
  return Buffer.from(id).toString('base64url');
}

/** @throws HttpProblem 400 */
export function decoded(cursor: string): string {
  const id = Buffer.from(cursor, 'base64url').toString();
  if (encoded(id) !== cursor) throw new HttpProblem(400, 'cursor must be the `next` of an earlier page.');
  return id;
}

/** Whether its id or its display name has the text in it. */
function isLike(id: string, { displayName }: Document, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return (
    id.toLowerCase().includes(wanted) || (typeof displayName === 'string' && displayName.toLowerCase().includes(wanted))
  );
}

/** @param label `team`, whatever it says, or `team=blue` */
export function labelled(labels: Readonly<Record<string, unknown>> | undefined, label: string): boolean {
  const [name = '', value] = label.split(/=(.*)/s);
  const found = labels !== undefined && Object.hasOwn(labels, name) ? labels[name] : undefined;
  return value === undefined ? found !== undefined : found === value;
}

function isOf({ lifecycle, suspended, offboarded }: Document, status: string): boolean {
  const own =
    (lifecycle as Document | undefined)?.status ?? (offboarded ? 'offboarded' : suspended ? 'suspended' : 'active');
  return own === status;
}
