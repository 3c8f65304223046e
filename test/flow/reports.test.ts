import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CallRecord } from '../../local/aws/calls.ts';
import { compileCache } from './command.ts';
import { Stack } from './stack.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let stack: Stack;
let folder: string;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  stack = await Stack.start();
  folder = mkdtempSync(join(tmpdir(), 'tollgate-reports-'));
  // Before anybody's entries are remembered.
  await stack.cli('budget', 'set', 'acme', 'monthly', '--limit', '100', '--unit', 'usd', '--period', 'month');
  for (const tenant of ['acme', 'globex']) tokens[tenant] = await stack.token(`${tenant}-app`);
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stack.remove();
});

const converse = (tenant: string, model: string, text: string): Promise<number> =>
  stack.converse(tokens[tenant] ?? '', model, text);

interface Usage {
  from: string;
  data: { model: string; total_cost: string | null }[];
  budgets: { id: string; used: string }[];
  error?: object;
}

async function usage(tenant: string, query = ''): Promise<{ status: number; body: Usage }> {
  const headers = { authorization: `Bearer ${tokens[tenant]}` };
  const response = await fetch(`${stack.gateway}/v1/usage${query}`, { headers });
  return { status: response.status, body: (await response.json()) as Usage };
}

async function json<Printed>(...args: string[]): Promise<Printed> {
  const { code, stdout, stderr } = await stack.cli(...args, '--format', 'json');
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout || '[]') as Printed;
}

interface Snapshot {
  rows: object[];
  total: object;
  in_flight: object[];
}

describe('a tenant’s usage of today', () => {
  test('has the calls that no run has aggregated yet', async () => {
    for (let i = 0; i < 3; i++) expect(await converse('acme', 'nova-lite', 'four words of input')).toBe(200);
    expect(await converse('acme', 'claude-sonnet-4-5', 'one')).toBe(200);
    expect(await converse('globex', 'nova-lite', 'one two')).toBe(200);
    expect(await converse('acme', 'llama-3-3-70b', 'refused')).toBe(403);
    const { rows, total, in_flight } = await json<Snapshot>('usage', '--tenant', 'acme');
    expect(rows).toMatchObject([
      { model_id: 'claude-sonnet-4-5', principal: 'acme-app', input_tokens: 1, output_tokens: 2, invocations: 1 },
      { model_id: 'nova-lite', principal: 'acme-app', input_tokens: 12, output_tokens: 15, invocations: 3 },
    ]);
    expect(total).toMatchObject({ input_tokens: 13, output_tokens: 17, invocations: 4, unsettled: 0, unpriced: 0 });
    expect(in_flight).toEqual([]);
  });

  test('is looked at again and again until Ctrl-C, and shows a call while it is in flight', async () => {
    const live = spawn(
      process.execPath,
      ['cli/tollgate.mjs', 'usage', '--tenant', 'globex', '--live', '--interval', '1', '--format', 'json'],
      {
        cwd: root,
        env: { PATH: process.env.PATH, TOLLGATE_DATA: stack.dataDir, NODE_COMPILE_CACHE: compileCache },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let output = '';
    live.stdout.on('data', (chunk) => {
      output += chunk;
    });
    const snapshots = () =>
      output
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Snapshot);
    const ended = new Promise((resolve) => live.once('close', resolve));
    await expect.poll(() => snapshots().at(-1)?.in_flight, { timeout: 15_000 }).toEqual([]);
    await stack.fault({ service: 'bedrock', times: 1, fault: { delayMs: 4_000 } });
    const answered = converse('globex', 'nova-lite', 'slow one');
    await expect
      .poll(() => snapshots().at(-1)?.in_flight, { timeout: 15_000 })
      .toMatchObject([{ model_id: 'nova-lite', principal: 'globex-app', action: 'invoke' }]);
    expect(await answered).toBe(200);
    await expect.poll(() => snapshots().at(-1)?.total, { timeout: 15_000 }).toMatchObject({ invocations: 2 });
    expect(snapshots().at(-1)?.in_flight).toEqual([]);
    live.kill('SIGINT');
    expect(await ended).toBe(0);
  });
});

describe('a tenant that is none', () => {
  test('is not watched for ever, and is no report: the name is told, and the one that was meant', async () => {
    const refused = {
      code: 1,
      stdout: '',
      stderr: 'tollgate: --tenant: There is no tenant acne; acme is the nearest.\n',
    };
    expect(await stack.cli('usage', '--tenant', 'acne', '--live')).toMatchObject(refused);
    for (const more of [[], ['--by', 'model'], ['--format', 'html']])
      expect(await stack.cli('report', '--tenant', 'acne', ...more)).toMatchObject(refused);
    expect(await stack.cli('report', '--tenant', 'nobody')).toMatchObject({
      code: 1,
      stderr: 'tollgate: --tenant: There is no tenant nobody.\n',
    });
    expect(await stack.cli('report', '--model', 'nova-lit')).toMatchObject({
      code: 1,
      stderr: 'tollgate: --model: There is no model nova-lit; nova-lite is the nearest.\n',
    });
    expect(await stack.cli('report', '--label', 'team=search')).toMatchObject({
      code: 1,
      stderr: 'tollgate: --label: No tenant has the label team=search.\n',
    });
    // One that has used nothing on the day is no error.
    expect(await stack.cli('report', '--tenant', 'acme', '--day', '2026-01-01')).toMatchObject({ code: 0, stdout: '' });
  });
});

describe('GET /v1/usage', () => {
  test('T1: each tenant sees its own, whatever a parameter says', async () => {
    expect((await stack.cli('meter', 'run')).code).toBe(0);
    const { status, body } = await usage('acme');
    expect(status).toBe(200);
    expect(body).toMatchObject({ object: 'usage', tenant: 'acme', as_of: expect.stringMatching(/Z$/) });
    expect(body.data).toMatchObject([
      { day: body.from, model: 'claude-sonnet-4-5', principal: 'acme-app', invocations: 1, unpriced: 0 },
      { model: 'nova-lite', tokens: { input: 12, output: 15, cache_read: 0 }, invocations: 3, unsettled: 0 },
    ]);
    for (const { total_cost } of body.data) expect(total_cost).toMatch(/^0\.0\d*[1-9]$/);
    for (const query of ['?tenant=globex', '?tenant_id=globex&by=model'])
      expect((await usage('acme', query)).body).toMatchObject({ tenant: 'acme', data: { length: 2 } });
    const other = await usage('globex');
    expect(other.body).toMatchObject({ tenant: 'globex', data: [{ model: 'nova-lite', invocations: 2 }] });
    expect(JSON.stringify(other.body)).not.toContain('acme');
  });

  test('says where the tenant’s budgets stand, of which nobody else hears', async () => {
    const { body } = await usage('acme', '?by=model');
    const spent = body.data.reduce((sum, { total_cost }) => sum + Math.round(Number(total_cost) * 1e12), 0);
    await expect
      .poll(async () => {
        const [monthly] = (await usage('acme')).body.budgets;
        return monthly && { ...monthly, used: Math.round(Number(monthly.used) * 1e12) };
      })
      .toMatchObject({ id: 'monthly', unit: 'usd', limit: '100', reserved: '0', used: spent });
    expect((await usage('globex')).body.budgets).toEqual([]);
  });

  test('says which parameter is wrong, in OpenAI’s form', async () => {
    for (const [query, param] of [
      ['?from=yesterday', 'from'],
      ['?from=2026-11-20&to=2026-11-19', 'from'],
      ['?from=0001-01-01&to=9999-12-31', 'from'],
      ['?by=tenant', 'by'],
      ['?to=2026-11-20&to=2026-11-21', 'to'],
    ]) {
      const { status, body } = await usage('acme', query);
      expect({ status, error: body.error }, query).toMatchObject({ status: 400, error: { param } });
    }
    expect((await fetch(`${stack.gateway}/v1/usage`)).status).toBe(401);
  });
});

type Row = Record<string, string | number | null>;

describe('a report', () => {
  test('adds the same usage up in any way that is asked for', async () => {
    const [all] = await json<Row[]>('report', '--by', 'tier', '--period', 'month');
    const parts = await json<Row[]>('report', '--by', 'tenant,principal,region,model', '--period', 'day');
    expect(parts.map((row) => [row.tenant_id, row.model_id])).toEqual([
      ['acme', 'claude-sonnet-4-5'],
      ['acme', 'nova-lite'],
      ['globex', 'nova-lite'],
    ]);
    for (const column of ['input_tokens', 'output_tokens', 'invocations', 'unsettled', 'unpriced'])
      expect(
        parts.reduce((sum, row) => sum + Number(row[column]), 0),
        column,
      ).toBe(all?.[column]);
    const csv = await stack.cli('report', '--by', 'model', '--period', 'week', '--format', 'csv');
    expect(csv.stdout.split('\r\n')[0]).toMatch(/^week,model_id,input_tokens,output_tokens,/);
  });

  test('of one model, of the costliest few, has those alone, and a table the others together', async () => {
    for (const by of [[], ['--by', 'tenant,model']]) {
      const [acme, globex, ...others] = await json<Row[]>('report', '--model', 'nova-lite', ...by);
      expect(others).toEqual([]);
      expect([acme, globex]).toMatchObject([
        { tenant_id: 'acme', model_id: 'nova-lite' },
        { tenant_id: 'globex', model_id: 'nova-lite' },
      ]);
      const [dearest, ...rest] = await json<Row[]>('report', '--top', '1', ...by);
      expect(rest).toEqual([]);
      expect(dearest).toMatchObject({ model_id: 'claude-sonnet-4-5' });
      const { stdout } = await stack.cli('report', '--top', '1', ...by);
      expect(stdout.split('\n').map((line) => line.split(/ {2}/)[0])).toMatchObject({
        1: 'acme',
        2: '2 others',
        3: 'TOTAL',
      });
    }
    expect((await stack.cli('report', '--top', '0')).code).toBe(2);
  });

  test('and what is like it prints ids alone, or a table for a spreadsheet', async () => {
    const lines = async (...args: string[]) => (await stack.cli(...args)).stdout.trimEnd().split(/\r?\n/);
    expect(await lines('report', '-q')).toEqual(['acme', 'globex']);
    expect(await lines('report', '--by', 'cost-centre,model', '--period', 'day', '-q')).toHaveLength(2);
    expect(await lines('usage', 'acme', '-q')).toEqual(['claude-sonnet-4-5', 'nova-lite']);
    expect(await lines('usage', '--tenant', 'globex', '--format', 'csv')).toMatchObject(
      [/^model_id,principal,input_tokens,/, /^nova-lite,globex-app,4,/].map((line) => expect.stringMatching(line)),
    );
    expect((await lines('meter', 'status', '--format', 'csv'))[0]).toMatch(/^watermark,rawObjects,/);
    const run = await stack.cli('meter', 'run', '--from', '2026-01-01', '--to', '2026-01-02', '--format', 'json');
    // Of hours in which nothing was there is nothing to say.
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(run.stdout)).toMatchObject({ hours: [] });
  });

  test('is a page that stands alone', async () => {
    const file = join(folder, 'report.html');
    const { code, stderr } = await stack.cli('report', '--format', 'html', '--out', file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `written: ${file}\n` });
    const page = readFileSync(file, 'utf8');
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/(src|href)="?https?:/);
    expect(page).toContain('<svg class="chart"');
    expect(page).toContain('claude-sonnet-4-5');
  });
});

const HEAD =
  'identity_line_item_id,line_item_usage_start_date,line_item_usage_end_date,line_item_line_item_type,line_item_product_code,' +
  'line_item_usage_type,line_item_operation,line_item_resource_id,line_item_usage_amount,line_item_currency_code,' +
  'line_item_unblended_cost,pricing_unit,product_region_code,line_item_iam_principal,tags';

/** What billing calls the models. */
const NAMES: Record<string, { id: string; name: string }> = {
  'amazon.nova-lite-v1:0': { id: 'nova-lite', name: 'NovaLite' },
  'us.anthropic.claude-sonnet-4-5-20250929-v1:0': { id: 'claude-sonnet-4-5', name: 'Claude4.5Sonnet' },
};

interface Rates {
  input: string;
  output: string;
}

const rates: Record<string, Rates> = {};

async function readRates(): Promise<void> {
  for (const { id } of Object.values(NAMES)) {
    const { prices } = await json<{ prices: { usdPerMillion: Rates }[] }>('model', 'show', id);
    rates[id] = prices[0]?.usdPerMillion ?? { input: '', output: '' };
  }
}

const ALICE = {
  arn: 'arn:aws:iam::111122223333:user/alice',
  sessionName: null,
  sourceIdentity: null,
  tags: {},
  sessionPolicy: null,
};

/** The bill that AWS would write of what its endpoint was called with: not of anything that the gateway says. */
function bill(calls: readonly CallRecord[], more: readonly string[] = []): string {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = calls.flatMap(({ seq, at, model, caller, usage, region }) => {
    const { id, name } = NAMES[model ?? ''] ?? { id: '', name: model };
    const hour = new Date(at).toISOString().slice(0, 13);
    return (['input', 'output'] as const).map((kind) => {
      const count = Number(kind === 'input' ? usage?.inputTokens : usage?.outputTokens);
      return [
        `line-${seq}-${kind}`,
        `${hour}:00:00.000Z`,
        new Date(Date.parse(`${hour}:00:00Z`) + 3_600_000).toISOString(),
        'Usage',
        'AmazonBedrock',
        `USE1-${name}-${kind}-tokens`,
        'InvokeModelInference',
        '',
        String(count / 1_000),
        'USD',
        ((count * Number(rates[id]?.[kind])) / 1_000_000).toExponential(),
        '1K tokens',
        region,
        caller?.arn ?? '',
        quoted(
          JSON.stringify(
            Object.fromEntries(Object.entries(caller?.tags ?? {}).map(([k, v]) => [`iamPrincipal/${k}`, v])),
          ),
        ),
      ].join(',');
    });
  });
  return [HEAD, ...lines, ...more, ''].join('\n');
}

interface Reconciled {
  read: { ours: number; repeated: number };
  mapped: object[];
  compared: { tenant: string; model: string; measure: string; aws: unknown; agrees: boolean }[];
  elsewhere: object[];
  rejected: { count: number };
}

describe('AWS’s bill against the ledger', () => {
  beforeAll(readRates);

  const ran = async () =>
    (await stack.calls()).filter(
      ({ service, usage, outcome }) => service === 'bedrock' && usage !== null && outcome === 'done',
    );

  test('the two agree, call for call, to the token and the dollar', async () => {
    const file = join(folder, 'cur.csv.gz');
    writeFileSync(file, gzipSync(bill(await ran())));
    const report = await json<Reconciled>('reconcile', '--cur', file, file, '--tolerance', '0');
    // The same file twice is the same lines.
    expect(report.read).toMatchObject({ repeated: report.read.ours, elsewhere: 0 });
    expect(report.mapped).toEqual([
      { name: 'Claude4.5Sonnet', model: 'claude-sonnet-4-5' },
      { name: 'NovaLite', model: 'nova-lite' },
    ]);
    const found = report.compared.map((one) => [one.tenant, one.model, one.measure, one.aws, one.agrees]);
    expect(found).toEqual(
      expect.arrayContaining([
        ['acme', 'nova-lite', 'input', 12, true],
        ['acme', 'nova-lite', 'output', 15, true],
        ['globex', 'nova-lite', 'input', 4, true],
        ['acme', 'claude-sonnet-4-5', 'output', 2, true],
      ]),
    );
    expect(report.compared.every(({ agrees }) => agrees)).toBe(true);
  });

  test('over HTTP an operator is told what was found, and of costs what the command line tells', async () => {
    const headers = { authorization: `Bearer ${await stack.token('ops')}` };
    const told = async (path: string) => (await fetch(`${stack.gateway}/admin${path}`, { headers })).json();
    const { items } = (await told('/reconciliations')) as { items: { id: string; usd: object; measures: object }[] };
    expect(items).toMatchObject([{ measures: { differ: 0 }, usd: { difference: '0' } }]);
    expect(await told(`/reconciliations/${items[0]?.id}`)).toMatchObject({ differing: [], elsewhere: [] });
    const printed = await json<{ tenant_id: string; total_cost: string }[]>('report', '--by', 'tenant', '--top', '9');
    const report = (await told('/report?by=tenant')) as { items: { tenant: string; cost: { total: string } }[] };
    expect(report.items.map(({ tenant, cost }) => [tenant, cost.total])).toEqual(
      printed.map(({ tenant_id, total_cost }) => [tenant_id, total_cost]),
    );
    expect(report.items.length).toBeGreaterThan(1);
    expect(await told('/metering')).toMatchObject({ lastRun: { failed: [] }, quarantined: { rawObjects: 0 } });
  });

  test('names what only one side has, and the lines that cannot be used, and exits 1', async () => {
    const calls = await ran();
    const [first, second] = calls;
    const more = bill([{ ...(second as CallRecord), seq: 1_001, caller: ALICE }])
      .split('\n')
      .slice(1, -1);
    const bad = (more[0] ?? '').replace(/^line-1001/, 'line-x').replace(',USD,', ',EUR,');
    const file = join(folder, 'other.csv');
    writeFileSync(
      file,
      bill(
        calls.filter((call) => call !== first),
        [...more, bad],
      ),
    );
    expect(await stack.cli('reconcile', '--cur', file, '--map', 'NovaLite=nova-light')).toMatchObject({
      code: 1,
      stderr: 'tollgate: --map: There is no model nova-light.\n',
    });
    const { code, stdout, stderr } = await stack.cli('reconcile', '--cur', file, '--format', 'json', '--no-keep');
    expect(code).toBe(1);
    expect(stderr).toContain(`${file}:${2 + 2 * calls.length}: line_item_currency_code: not-usd`);
    const { compared, elsewhere, rejected } = JSON.parse(stdout) as Reconciled;
    expect(rejected.count).toBe(1);
    expect(elsewhere).toMatchObject([
      { principal: 'arn:aws:iam::111122223333:user/alice', kind: 'input', direct: '' },
      { principal: 'arn:aws:iam::111122223333:user/alice', kind: 'output' },
    ]);
    expect(compared.filter(({ agrees }) => !agrees)).toMatchObject([
      { tenant: 'acme', model: 'nova-lite', measure: 'input', aws: 8, ours: 12, difference: -4, percent: 33.334 },
      { measure: 'output', aws: 10, ours: 15 },
      { measure: 'usd' },
    ]);
    // What was found before stays what the API tells.
    const headers = { authorization: `Bearer ${await stack.token('ops')}` };
    const kept = await fetch(`${stack.gateway}/admin/reconciliations`, { headers });
    expect(await kept.json()).toMatchObject({ items: [{ measures: { differ: 0 } }] });
  });
});
