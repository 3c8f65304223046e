import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BillRecord, billFiles, billRecords } from '../../../cli/reconcile/bill.ts';
import { createNames, parseMapping } from '../../../cli/reconcile/names.ts';
import { reconcileCsv } from '../../../cli/reconcile/print.ts';
import type { Principal, TenantId } from '../../../contract/identity.ts';
import type { CurLine } from '../../../metering/bill/cur-line.ts';
import { directSessionNames, sessionNames } from '../../../policies/name.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-bill-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const COLUMNS = [
  'line_item_usage_start_date',
  'line_item_usage_type',
  'line_item_usage_amount',
  'line_item_unblended_cost',
  'line_item_iam_principal',
  'tags',
];

async function recordsOf(name: string, content: string | Uint8Array): Promise<BillRecord[]> {
  const file = join(folder, name);
  writeFileSync(file, content);
  const found: BillRecord[] = [];
  for await (const record of billRecords(file)) found.push(record);
  return found;
}

const LINE = '2026-11-20T09:00:00Z,USE1-NovaLite-input-tokens,0.1,2.5E-6,arn,"{""iamPrincipal/TenantId"":""acme""}"';
const CSV = `${COLUMNS.join(',')}\n${LINE}\n`;

describe('a file of the bill', () => {
  test.each([
    ['CSV', 'a.csv', CSV],
    ['CSV with a byte order mark and CRLF', 'b.csv', `\uFEFF${CSV.replaceAll('\n', '\r\n')}`],
    ['gzipped CSV, whatever its name', 'c.bin', gzipSync(CSV)],
    ['CSV whose last line is open', 'd.csv', CSV.trimEnd()],
  ])('%s is read', async (_, name, content) => {
    expect(await recordsOf(name, content)).toEqual([
      {
        line: 2,
        record: {
          line_item_usage_start_date: '2026-11-20T09:00:00Z',
          line_item_usage_type: 'USE1-NovaLite-input-tokens',
          line_item_usage_amount: '0.1',
          line_item_unblended_cost: '2.5E-6',
          line_item_iam_principal: 'arn',
          tags: '{"iamPrincipal/TenantId":"acme"}',
        },
      },
    ]);
  });

  test('Parquet is read as the CSV of the same export is: times, numbers and maps', async () => {
    const text = (name: string): SchemaElement => ({
      name,
      type: 'BYTE_ARRAY',
      converted_type: 'UTF8',
      repetition_type: 'OPTIONAL',
    });
    const double = (name: string): SchemaElement => ({ name, type: 'DOUBLE', repetition_type: 'OPTIONAL' });
    const schema: SchemaElement[] = [
      { name: 'root', num_children: 7 },
      {
        name: 'line_item_usage_start_date',
        type: 'INT64',
        converted_type: 'TIMESTAMP_MILLIS',
        repetition_type: 'OPTIONAL',
      },
      text('line_item_usage_type'),
      double('line_item_usage_amount'),
      double('line_item_unblended_cost'),
      text('line_item_iam_principal'),
      { name: 'tags', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'MAP' },
      { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
      { name: 'key', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
      text('value'),
      text('bill_payer_account_name'),
    ];
    const columnData = [
      { name: 'line_item_usage_start_date', data: [new Date('2026-11-20T09:00:00Z'), new Date(0)] },
      { name: 'line_item_usage_type', data: ['USE1-NovaLite-input-tokens', null] },
      { name: 'line_item_usage_amount', data: [0.1, 1e-7] },
      { name: 'line_item_unblended_cost', data: [2.5e-6, 0] },
      { name: 'line_item_iam_principal', data: ['arn', null] },
      { name: 'tags', data: [{ 'iamPrincipal/TenantId': 'acme' }, null] },
      { name: 'bill_payer_account_name', data: ['not read', 'not read'] },
    ];
    const bytes = new Uint8Array(parquetWriteBuffer({ columnData, schema }));
    expect(await recordsOf('a.parquet', bytes)).toEqual([
      {
        line: 1,
        record: {
          line_item_usage_start_date: '2026-11-20T09:00:00.000Z',
          line_item_usage_type: 'USE1-NovaLite-input-tokens',
          line_item_usage_amount: '0.1',
          line_item_unblended_cost: '0.0000025',
          line_item_iam_principal: 'arn',
          tags: '{"iamPrincipal/TenantId":"acme"}',
        },
      },
      {
        line: 2,
        record: expect.objectContaining({ line_item_usage_amount: '1e-7', line_item_iam_principal: '', tags: '' }),
      },
    ]);
  });

  test('a cell over several lines, and pieces that end anywhere, change no line number', async () => {
    const filler = `${'x'.repeat(200)},USE1,1,1,arn,\n`.repeat(1_000);
    const broken = '2026-11-20T09:00:00Z,"USE1\nsecond ""line""\r\nthird",1,1,arn,\n';
    const found = await recordsOf('long.csv', `${COLUMNS.join(',')}\n${broken}${filler}${LINE}\n`);
    expect(found).toHaveLength(1_002);
    expect(found[0]).toMatchObject({ line: 2, record: { line_item_usage_type: 'USE1\nsecond "line"\r\nthird' } });
    expect(found.at(-1)).toMatchObject({ line: 2 + 3 + 1_000 });
  });

  test.each<[string, string, string | Uint8Array, string]>([
    ['that is empty', 'e.csv', '', 'it is empty'],
    [
      'without a caller',
      'f.csv',
      'line_item_usage_start_date,line_item_usage_type,line_item_usage_amount,line_item_unblended_cost\n',
      'caller identity',
    ],
    ['of something else', 'g.csv', 'a,b\n1,2\n', 'no column line_item_usage_start_date'],
    ['that was cut', 'h.csv.gz', gzipSync(CSV.repeat(50)).subarray(0, 60), 'unexpected end of file'],
    ['that only begins as Parquet', 'i.parquet', 'PAR1 and nothing', 'i.parquet'],
    ['of one line without an end', 'j.csv', `${COLUMNS.join(',')}\n"${'x'.repeat(1_200_000)}`, 'line 2 does not end'],
  ])('%s is refused by its name', async (_, name, content, why) => {
    await expect(recordsOf(name, content)).rejects.toThrow(
      expect.objectContaining({ code: 'invalid_request', field: '--cur', publicMessage: expect.stringContaining(why) }),
    );
  });

  test('a folder stands for the exports in it; one without any, and a file that is not there, are named', () => {
    writeFileSync(join(folder, 'manifest.json'), '{}');
    expect(billFiles([folder])).toContain(join(folder, 'a.csv'));
    expect(billFiles([folder])).not.toContain(join(folder, 'manifest.json'));
    expect(() => billFiles([join(folder, 'none.csv')])).toThrow(/none\.csv/);
    expect(() => billFiles([mkdtempSync(join(folder, 'empty-'))])).toThrow(/holds no/);
  });
});

const ROLE = 'tollgate-dev-invoker';
const LONG = 'a-tenant-with-a-very-long-name-indeed';

function arnOf(tenant: string, principal = 'app', names: typeof sessionNames = sessionNames, role = ROLE): string {
  return `arn:aws:sts::111122223333:assumed-role/${role}/${names(tenant as TenantId, principal as Principal).sessionName}`;
}

const lineOf = (members: Partial<CurLine>): CurLine => ({
  day: '2026-11-20',
  principal: '',
  tenantTag: '',
  costCenterTag: '',
  resource: '',
  billingName: 'NovaLite',
  kind: 'input',
  quantity: 1n,
  cost: 1n,
  ...members,
});

describe('whose a line is', () => {
  const { identify } = createNames({
    roles: [ROLE],
    callers: [
      { tenant: LONG, principal: 'app' },
      { tenant: `${LONG}-2`, principal: 'app' },
      { tenant: 'acme', principal: 'app' },
    ],
    models: [],
    said: new Map(),
  });
  const cases: [string, Partial<CurLine>, object][] = [
    ['a session’s name that holds the whole tenant', { principal: arnOf('globex') }, { is: 'ours', tenant: 'globex' }],
    [
      'a tag of a tenant whose name was cut',
      { principal: arnOf(LONG, 'new'), tenantTag: LONG },
      { is: 'ours', tenant: LONG },
    ],
    [
      'a cut name of a caller whom the ledger knows',
      { principal: arnOf(`${LONG}-2`) },
      { is: 'ours', tenant: `${LONG}-2` },
    ],
    ['a cut name that two tenants begin with', { principal: arnOf(LONG, 'new') }, { is: 'other' }],
    ['a tag that contradicts the name', { principal: arnOf('globex'), tenantTag: 'acme' }, { is: 'other' }],
    [
      'credentials that were handed out',
      { principal: arnOf('acme', 'app', directSessionNames) },
      { is: 'direct', tenant: 'acme' },
    ],
    [
      'our form of name under another role',
      { principal: arnOf('acme', 'app', sessionNames, 'theirs') },
      { is: 'other' },
    ],
    [
      'another session of our role',
      { principal: `arn:aws:sts::111122223333:assumed-role/${ROLE}/console` },
      { is: 'other' },
    ],
    ['a user', { principal: 'arn:aws:iam::111122223333:user/alice', tenantTag: 'acme' }, { is: 'other' }],
    ['nobody', {}, { is: 'other' }],
  ];
  test.each(cases)('%s', (_, members, expected) => {
    expect(identify(lineOf(members))).toEqual(expected);
  });
});

describe('which model a line is of', () => {
  const model = (id: string, native: string) => ({
    id,
    target: {
      kind: 'bedrock-model' as const,
      modelId: native,
      region: 'us-east-1',
      arn: `arn:aws:bedrock:us-east-1::foundation-model/${native}`,
    },
  });
  const sonnet = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
  const profile = {
    id: 'sonnet',
    target: {
      kind: 'bedrock-profile' as const,
      modelId: `us.${sonnet}`,
      region: 'us-east-1',
      arn: `arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.${sonnet}`,
      modelArns: [`arn:aws:bedrock:us-east-1::foundation-model/${sonnet}`],
    },
  };
  const models = [
    model('nova', 'amazon.nova-lite-v1:0'),
    profile,
    model('twin-1', 'meta.llama3-3-70b-instruct-v1:0'),
    model('twin-2', 'meta.llama3-3-70b-instruct-v1:0'),
  ];
  const { modelOf } = createNames({ roles: [ROLE], callers: [], models, said: new Map([['Odd1', 'nova']]) });

  test.each<[string, Partial<CurLine>, string | undefined]>([
    ['what a person said', { billingName: 'Odd1' }, 'nova'],
    ['the resource', { billingName: 'Other', resource: profile.target.arn }, 'sonnet'],
    [
      'the resource in another region or account',
      { billingName: 'Other', resource: `arn:aws:bedrock:eu-west-1:444455556666:inference-profile/us.${sonnet}` },
      'sonnet',
    ],
    [
      'the model behind a profile',
      { billingName: 'Other', resource: `arn:aws:bedrock:us-west-2::foundation-model/${sonnet}` },
      'sonnet',
    ],
    ['a name with the id’s words in another order', { billingName: 'Claude4.5Sonnet' }, 'sonnet'],
    ['a name as the price list has it', { billingName: 'Claude Sonnet 4.5 (Amazon Bedrock Edition)' }, 'sonnet'],
    ['a name that two entries share', { billingName: 'Llama3-3-70B' }, undefined],
    ['another version', { billingName: 'Claude4.6Sonnet' }, undefined],
    ['a name that nobody knows', { billingName: 'Odd2' }, undefined],
  ])('%s', (_, members, expected) => {
    expect(modelOf(lineOf(members))).toBe(expected);
  });

  test('a mapping is NAME=MODEL, and the name may hold an equals sign', () => {
    expect([...parseMapping('a=b=c', new Map([['x', 'y']]))]).toEqual([
      ['x', 'y'],
      ['a=b', 'c'],
    ]);
    for (const text of ['', 'a', '=b', 'a=']) expect(() => parseMapping(text)).toThrow(/NAME=MODEL/);
  });
});

test('as CSV no name on AWS’s bill is a formula', () => {
  const elsewhere = [
    {
      direct: '',
      principal: '=cmd()',
      billingName: '@x',
      kind: 'input' as const,
      quantity: 1n,
      cost: 10n ** 18n,
      lines: 1,
    },
  ];
  const csv = reconcileCsv({ compared: [], elsewhere, mapped: [], unmapped: [], unseen: [], costCenters: [] });
  expect(csv.split('\r\n').slice(1, 3)).toEqual([
    "elsewhere,,,'@x,'=cmd(),input,1,,,,,,",
    "elsewhere,,,'@x,'=cmd(),usd,1,,,,,,",
  ]);
});
