import { TollgateError } from '../../contract/errors.ts';
import { COUNTER_KEPT_MS } from '../../contract/limits/budgets.ts';
import { AGGREGATION_ATTEMPTS } from '../../contract/limits/metering.ts';
import { type Clock, logLine, type WriteLine } from '../../contract/log.ts';
import { correction } from '../budgets/correction.ts';
import { COUNTER_PARTITIONS } from '../budgets/counter-names.ts';
import type { Counters } from '../budgets/counters.ts';
import { windowOf } from '../calendar.ts';
import type { Money } from '../money.ts';
import { readCorrections } from './charges.ts';
import { correctedPrefix, dayPrefix } from './layout.ts';
import type { UsageStore } from './store.ts';

export interface FollowDependencies {
  store: Pick<UsageStore, 'list' | 'read' | 'put'>;
  counters: Pick<Counters, 'partition' | 'update'>;
  clock: Clock;
  write?: WriteLine;
}

/** By partition, then by sort key and counter: what the counters are to be corrected by for a day. */
export type DayCorrections = ReadonlyMap<string, ReadonlyMap<string, Money>>;

/**
 * Brings the counters of dollars to what the ledger says of a day: each has noted by how much it was corrected for the day,
 * and changes by the difference to what it is to be, on the condition that the note still says so. So a correction counts
 * once, however often and from how many runs at once it is made, and one that is taken back is taken back.
 *
 * It ends with a look that finds nothing to do. A run that was slow, and put in place what another one had computed anew
 * meanwhile, so sees it and puts it right.
 *
 * Asks the counters only of tenants that have a correction, or had one: the bucket has their names, noted before any write.
 *
 * @param day as `2026-11-21`, of which every hour's corrections are in the bucket
 * @throws TollgateError `conflict` when others were quicker AGGREGATION_ATTEMPTS times; whatever the store or the table throws
 */
export async function followLedger(day: string, { store, counters, clock, write }: FollowDependencies): Promise<void> {
  const { until } = windowOf('month', Date.parse(`${day}T00:00:00Z`));
  // A week may end after its day's month.
  if (Math.max(until, windowOf('week', Date.parse(`${day}T00:00:00Z`)).until) + COUNTER_KEPT_MS <= clock()) return;
  for (let attempt = 0; attempt <= AGGREGATION_ATTEMPTS; attempt++) {
    const wanted = await correctionsOf(store, day);
    const noted = new Set<string>();
    const prefix = correctedPrefix(day);
    for await (const key of store.list(prefix)) noted.add(key.slice(prefix.length));
    let changes = 0;
    for (const tenant of new Set([...noted, ...[...wanted.keys()].map(tenantOf)])) {
      const pk = COUNTER_PARTITIONS + tenant;
      for (const { key, counts } of await counters.partition(pk)) {
        const targets = wanted.get(pk) ?? new Map<string, Money>();
        const change = correction(key, counts, day, (counter) => targets.get(`${key.sk} ${counter}`) ?? 0n, clock());
        if (change === undefined) continue;
        changes++;
        if (!noted.has(tenant)) await store.put(prefix + tenant, '');
        noted.add(tenant);
        const { applied } = await counters.update(change);
        if (applied) write?.(logLine(clock(), { event: 'budget-corrected', tenant, day }));
      }
    }
    if (changes === 0) return;
  }
  throw new TollgateError('conflict', { reason: 'counters-changed-by-another-run', detail: { day } });
}

/** What every hour's corrections of a day come to. */
export async function correctionsOf(store: Pick<UsageStore, 'list' | 'read'>, day: string): Promise<DayCorrections> {
  const found = new Map<string, Map<string, Money>>();
  for await (const object of store.list(dayPrefix(day))) {
    if (!object.endsWith('/corrections.csv')) continue;
    for (const { pk, sk, counter, charged, cost } of readCorrections((await store.read(object)) ?? '')) {
      const ofPartition = found.get(pk) ?? new Map<string, Money>();
      found.set(pk, ofPartition);
      const name = `${sk} ${counter}`;
      ofPartition.set(name, (ofPartition.get(name) ?? 0n) + cost - charged);
    }
  }
  return found;
}

function tenantOf(pk: string): string {
  return pk.slice(COUNTER_PARTITIONS.length);
}
