import { describe, expect, test } from 'vitest';
import { parseTenantId } from '../../../contract/identity.ts';
import { ALIAS_MODELS_MAX, ALIASES_MAX } from '../../../contract/limits/registry.ts';
import { aliasesDocument, parseAliases } from '../../../registry/alias.ts';
import type { Document } from '../../../registry/items.ts';
import { ALIASES_KEY, grantKey, modelKey, tenantKey } from '../../../registry/keys.ts';
import type { Unusable } from '../../../registry/kinds.ts';
import { createLookup } from '../../../registry/lookup.ts';
import { createWriter } from '../../../registry/writer.ts';
import { grantDocument, modelDocument, tenantDocument } from './documents.ts';
import { memoryItems } from './memory-items.ts';

const ACME = parseTenantId('acme');
const SPLIT = { id: 'sonnet', models: { a: 95, b: 5 } };

function setUp() {
  const items = memoryItems();
  const unusable: Unusable[] = [];
  const reader = createLookup({ items, clock: () => 0, onUnusable: (item) => void unusable.push(item), memoryMs: 0 });
  items.edit(tenantKey(ACME), tenantDocument('acme'));
  for (const id of ['a', 'b', 'c']) items.edit(modelKey(id), modelDocument(id));
  for (const model of ['a', 'c']) items.edit(grantKey({ tenant: ACME, model }), grantDocument('acme', model));
  const as = (actor: string) => createWriter({ items, clock: () => 0, actor });
  return { items, unusable, reader, as, writer: as('alice') };
}

describe('an alias', () => {
  test('is set, replaced, listed by id and removed, and every edit is in the history', async () => {
    const { writer, as } = setUp();
    expect(await writer.listAliases()).toEqual([]);
    expect(await writer.setAlias(SPLIT)).toMatchObject({
      alias: { ...SPLIT, by: 'principal' },
      changed: true,
      edit: 1,
    });
    expect(await writer.setAlias({ ...SPLIT, models: { b: 5, a: 95 } })).toMatchObject({ changed: false });
    await as('bob').setAlias({ id: 'haiku', models: { c: 1 }, by: 'request' });
    await writer.setAlias({ id: 'sonnet', models: { a: 1 } });
    expect(await writer.listAliases()).toEqual([
      { id: 'haiku', models: { c: 1 }, by: 'request' },
      { id: 'sonnet', models: { a: 1 }, by: 'principal' },
    ]);
    expect(await writer.showAlias('haiku')).toEqual({ id: 'haiku', models: { c: 1 }, by: 'request' });
    await writer.removeAlias('sonnet');
    await expect(writer.showAlias('sonnet')).rejects.toMatchObject({ code: 'not_found', field: 'alias' });
    await expect(writer.removeAlias('sonnet')).rejects.toMatchObject({ code: 'not_found' });
    expect((await writer.aliasHistory()).map(({ change, by }) => `${change} ${by}`)).toEqual([
      'create alice',
      'set haiku bob',
      'set sonnet alice',
      'remove sonnet alice',
    ]);
  });

  test.each<[string, object, string, string]>([
    ['without models', { models: {} }, 'models', 'empty'],
    ['with more models than it may have', { models: many(ALIAS_MODELS_MAX + 1) }, 'models', 'too-many'],
    ['of text', { models: 'a' }, 'models', 'not-an-object'],
    ['of a list', { models: ['a'] }, 'models', 'not-an-object'],
    ['with a weight of nothing', { models: { a: 95, b: 0 } }, 'models.b', 'too-small'],
    ['with a negative weight', { models: { a: -1 } }, 'models.a', 'too-small'],
    ['with a weight that is a part', { models: { a: 0.5 } }, 'models.a', 'not-whole'],
    ['with a weight that is text', { models: { a: '95' } }, 'models.a', 'not-a-number'],
    ['with a weight beyond all others', { models: { a: 1_001 } }, 'models.a', 'too-large'],
    ['of a model that is not there', { models: { a: 1, d: 1 } }, 'models.d', 'no-such-model'],
    ['of what can be no model', { models: { 'a b': 1 } }, 'models.a b', 'not-a-model-id'],
    ['with the id of a model', { id: 'a' }, 'id', 'is-a-model'],
    ['with an id that is none', { id: 'Claude Sonnet' }, 'id', 'not-a-model-id'],
    ['shared by what nobody knows', { by: 'weekday' }, 'by', 'unknown-sharing'],
    ['with a member that nobody knows', { sticky: true }, 'sticky', 'unknown-member'],
  ])('%s is refused, and the field is named', async (_, change, field, reason) => {
    const { writer, items } = setUp();
    await expect(writer.setAlias({ ...SPLIT, ...change })).rejects.toMatchObject({ code: 'bad_entry', field, reason });
    expect(items.calls.filter((call) => call.startsWith('write'))).toEqual([]);
  });

  test('of an alias is none: its models are models', async () => {
    const { writer } = setUp();
    await writer.setAlias(SPLIT);
    await expect(writer.setAlias({ id: 'best', models: { sonnet: 1 } })).rejects.toMatchObject({
      field: 'models.sonnet',
      reason: 'no-such-model',
    });
  });

  test('keeps its name from a model that comes later', async () => {
    const { writer } = setUp();
    await writer.setAlias(SPLIT);
    const { v: _, version: __, updatedAt: ___, updatedBy: ____, ...file } = modelDocument('sonnet');
    await expect(writer.putModel(file)).rejects.toMatchObject({
      code: 'bad_entry',
      field: 'id',
      reason: 'is-an-alias',
    });
    await writer.removeAlias('sonnet');
    expect(await writer.putModel(file)).toMatchObject({ changed: true });
  });
});

describe('the item of all aliases', () => {
  const document = (changes: Document = {}): Document => ({
    v: 1,
    aliases: [{ id: 'sonnet', models: { a: 95, b: 5 } }],
    ...{ version: 1, updatedAt: '2026-01-01T00:00:00.000Z', updatedBy: 'test' },
    ...changes,
  });

  test('is read as it was written, and one that was written by hand without its sharing is by principal', () => {
    const entry = parseAliases(document());
    expect(entry.aliases).toEqual([{ ...SPLIT, by: 'principal' }]);
    expect(parseAliases(aliasesDocument(entry))).toEqual(entry);
  });

  test.each<[string, Document, string]>([
    ['two of one id', { aliases: [{ ...SPLIT }, { ...SPLIT }] }, 'aliases[1].id'],
    ['a weight that is none', { aliases: [{ id: 'x', models: { a: 0 } }] }, 'aliases[0].models.a'],
    [
      'more than a stage may have',
      { aliases: Object.keys(many(ALIASES_MAX + 1)).map((id) => ({ id, models: { a: 1 } })) },
      'aliases',
    ],
    ['a later version', { v: 2 }, 'v'],
  ])('with %s cannot be used, and is replaced by nothing', async (_, changes, field) => {
    const { items, unusable, reader, writer } = setUp();
    items.edit(ALIASES_KEY, document(changes));
    // Whoever calls by an id goes on; what was an alias is no name.
    expect((await reader.tenant(ACME))?.models.map(({ id, aliases }) => [id, aliases])).toEqual([
      ['a', undefined],
      ['c', undefined],
    ]);
    expect(unusable).toMatchObject([{ pk: 'STAGE', sk: 'ALIASES', field }]);
    await expect(writer.setAlias(SPLIT)).rejects.toMatchObject({ code: 'bad_entry', field });
    await expect(writer.listAliases()).rejects.toMatchObject({ code: 'bad_entry', field });
    await writer.removeAliases();
    expect(await writer.setAlias(SPLIT)).toMatchObject({ changed: true });
  });

  test('reaches a tenant as shares of the models that it was granted, and of no other', async () => {
    const { items, reader } = setUp();
    items.edit(
      ALIASES_KEY,
      document({
        aliases: [
          { id: 'sonnet', models: { a: 95, b: 5 } },
          { id: 'any', models: { a: 1, c: 2 }, by: 'request' },
          { id: 'others', models: { b: 1 } },
        ],
      }),
    );
    expect((await reader.tenant(ACME))?.models.map(({ id, aliases }) => [id, aliases])).toEqual([
      [
        'a',
        [
          { alias: 'any', weight: 1, by: 'request' },
          { alias: 'sonnet', weight: 95 },
        ],
      ],
      ['c', [{ alias: 'any', weight: 2, by: 'request' }]],
    ]);
  });
});

function many(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, 1]));
}
