import { describe, expect, test } from 'vitest';
import { TollgateError } from '../../../contract/errors.ts';
import type { AllowedModel, Place } from '../../../contract/model.ts';
import type { Routing } from '../../../contract/routing.ts';
import { createRoutes } from '../../../invoke/pipeline/ways.ts';
import type { Provider, ProviderCall, ProviderReply } from '../../../invoke/providers/provider.ts';
import type { Asked, Budgets } from '../../../metering/budgets/budgets.ts';
import { bytesOf, callOf, delta, fakeSts, frame, metadata, NOW, type TestCall, textsOf } from './core.ts';
import { eventsOf, NONE, setUp, usage } from './whole-pipeline.ts';

/** A call of a model that is in three regions: where it goes on, and under what. */

const REGIONS = ['us-east-1', 'us-east-2', 'us-west-2'];
const place = (region: string): Place => ({
  target: {
    kind: 'bedrock-model',
    modelId: 'vendor.nova-v1:0',
    region,
    arn: `arn:aws:bedrock:${region}::foundation-model/vendor.nova-v1:0`,
  },
});
const PLACES = REGIONS.map(place);

function modelIn(places: Place[], routing: Partial<Routing> = {}): AllowedModel {
  const [first] = places;
  if (first === undefined) throw new Error('no place');
  return {
    id: 'nova',
    target: first.target,
    places,
    routing,
    actions: ['invoke', 'stream', 'count'],
    lifecycle: { status: 'active' },
  };
}

type Says = (call: ProviderCall) => Promise<ProviderReply> | ProviderReply;

const says = (status: number, body: unknown, headers: Record<string, string> = {}): ProviderReply => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: bytesOf(Buffer.from(JSON.stringify(body))),
});
const fails = (status: number, type: string, headers: Record<string, string> = {}, message = '') =>
  says(status, { message }, { 'x-amzn-errortype': type, ...headers });
const well: Says = () => says(200, { usage });
const streams = (...frames: Uint8Array[]): ProviderReply => ({
  status: 200,
  headers: { 'content-type': 'application/vnd.amazon.eventstream' },
  body: bytesOf(...frames),
});
const hangs: Says = ({ signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

/** @param answers by region; the others are well */
function world(
  answers: Record<string, Says>,
  {
    places = PLACES,
    routing,
    ...more
  }: { places?: Place[]; routing?: Partial<Routing> } & Parameters<typeof setUp>[0] = {},
) {
  const asked: ProviderCall[] = [];
  const provider: Provider = {
    async send(call) {
      asked.push(call);
      return (answers[call.target.region] ?? well)(call);
    },
  };
  const sts = fakeSts();
  const told: Record<string, string> = {};
  const parts = setUp({ providers: { 'bedrock-runtime': provider }, tellsRoute: true, ...more }, sts);
  const model = modelIn(places, routing);
  const call = (operation: Parameters<typeof callOf>[0], about: Partial<TestCall> & { body?: unknown } = {}) => {
    const { body, ...rest } = about;
    return {
      ...callOf(operation, { models: [model], ...(body === undefined ? {} : { body }) }),
      tell: (headers: Record<string, string>) => Object.assign(told, headers),
      ...rest,
    };
  };
  const regions = (): string[] => asked.map(({ target }) => target.region);
  return { ...parts, call, asked, regions, told };
}

const lost = () => {
  throw new TollgateError('upstream_unavailable', { reason: 'connection-failed' });
};

test('each region has a guardrail of its own, and a call that goes on elsewhere is under that one alone', async () => {
  const guardrail = REGIONS.map((region) => ({
    arn: `arn:aws:bedrock:${region}:111122223333:guardrail/${region.replaceAll('-', '')}`,
    version: region.endsWith('1') ? '1' : '2',
  }));
  for (const operation of ['converse', 'invoke'] as const) {
    const { run, asked, told, sts } = world({ 'us-east-1': lost });
    const held: AllowedModel = { ...modelIn(PLACES), guardrail, guardedBy: 'tenant' };
    await run({ ...callOf(operation, { models: [held] }), tell: (one) => void Object.assign(told, one) });
    const bears = asked.map(({ request }) =>
      operation === 'invoke'
        ? request.headers['x-amzn-bedrock-guardrailidentifier']
        : /"guardrailIdentifier":"([^"]+)"/.exec(Buffer.from(request.body).toString())?.[1],
    );
    expect(bears).toEqual([guardrail[0]?.arn, guardrail[1]?.arn]);
    expect(told).toMatchObject({ 'x-tollgate-guardrail': 'useast2; version=2; by=tenant' });
    expect(sts.inputs.map(({ Policy }) => guardrail.filter(({ arn }) => Policy?.includes(arn)))).toEqual([
      [guardrail[0]],
      [guardrail[1]],
    ]);
  }
});

describe('what one place fails goes on in another one', () => {
  test.each<[string, Says]>([
    ['throttling', () => fails(429, 'ThrottlingException')],
    ['a quota that is used up', () => fails(400, 'ServiceQuotaExceededException')],
    ['a model that is not ready', () => fails(429, 'ModelNotReadyException')],
    ['a model that timed out', () => fails(408, 'ModelTimeoutException')],
    ['a failure of Bedrock', () => fails(500, 'InternalServerException')],
    ['a bad gateway', () => fails(502, '')],
    ['no service', () => fails(503, 'ServiceUnavailableException')],
    ['a model that is not in that region', () => fails(404, 'ResourceNotFoundException')],
    ['no connection', lost],
  ])('%s', async (_, first) => {
    const { run, call, regions, meter, told, asked, sts } = world({ 'us-east-1': first });
    await expect(run(call('converse'))).resolves.toMatchObject({ status: 200 });
    expect(regions()).toEqual(['us-east-1', 'us-east-2']);
    expect(told).toMatchObject({ 'x-tollgate-region': 'us-east-2', 'x-tollgate-attempts': '2' });
    expect(meter.finishedLines()).toEqual([
      expect.objectContaining({ invocationId: 'id-1', outcome: 'retried', region: 'us-east-1', tokens: NONE }),
      expect.objectContaining({ invocationId: 'id-2', outcome: 'ok', region: 'us-east-2', attempt: 2 }),
    ]);
    expect(meter.lines.map(({ phase }) => phase)).toEqual(['started', 'finished', 'started', 'finished']);
    // Each under its own session, which names that one place.
    expect(asked.map(({ credentials }) => credentials.sessionToken)).toEqual(['token-1', 'token-2']);
    const named = sts.inputs.map(({ Policy }) => REGIONS.filter((region) => Policy?.includes(`:${region}:`)));
    expect(named).toEqual([['us-east-1'], ['us-east-2']]);
  });

  test.each<[string, Says, string]>([
    ['a request that is wrong', () => fails(400, 'ValidationException'), 'upstream_rejected'],
    [
      'a prompt that is too long',
      () => fails(400, 'ValidationException', {}, 'Input is too long for requested model.'),
      'upstream_rejected',
    ],
    ['access that is denied', () => fails(403, 'AccessDeniedException'), 'denied_by_iam'],
    [
      'a model that the account has not enabled',
      () => fails(403, 'AccessDeniedException', {}, "You don't have access to the model with the specified model ID."),
      'model_not_enabled',
    ],
    ['what the model fails at', () => fails(424, 'ModelErrorException'), 'model_failed'],
    ['credentials that are not taken', () => fails(403, 'UnrecognizedClientException'), 'upstream_failed'],
  ])('but %s is the caller’s at once', async (_, first, code) => {
    const { run, call, regions, told } = world({ 'us-east-1': first });
    await expect(run(call('converse'))).rejects.toMatchObject({ code });
    expect(new Set(regions())).toEqual(new Set(['us-east-1']));
    expect(told['x-tollgate-region']).toBe('us-east-1');
  });

  test('nor does an answer that a guardrail or the model’s own policy made', async () => {
    const blocked = says(200, { usage, stopReason: 'guardrail_intervened' });
    const { run, call, regions } = world({ 'us-east-1': () => blocked });
    await run(call('converse'));
    expect(regions()).toEqual(['us-east-1']);
  });

  test('nor a call whose caller has left', async () => {
    const { run, call, regions } = world({ 'us-east-1': () => fails(503, 'ServiceUnavailableException') });
    await expect(run(call('converse', { left: Promise.resolve() }))).rejects.toMatchObject({
      code: 'upstream_unavailable',
    });
    expect(regions()).toEqual(['us-east-1']);
  });

  test('nor where a session cannot be had: that is closed, and not a place’s trouble', async () => {
    const credentials = async () => {
      throw new TollgateError('unavailable', { reason: 'sts' });
    };
    const { run, call, asked } = world({}, { credentials });
    await expect(run(call('converse'))).rejects.toMatchObject({ code: 'unavailable' });
    expect(asked).toEqual([]);
  });

  test('when no place is left the caller has the last one’s error, and the ledger all of them', async () => {
    const busy: Says = () => fails(429, 'ThrottlingException', { 'retry-after': '7' });
    const { run, call, regions, meter, told } = world(Object.fromEntries(REGIONS.map((region) => [region, busy])));
    await expect(run(call('converse'))).rejects.toMatchObject({ code: 'upstream_throttled', retryAfterSeconds: 7 });
    expect(regions()).toEqual(REGIONS);
    expect(meter.finishedLines().map(({ outcome, region }) => [outcome, region])).toEqual([
      ['retried', 'us-east-1'],
      ['retried', 'us-east-2'],
      ['throttled', 'us-west-2'],
    ]);
    expect(told['x-tollgate-attempts']).toBe('3');
  });

  test('no oftener, and no further, than routing says', async () => {
    const busy: Says = () => fails(503, 'ServiceUnavailableException');
    const all = Object.fromEntries(REGIONS.map((region) => [region, busy]));
    for (const [routing, expected] of [
      [{ maxAttempts: 2 }, ['us-east-1', 'us-east-2']],
      [{ acrossRegions: false, attemptsPerRegion: 2 }, ['us-east-1', 'us-east-1']],
      [{ attemptsPerRegion: 2, maxAttempts: 3 }, ['us-east-1', 'us-east-1', 'us-east-2']],
    ] as const) {
      const { run, call, regions } = world(all, { routing });
      await expect(run(call('converse'))).rejects.toMatchObject({ code: 'upstream_unavailable' });
      expect(regions()).toEqual(expected);
    }
  });

  test('a drained place is never asked, nor a profile where profiles are not wanted', async () => {
    const [east, other, west] = PLACES as [Place, Place, Place];
    const profile: Place = {
      target: {
        ...{ kind: 'bedrock-profile', modelId: 'us.vendor.nova-v1:0', region: 'us-east-2' },
        arn: 'arn:aws:bedrock:us-east-2:111122223333:inference-profile/us.vendor.nova-v1:0',
        modelArns: PLACES.map(({ target }) => target.arn),
      },
    };
    const places: Place[] = [{ ...east, drained: true }, profile, west];
    const { run, call, regions } = world({}, { places, routing: { profiles: false } });
    await run(call('converse'));
    expect(regions()).toEqual(['us-west-2']);
    const closed = world({}, { places: [{ ...other, drained: true }] });
    await expect(closed.run(closed.call('converse'))).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(closed.asked).toEqual([]);
    expect(closed.sts.inputs).toEqual([]);
  });
});

describe('a stream', () => {
  const busy = frame('throttlingException', { message: 'slow down' }, 'exception');

  test('that breaks before its first event goes on elsewhere, and its caller sees one stream', async () => {
    const { run, call, regions, meter } = world({
      'us-east-1': () => streams(busy),
      'us-east-2': () => streams(delta('hello'), metadata(3, 5)),
    });
    const answer = await run(call('converse-stream'));
    expect(await textsOf(eventsOf(answer))).toEqual(['contentBlockDelta', 'metadata']);
    expect(regions()).toEqual(['us-east-1', 'us-east-2']);
    expect(meter.finishedLines()).toMatchObject([
      { outcome: 'retried', region: 'us-east-1', tokens: NONE },
      { outcome: 'ok', region: 'us-east-2', tokens: { input: 3, output: 5 } },
    ]);
  });

  test('that the model cannot go on with, before its first event, is tried again elsewhere, as AWS says', async () => {
    const { run, call, regions } = world({
      'us-east-1': () => streams(frame('modelStreamErrorException', { message: 'retry your request' }, 'exception')),
      'us-east-2': () => streams(delta('hello'), metadata(3, 5)),
    });
    expect(await textsOf(eventsOf(await run(call('converse-stream'))))).toEqual(['contentBlockDelta', 'metadata']);
    expect(regions()).toEqual(['us-east-1', 'us-east-2']);
  });

  test('that is cut off before it says anything has been taken by the model: it goes on, and costs what it is thought to cost', async () => {
    const { run, call, meter } = world({
      'us-east-1': () => streams(),
      'us-east-2': () => streams(delta('hello'), metadata(3, 5)),
    });
    const body = { messages: [{ role: 'user', content: [{ text: 'one two three' }] }] };
    await textsOf(eventsOf(await run(call('converse-stream', { body }))));
    const [first] = meter.finishedLines();
    expect(first).toMatchObject({ outcome: 'retried', region: 'us-east-1', estimated: true });
    expect(first?.tokens.input).toBeGreaterThan(0);
  });

  test('that breaks after its first event is not repeated', async () => {
    const { run, call, regions, meter } = world({ 'us-east-1': () => streams(delta('hello'), busy) });
    const answer = await run(call('converse-stream'));
    await expect(textsOf(eventsOf(answer))).rejects.toMatchObject({ code: 'upstream_throttled' });
    expect(regions()).toEqual(['us-east-1']);
    expect(meter.finishedLines()).toMatchObject([{ outcome: 'interrupted', region: 'us-east-1' }]);
  });
});

describe('an answer in one piece', () => {
  test('that is cut off after the model has run costs what its headers say, and goes on', async () => {
    const counts = { 'x-amzn-bedrock-input-token-count': '11', 'x-amzn-bedrock-output-token-count': '7' };
    const cut: Says = () => ({
      status: 200,
      headers: counts,
      body: (async function* () {
        yield Buffer.from('{');
        throw new Error('reset');
      })(),
    });
    const { run, call, meter } = world({ 'us-east-1': cut, 'us-east-2': () => says(200, {}, counts) });
    await expect(run(call('invoke'))).resolves.toMatchObject({ status: 200 });
    expect(meter.finishedLines()).toMatchObject([
      { outcome: 'retried', region: 'us-east-1', tokens: { input: 11, output: 7 } },
      { outcome: 'ok', region: 'us-east-2', tokens: { input: 11, output: 7 } },
    ]);
  });
});

describe('time', () => {
  test('a place that does not begin in its own time is left for another', async () => {
    const { run, call, regions } = world(
      { 'us-east-1': hangs },
      { deadlines: { firstByteMs: 60, streamIdleMs: 5_000, callTotalMs: 10_000 } },
    );
    await run(call('converse'));
    expect(regions()).toEqual(['us-east-1', 'us-east-2']);
  });

  test('the call’s own deadline is kept, however many attempts it has', async () => {
    const all = Object.fromEntries(REGIONS.map((region) => [region, hangs]));
    const { run, call, regions, meter } = world(all, {
      // So far apart that a machine which does much else comes to the second in between.
      deadlines: { firstByteMs: 400, streamIdleMs: 5_000, callTotalMs: 700 },
    });
    const began = performance.now();
    await expect(run(call('converse'))).rejects.toMatchObject({ code: 'deadline' });
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(regions()).toEqual(['us-east-1', 'us-east-2']);
    expect(meter.finishedLines().map(({ outcome }) => outcome)).toEqual(['retried', 'deadline']);
  });

  test('a call whose own ends while another model is asked has the error of its model, and is told of no other', async () => {
    const { run, call, told } = world(
      { 'us-east-1': () => fails(429, 'ThrottlingException'), 'eu-west-1': hangs },
      { deadlines: { firstByteMs: 5_000, streamIdleMs: 5_000, callTotalMs: 120 } },
    );
    const [first, other] = [modelIn(PLACES.slice(0, 1)), modelIn([place('eu-west-1')])];
    const models = [
      { ...first, fallbacks: ['other'] },
      { ...other, id: 'other' },
    ];
    const one = call('converse');
    await expect(run({ ...one, caller: { ...one.caller, models } })).rejects.toMatchObject({
      code: 'upstream_throttled',
    });
    expect(told['x-tollgate-region']).toBe('eu-west-1');
    expect(told['x-tollgate-served-by']).toBeUndefined();
  });
});

test('a budget is asked once for the call, and knows every place that may come to answer it', async () => {
  const asked: Asked[] = [];
  const reserve: Budgets['reserve'] = async (one) => {
    asked.push(one);
    return undefined;
  };
  const [east, other, west] = PLACES as [Place, Place, Place];
  const places = [east, { ...other, priceRegion: 'us-west-1' }, { ...west, drained: true as const }];
  const { run, call, meter } = world({ 'us-east-1': lost }, { places, reserve });
  const one = call('converse');
  const budget = { id: 'b', per: 'tenant', period: 'day', unit: 'usd', limit: '5', enforcement: 'hard' } as const;
  await run({ ...one, caller: { ...one.caller, budgets: [budget] } });
  expect(asked).toMatchObject([{ region: 'us-east-1', elsewhere: [{ region: 'us-west-1', tier: 'on-demand' }] }]);
  expect(meter.finishedLines()).toMatchObject([
    { outcome: 'retried', region: 'us-east-1' },
    { outcome: 'ok', region: 'us-east-2', priceRegion: 'us-west-1' },
  ]);
});

describe('what it costs to have several places', () => {
  test('nothing at STS once each is warm', async () => {
    const { run, call, sts, regions } = world({}, { routing: { distribution: 'equal' } });
    for (let i = 0; i < 9; i++) await run(call('converse'));
    expect(new Set(regions())).toEqual(new Set(REGIONS));
    expect(sts.inputs).toHaveLength(REGIONS.length);
    for (let i = 0; i < 30; i++) await run(call('converse'));
    expect(sts.inputs).toHaveLength(REGIONS.length);
  });

  test('a model of one target never asks for routes', async () => {
    const { run } = setUp({
      providers: { 'bedrock-runtime': { send: async (call) => well(call) } },
      routes: () => Promise.reject(new Error('asked')),
    });
    await expect(run(callOf('converse'))).resolves.toMatchObject({ status: 200 });
  });
});

describe('prompts that are cached', () => {
  const cached = {
    system: [{ text: 'a long one' }, { cachePoint: { type: 'default' } }],
    messages: [{ role: 'user', content: [{ text: 'hello' }] }],
  };
  const routing = { distribution: 'equal' } as const;

  test.each([
    ['by a cache point', { body: cached }],
    ['under a key', { cacheKey: 'mine' }],
  ])('%s stay in one region while it is well, and come back to it', async (_, about) => {
    let now = NOW;
    const down = new Set<string>();
    const sick: Says = ({ target }) => (down.has(target.region) ? fails(503, '') : says(200, { usage }));
    const clock = () => now;
    const routes = createRoutes({ clock, random: () => 0, stage: {} });
    const { run, call, regions, asked } = world(Object.fromEntries(REGIONS.map((region) => [region, sick])), {
      routing,
      clock,
      routes: async () => routes,
    });
    const ask = async (times: number): Promise<string[]> => {
      asked.length = 0;
      for (let i = 0; i < times; i++) {
        now += 1_000;
        await run(call('converse', about));
      }
      return regions();
    };
    const [home = ''] = await ask(1);
    expect(new Set(await ask(20))).toEqual(new Set([home]));
    down.add(home);
    expect((await ask(20)).filter((region) => region === home).length).toBeLessThan(6);
    down.clear();
    now += 120_000;
    await ask(1);
    expect(new Set(await ask(10))).toEqual(new Set([home]));
  });

  test('others are spread', async () => {
    const { run, call, regions } = world({}, { routing });
    for (let i = 0; i < 9; i++) await run(call('converse'));
    expect(new Set(regions()).size).toBe(3);
  });
});
