import { TollgateError } from '../../../contract/errors.ts';
import { segment } from '../../providers/runtime.ts';

/**
 * The query of a call, of the parameters that the operation has and no other: each once, and what the caller named by words of its
 * own by Bedrock's.
 *
 * @param passed names whose values are the caller's
 * @param own names whose values are not; undefined: the call has none
 * @returns percent-encoded, and in the order in which it is signed; undefined: it is empty
 * @throws TollgateError `invalid_request` naming the parameter
 */
export function queryOf(
  query: URLSearchParams,
  passed: readonly string[],
  own: Readonly<Record<string, string | undefined>> = {},
): string | undefined {
  for (const name of new Set(query.keys())) {
    if (!passed.includes(name) && !Object.hasOwn(own, name)) throw refused(name, 'unknown', 'is not known here');
    if (query.getAll(name).length > 1) throw refused(name, 'repeated', 'must be given once');
  }
  const values = { ...Object.fromEntries(passed.map((name) => [name, query.get(name) ?? undefined])), ...own };
  return canonicalQuery(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** @returns undefined for none */
export function canonicalQuery(pairs: readonly (readonly [name: string, value: string])[]): string | undefined {
  if (pairs.length === 0) return undefined;
  const encoded = pairs.map(([name, value]) => [segment(name), segment(value)] as const);
  // By the names themselves: before a sign of equality there may be what comes before it in ASCII.
  encoded.sort(([a, x], [b, y]) => (a < b || (a === b && x < y) ? -1 : 1));
  return encoded.map((pair) => pair.join('=')).join('&');
}

/** @throws TollgateError `invalid_request` naming the parameter where there is none */
export function neededIn(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null || value === '') throw refused(name, 'missing', 'must be given');
  return value;
}

function refused(field: string, reason: string, why: string): TollgateError {
  return new TollgateError('invalid_request', { field, reason, message: `${field} ${why}.` });
}
