import Anthropic, {
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  PermissionDeniedError,
} from '@anthropic-ai/sdk';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Stack } from './stack.ts';

/** Claude takes Anthropic's own form, Nova is spoken to in Converse: a client must not notice which. */
const CLAUDE = 'claude-sonnet-4-5';
const NOVA = 'nova-lite';
const BOTH = [CLAUDE, NOVA];

let stack: Stack;
let mark: number;
let client: Anthropic;

beforeAll(async () => {
  stack = await Stack.start();
  client = await clientOf('acme-app');
});

beforeEach(async () => {
  mark = await stack.mark();
});

afterAll(() => stack.remove());

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
  test.each(BOTH)('asks %s, whole and streamed', async (model) => {
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
    const [call] = (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock');
    expect(call?.operation).toBe('CountTokens');
  });

  test('lists the models in its own form, page by page, and shows one', async () => {
    const ids: string[] = [];
    for await (const { id, type, created_at } of client.models.list({ limit: 2 })) {
      expect([type, Number.isNaN(Date.parse(created_at))]).toEqual(['model', false]);
      ids.push(id);
    }
    expect(ids).toEqual(expect.arrayContaining([...BOTH, 'claude-v2']));
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
    const [call] = (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock');
    expect(call).toMatchObject({
      operation: 'InvokeModel',
      request: {
        members: ['anthropic_version', 'anthropic_beta', 'max_tokens', 'messages', 'container', 'newer_than_us'],
      },
    });
  });
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

  test('x-api-key is no token, and its 401 says where the token goes', async () => {
    const keyed = new Anthropic({ baseURL: stack.gateway, apiKey: 'sk-ant-x', authToken: null, maxRetries: 0 });
    const error = await failing(keyed.messages.create(ask(NOVA, 'hi')));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toMatch(/Authorization.*Bearer.*x-api-key/);
    expect(await stack.upstream(mark)).toEqual([]);
  });
});
