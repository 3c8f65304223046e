import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Operation } from '../../invoke/call.ts';
import { readEvent } from '../../invoke/providers/frames.ts';
import { usageOfAnswer } from '../../invoke/usage/answer.ts';
import { createStreamUsage } from '../../invoke/usage/stream.ts';
import { chunk, delta, frame, modelOf, requestOf } from '../unit/invoke/core.ts';

/** U6: what a provider has said of a call's usage stands until it says more, in whatever order and form it says it. */

const INVOKE = 'invoke-with-response-stream';
const { target } = modelOf('nova');

/** How each speaks of counts so far: whole in a body, and in an event of a stream. */
const FORMS: Record<string, { operation: Operation; says(input?: number, output?: number): object }> = {
  Converse: {
    operation: 'converse-stream',
    says: (inputTokens, outputTokens) => ({ usage: { inputTokens, outputTokens } }),
  },
  'Bedrock of InvokeModel': {
    operation: INVOKE,
    says: (inputTokenCount, outputTokenCount) => ({
      'amazon-bedrock-invocationMetrics': { inputTokenCount, outputTokenCount },
    }),
  },
  Anthropic: { operation: INVOKE, says: (input_tokens, output_tokens) => ({ usage: { input_tokens, output_tokens } }) },
  OpenAI: {
    operation: INVOKE,
    says: (prompt_tokens, completion_tokens) => ({ usage: { prompt_tokens, completion_tokens } }),
  },
  Nova: {
    operation: INVOKE,
    says: (inputTokens, outputTokens) => ({ metadata: { usage: { inputTokens, outputTokens } } }),
  },
  Cohere: {
    operation: INVOKE,
    says: (input_tokens, output_tokens) => ({ response: { meta: { billed_units: { input_tokens, output_tokens } } } }),
  },
  Meta: {
    operation: INVOKE,
    says: (prompt_token_count, generation_token_count) => ({ prompt_token_count, generation_token_count }),
  },
  Titan: {
    operation: INVOKE,
    says: (inputTextTokenCount, totalOutputTextTokenCount) => ({ inputTextTokenCount, totalOutputTextTokenCount }),
  },
};

const count = fc.nat({ max: 1_000 });
const nothing = fc.constantFrom(undefined, null, -1, 0.5, 2 ** 53, true, {}, []);
const saying = fc.record({ input: fc.option(count, { nil: undefined }), output: fc.option(count, { nil: undefined }) });
const silence = fc.record({ input: nothing, output: nothing }) as fc.Arbitrary<{ input?: number; output?: number }>;

const eventOf = (operation: Operation, body: object): Uint8Array =>
  operation === 'converse-stream' ? frame('metadata', body) : chunk(body);
const words = (operation: Operation): Uint8Array =>
  operation === 'converse-stream' ? delta('12345678') : chunk({ outputText: '12345678' });

function usageAfter(operation: Operation, events: readonly Uint8Array[]) {
  const usage = createStreamUsage(requestOf(operation, { prompt: '1234' }), target, {});
  for (const event of events) usage.see(readEvent(event));
  return usage.usage();
}

describe.each(Object.entries(FORMS))('U6 %s', (_, { operation, says }) => {
  const most = (all: readonly (number | undefined)[]): number | undefined => {
    const told = all.filter((one) => one !== undefined);
    return told.length === 0 ? undefined : Math.max(...told);
  };

  test('told in any order, twice, in part, and with silence in between: what was told stands', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(saying, silence), { maxLength: 6 }), (events) => {
        const input = most(
          events.map((one) => (Number.isSafeInteger(one.input) && (one.input ?? -1) >= 0 ? one.input : undefined)),
        );
        const output = most(
          events.map((one) => (Number.isSafeInteger(one.output) && (one.output ?? -1) >= 0 ? one.output : undefined)),
        );
        const { tokens, estimated } = usageAfter(
          operation,
          events.map((one) => eventOf(operation, says(one.input, one.output))),
        );
        if (input !== undefined) expect(tokens.input).toBe(input);
        expect(tokens.output).toBe(output ?? 0);
        expect(estimated).toBe(input === undefined || output === undefined);
      }),
    );
  });

  test('a stream that breaks off after its count of 700 has 700, however little text came', () => {
    const events = [words(operation), eventOf(operation, says(40, 700))];
    expect(usageAfter(operation, events)).toMatchObject({ tokens: { input: 40, output: 700 }, estimated: false });
  });

  test('text after the count is no part of it, and is an estimate on top', () => {
    const events = [words(operation), eventOf(operation, says(40, 700)), words(operation)];
    expect(usageAfter(operation, events)).toMatchObject({ tokens: { input: 40, output: 702 }, estimated: true });
  });

  test('an explicit 0 is 0, whatever text came before it', () => {
    expect(usageAfter(operation, [words(operation), eventOf(operation, says(0, 0))])).toMatchObject({
      tokens: { input: 0, output: 0 },
      estimated: false,
    });
  });

  test('a whole body says it in the same words', () => {
    if (operation !== 'converse-stream' && 'amazon-bedrock-invocationMetrics' in says()) return;
    const request = requestOf(operation === 'converse-stream' ? 'converse' : 'invoke');
    const body = Buffer.from(JSON.stringify(says(40, 7)));
    expect(usageOfAnswer(request, target, {}, body)).toMatchObject({
      tokens: { input: 40, output: 7 },
      estimated: false,
    });
  });
});

describe('U6 Anthropic, who says it in two events', () => {
  const start = chunk({ type: 'message_start', message: { usage: { input_tokens: 40, output_tokens: 3 } } });
  const text = chunk({ type: 'content_block_delta', delta: { type: 'text_delta', text: '12345678'.repeat(4) } });
  const last = chunk({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 700 } });
  const ping = chunk({ type: 'ping' });

  test.each([
    ['the count at its end stands when the stream breaks', [start, text, last], 700, false],
    ['in any order', [last, text, start], 708, true],
    ['an event that says nothing changes nothing', [start, ping, text, last, ping], 700, false],
    ['the beginning is the least that came', [start], 3, true],
    ['and no more than that', [start, text], 8, true],
  ])('%s', (_, events, output, estimated) => {
    expect(usageAfter(INVOKE, events)).toMatchObject({ tokens: { input: 40, output }, estimated });
  });
});

describe('U6 how the call was sold', () => {
  const metadata = (serviceTier?: object) =>
    frame('metadata', { usage: { inputTokens: 1, outputTokens: 1 }, serviceTier });
  test.each([
    ['twice, the second time in silence', [metadata({ type: 'flex' }), metadata()]],
    ['twice, the second time in a word that is not known', [metadata({ type: 'flex' }), metadata({ type: 'turbo' })]],
  ])('%s', (_, events) => {
    expect(usageAfter('converse-stream', events).tier).toBe('flex');
  });
});
