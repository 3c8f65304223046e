import { describe, expect, test } from 'vitest';
import { eventOf } from '../../../invoke/surfaces/containers/chunks.ts';
import { textAnswer, textEvents } from '../../../invoke/surfaces/structured.ts';

const use = (name: string, input: object = { a: 1 }) => ({ toolUse: { toolUseId: 'x', name, input } });

describe('an answer that a tool takes', () => {
  const read = (content: Record<string, unknown>[], stopReason: string) => {
    const answer = textAnswer({ output: { message: { role: 'assistant', content } }, stopReason, usage: {} }, 'answer');
    return { content: answer.output.message.content, stopReason: answer.stopReason };
  };

  test('is its text, and ended by itself', () => {
    expect(read([{ text: 'x' }, use('answer')], 'tool_use')).toEqual({
      content: [{ text: 'x' }, { text: '{"a":1}' }],
      stopReason: 'end_turn',
    });
    expect(read([use('answer')], 'max_tokens').stopReason).toBe('max_tokens');
  });

  test('beside a call of another is no end', () => {
    const other = use('other');
    expect(read([use('answer'), other], 'tool_use')).toEqual({
      content: [{ text: '{"a":1}' }, other],
      stopReason: 'tool_use',
    });
  });
});

describe('a stream of an answer that a tool takes', () => {
  const start = (contentBlockIndex: number, name: string) =>
    eventOf('contentBlockStart', { contentBlockIndex, start: { toolUse: { toolUseId: 'x', name } } });
  const delta = (contentBlockIndex: number, input: string) =>
    eventOf('contentBlockDelta', { contentBlockIndex, delta: { toolUse: { input } } });
  const stop = eventOf('messageStop', { stopReason: 'tool_use' });
  const read = (events: ReturnType<typeof eventOf>[]) => {
    const read = textEvents('answer');
    return [...events, null]
      .flatMap((event) => read(event))
      .map(({ type, payload }) => [type, JSON.parse(`${payload}`)]);
  };

  test('is one of text', () => {
    expect(read([start(0, 'answer'), delta(0, '{"a"'), delta(0, ''), delta(0, ':1}'), stop])).toEqual([
      ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: '{"a"' } }],
      ['contentBlockDelta', { contentBlockIndex: 0, delta: { text: ':1}' } }],
      ['messageStop', { stopReason: 'end_turn' }],
    ]);
  });

  test('leaves calls of others as they are', () => {
    const others = [start(1, 'other'), delta(1, '{}'), stop];
    expect(read([start(0, 'answer'), delta(0, '1'), ...others]).slice(1)).toEqual(
      others.map(({ type, payload }) => [type, JSON.parse(`${payload}`)]),
    );
  });
});
