import { describe, expect, test } from 'vitest';
import { BUDGETS_MAX } from '../../../contract/limits/budgets.ts';
import { EVERY_TENANT } from '../../../registry/budget.ts';
import { budgetsKey } from '../../../registry/keys.ts';
import { asTenantId } from '../../../registry/tenant.ts';
import { createWriter } from '../../../registry/writer.ts';
import { budget, budgetsDocument, modelDocument } from './documents.ts';
import { memoryItems } from './memory-items.ts';

const ACME = asTenantId('acme');
const START = Date.UTC(2026, 5, 1);

async function setUp() {
  const items = memoryItems();
  let now = START;
  const writer = createWriter({ items, clock: () => now++, actor: 'alice' });
  await writer.putTenant({ id: 'acme', costCenter: 'CC-1' });
  const { v: _v, version: _version, updatedAt: _at, updatedBy: _by, ...model } = modelDocument('m1');
  await writer.putModel(model);
  items.calls.length = 0;
  return { items, writer };
}

describe('an edit of budgets', () => {
  test('adds one, replaces the one of its id, and leaves the others', async () => {
    const { writer } = await setUp();
    expect(await writer.setBudget('acme', budget('b'))).toMatchObject({ changed: true, entry: { version: 1 } });
    await writer.setBudget('acme', budget('a', { limit: '1' }));
    const { entry } = await writer.setBudget('acme', budget('a', { limit: '2.50' }));
    expect(entry).toMatchObject({ owner: 'acme', version: 3, updatedBy: 'alice' });
    expect(await writer.showBudgets('acme')).toEqual([budget('a', { limit: '2.5' }), budget('b')]);
    expect(await writer.setBudget('acme', budget('b'))).toMatchObject({ changed: false });
  });

  test('of the stage is nobody’s own', async () => {
    const { writer } = await setUp();
    await writer.setBudget(EVERY_TENANT, budget('a'));
    await writer.setBudget('acme', budget('b'));
    expect(await writer.showBudgets('acme')).toEqual([budget('b')]);
    const { entries } = await writer.listBudgets();
    expect(entries.map(({ owner }) => owner)).toEqual(['*', 'acme']);
  });

  test('L3 is recorded with what was before, under a name that says what was done', async () => {
    const { writer } = await setUp();
    await writer.setBudget('acme', budget('a'));
    await writer.setBudget('acme', budget('b'));
    await writer.removeBudget('acme', 'a');
    const history = await writer.budgetHistory('acme');
    expect(history.map(({ change, by }) => `${change} ${by}`)).toEqual([
      'create alice',
      'set b alice',
      'remove a alice',
    ]);
    expect(history[2]?.before).toEqual(history[1]?.after);
    expect(await writer.history({ tenant: 'acme' })).toHaveLength(1);
    expect(await writer.budgetHistory(EVERY_TENANT)).toEqual([]);
  });

  test.each([
    ['a limit that is no amount', budget('a', { limit: 'NaN' }), 'limit', 'not-a-number'],
    ['a member that nobody knows', { ...budget('a'), carryOver: true }, 'carryOver', 'unknown-member'],
    ['an id that is none', budget('A'), 'id', 'not-a-budget-id'],
    ['what is no budget', 'all of it', 'entry', 'wrong-type'],
  ])('Q1 is refused before anything is read: %s', async (_, given, field, reason) => {
    const { items, writer } = await setUp();
    await expect(writer.setBudget('acme', given)).rejects.toMatchObject({ code: 'bad_entry', field, reason });
    expect(items.calls).toEqual([]);
  });

  test('of a tenant, or for a model, that is not there is refused', async () => {
    const { writer } = await setUp();
    await expect(writer.setBudget('globex', budget('a'))).rejects.toMatchObject({ code: 'not_found', field: 'tenant' });
    const ofModel = (only: string) => budget('a', { per: 'model', only });
    await expect(writer.setBudget('acme', ofModel('m2'))).rejects.toMatchObject({ code: 'not_found', field: 'model' });
    expect((await writer.setBudget('acme', ofModel('m1'))).changed).toBe(true);
  });

  test(`beyond ${BUDGETS_MAX} of one owner is refused, and changes nothing`, async () => {
    const { writer } = await setUp();
    for (let i = 0; i < BUDGETS_MAX; i++) await writer.setBudget('acme', budget(`b${i}`));
    await expect(writer.setBudget('acme', budget('one-more'))).rejects.toMatchObject({
      code: 'bad_entry',
      field: 'budgets',
      reason: 'too-many',
    });
    expect(await writer.showBudgets('acme')).toHaveLength(BUDGETS_MAX);
    await writer.setBudget('acme', budget('b0', { limit: '7' }));
  });

  test('of a malformed item is refused, since it would lift what cannot be read; removing all of it is possible', async () => {
    const { items, writer } = await setUp();
    items.edit(budgetsKey(ACME), budgetsDocument('acme', { budgets: [{ ...budget('a', { limit: '-1' }) }] }));
    const refused = { code: 'bad_entry', field: 'budgets[0].limit', reason: 'negative' };
    await expect(writer.setBudget('acme', budget('b'))).rejects.toMatchObject(refused);
    await expect(writer.removeBudget('acme', 'a')).rejects.toMatchObject(refused);
    await expect(writer.showBudgets('acme')).rejects.toMatchObject(refused);
    await writer.removeBudgets('acme');
    expect(await writer.showBudgets('acme')).toEqual([]);
  });

  test('that somebody else was quicker with is a conflict, the first one too', async () => {
    const { items, writer } = await setUp();
    const get = items.get;
    let reads = 0;
    items.get = async (key) => {
      const found = await get(key);
      if (key.sk === 'BUDGETS' && ++reads === 1) items.edit(budgetsKey(ACME), budgetsDocument('acme'));
      return found;
    };
    await expect(writer.setBudget('acme', budget('b'))).rejects.toMatchObject({ code: 'conflict' });
    expect(await writer.showBudgets('acme')).toEqual([budget('day')]);
  });

  test('of what is not there is told so', async () => {
    const { writer } = await setUp();
    await expect(writer.removeBudget('acme', 'a')).rejects.toMatchObject({
      code: 'not_found',
      publicMessage: 'There is no budget a of acme.',
    });
    await expect(writer.removeBudgets(EVERY_TENANT)).rejects.toMatchObject({
      publicMessage: 'There is no budget of the stage.',
    });
  });

  test('D4 of an owner that is none reaches no item', async () => {
    const { items, writer } = await setUp();
    for (const owner of ['', 'STAGE#', 'acme#GRANT', '**', 'acme\n'])
      for (const ask of [
        () => writer.setBudget(owner, budget('a')),
        () => writer.showBudgets(owner),
        () => writer.removeBudget(owner, 'a'),
        () => writer.removeBudgets(owner),
        () => writer.budgetHistory(owner),
      ])
        await expect(ask(), owner).rejects.toMatchObject({ code: 'bad_entry' });
    expect(items.calls).toEqual([]);
  });
});
