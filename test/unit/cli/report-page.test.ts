import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { dollars, grouped, percent } from '../../../cli/report/amounts.ts';
import { marksUpTo } from '../../../cli/report/chart.ts';
import { columnsCsv, columnsTable, rowJson } from '../../../cli/report/columns.ts';
import { barPeriod, gatherOverview } from '../../../cli/report/gather.ts';
import { fitting, groupColumns, groupRow } from '../../../cli/report/groups.ts';
import { reportPage } from '../../../cli/report/page.ts';
import { hourKey } from '../../../metering/ledger/layout.ts';
import type { UsageRow } from '../../../metering/ledger/row.ts';
import { OUTCOME_COLUMNS } from '../../../metering/ledger/told.ts';
import { usageCsv } from '../../../metering/ledger/usage-file.ts';
import { readUsage } from '../../../metering/ledger/usage-hours.ts';
import { type Grouping, Groups } from '../../../metering/report/groups.ts';
import { daysBetween, hourOf } from '../../../metering/window.ts';
import { MemoryStore } from '../metering/support.ts';
import { usageRow } from '../metering/usage-row.ts';

const CENT = 10n ** 16n;
const HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
const USUAL: Grouping = { by: ['tenant', 'cost-center', 'model'], period: 'total' };

async function ledger(days: Record<string, UsageRow[]>): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const [day, rows] of Object.entries(days)) {
    const hour = hourOf(Date.parse(`${day}T09:00:00Z`));
    await store.put(hourKey(hour, 'usage.csv'), usageCsv(hour, rows));
  }
  return store;
}

const cost = (cents: bigint, estimated = 0n) => ({
  cost: { input: cents * CENT, output: 0n, estimated: estimated * CENT },
});

async function page(days: Record<string, UsageRow[]>, from: string, to: string, tenant?: string): Promise<string> {
  const asked = { tenant, text: tenant === undefined ? '' : `tenant ${tenant}` };
  const overview = await gatherOverview(await ledger(days), { days: daysBetween(from, to), asked }, USUAL, null);
  return reportPage({ stage: 'dev', region: 'us-east-1', at: '2026-11-21T10:00:00.000Z', overview });
}

describe('the page of a report', () => {
  test('lets nothing run but its own script, and fetches nothing', async () => {
    const text = await page({ '2026-11-21': [usageRow(cost(100n))] }, '2026-11-21', '2026-11-21');
    const hashes = (what: RegExp) =>
      [...text.matchAll(what)].map(
        ([, source = '']) => `'sha256-${createHash('sha256').update(source).digest('base64')}'`,
      );
    const [script, ...others] = hashes(/<script>([\s\S]*?)<\/script>/g);
    const styles = hashes(/<style>([\s\S]*?)<\/style>/g).join(' ');
    expect(others).toEqual([]);
    expect(text).toContain(
      `content="default-src 'none'; style-src ${styles}; script-src ${script}; base-uri 'none'; form-action 'none'"`,
    );
    expect(text).not.toMatch(/<[^>]*\s(?:style|on\w+)=/);
    expect(text).not.toMatch(/\b(src|href)=|@import|url\(/);
  });

  test('escapes whatever a tenant is called, wherever it stands', async () => {
    const hostile = usageRow({
      tenant: HOSTILE,
      model: HOSTILE,
      costCenter: HOSTILE,
      principal: HOSTILE,
      ...cost(100n),
    });
    const text = await page(
      { '2026-11-21': [hostile], '2026-11-20': [usageRow({ ...hostile, ...cost(50n) })] },
      '2026-11-21',
      '2026-11-21',
    );
    expect(text).not.toContain(HOSTILE);
    expect(text).not.toContain('<img');
    expect(text.match(/<script(?! type="application\/json">)/g)).toHaveLength(1);
    expect(text).toContain('&#34;&#62;&#60;script&#62;');
  });

  test('says what is not in its sums, and that nothing is where nothing is', async () => {
    const open = await page(
      { '2026-11-21': [usageRow({ invocations: 5, unpriced: 2, estimated: 1, unsettled: 3, ...cost(100n, 25n) })] },
      '2026-11-21',
      '2026-11-21',
    );
    expect(open).toContain('and so is $0.25 of the cost');
    for (const what of ['2 calls unpriced', '3 calls unsettled', '1 call estimated']) expect(open).toContain(what);
    expect(await page({ '2026-11-21': [usageRow(cost(1n))] }, '2026-11-21', '2026-11-21')).toContain(
      'Every call is settled',
    );
  });

  test('a cost that is not known is never shown as nothing', async () => {
    const text = await page({ '2026-11-21': [usageRow({ unpriced: 1, cost: null })] }, '2026-11-21', '2026-11-21');
    expect(text).toContain('<dt>Cost</dt><dd>not known</dd>');
    expect(text).toContain('<td class="n">not known</td>');
  });

  test('compares with as many days before, and draws a bar for each day, used or not', async () => {
    const text = await page(
      { '2026-11-19': [usageRow(cost(200n))], '2026-11-21': [usageRow(cost(300n))] },
      '2026-11-20',
      '2026-11-21',
    );
    expect(text).toContain('<dt>Against the 2 days before</dt><dd>+50.0\u00a0% <small>from $2.00</small></dd>');
    expect(text).toContain('<title>2026-11-20: $0</title>');
    expect(text).toContain('<title>2026-11-21: $3.00</title>');
    expect(text).toContain('▲ +$1.00');
  });

  test('a table has a caption and heads that name their columns, a chart a title and a description', async () => {
    const text = await page({ '2026-11-21': [usageRow(cost(1n))] }, '2026-11-21', '2026-11-21');
    for (const table of text.split('<table').slice(1)) {
      expect(table).toContain('<caption>');
      expect(table).toContain('<th scope="col"');
    }
    expect(text).toContain('role="img" aria-labelledby="wide-title wide-desc"');
  });

  test('holds every row, the costliest first: a page of them as markup, the others as data', async () => {
    const tenants = Array.from({ length: 250 }, (_, i) =>
      usageRow({ tenant: `t${i}`, costCenter: `cc-${i % 3}`, ...cost(BigInt(i + 1)) }),
    );
    const text = await page({ '2026-11-21': tenants }, '2026-11-21', '2026-11-21');
    const [byTenant, byCostCenter, byModel, , everything, ...others] = text
      .split('class="paged"')
      .slice(1)
      .map((box) => ({
        shown: [...box.matchAll(/<th scope="row">(.*?)<\/th>/g)].map(([, name]) => name),
        ...(JSON.parse(/json">(.*?)<\/script>/.exec(box)?.[1] ?? '') as { names: string[]; rows: unknown[][] }),
      }));
    expect(others).toEqual([]);
    expect(byTenant?.shown).toEqual(Array.from({ length: 15 }, (_, i) => `t${249 - i}`));
    expect(byTenant?.rows).toHaveLength(250);
    expect(byTenant?.names.at(-1)).toBe('t0');
    expect(byCostCenter?.names).toEqual(['cc-0', 'cc-2', 'cc-1']);
    expect(byModel?.rows).toHaveLength(1);
    expect(everything?.shown).toHaveLength(100);
    expect(everything?.rows).toHaveLength(250);
    expect(everything?.rows[0]?.slice(0, 5)).toEqual([
      0,
      everything?.names.indexOf('cc-0'),
      everything?.names.indexOf('nova-lite'),
      '2.5',
      1,
    ]);
    expect(text).toContain('The first 100 of 250 rows.');
  });

  test('of one tenant has nothing of another; of no usage it says so', async () => {
    const days = { '2026-11-21': [usageRow(cost(1n)), usageRow({ tenant: 'globex', ...cost(2n) })] };
    expect(await page(days, '2026-11-21', '2026-11-21', 'acme')).not.toContain('globex');
    expect(await page(days, '2026-11-01', '2026-11-02')).toContain('No usage.');
  });

  test('bars are of days, weeks or months, so that each can be seen', () => {
    const days = (count: number) => Array.from({ length: count }, String);
    expect([1, 45, 46, 214, 215, 366].map((count) => barPeriod(days(count)))).toEqual([
      'day',
      'day',
      'week',
      'week',
      'month',
      'month',
    ]);
  });
});

describe('amounts for people', () => {
  test.each<[bigint | null, string]>([
    [null, '?'],
    [0n, '$0'],
    [CENT, '$0.01'],
    [123_456_789n * CENT, '$1,234,567.89'],
    [CENT * 100n - 1n, '$1.00'],
    [CENT / 2n, '$0.0050'],
    [1_234n * 10n ** 9n, '$0.0000012'],
    [1_250n * 10n ** 9n, '$0.0000013'],
    [1n, '$0.000000000000000001'],
    [-150n * CENT, '−$1.50'],
  ])('%s units are %s', (money, text) => {
    expect(dollars(money)).toBe(text);
  });

  test('counts have their thousands apart, shares one decimal', () => {
    expect([0, 999, 1_000, 1_234_567].map(grouped)).toEqual(['0', '999', '1,000', '1,234,567']);
    expect(percent(1n, 3n)).toBe('33.3\u00a0%');
  });

  test.each([0, 0.00001, 1, 4.9, 5, 26, 99, 1_000, 123_456])(
    'an axis up to %s has few marks at round numbers, the last not below it',
    (highest) => {
      const marks = marksUpTo(highest);
      expect(marks[0]).toBe(0);
      expect(marks.at(-1)).toBeGreaterThanOrEqual(highest);
      expect(marks.length).toBeLessThanOrEqual(7);
      if (highest > 0) expect(marks.length).toBeGreaterThanOrEqual(3);
    },
  );
});

describe('a grouped report', () => {
  const grouping: Grouping = { by: ['tenant'], period: 'day' };

  function rows(...usage: UsageRow[]) {
    const groups = new Groups(grouping);
    groups.add('2026-11-21', usage);
    return groups.list().map((group) => groupRow(group, grouping));
  }

  test('as CSV no tenant is a formula, and what is not known is empty', () => {
    const csv = columnsCsv(groupColumns(grouping), rows(usageRow({ tenant: '=cmd()', unpriced: 1, cost: null })));
    expect(csv.split('\r\n')).toEqual([
      'day,tenant_id,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,cache_write_1h_tokens,reasoning_tokens,' +
        'images,embeddings,invocations,estimated,input_cost,output_cost,total_cost,unsettled,unpriced,estimated_cost,searches,calls,' +
        String(OUTCOME_COLUMNS),
      `2026-11-21,'=cmd(),0,0,0,0,0,0,0,0,1,0,,,,0,1,,0,0${',0'.repeat(OUTCOME_COLUMNS.length)}`,
      '',
    ]);
  });

  test('as a table it leaves out what nobody used; as JSON it never does', () => {
    const used = rows(usageRow({ tokens: { input: 5n, images: 2n }, ...cost(150n) }));
    const { columns, rows: cells } = fitting(groupColumns(grouping), used);
    const [head = '', line = ''] = columnsTable(columns, cells).split('\n');
    expect(head).toContain('IMAGES');
    expect(head).not.toContain('REASONING_TOKENS');
    expect(line).toContain('1.50');
    expect(rowJson(groupColumns(grouping), used[0] ?? [])).toMatchObject({
      day: '2026-11-21',
      images: 2,
      reasoning_tokens: 0,
      total_cost: '1.5',
    });
  });
});

describe('the hours of many days', () => {
  test('are all read, a bounded number at a time', async () => {
    const days = daysBetween('2026-10-01', '2026-11-21');
    const store = await ledger(Object.fromEntries(days.map((day) => [day, [usageRow()]])));
    let open = 0;
    let most = 0;
    store.before = async (operation) => {
      if (operation !== 'read') return;
      most = Math.max(most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
    };
    let rows = 0;
    expect(await readUsage(store, days, (_, of) => (rows += of.length))).toBe(days.length);
    expect(rows).toBe(days.length);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(16);
  });

  test('a failure of the store is the reader’s', async () => {
    const days = ['2026-11-20', '2026-11-21'];
    const store = await ledger(Object.fromEntries(days.map((day) => [day, [usageRow()]])));
    store.before = (operation, key) => {
      if (operation === 'read' && key.includes('11-21')) throw new Error('S3 is away');
    };
    await expect(readUsage(store, days, () => {})).rejects.toThrow('S3 is away');
  });
});
