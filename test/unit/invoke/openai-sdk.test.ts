import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { type Code, TollgateError } from '../../../contract/errors.ts';
import type { Served } from '../../../invoke/edge/lambda.ts';
import { call, edge, ending, mixtral, nova, post, streamed, whole } from './edge.ts';
import { BREAK, conversation, frame, stream } from './frame.ts';
import { front } from './front.ts';

const messages = [
  { role: 'system' as const, content: 'be brief' },
  { role: 'user' as const, content: 'hi' },
];

/** Runs with an unmodified SDK whose key is the token. */
async function withSdk<T>(app: Served, use: (client: OpenAI) => Promise<T>): Promise<T> {
  await using server = await front(app);
  return await use(new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'jwt', maxRetries: 0 }));
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** A streamed answer that ends for this reason. */
const ended = (stopReason: string) =>
  stream(
    conversation(['a']).map((event) => (event.type === 'messageStop' ? frame('messageStop', { stopReason }) : event)),
  );

const answered = (stopReason: string) => ({
  output: {
    message: {
      role: 'assistant',
      content: [{ reasoningContent: { reasoningText: { text: 'hm' } } }, { text: 'echo: ' }, { text: 'hi' }],
    },
  },
  stopReason,
  usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7, cacheReadInputTokens: 10, cacheWriteInputTokens: 20 },
});

describe('an unmodified OpenAI SDK', () => {
  test('completes a chat', async () => {
    const { app, calls } = edge(() => whole(nova, answered('end_turn')));
    const completion = await withSdk(app, (sdk) => sdk.chat.completions.create({ model: 'nova-lite', messages }));
    expect(completion).toEqual({
      id: 'chatcmpl-req-1',
      object: 'chat.completion',
      created: Date.UTC(2026, 10, 21, 12) / 1000,
      model: 'nova-lite',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'echo: hi', refusal: null, reasoning_content: 'hm' },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 35,
        completion_tokens: 2,
        total_tokens: 37,
        prompt_tokens_details: { cached_tokens: 10, cache_write_tokens: 20 },
      },
    });
    expect(calls[0]?.call).toMatchObject({ surface: 'openai', wanted: 'nova-lite', action: 'invoke' });
    expect(calls[0]?.request).toMatchObject({ operation: 'converse', headers: {} });
    expect(JSON.parse(Buffer.from(calls[0]?.request.body ?? []).toString())).toEqual({
      messages: [{ role: 'user', content: [{ text: 'hi' }] }],
      system: [{ text: 'be brief' }],
    });
  });

  test.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['content_filtered', 'content_filter'],
    ['guardrail_intervened', 'content_filter'],
    ['tool_use', 'tool_calls'],
    ['brand_new', 'stop'],
    ['constructor', 'stop'],
  ])('reads the stop reason %s as %s', async (reason, expected) => {
    const { app } = edge(() => whole(nova, answered(reason)));
    const { choices } = await withSdk(app, (sdk) => sdk.chat.completions.create({ model: 'nova-lite', messages }));
    expect(choices[0]?.finish_reason).toBe(expected);
  });

  test.each(['malformed_model_output', 'malformed_tool_use', 'malformed_brand_new'])(
    'raises an answer that ends as %s, whole or streamed, and does not ask again',
    async (reason) => {
      for (const stream of [false, true]) {
        const { app, calls } = edge(() => (stream ? streamed(nova, ended(reason)) : whole(nova, answered(reason))));
        await using server = await front(app);
        const sdk = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'jwt', maxRetries: 2 });
        const raised = async () => {
          const answer = await sdk.chat.completions.create({ model: 'nova-lite', messages, stream });
          return Symbol.asyncIterator in answer ? collect(answer) : answer;
        };
        await expect(raised()).rejects.toMatchObject({ code: 'model_failed', error: { type: 'api_error' } });
        expect(calls).toHaveLength(1);
        const raw = await call(app, post('/v1/chat/completions', { model: 'nova-lite', messages, stream }));
        expect(raw.statusCode).toBe(stream ? 200 : 424);
        expect(raw.text).not.toMatch(/DONE|finish_reason":"/);
      }
    },
  );

  test('reads every line of a stream whole, whatever ends a line for its reader', async () => {
    const text = 'a\u2028b\u2029c\u0085d';
    const { app } = edge(() => streamed(nova, stream(conversation([text]))));
    const chunks = await withSdk(app, async (sdk) =>
      collect(await sdk.chat.completions.create({ model: 'nova-lite', messages, stream: true })),
    );
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(text);
    const raw = await call(app, post('/v1/chat/completions', { model: text, messages, stream: true }));
    expect(raw.text).not.toMatch(/[\u2028\u2029\u0085]/);
  });

  test('U8: accepts every answer of its own as history', async () => {
    const contents = [
      [],
      [{ text: '' }],
      [{ text: '\n\n' }],
      [{ reasoningContent: { reasoningText: { text: 'hm' } } }],
      [{ toolUse: { toolUseId: 't', name: 'n', input: {} } }],
      [{ text: 'ho' }],
    ];
    for (const content of contents) {
      const { app } = edge(() =>
        whole(nova, { ...answered('end_turn'), output: { message: { role: 'assistant', content } } }),
      );
      await withSdk(app, async (sdk) => {
        const said = await sdk.chat.completions.create({ model: 'nova-lite', messages });
        const [choice] = said.choices;
        if (choice === undefined) throw new Error('no choice');
        const next = [...messages, choice.message, { role: 'user' as const, content: 'go on' }];
        expect((await sdk.chat.completions.create({ model: 'nova-lite', messages: next })).choices).toHaveLength(1);
      });
    }
  });

  test('streams a chat with its usage', async () => {
    const { app, calls } = edge(() =>
      streamed(nova, stream(conversation(['a ', 'b'], { inputTokens: 3, outputTokens: 2, cacheReadInputTokens: 4 }))),
    );
    const chunks = await withSdk(app, async (sdk) =>
      collect(
        await sdk.chat.completions.create({
          model: 'nova-lite',
          messages,
          stream: true,
          stream_options: { include_usage: true },
        }),
      ),
    );
    expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { reasoning_content: 'thinking' },
      { content: 'a ' },
      { content: 'b' },
      {},
      undefined,
    ]);
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, null, null, null, 'stop', undefined]);
    expect(chunks.map(({ usage }) => usage)).toEqual([
      null,
      null,
      null,
      null,
      null,
      {
        prompt_tokens: 7,
        completion_tokens: 2,
        total_tokens: 9,
        prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
      },
    ]);
    expect(new Set(chunks.map(({ id, model, object }) => `${id} ${model} ${object}`))).toEqual(
      new Set(['chatcmpl-req-1 nova-lite chat.completion.chunk']),
    );
    expect(calls[0]?.call.action).toBe('stream');
    expect(calls[0]?.request.operation).toBe('converse-stream');
  });

  test('lists and shows models', async () => {
    const { app } = edge();
    const listed = await withSdk(app, async (sdk) => collect(sdk.models.list()));
    expect(listed.map(({ id }) => id)).toContain('nova-lite');
    expect(await withSdk(app, (sdk) => sdk.models.retrieve('nova-lite'))).toMatchObject({ object: 'model' });
  });

  test.each<[Code, string, number]>([
    ['unauthenticated', 'AuthenticationError', 401],
    ['forbidden', 'PermissionDeniedError', 403],
    ['model_not_allowed', 'PermissionDeniedError', 403],
    ['not_found', 'NotFoundError', 404],
    ['upstream_rejected', 'BadRequestError', 400],
    ['model_retired', 'APIError', 410],
    ['upstream_throttled', 'RateLimitError', 429],
    ['upstream_failed', 'InternalServerError', 502],
    ['unavailable', 'InternalServerError', 503],
    ['deadline', 'InternalServerError', 504],
  ])('raises %s as its own %s', async (code, name, status) => {
    const { app } = edge(() => {
      throw new TollgateError(code);
    });
    const error = await withSdk(app, (sdk) =>
      sdk.chat.completions.create({ model: 'nova-lite', messages }).catch((thrown) => thrown),
    );
    expect(error.constructor.name).toBe(name);
    expect(error).toMatchObject({ status, code, requestID: 'req-1', type: expect.any(String) });
  });

  test('T9: names the part that was an image by its address', async () => {
    const { app, calls } = edge();
    const content = [{ type: 'image_url' as const, image_url: { url: 'http://127.0.0.1:1/x.png' } }];
    const error = await withSdk(app, (sdk) =>
      sdk.chat.completions
        .create({ model: 'nova-lite', messages: [{ role: 'user', content }] })
        .catch((thrown) => thrown),
    );
    expect(error).toMatchObject({ status: 400, param: 'messages[0].content[0].image_url.url' });
    expect(calls).toEqual([]);
  });
});

describe('U2: a stream that breaks', () => {
  const cases: [string, () => ReturnType<typeof stream>][] = [
    ['after some events', () => stream(conversation(['a']).slice(0, 3), BREAK)],
    ['without its end', () => stream(conversation(['a']).slice(0, 3))],
    ['with an event that cannot be read', () => stream([...conversation(['a']).slice(0, 3), unreadable()])],
  ];
  const unreadable = () => ({ ...frame('contentBlockDelta', {}), payload: Buffer.from('{') });

  test.each(cases)('%s is raised, and has no end marker', async (_, events) => {
    const { app } = edge(() => streamed(nova, events()));
    const texts: string[] = [];
    const raised = withSdk(app, async (sdk) => {
      const chunks = await sdk.chat.completions.create({ model: 'nova-lite', messages, stream: true });
      for await (const { choices } of chunks) texts.push(choices[0]?.delta.content ?? 'none');
    });
    await expect(raised).rejects.toBeInstanceOf(OpenAI.APIError);
    expect(texts).toEqual(['', 'none', 'a']);

    const raw = await call(
      edge(() => streamed(nova, events())).app,
      post('/v1/chat/completions', { model: 'nova-lite', messages, stream: true }),
    );
    expect(raw.text).toContain('"error":{');
    expect(raw.text).not.toContain('[DONE]');
  });

  test('is in the log', async () => {
    const { app, lines } = edge(() => streamed(nova, stream([], BREAK)));
    await call(app, post('/v1/chat/completions', { model: 'nova-lite', messages, stream: true }));
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'stream-broke', code: 'upstream_failed' });
  });
});

test('a whole stream ends with [DONE] and has no usage unless asked for', async () => {
  const { app } = edge(() => streamed(nova, stream(conversation(['a']))));
  const { text, headers } = await call(
    app,
    post('/v1/chat/completions', { model: 'nova-lite', messages, stream: true }),
  );
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  expect(text).not.toContain('usage');
  expect(headers['content-type']).toBe('text/event-stream; charset=utf-8');
});

test('an answer that is not Converse’s is 502, and the log does not quote it', async () => {
  for (const body of ['private answer', '{}', '{"output":{"message":{"content":"x"}}}']) {
    const { app, lines } = edge(() => whole(nova, Buffer.from(body)));
    expect((await call(app, post('/v1/chat/completions', { model: 'nova-lite', messages }))).statusCode).toBe(502);
    expect(lines.join()).not.toContain('private');
  }
});

test('a container is asked in its own form, and answers in it', async () => {
  const answered = { choices: [{ message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }] };
  const { app, calls } = edge(() => whole(mixtral, answered), mixtral);
  const answer = await call(app, post('/v1/chat/completions', { model: 'mixtral-8x7b', messages }));
  expect(answer.json()).toMatchObject({ choices: [{ message: { content: 'hi' }, finish_reason: 'stop' }] });
  expect(calls[0]?.request).toMatchObject({ operation: 'invocations', contentType: 'application/json' });
});

test('L2: a deprecated model’s answers say until when and what comes after', async () => {
  for (const isStream of [false, true]) {
    const { app } = edge(() =>
      isStream ? streamed(ending, stream(conversation(['a']))) : whole(ending, answered('end_turn')),
    );
    const { headers } = await call(
      app,
      post('/v1/chat/completions', { model: 'claude-v2', messages, stream: isStream }),
    );
    expect(headers).toMatchObject({
      deprecation: expect.stringMatching(/^@\d+$/),
      sunset: expect.stringContaining('GMT'),
      link: '</v1/models/nova-lite>; rel="successor-version"',
    });
  }
});
