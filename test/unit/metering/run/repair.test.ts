import { describe, expect, test } from 'vitest';
import { LINE_AGE_MAX_MS, LINE_AHEAD_MAX_MS } from '../../../../contract/limits/metering.ts';
import { METRICS } from '../../../../contract/log.ts';
import { readCsv } from '../../../../metering/csv.ts';
import { hourKey } from '../../../../metering/ledger/layout.ts';
import { DAY_MS, HOUR_MS, hourOf, hourText } from '../../../../metering/window.ts';
import { aggregationOver, call, finished, MemoryStore, NINE } from '../support.ts';

const CSV = 'usage/dt=2026-11-21/hour=09/usage.csv';

describe('M4: whatever fails, the next run repairs', () => {
  const operations = ['list', 'lines', 'read', 'version', 'put'] as const;

  test.each(operations)('a %s that fails, each one in turn, leaves nothing half done for good', async (failing) => {
    const expected = new MemoryStore();
    deliver(expected);
    await aggregationOver(expected).run();
    for (let nth = 1; ; nth++) {
      const store = new MemoryStore();
      deliver(store);
      let count = 0;
      store.before = (operation) => {
        if (operation === failing && ++count === nth) throw new Error('InternalError: please try again');
      };
      const { run, failures } = aggregationOver(store);
      const outcome = await run().catch((error: unknown) => error);
      if (count < nth) break;
      expect(outcome).toMatchObject({ code: 'unavailable', reason: 'aggregation-failed' });
      expect(failures()).not.toHaveLength(0);
      await run();
      expect(store.results()).toEqual(expected.results());
    }
  });

  test('M4: a process that dies between reading an hour and writing it has done nothing; the next one does it', async () => {
    const expected = new MemoryStore();
    deliver(expected);
    await aggregationOver(expected).run();
    const store = new MemoryStore();
    deliver(store);
    const died = Promise.withResolvers<void>();
    store.before = async (operation, key) => {
      if (operation !== 'put' || key !== CSV) return;
      died.resolve();
      // Dead: it never goes on, and tells nobody.
      await new Promise(() => {});
    };
    void aggregationOver(store).run();
    await died.promise;
    expect(store.results().size).toBe(0);
    expect([...store.objects.keys()].filter((key) => key.startsWith('state/done/'))).toEqual([]);
    store.before = () => {};
    expect((await aggregationOver(store).run()).hours.map(({ hour }) => hour)).toEqual([
      '2026-11-21T09',
      '2026-11-21T10',
    ]);
    expect(store.results()).toEqual(expected.results());
  });

  test('hours missed in an outage of ten days are all taken up by the first run after it, what came late before it too', async () => {
    const store = new MemoryStore();
    const { run, clock } = aggregationOver(store);
    await run();
    const missed = Array.from({ length: 10 }, (_, day) => NINE + day * 24 * 3_600_000);
    for (const [i, at] of missed.entries()) {
      const [day, hour] = new Date(at).toISOString().split(/[T:]/);
      store.deliver(`dt=${day}/hour=${hour}/${i}`, call({ invocationId: `c${i}`, at }));
    }
    clock.now = NINE + 11 * 24 * 3_600_000;
    const { hours, reports, watermark } = await run();
    expect(hours).toHaveLength(10);
    expect(reports).toHaveLength(10);
    expect(watermark).toBe('2026-12-02T09');
    expect((await run()).hours).toEqual([]);
  });

  test('one hour that cannot be read does not stop the others', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', call({ invocationId: 'a' }));
    store.deliver('dt=2026-11-21/hour=10/b', call({ invocationId: 'b', at: NINE + 3_600_000 }));
    const { run, failures } = aggregationOver(store);
    store.before = (operation, key) => {
      if (operation === 'lines' && key.endsWith('/a.jsonl.gz')) throw new Error('AccessDenied');
    };
    await expect(run()).rejects.toMatchObject({ code: 'unavailable' });
    expect(failures()).toMatchObject([{ event: 'aggregation-failed', raw: 'dt=2026-11-21/hour=09/a.jsonl.gz' }]);
    expect(readCsv(store.text('reports/2026-11-21.csv') ?? '')).toMatchObject([{ invocations: '1' }]);
    store.before = () => {};
    expect((await run()).rawObjects).toBe(1);
    expect(readCsv(store.text('reports/2026-11-21.csv') ?? '')).toMatchObject([{ invocations: '2' }]);
  });

  test('an object that could not be read for longer than a run looks back is not forgotten', async () => {
    const store = new MemoryStore();
    const { run, clock } = aggregationOver(store);
    await run();
    store.deliver('dt=2026-11-21/hour=12/a', call({ at: NINE + 10_800_000 }));
    store.before = (operation) => {
      if (operation === 'lines') throw new Error('AccessDenied');
    };
    for (const days of [0, 3]) {
      clock.now += days * 24 * 3_600_000 + 1_000;
      await expect(run()).rejects.toMatchObject({ code: 'unavailable' });
    }
    store.before = () => {};
    clock.now += 4 * 24 * 3_600_000;
    expect((await run()).hours.map(({ hour }) => hour)).toEqual(['2026-11-21T12']);
  });

  test('an hour whose raw lines are gone is not rewritten with less', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', call());
    const { run } = aggregationOver(store);
    await run();
    const before = store.results();
    store.objects.delete('raw/dt=2026-11-21/hour=09/a.jsonl.gz');
    await expect(run({ hour: '2026-11-21T09' })).rejects.toMatchObject({ code: 'unavailable' });
    expect(store.results()).toEqual(before);
  });

  test('a registry that does not answer fails the hour and alarms', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', call());
    const { run } = aggregationOver(store, {
      prices: new Proxy([], {
        get() {
          throw new Error('table not reachable');
        },
      }),
    });
    await expect(run()).rejects.toMatchObject({ code: 'unavailable' });
    expect(store.text(CSV)).toBeNull();
    await aggregationOver(store).run();
    expect(store.text(CSV)).not.toBeNull();
  });

  test('a run that always loses to others gives up with an error, and does not spin', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', call());
    let disturbed = 0;
    store.before = (operation, key) => {
      if (operation === 'put' && key === CSV) store.objects.set(CSV, Buffer.from(String(disturbed++)));
    };
    const { run, failures } = aggregationOver(store);
    await expect(run()).rejects.toMatchObject({ code: 'unavailable' });
    expect(failures()).toMatchObject([{ code: 'conflict', reason: 'written-by-another-run' }]);
  });
});

describe('M4: lines that cannot be used', () => {
  test('are not those by which CloudWatch Logs tries the delivery; one that only speaks of such is', async () => {
    const tried = 'CWL CONTROL MESSAGE: Checking health of destination Firehose.';
    const envelope = { owner: 'CloudwatchLogs', messageType: 'CONTROL_MESSAGE', logEvents: [{ message: tried }] };
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', [tried, JSON.stringify(envelope), ...call(), `of ${tried}`]);
    expect((await aggregationOver(store).run()).quarantined).toBe(1);
    expect(store.text('quarantine/dt=2026-11-21/hour=09/a.jsonl')).toContain(`of ${tried}`);
    expect(readCsv(store.text(CSV) ?? '')).toMatchObject([{ invocations: '1' }]);
  });

  test('are kept with their reason, counted and alarmed, and the lines around them are billed', async () => {
    const store = new MemoryStore();
    const negative = JSON.stringify({
      usage: finished({ tokens: { input: -1, output: 0, cacheRead: 0, cacheWrite: 0 } }),
    });
    store.deliver('dt=2026-11-21/hour=09/a', ['{broken', ...call(), '', negative]);
    const { run, lines } = aggregationOver(store);
    expect((await run()).quarantined).toBe(2);
    const kept = (store.text('quarantine/dt=2026-11-21/hour=09/a.jsonl') ?? '').trimEnd().split('\n');
    expect(kept.map((line) => JSON.parse(line))).toEqual([
      { raw: 'raw/dt=2026-11-21/hour=09/a.jsonl.gz', line: 1, reason: 'not-json', field: '', text: '{broken' },
      {
        raw: 'raw/dt=2026-11-21/hour=09/a.jsonl.gz',
        line: 5,
        reason: 'negative',
        field: 'tokens.input',
        text: negative,
      },
    ]);
    expect(lines).toContainEqual(expect.objectContaining({ event: 'lines-quarantined', [METRICS.quarantined]: 2 }));
    expect(readCsv(store.text(CSV) ?? '')).toMatchObject([{ invocations: '1' }]);
  });

  test.each([
    ['eight weeks before its delivery', -56 * DAY_MS, 'too-old'],
    ['a millisecond more than CloudWatch takes before it', -LINE_AGE_MAX_MS - 1, 'too-old'],
    ['as long before it as CloudWatch takes', -LINE_AGE_MAX_MS, undefined],
    ['as long after it as CloudWatch takes', HOUR_MS + LINE_AHEAD_MAX_MS - 1, undefined],
    ['a millisecond more after it', HOUR_MS + LINE_AHEAD_MAX_MS, 'too-new'],
    ['a year after it', 366 * DAY_MS, 'too-new'],
  ])('a line of %s is of its own time, or is no line: %#', async (_, ms, reason) => {
    const store = new MemoryStore();
    const at = NINE + ms;
    store.deliver('dt=2026-11-21/hour=09/a', [...call({ at, invocationId: 'strange' }), ...call()]);
    // Noted by an earlier release, which believed it.
    store.objects.set(`state/hours/${hourText(hourOf(at))}/dt=2026-11-21/hour=09/a.jsonl.gz`, new Uint8Array());
    const { run } = aggregationOver(store, { now: NINE + 400 * DAY_MS });
    expect((await run()).quarantined).toBe(reason === undefined ? 0 : 2);
    await run({ hour: hourText(hourOf(at)) });
    const csv = store.text(hourKey(hourOf(at), 'usage.csv'));
    if (reason === undefined) return expect(readCsv(csv ?? '')).toMatchObject([{ invocations: '1' }]);
    expect(csv).not.toContain('acme');
    const [kept = ''] = (store.text('quarantine/dt=2026-11-21/hour=09/a.jsonl') ?? '').split('\n');
    expect(JSON.parse(kept)).toMatchObject({ line: 1, reason, field: 'at' });
  });

  test.each([
    ['cut off', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 9)],
    ['no gzip at all', () => Buffer.from('{"usage":{}}\n')],
    ['damaged in the middle', (bytes: Uint8Array) => Buffer.from(bytes).fill(0xff, 20, 40)],
  ])('an object that is %s is quarantined whole, and does not stop the run for ever', async (_, damage) => {
    const store = new MemoryStore();
    const key = 'raw/dt=2026-11-21/hour=09/bad.jsonl.gz';
    store.deliver('dt=2026-11-21/hour=09/bad', call({ invocationId: 'bad' }));
    store.objects.set(key, damage(store.objects.get(key) ?? new Uint8Array()));
    store.deliver('dt=2026-11-21/hour=09/good', call({ invocationId: 'good' }));
    const { run } = aggregationOver(store);
    expect((await run()).quarantined).toBe(1);
    expect(JSON.parse(store.text('quarantine/dt=2026-11-21/hour=09/bad.jsonl') ?? '')).toMatchObject({
      line: 0,
      reason: 'corrupt-gzip',
    });
    expect(readCsv(store.text(CSV) ?? '')).toMatchObject([{ invocations: '1' }]);
    expect((await run()).rawObjects).toBe(0);
  });

  test('hostile names stay one cell: no formula, no extra column, no extra row', async () => {
    const store = new MemoryStore();
    const principal = '=HYPERLINK("http://evil.example","x")\r\n,1,2';
    store.deliver('dt=2026-11-21/hour=09/a', call({ principal, costCenter: '+1' }));
    await aggregationOver(store).run();
    const csv = store.text(CSV) ?? '';
    expect(csv).toContain(`"'=HYPERLINK(""http://evil.example"",""x"")\r\n,1,2"`);
    expect(csv).toContain(`,'+1,`);
    expect(readCsv(csv)).toMatchObject([{ principal, cost_center: '+1', invocations: '1' }]);
  });
});

describe('--hour', () => {
  test('recomputes that hour alone, from what is there, and leaves the rest for the next run', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=10/a', [
      ...call({ invocationId: 'nine' }),
      ...call({ invocationId: 'ten', at: NINE + 3_600_000 }),
    ]);
    const { run } = aggregationOver(store);
    expect((await run({ hour: '2026-11-21T09' })).hours.map(({ hour }) => hour)).toEqual(['2026-11-21T09']);
    expect(store.text('usage/dt=2026-11-21/hour=10/usage.csv')).toBeNull();
    expect((await run()).hours.map(({ hour }) => hour)).toEqual(['2026-11-21T09', '2026-11-21T10']);
  });

  test('of an hour without any line writes nothing', async () => {
    const store = new MemoryStore();
    expect((await aggregationOver(store).run({ hour: '2026-11-20T09' })).hours).toEqual([]);
    expect(store.results().size).toBe(0);
  });

  test.each(['2026-11-21', '2026-02-30T09', '2026-11-21T24', '2026-11-21T09:00', ' 2026-11-21T09', ''])(
    '%j is refused before anything is read',
    async (hour) => {
      await expect(aggregationOver(new MemoryStore()).run({ hour })).rejects.toMatchObject({
        code: 'invalid_request',
        field: 'hour',
      });
    },
  );
});

function deliver(store: MemoryStore): void {
  store.deliver('dt=2026-11-21/hour=09/a', [...call({ invocationId: 'a' }), '{broken']);
  store.deliver('dt=2026-11-21/hour=10/b', call({ invocationId: 'b', at: NINE + 3_600_000 }));
}
