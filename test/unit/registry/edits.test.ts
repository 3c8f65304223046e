import { describe, expect, test } from 'vitest';
import { createEdits } from '../../../registry/edit.ts';
import type { Document, Items } from '../../../registry/items.ts';
import { historyPartition, modelKey, tenantKey } from '../../../registry/keys.ts';
import { TENANT } from '../../../registry/kinds.ts';
import { createLookup } from '../../../registry/lookup.ts';
import { asTenantId } from '../../../registry/tenant.ts';
import { createWriter } from '../../../registry/writer.ts';
import { modelDocument } from './documents.ts';
import { memoryItems } from './memory-items.ts';

const START = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;

function setUp() {
  const items = memoryItems();
  const time = { ms: START };
  const as = (actor: string, clock = () => time.ms, of: Items = items) =>
    createWriter({ items: of, clock, actor, random: () => 0 });
  return { items, time, as, writer: as('alice') };
}

function file(id: string, changes: Document = {}): Document {
  const { v: _v, version: _version, updatedAt: _at, updatedBy: _by, ...content } = modelDocument(id);
  return { ...content, ...changes };
}

async function gathered<T>(from: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of from) found.push(one);
  return found;
}

async function logOf({ writer }: Pick<ReturnType<typeof setUp>, 'writer'>, filter = {}) {
  const found = await gathered(writer.log(filter));
  return found.map(({ edit, item, change, by }) => `${edit} ${item} ${change} ${by}`);
}

async function onboarded() {
  const all = setUp();
  await all.writer.putModel(file('m1'));
  await all.writer.putTenant({ id: 'acme', costCenter: 'CC-1' });
  await all.writer.grant('acme', 'm1');
  return all;
}

describe('the log', () => {
  test('numbers the edits of all items in the order in which they were made, and tells of each', async () => {
    const all = await onboarded();
    all.time.ms += HOUR;
    await all.as('bob').suspendTenant('acme');
    expect(await logOf(all)).toEqual([
      '4 tenant/acme suspend bob',
      '3 grant/acme/m1 create alice',
      '2 tenant/acme create alice',
      '1 model/m1 create alice',
    ]);
    expect(await logOf(all, { by: 'bob' })).toEqual(['4 tenant/acme suspend bob']);
    expect(await logOf(all, { since: START + 1 })).toEqual(['4 tenant/acme suspend bob']);
    expect(await logOf(all, { until: START, tenant: 'acme' })).toHaveLength(2);
    expect(await logOf(all, { of: 'model/m1' })).toEqual(['1 model/m1 create alice']);
    expect(await logOf(all, { of: 'grant' })).toEqual(['3 grant/acme/m1 create alice']);
    const [last] = await gathered(all.writer.log());
    expect(last).toMatchObject({ before: { suspended: false }, after: { suspended: true } });
  });

  test('L3 an edit by a clock that is slow comes after the edit before it all the same, and says what its clock said', async () => {
    const { items, time, as, writer } = setUp();
    items.time = () => time.ms;
    await writer.putModel(file('m1'));
    time.ms += HOUR;
    await as('slow', () => time.ms - 24 * HOUR).retireModel('m1');
    await as('fast', () => time.ms + 24 * HOUR).restoreModel('m1');
    const history = await writer.history({ model: 'm1' });
    expect(
      history.map(({ by, at, clock }) => [by, Date.parse(at) - START, clock && Date.parse(clock) - START]),
    ).toEqual([
      ['alice', 0, undefined],
      ['slow', HOUR, HOUR - 24 * HOUR],
      ['fast', HOUR + 999, HOUR + 24 * HOUR],
    ]);
  });

  test('where the table has no clock its times never go backwards', async () => {
    const { time, as, writer } = setUp();
    await writer.putModel(file('m1'));
    await as('slow', () => time.ms - HOUR).retireModel('m1');
    expect((await writer.history({ model: 'm1' })).map(({ at }) => Date.parse(at))).toEqual([START, START]);
  });

  test('edits of different items at once all get a number, and none is lost', async () => {
    const all = setUp();
    const ids = Array.from({ length: 8 }, (_, index) => `m${index}`);
    const write = all.items.write;
    all.items.write = async (writes) => {
      await new Promise(setImmediate);
      await write(writes);
    };
    await Promise.all(ids.map((id) => all.as(id).putModel(file(id))));
    const log = await gathered(all.writer.log());
    expect(log.map(({ edit }) => edit)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
    expect(log.map(({ item }) => item).sort()).toEqual(ids.map((id) => `model/${id}`));
  });

  test('history of before there was a log is read as it is, and comes before what has a number', async () => {
    const all = setUp();
    await all.writer.putModel(file('m1'));
    const at = '2026-01-01T00:00:00.000Z';
    const old = { v: 1, kind: 'model', change: 'create', at, by: 'old', before: null, after: modelDocument('m1') };
    all.items.edit({ pk: historyPartition(modelKey('m1')), sk: `${at}#000000001` }, old);
    expect((await all.writer.history({ model: 'm1' })).map(({ by }) => by)).toEqual(['old', 'alice']);
    expect(await logOf(all)).toEqual(['1 model/m1 create alice', 'undefined model/m1 create old']);
  });
});

describe('a conflict', () => {
  test('L3 says who changed what since, and by which edit', async () => {
    const { as, writer } = await onboarded();
    const seen = await writer.showModel('m1');
    await as('bob').putModel({ id: 'm1', displayName: 'Theirs' });
    await as('carol').retireModel('m1');
    await expect(
      writer.putModel({ ...file('m1', { displayName: 'Mine' }), version: seen.version }),
    ).rejects.toMatchObject({
      code: 'conflict',
      publicMessage: expect.stringMatching(
        /replace \(displayName\) by bob at 2026-06-01T00:00:00.000Z, edit 4\. retire \(lifecycle, beforeRetirement\) by carol .* edit 5\./,
      ),
    });
  });
});

describe('an edit', () => {
  test('changes what it names and nothing else; null takes away', async () => {
    const { writer } = await onboarded();
    const before = await writer.showModel('m1');
    const { prices: _, ...priceless } = file('m1', { displayName: 'New' });
    expect((await writer.putModel(priceless)).entry).toMatchObject({ displayName: 'New', prices: before.prices });
    expect((await writer.putModel({ ...priceless, prices: null })).entry).toMatchObject({ prices: [] });
    expect((await writer.putModel({ id: 'm1', displayName: null })).entry.displayName).toBeUndefined();
    await writer.grant('acme', 'm1', ['invoke'], { restrictions: { maxTokens: 5 } });
    const expiresAt = '2027-01-01T00:00:00Z';
    const { entry } = await writer.grant('acme', 'm1', undefined, { restrictions: { expiresAt } });
    expect(entry).toMatchObject({ actions: ['invoke'], maxTokens: 5, expiresAt: Date.parse(expiresAt) / 1000 });
  });

  test('that is tried only is decided like any other, and writes nothing', async () => {
    const { items, time } = await onboarded();
    const trying = createWriter({ items, clock: () => time.ms, actor: 'alice', dryRun: true });
    expect(await trying.suspendTenant('acme')).toMatchObject({ changed: true, entry: { suspended: true, version: 2 } });
    await expect(trying.grant('acme', 'm2')).rejects.toMatchObject({ code: 'not_found' });
    expect(items.calls.filter((call) => call.startsWith('write'))).toHaveLength(3);
    expect((await trying.showTenant('acme')).suspended).toBe(false);
  });

  test('of what was removed goes on with its versions', async () => {
    const { writer } = await onboarded();
    await writer.revoke('acme', 'm1');
    expect((await writer.grant('acme', 'm1')).entry.version).toBe(3);
  });
});

describe('to undo', () => {
  test('L3 an edit brings back what was before it, to the letter, and is an edit itself', async () => {
    const { writer } = await onboarded();
    const before = await writer.showModel('m1');
    const { edit = 0 } = await writer.retireModel('m1');
    await writer.undo(edit);
    expect(await writer.showModel('m1')).toEqual({ ...before, version: 3 });
    expect((await writer.history({ model: 'm1' })).at(-1)).toMatchObject({ change: `undo ${edit}`, edit: 5 });
    await writer.undo(5);
    expect((await writer.showModel('m1')).lifecycle.status).toBe('retired');
  });

  test('a revocation makes the grant again, and to undo a grant removes it', async () => {
    const { writer } = await onboarded();
    await writer.revoke('acme', 'm1');
    await writer.undo(4);
    expect(await writer.showGrant('acme', 'm1')).toMatchObject({ version: 3 });
    await expect(writer.undo(3)).rejects.toMatchObject({ code: 'conflict' });
    await writer.undo(5);
    await expect(writer.showGrant('acme', 'm1')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('an edit that another has built upon is a conflict that names it; none is not found', async () => {
    const { as, writer } = await onboarded();
    const { edit = 0 } = await writer.putModel({ id: 'm1', displayName: 'One' });
    await as('bob').putModel({ id: 'm1', displayName: 'Two' });
    await expect(writer.undo(edit)).rejects.toMatchObject({
      code: 'conflict',
      publicMessage: expect.stringContaining('by bob'),
    });
    await expect(writer.undo(99)).rejects.toMatchObject({ code: 'not_found' });
    expect((await writer.showModel('m1')).displayName).toBe('Two');
  });

  test('a reset of a counter has nothing to take back', async () => {
    const { writer } = await onboarded();
    await writer.noteReset('acme', 'day', { before: '1', after: '2' });
    await expect(writer.undo(4)).rejects.toMatchObject({ code: 'bad_entry', reason: 'nothing-to-undo' });
  });

  test('L3 a version is brought back to the letter, and must be in the history', async () => {
    const { writer } = await onboarded();
    const first = await writer.showModel('m1');
    await writer.putModel({ id: 'm1', displayName: 'One' });
    await writer.retireModel('m1');
    expect(await writer.version({ model: 'm1' }, 2)).toMatchObject({ displayName: 'One', version: 2 });
    await writer.rollback({ model: 'm1' }, 1);
    expect(await writer.showModel('m1')).toEqual({ ...first, version: 4 });
    await expect(writer.rollback({ model: 'm1' }, 9)).rejects.toMatchObject({ code: 'not_found', field: 'version' });
  });
});

describe('the registry of a past moment', () => {
  /** What the log says is read in its history; where it does not reach so far back, everything is. */
  test.each(['by the log', 'by every history'])(
    'is what it was, %s: what was made later is absent, what was changed or removed is as it was',
    async (how) => {
      const { items, time, writer } = await onboarded();
      await writer.putModel(file('m2'));
      time.ms += HOUR;
      await writer.retireModel('m1');
      await writer.revoke('acme', 'm1');
      await writer.putTenant({ id: 'late', costCenter: 'CC-2' });
      await writer.noteReset('acme', 'day', { before: '1', after: '2' });
      let scans = 0;
      const watched: Items = {
        ...items,
        scan: (sk) => {
          scans++;
          return items.scan(sk);
        },
        range: async (pk, range) => (how === 'by the log' ? items.range(pk, range) : []),
      };
      const past = await createWriter({ items: watched, clock: () => time.ms, actor: 'alice' }).asOf(START);
      const reader = createLookup({ items: past.items, clock: () => START, onUnusable: () => {} });
      expect(await reader.tenant(asTenantId('acme'))).toMatchObject({
        models: [{ id: 'm1', lifecycle: { status: 'active' } }],
      });
      expect(await reader.tenant(asTenantId('late'))).toBeNull();
      expect((await past.items.list('MODEL')).map(({ document }) => document.id)).toEqual(['m1', 'm2']);
      expect(scans).toBe(how === 'by the log' ? 0 : 1);
      const [grant] = await past.items.scan({ beginsWith: 'GRANT#' });
      expect(grant && (await past.madeBy(grant))).toMatchObject({ edit: 3, by: 'alice', change: 'create' });
      const now = await writer.asOf(time.ms);
      expect(await now.items.scan({ beginsWith: 'GRANT#' })).toEqual([]);
      expect((await now.items.scan()).map(({ key }) => key.pk)).toEqual([
        'MODEL#m1',
        'MODEL#m2',
        'TENANT#acme',
        'TENANT#late',
      ]);
      await expect(past.items.write([])).rejects.toThrow();
      expect((await items.scan({ beginsWith: 'GRANT#' })).length).toBe(0);
    },
  );
});

test('what names another item inside is not written, whoever makes it', async () => {
  const { items } = setUp();
  const edits = createEdits({ items, clock: () => START, actor: 'alice' });
  const make = () => ({ v: 1, id: 'globex', costCenter: 'CC-1', suspended: false, updatedAt: '', updatedBy: '' });
  await expect(edits.put(TENANT, tenantKey(asTenantId('acme')), make)).rejects.toMatchObject({
    ...{ code: 'bad_entry', field: 'key', reason: 'names-another-item' },
  });
  expect(await items.get(tenantKey(asTenantId('acme')))).toBeUndefined();
});
