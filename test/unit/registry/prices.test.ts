import { expect, test } from 'vitest';
import { createWriter } from '../../../registry/writer.ts';
import { modelDocument } from './documents.ts';
import { memoryItems } from './memory-items.ts';

const rates = (input: string) => ({ usdPerMillion: { input } });
const DEC = Date.UTC(2026, 11, 1);

async function setUp() {
  const items = memoryItems();
  const writer = createWriter({ items, clock: () => 5_000, actor: 'tester' });
  const { version: _, updatedAt: __, updatedBy: ___, ...document } = modelDocument('m1');
  await writer.putModel(document);
  return { items, writer };
}

test('a price is one edit: a version of the model and a line of its history', async () => {
  const { writer } = await setUp();
  const { entry, changed, results } = await writer.setPrices('m1', [{ from: DEC, ...rates('1') }]);
  expect({ changed, version: entry.version, results }).toMatchObject({
    changed: true,
    version: 2,
    results: [{ outcome: 'added', price: { version: '2026-12-01' } }],
  });
  expect(await writer.history({ model: 'm1' })).toMatchObject([
    { change: 'create' },
    { change: 'price', by: 'tester', after: { prices: [{ version: '2026-01' }, { version: '2026-12-01' }] } },
  ]);
});

test('the same price again writes nothing', async () => {
  const { writer } = await setUp();
  await writer.setPrices('m1', [{ from: DEC, ...rates('1') }]);
  const again = await writer.setPrices('m1', [{ from: DEC, ...rates('1') }]);
  expect(again).toMatchObject({ changed: false, entry: { version: 2 }, results: [{ outcome: 'unchanged' }] });
  expect(await writer.history({ model: 'm1' })).toHaveLength(2);
});

test('all prices of one edit are set or none is', async () => {
  const { writer } = await setUp();
  const given = [
    { from: DEC, ...rates('1') },
    { from: DEC + 1, version: '2026-01', ...rates('2') },
  ];
  await expect(writer.setPrices('m1', given)).rejects.toMatchObject({
    code: 'bad_entry',
    field: 'prices[2].version',
    reason: 'listed-twice',
  });
  expect((await writer.showModel('m1')).prices).toHaveLength(1);
});

test('a model that was read before somebody else changed it is not overwritten', async () => {
  const { items, writer } = await setUp();
  const other = createWriter({ items, clock: () => 6_000, actor: 'other' });
  const slow = {
    ...items,
    get: async (key: Parameters<typeof items.get>[0]) => {
      const item = await items.get(key);
      await other.setPrices('m1', [{ from: DEC, ...rates('7') }]);
      return item;
    },
  };
  const late = createWriter({ items: slow, clock: () => 7_000, actor: 'late' });
  await expect(late.setPrices('m1', [{ from: DEC, ...rates('8') }])).rejects.toMatchObject({ code: 'conflict' });
  expect((await writer.showModel('m1')).prices.at(-1)).toMatchObject(rates('7'));
});

test('a price is removed by its name, and one that is not there is said so', async () => {
  const { writer } = await setUp();
  await expect(writer.removePrice('m1', { version: '2026-01', tier: 'batch' })).rejects.toMatchObject({
    code: 'not_found',
  });
  expect((await writer.removePrice('m1', { version: '2026-01' })).entry.prices).toEqual([]);
  expect(await writer.history({ model: 'm1' })).toMatchObject([{}, { change: 'remove-price' }]);
});

test.each([
  ['no-such-model', 'not_found'],
  ['No Id', 'bad_entry'],
])('%j has no price to set', async (id, code) => {
  const { writer } = await setUp();
  await expect(writer.setPrices(id, [{ from: DEC, ...rates('1') }])).rejects.toMatchObject({ code });
});
