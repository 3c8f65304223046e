import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseMoney } from '../../../../metering/money.ts';
import {
  idleGrants,
  lastDays,
  principalsUse,
  principalUse,
  reachOf,
  recentDays,
  recentUse,
  together,
} from '../../../../metering/report/recent.ts';
import { DAY_MS } from '../../../../metering/window.ts';
import { aggregationOver, call, MemoryStore, NINE } from '../support.ts';
import { type CountersTable, openTable } from '../table.ts';

const TOKENS = { input: 1_000_000, output: 0, cacheRead: 0, cacheWrite: 0 };
const [TENTH, DAY_BEFORE, TODAY] = [NINE - 11 * DAY_MS, NINE - DAY_MS, NINE];
const NOW = NINE + 3 * 3_600_000;

describe('what was used lately', () => {
  let table: CountersTable;
  const store = new MemoryStore();

  beforeAll(async () => {
    table = await openTable();
    const of = (invocationId: string, at: number, members: Parameters<typeof call>[0] = {}) =>
      call({ invocationId, at, tokens: TOKENS, ...members });
    store.deliver('dt=2026-11-10/hour=09/a', of('a', TENTH));
    store.deliver('dt=2026-11-20/hour=09/b', [
      ...of('b', DAY_BEFORE, { principal: 'other' }),
      ...of('c', DAY_BEFORE, { model: 'unpriced' }),
      ...of('d', DAY_BEFORE, { tenant: 'globex', costCenter: 'a, "b"\r\nacme,cc,nova-lite' }),
    ]);
    store.deliver('dt=2026-11-21/hour=09/c', [
      ...of('e', TODAY),
      ...of('f', TODAY, { tenant: 'globex', outcome: 'refused', model: 'unpriced' }),
    ]);
    await aggregationOver(store, { counters: table.counters, now: NOW }).run();
  });

  afterAll(() => table.close());

  test('is told for each tenant and model, with the first and the last day of it; what has no price costs null', async () => {
    const uses = await recentUse(store, {}, { now: NOW });
    expect(uses).toMatchObject([
      { tenant: 'acme', model: 'nova-lite', calls: 3, firstDay: '2026-11-10', lastDay: '2026-11-21', unpriced: 0 },
      { tenant: 'acme', model: 'unpriced', calls: 1, cost: null, unpriced: 1, firstDay: '2026-11-20' },
      { tenant: 'globex', model: 'nova-lite', calls: 1, cost: parseMoney('0.06'), lastDay: '2026-11-20' },
    ]);
    expect(uses[0]?.tokens.input).toBe(3_000_000n);
    expect(uses[0]?.cost).toBe(parseMoney('0.18'));
    expect(together(uses)).toMatchObject({
      calls: 5,
      unpriced: 1,
      cost: parseMoney('0.24'),
      firstDay: '2026-11-10',
      lastDay: '2026-11-21',
    });
    expect(together(uses)?.tokens.input).toBe(5_000_000n);
    expect(together([])).toBeUndefined();
  });

  test.each([
    ['one model', { model: 'nova-lite' }, ['acme nova-lite', 'globex nova-lite']],
    ['one tenant', { tenant: 'acme' }, ['acme nova-lite', 'acme unpriced']],
    ['one grant', { tenant: 'acme', model: 'unpriced' }, ['acme unpriced']],
    ['a grant that nobody used', { tenant: 'globex', model: 'unpriced' }, []],
  ])('is asked of %s', async (_, whose, expected) => {
    const uses = await recentUse(store, whose, { now: NOW });
    expect(uses.map(({ tenant, model }) => `${tenant} ${model}`)).toEqual(expected);
  });

  test('is told by principal from the summaries, as much as the reports say', async () => {
    const uses = await principalUse(table.counters, { tenant: 'acme', model: 'nova-lite' }, { now: NOW });
    expect(uses).toMatchObject([
      { tenant: 'acme', model: 'nova-lite', principal: 'acme-app', calls: 2, firstDay: '2026-11-10' },
      { tenant: 'acme', model: 'nova-lite', principal: 'other', calls: 1, lastDay: '2026-11-20' },
    ]);
    const [reported] = await recentUse(store, { tenant: 'acme', model: 'nova-lite' }, { now: NOW });
    const { tenant: _, model: __, ...use } = reported ?? {};
    expect(together(uses)).toMatchObject(use);
    const all = await principalsUse(table.counters, ['globex', 'nobody', 'acme'], undefined, { now: NOW });
    expect(all.map(({ tenant, model, principal }) => `${tenant} ${model} ${principal}`)).toEqual([
      'globex nova-lite acme-app',
      'acme nova-lite acme-app',
      'acme nova-lite other',
      'acme unpriced acme-app',
    ]);
  });

  test('is of as many days as are asked for, today the last', async () => {
    expect(recentDays({ now: NOW, days: 2 })).toEqual(['2026-11-20', '2026-11-21']);
    expect(recentDays({ now: NOW })).toHaveLength(30);
    const [use] = await recentUse(store, { tenant: 'acme' }, { now: NOW, days: 2 });
    expect(use).toMatchObject({ calls: 2, firstDay: '2026-11-20' });
  });

  test('a grant is idle that was made before a day and not used on it or since', async () => {
    const grants = ['acme nova-lite', 'acme unpriced', 'globex nova-lite', 'globex unpriced'].map((grant) => {
      const [tenant = '', model = ''] = grant.split(' ');
      return { tenant, model, grantedAt: TENTH };
    });
    const young = { tenant: 'young', model: 'nova-lite', grantedAt: TODAY };
    const last = await lastDays(store, { now: NOW });
    expect(last('acme', 'unpriced')).toBe('2026-11-20');
    const idle = (since: string) =>
      idleGrants([...grants, young], last, since).map(({ tenant, model }) => `${tenant} ${model}`);
    expect(idle('2026-11-21')).toEqual(['acme unpriced', 'globex nova-lite', 'globex unpriced']);
    expect(idle('2026-11-20')).toEqual(['globex unpriced']);
    expect(idle('2026-11-22')).toHaveLength(5);
    expect(idle('2026-11-10')).toEqual([]);
  });

  test('what was delivered and not aggregated yet is told', async () => {
    expect(await reachOf(store)).toEqual({ watermark: '2026-11-21T12', waiting: 0 });
    store.deliver('dt=2026-11-21/hour=10/d', call({ invocationId: 'z', at: NINE + 3_600_000 }));
    expect(await reachOf(store)).toEqual({ watermark: '2026-11-21T12', waiting: 1 });
    expect(await reachOf(new MemoryStore())).toEqual({ watermark: null, waiting: 0 });
  });
});
