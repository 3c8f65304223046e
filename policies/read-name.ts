import { DIRECT_MARK, DIRECT_SLUG_MAX_CHARS, HASH_CHARS, SESSION_NAME_PREFIX, SLUG_MAX_CHARS } from './name.ts';

/** What the name of a session says by itself. */
export interface ReadName {
  /** The tenant's id, or its beginning. */
  tenant: string;
  /** Whether that is the whole id: a longer one was cut. */
  whole: boolean;
  /** Whether its credentials were handed out. */
  direct: boolean;
}

/** The inverse of sessionNames and directSessionNames, as far as there is one. @returns undefined for no name of ours */
export function readSessionName(name: string): ReadName | undefined {
  if (!name.startsWith(SESSION_NAME_PREFIX)) return undefined;
  const rest = name.slice(SESSION_NAME_PREFIX.length, -HASH_CHARS);
  // As many digits as there are characters: nothing stands before or behind them.
  // Stryker disable next-line MethodExpression: a tenant's part that is short enough has no room for so many digits
  if (!/[0-9a-f]{32}/.test(name.slice(-HASH_CHARS))) return undefined;
  const direct = rest.endsWith(DIRECT_MARK);
  if (!direct && !rest.endsWith('-')) return undefined;
  const tenant = rest.slice(0, direct ? -DIRECT_MARK.length : -1);
  const most = direct ? DIRECT_SLUG_MAX_CHARS : SLUG_MAX_CHARS;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(tenant) || tenant.length > most) return undefined;
  return { tenant, whole: tenant.length < most, direct };
}
