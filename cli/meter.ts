import type { Command } from 'commander';
import type { HourInvocations } from '../metering/run/invocations.ts';
import type { RequestNames } from '../metering/run/request.ts';
import type { RangeProgress, RunRequest, RunResult } from '../metering/run/run.ts';
import type { Status } from '../metering/run/status.ts';
import { documentsCsv, shown } from './answer.ts';
import { counted, lines, table, warn } from './print.ts';
import { progress } from './progress.ts';
import { openPrices } from './registry.ts';
import { flush, openCounters, openStore } from './store.ts';
import type { Target } from './target.ts';
import { nounOf } from './verb.ts';

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, { name: 'meter', about: 'usage: run, status' });
  noun.verb<RunRequest>('run', {
    about: 'aggregate now what the schedule would aggregate at its next turn, or some hours anew',
    options: (verb) =>
      verb
        .option('--hour <hour>', 'only this hour of UTC, from all its lines: 2026-11-21T09')
        .option('--from <hour>', 'only from this hour or day on, from all their lines: 2026-11-01')
        .option('--to <hour>', 'to this hour or day, included; now unless given')
        .option('--restart', 'with --from: begin anew, although the same was broken off before'),
    run: async ({ hour, from, to, restart }, at) => {
      const request: RunRequest = {
        ...(hour === undefined ? {} : { hour }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...(restart === undefined ? {} : { restart }),
      };
      const { parseRequest } = await import('../metering/run/request.ts');
      parseRequest(request, Date.now(), RUN_OPTIONS);
      const where = await at.target();
      await flush(where);
      const result = await (await openAggregation(where))(request, tellHour);
      for (const text of remarks(result)) warn(`tollgate: ${text}`);
      return {
        text: () => runText(result, request),
        json: () => result,
        csv: () => documentsCsv(result.hours),
        ids: () => result.hours.map((digest) => digest.hour),
      };
    },
  });
  noun.verb('status', {
    about: 'how far the ledger is: what waits, what cannot be used, what the last run did',
    run: async (_, at) => {
      const [store, { readStatus }] = await Promise.all([
        openStore(await at.target()),
        import('../metering/run/status.ts'),
      ]);
      const status = await readStatus(store, Date.now());
      return shown(status.watermark ?? '', status, () => lines(statusText(status)));
    },
  });
}

export const RUN_OPTIONS: RequestNames = { hour: '--hour', from: '--from', to: '--to', restart: '--restart' };

export async function openAggregation(where: Target) {
  const [
    { CloudWatchClient },
    { createInvocations, createMetricSums },
    { releaseReservations },
    { createAggregation },
    ...opened
  ] = await Promise.all([
    import('@aws-sdk/client-cloudwatch'),
    import('../metering/run/cloudwatch.ts'),
    import('../metering/budgets/release.ts'),
    import('../metering/run/run.ts'),
    openPrices(where),
    openCounters(where),
    openStore(where),
  ]);
  const [prices, counters, store] = opened;
  // The lines are metrics for CloudWatch, which reads no operator's terminal; what failed is thrown as well.
  const write = () => undefined;
  return createAggregation({
    store,
    prices,
    metrics: createMetricSums(new CloudWatchClient(where.clientConfig), where.stage),
    invocations: createInvocations((region) => new CloudWatchClient({ ...where.clientConfig, region })),
    counters,
    release: () => releaseReservations({ counters, clock: Date.now, write }),
    tellEnds: null,
    clock: Date.now,
    write,
  });
}

/** On stderr: what is printed is the result. Where nobody watches, an hour in which nothing was is no line. */
function tellHour({ hour, calls, failed, done, left }: RangeProgress): void {
  progress(`${done} of ${counted(done + left, 'hour')}`);
  if (failed || (calls > 0 && !process.stderr.isTTY))
    warn(`${hour}  ${failed ? 'failed' : counted(calls, 'call')}; ${counted(done, 'hour')} done, ${left} left`);
}

function runText(result: RunResult, { hour, from }: RunRequest): string {
  const { hours, reports, rawObjects, released, watermark } = result;
  return [
    hours.length === 0
      ? nothing(hour, from)
      : table(
          ['hour', 'calls', 'rows', 'unsettled', 'unpriced', 'pending'],
          hours.map((digest) => [
            digest.hour,
            ...[digest.calls, digest.rows, digest.unsettled, digest.unpriced, digest.pending].map(String),
          ]),
        ),
    ...reports.map((key) => `written: ${key}`),
    ...(rawObjects > 0 ? [`raw objects read: ${rawObjects}`] : []),
    ...(released > 0 ? [`reservations of crashed calls released: ${released}`] : []),
    `watermark: ${watermark === null ? 'none yet' : watermarkText(watermark)}`,
  ].join('\n');
}

function remarks({ invocations, quarantined }: RunResult): string[] {
  return [
    ...invocations.flatMap(invocationsTexts),
    ...(quarantined > 0
      ? [`${counted(quarantined, 'line')} cannot be used; see quarantine/ in the bucket of usage`]
      : []),
  ];
}

/** Where the ledger and AWS's own counts of calls differ, and what it may mean. */
function invocationsTexts({ hour, unknown, missing, models }: HourInvocations): string[] {
  const which = (differ: (one: HourInvocations['models'][number]) => boolean) =>
    models
      .filter(differ)
      .map(
        ({ modelId, region, ledger, invocations }) => `${modelId} in ${region}: ledger ${ledger}, AWS ${invocations}`,
      )
      .join('; ');
  return [
    ...(unknown === 0
      ? []
      : [
          `${hour}: AWS did not count ${counted(unknown, 'call')} of the ledger: forged lines, or counts that are still to come (${which((one) => one.ledger > one.invocations)})`,
        ]),
    ...(missing === 0
      ? []
      : [
          `${hour}: AWS counted ${counted(missing, 'call')} that the ledger has not: of others in the account, or lines that are missing or still to come (${which((one) => one.ledger < one.invocations)})`,
        ]),
  ];
}

function nothing(hour: string | undefined, from: string | undefined): string {
  if (hour !== undefined) return `no usage line of the hour ${hour} was ever delivered`;
  return from === undefined ? 'nothing new to aggregate' : 'no usage line of these hours was ever delivered';
}

function watermarkText(hour: string): string {
  return `${hour}:00Z (what was delivered before is in the ledger)`;
}

/** What `meter status` prints, name by name. */
export function statusText({ watermark, rawObjects, pendingHours, quarantined, invocations, lastRun }: Status) {
  return {
    watermark: watermark === null ? 'none yet' : watermarkText(watermark),
    'raw objects waiting': rawObjects,
    'hours with calls in flight': pendingHours.length === 0 ? 'none' : pendingHours.join(', '),
    quarantined:
      quarantined.lines === 0
        ? 'none'
        : `${counted(quarantined.lines, 'line')} of ${counted(quarantined.rawObjects, 'raw object')}, in quarantine/ of the bucket`,
    'against AWS’s own counts':
      invocations.length === 0 ? 'nothing differs' : invocations.flatMap(invocationsTexts).join('\n'),
    'last run':
      lastRun === null
        ? 'none yet'
        : `${new Date(lastRun.ended).toISOString()}, ${counted(lastRun.hours, 'hour')} written${
            lastRun.failed.length === 0 ? '' : `, FAILED: ${lastRun.failed.join('; ')}`
          }`,
  };
}
