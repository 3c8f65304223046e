import type { Quota } from './store.ts';

const DAY_MS = 86_400_000;

/**
 * The period that a moment is in, UTC.
 *
 * @param now milliseconds since 1970
 * @returns its first day, `YYYY-MM-DD`
 */
export function periodOf({ period, offset }: Pick<Quota, 'period' | 'offset'>, now: number): string {
  const date = new Date(now);
  const day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
  switch (period) {
    case 'DAY':
      return iso(day);
    case 'WEEK':
      return iso(day - ((date.getUTCDay() - offset + 7) % 7) * DAY_MS);
    case 'MONTH': {
      const begun = date.getUTCDate() > offset ? 0 : 1;
      return iso(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - begun, 1 + offset));
    }
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
