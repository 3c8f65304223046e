import { describe, expect, test } from 'vitest';
import type { Document } from '../../../../registry/items.ts';
import { createWriter, type Writer } from '../../../../registry/writer.ts';
import { modelDocument } from '../documents.ts';
import { type MemoryItems, memoryItems } from '../memory-items.ts';

const START = Date.UTC(2026, 5, 1);

function setUp() {
  const items = memoryItems();
  const as = (actor: string): Writer => createWriter({ items, clock: () => START, actor, random: () => 0 });
  return { items, as, writer: as('alice') };
}

function model(id: string, changes: Document = {}): Document {
  const { v: _v, version: _version, updatedAt: _at, updatedBy: _by, ...content } = modelDocument(id);
  return { ...content, ...changes };
}

const budget = { id: 'day', per: 'tenant', period: 'day', unit: 'usd', limit: '5', enforcement: 'hard' };

function file(tenants = 2): Record<string, unknown> {
  return {
    models: [model('m1'), model('m2')],
    bundles: [{ id: 'standard', models: ['m2'] }],
    aliases: [{ id: 'stable', models: { m1: 1 } }],
    defaults: { residency: ['us-east-1'] },
    budgets: [budget],
    tenants: Array.from({ length: tenants }, (_, index) => ({
      id: `t${index}`,
      costCenter: 'CC-1',
      grants: [{ model: 'm1', maxTokens: 100 }, { model: 'm2', actions: ['invoke'] }, { bundle: 'standard' }],
      budgets: [budget],
      clients: [{ issuer: 'https://idp.example', client: `app-${index}` }],
    })),
  };
}

async function apply(writer: Writer, value: unknown, options = {}) {
  const plan = await writer.apply(value, options);
  return { ...plan, made: await plan.make() };
}

const lines = ({ changes }: { changes: { does: string; item: string }[] }) =>
  changes.map(({ does, item }) => `${does} ${item}`).sort();

const stateOf = async (writer: Writer): Promise<string> => JSON.stringify(await writer.export());

const writes = (items: MemoryItems): number => items.calls.filter((call) => call.startsWith('write')).length;

describe('a file of entries', () => {
  test('is made as it says, once: again it changes nothing', async () => {
    const { items, writer } = setUp();
    const first = await apply(writer, file());
    expect(lines(first)).toEqual([
      'create aliases',
      'create budgets/*',
      'create budgets/t0',
      'create budgets/t1',
      'create bundle/standard',
      expect.stringMatching(/^create client\/[0-9a-f]{64}$/),
      expect.stringMatching(/^create client\/[0-9a-f]{64}$/),
      'create defaults',
      'create grant/t0/bundle:standard',
      'create grant/t0/m1',
      'create grant/t0/m2',
      'create grant/t1/bundle:standard',
      'create grant/t1/m1',
      'create grant/t1/m2',
      'create model/m1',
      'create model/m2',
      'create tenant/t0',
      'create tenant/t1',
    ]);
    expect(await writer.showGrant('t0', 'm2')).toMatchObject({ actions: ['invoke'], version: 1 });
    const before = writes(items);
    const again = await apply(writer, file());
    expect([again.changes, again.unchanged]).toEqual([[], 18]);
    expect(writes(items)).toBe(before);
  });

  test('that is what export says changes nothing, and is of one tenant where that is asked for', async () => {
    const { writer } = setUp();
    await apply(writer, file());
    const { unusable, ...all } = await writer.export();
    expect(unusable).toEqual([]);
    expect((await writer.apply(all)).changes).toEqual([]);
    const { models, tenants } = await writer.export('t1');
    expect([models, tenants.map(({ id }) => id)]).toEqual([[], ['t1']]);
    expect(tenants[0]).toMatchObject({
      grants: [{ bundle: 'standard' }, { model: 'm1' }, { model: 'm2' }],
      budgets: [{ id: 'day' }],
    });
    const other = setUp();
    await apply(other.writer, all);
    expect(await stateOf(other.writer)).toBe(await stateOf(writer));
  });

  test('changes what it names and nothing else', async () => {
    const { writer } = setUp();
    await apply(writer, file());
    const { changes } = await apply(writer, {
      models: [{ id: 'm1', displayName: 'One' }],
      tenants: [
        {
          id: 't0',
          grants: [{ model: 'm1', expiresAt: '2027-01-01' }],
          budgets: [{ ...budget, id: 'month', period: 'month' }],
        },
      ],
    });
    expect(lines({ changes })).toEqual(['change budgets/t0', 'change grant/t0/m1', 'change model/m1']);
    expect((await writer.showModel('m1')).prices).toHaveLength(1);
    expect(await writer.showGrant('t0', 'm1')).toMatchObject({ maxTokens: 100, expiresAt: Date.UTC(2027, 0) / 1000 });
    expect((await writer.showBudgets('t0')).map(({ id }) => id)).toEqual(['day', 'month']);
  });

  test('says what it lets somebody do more, and whoever holds a model by a bundle is among whom it is said of', async () => {
    const { writer } = setUp();
    const first = await apply(writer, file(1));
    expect(first.findings).toEqual([]);
    await apply(writer, { tenants: [{ id: 'by-bundle', costCenter: 'CC-1', grants: [{ bundle: 'standard' }] }] });
    const target = { ...(model('m2').target as object), region: 'us-west-2' };
    const arn = 'arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-lite-v1:0';
    const { findings } = await writer.apply({
      models: [
        { id: 'm2', target: { ...target, arn } },
        { id: 'm1', displayName: 'One' },
      ],
      bundles: [{ id: 'standard', models: ['m1', 'm2'] }],
      tenants: [{ id: 't0', grants: [{ model: 'm1', maxTokens: null }], budgets: [{ ...budget, limit: '6' }] }],
    });
    expect(findings.map(({ item, kind, text }) => [item, kind, text])).toEqual([
      ['model/m2', 're-pointed', `calls of by-bundle, t0 go to ${arn}`],
      ['bundle/standard', 'widened', 'by-bundle, t0: models: also m1'],
      ['grant/t0/m1', 'dropped-restriction', expect.stringContaining('100')],
      ['budgets/t0', 'widened', expect.stringContaining('6')],
    ]);
  });

  test('with prune takes away what a tenant has and the file does not name, and says what it leaves', async () => {
    const { writer } = setUp();
    await apply(writer, file());
    const plan = await apply(
      writer,
      { models: [{ id: 'm1' }], tenants: [{ id: 't0', grants: [{ model: 'm1' }] }] },
      { prune: true },
    );
    expect(plan.left).toEqual(['model/m2', 'tenant/t1']);
    expect(plan.changes.every(({ does }) => does === 'remove')).toBe(true);
    const { models, aliases, budgets, tenants } = await writer.export();
    expect([models.length, aliases, budgets]).toEqual([2, [], []]);
    expect(tenants).toMatchObject([{ id: 't0', grants: [{ model: 'm1' }] }, { id: 't1' }]);
    expect(tenants[1]).not.toHaveProperty('grants');
  });

  test('L4 with anything wrong in it changes nothing, and every problem is named where it stands', async () => {
    const { items, writer } = setUp();
    const value = {
      models: [model('m1', { container: 'tgi' }), model('m2'), model('m2')],
      aliases: [{ id: 'stable', models: {} }],
      tenants: [
        { id: 't0', costCenter: 'x', grants: [{ model: 'm9' }, { model: 'm2', maxTokens: -1, color: 'red' }, {}] },
        { id: 'T 1', budgets: [{ ...budget, limit: 'much' }] },
        { id: 't2' },
      ],
    };
    await expect(writer.apply(value)).rejects.toMatchObject({
      code: 'bad_entry',
      problems: expect.arrayContaining([
        expect.objectContaining({ path: 'models[2]', reason: 'listed-twice' }),
        expect.objectContaining({ path: expect.stringMatching(/^aliases\[0\]\.models/) }),
        expect.objectContaining({ path: 'tenants[0].grants[2].model', reason: 'missing' }),
        expect.objectContaining({ path: 'tenants[1].id' }),
      ]),
    });
    value.models.pop();
    value.aliases = [];
    value.tenants[0]?.grants?.pop();
    value.tenants.splice(1, 1);
    await expect(writer.apply(value)).rejects.toMatchObject({
      problems: expect.arrayContaining([
        expect.objectContaining({ path: 'models[0].container' }),
        expect.objectContaining({ path: 'tenants[0].grants[0].model', reason: 'no-such-item' }),
        expect.objectContaining({ path: 'tenants[0].grants[1].maxTokens' }),
        expect.objectContaining({ path: 'tenants[0].grants[1].color', reason: 'unknown-member' }),
        expect.objectContaining({ path: 'tenants[1].costCenter', reason: 'missing' }),
      ]),
    });
    for (const [path, bad] of Object.entries({ tenant: { tenant: [] }, models: { models: {} }, file: [] }))
      await expect(writer.apply(bad)).rejects.toMatchObject({ field: path });
    expect(writes(items)).toBe(0);
  });
});

describe('a plan of more than a transaction', () => {
  const MANY = 60;

  test('is in the log in its order, under one name, and undone as a whole', async () => {
    const { items, writer } = setUp();
    const { made } = await apply(writer, file(MANY));
    expect(made.plan).toMatch(/^p-20260601-[2-9a-z]{6}$/);
    expect(writes(items)).toBeGreaterThan(5);
    const numbers: (number | undefined)[] = [];
    for await (const { edit, plan } of writer.log()) {
      expect(plan).toBe(made.plan);
      numbers.push(edit);
    }
    expect(numbers).toEqual(numbers.map((_, index) => numbers.length - index));
    await writer.undoPlan(made.plan ?? '');
    expect(await writer.export()).toEqual({
      models: [],
      bundles: [],
      aliases: [],
      budgets: [],
      tenants: [],
      unusable: [],
    });
    await expect(writer.undoPlan('p-none')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('another edit that comes between is kept, and takes no number of it', async () => {
    const { items, as, writer } = setUp();
    const { write } = items;
    let count = 0;
    items.write = async (all) => {
      if (++count === 3) {
        items.write = write;
        await as('bob').putTenant({ id: 'between', costCenter: 'CC-9' });
      }
      await write(all);
    };
    await apply(writer, file(MANY));
    expect((await writer.listTenants()).entries).toHaveLength(MANY + 1);
    const numbers: (number | undefined)[] = [];
    for await (const { edit } of writer.log()) numbers.push(edit);
    expect(numbers).toEqual(numbers.map((_, index) => numbers.length - index));
  });

  test('L3 in whose way somebody comes is taken back, and says who it was', async () => {
    const { as, writer } = setUp();
    await apply(writer, { models: [model('m1'), model('m2')] });
    const before = await stateOf(writer);
    const plan = await writer.apply(file(MANY));
    await as('bob').putTenant({ id: `t${MANY - 1}`, costCenter: 'CC-9' });
    await expect(plan.make()).rejects.toMatchObject({
      code: 'conflict',
      publicMessage: expect.stringContaining('by bob'),
    });
    await as('bob').undo(await lastEdit(writer, 'bob'));
    expect(await stateOf(writer)).toBe(before);
  });

  test('whose answer is lost on the way is not made twice', async () => {
    const { items, writer } = setUp();
    const { write } = items;
    let count = 0;
    items.write = async (all) => {
      await write(all);
      if (++count === 2) throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
    };
    const plan = await writer.apply(file(MANY));
    await plan.make();
    expect((await writer.apply(file(MANY))).changes).toEqual([]);
  });

  test('that the table fails in the middle of is taken back where it can be, and else made whole by the same file again', async () => {
    const { items, writer } = setUp();
    const { write } = items;
    let left = 3;
    items.write = async (all) => {
      if (left-- <= 0) throw new Error('the power went');
      await write(all);
    };
    const plan = await writer.apply(file(MANY));
    await expect(plan.make()).rejects.toMatchObject({
      code: 'unavailable',
      reason: 'plan-unfinished',
      publicMessage: expect.stringMatching(/edits of plan p-.* were made when the table failed.*tollgate undo p-/),
    });
    items.write = write;
    const rest = await apply(writer, file(MANY));
    expect(rest.unchanged).toBeGreaterThan(0);
    expect((await writer.listTenants()).entries).toHaveLength(MANY);

    const other = setUp();
    const plain = other.items.write;
    let count = 0;
    other.items.write = async (all) => {
      if (++count === 3) throw new Error('a hiccup');
      await plain(all);
    };
    await expect(other.writer.apply(file(MANY)).then((some) => some.make())).rejects.toThrow('a hiccup');
    expect((await other.writer.export()).tenants).toEqual([]);
  });
});

async function lastEdit(writer: Writer, by: string): Promise<number> {
  for await (const { edit } of writer.log({ by })) return edit ?? 0;
  return 0;
}
