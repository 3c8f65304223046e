import { describe, expect, test } from 'vitest';
import { TollgateError } from '../../../contract/errors.ts';
import { converseEvents, ownEvents } from '../../../invoke/surfaces/anthropic/events.ts';
import type { Translation } from '../../../invoke/surfaces/relay.ts';
import { bedrockModel, call, edge, post, whole } from './edge.ts';

const BASE = { id: 'msg_r', model: 'nova-lite', stopSequences: ['END'] };

type Said = { type: string; [member: string]: unknown };

/** What a client reads: each event's data, whose type is the event's name. */
function read(bytes: Uint8Array | null): Said[] {
  return Buffer.from(bytes ?? [])
    .toString()
    .split('\n\n')
    .filter(Boolean)
    .map((text) => {
      const [, name, data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(text) ?? [];
      const said = JSON.parse(data) as Said;
      expect(said.type).toBe(name);
      return said;
    });
}

function feed(translation: Translation, events: [type: string, payload: object][]): Said[] {
  return events.flatMap(([type, payload]) =>
    read(translation.event({ type, bytes: new Uint8Array(), payload: Buffer.from(JSON.stringify(payload)) })),
  );
}

const delta = (contentBlockIndex: number, change: object): [string, object] => [
  'contentBlockDelta',
  { contentBlockIndex, delta: change },
];
const stop = (contentBlockIndex: number): [string, object] => ['contentBlockStop', { contentBlockIndex }];

describe('ConverseStream’s events', () => {
  test('are blocks of each kind, numbered without gaps, and what they cost', () => {
    const stream = converseEvents(BASE, 'r');
    const said = feed(stream, [
      ['messageStart', { role: 'assistant' }],
      delta(0, { reasoningContent: { text: 'hm' } }),
      delta(0, { reasoningContent: { signature: 's' } }),
      stop(0),
      delta(1, { reasoningContent: { redactedContent: 'eA==' } }),
      stop(1),
      // A block that says nothing.
      stop(2),
      delta(3, { text: 'see' }),
      delta(3, { text: '' }),
      delta(3, {
        citation: {
          title: 'Doc',
          sourceContent: [{ text: 'the words' }],
          location: { documentChar: { documentIndex: 0, start: 1, end: 10 } },
        },
      }),
      stop(3),
      ['contentBlockStart', { contentBlockIndex: 4, start: { toolUse: { toolUseId: 't', name: 'look' } } }],
      delta(4, { toolUse: { input: '{"a"' } }),
      delta(4, { toolUse: { input: ':1}' } }),
      stop(4),
      ['messageStop', { stopReason: 'stop_sequence' }],
      [
        'metadata',
        {
          usage: {
            inputTokens: 5,
            outputTokens: 7,
            cacheReadInputTokens: 2,
            cacheWriteInputTokens: 9,
            cacheDetails: [{ ttl: '1h', inputTokens: 4 }],
          },
          serviceTier: { type: 'priority' },
        },
      ],
    ]);
    expect(said[0]).toMatchObject({ type: 'message_start', message: { id: 'msg_r', model: 'nova-lite', content: [] } });
    const start = (index: number, content_block: object) => ({ type: 'content_block_start', index, content_block });
    const change = (index: number, one: object) => ({ type: 'content_block_delta', index, delta: one });
    const end = (index: number) => ({ type: 'content_block_stop', index });
    expect(said.slice(1, -1)).toEqual([
      start(0, { type: 'thinking', thinking: '', signature: '' }),
      change(0, { type: 'thinking_delta', thinking: 'hm' }),
      change(0, { type: 'signature_delta', signature: 's' }),
      end(0),
      start(1, { type: 'redacted_thinking', data: 'eA==' }),
      end(1),
      start(2, { type: 'text', text: '', citations: null }),
      change(2, { type: 'text_delta', text: 'see' }),
      change(2, {
        type: 'citations_delta',
        citation: {
          type: 'char_location',
          cited_text: 'the words',
          document_index: 0,
          document_title: 'Doc',
          file_id: null,
          start_char_index: 1,
          end_char_index: 10,
        },
      }),
      end(2),
      start(3, { type: 'tool_use', id: 't', name: 'look', input: {} }),
      change(3, { type: 'input_json_delta', partial_json: '{"a"' }),
      change(3, { type: 'input_json_delta', partial_json: ':1}' }),
      end(3),
    ]);
    expect(said.at(-1)).toMatchObject({
      type: 'message_delta',
      delta: { stop_reason: 'stop_sequence', stop_sequence: 'END' },
      usage: {
        input_tokens: 5,
        output_tokens: 7,
        cache_read_input_tokens: 2,
        cache_creation_input_tokens: 9,
        cache_creation: { ephemeral_5m_input_tokens: 5, ephemeral_1h_input_tokens: 4 },
        service_tier: 'priority',
      },
    });
    expect(read(stream.end())).toEqual([{ type: 'message_stop' }]);
  });

  test('that stop before the end, or as malformed, are no whole answer', () => {
    const cut = converseEvents(BASE, 'r');
    feed(cut, [['messageStart', {}], delta(0, { text: 'a' })]);
    expect(() => cut.end()).toThrow('failed to answer');
    const malformed = converseEvents(BASE, 'r');
    const said = feed(malformed, [
      ['messageStop', { stopReason: 'malformed_tool_use' }],
      ['metadata', { usage: {} }],
    ]);
    expect(said).toEqual([]);
    expect(() => malformed.end()).toThrow('malformed');
  });
});

describe('Claude’s own events', () => {
  const chunk = (text: string): [string, object] => ['chunk', { bytes: Buffer.from(text).toString('base64') }];

  test('go on as they came, but for what Bedrock adds, whatever ends a line in them', () => {
    const stream = ownEvents('r', {});
    const event = '{"type":"newer_than_us","n":1.50,"s":"a\u2028b"}';
    const [type, payload] = chunk(event);
    const bytes = stream.event({ type, bytes: new Uint8Array(), payload: Buffer.from(JSON.stringify(payload)) });
    expect(Buffer.from(bytes ?? []).toString()).toBe(
      'event: newer_than_us\ndata: {"type":"newer_than_us","n":1.50,"s":"a\\u2028b"}\n\n',
    );
    expect(
      feed(stream, [chunk('{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":1}}')]),
    ).toEqual([{ type: 'message_stop' }]);
    expect(stream.end()).toBeNull();
  });

  test('show a guardrail’s trace only where the grant does', () => {
    const traced = chunk('{ "amazon-bedrock-trace": {"arn": 1}, "type": "message_stop" }');
    expect(feed(ownEvents('r', {}), [traced])).toEqual([{ type: 'message_stop' }]);
    expect(feed(ownEvents('r', { trace: true }), [traced])).toEqual([
      { type: 'message_stop', 'amazon-bedrock-trace': { arn: 1 } },
    ]);
  });

  test.each([
    ['where they say how it ended', 0],
    ['behind that', 1],
  ])('are a refusal where a guardrail stopped the answer, which Bedrock says %s', (_, at) => {
    const said = ['"amazon-bedrock-guardrailAction":"INTERVENED",', ''];
    const [stop, over] = at === 0 ? said : said.reverse();
    const events = (first = '', second = '') => [
      chunk(`{"type":"message_delta",${first}"delta":{"stop_reason":"end_turn"}}`),
      chunk(`{"type":"message_stop",${second}"n":1.50}`),
    ];
    const guardrail = { arn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/demo', version: '1' };
    const reasons = (sent: [string, object][]) =>
      feed(ownEvents('r', { guardrail }), sent).map(({ type, delta }) => [
        type,
        (delta as Said | undefined)?.stop_reason,
      ]);
    const ended = (reason: string) => [
      ['message_delta', reason],
      ['message_stop', undefined],
    ];
    expect(reasons(events(stop, over))).toEqual(ended('refusal'));
    expect(reasons(events())).toEqual(ended('end_turn'));
  });

  test('and a whole answer likewise, in which nothing else is touched', async () => {
    const guardrail = { arn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/demo', version: '1' };
    const model = bedrockModel('claude', 'anthropic.claude-sonnet-4-5-20250929-v1:0', { guardrail });
    const answered = async (answer: object) => {
      const { app } = edge(() => whole(model, answer), model);
      return (await call(app, post('/v1/messages', { model: 'claude', max_tokens: 9, messages: [] }))).json();
    };
    const answer = {
      content: [{ type: 'text', text: '"amazon-bedrock-guardrailAction":"INTERVENED"' }],
      stop_reason: 'end_turn',
    };
    expect(await answered(answer)).toEqual(answer);
    const stopped = { ...answer, 'amazon-bedrock-guardrailAction': 'INTERVENED' };
    expect(await answered(stopped)).toEqual({ ...stopped, stop_reason: 'refusal' });
  });

  test('without the last one are no whole answer', () => {
    const stream = ownEvents('r', {});
    feed(stream, [chunk('{"type":"message_start"}')]);
    expect(() => stream.end()).toThrow('failed to answer');
  });
});

test.each([
  ['Converse’s', converseEvents(BASE, 'r')],
  ['Claude’s', ownEvents('r', {})],
])('a stream of %s pings while the model is silent, and breaks with an error event', (_, stream) => {
  expect(read(stream.silent?.() ?? null)).toEqual([{ type: 'ping' }]);
  expect(read(stream.broken(new TollgateError('upstream_throttled')))).toEqual([
    {
      type: 'error',
      error: { type: 'overloaded_error', message: expect.any(String), details: { error_code: 'upstream_throttled' } },
      request_id: 'r',
    },
  ]);
});
