import { afterEach, describe, expect, test } from 'vitest';
import type { Budget } from '../../../contract/budget.ts';
import { TollgateError } from '../../../contract/errors.ts';
import type { Charge } from '../../../contract/usage.ts';
import type { Operation } from '../../../invoke/call.ts';
import type { Asked, Budgets } from '../../../metering/budgets/budgets.ts';
import type { Finished, Standing } from '../../../metering/budgets/verdict.ts';
import { callOf, delta, fakeSts, issued, metadata, modelOf, NOW, textsOf, type Upstream, upstream } from './core.ts';
import { answers, eventsOf, fails, NONE, setUp, streams, streamsOn, tokens, usage } from './whole-pipeline.ts';

let server: Upstream | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const BUDGET: Budget = { id: 'b', per: 'tenant', period: 'day', unit: 'requests', limit: '9', enforcement: 'hard' };
const MODEL = modelOf('nova', 'amazon.nova-lite-v1:0');
const SAID = { messages: [{ role: 'user', content: [{ text: 'one two' }] }] };

const standing = (total: bigint): Standing => ({ budget: BUDGET, limit: 9n, total, from: NOW, until: NOW + 60_000 });

/** A call under one budget, and what became of it there. */
function underBudget(
  {
    refusal,
    output = 4_096,
    binding = true,
    charged,
  }: { refusal?: TollgateError; output?: number; binding?: boolean; charged?: Charge } = {},
  more: Parameters<typeof setUp>[0] = {},
  sts = fakeSts(),
) {
  const asked: Asked[] = [];
  const settled: Finished[] = [];
  const told: Record<string, string>[] = [];
  const reserve: Budgets['reserve'] = async (one) => {
    asked.push(one);
    if (refusal !== undefined) return { refusal, standings: () => [standing(9n)] };
    return {
      ...{ refusal: undefined, output, binding },
      standings: (record) => [standing(record === undefined ? 1n : 2n)],
      charged: () => charged,
      retried: () => {},
      settle: async (record) => void settled.push(record),
    };
  };
  const parts = setUp({ reserve, ...more }, sts);
  const call = (operation: Operation, body: unknown = SAID) => {
    const one = callOf(operation, { models: [MODEL], body });
    return {
      ...one,
      caller: { ...one.caller, budgets: [BUDGET] },
      tell: (headers: object) => told.push({ ...headers }),
    };
  };
  return { ...parts, asked, settled, told, call };
}

test('what budgets in dollars count of a call is on its line', async () => {
  const charged = { usd: '0.54', to: ['tenant|b|2026-11'] };
  server = await answers({ usage });
  for (const [given, expected] of [
    [{ charged }, charged],
    [{}, undefined],
  ] as const) {
    const { run, call, meter } = underBudget(given);
    await run(call('converse'));
    expect(meter.finishedLines().map((line) => line.charged)).toEqual([expected]);
  }
});

describe('a call that a budget refuses', () => {
  test('is sent nowhere and assumed nothing for, and leaves a refused line', async () => {
    const refusal = new TollgateError('rate_limited', { retryAfterSeconds: 60 });
    const { run, call, meter, sts, settled, told } = underBudget({ refusal });
    await expect(run(call('converse'))).rejects.toBe(refusal);
    expect(sts.inputs).toEqual([]);
    expect(meter.lines).toMatchObject([
      { phase: 'finished', outcome: 'refused', code: 'rate_limited', model: 'nova', tokens: NONE },
    ]);
    expect(settled).toEqual([]);
    expect(told).toEqual([
      {
        'ratelimit-policy': '"b";q=9;w=60',
        ratelimit: '"b";r=0;t=60',
        'x-tollgate-reserved': 'tokens; input=4; output=4096',
      },
    ]);
  });

  test('or that cannot be decided is refused the same way', async () => {
    const { run, call, meter, sts } = underBudget(
      {},
      { reserve: () => Promise.reject(new TollgateError('unavailable')) },
    );
    await expect(run(call('converse'))).rejects.toMatchObject({ code: 'unavailable' });
    expect(sts.inputs).toEqual([]);
    expect(meter.lines).toMatchObject([{ phase: 'finished', outcome: 'refused', code: 'unavailable' }]);
  });
});

describe('a call that its budgets let pass', () => {
  test('is asked for with what it is, and settled with its finished line', async () => {
    server = await answers({ usage });
    const { run, call, asked, settled, told, meter } = underBudget();
    await run(call('converse', { ...SAID, inferenceConfig: { maxTokens: 50 } }));
    expect(asked).toMatchObject([
      {
        ...{ tenant: 'acme', principal: 'app', model: 'nova', region: 'us-east-1', tier: 'on-demand', at: NOW },
        ...{ budgets: [BUDGET], demand: { input: 4, output: 50, lowerable: true, images: 0, caches: false } },
      },
    ]);
    expect(settled).toEqual(meter.finishedLines());
    expect(settled).toMatchObject([{ outcome: 'ok', tokens }]);
    expect(told.map(({ ratelimit }) => ratelimit)).toEqual(['"b";r=8;t=60', '"b";r=7;t=60']);
  });

  test.each([
    ['lowers the limit that it names', { inferenceConfig: { maxTokens: 50 } }, { output: 7 }, { maxTokens: 7 }],
    ['names a limit where it names none', {}, {}, { maxTokens: 4_096 }],
    ['leaves a lower one', { inferenceConfig: { maxTokens: 5 } }, { output: 5 }, { maxTokens: 5 }],
    ['leaves it alone where no budget binds it', {}, { binding: false }, undefined],
  ])('%s', async (_, body, verdict, inferenceConfig) => {
    server = await answers({ usage });
    const { run, call } = underBudget(verdict);
    await run(call('converse', { ...SAID, ...body }));
    const { inferenceConfig: sent } = JSON.parse(server.requests[0]?.body.toString() ?? '');
    expect(sent).toEqual(inferenceConfig);
  });

  test('is given its part of it for each of several answers', async () => {
    server = await answers({ usage });
    const { run, call } = underBudget({ output: 100 });
    await run(call('converse', { ...SAID, additionalModelRequestFields: { n: 3 } }));
    expect(JSON.parse(server.requests[0]?.body.toString() ?? '')).toMatchObject({ inferenceConfig: { maxTokens: 33 } });
  });

  test.each([
    ['names a limit that is none', { inferenceConfig: { maxTokens: '5' } }, 'inferenceConfig.maxTokens'],
    [
      'hides one that the model may not know',
      { additionalModelRequestFields: { max_gen_len: 1 } },
      'additionalModelRequestFields.max_gen_len',
    ],
  ])('but %s: what was reserved is given back', async (_, body, field) => {
    const { run, call, settled, told, sts } = underBudget();
    await expect(run(call('converse', { ...SAID, ...body }))).rejects.toMatchObject({
      code: 'invalid_request',
      field,
    });
    expect(told.map(({ ratelimit }) => ratelimit)).toEqual(['"b";r=7;t=60']);
    expect(settled).toMatchObject([{ outcome: 'refused', tokens: NONE }]);
    expect(sts.inputs).toEqual([]);
  });

  test('and the model refuses or throttles is settled at nothing, once', async () => {
    server = await fails(429, 'ThrottlingException');
    const { run, call, settled } = underBudget();
    await expect(run(call('converse'))).rejects.toMatchObject({ code: 'upstream_throttled' });
    expect(settled).toMatchObject([{ outcome: 'throttled', tokens: NONE }]);
  });

  test('and needs a second attempt is reserved once and settled once, by its last line', async () => {
    let calls = 0;
    server = await upstream((_, response) => {
      if (++calls === 1)
        return response.writeHead(403, { 'x-amzn-errortype': 'ExpiredTokenException' }).end('{"message":"expired"}');
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ usage }));
    });
    const { run, call, asked, settled, meter } = underBudget();
    await run(call('converse'));
    expect(meter.finishedLines().map(({ outcome }) => outcome)).toEqual(['retried', 'ok']);
    expect(asked).toHaveLength(1);
    expect(settled).toMatchObject([{ outcome: 'ok', tokens, attempt: 2 }]);
  });

  test('and cannot be given a session is settled at nothing', async () => {
    const sts = fakeSts(() => ({ Credentials: { ...issued(1, NOW), SecretAccessKey: undefined } }));
    const { run, call, settled } = underBudget({}, {}, sts);
    await expect(run(call('converse'))).rejects.toThrow();
    expect(settled).toMatchObject([{ outcome: 'refused', tokens: NONE }]);
  });

  test('as a stream is settled at its end, kept alive for it, and told of before', async () => {
    server = await streams(delta('a'), metadata(3, 5));
    const { run, call, settled, told } = underBudget();
    const one = call('converse-stream');
    const answer = await run(one);
    expect(told).toHaveLength(1);
    expect(settled).toEqual([]);
    await textsOf(eventsOf(answer));
    expect(settled).toMatchObject([{ outcome: 'ok', tokens: { input: 3, output: 5 } }]);
    expect(one.kept.length).toBeGreaterThan(0);
  });

  test('as a stream that its reader leaves is settled with what it was read on for', async () => {
    const gone = Promise.withResolvers<void>();
    server = await streamsOn(gone.promise, [delta('a')], [delta('b'), metadata(3, 5)]);
    const { run, call, settled } = underBudget();
    const one = call('converse-stream');
    const events = eventsOf(await run(one))[Symbol.asyncIterator]();
    await events.next();
    await events.return?.();
    gone.resolve();
    await Promise.all(one.kept);
    expect(settled).toMatchObject([{ outcome: 'abandoned', tokens: { input: 3, output: 5 } }]);
  });
});

test('counting tokens reserves nothing', async () => {
  server = await answers({ inputTokens: 3 });
  const { run, call, asked, told } = underBudget();
  await run(call('count-tokens'));
  expect([asked, told]).toEqual([[], []]);
});

describe('what is changed in a call', () => {
  const guardrail = { arn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/demo', version: '1' };
  const changesOf = async (model: object, body: object, more: Parameters<typeof underBudget>[0] = {}) => {
    await server?.close();
    server = await answers({ usage });
    const { run, call, told } = underBudget(more);
    const one = call('converse', body);
    await run({ ...one, caller: { ...one.caller, models: [{ ...MODEL, ...model }] } });
    const { 'x-tollgate-max-tokens': limit, 'x-tollgate-guardrail': by } = told.at(-1) ?? {};
    return [limit, by];
  };
  const limited = (maxTokens: number) => ({ ...SAID, inferenceConfig: { maxTokens } });

  test('by its grant is told, and by its budget where that is stricter', async () => {
    expect(await changesOf({ maxTokens: 5 }, limited(9))).toEqual(['5; by=grant', undefined]);
    expect(await changesOf({ maxTokens: 5 }, limited(9), { output: 3 })).toEqual(['3; by=budget', undefined]);
    expect(await changesOf({ guardrail }, limited(9))).toEqual([undefined, 'demo; version=1; by=grant']);
  });

  test('is nothing where what it asks for is within both, or the budget binds nothing', async () => {
    expect(await changesOf({ maxTokens: 9 }, limited(9), { output: 9 })).toEqual([undefined, undefined]);
    expect(await changesOf({}, SAID, { binding: false })).toEqual([undefined, undefined]);
  });
});
