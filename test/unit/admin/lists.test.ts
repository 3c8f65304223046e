import { beforeEach, describe, expect, test } from 'vitest';
import { createAdmin } from '../../../admin/app.ts';
import { labelled } from '../../../admin/page.ts';
import type { CallerContext } from '../../../contract/context.ts';
import { MARKS, parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import { createWriter } from '../../../registry/writer.ts';
import { modelDocument } from '../registry/documents.ts';
import { type MemoryItems, memoryItems } from '../registry/memory-items.ts';

const START = Date.UTC(2026, 5, 1);
let app: ReturnType<typeof createAdmin>;
let items: MemoryItems;

beforeEach(async () => {
  items = memoryItems();
  app = createAdmin({ items, clock: () => START });
  const writer = createWriter({ items, clock: () => START, actor: 'setup' });
  for (const id of ['m1', 'm2', 'm3']) await writer.putModel({ ...modelDocument(id), version: undefined });
  for (const id of ['acme', 'globex']) await writer.putTenant({ id, costCenter: 'CC-1' });
  await writer.putTenant({ id: 'initech', costCenter: 'CC-1', displayName: 'Blue ÉTOILE' });
  await writer.grant('acme', 'm1');
  await writer.grant('globex', 'm2');
  await writer.grant('initech', 'm3');
});

const caller = (role: keyof typeof MARKS): CallerContext => ({
  ...{ tenant: parseTenantId('acme'), principal: parsePrincipal('ann'), roles: [MARKS[role]], costCenter: 'CC-1' },
  ...{ exp: START / 1000 + 900, models: [], budgets: [] },
});

// biome-ignore lint/suspicious/noExplicitAny: an answer’s JSON
async function list(who: CallerContext, path: string): Promise<any> {
  const response = await app.fetch(new Request(`http://x/admin${path}`), { caller: who, requestId: 'r-1' });
  return response.json();
}

describe('what is looked for in a list', () => {
  test.each([
    ['/tenants?q=ob', ['globex']],
    ['/tenants?q=INI', ['initech']],
    ['/tenants?q=blue+é', ['initech']],
    ['/tenants?q=nobody', []],
    ['/models?q=2', ['m2']],
  ])('%s is found by its id or its display name', async (path, ids) => {
    const { items } = await list(caller('admin'), path);
    expect(items.map(({ id }: { id: string }) => id)).toEqual(ids);
  });

  const grantsOf = async (who: CallerContext, query: string) =>
    (await list(who, `/grants?${query}`)).items.map(
      ({ tenant, model }: { tenant: string; model: string }) => `${tenant}/${model}`,
    );

  test('grants are listed of several tenants at once, of each once', async () => {
    expect(await grantsOf(caller('admin'), 'tenants=initech,acme,initech')).toEqual(['acme/m1', 'initech/m3']);
    expect(await grantsOf(caller('admin'), 'tenants=initech,acme&model=m1')).toEqual(['acme/m1']);
  });

  test('who sees one tenant alone sees of several that one', async () => {
    expect(await grantsOf(caller('tenant-admin'), 'tenants=initech,acme')).toEqual(['acme/m1']);
  });

  test('of too many tenants none are listed', async () => {
    const many = Array.from({ length: 101 }, (_, index) => `t${index}`).join(',');
    expect((await list(caller('admin'), `/grants?tenants=${many}`)).errors).toEqual([
      { path: 'tenants', reason: 'too-many' },
    ]);
  });
});

describe('tenants by pages', () => {
  const pages = async (search: string) => {
    const found: string[][] = [];
    let cursor = '';
    do {
      const { items: page, next = '' } = await list(
        caller('admin'),
        `/tenants?${search}${cursor && `&cursor=${cursor}`}`,
      );
      found.push(page.map(({ id }: { id: string }) => id));
      cursor = next;
    } while (cursor !== '');
    return found;
  };

  test('each is read by itself, whatever cannot be read among them', async () => {
    const broken = { key: { pk: 'TENANT#bad', sk: 'TENANT' }, document: { id: 'bad' } };
    await items.write([{ kind: 'put', ...broken, expected: { is: 'absent' } }]);
    items.calls.length = 0;
    expect(await pages('limit=1')).toEqual([['acme'], [], ['globex'], ['initech']]);
    expect(items.calls.filter((call) => call.startsWith('list'))).toEqual([]);
    expect(await pages('limit=4')).toEqual([['acme', 'globex', 'initech']]);
  });

  test('begin behind a cursor of whatever prefix', async () => {
    const behind = (id: string) => Buffer.from(id).toString('base64url');
    expect(await pages('prefix=g')).toEqual([['globex']]);
    const ids = async (search: string) =>
      (await list(caller('admin'), `/tenants?${search}`)).items.map(({ id }: { id: string }) => id);
    expect(await ids(`prefix=g&cursor=${behind('acme')}`)).toEqual(['globex']);
    expect(await ids(`prefix=g&cursor=${behind('zeta')}`)).toEqual([]);
    expect(await ids(`prefix=g&cursor=${behind('globex')}`)).toEqual([]);
  });

  test('of who sees its own tenant are that one', async () => {
    expect((await list(caller('tenant-admin'), '/tenants?limit=1')).items).toMatchObject([{ id: 'acme' }]);
  });
});

test.each([
  ['team', true],
  ['team=blue', true],
  ['team=red', false],
  ['constructor', false],
])('a label that a tenant has is its own: %s', (label, has) => {
  expect(labelled({ team: 'blue' }, label)).toBe(has);
});
