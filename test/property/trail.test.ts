import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EVERY_KIND } from '../../registry/all-kinds.ts';
import { type LogFilter, type LoggedChange, readLog } from '../../registry/edits/log-list.ts';
import { historyPartition, modelKey } from '../../registry/keys.ts';
import { createWriter, type Writer } from '../../registry/writer.ts';
import { modelDocument } from '../unit/registry/documents.ts';
import { memoryItems } from '../unit/registry/memory-items.ts';

const START = Date.UTC(2026, 5, 1);
const MINUTE = 60_000;

type Edit = (writer: Writer, text: string) => Promise<unknown>;

/** By the entry that it is of: with these two models and two tenants, of which the one’s name begins as the other’s does. */
const EDITS: Readonly<Record<string, Edit>> = {
  'model/m1': (writer, displayName) => writer.putModel({ id: 'm1', displayName }),
  'model/m2': (writer, displayName) => writer.putModel({ id: 'm2', displayName }),
  'tenant/acme': (writer, displayName) => writer.putTenant({ id: 'acme', displayName }),
  'tenant/acme-2': (writer, displayName) => writer.putTenant({ id: 'acme-2', displayName }),
  'grant/acme/m1': (writer, text) => writer.grant('acme', 'm1', [text.includes('1') ? 'invoke' : 'stream']),
  'grant/acme/m2': (writer, text) => writer.grant('acme', 'm2', [text.includes('1') ? 'invoke' : 'stream']),
  'bundle/b1': (writer, displayName) =>
    writer.apply({ bundles: [{ id: 'b1', models: ['m1'], displayName }] }).then((plan) => plan.make({ named: true })),
};
const ENTRIES = Object.keys(EDITS);

const chosen = <T>(...from: T[]) => fc.option(fc.constantFrom(...from), { nil: undefined });
const filters = fc.record({
  since: chosen(START, START + 5 * MINUTE),
  until: chosen(START + 3 * MINUTE, START + 20 * MINUTE),
  by: chosen('bob', 'o'),
  tenant: chosen('acme', 'acme-2'),
  below: fc.option(fc.integer({ min: 1, max: 25 }), { nil: undefined }),
});

async function stage() {
  const [items, time] = [memoryItems(), { ms: START }];
  const as = (actor: string) => createWriter({ items, clock: () => time.ms, actor, random: () => 0 });
  for (const id of ['m1', 'm2']) await as('ops').putModel({ ...modelDocument(id), version: undefined });
  for (const id of ['acme', 'acme-2']) await as('ops').putTenant({ id, costCenter: 'CC-1' });
  for (const day of ['01', '02']) {
    const at = `2026-01-${day}T00:00:00.000Z`;
    const old = { v: 1, kind: 'model', change: 'create', at, by: 'old', before: null, after: modelDocument('m1') };
    items.edit({ pk: historyPartition(modelKey('m1')), sk: `${at}#000000001` }, old);
  }
  return { items, time, as };
}

async function told(items: ReturnType<typeof memoryItems>, given: { [name in keyof LogFilter]?: unknown }) {
  const filter = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const found: LoggedChange[] = [];
  for await (const change of readLog(items, filter)) found.push(change);
  return found;
}

test('the history of an entry tells of it what the whole log does, in that order, whatever else is asked', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...ENTRIES), fc.constantFrom('alice', 'bob')), { maxLength: 20 }),
      fc.array(filters, { minLength: 1, maxLength: 4 }),
      async (edits, asked) => {
        const { items, time, as } = await stage();
        for (const [index, [entry, by]] of edits.entries()) {
          time.ms += MINUTE;
          await EDITS[entry]?.(as(by), `Text ${index}`);
        }
        const plans = (await told(items, {})).map(({ plan }) => plan);
        for (const filter of [...asked, { plan: plans.find((plan) => plan !== undefined) }]) {
          const all = await told(items, filter);
          items.calls.length = 0;
          for (const of of ENTRIES)
            expect(await told(items, { ...filter, of })).toEqual(all.filter(({ item }) => item === of));
          expect(items.calls.filter((call) => call === 'scan' || call === 'range LOG')).toEqual([]);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test.each([99, 100, 101, 199, 201])('a history of %d edits is read whole, each of them once', async (edits) => {
  const { items, as } = await stage();
  for (let n = 1; n < edits; n++) await as('ops').putModel({ id: 'm1', displayName: `Name ${n}` });
  const all = await told(items, {});
  expect(await told(items, { of: 'model/m1' })).toEqual(all.filter(({ item }) => item === 'model/m1'));
  expect(all.filter(({ item }) => item === 'model/m1')).toHaveLength(edits + 2);
});

test.each(EVERY_KIND.map(({ name }) => name))('one entry of the kind %s is read in its history alone', async (kind) => {
  const { items } = await stage();
  const reads: string[] = [];
  for (const names of ['', '/a', '/a/b']) {
    items.calls.length = 0;
    await told(items, { of: kind + names });
    if (!items.calls.includes('range LOG')) reads.push(...items.calls);
  }
  expect(reads).toEqual([expect.stringMatching(new RegExp(`^range HISTORY#${kind.toUpperCase()}(#a)?(#b)?$`))]);
});

test.each(['model', 'grant/acme', 'model/m1/x', 'model/m1#x', 'MODEL/m1', `model/${'é'.repeat(1_000)}`])(
  'what names no one entry is looked for in the log: %.20s',
  async (of) => {
    const { items } = await stage();
    items.calls.length = 0;
    await told(items, { of });
    expect(items.calls).toContain('range LOG');
  },
);
