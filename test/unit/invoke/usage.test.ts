import { describe, expect, test } from 'vitest';
import type { Budget } from '../../../contract/budget.ts';
import { TollgateError } from '../../../contract/errors.ts';
import { TENANT_DAY_KEPT_DAYS, USAGE_ROWS_MAX } from '../../../contract/limits/metering.ts';
import type { AppDeps } from '../../../invoke/app.ts';
import {
  principalCounters,
  tenantCounters,
  totalAttribute,
  usagePartition,
} from '../../../metering/budgets/counter-names.ts';
import { type Counts, NO_COUNTS } from '../../../metering/budgets/counters.ts';
import { type TenantDayRow, toItem } from '../../../metering/report/tenant-day.ts';
import { bound } from '../../seal.ts';
import { usageRow } from '../metering/usage-row.ts';
import { call, caller, edge, event, NOW } from './edge.ts';

const TODAY = new Date(NOW).toISOString().slice(0, 10);

type Days = Record<string, TenantDayRow[]>;

/** A counters table with the summaries of acme, that notes what it was asked. */
function table(days: Days, counted: Record<string, Counts> = {}) {
  const asked: string[] = [];
  const counters: AppDeps['counters'] = {
    query: async (pk, from, to) => {
      asked.push(`query ${pk} ${from} ${to}`);
      if (pk !== usagePartition('acme')) return [];
      return Object.entries(days)
        .filter(([day]) => from <= day && day <= to)
        .map(([day, rows]) => {
          const { pk: at, sk, ...document } = toItem({ tenant: 'acme', day, asOf: NOW - 60_000, rows });
          return { key: { pk: at, sk }, document };
        });
    },
    counts: async ({ pk, sk }) => {
      asked.push(`counts ${pk} ${sk}`);
      return counted[`${pk} ${sk}`] ?? NO_COUNTS;
    },
  };
  return { counters, asked };
}

const row = (members: Partial<TenantDayRow> = {}): TenantDayRow => {
  const { model, principal, tokens, invocations, estimated, unsettled, unpriced, cost } = usageRow({
    tokens: { input: 10n },
  });
  return { model, principal, tokens, invocations, estimated, unsettled, unpriced, cost, ...members };
};

async function ask(query: Record<string, string>, { counters }: Pick<AppDeps, 'counters'>, budgets: Budget[] = []) {
  const { app } = edge(undefined, undefined, counters);
  const asking = event('GET', '/v1/usage');
  const requestContext = { ...asking.requestContext, authorizer: await bound({ ...caller, budgets }) };
  const answer = await call(app, { ...asking, requestContext, queryStringParameters: query });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() as Record<string, unknown> };
}

describe('GET /v1/usage', () => {
  test('is the day’s summary, tokens by kind and money as exact text; what is not known is null', async () => {
    const { counters } = table({
      [TODAY]: [
        row({ estimated: 1, cost: { input: 10n ** 15n, output: 5n * 10n ** 17n, estimated: 10n ** 15n } }),
        row({ model: 'titan', unpriced: 1, cost: null }),
      ],
    });
    const { status, headers, body } = await ask({}, { counters });
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(body).toEqual({
      object: 'usage',
      tenant: 'acme',
      from: TODAY,
      to: TODAY,
      as_of: new Date(NOW - 60_000).toISOString(),
      data: [
        {
          day: TODAY,
          model: 'nova-lite',
          principal: 'acme-app',
          tokens: {
            input: 10,
            output: 0,
            cache_read: 0,
            cache_write: 0,
            cache_write_1h: 0,
            reasoning: 0,
            images: 0,
            embeddings: 0,
            searches: 0,
            calls: 0,
          },
          invocations: 1,
          input_cost: '0.001',
          output_cost: '0.5',
          total_cost: '0.501',
          unsettled: 0,
          unpriced: 0,
          estimated: 1,
          estimated_cost: '0.001',
        },
        expect.objectContaining({ model: 'titan', input_cost: null, total_cost: null, unpriced: 1 }),
      ],
      budgets: [],
    });
  });

  test('adds up by what was asked for', async () => {
    const { counters } = table({
      '2026-11-19': [row(), row({ principal: 'other' })],
      '2026-11-20': [row({ model: 'titan' })],
    });
    const range = { from: '2026-11-19', to: '2026-11-20' };
    const data = async (by: string) => (await ask({ ...range, by }, { counters })).body.data;
    expect(await data('day')).toMatchObject([
      { day: '2026-11-19', invocations: 2 },
      { day: '2026-11-20', invocations: 1 },
    ]);
    expect(await data('principal, model')).toMatchObject([
      { model: 'nova-lite', principal: 'acme-app', invocations: 1 },
      { model: 'nova-lite', principal: 'other', invocations: 1 },
      { model: 'titan', principal: 'acme-app', invocations: 1 },
    ]);
    expect((await data('model')) as object[]).not.toContainEqual(expect.objectContaining({ day: expect.anything() }));
  });

  test('nothing known of a day is no usage, as of never', async () => {
    expect((await ask({ from: '2026-01-01', to: '2026-01-02' }, table({}))).body).toMatchObject({
      as_of: null,
      data: [],
    });
  });

  test('T1: only the caller’s own partition is ever read, whatever else names a tenant', async () => {
    const world = table({ [TODAY]: [row()] });
    const { body } = await ask({ tenant: 'globex', tenant_id: 'globex', 'x-tenant-id': 'globex' }, world);
    expect(body).toMatchObject({ tenant: 'acme', data: [{ invocations: 1 }] });
    expect(world.asked).toEqual([`query USAGE#acme ${TODAY} ${TODAY}`]);
  });

  test('a long time is read a month at a time', async () => {
    const world = table({});
    expect((await ask({ from: '2025-11-22', to: '2026-11-21' }, world)).status).toBe(200);
    expect(world.asked).toHaveLength(12);
    expect(world.asked.at(0)).toBe('query USAGE#acme 2025-11-22 2025-12-22');
    expect(world.asked.at(-1)).toBe('query USAGE#acme 2026-10-29 2026-11-21');
    expect(TENANT_DAY_KEPT_DAYS).toBeGreaterThanOrEqual(366);
  });

  test.each<[string, Record<string, string>, string]>([
    ['no day', { from: '21.11.2026' }, 'from'],
    ['a day that does not exist', { to: '2026-02-30' }, 'to'],
    ['the wrong order', { from: '2026-11-21', to: '2026-11-20' }, 'from'],
    ['more than a year', { from: '2025-11-20', to: '2026-11-21' }, 'from'],
    ['all of history', { from: '0001-01-01', to: '9999-12-31' }, 'from'],
    ['what nothing is summed by', { by: 'day,region' }, 'by'],
  ])('%s is refused before anything is read, naming the parameter', async (_, query, param) => {
    const world = table({});
    const { status, body } = await ask(query, world);
    expect({ status, error: body.error }).toMatchObject({
      status: 400,
      error: { param, type: 'invalid_request_error' },
    });
    expect(world.asked).toEqual([]);
  });

  test('more rows than fit into an answer are refused, with what to ask instead', async () => {
    const rows = Array.from({ length: USAGE_ROWS_MAX + 1 }, (_, i) => row({ principal: `p${i}` }));
    const { status, body } = await ask({}, table({ [TODAY]: rows }));
    expect({ status, error: body.error }).toMatchObject({ status: 400, error: { param: 'from' } });
    expect((await ask({ by: 'model' }, table({ [TODAY]: rows }))).status).toBe(200);
  });

  test('a table that does not answer is 503, in OpenAI’s form', async () => {
    const counters: AppDeps['counters'] = {
      query: async () => {
        throw new TollgateError('unavailable', { reason: 'counters-timeout', retryAfterSeconds: 2 });
      },
      counts: async () => NO_COUNTS,
    };
    const { status, headers, body } = await ask({}, { counters });
    expect({ status, code: body.error }).toMatchObject({ status: 503, code: { code: 'unavailable' } });
    expect(headers['retry-after']).toBe('2');
  });
});

describe('the budgets in it', () => {
  const MONTH = new Date(NOW).toISOString().slice(0, 7);
  const monthly: Budget = {
    id: 'monthly',
    per: 'tenant',
    period: 'month',
    unit: 'usd',
    limit: '10',
    enforcement: 'hard',
  };
  const each: Budget = {
    id: 'each',
    per: 'principal',
    period: 'day',
    unit: 'tokens',
    limit: '500',
    enforcement: 'soft',
  };
  const others: Budget = { ...each, id: 'others', only: 'somebody-else' };

  const numbers = (...all: [string, bigint][]): Counts => ({ numbers: new Map(all), sets: new Map() });
  const own = principalCounters('acme', caller.principal);
  const whole = tenantCounters('acme');
  const counted = {
    [`${whole.pk} ${whole.sk}`]: numbers(
      [totalAttribute({ budget: 'monthly', window: MONTH, unit: 'usd' }), 3n * 10n ** 18n],
      [`o|1|monthly|${MONTH}|usd`, 10n ** 18n],
    ),
    [`${own.pk} ${own.sk}`]: numbers([totalAttribute({ budget: 'each', window: TODAY, unit: 'tokens' }), 600n]),
  };

  test('say what is used, reserved and left, and until when', async () => {
    const { body } = await ask({}, table({}, counted), [each, monthly]);
    expect(body.budgets).toMatchObject([
      { id: 'each', of: 'acme-app', unit: 'tokens', limit: '500', used: '600', reserved: '0', left: '0' },
      { id: 'monthly', unit: 'usd', period: 'month', limit: '10', used: '2', reserved: '1', left: '7' },
    ]);
    for (const { resets_at } of body.budgets as { resets_at: string }[])
      expect(Date.parse(resets_at)).toBeGreaterThan(NOW);
  });

  test('are those that count this caller; of other principals nothing is read', async () => {
    const world = table({}, counted);
    const { body } = await ask({}, world, [each, others]);
    expect((body.budgets as { id: string }[]).map(({ id }) => id)).toEqual(['each']);
    expect(world.asked.filter((one) => one.startsWith('counts'))).toEqual([`counts ${own.pk} ${own.sk}`]);
  });
});
