import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StreamEvent } from '../../../invoke/call.ts';
import { readAnswer } from '../../../invoke/surfaces/converse.ts';
import type { Reading } from '../../../invoke/surfaces/openai/asked.ts';
import { chatChunks } from '../../../invoke/surfaces/openai/chunks.ts';
import { completion } from '../../../invoke/surfaces/openai/completion.ts';
import { ownChunks, ownCompletion } from '../../../invoke/surfaces/openai/own.ts';
import { createThoughts } from '../../../invoke/surfaces/openai/thoughts.ts';
import type { Translation } from '../../../invoke/surfaces/relay.ts';
import { responseOf } from '../../../invoke/surfaces/responses/answer.ts';
import { responseBase } from '../../../invoke/surfaces/responses/response.ts';
import { frame } from './frame.ts';

const BASE = { id: 'chatcmpl-1', created: 1, model: 'm' };
const ALL: Reading = { oneCall: false };

interface Choice {
  message: Record<string, unknown>;
  delta: Record<string, unknown>;
  finish_reason: string | null;
}

type Content = Record<string, unknown>[];

function whole(content: Content, stopReason: string, reading = ALL): Choice {
  const body = { output: { message: { role: 'assistant', content } }, stopReason, usage: {} };
  const { choices } = completion(BASE, readAnswer(Buffer.from(JSON.stringify(body))), reading) as {
    choices: unknown;
  };
  return (choices as [Choice])[0];
}

/** What each chunk of a whole stream holds. */
function chunksOf(events: StreamEvent[], translation: Translation): Record<string, unknown>[] {
  const written = [...events.map((event) => translation.event(event)), translation.end()];
  const text = written.map((bytes) => (bytes === null ? '' : Buffer.from(bytes).toString())).join('');
  const lines = text.split('\n\n').filter((line) => line !== '' && line !== 'data: [DONE]');
  return lines.map((line) => JSON.parse(line.slice('data: '.length)));
}

const choiceIn = (chunk: Record<string, unknown>) => (chunk.choices as Choice[])[0];
const deltas = (chunks: Record<string, unknown>[]) => chunks.flatMap((chunk) => choiceIn(chunk)?.delta ?? []);

function streamOf(blocks: { start?: object; deltas: object[] }[], stopReason: string): StreamEvent[] {
  return [
    frame('messageStart', { role: 'assistant' }),
    ...blocks.flatMap(({ start, deltas: pieces }, contentBlockIndex) => [
      ...(start === undefined ? [] : [frame('contentBlockStart', { contentBlockIndex, start })]),
      ...pieces.map((delta) => frame('contentBlockDelta', { contentBlockIndex, delta })),
      frame('contentBlockStop', { contentBlockIndex }),
    ]),
    frame('messageStop', { stopReason }),
    frame('metadata', { usage: { inputTokens: 1, outputTokens: 2 }, serviceTier: { type: 'reserved' } }),
  ];
}

const toolUse = (toolUseId: string, name = 'look', input: unknown = { a: 1 }) => ({
  toolUse: { toolUseId, name, input },
});
const called = (toolUseId: string, ...inputs: string[]) => ({
  start: { toolUse: { toolUseId, name: 'look' } },
  deltas: inputs.map((input) => ({ toolUse: { input } })),
});

describe('an answer of Converse', () => {
  test('that only calls has no content, and its calls in their order', () => {
    const { message, finish_reason } = whole([toolUse('a'), { toolUse: { toolUseId: 'b', name: 'look' } }], 'tool_use');
    expect(message).toMatchObject({
      content: null,
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'look', arguments: '{"a":1}' } },
        { id: 'b', function: { arguments: '{}' } },
      ],
    });
    expect(finish_reason).toBe('tool_calls');
  });

  test('has no more calls than were asked for', () => {
    const reading = { oneCall: true };
    expect(whole([{ text: 'x' }, toolUse('a'), toolUse('b')], 'tool_use', reading).message).toMatchObject({
      content: 'x',
      tool_calls: [{ id: 'a' }],
    });
    const chunks = chunksOf(
      streamOf([called('a', '{}'), called('b', '{}')], 'tool_use'),
      chatChunks(BASE, false, reading),
    );
    expect(JSON.stringify(chunks)).not.toContain('"b"');
  });

  test('says what was thought, and what of it can be given back', () => {
    const { message } = whole(
      [
        { reasoningContent: { reasoningText: { text: 'hm', signature: 's' } } },
        { reasoningContent: { redactedContent: 'ZA==' } },
        { reasoningContent: { reasoningText: { text: '!' } } },
        { text: 'ho' },
      ],
      'end_turn',
    );
    expect(message).toEqual({
      role: 'assistant',
      content: 'ho',
      refusal: null,
      reasoning_content: 'hm!',
      reasoning_details: [
        { type: 'reasoning.text', text: 'hm', signature: 's' },
        { type: 'reasoning.encrypted', data: 'ZA==' },
      ],
    });
  });

  test('has the text of what it cites, as each surface writes it', () => {
    const content = [
      { text: 'so ' },
      { citationsContent: { content: [{ text: 'it ' }, { text: 'is' }], citations: [{}] } },
    ];
    expect(whole(content, 'end_turn').message.content).toBe('so it is');
    const answer = { output: { message: { role: 'assistant' as const, content } }, stopReason: 'end_turn', usage: {} };
    const asked = { requestId: '1', nowSeconds: 1, stored: false };
    const { output } = responseOf(responseBase({ model: 'm' }, asked), answer, ALL);
    const texts = [{ text: 'so ' }, { text: 'it is' }];
    expect(output).toMatchObject([{ type: 'message', content: texts }]);
  });

  test('that is a refusal says so', () => {
    expect(whole([{ text: 'no' }], 'refusal')).toMatchObject({
      message: { content: null, refusal: 'no' },
      finish_reason: 'content_filter',
    });
  });
});

describe('a stream of Converse', () => {
  test('has a call’s arguments as they come, and an empty object where none come', () => {
    const chunks = chunksOf(
      streamOf([called('a', '{"a"', ':1}'), called('b')], 'tool_use'),
      chatChunks(BASE, false, ALL),
    );
    expect(deltas(chunks).slice(1, -1)).toEqual([
      { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'look', arguments: '' } }] },
      { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
      { tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'look', arguments: '' } }] },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
    ]);
  });

  test('has each thought whole when it ends, as it can be given back; an unsigned one has none', () => {
    const thought = (...pieces: object[]) => ({ deltas: pieces.map((reasoningContent) => ({ reasoningContent })) });
    const events = streamOf(
      [
        thought({ text: 'h' }, { text: 'm' }, { signature: 's' }),
        thought({ redactedContent: 'ZA==' }),
        thought({ text: '!' }),
      ],
      'end_turn',
    );
    expect(deltas(chunksOf(events, chatChunks(BASE, false, ALL))).slice(1, -1)).toEqual([
      { reasoning_content: 'h' },
      { reasoning_content: 'm' },
      { reasoning_details: [{ type: 'reasoning.text', text: 'hm', signature: 's', index: 0 }] },
      { reasoning_details: [{ type: 'reasoning.encrypted', data: 'ZA==', index: 1 }] },
      { reasoning_content: '!' },
    ]);
  });

  test('says in its last chunk how it was sold', () => {
    expect(chunksOf(streamOf([], 'end_turn'), chatChunks(BASE, true, ALL)).at(-1)).toMatchObject({
      choices: [],
      usage: { total_tokens: 3 },
      service_tier: 'scale',
    });
  });
});

const wrapped = (chunk: object) => frame('chunk', { bytes: Buffer.from(JSON.stringify(chunk)).toString('base64') });
const piece = (delta: object, finish_reason: string | null = null, more: object = {}) =>
  wrapped({ id: 'theirs', model: 'theirs', brand_new: 1, choices: [{ index: 0, delta, finish_reason }], ...more });

describe('an answer in OpenAI’s own form', () => {
  const body = (more: object, message: object = { content: 'ho' }) =>
    Buffer.from(
      JSON.stringify({ id: 'theirs', model: 'theirs', choices: [{ finish_reason: 'stop', message }], ...more }),
    );

  test('keeps what is newer than this gateway, under the names that the caller knows', () => {
    const { choices, ...rest } = ownCompletion(BASE, body({ brand_new: 1 }, { content: 'ho', newer: 2 }), 'flex') as {
      choices: unknown;
    };
    expect(rest).toEqual({ id: 'chatcmpl-1', created: 1, model: 'm', brand_new: 1, service_tier: 'flex' });
    expect(choices).toEqual([{ finish_reason: 'stop', message: { content: 'ho', newer: 2 } }]);
  });

  test('shows nothing of Bedrock’s own members but that a guardrail stepped in', () => {
    const bedrocks = { 'amazon-bedrock-guardrailAction': 'INTERVENED', 'amazon-bedrock-trace': { arn: 'arn:x' } };
    const shown = ownCompletion(BASE, body(bedrocks));
    expect(JSON.stringify(shown)).not.toContain('amazon-bedrock');
    expect(shown).toMatchObject({ choices: [{ finish_reason: 'content_filter' }] });
    const [chunk] = chunksOf([piece({ content: 'no' }, 'stop', bedrocks)], ownChunks(BASE, false));
    expect(JSON.stringify(chunk)).not.toContain('amazon-bedrock');
    expect(choiceIn(chunk ?? {})?.finish_reason).toBe('content_filter');
  });

  test.each(['x', '{}', '[]', '{"choices":1}'])('that is none is a failure of the model’s: %s', (bytes) => {
    expect(() => ownCompletion(BASE, Buffer.from(bytes))).toThrowError(
      expect.objectContaining({ code: 'upstream_failed' }),
    );
  });

  test('is streamed with every member, and its usage only if it is asked for', () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
    const events = [piece({ role: 'assistant' }), piece({ content: 'a' }, 'stop'), wrapped({ choices: [], usage })];
    const told = chunksOf(events, ownChunks(BASE, true));
    expect(told).toMatchObject([
      { brand_new: 1, id: 'chatcmpl-1', model: 'm', usage: null },
      { usage: null },
      { usage },
    ]);
    expect(chunksOf(events, ownChunks(BASE, false))).toHaveLength(2);
    expect(JSON.stringify(chunksOf(events, ownChunks(BASE, false)))).not.toContain('usage');
  });

  test('has its usage of Bedrock’s own counts where the model tells none', () => {
    const metrics = { inputTokenCount: 4, outputTokenCount: 5, cacheReadInputTokenCount: 1 };
    const last = piece({ content: 'a' }, 'stop', { 'amazon-bedrock-invocationMetrics': metrics });
    expect(chunksOf([last], ownChunks(BASE, true)).at(-1)).toMatchObject({
      object: 'chat.completion.chunk',
      choices: [],
      usage: { prompt_tokens: 5, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 1 } },
    });
  });

  test('U2: is cut short without its finish reason, and broken by an error', () => {
    const translation = ownChunks(BASE, false);
    translation.event(piece({ content: 'a' }));
    expect(() => translation.end()).toThrowError(expect.objectContaining({ reason: 'stream-cut-short' }));
    expect(() => ownChunks(BASE, false).event(wrapped({ error: { message: 'x' } }))).toThrowError(
      expect.objectContaining({ code: 'upstream_failed' }),
    );
  });
});

describe('thoughts between tags', () => {
  const told = (pieces: string[]) => {
    const thoughts = createThoughts();
    const all = [...pieces.map((one) => thoughts.push(one)), thoughts.end()];
    return [all.map(({ thought = '' }) => thought).join(''), all.map(({ text = '' }) => text).join('')];
  };

  test.each([
    ['<reasoning>hm</reasoning>ho', 'hm', 'ho'],
    ['<reasoning>a < b </reason </reasoning>', 'a < b </reason ', ''],
    ['<reasoning>cut sho', 'cut sho', ''],
    ['<reasoning>cut </reas', 'cut </reas', ''],
    ['ho <reasoning>x</reasoning>', '', 'ho <reasoning>x</reasoning>'],
    ['<reason', '', '<reason'],
    ['', '', ''],
  ])('%j is thought %j and said %j, wherever its pieces end', (text, thought, said) => {
    expect(told([text])).toEqual([thought, said]);
    expect(told([...text])).toEqual([thought, said]);
    fc.assert(
      fc.property(fc.array(fc.nat(text.length)), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), text.length];
        expect(told(at.slice(1).map((end, i) => text.slice(at[i], end)))).toEqual([thought, said]);
      }),
    );
  });
});
