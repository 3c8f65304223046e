import { type Grant, type Term, termsOf } from './entries.ts';

/** The members that were there and are not meant any more are taken away by null. */
export function bodyOf(terms: readonly Term[], seen: Grant | undefined): object {
  const [own, ...also] = terms.map(clean);
  const before = seen === undefined ? [] : Object.keys(termsOf(seen)[0] ?? {});
  const gone = before.filter((name) => TERM_MEMBERS.includes(name) && !(name in (own ?? {})));
  return {
    ...Object.fromEntries(gone.map((name) => [name, null])),
    ...own,
    ...(also.length > 0 ? { also } : seen?.also === undefined ? {} : { also: null }),
  };
}

const TERM_MEMBERS = [
  ...['actions', 'roles', 'principals', 'maxTokens', 'regions', 'tiers', 'expiresAt', 'direct', 'trace'],
  ...['unguarded', 'guardrail', 'fallbacks', 'useCases'],
];

/** Only what a term has, without what is empty. */
function clean(term: Term): Partial<Term> {
  return Object.fromEntries(
    Object.entries(term).filter(
      ([name, value]) =>
        TERM_MEMBERS.includes(name) && value !== undefined && !(Array.isArray(value) && value.length === 0),
    ),
  );
}
