import { describe, expect, test } from 'vitest';
import { guardrailsOf } from '../../../contract/guardrails.ts';
import { parseTenantId } from '../../../contract/identity.ts';
import { ACTIONS } from '../../../contract/model.ts';
import { grantKey, modelKey, tenantKey } from '../../../registry/keys.ts';
import type { Unusable } from '../../../registry/kinds.ts';
import { createLookup } from '../../../registry/lookup.ts';
import { readSnapshot } from '../../../registry/snapshot.ts';
import { createWriter } from '../../../registry/writer.ts';
import { modelDocument, tenantDocument } from './documents.ts';
import { memoryItems } from './memory-items.ts';

const ACME = parseTenantId('acme');
const guardrail = { arn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/demo', version: '1' };
const abroad = { arn: 'arn:aws:bedrock:eu-west-1:111122223333:guardrail/demo', version: '1' };

function setUp() {
  const items = memoryItems();
  const unusable: Unusable[] = [];
  const reader = createLookup({ items, clock: () => 0, onUnusable: (item) => void unusable.push(item), memoryMs: 0 });
  for (const id of ['acme', 'globex']) items.edit(tenantKey(parseTenantId(id)), tenantDocument(id));
  for (const id of ['a', 'b', 'c']) items.edit(modelKey(id), modelDocument(id));
  const writer = createWriter({ items, clock: () => 0, actor: 'alice' });
  const held = async (tenant = 'acme') =>
    (await reader.tenant(parseTenantId(tenant)))?.models.map(({ id, maxTokens }) => `${id} ${maxTokens ?? ''}`.trim());
  return { items, unusable, reader, writer, held };
}

describe('a bundle', () => {
  test('gives every holder its models, and an edit of it is one of what all of them may call', async () => {
    const { writer, held } = setUp();
    await writer.putBundle({ id: 'standard', models: ['b', 'a', 'a'] });
    for (const tenant of ['acme', 'globex']) await writer.grant(tenant, { bundle: 'standard' });
    expect([await held(), await held('globex')]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    const { entry } = await writer.putBundle({ id: 'standard', models: ['c'] });
    expect(entry).toMatchObject({ id: 'standard', models: ['c'], version: 2 });
    expect([await held(), await held('globex')]).toEqual([['c'], ['c']]);
    expect(await writer.history({ bundle: 'standard' })).toHaveLength(2);
  });

  test('takes models in and gives them up one by one', async () => {
    const { writer } = setUp();
    await expect(writer.changeBundle('standard', { add: ['a'] })).rejects.toMatchObject({ code: 'not_found' });
    await writer.putBundle({ id: 'standard', models: ['b'] });
    expect((await writer.changeBundle('standard', { add: ['c', 'a'] })).entry.models).toEqual(['a', 'b', 'c']);
    expect((await writer.changeBundle('standard', { drop: ['b'] })).entry.models).toEqual(['a', 'c']);
    await expect(writer.changeBundle('standard', { drop: ['b'] })).rejects.toMatchObject({ reason: 'not-in-it' });
    await expect(writer.changeBundle('standard', { add: ['z'] })).rejects.toMatchObject({ reason: 'no-such-model' });
  });

  test('is granted under restrictions, which hold for each of its models, and a grant of one by name goes before it', async () => {
    const { writer, held } = setUp();
    await writer.putBundle({ id: 'standard', models: ['a', 'b'] });
    await writer.grant('acme', { bundle: 'standard' }, ['invoke'], { restrictions: { maxTokens: 10 } });
    expect(await held()).toEqual(['a 10', 'b 10']);
    await writer.grant('acme', 'b', undefined, { restrictions: { maxTokens: 99 } });
    expect(await held()).toEqual(['a 10', 'b 99']);
    expect((await writer.holdings('acme')).map(({ model, grant }) => [model, grant.bundle])).toEqual([
      ['a', 'standard'],
      ['b', undefined],
    ]);
    await writer.revoke('acme', 'b');
    expect(await held()).toEqual(['a 10', 'b 10']);
    await writer.revoke('acme', { bundle: 'standard' });
    expect(await held()).toEqual([]);
    expect(await writer.history({ tenant: 'acme', bundle: 'standard' })).toHaveLength(2);
  });

  test.each([
    ['a model that is not there', { id: 'x', models: ['a', 'nope'] }, { field: 'models[1]', reason: 'no-such-model' }],
    ['an id that is none', { id: 'X Y', models: ['a'] }, { field: 'id', reason: 'not-a-bundle-id' }],
    [
      'an id that looks like another’s',
      { id: 'standard.1', models: [] },
      { field: 'id', reason: 'looks-like-another' },
    ],
    ['no models at all', { id: 'x' }, { field: 'models', reason: 'missing' }],
    ['a member that nobody knows', { id: 'x', models: [], color: 'red' }, { field: 'color', reason: 'unknown-member' }],
  ])('is refused with %s', async (_, bundle, expected) => {
    const { writer } = setUp();
    await writer.putBundle({ id: 'standard-1', models: [] });
    await expect(writer.putBundle(bundle)).rejects.toMatchObject({ code: 'bad_entry', ...expected });
  });

  test('that somebody holds is not removed', async () => {
    const { writer } = setUp();
    await writer.putBundle({ id: 'standard', models: ['a'] });
    await writer.grant('acme', { bundle: 'standard' });
    await expect(writer.removeBundle('standard')).rejects.toMatchObject({ code: 'bad_entry', reason: 'is-held' });
    await writer.revoke('acme', { bundle: 'standard' });
    await writer.removeBundle('standard');
    expect((await writer.listBundles()).entries).toEqual([]);
  });

  test('that cannot be read gives nothing, and takes nothing else with it', async () => {
    const { items, writer, held, unusable } = setUp();
    await writer.putBundle({ id: 'standard', models: ['a'] });
    await writer.grant('acme', { bundle: 'standard' });
    await writer.grant('acme', 'b');
    items.edit({ pk: 'STAGE', sk: 'BUNDLE#standard' }, { v: 9 });
    expect(await held()).toEqual(['b']);
    expect(unusable).toMatchObject([{ pk: 'STAGE', sk: 'BUNDLE#standard', reason: 'unknown-version' }]);
  });
});

describe('what cannot be used opens nothing that is wider', () => {
  test('a grant by name that cannot be read is not answered by a bundle', async () => {
    const { items, writer, held } = setUp();
    await writer.putBundle({ id: 'standard', models: ['a', 'b'] });
    await writer.grant('acme', { bundle: 'standard' });
    items.edit(grantKey({ tenant: ACME, model: 'a' }), { v: 9 });
    expect(await held()).toEqual(['b']);
  });

  test('a term whose model was edited so that it does not fit is not answered by one for more callers', async () => {
    const { items, writer, held, unusable } = setUp();
    await writer.grant('acme', 'a');
    await writer.grant('acme', 'a', undefined, { for: { principals: ['alice'] }, restrictions: { guardrail } });
    const eu = 'arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0';
    const target = { kind: 'bedrock-model', modelId: 'amazon.nova-lite-v1:0', region: 'eu-west-1', arn: eu };
    items.edit(modelKey('a'), modelDocument('a', { target }));
    expect(await held()).toEqual([]);
    expect(unusable).toMatchObject([{ sk: 'GRANT#a', reason: 'guardrail-region' }]);
  });
});

describe('terms of one grant', () => {
  test('are made, changed and taken back by whom they are for, and begin as the grant’s own', async () => {
    const { writer } = setUp();
    const alice = { principals: ['alice'] };
    await writer.grant('acme', 'a', ['invoke'], { restrictions: { guardrail } });
    await writer.grant('acme', 'a', undefined, { for: alice, restrictions: { maxTokens: 5 } });
    expect((await writer.showGrant('acme', 'a')).also).toEqual([
      { actions: ['invoke'], guardrail, maxTokens: 5, ...alice },
    ]);
    await writer.grant('acme', 'a', ['count'], { for: alice });
    await writer.grant('acme', 'a', undefined, { restrictions: { maxTokens: 7 } });
    expect(await writer.showGrant('acme', 'a')).toMatchObject({
      ...{ actions: ['invoke'], maxTokens: 7 },
      also: [{ actions: ['count'], maxTokens: 5 }],
    });
    await writer.revoke('acme', 'a', {});
    const left = await writer.showGrant('acme', 'a');
    expect(left).toMatchObject({ actions: ['count'], principals: ['alice'] });
    expect(left.also).toBeUndefined();
    await expect(writer.revoke('acme', 'a', {})).rejects.toMatchObject({ reason: 'no-such-term' });
    await writer.revoke('acme', 'a', alice);
    await expect(writer.showGrant('acme', 'a')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('of which one is taken back leave the others as they were', async () => {
    const { writer } = setUp();
    await writer.grant('acme', 'a', ['invoke'], { unguarded: true, trace: true });
    for (const role of ['x', 'y']) {
      const more = { for: { roles: [role] }, unguarded: false, trace: false };
      await writer.grant('acme', 'a', ['count'], more);
    }
    await writer.revoke('acme', 'a', { roles: ['x'] });
    const { also } = await writer.showGrant('acme', 'a');
    expect(also).toEqual([{ actions: ['count'], roles: ['y'] }]);
  });

  test('are for nobody else, where the first is for some', async () => {
    const { writer } = setUp();
    const { entry } = await writer.grant('acme', 'a', undefined, { for: { roles: ['b', 'a'] } });
    expect(entry).toMatchObject({ roles: ['a', 'b'], actions: [...ACTIONS] });
  });

  test('what an edit does not name stays', async () => {
    const { writer } = setUp();
    await writer.grant('acme', 'a', ['invoke'], { direct: true, restrictions: { regions: ['us-east-1'] } });
    const { entry } = await writer.grant('acme', 'a', undefined, { restrictions: { expiresAt: '2027-01-01' } });
    expect(entry).toMatchObject({ actions: ['invoke'], direct: true, regions: ['us-east-1'] });
    expect((await writer.grant('acme', 'a', undefined, { direct: false })).entry.direct).toBeUndefined();
  });
});

describe('the defaults of all tenants', () => {
  test('hold where a tenant does not say it itself, and a tenant’s where a grant does not', async () => {
    const { writer, reader } = setUp();
    await writer.putDefaults({ guardrail, residency: ['us-east-1', 'us-west-2'] });
    for (const model of ['a', 'b']) await writer.grant('acme', model);
    await writer.grant('acme', 'b', undefined, {
      unguarded: true,
      restrictions: { regions: ['eu-west-1', 'us-east-1'] },
    });
    const rules = async () =>
      (await reader.tenant(ACME))?.models.map(({ guardrail: under, regions }) => [
        guardrailsOf(under)[0]?.version,
        regions,
      ]);
    expect(await rules()).toEqual([
      ['1', ['us-east-1', 'us-west-2']],
      [undefined, ['us-east-1']],
    ]);
    await writer.putTenant({ id: 'acme', residency: ['us-east-1'], guardrail: { ...guardrail, version: '2' } });
    expect(await rules()).toEqual([
      ['2', ['us-east-1']],
      [undefined, ['us-east-1']],
    ]);
    expect((await writer.putDefaults({ guardrail: null })).entry.guardrail).toBeUndefined();
    expect(await writer.history({ defaults: true })).toHaveLength(2);
    await writer.removeDefaults();
    expect(await writer.showDefaults()).toBeUndefined();
  });

  test('bind what is granted from then on, and what was granted before gives nothing where it does not fit', async () => {
    const { writer, held, unusable } = setUp();
    await writer.grant('acme', 'a');
    await writer.putDefaults({ residency: ['eu-west-1'] });
    await expect(writer.grant('acme', 'b')).rejects.toMatchObject({ field: 'regions', reason: 'outside-residency' });
    expect(await held()).toEqual([]);
    expect(unusable).toMatchObject([{ pk: 'TENANT#acme', sk: 'GRANT#a', reason: 'outside-residency' }]);
    await writer.putDefaults({ residency: null, guardrail: abroad });
    await expect(writer.grant('acme', 'b')).rejects.toMatchObject({ reason: 'guardrail-region' });
  });

  test('that cannot be read are not none: nothing is decided until they can be', async () => {
    const { items, reader } = setUp();
    items.edit({ pk: 'STAGE', sk: 'DEFAULTS' }, { v: 9 });
    await expect(reader.tenant(ACME)).rejects.toMatchObject({ code: 'unavailable', reason: 'defaults-unusable' });
  });
});

test('a snapshot tells what is held as the data path reads it', async () => {
  const { items, writer } = setUp();
  await writer.putBundle({ id: 'standard', models: ['a', 'b'] });
  await writer.putDefaults({ residency: ['us-east-1'] });
  await writer.grant('acme', { bundle: 'standard' });
  await writer.grant('acme', 'b', ['count']);
  const { held, entries, grants } = await readSnapshot(items, () => 0);
  const of = (all: readonly { model: string; actions: readonly string[]; regions?: string[] }[]) =>
    all.map(({ model, actions, regions }) => [model, actions, regions]);
  expect(of(held)).toEqual(of((entries.get(ACME)?.models ?? []).map((one) => ({ ...one, model: one.id }))));
  expect(grants).toHaveLength(2);
});
