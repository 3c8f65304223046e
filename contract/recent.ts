/**
 * Whether a moment lies less than `span` milliseconds back. A clock that was set back makes what is known old and what is
 * waited for over: both lead to asking again, none to trust.
 *
 * @param at milliseconds since 1970; undefined: never
 */
export function isRecent(at: number | undefined, span: number, now: number): boolean {
  const elapsed = at === undefined ? -1 : now - at;
  return elapsed >= 0 && elapsed < span;
}
