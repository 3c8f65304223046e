import { describe, expect, test } from 'vitest';
import type { Budget } from '../../../contract/budget.ts';
import { TollgateError } from '../../../contract/errors.ts';
import { parseTenantId } from '../../../contract/identity.ts';
import { REGISTRY_MEMORY_MAX, REGISTRY_MEMORY_MS } from '../../../contract/limits/registry.ts';
import { EVERY_TENANT } from '../../../registry/budget.ts';
import type { Document } from '../../../registry/items.ts';
import { budgetsKey, grantKey, modelKey, tenantKey } from '../../../registry/keys.ts';
import type { Unusable } from '../../../registry/kinds.ts';
import { createLookup } from '../../../registry/lookup.ts';
import { budget, budgetsDocument, grantDocument, modelDocument, tenantDocument } from './documents.ts';
import { memoryItems } from './memory-items.ts';

const ACME = parseTenantId('acme');

function setUp(options: { memoryMs?: number; rememberTenants?: boolean; timeoutMs?: number } = {}) {
  const items = memoryItems();
  const unusable: Unusable[] = [];
  const time = { ms: 1_000_000 };
  const reader = createLookup({
    items,
    clock: () => time.ms,
    onUnusable: (item) => void unusable.push(item),
    ...options,
  });
  const put = {
    tenant: (id: string, changes?: Document) => items.edit(tenantKey(parseTenantId(id)), tenantDocument(id, changes)),
    model: (id: string, changes?: Document) => items.edit(modelKey(id), modelDocument(id, changes)),
    grant: (tenant: string, model: string, changes?: Document) =>
      items.edit(grantKey({ tenant: parseTenantId(tenant), model }), grantDocument(tenant, model, changes)),
    budgets: (owner: string, ...budgets: Budget[]) =>
      items.edit(
        budgetsKey(owner === EVERY_TENANT ? EVERY_TENANT : parseTenantId(owner)),
        budgetsDocument(owner, { budgets: budgets.map((one) => ({ ...one })) }),
      ),
  };
  return { items, unusable, time, reader, put };
}

describe('a tenant and what it may call', () => {
  test('says whose usage plan counts the tenant’s calls', async () => {
    const { reader, put } = setUp();
    put.tenant('acme', { plan: { rate: 0.5, burst: 1 } });
    put.tenant('globex');
    put.tenant('labs', { plan: { unit: 'labs-dev' } });
    expect(await reader.tenant(ACME)).toMatchObject({ countedBy: ACME });
    expect(await reader.tenant(parseTenantId('globex'))).toMatchObject({ countedBy: null });
    expect(await reader.tenant(parseTenantId('labs'))).toMatchObject({ countedBy: { unit: 'labs-dev' } });
  });

  test('the entries are the granted models, by id, with the actions of the grant', async () => {
    const { items, reader, put, unusable } = setUp();
    put.tenant('acme', { costCenter: 'CC-7' });
    put.model('b');
    put.model('a');
    put.model('not-granted');
    put.grant('acme', 'b', { actions: ['stream', 'invoke'] });
    put.grant('acme', 'a');
    const found = await reader.tenant(ACME);
    expect(found).toMatchObject({ id: 'acme', suspended: false, costCenter: 'CC-7', unusable: 0 });
    expect(found?.models.map(({ id, actions }) => [id, actions])).toEqual([
      ['a', ['invoke', 'stream', 'count']],
      ['b', ['invoke', 'stream']],
    ]);
    expect(Object.keys(found?.models[0] ?? {})).toEqual(['id', 'target', 'actions', 'lifecycle']);
    // What is the tenant's and what is the stage's at once, then the two models.
    expect(items.calls).toEqual(['partition TENANT#acme', 'partition STAGE', 'batch 2']);
    expect(unusable).toEqual([]);
  });

  test('a draft is none of the entries, nor the successor or fallback of one, and is no fault', async () => {
    const { reader, put, unusable, time } = setUp({ memoryMs: 0 });
    put.tenant('acme');
    put.model('a', { lifecycle: { status: 'active', successor: 'b' }, fallbacks: ['b'] });
    put.model('b', { lifecycle: { status: 'draft' } });
    put.grant('acme', 'a');
    put.grant('acme', 'b');
    const seen = async () =>
      (await reader.tenant(ACME))?.models.map(({ id, lifecycle, fallbacks }) => [id, lifecycle, fallbacks]);
    expect(await seen()).toEqual([['a', { status: 'active' }, undefined]]);
    expect(unusable).toEqual([]);
    put.model('b', { version: 2 });
    time.ms += 1;
    expect(await seen()).toEqual([
      ['a', { status: 'active', successor: 'b' }, ['b']],
      ['b', { status: 'active' }, undefined],
    ]);
  });

  test('D2 an empty table knows no tenant, and asks for no model', async () => {
    const { items, reader } = setUp();
    expect(await reader.tenant(ACME)).toBeNull();
    expect(items.calls).toEqual(['partition TENANT#acme', 'partition STAGE']);
  });

  test('D2 grants without a tenant item are nobody’s', async () => {
    const { reader, put } = setUp();
    put.model('a');
    put.grant('acme', 'a');
    expect(await reader.tenant(ACME)).toBeNull();
  });

  test('D7 a suspended tenant is said to be, whatever it was granted', async () => {
    const { reader, put } = setUp();
    put.tenant('acme', { suspended: true });
    put.model('a');
    put.grant('acme', 'a');
    expect(await reader.tenant(ACME)).toMatchObject({ suspended: true });
  });

  test('D3 a malformed model takes nothing else with it, and is counted and named', async () => {
    const { reader, put, unusable } = setUp();
    put.tenant('acme');
    put.model('good');
    put.model('bad', { target: { kind: 'bedrock-model' } });
    put.model('newer', { v: 2 });
    for (const model of ['good', 'bad', 'newer']) put.grant('acme', model);
    const found = await reader.tenant(ACME);
    expect(found?.models.map(({ id }) => id)).toEqual(['good']);
    expect(found?.unusable).toBe(2);
    expect(unusable).toEqual([
      { pk: 'MODEL#bad', sk: 'MODEL', field: 'target.modelId', reason: 'missing' },
      { pk: 'MODEL#newer', sk: 'MODEL', field: 'v', reason: 'unknown-version' },
    ]);
  });

  test('D3 a malformed grant grants nothing', async () => {
    const { reader, put } = setUp();
    put.tenant('acme');
    put.model('a');
    put.grant('acme', 'a', { actions: ['everything'] });
    expect(await reader.tenant(ACME)).toMatchObject({ models: [], unusable: 1 });
  });

  test('D3 a malformed tenant is no tenant', async () => {
    const { reader, put, unusable } = setUp();
    put.tenant('acme', { suspended: 'no' });
    expect(await reader.tenant(ACME)).toBeNull();
    expect(unusable).toMatchObject([{ pk: 'TENANT#acme', field: 'suspended' }]);
  });

  test('D3 an item of an unknown kind in the partition is counted: it may be a restriction', async () => {
    const { items, reader, put } = setUp();
    put.tenant('acme');
    items.edit({ pk: 'TENANT#acme', sk: 'LIMIT#a' }, { v: 1 });
    expect(await reader.tenant(ACME)).toMatchObject({ unusable: 1 });
  });

  test('D6 an item that names another tenant or model than its key is refused', async () => {
    const { items, reader, put, unusable } = setUp();
    put.tenant('acme');
    put.model('a');
    items.edit(grantKey({ tenant: ACME, model: 'a' }), grantDocument('globex', 'a'));
    items.edit(grantKey({ tenant: ACME, model: 'b' }), grantDocument('acme', 'a'));
    put.grant('acme', 'c');
    items.edit(modelKey('c'), modelDocument('a'));
    expect(await reader.tenant(ACME)).toMatchObject({ models: [], unusable: 3 });
    expect(unusable.map(({ reason }) => reason)).toEqual(Array(3).fill('names-another-item'));
  });

  test('D6 a tenant item that names another tenant is no tenant', async () => {
    const { items, reader } = setUp();
    items.edit(tenantKey(ACME), tenantDocument('globex'));
    expect(await reader.tenant(ACME)).toBeNull();
  });

  test('a grant of a model that does not exist grants nothing and is not a fault', async () => {
    const { reader, put } = setUp();
    put.tenant('acme');
    put.grant('acme', 'later');
    expect(await reader.tenant(ACME)).toMatchObject({ models: [], unusable: 0 });
  });

  test('L1 a successor that the tenant does not hold is not told', async () => {
    const { reader, put } = setUp();
    put.tenant('acme');
    put.model('mine', { lifecycle: { status: 'deprecated', successor: 'secret' } });
    put.model('also-mine', { lifecycle: { status: 'deprecated', successor: 'mine' } });
    put.model('secret');
    put.grant('acme', 'mine');
    put.grant('acme', 'also-mine');
    const found = await reader.tenant(ACME);
    expect(found?.models.map(({ lifecycle }) => lifecycle.successor)).toEqual(['mine', undefined]);
  });

  test('L1 nor one that is granted and cannot be used', async () => {
    const { reader, put } = setUp();
    put.tenant('acme');
    put.model('mine', { lifecycle: { status: 'deprecated', successor: 'broken' } });
    put.model('broken', { target: {} });
    put.grant('acme', 'mine');
    put.grant('acme', 'broken');
    expect((await reader.tenant(ACME))?.models.map(({ lifecycle }) => lifecycle.successor)).toEqual([undefined]);
  });
});

describe('what answers in the place of a model', () => {
  test.each<[string, Document, Document, string[] | undefined]>([
    ['is what its entry says', { fallbacks: ['b', 'c'] }, {}, ['b', 'c']],
    ['is what the grant says, if that says anything', { fallbacks: ['b'] }, { fallbacks: ['c'] }, ['c']],
    ['is nothing where the grant says so', { fallbacks: ['b'] }, { fallbacks: [] }, undefined],
    ['is never what was not granted', { fallbacks: ['theirs', 'c', 'nowhere'] }, {}, ['c']],
    ['is nothing where nothing of it was granted', {}, { fallbacks: ['theirs'] }, undefined],
  ])('%s', async (_, entry, grant, expected) => {
    const { reader, put } = setUp();
    put.tenant('acme');
    put.model('a', entry);
    for (const id of ['b', 'c', 'theirs']) put.model(id);
    put.grant('acme', 'a', grant);
    for (const id of ['b', 'c']) put.grant('acme', id);
    expect((await reader.tenant(ACME))?.models.find(({ id }) => id === 'a')?.fallbacks).toEqual(expected);
  });
});

describe('the budgets of a tenant', () => {
  test('are its own and the stage’s, and its own take the place of the stage’s of the same id', async () => {
    const { reader, put } = setUp();
    put.tenant('acme');
    put.tenant('globex');
    put.budgets('*', budget('a'), budget('b', { limit: '1' }));
    put.budgets('acme', budget('c'), budget('b', { limit: '2', enforcement: 'soft' }));
    expect((await reader.tenant(ACME))?.budgets).toEqual([
      budget('a'),
      budget('b', { limit: '2', enforcement: 'soft' }),
      budget('c'),
    ]);
    expect((await reader.tenant(parseTenantId('globex')))?.budgets).toEqual([budget('a'), budget('b', { limit: '1' })]);
  });

  test('are none where neither has any', async () => {
    const { reader, put } = setUp();
    put.tenant('acme');
    expect((await reader.tenant(ACME))?.budgets).toEqual([]);
  });

  test('take no third round trip, and the stage’s are read once for all tenants', async () => {
    const { items, reader, put, time } = setUp();
    for (const tenant of ['acme', 'globex']) {
      put.tenant(tenant);
      put.grant(tenant, 'a');
      put.budgets(tenant, budget('own'));
    }
    put.model('a');
    put.budgets('*', budget('stage'));
    await reader.tenant(ACME);
    expect(items.calls).toEqual(['partition TENANT#acme', 'partition STAGE', 'batch 1']);
    expect((await reader.tenant(parseTenantId('globex')))?.budgets).toHaveLength(2);
    expect(items.calls.slice(3)).toEqual(['partition TENANT#globex']);
    put.budgets('*');
    time.ms += REGISTRY_MEMORY_MS;
    expect((await reader.tenant(ACME))?.budgets).toEqual([budget('own')]);
  });

  test.each<[string, (set: ReturnType<typeof setUp>) => void, object]>([
    [
      'its own item is malformed',
      ({ put }) => put.budgets('acme', budget('a', { limit: '-1' })),
      { pk: 'TENANT#acme', sk: 'BUDGETS', field: 'budgets[0].limit', reason: 'negative' },
    ],
    [
      'its own item is of a later version',
      ({ items }) => items.edit(budgetsKey(ACME), budgetsDocument('acme', { v: 2 })),
      { pk: 'TENANT#acme', sk: 'BUDGETS', field: 'v', reason: 'unknown-version' },
    ],
    [
      'D6 its own item names another tenant',
      ({ items }) => items.edit(budgetsKey(ACME), budgetsDocument('globex')),
      { pk: 'TENANT#acme', sk: 'BUDGETS', field: 'key', reason: 'names-another-item' },
    ],
    [
      'D6 its own item names the stage',
      ({ items }) => items.edit(budgetsKey(ACME), budgetsDocument('*')),
      { pk: 'TENANT#acme', sk: 'BUDGETS', field: 'key', reason: 'names-another-item' },
    ],
    [
      'the stage’s item is malformed',
      ({ put }) => put.budgets('*', budget('a', { only: 'app' })),
      { pk: 'STAGE', sk: 'BUDGETS', field: 'budgets[0].only', reason: 'not-with-per-tenant' },
    ],
    [
      'D6 the stage’s item names a tenant',
      ({ items }) => items.edit(budgetsKey(EVERY_TENANT), budgetsDocument('acme')),
      { pk: 'STAGE', sk: 'BUDGETS', field: 'key', reason: 'names-another-item' },
    ],
  ])('D3 cannot be told where %s: nothing is allowed, and the item is reported', async (_, prepare, item) => {
    const made = setUp({ rememberTenants: true });
    made.put.tenant('acme');
    made.put.model('a');
    made.put.grant('acme', 'a');
    prepare(made);
    await expect(made.reader.tenant(ACME)).rejects.toMatchObject({
      code: 'unavailable',
      reason: 'budgets-unusable',
      retryAfterSeconds: 2,
    });
    expect(made.unusable).toEqual([item]);
  });

  test('D3 are refused for as long as the stage’s item is malformed, and it is reported once per reading', async () => {
    const { reader, put, unusable, time } = setUp();
    put.tenant('acme');
    put.budgets('*', budget('a', { limit: 'NaN' }));
    await expect(reader.tenant(ACME)).rejects.toMatchObject({ reason: 'budgets-unusable' });
    await expect(reader.tenant(ACME)).rejects.toMatchObject({ reason: 'budgets-unusable' });
    expect(unusable).toHaveLength(1);
    put.budgets('*');
    time.ms += REGISTRY_MEMORY_MS;
    expect(await reader.tenant(ACME)).toMatchObject({ budgets: [] });
  });

  test('D7 that is suspended are not asked for: it is refused as suspended', async () => {
    const { reader, put } = setUp();
    put.tenant('acme', { suspended: true });
    put.budgets('acme', budget('a', { limit: 'NaN' }));
    expect(await reader.tenant(ACME)).toMatchObject({ suspended: true, budgets: [] });
  });
});

describe('what is remembered', () => {
  test('models for five seconds, the tenant not at all', async () => {
    const { items, reader, put, time } = setUp();
    put.tenant('acme');
    put.model('a');
    put.grant('acme', 'a');
    await reader.tenant(ACME);
    put.model('a', { lifecycle: { status: 'retired' } });
    put.tenant('acme', { suspended: true });
    time.ms += REGISTRY_MEMORY_MS - 1;
    const soon = await reader.tenant(ACME);
    expect(soon).toMatchObject({ suspended: true });
    expect(soon?.models[0]?.lifecycle.status).toBe('active');
    time.ms += 1;
    expect((await reader.tenant(ACME))?.models[0]?.lifecycle.status).toBe('retired');
    expect(items.calls.filter((call) => call.startsWith('batch'))).toHaveLength(2);
  });

  test('the tenant, too, where that was asked for, and never that there is none', async () => {
    const { items, reader, put, time } = setUp({ rememberTenants: true });
    expect(await reader.tenant(ACME)).toBeNull();
    put.tenant('acme');
    expect(await reader.tenant(ACME)).toMatchObject({ id: 'acme' });
    put.tenant('acme', { suspended: true });
    expect(await reader.tenant(ACME)).toMatchObject({ suspended: false });
    time.ms += REGISTRY_MEMORY_MS;
    expect(await reader.tenant(ACME)).toMatchObject({ suspended: true });
    expect(items.calls.filter((call) => call.startsWith('partition TENANT'))).toHaveLength(3);
  });

  test('nothing at all where the authorizer’s answer is not kept either', async () => {
    const { reader, put } = setUp({ rememberTenants: true, memoryMs: 0 });
    put.tenant('acme');
    put.model('a');
    put.grant('acme', 'a');
    await reader.tenant(ACME);
    put.model('a', { lifecycle: { status: 'retired' } });
    expect((await reader.tenant(ACME))?.models[0]?.lifecycle.status).toBe('retired');
    put.tenant('acme', { suspended: true });
    expect(await reader.tenant(ACME)).toMatchObject({ suspended: true });
  });

  test('nothing for longer because the clock was set back', async () => {
    const { reader, put, time } = setUp({ rememberTenants: true });
    put.tenant('acme');
    await reader.tenant(ACME);
    put.tenant('acme', { suspended: true });
    time.ms -= 60_000;
    expect(await reader.tenant(ACME)).toMatchObject({ suspended: true });
  });

  test('no more than so many models', async () => {
    const { items, reader, put } = setUp();
    const ids = Array.from({ length: REGISTRY_MEMORY_MAX + 1 }, (_, index) => `m${index}`);
    for (const id of ids) put.model(id);
    await reader.prices(ids);
    await reader.prices(ids.slice(1));
    expect(items.calls).toEqual([`batch ${ids.length}`]);
    await reader.prices(ids.slice(0, 1));
    expect(items.calls).toEqual([`batch ${ids.length}`, 'batch 1']);
  });

  test('one tenant’s model is read once for another tenant', async () => {
    const { items, reader, put } = setUp();
    for (const tenant of ['acme', 'globex']) {
      put.tenant(tenant);
      put.grant(tenant, 'a');
    }
    put.model('a');
    await reader.tenant(ACME);
    await reader.tenant(parseTenantId('globex'));
    expect(items.calls.filter((call) => call.startsWith('batch'))).toHaveLength(1);
  });

  test('D1 nothing of a failure: the next question is asked anew', async () => {
    const { items, reader, put } = setUp({ rememberTenants: true });
    put.tenant('acme');
    put.model('a');
    put.grant('acme', 'a');
    const batch = items.batch;
    items.batch = async () => {
      throw new TollgateError('unavailable', { retryAfterSeconds: 2 });
    };
    await expect(reader.tenant(ACME)).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 2 });
    items.batch = batch;
    expect((await reader.tenant(ACME))?.models).toHaveLength(1);
  });

  test('D1 a store that never answers is unavailable in bounded time, and the question is called off', async () => {
    const { items, reader } = setUp({ timeoutMs: 20 });
    let aborted = false;
    items.partition = (_, signal) => {
      signal?.addEventListener('abort', () => {
        aborted = true;
      });
      return new Promise(() => {});
    };
    await expect(reader.tenant(ACME)).rejects.toMatchObject({ code: 'unavailable', reason: 'registry-timeout' });
    expect(aborted).toBe(true);
  });
});

describe('prices', () => {
  test('M6 are those of the models that exist and are well formed; other ids are left out', async () => {
    const { reader, put } = setUp();
    put.model('a');
    put.model('bad', { prices: [{}] });
    const prices = await reader.prices(['a', 'a', 'bad', 'absent', '', 'Not An Id', '__proto__']);
    expect([...prices]).toMatchObject([
      [
        'a',
        {
          id: 'a',
          prices: [
            { version: '2026-01', from: Date.UTC(2026, 0, 1), usdPerMillion: { input: '0.06', output: '0.24' } },
          ],
          target: expect.objectContaining({ kind: 'bedrock-model' }),
        },
      ],
    ]);
  });

  test('of no model need no store', async () => {
    const { items, reader } = setUp();
    expect((await reader.prices([])).size).toBe(0);
    expect(items.calls).toEqual([]);
  });
});
