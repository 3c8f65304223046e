import { TollgateError } from '../../contract/errors.ts';
import { SUMMARY_READS_AT_ONCE, SUMMARY_READS_FOR_MS, SUMMARY_SUMS_MAX } from '../../contract/limits/metering.ts';
import type { Clock } from '../../contract/log.ts';
import { reportKey } from '../ledger/layout.ts';
import type { UsageRow } from '../ledger/row.ts';
import type { UsageStore } from '../ledger/store.ts';
import { readUsage } from '../ledger/usage-hours.ts';
import { type Group, type Grouping, Groups, totalOf } from './groups.ts';
import { isReported, namesKey, type OfWhom, type Reported, ReportedSums } from './reported.ts';

type Reads = Pick<UsageStore, 'list' | 'read'>;

export interface SummaryQuestion {
  /** One after the other, as `2026-11-21`. */
  days: readonly string[];
  wanted: OfWhom;
  grouping: Grouping;
}

/** Usage by names and periods, by names alone, and by periods alone. */
export interface Summary {
  groups: Groups;
  names: Groups;
  periods: Groups;
}

/**
 * Usage of some days, added up by period and dimensions, for who waits for it: from the days' reports where those tell the dimensions apart, else
 * from the hours. In reports all cache writes are of one kind, and refusals are in none.
 *
 * @param store of `readFor`, where somebody waits
 * @throws TollgateError `invalid_request` naming `by`, for more than SUMMARY_SUMS_MAX sums; whatever the store throws; Error when an object is not
 *   one of ours
 */
export async function summaryOf(store: Reads, { days, wanted, grouping }: SummaryQuestion): Promise<Groups> {
  const groups = new Groups(grouping);
  if (isReported(grouping.by)) {
    await reported(store, days, wanted, [groups], [grouping]);
    return groups;
  }
  const { tenant, model, tenants } = wanted;
  const add = (day: string, rows: readonly UsageRow[]): void => {
    groups.add(day, tenants === undefined ? rows : rows.filter((row) => tenants.has(row.tenant)));
    checkSize(groups.size);
  };
  await readUsage(store, days, add, { tenant, model }, SUMMARY_READS_AT_ONCE);
  return groups;
}

/**
 * The same with the sums that it is drawn from. Of more names than `most` the costliest alone are parted by period: with 10,000 tenants
 * the days' reports are read twice, which takes little memory.
 *
 * @throws as summaryOf
 */
export async function partedSummary(store: Reads, question: SummaryQuestion, most: number): Promise<Summary> {
  const { days, wanted, grouping } = question;
  const { by, period } = grouping;
  const whole: Grouping = { by, period: 'total' };
  const alone: Grouping = { by: [], period };
  if (!isReported(by)) {
    const groups = await summaryOf(store, question);
    return { groups, names: groups.by(whole), periods: groups.by(alone) };
  }
  const [names, periods] = [new Groups(whole), new Groups(alone)];
  await reported(store, days, wanted, [names, periods], [whole, alone]);
  const shown = names.list().toSorted(costliestFirst).slice(0, most);
  const these = new Set(shown.map((group) => namesKey(group.names)));
  return { groups: await summaryOf(store, { days, wanted: { ...wanted, names: these }, grouping }), names, periods };
}

export function costliestFirst(a: Group, b: Group): number {
  const [one, other] = [totalOf(a) ?? -1n, totalOf(b) ?? -1n];
  return one > other ? -1 : one < other ? 1 : 0;
}

/** One reading, for each of the groups. */
async function reported(
  store: Reads,
  days: readonly string[],
  wanted: OfWhom,
  into: readonly Groups[],
  groupings: readonly Grouping[],
): Promise<void> {
  const all = groupings.map((grouping) => new ReportedSums(grouping.by as readonly Reported[], grouping, wanted));
  await eachReport(store, days, (day, csv) => {
    for (const sums of all) {
      sums.add(day, csv);
      checkSize(sums.size);
    }
  });
  all.forEach((sums, i) => {
    const groups = into[i];
    if (groups !== undefined) sums.into(groups);
  });
}

function checkSize(sums: number): void {
  if (sums <= SUMMARY_SUMS_MAX) return;
  throw new TollgateError('invalid_request', {
    field: 'by',
    reason: 'too-much',
    message: `This is more than ${SUMMARY_SUMS_MAX} rows: ask for fewer days, for one tenant, or by less.`,
  });
}

async function eachReport(
  store: Reads,
  days: readonly string[],
  take: (day: string, csv: string) => void,
): Promise<void> {
  const left = days.values();
  const work = async (): Promise<void> => {
    for (const day of left) {
      const csv = await store.read(reportKey(day));
      if (csv !== null) take(day, csv);
    }
  };
  await Promise.all(Array.from({ length: SUMMARY_READS_AT_ONCE }, work));
}

/**
 * The same store for SUMMARY_READS_FOR_MS: whoever waits for what it reads does not wait longer, and nothing goes on being read for nobody.
 * What it reads afterwards throws TollgateError `invalid_request`, naming `from`.
 */
export function readFor(store: Reads, clock: Clock): Reads {
  const end = clock() + SUMMARY_READS_FOR_MS;
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
