import { describe, expect, test } from 'vitest';
import type { Document } from '../../../registry/items.ts';
import { grantKey, modelKey, tenantKey } from '../../../registry/keys.ts';
import { modelDocument as written } from '../../../registry/model.ts';
import { asTenantId } from '../../../registry/tenant.ts';
import { createWriter } from '../../../registry/writer.ts';
import { modelDocument, tenantDocument } from './documents.ts';
import { memoryItems } from './memory-items.ts';

const START = Date.UTC(2026, 5, 1);
const DAY = 24 * 3_600_000;

function setUp() {
  const items = memoryItems();
  const time = { ms: START };
  const as = (actor: string) => createWriter({ items, clock: () => time.ms, actor });
  return { items, time, as, writer: as('alice') };
}

/** What a file holds: no stamps. */
function file(id: string, changes: Document = {}): Document {
  const { v: _v, version: _version, updatedAt: _at, updatedBy: _by, ...content } = modelDocument(id);
  return { ...content, ...changes };
}

const writes = (calls: string[]) => calls.filter((call) => call.startsWith('write'));

describe('an edit', () => {
  test('L3 is stamped with who and when, and recorded with what was before, in one transaction', async () => {
    const { items, time, as, writer } = setUp();
    await writer.putModel(file('m1'));
    time.ms += 1_000;
    await as('bob').retireModel('m1');
    expect(await writer.showModel('m1')).toMatchObject({ version: 2, updatedAt: START + 1_000, updatedBy: 'bob' });
    const history = await writer.history({ model: 'm1' });
    expect(history).toMatchObject([
      { change: 'create', by: 'alice', at: '2026-06-01T00:00:00.000Z', before: null, after: { version: 1 } },
      {
        change: 'retire',
        by: 'bob',
        at: '2026-06-01T00:00:01.000Z',
        before: { version: 1, lifecycle: { status: 'active' } },
        after: { version: 2, lifecycle: { status: 'retired' } },
      },
    ]);
    expect(history[0]?.after).toEqual(history[1]?.before);
    expect(writes(items.calls)).toEqual(['write 3', 'write 3']);
  });

  test('L3 of an item that somebody else changed meanwhile is a conflict, and changes nothing', async () => {
    const { items, as, writer } = setUp();
    await writer.putModel(file('m1'));
    const write = items.write;
    items.write = async (writes) => {
      items.write = write;
      await as('bob').retireModel('m1');
      return write(writes);
    };
    await expect(writer.putModel(file('m1', { displayName: 'Mine' }))).rejects.toMatchObject({ code: 'conflict' });
    expect(await writer.showModel('m1')).toMatchObject({ version: 2, updatedBy: 'bob' });
    expect(await writer.history({ model: 'm1' })).toHaveLength(2);
  });

  test('L3 that starts from an old version is a conflict', async () => {
    const { writer } = setUp();
    await writer.putModel(file('m1'));
    const shown = written(await writer.showModel('m1'));
    await writer.retireModel('m1');
    await expect(writer.putModel({ ...shown, displayName: 'Old' })).rejects.toMatchObject({ code: 'conflict' });
  });

  test('that changes nothing writes nothing', async () => {
    const { items, time, writer } = setUp();
    await writer.putModel(file('m1'));
    await writer.putTenant({ id: 'acme', costCenter: 'CC-1' });
    await writer.grant('acme', 'm1');
    time.ms += 1_000;
    const before = writes(items.calls).length;
    expect(await writer.putModel(file('m1'))).toMatchObject({ changed: false, entry: { version: 1 } });
    expect(await writer.putTenant({ id: 'acme', costCenter: 'CC-1' })).toMatchObject({ changed: false });
    expect(await writer.grant('acme', 'm1', ['count', 'stream', 'invoke'])).toMatchObject({ changed: false });
    expect(await writer.resumeTenant('acme')).toMatchObject({ changed: false });
    expect(await writer.restoreModel('m1')).toMatchObject({ changed: false });
    expect(writes(items.calls)).toHaveLength(before);
  });

  test('that is not valid is refused by its field before anything is written', async () => {
    const { items, writer } = setUp();
    await expect(writer.putModel(file('m1', { prices: [{}] }))).rejects.toMatchObject({ field: 'prices[0].version' });
    await expect(writer.putModel({ ...file('m1'), id: 'a#b' })).rejects.toMatchObject({ field: 'id' });
    await expect(writer.putModel([])).rejects.toMatchObject({ code: 'bad_entry' });
    await expect(writer.putModel({})).rejects.toMatchObject({ field: 'id', reason: 'missing' });
    await expect(writer.putTenant({ id: 'acme' })).rejects.toMatchObject({ field: 'costCenter', reason: 'missing' });
    await expect(writer.putTenant({ id: 'a#b', costCenter: 'x' })).rejects.toMatchObject({ field: 'id' });
    expect(writes(items.calls)).toEqual([]);
  });

  test('of a malformed item is refused by its field, but replacing it repairs it', async () => {
    const { items, writer } = setUp();
    items.edit(modelKey('m1'), modelDocument('m1', { version: 'one', lifecycle: {} }));
    await expect(writer.retireModel('m1')).rejects.toMatchObject({ code: 'bad_entry', field: 'lifecycle.status' });
    await expect(writer.showModel('m1')).rejects.toMatchObject({ code: 'bad_entry' });
    expect(await writer.putModel(file('m1'))).toMatchObject({ changed: true, entry: { version: 1 } });
    expect(await writer.showModel('m1')).toMatchObject({ id: 'm1' });
  });

  test('of many at once makes none of them when one is not valid', async () => {
    const { items, writer } = setUp();
    const batch = { models: [file('m1'), file('m2', { prices: 'free' })], tenants: [], grants: [] };
    await expect(writer.create(batch)).rejects.toMatchObject({ code: 'bad_entry', field: 'prices' });
    expect(writes(items.calls)).toEqual([]);
    expect(await writer.create({ ...batch, models: [file('m1')] })).toBe(1);
    expect(await writer.create({ ...batch, models: [file('m1', { displayName: 'Other' })] })).toBe(0);
    expect((await writer.showModel('m1')).displayName).toBeUndefined();
  });

  test('what a file says about who wrote it is not believed', async () => {
    const { writer } = setUp();
    await writer.putModel(file('m1', { updatedBy: 'mallory', updatedAt: '2020-01-01' }));
    expect(await writer.showModel('m1')).toMatchObject({ updatedBy: 'alice', updatedAt: START });
  });
});

describe('the end of a model', () => {
  test.each([
    ['active', { status: 'active' }],
    ['deprecated', { status: 'deprecated', deprecatedAt: '2026-05-01T00:00:00Z', sunsetAt: '2027-01-01T00:00:00Z' }],
  ])('L1 restore brings back a model that was %s, to the letter', async (_, lifecycle) => {
    const { writer } = setUp();
    await writer.putModel(file('m2'));
    await writer.putModel(file('m1', { lifecycle }));
    const before = await writer.showModel('m1');
    const { entry } = await writer.retireModel('m1', { successor: 'm2' });
    expect(entry.lifecycle).toMatchObject({ status: 'retired', successor: 'm2' });
    await writer.retireModel('m1');
    expect((await writer.showModel('m1')).version).toBe(2);
    await writer.restoreModel('m1');
    expect(await writer.showModel('m1')).toEqual({ ...before, version: 3 });
  });

  test('L1 a model that was retired by hand is restored from its dates', async () => {
    const { items, writer } = setUp();
    items.edit(modelKey('plain'), modelDocument('plain', { lifecycle: { status: 'retired' } }));
    items.edit(modelKey('dated'), modelDocument('dated', { lifecycle: { status: 'retired', sunsetAt: '2027-01-01' } }));
    expect((await writer.restoreModel('plain')).entry.lifecycle).toEqual({ status: 'active' });
    expect((await writer.restoreModel('dated')).entry.lifecycle).toMatchObject({ status: 'deprecated' });
  });

  test('L2 a sunset makes it deprecated from now, and keeps what else was known', async () => {
    const { time, writer } = setUp();
    await writer.putModel(file('m2'));
    await writer.putModel(file('m1'));
    const sunsetAt = (START + DAY) / 1000;
    const { entry } = await writer.deprecateModel('m1', { sunsetAt, successor: 'm2' });
    const deprecatedAt = START / 1000;
    expect(entry.lifecycle).toEqual({ status: 'deprecated', deprecatedAt, sunsetAt, successor: 'm2' });
    time.ms += 3_600_000;
    const later = await writer.deprecateModel('m1', { sunsetAt: sunsetAt + 60 });
    expect(later.entry.lifecycle).toEqual({ ...entry.lifecycle, sunsetAt: sunsetAt + 60 });
  });

  test('L2 a sunset that has passed is refused, and so is a restore that would not bring the model back', async () => {
    const { time, writer } = setUp();
    await writer.putModel(file('m1'));
    const passed = { code: 'bad_entry', field: 'lifecycle.sunsetAt', reason: 'sunset-passed' };
    await expect(writer.deprecateModel('m1', { sunsetAt: START / 1000 })).rejects.toMatchObject(passed);
    await writer.deprecateModel('m1', { sunsetAt: (START + DAY) / 1000 });
    await writer.retireModel('m1');
    time.ms += DAY;
    await expect(writer.restoreModel('m1')).rejects.toMatchObject(passed);
    expect(await writer.showModel('m1')).toMatchObject({ lifecycle: { status: 'retired' } });
  });

  test('L2 a retired model is not deprecated: that would bring it back', async () => {
    const { writer } = setUp();
    await writer.putModel(file('m1'));
    await writer.retireModel('m1');
    await expect(writer.deprecateModel('m1', { sunsetAt: START })).rejects.toMatchObject({ reason: 'is-retired' });
  });

  test('L1 a successor must exist', async () => {
    const { writer } = setUp();
    await writer.putModel(file('m1'));
    const refused = { code: 'bad_entry', field: 'lifecycle.successor', reason: 'no-such-model' };
    await expect(writer.retireModel('m1', { successor: 'm2' })).rejects.toMatchObject(refused);
    await expect(writer.deprecateModel('m1', { successor: 'm2' })).rejects.toMatchObject(refused);
    const lifecycle = { status: 'active', successor: 'm2' };
    await expect(writer.putModel(file('m1', { lifecycle }))).rejects.toMatchObject(refused);
    await expect(writer.retireModel('m1', { successor: 'a#b' })).rejects.toMatchObject({
      field: 'lifecycle.successor',
      reason: 'not-a-model-id',
    });
  });

  test.each([
    ['plainly active', { status: 'active' }],
    ['active, its end announced', { status: 'active', sunsetAt: '2027-06-01T00:00:00Z', successor: 'm2' }],
  ])('L1 restore undoes a deprecation of what was %s, its passed sunset and all', async (_, lifecycle) => {
    const { time, writer } = setUp();
    await writer.putModel(file('m2'));
    await writer.putModel(file('m1', { lifecycle }));
    const before = await writer.showModel('m1');
    await writer.deprecateModel('m1', { sunsetAt: (START + DAY) / 1000, successor: 'm2' });
    await writer.deprecateModel('m1', { sunsetAt: (START + 2 * DAY) / 1000 });
    time.ms += 3 * DAY;
    await writer.restoreModel('m1');
    const { version: _v, updatedAt: _at, ...restored } = await writer.showModel('m1');
    const { version: _w, updatedAt: _before, ...was } = before;
    expect(restored).toEqual(was);
  });

  test('L1 restore goes back a step at a time, and ends at a model without an end', async () => {
    const { writer } = setUp();
    await writer.putModel(file('m1', { lifecycle: { status: 'active', sunsetAt: '2027-06-01' } }));
    await writer.deprecateModel('m1', { sunsetAt: (START + DAY) / 1000 });
    await writer.retireModel('m1');
    const steps: object[] = [];
    for (let step = 0; step < 4; step++) steps.push((await writer.restoreModel('m1')).entry.lifecycle);
    const sunsetAt = Date.UTC(2027, 5, 1) / 1000;
    const deprecated = { status: 'deprecated', deprecatedAt: START / 1000, sunsetAt: (START + DAY) / 1000 };
    expect(steps).toEqual([deprecated, { status: 'active', sunsetAt }, { status: 'active' }, { status: 'active' }]);
    expect((await writer.showModel('m1')).version).toBe(6);
  });

  test('of no model cannot be decided', async () => {
    const { writer } = setUp();
    for (const edit of [writer.retireModel('m1'), writer.restoreModel('m1'), writer.deprecateModel('m1', {})])
      await expect(edit).rejects.toMatchObject({ code: 'not_found', publicMessage: 'There is no model m1.' });
  });
});

describe('a draft', () => {
  const draft = { lifecycle: { status: 'draft', sunsetAt: '2027-01-01T00:00:00Z' } };

  test('is activated once, keeps the dates that it has, and is no draft again', async () => {
    const { writer } = setUp();
    await writer.putModel(file('m1', draft));
    await writer.putModel(file('m1', { ...draft, displayName: 'One' }));
    const { entry } = await writer.activateModel('m1');
    expect(entry).toMatchObject({ displayName: 'One', lifecycle: { status: 'active', sunsetAt: 1_798_761_600 } });
    expect((await writer.activateModel('m1')).changed).toBe(false);
    await expect(writer.putModel(file('m1', draft))).rejects.toMatchObject({ reason: 'was-published' });
    await writer.retireModel('m1');
    await expect(writer.activateModel('m1')).rejects.toMatchObject({ reason: 'is-retired' });
  });

  test('has no end, because nobody has called it yet', async () => {
    const { writer } = setUp();
    await writer.putModel(file('m1', draft));
    for (const edit of [writer.retireModel('m1'), writer.restoreModel('m1'), writer.deprecateModel('m1', {})])
      await expect(edit).rejects.toMatchObject({ field: 'lifecycle.status', reason: 'is-a-draft' });
  });

  test('whose sunset has passed is not activated: it would answer nothing', async () => {
    const { time, writer } = setUp();
    await writer.putModel(file('m1', draft));
    time.ms = Date.UTC(2027, 0, 1);
    await expect(writer.activateModel('m1')).rejects.toMatchObject({ reason: 'sunset-passed' });
  });
});

describe('a model that is deleted', () => {
  test('is one that nobody can call and nothing names, and its history stays', async () => {
    const { writer } = setUp();
    await writer.putTenant({ id: 'acme', costCenter: 'cc' });
    await writer.putModel(file('m1'));
    await writer.putModel(file('m2', { fallbacks: ['m1'], lifecycle: { status: 'active', successor: 'm1' } }));
    await writer.grant('acme', 'm1');
    await writer.setAlias({ id: 'a', models: { m1: 1 } });
    await writer.putBundle({ id: 'b', models: ['m1'] });
    const refusal = await writer.deleteModel('m1').catch((error: unknown) => error);
    expect((refusal as { problems: { path: string }[] }).problems.map(({ path }) => path)).toEqual([
      'lifecycle.status',
      'grants',
      'aliases',
      'bundles',
      'fallbacks',
      'successor',
    ]);
    await writer.retireModel('m1');
    await writer.revoke('acme', 'm1');
    await writer.removeAlias('a');
    await writer.putBundle({ id: 'b', models: [] });
    await writer.putModel({ id: 'm2', fallbacks: null, lifecycle: { status: 'active' } });
    expect(await writer.deleteModel('m1')).toMatchObject({ changed: true });
    await expect(writer.showModel('m1')).rejects.toMatchObject({ code: 'not_found' });
    expect((await writer.history({ model: 'm1' })).map(({ change }) => change)).toEqual(['create', 'retire', 'delete']);
  });
});

describe('the places of a model', () => {
  const model = (modelId: string, region: string) => ({
    kind: 'bedrock-model',
    modelId,
    region,
    arn: `arn:aws:bedrock:${region}::foundation-model/${modelId}`,
  });
  const EAST = { target: model('amazon.nova-lite-v1:0', 'us-east-1'), weight: 3 };
  const WEST = { target: model('amazon.nova-lite-v1:0', 'us-west-2'), group: 'normal' };
  const placed = (id: string) => {
    const { target: _, ...content } = file(id);
    return { ...content, targets: [EAST, WEST] };
  };

  test('in a region are drained and restored by an edit each, to the letter', async () => {
    const { writer } = setUp();
    await writer.putModel(placed('m1'));
    const before = await writer.showModel('m1');
    const { entry } = await writer.drainPlaces('m1', 'us-east-1', true);
    expect(written(entry).targets).toEqual([{ ...EAST, drained: true }, WEST]);
    expect(await writer.drainPlaces('m1', 'us-east-1', true)).toMatchObject({ changed: false });
    await writer.drainPlaces('m1', 'us-east-1', false);
    expect(await writer.showModel('m1')).toEqual({ ...before, version: 3 });
    expect(await writer.drainPlaces('m1', 'us-east-1', false)).toMatchObject({ changed: false });
    const history = await writer.history({ model: 'm1' });
    expect(history.map(({ change, by }) => `${by} ${change}`)).toEqual([
      'alice create',
      'alice drain',
      'alice restore',
    ]);
  });

  test('are not drained where none is left: that is a retirement, of which callers are told', async () => {
    const { items, writer } = setUp();
    await writer.putModel(placed('m1'));
    await writer.putModel(file('m2'));
    await writer.drainPlaces('m1', 'us-east-1', true);
    const before = writes(items.calls).length;
    const refused = { code: 'bad_entry', field: 'targets', reason: 'all-drained' };
    await expect(writer.drainPlaces('m1', 'us-west-2', true)).rejects.toMatchObject(refused);
    await expect(writer.drainPlaces('m2', 'us-east-1', true)).rejects.toMatchObject(refused);
    expect(writes(items.calls)).toHaveLength(before);
  });

  test('are not drained where there are none, nor restored of a model that is retired', async () => {
    const { writer } = setUp();
    await writer.putModel(placed('m1'));
    await expect(writer.drainPlaces('m1', 'eu-west-1', true)).rejects.toMatchObject({
      field: 'region',
      reason: 'no-place-there',
      publicMessage: 'The model has no place in eu-west-1, but in us-east-1, us-west-2.',
    });
    await writer.retireModel('m1');
    for (const drained of [true, false])
      await expect(writer.drainPlaces('m1', 'us-east-1', drained)).rejects.toMatchObject({ reason: 'is-retired' });
    await expect(writer.drainPlaces('m2', 'us-east-1', true)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('of a model that has one are as they were when nothing was drained', async () => {
    const { writer } = setUp();
    await writer.putModel(file('m1'));
    expect(await writer.drainPlaces('m1', 'us-east-1', false)).toMatchObject({ changed: false });
  });
});

describe('tenants and grants', () => {
  test('D7 changing a suspended tenant does not let it in again', async () => {
    const { writer } = setUp();
    await writer.putTenant({ id: 'acme', costCenter: 'CC-1', displayName: 'Acme' });
    await writer.suspendTenant('acme');
    const { entry } = await writer.putTenant({ id: 'acme', costCenter: 'CC-2' });
    expect(entry).toMatchObject({ suspended: true, costCenter: 'CC-2', displayName: 'Acme', version: 3 });
    expect((await writer.resumeTenant('acme')).entry.suspended).toBe(false);
  });

  test('a usage plan is given, changed and taken away by edits of their own, and other edits leave it alone', async () => {
    const { writer } = setUp();
    await writer.putTenant({ id: 'acme', costCenter: 'CC-1' });
    const plan = { rate: 50, burst: 100, quota: { limit: 1_000, period: 'day' } } as const;
    expect(await writer.planTenant('acme', plan)).toMatchObject({ changed: true, entry: { plan, version: 2 } });
    expect(await writer.planTenant('acme', plan)).toMatchObject({ changed: false, entry: { version: 2 } });
    expect((await writer.putTenant({ id: 'acme', costCenter: 'CC-2' })).entry.plan).toEqual(plan);
    expect((await writer.suspendTenant('acme')).entry.plan).toEqual(plan);
    expect((await writer.planTenant('acme', { rate: 1, burst: 1 })).entry.plan).toEqual({ rate: 1, burst: 1 });
    expect((await writer.planTenant('acme', null)).entry).not.toHaveProperty('plan');
    const edits = (await writer.history({ tenant: 'acme' })).map(({ change }) => change);
    expect(edits).toEqual(['create', 'plan', 'replace', 'suspend', 'plan', 'remove-plan']);
  });

  test('a usage plan that is none is refused by name, and nothing is written', async () => {
    const { writer } = setUp();
    await writer.putTenant({ id: 'acme', costCenter: 'CC-1' });
    const wrong = { rate: Number.NaN, burst: 1 };
    await expect(writer.planTenant('acme', wrong)).rejects.toMatchObject({ code: 'bad_entry', field: 'plan.rate' });
    await expect(writer.planTenant('nobody', null)).rejects.toMatchObject({ code: 'not_found' });
    expect((await writer.showTenant('acme')).version).toBe(1);
  });

  test('D7 repairing a tenant that cannot be read leaves it suspended', async () => {
    const { items, writer } = setUp();
    items.edit(tenantKey(asTenantId('acme')), tenantDocument('acme', { suspended: 'no' }));
    expect((await writer.putTenant({ id: 'acme' })).entry).toMatchObject({ suspended: true, costCenter: 'CC-100' });
  });

  test('a grant needs a tenant and a model that exist', async () => {
    const { writer } = setUp();
    await writer.putModel(file('m1'));
    await expect(writer.grant('acme', 'm1')).rejects.toMatchObject({ code: 'not_found', field: 'tenant' });
    await writer.putTenant({ id: 'acme', costCenter: 'CC-1' });
    await expect(writer.grant('acme', 'm2')).rejects.toMatchObject({ code: 'not_found', field: 'model' });
    await expect(writer.grant('acme', 'm1', ['admin'])).rejects.toMatchObject({ field: 'actions[0]' });
    expect((await writer.grant('acme', 'm1', ['invoke'])).entry).toMatchObject({ actions: ['invoke'], version: 1 });
    expect((await writer.grant('acme', 'm1')).entry).toMatchObject({ actions: ['invoke'], version: 1 });
    const all = ['invoke', 'stream', 'count'];
    expect((await writer.grant('acme', 'm1', all)).entry).toMatchObject({ actions: all, version: 2 });
  });

  test('L3 revoking removes the grant, is recorded, and can be undone', async () => {
    const { items, time, writer } = setUp();
    await writer.putModel(file('m1'));
    await writer.putTenant({ id: 'acme', costCenter: 'CC-1' });
    await writer.grant('acme', 'm1');
    time.ms += 1;
    await writer.revoke('acme', 'm1');
    await expect(writer.showGrant('acme', 'm1')).rejects.toMatchObject({ code: 'not_found' });
    await expect(writer.revoke('acme', 'm1')).rejects.toMatchObject({
      publicMessage: 'There is no grant of m1 to acme.',
    });
    expect(await items.get(grantKey({ tenant: asTenantId('acme'), model: 'm1' }))).toBeUndefined();
    time.ms += 1;
    await writer.grant('acme', 'm1', ['invoke']);
    const history = await writer.history({ tenant: 'acme', model: 'm1' });
    expect(history.map(({ change, after }) => [change, after === null])).toEqual([
      ['create', false],
      ['revoke', true],
      ['create', false],
    ]);
    expect(await writer.history({ tenant: 'acme' })).toHaveLength(1);
  });

  test('lists hold what is well formed, by id, and name what is not', async () => {
    const { items, writer } = setUp();
    for (const id of ['b', 'a']) await writer.putModel(file(id));
    for (const id of ['globex', 'acme']) await writer.putTenant({ id, costCenter: 'CC-1' });
    await writer.grant('globex', 'a');
    await writer.grant('acme', 'b');
    await writer.grant('acme', 'a');
    items.edit(modelKey('c'), {});
    const models = await writer.listModels();
    expect(models.entries.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(models.unusable).toEqual([{ pk: 'MODEL#c', sk: 'MODEL', field: 'v', reason: 'missing' }]);
    expect((await writer.listTenants()).entries.map(({ id }) => id)).toEqual(['acme', 'globex']);
    const grants = async (of?: { tenant?: string; model?: string }) =>
      (await writer.listGrants(of)).entries.map(({ tenant, model }) => `${tenant} ${model}`);
    expect(await grants()).toEqual(['acme a', 'acme b', 'globex a']);
    expect(await grants({ tenant: 'acme' })).toEqual(['acme a', 'acme b']);
    expect(await grants({ model: 'a' })).toEqual(['acme a', 'globex a']);
    expect(await grants({ tenant: 'acme', model: 'b' })).toEqual(['acme b']);
  });

  test('D4 no id reaches into another partition', async () => {
    const { items, writer } = setUp();
    for (const id of ['acme#GRANT#m1', 'acme\n', '', '../acme', 'TENANT#acme', 'äcme'])
      for (const ask of [
        () => writer.showTenant(id),
        () => writer.grant(id, 'm1'),
        () => writer.revoke('acme', id),
        () => writer.showModel(id),
        () => writer.listGrants({ tenant: id }),
        () => writer.history({ tenant: 'acme', model: id }),
        () => writer.history({ model: id }),
      ])
        await expect(ask(), id).rejects.toMatchObject({ code: 'bad_entry' });
    expect(items.calls).toEqual([]);
  });
});

describe('the models that answer in the place of one', () => {
  async function three() {
    const { writer } = setUp();
    for (const id of ['m1', 'm2', 'm3']) await writer.putModel(file(id));
    await writer.putTenant({ id: 'acme', costCenter: 'CC-1' });
    return writer;
  }

  test('are models that are there, of an entry as of a grant', async () => {
    const writer = await three();
    expect((await writer.putModel(file('m1', { fallbacks: ['m2'] }))).entry.fallbacks).toEqual(['m2']);
    await expect(writer.putModel(file('m1', { fallbacks: ['m2', 'm9'] }))).rejects.toMatchObject({
      code: 'bad_entry',
      field: 'fallbacks[1]',
      reason: 'no-such-model',
    });
    await expect(writer.grant('acme', 'm1', ['invoke'], { fallbacks: ['m9'] })).rejects.toMatchObject({
      field: 'fallbacks[0]',
      reason: 'no-such-model',
    });
  });

  test('of a grant stay until another list, none, or the entry’s is asked for', async () => {
    const writer = await three();
    const granted = async (more = {}) => (await writer.grant('acme', 'm1', ['invoke'], more)).entry.fallbacks;
    expect(await granted()).toBeUndefined();
    expect(await granted({ fallbacks: ['m2'] })).toEqual(['m2']);
    expect(await granted({ trace: true })).toEqual(['m2']);
    expect(await granted({ fallbacks: [] })).toEqual([]);
    expect(await granted({ fallbacks: false })).toBeUndefined();
  });
});
