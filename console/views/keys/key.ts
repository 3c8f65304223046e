import { DAY_MS } from '../../days.ts';

/** A key as `/admin/keys` tells it; never its text. */
export interface Key {
  id: string;
  tenant: string;
  name: string;
  owner?: string;
  models?: string[];
  networks?: string[];
  budget?: { limit: string; unit: string; period: string };
  expiresAt: string;
  revokedAt?: string;
  /** By the hour. */
  usedAt?: string;
}

/** What is said once, when a key is made or made new. */
export interface MadeKey extends Key {
  key: string;
}

export type KeyState = 'active' | 'expired' | 'revoked';

/** @param now milliseconds since 1970 */
export function stateOf({ expiresAt, revokedAt }: Key, now = Date.now()): KeyState {
  if (revokedAt !== undefined) return 'revoked';
  return Date.parse(expiresAt) <= now ? 'expired' : 'active';
}

/** For how many days a key may be good, to be chosen from. */
export const LIVES = ['7', '30', '90', '365'].map((days) => ({ value: days, label: `${days} days` }));

/** @returns when they are over, as the API takes it */
export function untilIn(days: string, now = Date.now()): string {
  return new Date(now + Number(days) * DAY_MS).toISOString();
}
