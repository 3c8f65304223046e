import * as v from 'valibot';
import { TollgateError } from '../contract/errors.ts';
import { ADMIN_HEAVY } from '../contract/limits/admin.ts';
import { CALL_SOUGHT_HOURS, UNSETTLED_AFTER_MS } from '../contract/limits/metering.ts';
import type { UsageRecord } from '../contract/usage.ts';
import { wantedHash } from '../contract/wanted.ts';
import type { FoundCall } from '../metering/calls/find.ts';
import { type Page, type Position, pageOfCalls, type Wanted } from '../metering/calls/log.ts';
import { outcomeOf, type ToldAttempt, type ToldCall, toldOf } from '../metering/calls/told.ts';
import { HOUR_MS, hourOf } from '../metering/window.ts';
import { isoMilliseconds } from '../registry/fields.ts';
import { createModelReader } from '../registry/model-reader.ts';
import { tenantSeen } from './own.ts';
import { decoded, encoded } from './page.ts';
import { HttpProblem } from './problem.ts';
import type { Act, Route } from './route.ts';

/** The log of calls: whoever may sign in sees its tenant’s, those to whom reports are delegated every tenant’s. Never what was said. */

const common = {
  method: 'get',
  resource: 'reports',
  verb: 'read',
  narrows: true,
  own: true,
  cost: ADMIN_HEAVY,
} as const;

/** Milliseconds by which a clock of another machine may be ahead. */
const AHEAD_MS = 60_000;

/** What the parameters ask for. */
function wantedOf(act: Act): Wanted {
  const { query, clock } = act;
  const { principal, model, outcome, request, limit = 0 } = query;
  const [tenant, now] = [tenantSeen(act), clock()];
  const until = Math.min(query.until ?? Number.POSITIVE_INFINITY, now + AHEAD_MS);
  // What is out now cannot have begun before.
  const since = outcome === 'in-flight' ? Math.max(query.since ?? 0, now - UNSETTLED_AFTER_MS) : query.since;
  const hash = model === undefined ? undefined : wantedHash(model);
  const byAll = outcome === undefined || ['in-flight', 'unsettled', 'retried'].includes(outcome);
  return {
    ...{ since, until, limit },
    is: (record: UsageRecord) =>
      (tenant === undefined || record.tenant === tenant) &&
      (principal === undefined || record.principal === principal) &&
      (request === undefined || record.requestId === request) &&
      // Of calls that ended in one way, only ends are kept: of the others there may be very many.
      (byAll || (record.phase === 'finished' && (record.outcome === outcome || record.outcome === 'retried'))),
    ended: ({ attempts }: FoundCall) => {
      const last = attempts.at(-1);
      return (
        (outcome === undefined || (last !== undefined && outcomeOf(last, now) === outcome)) &&
        (model === undefined ||
          attempts.some(({ base }) => base.model === model || base.nativeModel === model || base.wantedHash === hash))
      );
    },
  };
}

const positionSchema = v.strictObject({
  hour: v.pipe(v.number(), v.integer(), v.minValue(0)),
  first: v.exactOptional(v.string()),
  last: v.exactOptional(v.string()),
  floor: v.exactOptional(v.tuple([v.number(), v.string()])),
});

/** @throws HttpProblem 400 */
function positionIn(cursor: string | undefined, until: number): Position | undefined {
  if (cursor === undefined) return undefined;
  const text = decoded(cursor);
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), positionSchema), text);
  if (parsed.success && parsed.output.hour <= hourOf(until)) return parsed.output;
  throw new HttpProblem(400, 'cursor must be the `next` of an earlier page.');
}

async function told(act: Act, calls: readonly FoundCall[]): Promise<ToldCall[]> {
  const { items, clock } = act;
  return toldOf(calls, createModelReader({ items, clock, onUnusable: () => undefined }), clock());
}

function row({ attempts, ...call }: ToldCall) {
  return { ...call, attempts: attempts.length };
}

/** Without what AWS calls the model and the call, which is the operator’s to know: an account’s number may stand in it. */
function ofTenant({ nativeModel: _, awsRequestId: __, charged: ___, ...attempt }: ToldAttempt) {
  return attempt;
}

export const REQUEST_ROUTES: readonly Route[] = [
  {
    ...common,
    path: '/requests',
    parameters: ['limit', 'cursor', 'since', 'until', 'tenant', 'principal', 'model', 'outcome', 'request'],
    about: 'Calls, one a row, the newest first, for as long as the raw lines of usage are kept; never what was said.',
    async run(act) {
      const wanted = wantedOf(act);
      const from = positionIn(act.query.cursor, wanted.until);
      const { calls, next, lookedBackTo } = await pageOfCalls(await act.usage(), wanted, act.clock, from);
      return {
        body: {
          items: (await told(act, calls)).map(row),
          lookedBackTo: isoMilliseconds(lookedBackTo),
          ...(next === undefined ? {} : { next: encoded(JSON.stringify(next)) }),
        },
      };
    },
  },
  {
    ...common,
    path: '/requests/:request',
    parameters: ['since', 'until'],
    about: `One call by its x-request-id, with each attempt; looked for in the last ${CALL_SOUGHT_HOURS} hours unless \`since\` is given.`,
    async run(act) {
      const { params, query, clock, rights } = act;
      const since = query.since ?? clock() - CALL_SOUGHT_HOURS * HOUR_MS;
      const asked = { ...act, query: { ...query, since, limit: 1, request: params.request ?? '' } };
      const { calls, lookedBackTo }: Page = await pageOfCalls(await act.usage(), wantedOf(asked), clock);
      const [call] = await told(act, calls);
      if (call === undefined)
        throw new TollgateError('not_found', {
          field: 'request',
          reason: 'no-such-item',
          message: `No call ${params.request} began since ${isoMilliseconds(Math.max(since, lookedBackTo))}: its lines may not be delivered yet, it was refused before it was a call, or it is older (\`since\`, \`until\`).`,
        });
      const all = rights.scopeOf('reports', 'read') === 'all';
      return { body: { ...row(call), tried: all ? call.attempts : call.attempts.map(ofTenant) } };
    },
  },
];
