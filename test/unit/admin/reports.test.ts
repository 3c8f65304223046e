import { beforeEach, describe, expect, test } from 'vitest';
import { createAdmin } from '../../../admin/app.ts';
import type { CallerContext } from '../../../contract/context.ts';
import { MARKS, parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import { SUMMARY_READS_FOR_MS } from '../../../contract/limits/metering.ts';
import { keepReconciliation, keptOf } from '../../../metering/bill/kept.ts';
import { driftKey, hourKey, LAST_RUN_KEY, reportKey } from '../../../metering/ledger/layout.ts';
import { usageCsv } from '../../../metering/ledger/usage-file.ts';
import { reportCsv, reportRows } from '../../../metering/report/report.ts';
import { hourOf, parseHour } from '../../../metering/window.ts';
import { createWriter } from '../../../registry/writer.ts';
import { MemoryStore } from '../metering/support.ts';
import { usageRow } from '../metering/usage-row.ts';
import { memoryItems } from '../registry/memory-items.ts';

const NOW = Date.UTC(2026, 10, 22, 12);
const DOLLAR = 10n ** 18n;
const FORMULA = '=HYPERLINK("http://x")';

let store: MemoryStore;
let time: number;
let app: ReturnType<typeof createAdmin>;

const cost = (dollars: bigint) => ({ input: dollars * DOLLAR, output: 0n });
/** By day: what three tenants used; the second day has calls that nobody can price, and one without an end. */
const DAYS = {
  '2026-11-20': [
    usageRow({ cost: cost(5n), tokens: { input: 10n, cacheWrite: 1n, cacheWrite1h: 2n } }),
    usageRow({ tenant: 'globex', principal: 'globex-app', costCenter: 'cc-2', cost: cost(1n) }),
  ],
  '2026-11-21': [
    usageRow({ cost: cost(2n), principal: FORMULA, tokens: { input: 3n } }),
    usageRow({ tenant: 'globex', principal: 'globex-app', costCenter: 'cc-2', cost: cost(9n), estimated: 1 }),
    usageRow({
      tenant: 'hooli',
      principal: 'h',
      costCenter: 'cc-3',
      model: 'mystery',
      cost: null,
      unpriced: 1,
      unsettled: 2,
    }),
  ],
};

beforeEach(async () => {
  time = NOW;
  store = new MemoryStore();
  for (const [day, rows] of Object.entries(DAYS)) {
    const hour = parseHour(`${day}T09`);
    await store.put(hourKey(hour, 'usage.csv'), usageCsv(hour, rows));
    await store.put(reportKey(day), reportCsv(reportRows(rows)));
  }
  const items = memoryItems();
  const writer = createWriter({ items, clock: () => NOW, actor: 'setup' });
  for (const [id, team] of [
    ['acme', 'search'],
    ['globex', 'ads'],
  ] as const)
    await writer.putTenant({ id, costCenter: 'CC-1', labels: { team } });
  app = createAdmin({ items, usage: async () => store, clock: () => time });
});

const caller = (role: keyof typeof MARKS | '', tenant = 'ops'): CallerContext => ({
  tenant: parseTenantId(tenant),
  principal: parsePrincipal('someone'),
  roles: role === '' ? [] : [MARKS[role]],
  costCenter: 'CC-1',
  exp: NOW / 1_000 + 900,
  models: [],
  budgets: [],
});

async function ask(path: string, who = caller('finance')) {
  // Nobody asks faster than may be asked.
  time += 1_000;
  const response = await app.fetch(new Request(`http://x/admin${path}`), { caller: who, requestId: 'r-1' });
  const text = await response.text();
  const json = response.headers.get('content-type')?.endsWith('json');
  return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined };
}

interface Row {
  period?: string;
  tenant?: string;
  principal?: string;
  model?: string;
  cost: { total: string } | null;
}

const BOTH = 'from=2026-11-20&to=2026-11-21';

describe('a report over HTTP', () => {
  test.each([
    ['', ['globex nova-lite 10', 'acme nova-lite 7', 'hooli mystery null']],
    ['&by=tenant', ['globex 10', 'acme 7', 'hooli null']],
    ['&by=model', ['nova-lite 17', 'mystery null']],
    ['&by=principal', ['globex-app 10', 'acme-app 5', `${FORMULA} 2`, 'h null']],
    [
      '&by=tenant&period=day',
      ['2026-11-21 globex 9', '2026-11-20 acme 5', '2026-11-21 acme 2', '2026-11-20 globex 1', '2026-11-21 hooli null'],
    ],
    ['&by=&period=day', ['2026-11-21 11', '2026-11-20 6']],
    ['&by=none&period=month', ['2026-11 17']],
    ['&by=tenant&tenant=acme', ['acme 7']],
    ['&by=principal&tenant=acme', ['acme-app 5', `${FORMULA} 2`]],
    ['&by=tenant&model=mystery', ['hooli null']],
    ['&by=tenant&label=team', ['globex 10', 'acme 7']],
    ['&by=tenant&label=team=search', ['acme 7']],
    ['&by=tenant&label=team=nobody', []],
  ])('is added up by what is asked, the costliest first: %s', async (more, rows) => {
    const { body } = await ask(`/report?${BOTH}${more}`);
    const shown = (body.items as Row[]).map(({ period, tenant, principal, model, cost: money }) =>
      [period, tenant, principal, model, money?.total ?? 'null'].filter((one) => one !== undefined).join(' '),
    );
    expect(shown).toEqual(rows);
  });

  test('whatever it is added up by, it adds up to the same, and says what is in no sum', async () => {
    for (const by of ['tenant', 'principal', 'region,tier,account', '']) {
      const { body } = await ask(`/report?${BOTH}&by=${by}`);
      expect(body.total).toMatchObject({
        invocations: 5,
        unpriced: 1,
        unsettled: 2,
        estimated: 1,
        cost: { total: '17' },
      });
      expect(body.total.tokens).toMatchObject({ input: 13, cacheWrite: 3 });
    }
  });

  test.each(['tenant', 'principal'])(
    'by period and %s it tells the periods and the names by themselves, too',
    async (by) => {
      const { body } = await ask(`/report?${BOTH}&by=${by}&period=day`);
      expect(body.periods).toMatchObject([
        { period: '2026-11-20', cost: { total: '6' } },
        { period: '2026-11-21', cost: { total: '11' }, unsettled: 2 },
      ]);
      expect(body.names.items[0]).toMatchObject({ cost: { total: '10' }, invocations: 2 });
      expect(body.total).toMatchObject({ cost: { total: '17' }, invocations: 5 });
    },
  );

  test('by period the costliest names alone have rows, and the periods have everything', async () => {
    const { body } = await ask(`/report?${BOTH}&by=tenant&period=day&top=1`);
    expect(body.items.map(({ tenant }: Row) => tenant)).toEqual(['globex', 'globex']);
    expect(body.names.others).toMatchObject({ rows: 2 });
    expect(body.periods.map(({ cost: money }: Row) => money?.total)).toEqual(['6', '11']);
  });

  test('what has no room is told as one sum', async () => {
    const { body } = await ask(`/report?${BOTH}&by=tenant&top=1`);
    expect(body.items).toHaveLength(1);
    expect(body.others).toMatchObject({ rows: 2, cost: { total: '7' }, unpriced: 1 });
  });

  test('as a file it has the columns of a day’s report and no formula', async () => {
    const { text, headers } = await ask(`/report?${BOTH}&by=principal&format=csv`);
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-disposition')).toBe('attachment; filename="tollgate-2026-11-20-2026-11-21.csv"');
    const [head, ...lines] = text.trim().split('\n');
    expect(head).toMatch(/^principal,input_tokens,.*,total_cost,unsettled,unpriced,estimated,estimated_cost\r?$/);
    expect(lines).toHaveLength(4);
    expect(text).not.toMatch(/(?:^|,)"?=/m);
    const cut = await ask(`/report?${BOTH}&by=principal&format=csv&top=3`);
    expect(cut.headers.get('x-tollgate-rows-left')).toBe('1');
  });

  test('by what the days’ reports tell apart no hour is read, and by what they do not no report', async () => {
    const read: string[] = [];
    store.before = (operation, key) => {
      if (operation === 'read' && !key.startsWith('state/')) read.push(key.split('/')[0] ?? '');
    };
    await ask(`/report?${BOTH}&by=tenant,cost-center,model`);
    expect(new Set(read.splice(0))).toEqual(new Set(['reports']));
    await ask(`/report?${BOTH}&by=tenant,region`);
    expect(new Set(read)).toEqual(new Set(['usage']));
  });

  test('of more than can be read while somebody waits is refused, and stops reading', async () => {
    let reads = 0;
    store.before = (operation, key) => {
      if (operation !== 'read' || !key.startsWith('reports/')) return;
      reads++;
      time += SUMMARY_READS_FOR_MS / 4;
    };
    const { status, body } = await ask('/report?from=2026-01-01&to=2026-11-21');
    expect([status, body.errors]).toEqual([400, [{ path: 'from', reason: 'too-much' }]]);
    expect(reads).toBeLessThan(15);
  });

  test.each([
    ['from=2026-11-22&to=2026-11-21', 'from'],
    ['from=2025-01-01&to=2026-11-21', 'from'],
    ['from=yesterday', 'from'],
    ['by=colour', 'by'],
    ['period=year', 'period'],
    ['top=0', 'top'],
    ['format=pdf', 'format'],
    ['since=2026-01-01', 'since'],
  ])('%s is refused by its name', async (query, field) => {
    const { status, body } = await ask(`/report?${query}`);
    expect([status, body.errors[0].path]).toEqual([400, field]);
  });
});

describe('what moved', () => {
  test('is told against as many days before, the greatest change first', async () => {
    const { body } = await ask('/report/movers?from=2026-11-21&to=2026-11-21&by=tenant');
    expect(body).toMatchObject({
      before: { from: '2026-11-20', to: '2026-11-20' },
      total: { before: '6', now: '11' },
      items: [
        { tenant: 'globex', before: '1', now: '9', change: '8' },
        { tenant: 'acme', before: '5', now: '2', change: '-3' },
      ],
    });
  });
});

describe('what is open', () => {
  test('is told by whose and which model, what is in no sum first', async () => {
    const { body } = await ask(`/report/open?${BOTH}`);
    expect(body.items).toMatchObject([
      { tenant: 'hooli', model: 'mystery', unpriced: 1, unsettled: 2, cost: null },
      { tenant: 'globex', model: 'nova-lite', estimated: 1 },
    ]);
    expect(body.items).toHaveLength(2);
  });
});

describe('who is told', () => {
  const PATHS = [`/report?${BOTH}`, `/report/movers?${BOTH}`, `/report/open?${BOTH}`];
  const STAGE = ['/metering', '/reconciliations', '/reconciliations/2026-11-20_2026-11-21'];

  test.each(['admin', 'auditor', 'finance'] as const)('%s is told of everybody', async (role) => {
    for (const path of PATHS) expect((await ask(path, caller(role))).status, path).toBe(200);
    expect((await ask(`${PATHS[0]}&tenant=acme`, caller(role))).body.items).toHaveLength(1);
    for (const path of STAGE.slice(0, 2)) expect((await ask(path, caller(role))).status, path).toBe(200);
  });

  test('a tenant’s own administrator is told of its tenant, and of the stage nothing', async () => {
    const mine = caller('tenant-admin', 'acme');
    for (const path of PATHS) {
      const own = await ask(path, mine);
      expect(own.status).toBe(200);
      expect(own.text, path).not.toMatch(/globex|hooli|mystery/);
      expect((await ask(`${path}&tenant=acme`, mine)).text).toBe(own.text);
      expect((await ask(`${path}&tenant=globex`, mine)).status).toBe(403);
      expect((await ask(`${path}&tenant=nobody`, mine)).status).toBe(403);
      const csv = await ask(`${path.replace('?', '?format=csv&')}`, mine);
      expect(csv.text).not.toContain('globex');
    }
    for (const path of STAGE) expect((await ask(path, mine)).status, path).toBe(403);
  });

  test('who has none of these roles is told nothing', async () => {
    for (const path of [...PATHS, ...STAGE]) expect((await ask(path, caller('', 'acme'))).status, path).toBe(403);
  });
});

describe('the ledger itself', () => {
  test('is told with what differs from AWS, and of what failed the part and not the words of AWS', async () => {
    const totals = { calls: 1, input: 5, output: 5, cacheRead: 0, cacheWrite: 0 };
    const old = hourOf(NOW) - 100;
    for (const [hour, drift] of [
      [hourOf(NOW) - 2, 7],
      [old, 1],
    ] as const)
      await store.put(
        driftKey(hour),
        JSON.stringify({
          hour: new Date(hour * 3_600_000).toISOString().slice(0, 13),
          ledger: totals,
          cloudwatch: totals,
          drift,
          compared: 10,
          beyond: false,
        }),
      );
    await store.put('quarantine/dt=2026-11-21/hour=09/a.jsonl', 'x\n');
    await store.put(
      LAST_RUN_KEY,
      JSON.stringify({
        started: NOW,
        ended: NOW,
        hours: 1,
        rawObjects: 1,
        quarantined: 0,
        released: 0,
        failed: ['hour 2026-11-21T09: AccessDenied: arn:aws:iam::111122223333:role/x'],
      }),
    );
    const { body, text } = await ask('/metering');
    expect(body).toMatchObject({
      watermark: null,
      quarantined: { rawObjects: 1 },
      drift: [{ hour: '2026-11-22T10:00:00Z', drift: 7 }],
      lastRun: { started: '2026-11-22T12:00:00.000Z', failed: ['hour 2026-11-21T09'] },
    });
    expect(text).not.toContain('111122223333');
    expect((await ask('/metering?since=2026-11-01')).body.drift).toHaveLength(2);
  });

  test('a reconciliation that was kept is told in sums, and by its days with what differs most', async () => {
    const one = {
      day: '2026-11-20',
      tenant: 'acme',
      model: 'nova-lite',
      percent: 50,
      unsettled: 0,
      unpriced: 0,
      estimated: 0,
      explained: false,
    };
    const report = {
      compared: [
        {
          ...one,
          measure: 'usd' as const,
          aws: 4n * DOLLAR,
          ours: 2n * DOLLAR,
          difference: 2n * DOLLAR,
          agrees: false,
        },
        {
          ...one,
          tenant: 'globex',
          measure: 'usd' as const,
          aws: DOLLAR,
          ours: DOLLAR,
          difference: 0n,
          percent: 0,
          agrees: true,
        },
        { ...one, measure: 'input' as const, aws: 4n, ours: 0n, difference: 4n, agrees: false },
      ],
      elsewhere: [
        {
          direct: '',
          principal: 'arn:aws:iam::1:user/a',
          billingName: 'NovaLite',
          kind: 'input' as const,
          quantity: 1n,
          cost: DOLLAR,
          lines: 1,
        },
      ],
      ...{
        mapped: [],
        unmapped: [],
        unseen: [],
        costCenters: [],
        otherBills: [],
        days: ['2026-11-20', '2026-11-21'],
        tolerance: 1,
      },
      read: { lines: 3, ours: 2, elsewhere: 1, repeated: 0, skipped: {} },
      rejected: { count: 0, listed: [] },
    };
    await keepReconciliation(store, keptOf(report, NOW));
    const { body } = await ask('/reconciliations');
    expect(body.items).toMatchObject([
      {
        id: '2026-11-20_2026-11-21',
        measures: { agree: 1, differ: 2, explained: 0 },
        usd: { aws: '5', ours: '3', difference: '2' },
      },
    ]);
    expect(body.items[0]).not.toHaveProperty('differing');
    const whole = await ask('/reconciliations/2026-11-20_2026-11-21');
    expect(whole.body).toMatchObject({
      tenants: [
        { tenant: 'acme', difference: '2', whole: true },
        { tenant: 'globex', difference: '0' },
      ],
      differing: [
        { measure: 'usd', aws: '4', ours: '2' },
        { measure: 'input', aws: '4', ours: '0', note: 'only AWS has it' },
      ],
      elsewhere: [{ usd: '1' }],
    });
    expect((await ask('/reconciliations?since=2026-11-21')).body.items).toEqual([]);
    for (const id of ['2026-11-20_2026-11-20', '..%2Flast-run', 'x'])
      expect((await ask(`/reconciliations/${id}`)).status).toBe(404);
  });
});
