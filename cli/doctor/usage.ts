import { RAW_WAITS_HOURS, RUN_MISSING_HOURS } from '../../contract/limits/doctor.ts';
import { readCsv } from '../../metering/csv.ts';
import { reportKey } from '../../metering/ledger/layout.ts';
import type { Status } from '../../metering/run/status.ts';
import { dayOf, HOUR_MS, hourOf, parseHour } from '../../metering/window.ts';
import { openStore } from '../store.ts';
import { BOTH, type Check, type Problem, warn, wrong } from './check.ts';

export interface UsageSeen {
  status: Status;
  /** Calls of today and yesterday that began and never ended. */
  unsettled: number;
}

export const usage: Check<UsageSeen> = {
  id: 'usage',
  on: BOTH,
  needs: ['sts:GetCallerIdentity', 's3:ListBucket', 's3:GetObject'],
  loads: () =>
    Promise.all([
      import('@aws-sdk/client-s3'),
      import('../../metering/run/status.ts'),
      import('../../metering/ledger/store.ts'),
    ]),
  async read({ target, clock }) {
    const [store, { readStatus }] = await Promise.all([openStore(target), import('../../metering/run/status.ts')]);
    const today = hourOf(clock());
    const [status, ...reports] = await Promise.all([
      readStatus(store, clock()),
      ...[today - 24, today].map((hour) => store.read(reportKey(dayOf(hour)))),
    ]);
    const rows = reports.flatMap((csv) => (csv === null ? [] : readCsv(csv)));
    return { status, unsettled: rows.reduce((sum, row) => sum + Number(row.unsettled ?? 0), 0) };
  },
  judge({ status: { lastRun, watermark, rawObjects, quarantined, invocations }, unsettled }, now) {
    const again = 'tollgate meter run; the log of the metering function says why';
    const ended = lastRun?.ended;
    const since = ended === undefined ? 'never' : `last at ${new Date(ended).toISOString().slice(0, 16)}Z`;
    const late = watermark !== null && hourOf(now) - parseHour(watermark) > RAW_WAITS_HOURS + 1;
    const unknown = invocations.reduce((sum, one) => sum + one.unknown, 0);
    const problems: Problem[] = [
      // A new stage has no run yet, and no line either.
      ...(ended === undefined ? (rawObjects > 0 ? [wrong('usage was never aggregated', again)] : []) : []),
      ...(ended !== undefined && now - ended > RUN_MISSING_HOURS * HOUR_MS
        ? [wrong(`usage was aggregated ${since}`, again)]
        : []),
      ...((lastRun?.failed ?? []).length > 0
        ? [wrong(`the last run could not do all: ${lastRun?.failed.join('; ')}`, again)]
        : []),
      ...(late && rawObjects > 0 ? [warn(`${rawObjects} objects of lines wait since ${watermark}`, again)] : []),
      ...(quarantined.lines > 0
        ? [warn(`${quarantined.lines} lines cannot be read`, 'tollgate athena quarantined; docs/ledger.md')]
        : []),
      ...(unknown > 0
        ? [warn(`the ledger has ${unknown} calls that AWS did not count`, 'tollgate meter status; docs/ledger.md')]
        : []),
      ...(unsettled > 0
        ? [
            warn(
              `${unsettled} calls of today and yesterday began and never ended`,
              'tollgate report shows whose; unsettled.csv of the hour names them',
            ),
          ]
        : []),
    ];
    return { ok: ended === undefined ? 'nothing to aggregate yet' : `aggregated ${since}`, problems };
  },
};
