import { ADMIN_BURST, ADMIN_CALLERS_MAX, ADMIN_RATE } from '../contract/limits/admin.ts';
import type { Clock } from '../contract/log.ts';

/**
 * A bucket of requests for each caller, of this execution environment: what a loop that went wrong does to the table is bounded. The
 * stage's own throttle stands before it.
 *
 * @param cost as how many requests it counts; 1 unless given
 * @returns how many seconds a caller has to wait, 0: it may go on
 */
export function createLimit(clock: Clock): (caller: string, cost?: number) => number {
  const buckets = new Map<string, { left: number; at: number }>();
  return (caller, cost = 1) => {
    const now = clock();
    const { left, at } = buckets.get(caller) ?? { left: ADMIN_BURST, at: now };
    const filled = Math.min(ADMIN_BURST, left + (Math.max(now - at, 0) / 1_000) * ADMIN_RATE);
    buckets.delete(caller);
    buckets.set(caller, { left: Math.max(filled >= cost ? filled - cost : filled - 1, 0), at: now });
    const [oldest] = buckets.keys();
    if (buckets.size > ADMIN_CALLERS_MAX && oldest !== undefined) buckets.delete(oldest);
    return filled >= cost ? 0 : Math.ceil((cost - filled) / ADMIN_RATE);
  };
}
