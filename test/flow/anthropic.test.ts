import Anthropic, {
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  OverloadedError,
  PermissionDeniedError,
  RateLimitError,
} from '@anthropic-ai/sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { finishedOf, RawUsage, tokensOf } from './raw-usage.ts';
import { Stack } from './stack.ts';

/** Claude takes Anthropic's own form, Nova is spoken to in Converse: a client must not notice which. */
const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const CLAUDE_ENTRY = 'claude-sonnet-4-5';
const NOVA = 'nova-lite';
const BOTH = [CLAUDE, NOVA];
/** A container on SageMaker. */
const MIXTRAL = 'mixtral-8x7b';

let stack: Stack;
let mark: number;
let client: Anthropic;
let usage: RawUsage;

beforeAll(async () => {
  // Budgets and grants are edited below, and are to hold for the next call.
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0' } });
  client = await clientOf('acme-app');
  usage = new RawUsage(stack);
});

beforeEach(async () => {
  mark = await stack.mark();
});

afterEach(() => stack.clearFaults());

afterAll(async () => {
  usage.close();
  await stack.remove();
});

async function modelCalls() {
  return (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock');
}

async function clientOf(name: string, path = ''): Promise<Anthropic> {
  const authToken = await stack.token(name);
  return new Anthropic({ baseURL: `${stack.gateway}${path}`, authToken, apiKey: null, maxRetries: 0 });
}

const ask = (model: string, text: string) => ({
  model,
  max_tokens: 1_000,
  messages: [{ role: 'user' as const, content: text }],
});

describe('the unmodified SDK of Anthropic', () => {
  test.each([...BOTH, MIXTRAL])('asks %s, whole and streamed', async (model) => {
    const message = await client.messages.create(ask(model, 'two words'));
    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      content: [{ type: 'text', text: 'echo: two words' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 2, output_tokens: 3 },
    });
    expect(message._request_id).toMatch(/^[\w-]{36}$/);
    const stream = client.messages.stream(ask(model, 'two words'));
    const texts: string[] = [];
    stream.on('text', (text) => texts.push(text));
    expect(await stream.finalMessage()).toMatchObject({
      content: [{ type: 'text', text: 'echo: two words' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 2, output_tokens: 3 },
    });
    expect(texts).toHaveLength(3);
  });

  test.each(BOTH)('has %s call a tool, and gives it the answer back with all that it said', async (model) => {
    const tools = [{ name: 'look', input_schema: { type: 'object' as const } }];
    const first = ask(model, '[[tool:look {"at":"sky"}]] [[reasoning]]');
    const events: string[] = [];
    const stream = client.messages.stream({ ...first, tools }).on('streamEvent', ({ type }) => events.push(type));
    const { content, stop_reason } = await stream.finalMessage();
    expect(stop_reason).toBe('tool_use');
    expect(content).toMatchObject([
      { type: 'thinking', signature: expect.any(String) },
      { type: 'tool_use', name: 'look', input: { at: 'sky' } },
    ]);
    expect(events.filter((type) => type !== 'content_block_delta')).toEqual([
      'message_start',
      ...['content_block_start', 'content_block_stop', 'content_block_start', 'content_block_stop'],
      ...['message_delta', 'message_stop'],
    ]);
    const [, call] = content;
    const result = await client.messages.create({
      ...first,
      tools,
      messages: [
        ...first.messages,
        { role: 'assistant', content },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: call?.type === 'tool_use' ? call.id : '', content: 'blue' }],
        },
      ],
    });
    expect(result.content).toMatchObject([{ type: 'text', text: 'echo: blue' }]);
  });

  test.each(BOTH)('counts tokens of %s, which are on no bill', async (model) => {
    const { model: wanted, messages } = ask(model, 'three little words');
    expect(await client.messages.countTokens({ model: wanted, messages, system: 'be brief' })).toEqual({
      input_tokens: 5,
    });
    const [call] = await modelCalls();
    expect(call?.operation).toBe('CountTokens');
  });

  test('lists the models in its own form, page by page, and shows one', async () => {
    const ids: string[] = [];
    for await (const { id, type, created_at } of client.models.list({ limit: 2 })) {
      expect([type, Number.isNaN(Date.parse(created_at))]).toEqual(['model', false]);
      ids.push(id);
    }
    expect(ids).toEqual(expect.arrayContaining([CLAUDE_ENTRY, NOVA, 'claude-v2']));
    expect(ids).not.toContain('llama-3-3-70b');
    expect(await client.models.retrieve(NOVA)).toMatchObject({ id: NOVA, display_name: expect.any(String) });
  });

  test('is served under /anthropic as well', async () => {
    const there = await clientOf('acme-app', '/anthropic');
    expect(await there.messages.create(ask(NOVA, 'hi'))).toMatchObject({ content: [{ text: 'echo: hi' }] });
    expect((await there.models.list()).data.map(({ id }) => id)).toContain(NOVA);
  });
});

describe('what reaches Claude', () => {
  test('is the caller’s own body, with what is newer than anything here, and the flags of its header', async () => {
    const body = {
      ...ask(CLAUDE, 'hi'),
      service_tier: 'auto' as const,
      container: 'kept',
      newer_than_us: { a: 1 },
    };
    await client.messages.create(body, { headers: { 'anthropic-beta': 'one-2030-01-01, claude-code-20250219' } });
    const [call] = await modelCalls();
    expect(call).toMatchObject({
      operation: 'InvokeModel',
      request: {
        members: ['anthropic_version', 'anthropic_beta', 'max_tokens', 'messages', 'container', 'newer_than_us'],
      },
    });
  });
});

describe('what Claude refuses is raised in its own words', () => {
  const thinking = (budget_tokens: number) => ({ type: 'enabled' as const, budget_tokens });
  const REFUSED: [string, object, string][] = [
    ['a budget below the least', { thinking: thinking(1_023) }, 'should be greater than or equal to 1024'],
    ['a budget as high as the limit', { thinking: thinking(4_000) }, '`max_tokens` must be greater than'],
    ['a temperature', { thinking: thinking(1_024), temperature: 0.5 }, '`temperature` may only be set to 1'],
    ['`top_k`', { thinking: thinking(1_024), top_k: 5 }, '`top_k` must be unset'],
    [
      'a forced tool',
      {
        thinking: thinking(1_024),
        tools: [{ name: 'look', input_schema: { type: 'object' } }],
        tool_choice: { type: 'any' },
      },
      'tool_choice forces tool use',
    ],
  ];
  test.each(REFUSED)('%s beside what it thinks with', async (_, more, words) => {
    const asked = client.messages.create({ ...ask(CLAUDE, 'hi'), max_tokens: 4_000, ...more });
    await expect(asked).rejects.toBeInstanceOf(Anthropic.BadRequestError);
    await expect(asked).rejects.toThrow(words);
  });

  test('interleaved thinking may be longer than one answer', async () => {
    const body = { ...ask(CLAUDE, 'hi'), max_tokens: 2_000, thinking: thinking(4_000) };
    const headers = { 'anthropic-beta': 'interleaved-thinking-2025-05-14' };
    expect(await client.messages.create(body, { headers })).toMatchObject({ stop_reason: 'end_turn' });
  });
});

describe('every call is on the bill as the model counted it', () => {
  test.each(BOTH.flatMap((model) => [[model, false] as const, [model, true] as const]))(
    '%s, streamed: %s',
    async (model, stream) => {
      const system = [
        {
          type: 'text' as const,
          text: `read once ${model} ${stream}`,
          cache_control: { type: 'ephemeral' as const, ttl: '1h' as const },
        },
      ];
      const asked = { ...ask(model, 'some words'), system };
      const { request_id } = await (stream
        ? client.messages
            .create({ ...asked, stream })
            .withResponse()
            .then(async ({ data, request_id }) => {
              for await (const _ of data);
              return { request_id };
            })
        : client.messages.create(asked).withResponse());
      const [finished] = finishedOf(await usage.ofCall(request_id ?? ''));
      const [call] = await modelCalls();
      expect(finished).toMatchObject({ surface: 'anthropic', outcome: 'ok', estimated: false });
      expect(finished?.tokens).toEqual(tokensOf(call?.usage ?? ({} as never)));
      expect(finished?.tokens).toMatchObject(model === CLAUDE ? { cacheWrite1h: 4 } : { cacheWrite: 4 });
    },
  );
});

describe('a stream', () => {
  const events = async (
    model: string,
  ): Promise<{ seen: string[]; error?: InstanceType<typeof Anthropic.APIError> }> => {
    const seen: string[] = [];
    try {
      for await (const { type } of await client.messages.create({ ...ask(model, 'a b c'), stream: true }))
        seen.push(type);
      return { seen };
    } catch (error) {
      return { seen, error: error as InstanceType<typeof Anthropic.APIError> };
    }
  };

  test.each(BOTH)('U2 that breaks ends with an error event and no message_stop: %s', async (model) => {
    await stack.fault({ service: 'bedrock', times: 1, fault: { breakAfterEvents: 3 } });
    const { seen, error } = await events(model);
    expect(seen[0]).toBe('message_start');
    expect(seen).not.toContain('message_stop');
    expect(error?.type).toBe('api_error');
    expect(error?.errorCode).toBe('upstream_failed');
  });

  test.each(BOTH)(
    'U7 whose first event is an exception has a real status; a later one is its error event: %s',
    async (model) => {
      const exception = { type: 'throttlingException', exception: { message: 'slow down' } };
      await stack.fault({ service: 'bedrock', times: 1, fault: { events: [exception] } });
      expect((await events(model)).error).toBeInstanceOf(OverloadedError);
      const first =
        model === CLAUDE
          ? { type: 'chunk', payload: { type: 'message_start', message: { usage: {} } } }
          : { type: 'messageStart', payload: { role: 'assistant' } };
      await stack.fault({ service: 'bedrock', times: 1, fault: { events: [first, exception] } });
      const { seen, error } = await events(model);
      expect(seen).toEqual(['message_start']);
      expect(error?.type).toBe('overloaded_error');
    },
  );

  test('in which the model itself reports a failure is no whole answer', async () => {
    const chunk = (payload: object) => ({ type: 'chunk', payload });
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'words of the prompt' } };
    await stack.fault({
      service: 'bedrock',
      times: 1,
      fault: { events: [chunk({ type: 'message_start', message: { usage: {} } }), chunk(error)] },
    });
    const broken = await events(CLAUDE);
    expect(broken.error?.type).toBe('overloaded_error');
    expect(broken.error?.message).not.toContain('words of the prompt');
  });

  test.each([
    ['guardrail_intervened', 'refusal'],
    ['content_filtered', 'refusal'],
    ['model_context_window_exceeded', 'model_context_window_exceeded'],
    ['pause_turn', 'pause_turn'],
    ['something_new', 'end_turn'],
  ])('of Converse that ends with %s ends with %s', async (stopReason, expected) => {
    const counts = { inputTokens: 3, outputTokens: 1, totalTokens: 4 };
    await stack.fault({
      service: 'bedrock',
      times: 1,
      fault: {
        events: [
          { type: 'messageStart', payload: { role: 'assistant' } },
          { type: 'contentBlockDelta', payload: { contentBlockIndex: 0, delta: { text: 'hi' } } },
          { type: 'contentBlockStop', payload: { contentBlockIndex: 0 } },
          { type: 'messageStop', payload: { stopReason } },
          { type: 'metadata', payload: { usage: counts, serviceTier: { type: 'priority' } } },
        ],
      },
    });
    const message = await client.messages.stream(ask(NOVA, 'x')).finalMessage();
    expect(message).toMatchObject({ stop_reason: expected, usage: { input_tokens: 3, output_tokens: 1 } });
  });
});

test('Q5 nothing that a caller calls otherwise, or that is newer than this gateway, escapes what is reserved', async () => {
  const many = 'word '.repeat(60_000);
  const block = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: many } };
  await stack.cli('budget', 'set', 'acme', 'tokens', '--limit', '20000', '--unit', 'tokens', '--period', 'day');
  try {
    for (const more of [
      { newer_than_us: many },
      { tools: [{ name: 'look', input_schema: { description: many } }] },
      { messages: [{ role: 'user', content: [block] }] },
      { messages: [{ role: 'user', content: [{ type: 'newer_than_us', signature: many }] }] },
    ]) {
      const call = client.messages.create({ ...ask(CLAUDE, 'hi'), ...more } as never);
      await expect(call).rejects.toBeInstanceOf(RateLimitError);
    }
    expect(await modelCalls()).toEqual([]);
  } finally {
    await stack.cli('budget', 'remove', 'acme', 'tokens');
  }
});

test('a grant’s limit and guardrail hold on the way to Claude, and the caller is told', async () => {
  const { stdout } = await stack.cli('model', 'show', CLAUDE_ENTRY, '--format', 'json');
  const guardrail = `arn:aws:bedrock:us-east-1:${/us-east-1:(\d{12}):/.exec(stdout)?.[1]}:guardrail/demo`;
  await stack.cli('grant', 'acme', CLAUDE_ENTRY, '--guardrail', `${guardrail}:1`, '--max-tokens', '2');
  try {
    const { data, response } = await client.messages.create(ask(CLAUDE, 'one two three')).withResponse();
    expect(data).toMatchObject({ stop_reason: 'max_tokens', content: [{ text: 'echo: one' }] });
    expect(response.headers.get('x-tollgate-max-tokens')).toBe('2; by=grant');
    const [call] = await modelCalls();
    expect(call?.resources.at(-1)).toBe(guardrail);
  } finally {
    await stack.cli('grant', 'acme', CLAUDE_ENTRY, '--no-guardrail', '--no-max-tokens');
  }
});

describe('each refusal is the class that its users catch, with the request’s id and a code', () => {
  const failing = async (call: Promise<unknown>) => {
    try {
      await call;
    } catch (error) {
      return error as InstanceType<typeof Anthropic.APIError>;
    }
    throw new Error('answered');
  };

  test.each([
    ['a model of another tenant', () => client.messages.create(ask('llama-3-3-70b', 'hi')), PermissionDeniedError],
    ['a path that is not there', () => client.post('/v1/files', { body: {} }), NotFoundError],
    [
      'a member that nobody knows',
      () => client.messages.create({ ...ask(NOVA, 'hi'), x: 1 } as never),
      BadRequestError,
    ],
  ])('%s', async (_, call, kind) => {
    const error = await failing(call());
    expect(error).toBeInstanceOf(kind);
    expect(error.requestID).toMatch(/^[\w-]{36}$/);
    expect(error.error).toMatchObject({ type: 'error', request_id: error.requestID });
    expect(error.errorCode).toMatch(/^[a-z_]+$/);
  });

  test.each([
    [429, 'ThrottlingException'],
    [503, 'ServiceUnavailableException'],
  ])('a model that has too much to do (%i) is overloaded, and says when to come back', async (status, type) => {
    for (const model of BOTH) {
      await stack.fault({ service: 'bedrock', times: 1, fault: { status, type } });
      const error = await failing(client.messages.create(ask(model, 'hi')));
      expect(error).toBeInstanceOf(OverloadedError);
      expect(error.headers?.get('retry-after')).toMatch(/^\d+$/);
    }
  });

  test('and its SDK asks again by itself', async () => {
    await stack.fault({ service: 'bedrock', times: 1, fault: { status: 429, type: 'ThrottlingException' } });
    const message = await client.messages.create(ask(NOVA, 'hi'), { maxRetries: 2 });
    expect(message.content).toMatchObject([{ text: 'echo: hi' }]);
  });

  test('what is used up here is a rate limit, told in Anthropic’s own headers', async () => {
    const set = ['budget', 'set', 'acme', 'few', '--limit', '1', '--unit', 'requests', '--period', 'minute'];
    expect(await stack.cli(...set)).toMatchObject({ code: 0 });
    try {
      const { response } = await client.messages.create(ask(CLAUDE, 'hi')).withResponse();
      expect(response.headers.get('anthropic-ratelimit-requests-limit')).toBe('1');
      expect(response.headers.get('anthropic-ratelimit-requests-remaining')).toBe('0');
      expect(response.headers.get('anthropic-ratelimit-requests-reset')).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+Z$/);
      const error = await failing(client.messages.create(ask(CLAUDE, 'hi')));
      expect(error).toBeInstanceOf(RateLimitError);
      expect(error.errorCode).toBe('rate_limited');
      expect(error.headers?.get('retry-after')).toMatch(/^\d+$/);
    } finally {
      await stack.cli('budget', 'remove', 'acme', 'few');
    }
  });

  test.each(BOTH)('a picture’s address is not fetched, by whomever: %s', async (model) => {
    const source = { type: 'url' as const, url: 'http://169.254.169.254/latest/meta-data' };
    const messages = [{ role: 'user' as const, content: [{ type: 'image' as const, source }] }];
    const error = await failing(client.messages.create({ ...ask(model, ''), messages }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.message).toContain('never fetched');
    expect(await modelCalls()).toEqual([]);
  });

  test('what steers guardrails is not the caller’s to say', async () => {
    const steering = { 'amazon-bedrock-guardrailConfig': { tagSuffix: 'x' } };
    const error = await failing(client.messages.create({ ...ask(CLAUDE, 'hi'), ...steering }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.details).toMatchObject({ param: 'amazon-bedrock-guardrailConfig' });
  });

  test('x-api-key is no token, and its 401 says where the token goes', async () => {
    const keyed = new Anthropic({ baseURL: stack.gateway, apiKey: 'sk-ant-x', authToken: null, maxRetries: 0 });
    const error = await failing(keyed.messages.create(ask(NOVA, 'hi')));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toMatch(/Authorization.*Bearer.*x-api-key/);
    expect(error.requestID).toMatch(/^[\w-]{36}$/);
    expect(error.errorCode).toBe('unauthenticated');
    expect(await stack.upstream(mark)).toEqual([]);
  });
});
