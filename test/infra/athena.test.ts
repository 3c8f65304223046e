import { parquetMetadata, type SchemaElement } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import type { UsageRecord } from '../../contract/usage.ts';
import { type Column, USAGE_COLUMNS } from '../../infra/athena-columns.ts';
import { VIEWS } from '../../infra/athena-views.ts';
import { readCsv } from '../../metering/csv.ts';
import { athenaKey, RAW_PREFIX, rawName } from '../../metering/ledger/layout.ts';
import { readUsageCsv } from '../../metering/ledger/usage-file.ts';
import { parseMoney } from '../../metering/money.ts';
import { type ReportRow, reportRows } from '../../metering/report/report.ts';
import { parseHour } from '../../metering/window.ts';
import type { PricedModel } from '../../registry/price.ts';
import golden from '../cases/golden-report.json' with { type: 'json' };
import { aggregationOver, call, MemoryStore, NINE, PRICES, started } from '../unit/metering/support.ts';
import { openCatalogue, type Value } from './sql.ts';
import { ofType, only, resourcesOf, stackOf } from './synth.ts';

const resources = resourcesOf(stackOf().stack);
const DAY_MS = 86_400_000;
const HOUR = parseHour('2026-11-21T09');

interface TableInput {
  Name: string;
  TableType: string;
  PartitionKeys: { Name: string; Type: string }[];
  Parameters: Record<string, string>;
  StorageDescriptor: { Columns: { Name: string; Type: string }[]; Location?: string };
  ViewOriginalText?: string;
}

const tables = ofType(resources, 'AWS::Glue::Table').map(
  (table) => table as { DatabaseName: string; TableInput: TableInput },
);
const tableOf = (name: string): TableInput => {
  const found = tables.find(({ TableInput }) => TableInput.Name === name)?.TableInput;
  if (found === undefined) throw new Error(`there is no table ${name}`);
  return found;
};
const columnsOf = (table: TableInput) => table.StorageDescriptor.Columns.map(({ Name, Type }) => [Name, Type]);

/** The Glue type in which Athena reads a column of Parquet (https://docs.aws.amazon.com/athena/latest/ug/data-types.html). */
function glueType({ type, converted_type, precision, scale }: SchemaElement): string {
  if (converted_type === 'DECIMAL') return `decimal(${precision},${scale})`;
  if (converted_type === 'TIMESTAMP_MILLIS') return 'timestamp';
  if (converted_type === 'UTF8') return 'string';
  return type === 'INT64' ? 'bigint' : String(type);
}

/** Two days: calls of every kind, lines twice, a model without a price, calls without an end, refusals alone. */
const MODELS: PricedModel[] = [
  ...PRICES,
  { id: 'claude', prices: [{ version: '1', from: 0, usdPerMillion: { input: '3', output: '15', cacheRead: '0.3' } }] },
];
const HOURS: UsageRecord[] = [0, -1].flatMap((day) => {
  const of = (id: string, members: Parameters<typeof call>[0]) =>
    call({ invocationId: `${id}${day}`, at: NINE + day * DAY_MS, ...members });
  return [
    ...of('a', { tokens: { input: 11 - day, output: 7, cacheRead: 0, cacheWrite: 0 } }),
    ...of('a', { tokens: { input: 11 - day, output: 7, cacheRead: 0, cacheWrite: 0 } }),
    ...of('b', { model: 'claude', tokens: { input: 5, output: 3, cacheRead: 9, cacheWrite: 0 } }),
    ...of('c', { model: 'claude', tokens: { input: 5, output: 3, cacheRead: 0, cacheWrite: 4 } }),
    ...of('d', { tenant: 'globex', costCenter: 'cc-2', model: 'without-price' }),
    ...of('e', { tenant: 'globex', costCenter: 'cc-2', outcome: 'refused', code: 'rate_limited' }),
    ...of('f', { tenant: 'initech', costCenter: 'cc-3', outcome: 'refused', model: '' }),
    ...of('g', { outcome: 'throttled', code: 'throttled' }),
    started({ invocationId: `h${day}`, tenant: 'hooli', at: NINE + day * DAY_MS }),
    ...(day === 0 ? of('i', { tenant: 'new', tokens: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 } }) : []),
  ];
});

function goldenHour(): { records: UsageRecord[]; prices: PricedModel[] } {
  const thousandfold = (rate: string) => {
    const [whole = '', fraction = ''] = rate.split('.');
    return `${whole}${fraction.slice(0, 3).padEnd(3, '0')}.${fraction.slice(3) || '0'}`;
  };
  return {
    prices: golden.prices.map(({ id, input, output }) => ({
      id,
      prices: [{ version: '1', from: 0, usdPerMillion: { input: thousandfold(input), output: thousandfold(output) } }],
    })),
    records: golden.expected.flatMap((row) =>
      call({
        invocationId: `${row.tenant}/${row.model}`,
        at: Date.parse(golden.at),
        tenant: row.tenant,
        model: row.model,
        tokens: { input: row.input_tokens, output: row.output_tokens, cacheRead: 0, cacheWrite: 0 },
      }),
    ),
  };
}

/** The bucket that a run makes of the lines, and the same rows in tables. */
async function ledgerOf(records: readonly UsageRecord[], prices: PricedModel[], delivered = 'dt=2026-11-21/hour=09') {
  const store = new MemoryStore();
  store.deliver(`${delivered}/a`, records);
  await aggregationOver(store, { prices }).run();
  const catalogue = openCatalogue();
  const rows = [...store.objects.keys()].flatMap((key) => {
    const [, dt = '', hour = ''] = /^usage\/dt=([\d-]+)\/hour=(\d+)\/usage\.csv$/.exec(key) ?? [];
    if (dt === '') return [];
    const csv = store.text(key) ?? '';
    for (const cells of readCsv(csv))
      catalogue.insert('usage', {
        dt,
        hour,
        ...Object.fromEntries(
          USAGE_COLUMNS.map((column) => [column.name, cellValue(column, cells[column.name] ?? '')]),
        ),
      });
    return readUsageCsv(csv).map((row) => ({ ...row, dt }));
  });
  return { store, catalogue, rows };
}

function cellValue({ type }: Column, text: string): Value {
  if (type === 'bigint') return BigInt(text);
  if (type === 'decimal(38,18)') return parseMoney(text) ?? null;
  return text;
}

describe('the tables of the catalogue', () => {
  test('the columns of usage are those of the Parquet that metering writes', async () => {
    const { store } = await ledgerOf(HOURS, MODELS);
    const bytes = store.objects.get(athenaKey(HOUR)) ?? new Uint8Array();
    const { schema } = parquetMetadata(new Uint8Array(bytes).buffer);
    expect(columnsOf(tableOf('usage'))).toEqual(schema.slice(1).map((column) => [column.name, glueType(column)]));
  });

  test('what Athena reads is the Parquet of the hour and nothing beside it', async () => {
    const { store } = await ledgerOf(HOURS, MODELS);
    expect(store.objects.get(athenaKey(HOUR))).toEqual(store.objects.get('usage/dt=2026-11-21/hour=09/usage.parquet'));
    const keys = [...store.objects.keys()].filter((key) => key.startsWith('athena/'));
    expect(keys).toEqual(expect.arrayContaining([athenaKey(HOUR), athenaKey(HOUR - 24)]));
    for (const key of keys) expect(key).toMatch(/\.parquet$/);
  });

  test.each([
    ['usage', athenaKey(HOUR)],
    ['raw_lines', `${RAW_PREFIX}${rawName('raw/dt=2026-11-21/hour=09/a.jsonl.gz')}`],
  ])('the partitions of %s are computed, and are where the objects are', (name, key) => {
    const { Parameters, PartitionKeys, StorageDescriptor } = tableOf(name);
    expect(PartitionKeys).toEqual([
      { Name: 'dt', Type: 'string' },
      { Name: 'hour', Type: 'int' },
    ]);
    expect(Parameters).toMatchObject({
      'projection.enabled': 'true',
      'projection.dt.format': 'yyyy-MM-dd',
      'projection.hour.range': '0,23',
      'projection.hour.digits': '2',
    });
    const folder = Parameters['storage.location.template']?.replace('${dt}', '2026-11-21').replace('${hour}', '09');
    expect(`s3://tollgate-dev-usage-111122223333-us-east-1/${key}`.startsWith(`${folder}`)).toBe(true);
    expect(folder).toMatch(/\/hour=09\/$/);
    expect(folder?.startsWith(String(StorageDescriptor.Location))).toBe(true);
  });

  test('a stage with a hyphen has a database without one', () => {
    const { TableInput: _, ...table } = ofType(
      resourcesOf(stackOf({ 'tollgate:stage': 'pre-prod' }).stack),
      'AWS::Glue::Table',
    )[0] as { DatabaseName: string; TableInput: unknown };
    expect(table.DatabaseName).toBe('tollgate_pre_prod');
  });
});

describe('the views of the catalogue', () => {
  test.each(VIEWS)('$name is kept as Athena keeps one: text, names and types', ({ name, sql }) => {
    const { TableType, Parameters, ViewOriginalText = '' } = tableOf(name);
    expect({ TableType, Parameters }).toMatchObject({
      TableType: 'VIRTUAL_VIEW',
      Parameters: { presto_view: 'true' },
    });
    const [, base64 = ''] = /^\/\* Presto View: ([A-Za-z0-9+/=]+) \*\/$/.exec(ViewOriginalText) ?? [];
    const view = JSON.parse(Buffer.from(base64, 'base64').toString());
    expect(view).toMatchObject({ originalSql: sql, catalog: 'awsdatacatalog', schema: 'tollgate_dev' });
    const types = view.columns.map(({ name, type }: Column) => [name, (type as string).replace('varchar', 'string')]);
    expect(types).toEqual(columnsOf(tableOf(name)));
  });

  test.each(VIEWS)('$name can be made again by a statement that is kept beside it', ({ name, sql }) => {
    const queries = ofType(resources, 'AWS::Athena::NamedQuery');
    expect(queries).toContainEqual(
      expect.objectContaining({
        Database: 'tollgate_dev',
        WorkGroup: 'tollgate-dev-usage',
        QueryString: `CREATE OR REPLACE VIEW ${name} AS\n${sql}`,
      }),
    );
  });

  test.each(VIEWS)('$name answers with the columns that it says, in their order', async ({ name, columns }) => {
    const { catalogue } = await ledgerOf(HOURS, MODELS);
    const [row = {}] = catalogue.all(`SELECT * FROM ${name}`);
    expect(Object.keys(row)).toEqual(columns.map((column) => column.name));
  });
});

/** The report's own sums over rows that are told apart by `name` alone. */
function reported<T extends ReportRow & { dt: string }>(rows: readonly T[], name: (row: T) => unknown[]) {
  const named = rows.map((row) => ({ ...row, tenant: JSON.stringify(name(row)), costCenter: '', model: '' }));
  return reportRows(named).map(({ tenant, tokens, invocations, unsettled, unpriced, cost }) => [
    ...JSON.parse(tenant),
    tokens.input,
    tokens.output,
    tokens.cacheRead,
    BigInt(invocations),
    BigInt(unsettled),
    BigInt(unpriced),
    cost === null ? null : cost.input + cost.output,
  ]);
}

const SUMS = 'input_tokens, output_tokens, cache_read_tokens, invocations, unsettled, unpriced, cost';

describe.each([
  ['an hour with all that can happen', async () => ledgerOf(HOURS, MODELS)],
  ['the golden hour', async () => ledgerOf(goldenHour().records, goldenHour().prices)],
])('%s: SQL and the report agree to the last unit', (_, open) => {
  test.each([
    ['cost_by_day', 'dt', (row: { dt: string }) => [row.dt]],
    [
      'cost_by_tenant',
      'dt, tenant_id, cost_center',
      (row: { dt: string; tenant: string; costCenter: string }) => [row.dt, row.tenant, row.costCenter],
    ],
    [
      'cost_by_model',
      'dt, model_id, region, tier',
      (row: { dt: string; model: string; region: string; tier: string }) => [row.dt, row.model, row.region, row.tier],
    ],
  ] as const)('%s', async (view, keys, name) => {
    const { catalogue, rows } = await open();
    const answered = catalogue
      // The report leaves out what has only refusals; a view shows it, with a cost of nothing.
      .all(`SELECT ${keys}, ${SUMS} FROM ${view} WHERE invocations + unsettled > 0 ORDER BY ${keys}`)
      .map((row) => Object.values(row));
    const expected = reported(rows, name as (row: (typeof rows)[number]) => unknown[]);
    expect(answered.length).toBeGreaterThan(0);
    expect(answered).toEqual(expected);
  });
});

describe('what the views say', () => {
  test('the golden hour costs what the published table says', async () => {
    const { records, prices } = goldenHour();
    const { catalogue } = await ledgerOf(records, prices);
    const exact = Object.values(golden.exact).map(([, , total]) => parseMoney(total ?? '') ?? -1n);
    expect(catalogue.all("SELECT cost FROM cost_by_day WHERE dt = '2026-11-21'")).toEqual([
      { cost: exact.reduce((sum, cost) => sum + cost, 0n) },
    ]);
  });

  test('a tenant of whom nothing has a price costs an unknown amount, and one of whom nothing ran nothing', async () => {
    const { catalogue } = await ledgerOf(HOURS, MODELS);
    const cost = Object.fromEntries(
      catalogue
        .all("SELECT tenant_id, cost, refused FROM cost_by_tenant WHERE dt = '2026-11-21'")
        .map((row) => [row.tenant_id, row.cost]),
    );
    expect(cost).toMatchObject({ globex: null, hooli: null, initech: 0n });
  });

  test('calls without a price are listed by model and by whose they are', async () => {
    const { catalogue } = await ledgerOf(HOURS, MODELS);
    expect(
      catalogue.all("SELECT model_id, tenant_id, unpriced FROM unpriced WHERE dt = '2026-11-21' ORDER BY model_id"),
    ).toEqual([
      { model_id: 'claude', tenant_id: 'acme', unpriced: 1n },
      { model_id: 'without-price', tenant_id: 'globex', unpriced: 1n },
    ]);
  });

  test('the movers of a day are compared with the day before, a newcomer and a leaver among them', async () => {
    const { catalogue, rows } = await ledgerOf(HOURS, MODELS);
    const costOf = (dt: string, tenant: string, model: string) =>
      rows
        .filter((row) => row.dt === dt && row.tenant === tenant && row.model === model)
        .reduce((sum, { cost }) => sum + (cost ? cost.input + cost.output : 0n), 0n);
    const movers = catalogue.all("SELECT * FROM top_movers WHERE dt = '2026-11-21' ORDER BY tenant_id, model_id");
    expect(movers.map(({ tenant_id }) => tenant_id)).toContain('new');
    for (const { tenant_id, model_id, cost, cost_before, change } of movers) {
      const [now = 0n, before = 0n] = ['2026-11-21', '2026-11-20'].map((dt) =>
        costOf(dt, String(tenant_id), String(model_id)),
      );
      expect([cost, cost_before, change]).toEqual([now, before, now - before]);
    }
    const newcomer = movers.find(({ tenant_id }) => tenant_id === 'new');
    expect(newcomer).toMatchObject({ cost_before: 0n, invocations_before: 0n, invocations: 1n });
    const first = catalogue.all("SELECT * FROM top_movers WHERE dt = '2026-11-20'");
    for (const row of first) expect(row).toMatchObject({ cost_before: 0n });
  });

  test('no day is listed that has not begun', async () => {
    const at = Date.now() - 1_000;
    const [dt, hour] = [new Date(at).toISOString().slice(0, 10), new Date(at).toISOString().slice(11, 13)];
    const records = call({ at, invocationId: 'now' }).flat();
    const { catalogue } = await ledgerOf(records, MODELS, `dt=${dt}/hour=${hour}`);
    const days = catalogue.all('SELECT dt FROM top_movers').map(({ dt }) => String(dt));
    expect(days).toHaveLength(1);
    expect(String(days[0]) <= new Date().toISOString().slice(0, 10)).toBe(true);
  });
});

describe('the workgroup', () => {
  const { WorkGroupConfiguration: configuration } = only(resources, 'AWS::Athena::WorkGroup') as {
    WorkGroupConfiguration: Record<string, unknown>;
  };

  test('encrypts its answers, keeps them away from the evidence, and nobody can ask otherwise', () => {
    expect(configuration).toMatchObject({
      EnforceWorkGroupConfiguration: true,
      ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_S3' } },
    });
    const buckets = ofType(resources, 'AWS::S3::Bucket').map(({ BucketName }) => BucketName);
    expect(buckets).toContain('tollgate-dev-query-111122223333-us-east-1');
    expect(JSON.stringify(configuration.ResultConfiguration)).not.toContain('tollgate-dev-usage-');
  });

  test('stops a question that reads more than the settings allow', () => {
    expect(configuration).toMatchObject({ BytesScannedCutoffPerQuery: 10_000_000_000 });
    const wider = only(resourcesOf(stackOf({ 'tollgate:queryScanGb': 250 }).stack), 'AWS::Athena::WorkGroup');
    expect(wider.WorkGroupConfiguration).toMatchObject({ BytesScannedCutoffPerQuery: 250_000_000_000 });
  });
});
