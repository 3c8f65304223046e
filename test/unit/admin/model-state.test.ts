import { beforeEach, describe, expect, test } from 'vitest';
import { reportKey } from '../../../metering/ledger/layout.ts';
import { placeKey } from '../../../policies/place.ts';
import { parseModel } from '../../../registry/model.ts';
import { finished } from '../metering/support.ts';
import { modelDocument } from '../registry/documents.ts';
import { aCatalog, aModel, ending } from '../registry/sync/catalogue.ts';
import { type Around, around, NOW } from './around.ts';

const NATIVE = 'amazon.nova-lite-v1:0';
let api: Around;

async function prepared(options: Parameters<typeof around>[0] = {}): Promise<Around> {
  const made = around(options);
  await made.writer.putModel({ ...modelDocument('m1'), version: undefined });
  await made.writer.putModel({ ...modelDocument('m2'), version: undefined, fallbacks: ['m1'] });
  for (const id of ['acme', 'globex', 'initech']) await made.writer.putTenant({ id, costCenter: 'CC-1' });
  for (const id of ['acme', 'globex']) await made.writer.grant(id, 'm1', ['invoke']);
  return made;
}

beforeEach(async () => {
  api = await prepared();
});

describe('what a model’s end does', () => {
  const HEAD =
    'tenant_id,cost_center,model_id,input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,invocations,input_cost,output_cost,total_cost,unsettled,unpriced';

  test('names who holds it and who used it, a page at a time, and what would answer in its place', async () => {
    const rows = ['globex,CC-1,m1,10,5,0,0,3,0.1,0.2,0.3,0,0', 'gone,CC-1,m1,1,1,0,0,1,0.1,0.1,0.2,0,0'];
    await api.store.put(reportKey('2026-11-20'), `${[HEAD, ...rows].join('\n')}\n`);
    await api.writer.deprecateModel('m1', { sunsetAt: NOW / 1000 + 86_400, successor: 'm2' });
    const { status, body } = await api.ask('admin', '/models/m1/impact?limit=2');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      total: { holders: 2, users: 2, calls: 4, cost: '0.5', lastDay: '2026-11-20' },
      replacedBy: { successor: 'm2', aliases: [] },
      fallbackOf: ['m2'],
      items: [
        // Of thousands who hold it those who use it come first.
        { tenant: 'globex', holds: [{}], used: { calls: 3, cost: '0.3', lastDay: '2026-11-20' } },
        // It used it, and holds it no longer.
        { tenant: 'gone', holds: [], used: { calls: 1 } },
      ],
    });
    expect(body.letter.text).toContain('stops answering on');
    const rest = await api.ask('admin', `/models/m1/impact?limit=2&cursor=${body.next}`);
    expect(rest.body.items).toMatchObject([
      { tenant: 'acme', holds: [{ actions: ['invoke'], bundle: null }], used: null },
    ]);
    expect(rest.body.next).toBeUndefined();
    expect((await api.ask('admin', '/models/nobody/impact')).status).toBe(404);
  });

  test('says that it does not know what was used where the ledger cannot be read', async () => {
    api.store.before = () => {
      throw new Error('no');
    };
    const { body } = await api.ask('auditor', '/models/m1/impact');
    expect(body).toMatchObject({ total: { holders: 2, users: null, calls: null }, unknown: 'Error' });
  });

  test.each(['/models/m1/impact', '/models/m1/targets', '/sync'])(
    'is nothing for a tenant’s own administrator: %s',
    async (path) => {
      expect((await api.ask('tenant-admin', path)).status).toBe(403);
    },
  );
});

describe('a model’s places', () => {
  const line = (id: string, more: object = {}) =>
    finished({ invocationId: id, model: 'm1', at: NOW - 60_000, nativeModel: NATIVE, ...more });

  test('are told with what became of their latest calls, and whether they cool', async () => {
    const [{ target }] = [parseModel(modelDocument('m1'))];
    api = await prepared({ cooling: new Map([[placeKey({ target }), BigInt(NOW + 5_000)]]) });
    const failed = line('b', { outcome: 'failed', code: 'upstream_failed' });
    api.store.deliver('dt=2026-11-21/hour=12/a', [line('a'), failed]);
    const { body } = await api.ask('auditor', '/models/m1/targets?minutes=15');
    expect(body).toMatchObject({
      complete: true,
      since: new Date(NOW - 900_000).toISOString(),
      items: [{ target: NATIVE, state: 'cooling', attempts: 2, answered: 1, failed: 1, errorRate: 0.5 }],
    });
    expect((await api.ask('auditor', '/models/m1/targets?minutes=61')).status).toBe(400);
  });

  test('are told of as far as there was time, the newest first', async () => {
    api.store.deliver('dt=2026-11-21/hour=12/a', [line('old', { outcome: 'failed', code: 'upstream_failed' })]);
    api.store.deliver('dt=2026-11-21/hour=12/b', [line('new')]);
    api.store.before = (operation) => {
      if (operation === 'lines') api.time.now += 60_000;
    };
    const { body } = await api.ask('auditor', '/models/m1/targets');
    expect(body).toMatchObject({ complete: false, items: [{ attempts: 1, answered: 1, failed: 0 }] });
  });
});

describe('what AWS says otherwise', () => {
  test('is proposals that can be made as they are, of the version that was read', async () => {
    const nova = aModel(NATIVE, 'us-east-1');
    const asked: (readonly string[])[] = [];
    api = await prepared({
      catalog: async (regions) => {
        asked.push(regions);
        const models = [
          { ...nova, lifecycle: ending({ endAt: 1_900_000_000 }) },
          aModel('meta.new-thing-v1:0', 'us-east-1'),
        ];
        return { catalog: aCatalog({ models }), unread: [{ what: 'profiles', region: 'us-east-1', reason: 'X' }] };
      },
    });
    const { status, body } = await api.ask('auditor', '/sync');
    expect([status, asked]).toEqual([200, [['us-east-1']]]);
    expect(body).toMatchObject({
      counts: { new: 1, changed: 2, toDecide: 0 },
      unread: [{ what: 'profiles' }],
      edits: [{ model: 'm1', version: 1, document: { id: 'm1', version: 1 } }, { model: 'm2' }],
      drafts: [{ regions: ['us-east-1'] }],
    });
    expect(body.edits[0].differences).toContainEqual(expect.objectContaining({ path: 'lifecycle.sunsetAt' }));
    const models = [...body.edits, ...body.drafts].map(({ document }: { document: object }) => document);
    const plan = await api.writer.apply({ models });
    expect(plan.changes.map(({ does }) => does).sort()).toEqual(['change', 'change', 'create']);
    // Somebody else's edit in between is seen.
    await api.writer.putModel({ ...modelDocument('m1'), version: undefined, displayName: 'Other' });
    await expect(api.writer.apply({ models })).rejects.toThrow(expect.objectContaining({ code: 'conflict' }));
  });

  test('is not looked for in a stage that does not', async () => {
    expect((await api.ask('admin', '/sync')).body).toMatchObject({ status: 404, code: 'not_found' });
  });
});

test('two versions of an entry are compared field by field, for who may see it', async () => {
  await api.writer.putModel({ ...modelDocument('m1'), version: undefined, displayName: 'Nova' });
  await api.writer.putModel({ ...modelDocument('m1'), version: undefined, displayName: 'Lite' });
  const of = async (query: string) => (await api.ask('auditor', `/models/m1/difference?${query}`)).body;
  expect(await of('version=3')).toEqual({
    ...{ with: 2, version: 3 },
    differences: [{ path: 'displayName', before: 'Nova', after: 'Lite' }],
  });
  expect((await of('version=1&with=3')).differences).toEqual([{ path: 'displayName', before: 'Lite' }]);
  expect((await of('version=1')).differences).toContainEqual({ path: 'id', after: 'm1' });
  expect((await of('version=9')).status).toBe(404);
  expect((await of('with=1')).errors).toMatchObject([{ path: 'version', reason: 'missing' }]);
  expect((await api.ask('tenant-admin', '/models/m2/difference?version=1')).status).toBe(403);
});

test.each([
  ['/models/m1/rollback', { version: 1 }, 'POST'],
  ['/prices/m1', { prices: [{ version: 'x', from: '2026-06-01', usdPerMillion: { input: '1', output: '1' } }] }, 'PUT'],
] as const)('%s is done of the version that was seen, and of no other', async (path, body, method) => {
  await api.writer.putModel({ ...modelDocument('m1'), version: undefined, displayName: 'Nova' });
  const seen = (version: number) => api.send('admin', method, path, body, { 'if-match': `"${version}"` });
  expect((await seen(1)).status).toBe(412);
  expect((await seen(2)).status).toBe(200);
});
