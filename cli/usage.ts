import { type Command, InvalidArgumentError } from 'commander';
import { parseTenantId } from '../contract/identity.ts';
import { LIVE_INTERVAL_MAX_SECONDS, LIVE_INTERVAL_SECONDS } from '../contract/limits/metering.ts';
import { type Group, type Grouping, Groups } from '../metering/report/groups.ts';
import type { LiveDay } from '../metering/run/live.ts';
import { dayOf, hourOf, parseDay } from '../metering/window.ts';
import { type Format, formatOption, print, table } from './print.ts';
import { openPrices, openRegistry } from './registry.ts';
import { columnsTable, type Row, rowJson } from './report/columns.ts';
import { fitting, groupColumns, groupRow } from './report/groups.ts';
import { checkTenant } from './report/whose.ts';
import { flush, openStore } from './store.ts';
import type { Target } from './target.ts';

interface Options {
  tenant: string;
  day?: string;
  live?: true;
  interval: number;
  format: Format;
}

export function register(program: Command, target: () => Promise<Target>): void {
  program
    .command('usage')
    .description('what a tenant uses today, calls that are not aggregated yet included; writes nothing')
    .requiredOption('--tenant <tenant>', 'whose')
    .option('--day <day>', 'another day of UTC: 2026-11-21')
    .option('--live', 'again and again until Ctrl-C, with the calls in flight')
    .option('--interval <seconds>', 'between two looks', seconds, LIVE_INTERVAL_SECONDS)
    .addOption(formatOption())
    .action(async ({ tenant, day, live, interval, format }: Options) => {
      parseTenantId(tenant, '--tenant');
      if (day !== undefined) parseDay(day, '--day');
      const where = await target();
      const [ledger, registry] = await Promise.all([openLedger(where), openRegistry(where)]);
      // One that is written wrong would be watched for ever, saying nothing.
      await checkTenant(tenant, where, registry);
      const stop = new AbortController();
      if (live) process.once('SIGINT', () => stop.abort());
      do {
        await flush(where);
        const at = Date.now();
        const shown = day ?? dayOf(hourOf(at));
        const snapshot = { tenant, day: shown, at, ...(await ledger(tenant, shown)) };
        if (live) draw(snapshot, format);
        else print(format === 'json' ? JSON.stringify(documentOf(snapshot), null, 2) : textOf(snapshot));
      } while (live && (await waited(interval * 1_000, stop.signal)));
    });
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
