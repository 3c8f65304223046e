import { describe, expect, test } from 'vitest';
import { placeAttempts } from '../../../../metering/run/places.ts';
import { call, finished, MemoryStore, NINE, started } from '../support.ts';

const EAST = { nativeModel: 'amazon.nova-lite-v1:0', region: 'us-east-1' };
const WEST = { nativeModel: 'amazon.nova-lite-v1:0', region: 'us-west-2' };
const MINUTE = 60_000;

const at = (place: string, found: Awaited<ReturnType<typeof placeAttempts>>) =>
  found.find(({ region }) => region === place);

describe('what became of a model’s attempts, by place', () => {
  test('is told of each place, of attempts that another one followed too', async () => {
    const store = new MemoryStore();
    const retried = { outcome: 'retried', firstByteMs: -1, durationMs: 40 } as const;
    store.deliver('dt=2026-11-21/hour=09/a', [
      ...call({ invocationId: 'a', ...EAST, firstByteMs: 30 }),
      ...call({ invocationId: 'b', ...EAST, firstByteMs: 10 }),
      ...call({ invocationId: 'c', ...EAST, firstByteMs: 20 }),
      finished({ invocationId: 'd', ...EAST, ...retried, code: 'upstream_throttled' }),
      finished({ invocationId: 'e', ...WEST, attempt: 2, firstByteMs: 900, durationMs: 1_000 }),
      finished({ invocationId: 'f', ...WEST, ...retried, code: 'upstream_unavailable', at: NINE + 2_000 }),
    ]);
    const found = await placeAttempts(store, 'nova-lite', NINE);
    expect(at('us-east-1', found)).toEqual({
      ...EAST,
      ...{ attempts: 4, answered: 3, throttled: 1, failed: 0 },
      // The attempt that ended last, and the median of calls that were answered at once.
      ...{ last: 'throttled', firstByteMs: 20 },
    });
    expect(at('us-west-2', found)).toEqual({
      ...WEST,
      ...{ attempts: 2, answered: 1, throttled: 0, failed: 1 },
      // Of a second attempt the time is the call's, and tells nothing of the place.
      ...{ last: 'failed', firstByteMs: undefined },
    });
  });

  test.each([
    ['throttled', 'upstream_throttled', { throttled: 1 }],
    ['failed', 'upstream_unavailable', { failed: 1 }],
    ['interrupted', 'stream_interrupted', { failed: 1 }],
    ['deadline', 'deadline', { failed: 1 }],
    ['retried', 'deadline', { failed: 1 }],
    // The session had ended: the place had no part in it.
    ['retried', 'denied_by_iam', {}],
    ['denied', 'denied_by_iam', {}],
    ['abandoned', '', {}],
    ['counted', '', { answered: 1 }],
    ['ok', '', { answered: 1 }],
  ] as const)('an attempt that was %s with “%s” counts as %j', async (outcome, code, counts) => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', [finished({ outcome, code })]);
    const none = { answered: 0, throttled: 0, failed: 0 };
    expect(await placeAttempts(store, 'nova-lite', NINE)).toMatchObject([{ attempts: 1, ...none, ...counts }]);
  });

  test('a refusal went to a place only if AWS answered it', async () => {
    const store = new MemoryStore();
    const refused = { outcome: 'refused', code: 'budget_exceeded' } as const;
    store.deliver('dt=2026-11-21/hour=09/a', [finished({ invocationId: 'a', ...refused })]);
    expect(await placeAttempts(store, 'nova-lite', NINE)).toEqual([]);
    const rejected = { outcome: 'refused', code: 'upstream_rejected', awsRequestId: 'r-1' } as const;
    store.deliver('dt=2026-11-21/hour=09/b', [finished({ invocationId: 'b', ...rejected })]);
    expect(await placeAttempts(store, 'nova-lite', NINE)).toMatchObject([{ attempts: 1, last: undefined }]);
  });

  test('leaves out other models, calls that have not ended, lines that came twice and those from before', async () => {
    const store = new MemoryStore();
    const early = finished({ invocationId: 'early', at: NINE - MINUTE });
    store.deliver('dt=2026-11-21/hour=08/a', [early]);
    store.deliver('dt=2026-11-21/hour=09/a', [
      early,
      started({ invocationId: 'open' }),
      finished({ invocationId: 'other', model: 'other' }),
      finished({ invocationId: 'twice' }),
    ]);
    store.deliver('dt=2026-11-21/hour=10/a', [finished({ invocationId: 'twice' }), finished({ invocationId: 'late' })]);
    expect(await placeAttempts(store, 'nova-lite', NINE)).toMatchObject([{ attempts: 2, answered: 2 }]);
    expect(await placeAttempts(store, 'nova-lite', NINE - MINUTE)).toMatchObject([{ attempts: 3 }]);
  });

  test('an object that is no whole gzip is left to the aggregation', async () => {
    const store = new MemoryStore();
    store.deliver('dt=2026-11-21/hour=09/a', call());
    store.objects.set('raw/dt=2026-11-21/hour=09/broken.jsonl.gz', Buffer.from('no gzip'));
    expect(await placeAttempts(store, 'nova-lite', NINE)).toMatchObject([{ attempts: 1 }]);
  });
});
