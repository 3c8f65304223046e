import { TollgateError } from '../../contract/errors.ts';
import { SUMMARY_READS_AT_ONCE, SUMMARY_READS_FOR_MS } from '../../contract/limits/metering.ts';
import type { Clock } from '../../contract/log.ts';
import { reportKey } from '../ledger/layout.ts';
import type { UsageStore } from '../ledger/store.ts';
import type { Whose } from '../ledger/usage-file.ts';
import { readUsage } from '../ledger/usage-hours.ts';
import { type Added, type Dimension, type Grouping, Groups } from './groups.ts';
import { readReportCsv } from './report.ts';

/** Whose usage of which model, of which tenants. */
export interface Wanted extends Whose {
  /** Undefined: of all. */
  tenants?: ReadonlySet<string> | undefined;
}

type Reads = Pick<UsageStore, 'list' | 'read'>;

/** What the days' own reports tell apart: one small object a day, where the hours are many. */
const REPORTED: ReadonlySet<Dimension> = new Set(['tenant', 'cost-center', 'model']);

/**
 * Usage of some days, added up by period and dimensions, for who waits for it: from the days' reports where those tell the dimensions apart, else
 * from the hours. In reports all cache writes are of one kind, and refusals are in none.
 *
 * @param days one after the other, as `2026-11-21`
 * @throws TollgateError `invalid_request` naming `from`, where the days hold more than is read in SUMMARY_READS_FOR_MS; whatever the store throws
 */
export async function summaryOf(
  store: Reads,
  { days, wanted, grouping }: { days: readonly string[]; wanted: Wanted; grouping: Grouping },
  clock: Clock,
): Promise<Groups> {
  const groups = new Groups(grouping);
  const { tenant, model, tenants } = wanted;
  const add = (day: string, rows: readonly (Added & { tenant: string })[]): void =>
    groups.add(day, tenants === undefined ? rows : rows.filter((row) => tenants.has(row.tenant)));
  const bounded = until(store, clock() + SUMMARY_READS_FOR_MS, clock);
  if (grouping.by.every((dimension) => REPORTED.has(dimension))) await reportsOf(bounded, days, { tenant, model }, add);
  else await readUsage(bounded, days, add, { tenant, model }, SUMMARY_READS_AT_ONCE);
  return groups;
}

async function reportsOf(
  store: Reads,
  days: readonly string[],
  whose: Whose,
  add: (day: string, rows: readonly (Added & { tenant: string })[]) => void,
): Promise<void> {
  const left = days.values();
  const work = async (): Promise<void> => {
    for (const day of left) {
      const csv = await store.read(reportKey(day));
      if (csv !== null)
        add(
          day,
          readReportCsv(csv, whose).map((row) => ({ refused: 0, failed: 0, ...row })),
        );
    }
  };
  await Promise.all(Array.from({ length: SUMMARY_READS_AT_ONCE }, work));
}

/** The same store until then: whoever waits for what it reads does not wait longer, and nothing goes on being read for nobody. */
function until(store: Reads, end: number, clock: Clock): Reads {
  const check = (): void => {
    if (clock() < end) return;
    throw new TollgateError('invalid_request', {
      field: 'from',
      reason: 'too-much',
      message: `These days hold more than is read in ${SUMMARY_READS_FOR_MS / 1_000} s: ask for fewer of them, for one tenant, or by tenant, cost-center and model alone.`,
    });
  };
  return {
    async *list(prefix, after) {
      for await (const key of store.list(prefix, after)) {
        check();
        yield key;
      }
    },
    async read(key) {
      check();
      return store.read(key);
    },
  };
}
