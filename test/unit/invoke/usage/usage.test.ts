import { describe, expect, test } from 'vitest';
import type { Operation } from '../../../../invoke/call.ts';
import { readEvent } from '../../../../invoke/frames.ts';
import { usageOfAnswer } from '../../../../invoke/usage/answer.ts';
import { createStreamUsage } from '../../../../invoke/usage/stream.ts';
import type { Usage } from '../../../../invoke/usage/usage.ts';
import cases from '../../../cases/usage.json' with { type: 'json' };
import { chunk, delta, frame, metadata, modelOf, requestOf } from '../core.ts';

interface Case {
  id: string;
  name: string;
  input: { operation: Operation; request?: string; headers?: Record<string, string>; body: string };
  expected: Usage;
}

const { target } = modelOf('nova');
const tokens = (input: number, output: number, cacheRead = 0, cacheWrite = 0) => ({
  input,
  output,
  cacheRead,
  cacheWrite,
});

describe('what an answer in one piece cost', () => {
  test.each((cases as unknown as Case[]).map((item) => [`${item.id} ${item.name}`, item] as const))(
    '%s',
    (_, { input, expected }) => {
      const request = requestOf(input.operation, Buffer.from(input.request ?? '{}'));
      expect(usageOfAnswer(request, target, input.headers ?? {}, Buffer.from(input.body))).toEqual(expected);
    },
  );

  test('a body nested a hundred thousand levels deep is estimated without a crash', () => {
    const deep = Buffer.from(`${'['.repeat(100_000)}"12345678"${']'.repeat(100_000)}`);
    expect(usageOfAnswer(requestOf('converse', deep), target, {}, Buffer.from('{}')).estimated).toBe(true);
  });
});

describe('what a stream cost', () => {
  const prompt = Buffer.from('{"messages":[{"role":"user","content":[{"text":"12345678"}]}]}');
  const read = (operation: Operation, events: Uint8Array[], headers: Record<string, string> = {}) => {
    const usage = createStreamUsage(requestOf(operation, prompt), target, headers);
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
});
