import { beforeEach, describe, expect, test } from 'vitest';
import { createAdmin } from '../../../admin/app.ts';
import type { CallerContext } from '../../../contract/context.ts';
import { MARKS, parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import { ADMIN_BURST } from '../../../contract/limits/admin.ts';
import { createWriter } from '../../../registry/writer.ts';
import { modelDocument } from '../registry/documents.ts';
import { type MemoryItems, memoryItems } from '../registry/memory-items.ts';

const START = Date.UTC(2026, 5, 1);
const JSON_BODY = { 'content-type': 'application/json' };

let items: MemoryItems;
let time: number;
let app: ReturnType<typeof createAdmin>;

beforeEach(async () => {
  items = memoryItems();
  time = START;
  app = createAdmin({ items, clock: () => time });
  const writer = createWriter({ items, clock: () => START, actor: 'setup' });
  for (const id of ['m1', 'm2', 'm3']) await writer.putModel({ ...modelDocument(id), version: undefined });
  for (const id of ['acme', 'globex']) await writer.putTenant({ id, costCenter: 'CC-1' });
  await writer.grant('acme', 'm1', ['invoke', 'stream'], { restrictions: { maxTokens: 100 } });
  await writer.grant('globex', 'm2');
});

const caller = (role: keyof typeof MARKS | '', tenant = 'acme'): CallerContext => ({
  tenant: parseTenantId(tenant),
  principal: parsePrincipal(`${role || 'app'}-1`),
  roles: role === '' ? ['developer'] : [MARKS[role]],
  costCenter: 'CC-1',
  exp: START / 1000 + 900,
  models: [],
  budgets: [],
});

async function ask(who: CallerContext, method: string, path: string, body?: unknown) {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: JSON_BODY };
  const response = await app.fetch(new Request(`http://x/admin${path}`, init), { caller: who, requestId: 'r-1' });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
}

const budget = (per: string) => ({ per, period: 'day', unit: 'usd', limit: '1', enforcement: 'hard' });

describe('what each role may', () => {
  test.each([
    ['admin', 'GET', '/tenants/globex', 200],
    ['admin', 'POST', '/models/m3/retire', 200],
    ['admin', 'GET', '/audit', 200],
    ['tenant-admin', 'GET', '/tenants/acme', 200],
    ['tenant-admin', 'GET', '/tenants/globex', 403],
    ['tenant-admin', 'GET', '/models/m1', 200],
    ['tenant-admin', 'GET', '/models/m2', 403],
    ['tenant-admin', 'GET', '/models/m1?version=1', 200],
    ['tenant-admin', 'GET', '/models/m2?version=1', 403],
    ['tenant-admin', 'GET', '/models/m2?at=2027-01-01', 403],
    ['tenant-admin', 'POST', '/tenants/acme/suspend', 403],
    ['tenant-admin', 'POST', '/tenants/acme/offboard', 403],
    ['tenant-admin', 'DELETE', '/grants/acme/m1', 403],
    ['tenant-admin', 'POST', '/grants/acme/m1/rollback', 403],
    ['tenant-admin', 'GET', '/grants/globex/m2', 403],
    ['tenant-admin', 'GET', '/access/globex', 403],
    ['tenant-admin', 'GET', '/access/acme', 200],
    ['tenant-admin', 'POST', '/changes', 403],
    ['tenant-admin', 'POST', '/audit/1/undo', 403],
    ['tenant-admin', 'GET', '/defaults', 403],
    ['auditor', 'GET', '/tenants/globex', 200],
    ['auditor', 'GET', '/audit', 200],
    ['auditor', 'PUT', '/tenants/acme', 403],
    ['auditor', 'DELETE', '/grants/acme/m1', 403],
    ['auditor', 'POST', '/changes', 403],
    ['auditor', 'POST', '/audit/1/undo', 403],
    ['finance', 'GET', '/prices/m1', 200],
    ['finance', 'GET', '/tenants', 200],
    ['finance', 'GET', '/grants', 403],
    ['finance', 'PUT', '/models/m1', 403],
    ['', 'GET', '/models', 403],
    ['', 'GET', '/openapi.json', 403],
  ] as const)('%s: %s %s is %d', async (role, method, path, status) => {
    const body = method === 'GET' || method === 'DELETE' ? undefined : {};
    const before = await createWriter({ items, clock: () => START, actor: 'x' }).export();
    expect((await ask(caller(role), method, path, body)).status).toBe(status);
    if (status === 403) expect(await createWriter({ items, clock: () => START, actor: 'x' }).export()).toEqual(before);
  });

  test('lists hold what is the tenant’s own, for who may see no more', async () => {
    const mine = caller('tenant-admin');
    expect((await ask(mine, 'GET', '/models')).body.items.map((one: { id: string }) => one.id)).toEqual(['m1']);
    expect((await ask(mine, 'GET', '/tenants')).body.items.map((one: { id: string }) => one.id)).toEqual(['acme']);
    expect((await ask(mine, 'GET', '/grants?tenant=globex')).body.items).toMatchObject([{ tenant: 'acme' }]);
    const audit = (await ask(mine, 'GET', '/audit?tenant=globex')).body.items as { item: string }[];
    expect(audit.length).toBeGreaterThan(0);
    expect(audit.every(({ item }) => item.split('/')[1] === 'acme')).toBe(true);
  });

  test('finance sets prices and budgets', async () => {
    const prices = [{ version: '2026-06', from: '2026-06-01T00:00:00Z', usdPerMillion: { input: '1', output: '2' } }];
    expect((await ask(caller('finance'), 'PUT', '/prices/m1', { prices })).status).toBe(200);
    expect((await ask(caller('finance'), 'PUT', '/budgets/globex/day', budget('tenant'))).status).toBe(201);
    // Of the same moment it is that price, corrected.
    const now = [{ ...prices[0], usdPerMillion: { input: '2', output: '2' } }];
    const { body } = await ask(caller('finance'), 'PUT', '/prices/m1', { prices: now });
    expect(body.results).toMatchObject([{ outcome: 'corrected' }]);
  });

  test.each([
    [null, 'prices[0]'],
    [1, 'prices[0]'],
    [{}, 'prices[0].from'],
    [{ from: '2026-06-01T00:00:00Z', usdPerMillion: null }, 'prices[0].usdPerMillion'],
  ])('a price that is none is named: %j', async (price, path) => {
    const { status, body } = await ask(caller('finance'), 'PUT', '/prices/m1', { prices: [price] });
    expect([status, body.errors]).toMatchObject([400, [{ path }]]);
  });
});

describe('a tenant’s own administrator', () => {
  test.each([
    ['a role what the tenant holds', { also: [{ actions: ['invoke'], maxTokens: 50, roles: ['dev'] }] }, 200],
    ['a role more actions', { also: [{ actions: ['invoke', 'count'], maxTokens: 50, roles: ['dev'] }] }, 403],
    ['a role longer answers', { also: [{ actions: ['invoke'], maxTokens: 500, roles: ['dev'] }] }, 403],
    ['a role no limit', { also: [{ actions: ['invoke'], roles: ['dev'] }] }, 403],
    ['a role credentials', { also: [{ actions: ['invoke'], maxTokens: 5, direct: true, roles: ['dev'] }] }, 400],
    ['everyone more', { maxTokens: 1_000 }, 403],
    ['everyone less', { maxTokens: 1 }, 403],
  ])('grants %s: %j is %d', async (_, body, status) => {
    expect((await ask(caller('tenant-admin'), 'PUT', '/grants/acme/m1', body)).status).toBe(status);
  });

  test('grants no model that the tenant does not hold, and nothing to another tenant', async () => {
    const body = { actions: ['invoke'], roles: ['dev'] };
    expect((await ask(caller('tenant-admin'), 'PUT', '/grants/acme/m2', body)).status).toBe(403);
    expect((await ask(caller('tenant-admin'), 'PUT', '/grants/globex/m2', body)).status).toBe(403);
  });

  test.each([
    ['GET', '/models/m2'],
    ['GET', '/models/m2?version=1'],
    ['GET', '/models/m2/difference?version=1'],
    ['PUT', '/grants/acme/m2', { actions: ['invoke'], roles: ['dev'] }],
    ['PATCH', '/grants/acme/m2', { actions: ['invoke'], roles: ['dev'] }],
    ['PUT', '/grants/acme/m2', { actions: ['nothing'] }],
    ['PUT', '/bundle-grants/acme/b2', { actions: ['invoke'], roles: ['dev'] }],
    ['PUT', '/grants/acme/m1', { also: [{ actions: ['invoke'], maxTokens: 5, roles: ['dev'], fallbacks: ['m2'] }] }],
    ['GET', '/budgets/*/b2'],
  ] as const)(
    'learns of nothing that it does not hold whether it is there: %s %s',
    async (method, path, body?: object) => {
      await ask(caller('admin'), 'PUT', '/bundles/b2', { models: ['m2'] });
      await ask(caller('admin'), 'PUT', '/budgets/*/b2', budget('tenant'));
      const answer = async (text: string | undefined, at: string) => {
        const { status, body } = await ask(caller('tenant-admin'), method, at, text && JSON.parse(text));
        return { status, ...body, instance: '' };
      };
      const text = body && JSON.stringify(body);
      const there = await answer(text, path);
      expect(there.status).toBe(403);
      const none = (one: string) => one.replaceAll(/([mb])2/g, '$19');
      expect(there).toEqual(await answer(text && none(text), none(path)));
    },
  );

  test('sees no edits of what is only called as its tenant is', async () => {
    await ask(caller('admin'), 'PUT', '/bundles/acme', { models: ['m2'] });
    const items = (await ask(caller('tenant-admin'), 'GET', '/audit')).body.items as { kind: string }[];
    expect(new Set(items.map(({ kind }) => kind))).toEqual(new Set(['tenant', 'grant']));
    const [{ edit }] = (await ask(caller('admin'), 'GET', '/audit?limit=1')).body.items;
    expect((await ask(caller('tenant-admin'), 'GET', `/audit/${edit}`)).status).toBe(404);
  });

  test('sets budgets of its principals and of nobody else', async () => {
    const mine = caller('tenant-admin');
    expect((await ask(mine, 'PUT', '/budgets/acme/each', budget('principal'))).status).toBe(201);
    expect((await ask(mine, 'PUT', '/budgets/acme/all', budget('tenant'))).status).toBe(403);
    expect((await ask(mine, 'PUT', '/budgets/*/each', budget('principal'))).status).toBe(403);
    await ask(caller('admin'), 'PUT', '/budgets/acme/cap', budget('tenant'));
    expect((await ask(mine, 'PUT', '/budgets/acme/cap', budget('principal'))).status).toBe(403);
    expect((await ask(mine, 'DELETE', '/budgets/acme/cap')).status).toBe(403);
    expect((await ask(mine, 'DELETE', '/budgets/acme/each')).status).toBe(204);
  });
});

describe('what holds of every tenant', () => {
  test('is an entry under its version, like any other', async () => {
    const admin = caller('admin');
    expect((await ask(admin, 'GET', '/defaults')).body).toEqual({});
    const made = await ask(admin, 'PUT', '/defaults', { residency: ['us-east-1'] });
    expect([made.status, made.headers.get('etag'), made.headers.get('x-tollgate-edit')]).toEqual([200, '"1"', '8']);
    const shown = await ask(admin, 'GET', '/defaults');
    expect([shown.headers.get('etag'), shown.body.residency]).toEqual(['"1"', ['us-east-1']]);
    await ask(admin, 'PUT', '/defaults', { residency: ['us-west-2'] });
    expect((await ask(admin, 'PUT', '/defaults', { version: 1, residency: ['us-east-1'] })).status).toBe(409);
  });
});

describe('a request', () => {
  test('of a day is answered as the entry was then', async () => {
    time += 86_400_000;
    await ask(caller('admin'), 'PATCH', '/models/m1', { displayName: 'Later' });
    const of = async (query: string) => (await ask(caller('admin'), 'GET', `/models/m1${query}`)).body;
    expect(await of('')).toHaveProperty('displayName', 'Later');
    expect(await of('?at=2026-06-01T12:00:00Z')).toMatchObject({ id: 'm1', version: 1 });
    expect(await of('?at=2026-06-01T12:00:00Z')).not.toHaveProperty('displayName');
    expect((await ask(caller('admin'), 'GET', '/models/m1?at=2026-05-01')).status).toBe(404);
  });

  test('for an end at what is no date is refused by the member', async () => {
    const { status, body } = await ask(caller('admin'), 'POST', '/models/m1/deprecate', { sunsetAt: 'soon' });
    expect([status, body.errors]).toMatchObject([400, [{ path: 'sunsetAt', reason: 'not-a-date' }]]);
  });

  test('of a caller that asks without end is told when it may go on, and others are served', async () => {
    const statuses = new Set<number>();
    for (let count = 0; count < ADMIN_BURST; count++)
      statuses.add((await ask(caller('auditor'), 'GET', '/openapi.json')).status);
    expect([...statuses]).toEqual([200]);
    const { status, headers, body } = await ask(caller('auditor'), 'GET', '/openapi.json');
    expect([status, headers.get('retry-after'), body.title]).toEqual([429, '1', 'Too Many Requests']);
    expect((await ask(caller('admin'), 'GET', '/openapi.json')).status).toBe(200);
    time += 1_000;
    expect((await ask(caller('auditor'), 'GET', '/openapi.json')).status).toBe(200);
  });

  test.each([
    ['a list', '[]', 400],
    ['no JSON', '{', 400],
    ['a member twice', '{"a":1,"a":2}', 400],
    ['no UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 400],
  ])('whose body is %s is refused', async (_, body, status) => {
    const request = new Request('http://x/admin/models/m1', { method: 'PUT', body, headers: JSON_BODY });
    const response = await app.fetch(request, { caller: caller('admin'), requestId: 'r-1' });
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
  });

  test('of another media type, with a bad ETag or a bad cursor says so', async () => {
    const put = (headers: Record<string, string>) =>
      app.fetch(
        new Request('http://x/admin/models/m1', { method: 'PUT', body: '{}', headers: { ...JSON_BODY, ...headers } }),
        {
          caller: caller('admin'),
          requestId: 'r',
        },
      );
    expect((await put({ 'content-type': 'text/plain' })).status).toBe(415);
    expect((await put({ 'if-match': 'W/"1"' })).status).toBe(400);
    expect((await put({ 'if-match': '"7"' })).status).toBe(412);
    expect((await ask(caller('admin'), 'GET', '/models?cursor=%%')).status).toBe(400);
    expect((await ask(caller('admin'), 'GET', '/models?limit=1&limit=2')).status).toBe(400);
  });
});

describe('where budgets stand', () => {
  const at = (role: keyof typeof MARKS | '', tenant: string) => ask(caller(role), 'GET', `/standing/${tenant}`);

  beforeEach(async () => {
    const counts = {
      numbers: new Map([['t|day|2026-06-01|usd', 250_000_000_000n]]),
      sets: new Map<string, ReadonlySet<string>>(),
    };
    const partition = async (pk: string) => [{ key: { pk, sk: 'TENANT' }, counts }];
    app = createAdmin({ items, clock: () => time, counters: async () => ({ partition, query: async () => [] }) });
    const writer = createWriter({ items, clock: () => START, actor: 'setup' });
    await writer.setBudget('acme', { id: 'day', ...budget('tenant') });
    await writer.setBudget('*', { id: 'each', ...budget('principal') });
  });

  test('is told of the tenant’s own and of the stage’s, with when each begins anew', async () => {
    expect((await at('tenant-admin', 'acme')).body.items).toMatchObject([
      { id: 'day', from: 'tenant', of: null, limit: '1', resetsAt: '2026-06-02T00:00:00.000Z' },
      { id: 'each', from: 'stage', per: 'principal', of: null, used: '0' },
    ]);
  });

  test.each([
    ['admin', 'globex', 200],
    ['admin', 'nobody', 404],
    ['auditor', 'acme', 200],
    ['finance', 'globex', 200],
    ['tenant-admin', 'globex', 403],
    ['', 'acme', 403],
  ] as const)('%s of acme asks of %s: %d', async (role, tenant, status) => {
    expect((await at(role, tenant)).status).toBe(status);
  });

  test('is not told by an API without counters', async () => {
    app = createAdmin({ items, clock: () => time });
    expect((await at('admin', 'acme')).status).toBe(404);
  });
});

describe.each([
  ['a budget', '/budgets/acme', budget('tenant'), budget('principal')],
  ['an alias', '/aliases', { models: { m1: 1 } }, { models: { m2: 1 } }],
])('%s, which stands in one entry with others', (_, base, one, other) => {
  const put = (id: string, body: object, headers: Record<string, string>) =>
    app.fetch(
      new Request(`http://x/admin${base}/${id}`, {
        ...{ method: 'PUT', body: JSON.stringify(body) },
        headers: { ...JSON_BODY, ...headers },
      }),
      { caller: caller('admin'), requestId: 'r-1' },
    );

  test('is edited and removed under the version of that entry, and made where there is none of its id', async () => {
    const made = await put('alpha', one, { 'if-none-match': '*' });
    expect([made.status, made.headers.get('etag')]).toEqual([201, '"1"']);
    expect((await put('beta', one, { 'if-none-match': '*' })).headers.get('etag')).toBe('"2"');
    expect((await put('alpha', other, { 'if-none-match': '*' })).status).toBe(412);
    // Of what was read before somebody else's edit nothing is written.
    const late = await put('alpha', other, { 'if-match': '"1"' });
    expect([late.status, (await ask(caller('admin'), 'GET', `${base}/alpha`)).body]).toMatchObject([412, one]);
    expect((await put('alpha', other, { 'if-match': '"2"' })).headers.get('etag')).toBe('"3"');
    expect((await put('gamma', other, { 'if-match': '"3"' })).status).toBe(412);
    const seen = await ask(caller('admin'), 'GET', `${base}/alpha`);
    expect([seen.headers.get('etag'), seen.body]).toMatchObject(['"3"', other]);
    const remove = (version: string) =>
      app.fetch(new Request(`http://x/admin${base}/alpha`, { method: 'DELETE', headers: { 'if-match': version } }), {
        ...{ caller: caller('admin'), requestId: 'r-1' },
      });
    expect([(await remove('"2"')).status, (await remove('"3"')).status]).toEqual([412, 204]);
  });
});
