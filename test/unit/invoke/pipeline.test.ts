import { afterEach, describe, expect, test, vi } from 'vitest';
import { TollgateError } from '../../../contract/errors.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { createEntries } from '../../../invoke/pipeline/entries.ts';
import { nativeIdOf } from '../../../policies/kinds.ts';
import {
  callOf,
  delta,
  fakeSts,
  frame,
  issued,
  metadata,
  modelOf,
  NOW,
  textsOf,
  type Upstream,
  upstream,
} from './core.ts';
import { answers, eventsOf, NONE, setUp, streams, tokens, usage } from './whole-pipeline.ts';

let server: Upstream | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

const base = {
  v: 1,
  at: NOW,
  requestId: 'request-1',
  tenant: 'acme',
  principal: 'app',
  costCenter: 'cc-1',
  model: 'nova',
  nativeModel: 'vendor.nova-v1:0',
  region: 'us-east-1',
  surface: 'bedrock',
};

describe('a good call', () => {
  test('M1 leaves one started and one finished line, with the tokens that the provider counted', async () => {
    server = await answers({ output: {}, usage }, { 'x-amzn-requestid': 'r', 'set-cookie': 'a=b' });
    const { run, meter, lines, sts } = setUp();
    const answer = await run(callOf('converse'));
    expect(answer).toMatchObject({ kind: 'whole', status: 200, headers: { 'content-type': 'application/json' } });
    expect(Object.keys(answer.headers)).toEqual(['content-type']);
    const record = { ...base, invocationId: 'id-1', action: 'invoke' };
    expect(meter.lines).toEqual([
      { ...record, phase: 'started' },
      {
        ...record,
        phase: 'finished',
        outcome: 'ok',
        code: '',
        tokens,
        estimated: false,
        awsRequestId: 'r',
        durationMs: 0,
        firstByteMs: 0,
      },
    ]);
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['credentials-issued']);
    expect(sts.inputs[0]?.Policy).toContain('bedrock:InvokeModel"');
    expect(sts.inputs[0]?.Policy).not.toContain('WithResponseStream');
  });

  test('streams, under a policy for streaming, and is finished when its stream is', async () => {
    server = await streams(frame('messageStart', {}), delta('hi'), frame('messageStop', {}), metadata(3, 5));
    const { run, meter, sts } = setUp();
    const answer = await run(callOf('converse-stream'));
    expect(answer.kind === 'stream' && answer.headers).toEqual({
      'content-type': 'application/vnd.amazon.eventstream',
    });
    expect(meter.finishedLines()).toEqual([]);
    expect(await textsOf(eventsOf(answer))).toHaveLength(4);
    expect(meter.finishedLines()).toEqual([
      expect.objectContaining({ outcome: 'ok', action: 'stream', tokens: { ...NONE, input: 3, output: 5 } }),
    ]);
    expect(sts.inputs[0]?.Policy).toContain('bedrock:InvokeModelWithResponseStream');
    expect(sts.inputs[0]?.Policy).not.toContain('bedrock:InvokeModel"');
  });

  test('is prepared once, for the model that was resolved', async () => {
    server = await answers({ usage });
    const { run } = setUp();
    const call = callOf('converse', { models: [modelOf('other'), modelOf('nova')], wanted: 'vendor.nova-v1:0' });
    const prepare = vi.spyOn(call, 'prepare');
    expect((await run(call)).model.id).toBe('nova');
    expect(prepare.mock.calls.map(([model]) => model.id)).toEqual(['nova']);
  });
});

describe('the tier of a call', () => {
  const flex = { serviceTier: { type: 'flex' } };

  test.each([
    ['is the one that was answered', flex, { serviceTier: { type: 'priority' } }, 'priority'],
    [
      'is left out when on-demand was answered, whatever was asked',
      flex,
      { serviceTier: { type: 'default' } },
      undefined,
    ],
    ['is the one that was asked for when the answer does not say', flex, {}, 'flex'],
    ['is the one that was asked for when the answer says nothing known', flex, { serviceTier: { type: 'x' } }, 'flex'],
    ['is left out when nothing was said', {}, {}, undefined],
  ])('%s', async (_, body, answered, tier) => {
    server = await answers({ usage, ...answered });
    const { run, meter } = setUp();
    await run(callOf('converse', { body }));
    expect(meter.finishedLines().map((line) => line.tier)).toEqual([tier]);
  });

  test('is provisioned for capacity that is paid by the hour', async () => {
    server = await answers({ usage, serviceTier: { type: 'default' } });
    const { run, meter } = setUp();
    const arn = 'arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abcdefghijkl';
    const bought = modelOf('bought', arn);
    await run(callOf('converse', { models: [{ ...bought, target: { ...bought.target, arn } }] }));
    expect(meter.finishedLines().map((line) => line.tier)).toEqual(['provisioned']);
  });

  test('is refused when it is not known, before anything is assumed or sent', async () => {
    server = await answers({ usage });
    const { run, meter, sts } = setUp();
    await expect(run(callOf('converse', { body: { serviceTier: { type: 'turbo' } } }))).rejects.toMatchObject({
      code: 'invalid_request',
      reason: 'tier-not-known',
    });
    expect(meter.lines).toEqual([
      expect.objectContaining({ outcome: 'refused', code: 'invalid_request', tokens: NONE }),
    ]);
    expect([sts.inputs.length, server.requests.length]).toEqual([0, 0]);
  });
});

test("a request id of AWS that is none is not written into a call's line", async () => {
  server = await answers({ usage }, { 'x-amzn-requestid': `${'x'.repeat(129)}` });
  const { run, meter } = setUp();
  await run(callOf('converse'));
  expect(meter.finishedLines()[0]).not.toHaveProperty('awsRequestId');
});

describe('a call that we refuse leaves one finished line, and asks neither STS nor the model', () => {
  const retired: AllowedModel = { ...modelOf('old'), lifecycle: { status: 'retired', successor: 'nova' } };
  const unbuildable: AllowedModel = { ...modelOf('bad') };
  unbuildable.target = { ...modelOf('bad').target, arn: 'arn:aws:bedrock:us-east-1::foundation-model/*' } as never;
  const elsewhere: AllowedModel = {
    ...modelOf('sm'),
    target: {
      kind: 'sagemaker-endpoint',
      endpointName: 'sm',
      region: 'us-east-1',
      arn: 'arn:aws:sagemaker:us-east-1:111122223333:endpoint/sm',
    },
  };

  test.each([
    ['T3 a model that does not exist', callOf('converse', { wanted: 'nonsense' }), 'model_not_allowed', ''],
    ["T3 another tenant's model", callOf('converse', { wanted: 'llama-3-3-70b' }), 'model_not_allowed', ''],
    ['L1 a retired model', callOf('converse', { models: [retired, modelOf('nova')] }), 'model_retired', 'old'],
    [
      'an action that was not granted',
      callOf('converse', { models: [{ ...modelOf('nova'), actions: ['stream'] }] }),
      'model_not_allowed',
      'nova',
    ],
    [
      'P2 an entry whose ARN no policy may name',
      callOf('converse', { models: [unbuildable] }),
      'model_not_allowed',
      'bad',
    ],
    ['a target that no provider serves', callOf('converse', { models: [elsewhere] }), 'invalid_request', 'sm'],
  ] as const)('%s', async (_, call, code, model) => {
    server = await answers({ usage });
    const { run, meter, sts } = setUp();
    await expect(run(call)).rejects.toMatchObject({ code });
    expect(meter.lines).toEqual([
      expect.objectContaining({ phase: 'finished', outcome: 'refused', code, model, tokens: NONE, firstByteMs: -1 }),
    ]);
    expect([sts.inputs.length, server.requests.length]).toEqual([0, 0]);
  });

  test('a retired model names its successor', async () => {
    await expect(setUp().run(callOf('converse', { models: [retired, modelOf('nova')] }))).rejects.toMatchObject({
      successor: 'nova',
    });
  });

  test('an entry that cannot be used is counted', async () => {
    const { run, lines } = setUp();
    await expect(run(callOf('converse', { models: [unbuildable] }))).rejects.toThrow();
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'unusable-entry', model: 'bad', UnusableEntry: 1 });
  });

  test('a body that the surface cannot serve', async () => {
    const { run, meter, sts } = setUp();
    const refused = new TollgateError('invalid_request', { field: 'messages' });
    const prepare = () => {
      throw refused;
    };
    await expect(run({ ...callOf('converse'), prepare })).rejects.toBe(refused);
    expect(meter.lines).toEqual([
      expect.objectContaining({ outcome: 'refused', code: 'invalid_request', model: 'nova' }),
    ]);
    expect(sts.inputs).toHaveLength(0);
  });

  test.each([
    ['a tenant that was removed since', null, 'forbidden'],
    ['a registry that does not answer', new TollgateError('unavailable', { retryAfterSeconds: 2 }), 'unavailable'],
  ])('%s', async (_, found, code) => {
    const tenant = async () => {
      if (found !== null) throw found;
      return null;
    };
    const { run, meter, sts } = setUp({
      entries: createEntries({ registry: { tenant }, clock: Date.now, onUndecided: () => {} }),
    });
    const call = callOf('converse');
    Object.assign(call.caller, { models: null, budgets: null });
    await expect(run(call)).rejects.toMatchObject({ code });
    expect(meter.lines).toEqual([expect.objectContaining({ phase: 'finished', outcome: 'refused', code, model: '' })]);
    expect(sts.inputs).toHaveLength(0);
  });

  test('an unforeseen error is internal, and is on the record like any other', async () => {
    const { run, meter } = setUp({
      entries: () => {
        throw new TypeError('bug');
      },
    });
    await expect(run(callOf('converse'))).rejects.toMatchObject({ code: 'internal' });
    expect(meter.lines).toEqual([expect.objectContaining({ outcome: 'refused', code: 'internal' })]);
  });
});

test('T8 200 interleaved calls of 20 tenants: each with its own session, model, usage and record', async () => {
  const waiting: (() => void)[] = [];
  server = await upstream(async (request, response) => {
    // Answers go out in another order than the requests came in.
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length % 10 === 0) for (const go of waiting.splice(0).reverse()) go();
    });
    const { who } = JSON.parse(request.body.toString()) as { who: number };
    response.end(JSON.stringify({ who, usage: { inputTokens: who, outputTokens: 1000 + who, totalTokens: 0 } }));
  });
  const sts = fakeSts((_, input) => {
    const tenant = input.Tags?.find(({ Key }) => Key === 'TenantId')?.Value ?? '';
    return { Credentials: { ...issued(1, NOW), SessionToken: `session-of-${tenant}` } };
  });
  const { run, meter } = setUp({}, sts);
  await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const tenant = `t${i % 20}`;
      const model = modelOf(`m${i % 20}`);
      const answer = await run(callOf('converse', { tenant, models: [model], body: { who: i } }));
      expect(answer.kind === 'whole' && JSON.parse(Buffer.from(answer.body).toString())).toMatchObject({ who: i });
    }),
  );
  expect(server.requests).toHaveLength(200);
  for (const { body, headers, path } of server.requests) {
    const { who } = JSON.parse(body.toString()) as { who: number };
    expect(headers['x-amz-security-token']).toBe(`session-of-t${who % 20}`);
    expect(path).toContain(encodeURIComponent(nativeIdOf(modelOf(`m${who % 20}`).target)));
  }
  const finished = meter.finishedLines();
  expect(new Set(finished.map(({ invocationId }) => invocationId)).size).toBe(200);
  for (const { tenant, model, tokens } of finished) {
    expect(model).toBe(`m${tenant.slice(1)}`);
    expect(tokens.input % 20).toBe(Number(tenant.slice(1)));
    expect(tokens.output).toBe(1000 + tokens.input);
  }
  expect(sts.inputs).toHaveLength(20);
});
