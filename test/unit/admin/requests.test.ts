import { beforeEach, describe, expect, test } from 'vitest';
import { createAdmin } from '../../../admin/app.ts';
import type { CallerContext } from '../../../contract/context.ts';
import { MARKS, parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import type { UsageRecord } from '../../../contract/usage.ts';
import { wantedHash } from '../../../contract/wanted.ts';
import { createWriter } from '../../../registry/writer.ts';
import { call, finished, MemoryStore, NINE, started } from '../metering/support.ts';
import { modelDocument } from '../registry/documents.ts';
import { memoryItems } from '../registry/memory-items.ts';

const MINUTE = 60_000;
/** Half an hour after the first call. */
const NOW = NINE + 30 * MINUTE;

let app: ReturnType<typeof createAdmin>;
let store: MemoryStore;

const AWS_ID = 'aws-request-1';
const LINES: UsageRecord[] = [
  ...call({
    invocationId: 'a1',
    requestId: 'r-acme-1',
    at: NINE,
    awsRequestId: AWS_ID,
    nativeModel: 'arn:aws:x:111122223333',
  }),
  ...call({ invocationId: 'a2', requestId: 'r-acme-2', at: NINE + MINUTE, outcome: 'denied', code: 'model_denied' }),
  finished({ invocationId: 'a3', requestId: 'r-acme-3', at: NINE + 2 * MINUTE, outcome: 'retried', code: 'throttled' }),
  finished({ invocationId: 'a3b', requestId: 'r-acme-3', at: NINE + 2 * MINUTE, attempt: 2, principal: 'bob' }),
  finished({
    invocationId: 'a4',
    requestId: 'r-acme-4',
    at: NINE + 3 * MINUTE,
    outcome: 'refused',
    code: 'model_not_allowed',
    model: '',
    nativeModel: '',
    wantedHash: wantedHash('secret-model'),
  }),
  started({ invocationId: 'a5', requestId: 'r-acme-5', at: NINE + 4 * MINUTE }),
  started({ invocationId: 'a6', requestId: 'r-acme-6', at: NOW - MINUTE }),
  ...call({
    invocationId: 'g1',
    requestId: 'r-globex-1',
    at: NINE + 5 * MINUTE,
    tenant: 'globex',
    principal: 'globex-app',
    costCenter: 'cc-g',
  }),
];

beforeEach(async () => {
  const items = memoryItems();
  store = new MemoryStore();
  store.deliver('dt=2026-11-21/hour=09/x', LINES);
  app = createAdmin({ items, clock: () => NOW, usage: async () => store });
  const writer = createWriter({ items, clock: () => NINE, actor: 'setup' });
  const prices = [{ version: '2026-01', from: '2026-01-01T00:00:00Z', usdPerMillion: { input: '1', output: '2' } }];
  await writer.putModel({ ...modelDocument('nova-lite'), version: undefined, prices } as never);
});

const caller = (role: keyof typeof MARKS | '', tenant = 'acme'): CallerContext => ({
  tenant: parseTenantId(tenant),
  principal: parsePrincipal(`${role || 'app'}-1`),
  roles: role === '' ? ['developer'] : [MARKS[role]],
  costCenter: 'CC-1',
  exp: NOW / 1000 + 900,
  models: [],
  budgets: [],
});

async function ask(who: CallerContext, path: string) {
  const response = await app.fetch(new Request(`http://x/admin${path}`), { caller: who, requestId: 'r-1' });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

const idsOf = ({ body }: { body: { items: { request: string }[] } }): string[] =>
  body.items.map(({ request }) => request);

describe('the log of calls over HTTP', () => {
  test.each([
    ['', 'acme', 6],
    ['tenant-admin', 'acme', 6],
    ['', 'globex', 1],
    ['tenant-admin', 'globex', 1],
    ['', 'nobody', 0],
    ['admin', 'ops', 7],
    ['auditor', 'ops', 7],
    ['finance', 'ops', 7],
  ] as const)(
    '%s of %s sees %3$i calls, and no name of a tenant that is none of its own',
    async (role, tenant, count) => {
      const answer = await ask(caller(role, tenant), '/requests');
      expect([answer.status, idsOf(answer).length]).toEqual([200, count]);
      const others = ['acme', 'globex'].filter((name) => name !== tenant);
      if (tenant !== 'ops') for (const name of others) expect(JSON.stringify(answer.body)).not.toContain(name);
    },
  );

  test('of another tenant nothing is told, not even whether it is there', async () => {
    const [there, not] = await Promise.all(
      ['globex', 'nobody'].map((name) => ask(caller('tenant-admin'), `/requests?tenant=${name}`)),
    );
    expect([there?.status, there?.body]).toEqual([403, not?.body]);
    const [theirs, none] = await Promise.all(
      ['r-globex-1', 'r-nobody-1'].map((id) => ask(caller(''), `/requests/${id}`)),
    );
    expect([theirs?.status, theirs?.body.detail.replace('globex', 'nobody')]).toEqual([404, none?.body.detail]);
    expect((await ask(caller('admin', 'ops'), '/requests/r-globex-1')).status).toBe(200);
  });

  test.each([
    ['outcome=denied', ['r-acme-2']],
    ['outcome=ok', ['r-acme-3', 'r-acme-1']],
    ['outcome=in-flight', ['r-acme-6']],
    ['outcome=unsettled', ['r-acme-5']],
    ['outcome=retried', []],
    ['model=secret-model', ['r-acme-4']],
    ['model=nova-lite&outcome=denied', ['r-acme-2']],
    ['principal=bob', ['r-acme-3']],
    ['request=r-acme-4', ['r-acme-4']],
    ['since=2026-11-21T09:01:00Z&until=2026-11-21T09:03:00Z', ['r-acme-3', 'r-acme-2']],
    ['tenant=acme&limit=1', ['r-acme-6']],
  ])('%s is %j', async (query, expected) => {
    expect(idsOf(await ask(caller(''), `/requests?${query}`))).toEqual(expected);
  });

  test('a row has what the call was, why it was refused, its attempts and its cost, and how far was looked', async () => {
    const { body } = await ask(caller(''), '/requests?limit=3&until=2026-11-21T09:04:00Z');
    expect(body.items).toMatchObject([
      {
        request: 'r-acme-4',
        at: '2026-11-21T09:03:00.000Z',
        model: '',
        outcome: 'refused',
        code: 'model_not_allowed',
        cost: '0',
      },
      { request: 'r-acme-3', principal: 'bob', attempts: 2, outcome: 'ok', cost: '0.00004', tokens: { input: 20 } },
      { request: 'r-acme-2', outcome: 'denied', code: 'model_denied', tenant: 'acme', surface: 'bedrock' },
    ]);
    expect(body.items[1]).not.toHaveProperty('tried');
    expect(Date.parse(body.lookedBackTo)).toBeLessThanOrEqual(NINE + MINUTE);
    const rest = await ask(caller(''), `/requests?limit=3&until=2026-11-21T09:04:00Z&cursor=${body.next}`);
    expect([idsOf(rest), rest.body.next]).toEqual([['r-acme-1'], undefined]);
  });

  test('one call has each attempt; as AWS names what it went to, only those see it who see every tenant', async () => {
    const mine = await ask(caller(''), '/requests/r-acme-1');
    expect(mine.body).toMatchObject({
      attempts: 1,
      tried: [{ model: 'nova-lite', region: 'us-east-1', outcome: 'ok' }],
    });
    expect(JSON.stringify(mine.body)).not.toMatch(/111122223333|aws-request-1/);
    const all = await ask(caller('auditor', 'ops'), '/requests/r-acme-1');
    expect(all.body.tried).toMatchObject([{ awsRequestId: AWS_ID, nativeModel: 'arn:aws:x:111122223333' }]);
  });

  test.each([
    ['outcome=odd', 'outcome', 'no-outcome'],
    ['since=yesterday', 'since', 'not-a-date'],
    ['limit=1001', 'limit', 'too-large'],
  ])('%s is refused by its name', async (query, path, reason) => {
    const { status, body } = await ask(caller(''), `/requests?${query}`);
    expect([status, body.errors]).toEqual([400, [{ path, reason }]]);
  });

  test.each([
    '{"hour":-1}',
    '{"hour":99999999}',
    '{"hour":1.5}',
    '{"hour":1,"more":1}',
    '{"hour":1,"floor":[1]}',
    'null',
    'x',
  ])('a cursor that is none of ours is refused: %s', async (text) => {
    const cursor = Buffer.from(text).toString('base64url');
    expect((await ask(caller(''), `/requests?cursor=${cursor}`)).status).toBe(400);
  });

  test('a cursor of somebody else’s page shows no more than one’s own', async () => {
    const { body } = await ask(caller('admin', 'ops'), '/requests?limit=1');
    const mine = await ask(caller('', 'globex'), `/requests?cursor=${body.next}`);
    expect(idsOf(mine)).toEqual(['r-globex-1']);
  });

  test('who asks without end is told when it may go on, sooner than of what reads the registry alone', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(caller(''), '/requests?limit=1')));
    const late = answers.filter(({ status }) => status === 429);
    expect([late.length, late[0]?.headers.get('retry-after')]).toEqual([2, '1']);
  });

  test('where the API was told no bucket, it says so', async () => {
    app = createAdmin({ items: memoryItems(), clock: () => NOW });
    const { status, body } = await ask(caller('admin'), '/requests');
    expect([status, body.errors]).toMatchObject([404, [{ path: 'usage', reason: 'no-usage' }]]);
  });
});
