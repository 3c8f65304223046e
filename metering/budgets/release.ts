import { type Clock, logLine, METRICS, type WriteLine } from '../../contract/log.ts';
import { COUNTER_PARTITIONS } from './counter-names.ts';
import type { Counters } from './counters.ts';
import { release } from './reservation.ts';

export interface ReleaseOptions {
  counters: Pick<Counters, 'scan' | 'update'>;
  clock: Clock;
  write: WriteLine;
}

/**
 * Gives back what calls had reserved that crashed, or whose settlement failed: an epoch of calls that ended longer ago
 * than any call lives, and still holds something. What such a call used is not known, so its budgets count nothing for
 * it; the ledger lists it as unsettled. Safe to run at any time, twice and at once: each is given back once.
 *
 * @returns how many reservations were given back; a call has one in each item that counts it
 * @throws TollgateError `unavailable`; what was given back by then stays so
 */
export async function releaseReservations({ counters, clock, write }: ReleaseOptions): Promise<{ released: number }> {
  let released = 0;
  for await (const { key, counts } of counters.scan(COUNTER_PARTITIONS)) {
    const found = release(key, counts, clock());
    if (found === undefined) continue;
    // Where the item has changed since it was read, the next run finds it as it is then.
    const { applied } = await counters.update(found.change);
    if (!applied || found.calls === 0) continue;
    released += found.calls;
    const tenant = key.pk.slice(COUNTER_PARTITIONS.length);
    const event = { event: 'reservations-released', level: 'warn', tenant, calls: found.calls } as const;
    write(logLine(clock(), event, { [METRICS.reservationsReleased]: found.calls }));
  }
  return { released };
}
