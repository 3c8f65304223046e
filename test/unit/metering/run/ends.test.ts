import { beforeEach, describe, expect, test } from 'vitest';
import type { Alert } from '../../../../contract/alert.ts';
import { METRICS } from '../../../../contract/log.ts';
import { tellEnds } from '../../../../metering/run/ends.ts';
import type { Document, Item, Key } from '../../../../registry/items.ts';
import { aggregationOver, call, MemoryStore, NINE } from '../support.ts';

const DAY = 86_400_000;
const END = NINE + 120 * DAY;

const iso = (at: number) => new Date(at).toISOString();

function model(sunsetAt: number | undefined, status = 'deprecated', more: Document = {}): Item {
  const dates = sunsetAt === undefined ? {} : { sunsetAt: iso(sunsetAt) };
  const document: Document = {
    ...{ v: 1, id: 'nova-lite', prices: [], version: 1, updatedAt: '2026-10-10', updatedBy: 'ops' },
    lifecycle: { status, ...dates, ...more },
    target: {
      ...{ kind: 'bedrock-model', modelId: 'amazon.nova-lite-v1:0', region: 'us-east-1' },
      arn: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
    },
  };
  return { key: { pk: 'MODEL#nova-lite', sk: 'MODEL' }, document };
}

const held = (pk: string, sk: string, document: Document = {}): Item => ({ key: { pk, sk }, document });

describe('the end of a model', () => {
  let store: MemoryStore;
  let marks: Map<string, Document>;
  let told: Alert[];
  let lines: Record<string, unknown>[];
  let items: Item[];
  let broken: boolean;
  beforeEach(() => {
    store = new MemoryStore();
    [marks, told, lines, items, broken] = [new Map(), [], [], [model(END)], false];
  });

  const nameOf = ({ pk, sk }: Key) => `${pk} ${sk}`;
  const look = (now: number) =>
    tellEnds({
      store,
      items: {
        list: async (sk) => items.filter(({ key }) => key.sk === sk),
        partition: async (pk) => items.filter(({ key }) => key.pk === pk),
      },
      counters: {
        get: async (key) => marks.get(nameOf(key)),
        async put(key, document, unlessGreater = '') {
          const before = marks.get(nameOf(key))?.[unlessGreater];
          if (before === undefined || Number(before) <= Number(document[unlessGreater]))
            marks.set(nameOf(key), document);
        },
      },
      async announce(alerts) {
        if (broken) throw new Error('the bus is away');
        told.push(...alerts);
      },
      clock: () => now,
      write: (line) => void lines.push(JSON.parse(line)),
    });
  const daysTold = () => told.map(({ subject }) => Number(/ends in (\d+) days?$/.exec(subject)?.[1]));

  test('is told once at each of 90, 30 and 7 days, by a run of every hour', async () => {
    for (let now = NINE; now < END + 2 * DAY; now += 3_600_000) await look(now);
    expect(daysTold()).toEqual([90, 30, 7]);
    expect(told[0]).toMatchObject({ kind: 'model-end', subject: 'Tollgate: nova-lite ends in 90 days' });
    expect(lines.map(({ days }) => days)).toEqual([90, 30, 7]);
    const at = { model: 'nova-lite', sunsetAt: iso(END).replace('.000', ''), successor: null, [METRICS.modelEnd]: 1 };
    expect(lines[0]).toMatchObject({ event: 'model-end', ...at });
    // The table forgets it once the end is past.
    const [mark] = marks.values();
    expect(Number(mark?.expiresAt)).toBeGreaterThan(END / 1_000);
  });

  test.each([
    ['all three were missed', [2], [2]],
    ['the first was missed', [20, 19, 7, 6], [20, 7]],
    ['it is the last day', [0.5], [1]],
    ['it is over', [0, -1], []],
  ])('is told at the nearest mark alone where %s', async (_, left, expected) => {
    for (const days of left) await look(END - days * DAY);
    expect(daysTold()).toEqual(expected);
  });

  test.each([
    ['has no sunset', model(undefined)],
    ['is retired', model(END, 'retired')],
    ['is a draft', model(END, 'draft')],
    ['cannot be read', held('MODEL#nova-lite', 'MODEL', { v: 1 })],
  ])('is not told of a model that %s', async (_, item) => {
    items = [item];
    await look(END - 5 * DAY);
    expect(told).toEqual([]);
  });

  test('is told anew where its sunset is moved', async () => {
    await look(END - 30 * DAY);
    items = [model(END + DAY)];
    await look(END - 30 * DAY);
    expect(daysTold()).toEqual([30, 31]);
  });

  test('is told by the next run where nobody could be told, and that run fails', async () => {
    broken = true;
    await expect(look(END - 30 * DAY)).rejects.toThrow('the bus is away');
    expect([marks.size, lines]).toEqual([0, []]);
    broken = false;
    await look(END - 29 * DAY);
    expect(daysTold()).toEqual([29]);
  });

  test('says in a letter who holds it, what was used of it and what is in its place', async () => {
    const lately = END - 31 * DAY;
    const hour = `dt=${iso(lately).slice(0, 10)}/hour=09`;
    store.deliver(`${hour}/a`, call({ tenant: 'acme', at: lately }));
    store.deliver(`${hour}/b`, call({ tenant: 'globex', at: lately, invocationId: 'call-2' }));
    await aggregationOver(store, { now: lately + DAY }).run();
    items = [
      model(END, 'deprecated', { successor: 'nova-2' }),
      held('TENANT#acme', 'GRANT#nova-lite'),
      held('STAGE', 'BUNDLE#base', { models: ['nova-lite'] }),
      held('TENANT#zeta', 'GRANT#bundle:base'),
    ];
    await look(END - 30 * DAY);
    const [{ text = '' } = {}] = told;
    expect(text).toContain('Use nova-2 instead');
    expect(text).toContain('It is granted to: acme, zeta.');
    expect(text).toMatch(/In the last 30 days: 2 calls, \$0\.0000\d+, last on /);
    expect(text).toContain('- globex: 1 call, $');
    expect(text).not.toContain('acme-app');
  });
});

test('models that end are told of by the schedule’s run alone, and what fails there fails the run after its hours', async () => {
  const store = new MemoryStore();
  let asked = 0;
  const tellEnds = async () => {
    asked++;
    throw new Error('the bus is away');
  };
  const { run } = aggregationOver(store, { tellEnds });
  await run({ hour: '2026-11-21T09' });
  expect(asked).toBe(0);
  await expect(run()).rejects.toMatchObject({ code: 'unavailable' });
  expect(asked).toBe(1);
});
