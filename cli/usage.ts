import { type Command, InvalidArgumentError } from 'commander';
import { parseTenantId } from '../contract/identity.ts';
import { LIVE_INTERVAL_MAX_SECONDS, LIVE_INTERVAL_SECONDS } from '../contract/limits/metering.ts';
import { type Group, type Grouping, Groups } from '../metering/report/groups.ts';
import type { LiveDay } from '../metering/run/live.ts';
import { dayOf, hourOf, parseDay } from '../metering/window.ts';
import type { Answer, Format } from './answer.ts';
import { print, table } from './print.ts';
import { beginProgress } from './progress.ts';
import { openPrices } from './registry.ts';
import { columnsCsv, columnsTable, type Row, rowJson } from './report/columns.ts';
import { fitting, groupColumns, groupRow } from './report/groups.ts';
import { checkTenant } from './report/whose.ts';
import { flush, openStore } from './store.ts';
import type { Target } from './target.ts';
import { verbOf } from './verb.ts';

interface Options {
  tenant: string;
  day?: string;
  live?: true;
  interval: number;
}

export function register(program: Command, target: () => Promise<Target>): void {
  verbOf<Options>(program, target, 'usage', {
    about: 'what a tenant uses today, calls that are not aggregated yet included; writes nothing',
    args: '<tenant>',
    options: (verb) =>
      verb
        .option('--day <day>', 'another day of UTC: 2026-11-21')
        .option('--live', 'again and again until Ctrl-C, with the calls in flight')
        .option('--interval <seconds>', 'between two looks', seconds, LIVE_INTERVAL_SECONDS),
    // Drawn again and again, it would be drawn over.
    live: true,
    run: async ({ tenant, day, live, interval, format }, at) => {
      parseTenantId(tenant, '--tenant');
      if (day !== undefined) parseDay(day, '--day');
      const where = await at.target();
      const [ledger, registry] = await Promise.all([openLedger(where), at.registry()]);
      // One that is written wrong would be watched for ever, saying nothing.
      await checkTenant(tenant, where, registry);
      const look = async (): Promise<Snapshot> => {
        await flush(where);
        const now = Date.now();
        const shown = day ?? dayOf(hourOf(now));
        return { tenant, day: shown, at: now, ...(await ledger(tenant, shown)) };
      };
      if (!live) {
        const end = beginProgress('tollgate usage');
        return answerOf(await look().finally(end));
      }
      const stop = new AbortController();
      process.once('SIGINT', () => stop.abort());
      do draw(await look(), format);
      while (await waited(interval * 1_000, stop.signal));
      return undefined;
    },
  });
}

function answerOf(snapshot: Snapshot): Answer {
  const groups = added(snapshot.rows, GROUPING);
  return {
    text: () => textOf(snapshot),
    json: () => documentOf(snapshot),
    csv: () => csvOf(groups),
    ids: () => [...new Set(groups.map(({ names: [model = ''] }) => model))],
  };
}

function csvOf(groups: readonly Group[]): string {
  return columnsCsv(
    groupColumns(GROUPING),
    groups.map((group) => groupRow(group, GROUPING)),
  );
}

function seconds(text: string): number {
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= LIVE_INTERVAL_MAX_SECONDS) return Number(text);
  throw new InvalidArgumentError(`It must be whole seconds from 1 to ${LIVE_INTERVAL_MAX_SECONDS}.`);
}

async function openLedger(where: Target): Promise<(tenant: string, day: string) => Promise<LiveDay>> {
  const [{ liveDay }, prices, store] = await Promise.all([
    import('../metering/run/live.ts'),
    openPrices(where),
    openStore(where),
  ]);
  return (tenant, day) => liveDay(tenant, day, { store, prices, clock: Date.now });
}

interface Snapshot extends LiveDay {
  tenant: string;
  day: string;
  /** Milliseconds since 1970. */
  at: number;
}

const GROUPING: Grouping = { by: ['model', 'principal'], period: 'total' };
const TOTAL: Grouping = { by: [], period: 'total' };

function added(rows: LiveDay['rows'], grouping: Grouping): Group[] {
  const groups = new Groups(grouping);
  groups.add('', rows);
  return groups.list();
}

function textOf({ tenant, day, at, rows, inFlight }: Snapshot): string {
  const columns = groupColumns(GROUPING);
  const total = added(rows, TOTAL).map((group): Row => groupRow({ ...group, names: ['TOTAL', ''] }, GROUPING));
  const fitted = fitting(columns, [...added(rows, GROUPING).map((group) => groupRow(group, GROUPING)), ...total]);
  return [
    `usage of ${tenant} on ${day} (UTC), as of ${new Date(at).toISOString().slice(11, 19)}`,
    '',
    fitted.rows.length === 0 ? 'no call that ended' : columnsTable(fitted.columns, fitted.rows),
    '',
    inFlight.length === 0 ? 'in flight: none' : `in flight: ${inFlight.length}`,
    ...(inFlight.length === 0 ? [] : [flightTable(inFlight.slice(0, IN_FLIGHT_SHOWN), at)]),
    ...(inFlight.length > IN_FLIGHT_SHOWN ? [`... and ${inFlight.length - IN_FLIGHT_SHOWN} younger ones`] : []),
  ].join('\n');
}

const IN_FLIGHT_SHOWN = 20;

function flightTable(inFlight: LiveDay['inFlight'], now: number): string {
  return table(
    ['seconds', 'model', 'principal', 'action', 'surface', 'region', 'request'],
    inFlight.map(({ at, model, principal, action, surface, region, requestId }) => [
      ((now - at) / 1_000).toFixed(1),
      model,
      principal,
      action,
      surface,
      region,
      requestId,
    ]),
  );
}

function documentOf({ tenant, day, at, rows, inFlight }: Snapshot): object {
  const json = (grouping: Grouping) =>
    added(rows, grouping).map((group) => rowJson(groupColumns(grouping), groupRow(group, grouping)));
  return {
    tenant,
    day,
    as_of: new Date(at).toISOString(),
    rows: json(GROUPING),
    total: json(TOTAL)[0] ?? null,
    in_flight: inFlight.map((call) => ({
      started_at: new Date(call.at).toISOString(),
      invocation_id: call.invocationId,
      request_id: call.requestId,
      model_id: call.model,
      principal: call.principal,
      region: call.region,
      action: call.action,
      surface: call.surface,
    })),
  };
}

/** A terminal is drawn anew; elsewhere one snapshot follows the other, as JSON one to a line. */
function draw(snapshot: Snapshot, format: Format): void {
  if (format === 'json') print(JSON.stringify(documentOf(snapshot)));
  else if (format === 'csv') print(csvOf(added(snapshot.rows, GROUPING)));
  else if (process.stdout.isTTY) print(`${CLEAR}${textOf(snapshot)}\n\nCtrl-C ends it.`);
  else print(`${textOf(snapshot)}\n`);
}

/** ECMA-48: to the first line and column, and erase what follows. */
const CLEAR = '\u001b[H\u001b[J';

/** @returns false when it was told to stop */
function waited(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(false);
    const timer = setTimeout(() => done(true), milliseconds);
    const stop = () => done(false);
    const done = (again: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve(again);
    };
    signal.addEventListener('abort', stop);
  });
}
