import { describe, expect, test } from 'vitest';
import { parseTenantId } from '../../../contract/identity.ts';
import { skeletonOf } from '../../../registry/alike.ts';
import { modelKey, tenantKey } from '../../../registry/keys.ts';
import { createWriter } from '../../../registry/writer.ts';
import { modelDocument, tenantDocument } from './documents.ts';
import { memoryItems } from './memory-items.ts';

const NOW = Date.UTC(2026, 10, 29);

function setUp() {
  const items = memoryItems();
  const writer = createWriter({ items, clock: () => NOW, actor: 'alice' });
  return { items, writer };
}

const FULL = {
  displayName: 'Acme',
  costCenter: 'CC-1',
  owners: ['alice@acme.example', 'bob@acme.example'],
  contacts: ['ops@acme.example'],
  labels: { team: 'search', env: 'prod' },
  issuers: ['https://sso.acme.example'],
  residency: ['us-west-2', 'us-east-1'],
  guardrail: { arn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/demo', version: '1' },
  expiresAt: '2027-03-03',
};

describe('a tenant', () => {
  test('is told as it was said, and an edit of one thing keeps the others', async () => {
    const { writer } = setUp();
    const { entry } = await writer.putTenant({ id: 'acme', ...FULL });
    expect(entry).toMatchObject({
      ...FULL,
      labels: { env: 'prod', team: 'search' },
      residency: ['us-east-1', 'us-west-2'],
      expiresAt: Date.UTC(2027, 2, 3) / 1000,
      suspended: false,
    });
    expect((await writer.putTenant({ id: 'acme', labels: { team: 'ads' } })).entry).toMatchObject({
      ...{ owners: FULL.owners, labels: { team: 'ads' }, costCenter: 'CC-1' },
    });
    const labelled = await writer.putTenant({ id: 'acme' }, { env: 'dev', team: null });
    expect(labelled.entry.labels).toEqual({ env: 'dev' });
    expect((await writer.putTenant({ id: 'acme' }, { env: null })).entry.labels).toBeUndefined();
    const { labels, expiresAt } = (await writer.putTenant({ id: 'acme', labels: null, expiresAt: null })).entry;
    expect([labels, expiresAt]).toEqual([undefined, undefined]);
    expect((await writer.putTenant({ id: 'acme', costCentre: 'CC-2' })).entry.costCenter).toBe('CC-2');
  });

  test('of an earlier version is read as it is', async () => {
    const { items, writer } = setUp();
    items.edit(tenantKey(parseTenantId('acme')), tenantDocument('acme', { displayName: 'Acme' }));
    expect((await writer.putTenant({ id: 'acme', displayName: 'Acme' })).changed).toBe(false);
  });

  test.each<[string, object, string]>([
    ['a role of another account, which no call is made under yet', { spokeRole: 'arn:aws:iam::1:role/x' }, 'spokeRole'],
    ['a region that is none', { residency: ['mars'] }, 'residency[0]'],
    ['an issuer that is none', { issuers: ['acme'] }, 'issuers[0]'],
    ['a label without a name', { labels: { '': 'x' } }, 'labels.'],
    ['labels that are a list', { labels: ['x'] }, 'labels'],
    ['a label that is no text', { labels: { team: 5 } }, 'labels.team'],
    ['an owner that is nobody', { owners: [''] }, 'owners[0]'],
    ['an end that has passed', { expiresAt: '2026-11-28' }, 'expiresAt'],
    ['two cost centres', { costCentre: 'CC-2', costCenter: 'CC-3' }, 'costCentre'],
    ['having left, by an edit', { offboarded: true }, 'offboarded'],
    ['a cost centre taken away', { costCenter: null }, 'costCenter'],
  ])('is refused with %s', async (_, more, field) => {
    const { writer } = setUp();
    await writer.putTenant({ id: 'acme', costCenter: 'CC-1' });
    await expect(writer.putTenant({ id: 'acme', ...more })).rejects.toMatchObject({ code: 'bad_entry', field });
  });
});

describe('an id that looks like another’s', () => {
  test.each([
    ['acme', 'Acme'],
    ['acme-1', 'acme_l'],
    ['acme-1', 'acme.i'],
    ['globe0', 'globeO'],
    ['modern', 'modem'],
  ])('%s is not made beside %s', async (there, id) => {
    const { writer } = setUp();
    await writer.putTenant({ id: there, costCenter: 'CC-1' });
    await expect(writer.putTenant({ id, costCenter: 'CC-1' })).rejects.toMatchObject({
      ...{ code: 'bad_entry', field: 'id' },
      reason: 'looks-like-another',
    });
    // What is there keeps its name.
    expect((await writer.putTenant({ id: there, costCenter: 'CC-2' })).changed).toBe(true);
  });

  test('nor a model beside a model or an alias, nor an alias beside a model', async () => {
    const { items, writer } = setUp();
    items.edit(modelKey('nova-lite'), modelDocument('nova-lite'));
    const { v: _, version: __, updatedAt: ___, updatedBy: ____, ...file } = modelDocument('x');
    await expect(writer.putModel({ ...file, id: 'nova-1ite' })).rejects.toMatchObject({
      reason: 'looks-like-another',
    });
    await expect(writer.setAlias({ id: 'nova.lite', models: { 'nova-lite': 1 } })).rejects.toMatchObject({
      reason: 'looks-like-another',
    });
    await writer.setAlias({ id: 'small', models: { 'nova-lite': 1 } });
    await expect(writer.putModel({ ...file, id: 'sma11' })).rejects.toMatchObject({ reason: 'looks-like-another' });
    await expect(writer.setAlias({ id: '5mall', models: { 'nova-lite': 1 } })).rejects.toMatchObject({
      reason: 'looks-like-another',
    });
  });

  test('and what is read apart is', () => {
    const ids = [
      'claude-sonnet-4-5',
      'claude-sonnet-4-6',
      'claude-sonnet-45',
      'nova-lite',
      'nova-pro',
      'acme',
      'acme2',
    ];
    expect(new Set(ids.map(skeletonOf)).size).toBe(ids.length);
  });
});

describe('a tenant that leaves', () => {
  async function leaving() {
    const { items, writer } = setUp();
    for (const id of ['a', 'b']) items.edit(modelKey(id), modelDocument(id));
    await writer.putBundle({ id: 'standard', models: ['b'] });
    await writer.putTenant({ id: 'acme', costCenter: 'CC-1' });
    await writer.grant('acme', 'a');
    await writer.grant('acme', { bundle: 'standard' });
    await writer.putClient({ issuer: 'https://idp.example', client: 'app', tenant: 'acme' });
    await writer.setBudget('acme', {
      id: 'day',
      per: 'tenant',
      period: 'day',
      unit: 'usd',
      limit: '5',
      enforcement: 'hard',
    });
    return { items, writer };
  }

  test('loses its grants and clients at once, cannot be edited, and comes back by undo alone, as it was', async () => {
    const { writer } = await leaving();
    const before = JSON.stringify(await writer.export());
    const { plan = '' } = await (await writer.offboardTenant('acme')).make();
    expect(await writer.showTenant('acme')).toMatchObject({ offboarded: true });
    expect((await writer.listGrants({ tenant: 'acme' })).entries).toEqual([]);
    expect((await writer.listClients({ tenant: 'acme' })).entries).toEqual([]);
    expect(await writer.showBudgets('acme')).toHaveLength(1);
    const refused = { code: 'bad_entry', reason: 'is-offboarded' };
    await expect(writer.resumeTenant('acme')).rejects.toMatchObject(refused);
    await expect(writer.putTenant({ id: 'acme', costCenter: 'CC-2' })).rejects.toMatchObject(refused);
    await expect(writer.grant('acme', 'a')).rejects.toMatchObject(refused);
    await expect(
      writer.putClient({ issuer: 'https://idp.example', client: 'b', tenant: 'acme' }),
    ).rejects.toMatchObject(refused);
    await expect(writer.offboardTenant('acme')).rejects.toMatchObject(refused);
    await writer.undoPlan(plan);
    expect(JSON.stringify(await writer.export())).toBe(before);
  });

  test('is deleted only then, with its budgets; its history stays', async () => {
    const { writer } = await leaving();
    await expect(writer.deleteTenant('acme')).rejects.toMatchObject({ code: 'bad_entry', reason: 'is-not-offboarded' });
    await (await writer.offboardTenant('acme')).make();
    await (await writer.deleteTenant('acme')).make();
    await expect(writer.showTenant('acme')).rejects.toMatchObject({ code: 'not_found' });
    expect(await writer.showBudgets('acme')).toEqual([]);
    expect((await writer.history({ tenant: 'acme' })).map(({ change }) => change)).toEqual([
      'create',
      'offboard',
      'delete',
    ]);
  });
});
