import { expect, test } from 'vitest';
import type { Place } from '../../../contract/model.ts';
import { COOLING } from '../../../metering/budgets/counter-names.ts';
import { targetStates } from '../../../metering/run/target-states.ts';
import { placeKey } from '../../../policies/place.ts';
import { parseModel } from '../../../registry/model.ts';
import { modelDocument } from '../registry/documents.ts';
import { finished, MemoryStore, NINE } from './support.ts';

const NATIVE = 'amazon.nova-lite-v1:0';

function place(region: string, more: Partial<Place> = {}): Place {
  const arn = `arn:aws:bedrock:${region}::foundation-model/${NATIVE}`;
  return { target: { kind: 'bedrock-model', modelId: NATIVE, region, arn }, ...more };
}

function modelOf(...targets: Place[]) {
  const { target: _, ...rest } = modelDocument('nova-lite');
  return parseModel({ ...rest, targets });
}

/** @param cooling by the key of a place, until when; as processes tell each other */
async function states(model: ReturnType<typeof modelOf>, store: MemoryStore, cooling: [Place, number][] = []) {
  const numbers = new Map(cooling.map(([one, until]) => [placeKey(one), BigInt(until)]));
  const counters = {
    counts: async (key: unknown) => ({ numbers: key === COOLING ? numbers : new Map(), sets: new Map() }),
  };
  return targetStates(model, { store, counters, since: NINE, now: NINE + 60_000 });
}

test('a place is what was told of it, else what became of its last attempt', async () => {
  const places = [
    place('us-east-1', { weight: 3 }),
    place('us-east-2'),
    place('us-west-2', { group: 'normal' }),
    place('eu-west-1', { drained: true }),
    place('eu-west-3'),
    place('ap-south-1'),
  ];
  const [east, east2, , drained, told] = places as [Place, Place, Place, Place, Place];
  const store = new MemoryStore();
  const failed = { outcome: 'retried', code: 'upstream_unavailable' } as const;
  store.deliver('dt=2026-11-21/hour=09/a', [
    finished({ invocationId: 'a', region: 'us-east-1', ...failed }),
    finished({ invocationId: 'b', region: 'us-east-2', outcome: 'throttled', code: 'upstream_throttled' }),
    finished({ invocationId: 'c', region: 'us-west-2' }),
    finished({ invocationId: 'd', region: 'eu-west-1', ...failed }),
    finished({ invocationId: 'e', region: 'eu-west-3' }),
  ]);
  const found = await states(modelOf(...places), store, [
    // That it cooled once says nothing of now.
    [east, NINE],
    [east2, NINE + 59_999],
    [drained, NINE + 90_000],
    [told, NINE + 90_000],
  ]);
  expect(found.map(({ region, group, weight, state }) => [region, group, weight, state])).toEqual([
    ['us-east-1', 'primary', 3, 'failing'],
    ['us-east-2', 'primary', 1, 'throttling'],
    ['us-west-2', 'normal', 1, 'open'],
    ['eu-west-1', 'primary', 1, 'drained'],
    ['eu-west-3', 'primary', 1, 'cooling'],
    ['ap-south-1', 'primary', 1, 'open'],
  ]);
  expect(found.map(({ coolingUntil }) => coolingUntil)).toEqual([
    ...[null, null, null, '2026-11-21T09:01:30.000Z', '2026-11-21T09:01:30.000Z', null],
  ]);
});

test('shares and error rates are of all attempts, those in places that the model no longer has, too', async () => {
  const store = new MemoryStore();
  store.deliver('dt=2026-11-21/hour=09/a', [
    finished({ invocationId: 'a', region: 'us-east-1' }),
    finished({ invocationId: 'b', region: 'us-east-1', outcome: 'failed', code: 'upstream_failed' }),
    finished({ invocationId: 'c', region: 'us-east-1', outcome: 'throttled', code: 'upstream_throttled' }),
    finished({ invocationId: 'd', region: 'sa-east-1' }),
  ]);
  const found = await states(modelOf(place('us-east-1'), place('us-west-2')), store);
  expect(found).toMatchObject([
    { region: 'us-east-1', share: 0.75, attempts: 3, answered: 1, throttled: 1, failed: 1, errorRate: 2 / 3 },
    { region: 'us-west-2', share: 0, attempts: 0, errorRate: null, firstByteMs: null },
    { region: 'sa-east-1', target: NATIVE, group: null, weight: null, state: 'gone', share: 0.25 },
  ]);
});

test('without calls nothing is known of shares; a model of one target has one place', async () => {
  const found = await states(parseModel(modelDocument('nova-lite')) as ReturnType<typeof modelOf>, new MemoryStore());
  expect(found).toMatchObject([{ region: 'us-east-1', group: 'primary', state: 'open', share: null, errorRate: null }]);
});
