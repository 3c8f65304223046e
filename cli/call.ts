import { type Command, InvalidArgumentError, Option } from 'commander';
import { TollgateError } from '../contract/errors.ts';
import { CALL_SOUGHT_HOURS, CALLS_LISTED, CALLS_LISTED_MINUTES } from '../contract/limits/metering.ts';
import { OUTCOMES, type UsageRecord } from '../contract/usage.ts';
import { wantedHash } from '../contract/wanted.ts';
import type { FoundCall, Wanted } from '../metering/calls/find.ts';
import { toldOf, UNENDED } from '../metering/calls/told.ts';
import { parseSeconds } from '../registry/fields.ts';
import { listed, shown } from './answer.ts';
import { badOption } from './days.ts';
import { counted, warn } from './print.ts';
import { openPrices } from './registry.ts';
import { checkTenant } from './report/whose.ts';
import { flush, openStore } from './store.ts';
import type { Target } from './target.ts';
import { nounOf } from './verb.ts';

interface Filters {
  tenant?: string;
  model?: string;
  principal?: string;
  outcome?: string;
  since?: string;
  until?: string;
  last?: number;
  limit: number;
}

export function register(program: Command, target: () => Promise<Target>): void {
  const noun = nounOf(program, target, {
    name: 'call',
    about: 'single calls, as their usage lines tell them: list, show',
  });

  noun.verb<Filters>('list', {
    about: `calls of the last ${CALLS_LISTED_MINUTES} minutes, or of another time, the newest first`,
    args: '[tenant]',
    options: (verb) =>
      verb
        .option('--model <model>', 'of this model; one that was refused is found by the name that was given, too')
        .option('--principal <principal>', 'of this principal')
        .addOption(new Option('--outcome <outcome>', 'that ended so').choices([...OUTCOMES, ...UNENDED]))
        .option('--last <time>', 'that began in the last 90s, 15m, 6h or 2d', milliseconds)
        .option('--since <date>', 'that began from then on, UTC: 2026-11-21 or 2026-11-21T09:30:00Z')
        .option('--until <date>', 'and before then')
        .option('--limit <count>', 'no more than so many, the newest', wholeNumber, CALLS_LISTED),
    run: async ({ tenant, model, principal, outcome, limit, ...times }, at) => {
      const span = spanOf(times, Date.now());
      const where = await at.target();
      if (tenant !== undefined) await checkTenant(tenant, where, await at.registry());
      const hash = model === undefined ? undefined : wantedHash(model);
      const is = (record: UsageRecord): boolean =>
        (tenant === undefined || record.tenant === tenant) &&
        (principal === undefined || record.principal === principal);
      const ofModel = ({ attempts }: FoundCall): boolean =>
        model === undefined ||
        attempts.some(({ base }) => base.model === model || base.nativeModel === model || base.wantedHash === hash);
      const { calls, price } = await found(where, { ...span, is });
      const now = Date.now();
      const told = (await price(calls.filter(ofModel), now)).filter(
        (call) => outcome === undefined || call.outcome === outcome,
      );
      if (told.length > limit)
        warn(`tollgate: the newest ${limit} of ${counted(told.length, 'call')}: --limit shows more`);
      const documents = told.slice(0, limit);
      return listed({
        head: ['at', 'request', 'tenant', 'principal', 'model', 'outcome', 'code', 'input', 'output', 'usd', 'ms'],
        rows: documents.map((call) => [
          call.at,
          call.request,
          call.tenant,
          call.principal,
          call.model || (call.wantedHash === undefined ? '' : `#${call.wantedHash}`),
          call.outcome,
          call.code,
          String(call.tokens.input),
          String(call.tokens.output),
          call.cost ?? 'unpriced',
          call.ms === null ? '' : String(Math.round(call.ms)),
        ]),
        documents,
        ids: documents.map(({ request }) => request),
        none: 'no such call',
      });
    },
  });

  noun.verb<{ request: string; since?: string }>('show', {
    about: 'one call from token to bill: who, what was decided, under which policy, each attempt, and its cost',
    args: { '<request>': 'its x-request-id' },
    options: (verb) =>
      verb.option('--since <date>', `look for it from then on; the last ${CALL_SOUGHT_HOURS} hours unless given`),
    run: async ({ request, since }, { target }) => {
      const now = Date.now();
      const span = since === undefined ? { last: CALL_SOUGHT_HOURS * 3_600_000 } : { since };
      const where = await target();
      const { calls, price } = await found(where, {
        ...spanOf(span, now),
        is: ({ requestId }) => requestId === request,
        one: true,
      });
      const [call] = await price(calls, now);
      if (call === undefined)
        throw new TollgateError('not_found', {
          field: 'request',
          reason: 'unknown-request',
          message: `No usage line of request ${request} was delivered ${since === undefined ? `in the last ${CALL_SOUGHT_HOURS} hours (--since looks further)` : `since ${since}`}: it is none, or was refused before it was a call (docs/audit.md).`,
        });
      const { policyOf } = await import('./call/policy.ts');
      return shown(request, { ...call, policy: await policyOf(where, calls) });
    },
  });
}

/** @returns the calls, and what prices them */
async function found(where: Target, wanted: Wanted) {
  await flush(where);
  if (where.kind === 'stage')
    warn(
      'tollgate: lines are delivered after some 5 minutes: what ended since may look as if it had not, or is missing',
    );
  const [store, prices, { findCalls }] = await Promise.all([
    openStore(where),
    openPrices(where),
    import('../metering/calls/find.ts'),
  ]);
  return {
    calls: await findCalls(store, wanted),
    price: (calls: readonly FoundCall[], now: number) => toldOf(calls, prices, now),
  };
}

type Times = Pick<Filters, 'since' | 'until' | 'last'>;

function spanOf({ since, until, last }: Times, now: number): { since: number; until: number } {
  if (last !== undefined && since !== undefined)
    throw badOption('--last', '--last and --since both say when it begins: give one or the other.');
  // A clock of another machine may be a little ahead.
  const end = until === undefined ? now + 60_000 : parseSeconds(until, '--until') * 1_000;
  const begin =
    since === undefined
      ? Math.min(now, end) - (last ?? CALLS_LISTED_MINUTES * 60_000)
      : parseSeconds(since, '--since') * 1_000;
  if (begin >= end) throw badOption('--until', '--until must be after --since.');
  return { since: begin, until: end };
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function milliseconds(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,5})([smhd])$/.exec(text) ?? [];
  if (Number(count) > 0) return Number(count) * (UNITS[unit] ?? 0);
  throw new InvalidArgumentError('It must be a time such as 90s, 15m, 6h or 2d.');
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 to 9,999,999.');
}
