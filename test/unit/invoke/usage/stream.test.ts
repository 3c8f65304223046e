import { describe, expect, test } from 'vitest';
import type { Operation } from '../../../../invoke/call.ts';
import { readEvent } from '../../../../invoke/providers/frames.ts';
import { createStreamUsage } from '../../../../invoke/usage/stream.ts';
import { traces } from '../../../../invoke/usage/traces.ts';
import { chunk, delta, frame, metadata, modelOf, requestOf, tokensOf as tokens } from '../core.ts';

const { target } = modelOf('nova');

describe('what a stream cost', () => {
  const prompt = Buffer.from('{"messages":[{"role":"user","content":[{"text":"12345678"}]}]}');
  const read = (
    operation: Operation,
    events: Uint8Array[],
    headers: Record<string, string> = {},
    more: object = {},
  ) => {
    const usage = createStreamUsage({ ...requestOf(operation, prompt), ...more }, target, headers);
    for (const event of events) usage.see(readEvent(event));
    return { settled: usage.settled(), ...usage.usage() };
  };

  test('ConverseStream says it in its metadata', () => {
    const last = metadata(5, 7, { cacheReadInputTokens: 2, cacheWriteInputTokens: 1 });
    expect(read('converse-stream', [delta('hello'), frame('messageStop', {}), last])).toEqual({
      settled: true,
      tokens: tokens(5, 7, 2, 1),
      estimated: false,
    });
  });

  test('a broken ConverseStream is estimated from the text that came, never zero', () => {
    expect(read('converse-stream', [delta('hello'), delta('you')])).toEqual({
      settled: false,
      tokens: tokens(2, 2, 0, 0),
      estimated: true,
    });
  });

  test('a metadata event without usable counts is not a report', () => {
    const broken = [
      delta('1234'),
      frame('metadata', { usage: { inputTokens: 'x' } }),
      frame('metadata', Buffer.from('{')),
    ];
    expect(read('converse-stream', broken)).toEqual({ settled: false, tokens: tokens(2, 1, 0, 0), estimated: true });
  });

  const metrics = {
    'amazon-bedrock-invocationMetrics': {
      inputTokenCount: 5,
      outputTokenCount: 7,
      invocationLatency: 100,
      firstByteLatency: 10,
      cacheReadInputTokenCount: 2,
      cacheWriteInputTokenCount: 1,
    },
  };

  test('InvokeModelWithResponseStream says it in its last chunk', () => {
    const events = [
      chunk({ type: 'content_block_delta', delta: { text: 'hi' } }),
      chunk({ type: 'message_stop', ...metrics }),
    ];
    expect(read('invoke-with-response-stream', events)).toEqual({
      settled: true,
      tokens: tokens(5, 7, 2, 1),
      estimated: false,
    });
  });

  test('text that names the metrics is not the metrics', () => {
    const quoted = chunk({ delta: { text: 'amazon-bedrock-invocationMetrics' } });
    expect(read('invoke-with-response-stream', [quoted])).toMatchObject({ settled: false, estimated: true });
  });

  test('a broken InvokeModelWithResponseStream is estimated from the text within its chunks', () => {
    const events = [
      chunk({ type: 'content_block_delta', delta: { text: '12345678' } }),
      frame('chunk', Buffer.from('x')),
    ];
    expect(read('invoke-with-response-stream', events)).toEqual({
      settled: false,
      tokens: tokens(2, 2, 0, 0),
      estimated: true,
    });
  });

  test('ConverseStream: what is cached for an hour is told apart, and so is the tier', () => {
    const last = frame('metadata', {
      usage: {
        inputTokens: 5,
        outputTokens: 7,
        totalTokens: 42,
        cacheWriteInputTokens: 30,
        cacheDetails: [
          { ttl: '1h', inputTokens: 20 },
          { ttl: '5m', inputTokens: 10 },
        ],
      },
      serviceTier: { type: 'priority' },
    });
    expect(read('converse-stream', [delta('hello'), last])).toEqual({
      settled: true,
      tokens: { ...tokens(5, 7, 0, 10), cacheWrite1h: 20 },
      estimated: false,
      tier: 'priority',
    });
  });

  const start = chunk({
    type: 'message_start',
    message: {
      usage: {
        input_tokens: 40,
        output_tokens: 1,
        cache_read_input_tokens: 6,
        cache_creation_input_tokens: 30,
        cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
      },
    },
  });
  const says = (text: string) => chunk({ type: 'content_block_delta', delta: { text } });
  const stop = (cacheWriteInputTokenCount?: number) =>
    chunk({
      type: 'message_stop',
      'amazon-bedrock-invocationMetrics': {
        inputTokenCount: 40,
        outputTokenCount: 7,
        cacheReadInputTokenCount: 6,
        ...(cacheWriteInputTokenCount === undefined ? {} : { cacheWriteInputTokenCount }),
      },
    });
  const prompted = { ...tokens(40, 7, 6, 10), cacheWrite1h: 20 };

  test.each([
    ['the metrics have the sum', 30],
    ['the metrics do not have it', undefined],
  ])("Anthropic's first chunk says how long the cache keeps what was written; %s", (_, sum) => {
    const usage = read('invoke-with-response-stream', [start, says('hi'), stop(sum)]);
    expect(usage).toEqual({ settled: true, tokens: prompted, estimated: false });
  });

  test("Anthropic's split that contradicts the metrics is an estimate", () => {
    expect(read('invoke-with-response-stream', [start, says('hi'), stop(31)])).toMatchObject({
      settled: true,
      tokens: { cacheWrite: 11, cacheWrite1h: 20 },
      estimated: true,
    });
  });

  test("a broken stream of Anthropic's has its prompt as it was reported, and only its output is a guess", () => {
    expect(read('invoke-with-response-stream', [start, says('12345678')])).toEqual({
      settled: false,
      tokens: { ...prompted, output: 2 },
      estimated: true,
    });
  });

  test('InvokeModelWithResponseStream: its tier is in the headers, reasoning in the last usage', () => {
    const events = [
      chunk({ choices: [{ delta: { content: 'hi' } }] }),
      chunk({ usage: { completion_tokens_details: { reasoning_tokens: 4 } } }),
      chunk({ choices: [], ...metrics }),
    ];
    expect(read('invoke-with-response-stream', events, { 'x-amzn-bedrock-service-tier': 'flex' })).toEqual({
      settled: true,
      tokens: { ...tokens(5, 7, 2, 1), reasoning: 4 },
      estimated: false,
      tier: 'flex',
    });
  });

  test("Amazon Nova's own metadata has the cache, where the metrics do not", () => {
    const events = [
      chunk({ contentBlockDelta: { delta: { text: 'hi' } } }),
      chunk({
        metadata: { usage: { cacheReadInputTokenCount: 3, cacheWriteInputTokenCount: 4 } },
        'amazon-bedrock-invocationMetrics': { inputTokenCount: 5, outputTokenCount: 7 },
      }),
    ];
    expect(read('invoke-with-response-stream', events)).toMatchObject({ tokens: tokens(5, 7, 3, 4), estimated: false });
  });

  test('images that come in a stream are counted, broken off or not', () => {
    const image = chunk({ images: ['aaaa'] });
    const end = chunk({ 'amazon-bedrock-invocationMetrics': { inputTokenCount: 5, outputTokenCount: 0 } });
    expect(read('invoke-with-response-stream', [image, end]).tokens).toEqual({ ...tokens(5, 0), images: 1 });
    expect(read('invoke-with-response-stream', [image])).toMatchObject({ tokens: { images: 1 }, estimated: true });
  });

  test('half of the metrics is half told: the rest is an estimate', () => {
    const half = chunk({ 'amazon-bedrock-invocationMetrics': { inputTokenCount: 5 } });
    expect(read('invoke-with-response-stream', [says('12345678'), half])).toMatchObject({
      settled: false,
      tokens: tokens(5, 2),
      estimated: true,
    });
  });

  describe('an agent’s', () => {
    const ran = (usage: unknown, step = 'orchestrationTrace') =>
      frame('trace', { sessionId: 'x', trace: { [step]: { modelInvocationOutput: { metadata: { usage } } } } });
    const said = (...events: Uint8Array[]) => read('invoke-agent', events, {}, { tells: traces });
    const called = (input: number, output: number) => ({ ...tokens(input, output), calls: 1 });
    const FIVE = ran({ inputTokens: 5, outputTokens: 7 });

    test('trace tells what each model used, in whatever step and of whichever collaborator', () => {
      const steps = [
        'preProcessingTrace',
        'orchestrationTrace',
        'postProcessingTrace',
        'routingClassifierTrace',
        'later',
      ];
      const events = steps.map((step, at) => ran({ inputTokens: 10 ** at, outputTokens: 2 * 10 ** at }, step));
      expect(said(...events, frame('chunk', { bytes: '' }))).toEqual({
        // Another model may run after any of them.
        settled: false,
        tokens: called(11_111, 22_222),
        estimated: false,
      });
      expect(said(FIVE, FIVE).tokens).toEqual(called(10, 14));
    });

    test('trace is nothing that another stream could tell by', () => {
      expect(read('invoke-flow', [FIVE])).toEqual({ settled: false, tokens: called(0, 0), estimated: false });
    });

    test('trace that says nothing of a model leaves one call, without a token', () => {
      const observation = { finalResponse: { metadata: { usage: { inputTokens: 9, outputTokens: 9 } } } };
      const events = [
        frame('trace', { trace: { orchestrationTrace: { observation, metadata: { usage: { inputTokens: 9 } } } } }),
        frame('trace', { trace: { guardrailTrace: { metadata: { usage: { inputTokens: 9 } } } } }),
        frame('chunk', { trace: { orchestrationTrace: { modelInvocationOutput: {} } } }),
      ];
      for (const some of [[], events])
        expect(said(...some)).toEqual({ settled: false, tokens: { ...called(0, 0) }, estimated: false });
    });

    test.each([
      ['none', undefined, [0, 0]],
      ['null', null, [0, 0]],
      ['text', '9', [0, 0]],
      ['a list', [9, 9], [0, 0]],
      ['numbers as text', { inputTokens: '9', outputTokens: '9' }, [0, 0]],
      ['a count below nothing', { inputTokens: -9, outputTokens: 2 }, [0, 2]],
      ['a fraction', { inputTokens: 1, outputTokens: 0.5 }, [1, 0]],
      ['more than is held exactly', { inputTokens: 1e300, outputTokens: 2 ** 53 }, [0, 0]],
      ['one of the two', { inputTokens: 3 }, [3, 0]],
      ['one within another', { usage: { inputTokens: 9, outputTokens: 9 } }, [0, 0]],
    ])(
      'usage that is %s takes nothing back, adds nothing, and leaves an estimate',
      (_, usage, [input = 0, output = 0]) => {
        expect(said(ran(usage))).toEqual({ settled: false, tokens: called(input, output), estimated: true });
        expect(said(FIVE, ran(usage))).toMatchObject({ tokens: called(5 + input, 7 + output), estimated: true });
      },
    );

    test('counts are summed as far as a record holds them', () => {
      const most = Number.MAX_SAFE_INTEGER;
      const much = ran({ inputTokens: most, outputTokens: most });
      expect(said(much, much, FIVE)).toMatchObject({ tokens: called(most, most), estimated: false });
    });

    test.each([['{'], ['null'], ['[]'], ['{"trace":null}'], ['{"trace":"x"}'], ['{"trace":{"a":null,"b":[]}}']])(
      'trace that is %s says nothing',
      (text) =>
        expect(said(frame('trace', Buffer.from(text)), FIVE)).toMatchObject({ tokens: called(5, 7), estimated: false }),
    );
  });
});
