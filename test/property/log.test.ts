import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LOG_READS_FOR_MS } from '../../contract/limits/metering.ts';
import { findCalls } from '../../metering/calls/find.ts';
import { type Position, pageOfCalls } from '../../metering/calls/log.ts';
import { doneKey } from '../../metering/ledger/layout.ts';
import { scanRaw } from '../../metering/ledger/raw.ts';
import { call, MemoryStore, NINE } from '../unit/metering/support.ts';

const MINUTE = 60_000;

/** A call: when it began, how long it took (undefined: it has no end), how long each of its lines took to be delivered, in their order. */
const calls = fc.array(
  fc.record({
    at: fc.nat(180 * MINUTE),
    took: fc.option(fc.nat(14 * MINUTE), { nil: undefined }),
    late: fc.tuple(fc.nat(6 * MINUTE), fc.nat(6 * MINUTE)),
  }),
  { maxLength: 40 },
);

test('whatever was delivered when, and however small the pages, every call is told once, as all of its lines have it', async () => {
  await fc.assert(
    fc.asyncProperty(
      calls,
      fc.integer({ min: 1, max: 12 }),
      fc.nat(4),
      fc.boolean(),
      async (made, limit, waiting, hasty) => {
        const store = new MemoryStore();
        const objects = Map.groupBy(
          made.flatMap(({ at, took, late }, index) => {
            const begun = NINE + at;
            const [one, other] = call({ invocationId: `c${index}`, requestId: `r${index}`, at: begun });
            const lines = [{ line: one, at: begun + late[0] }];
            return took === undefined
              ? lines
              : [...lines, { line: other, at: begun + Math.max(took + late[1], late[0]) }];
          }),
          ({ at }) => Math.floor(at / (5 * MINUTE)) * 5 * MINUTE,
        );
        const names = [...objects.keys()].sort().map((at) => {
          const stamp = new Date(at).toISOString();
          const name = `dt=${stamp.slice(0, 10)}/hour=${stamp.slice(11, 13)}/usage-1-${stamp.slice(0, 19).replaceAll(/[T:]/g, '-')}`;
          store.deliver(
            name,
            (objects.get(at) ?? []).map(({ line }) => line),
          );
          return `${name}.jsonl.gz`;
        });
        // The last ones were taken on by no run yet.
        for (const name of names.slice(0, Math.max(0, names.length - waiting))) {
          await scanRaw(store, name);
          await store.put(doneKey(name), '');
        }
        const wanted = { until: NINE + 300 * MINUTE, is: () => true, ended: () => true, limit };
        const told = new Map<string, boolean>();
        let [next, now]: [Position | undefined, number] = [undefined, 0];
        do {
          const clock = () => {
            now += hasty ? LOG_READS_FOR_MS : 0;
            return now;
          };
          const page = await pageOfCalls(store, wanted, clock, next);
          for (const { requestId, attempts } of page.calls) {
            expect(told.has(requestId)).toBe(false);
            told.set(requestId, attempts[0]?.finished !== undefined);
          }
          next = page.next;
        } while (next !== undefined);
        const found = await findCalls(store, { ...wanted, since: 0 });
        const ended = (requestId: string) =>
          found.find((one) => one.requestId === requestId)?.attempts[0]?.finished !== undefined;
        for (const [id, isEnded] of told) expect([id, isEnded]).toEqual([id, ended(id)]);
        const missing = found.map(({ requestId }) => requestId).filter((id) => !told.has(id));
        // In haste nothing is said of those that may have an end.
        expect(hasty ? missing.filter(ended) : missing).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});
