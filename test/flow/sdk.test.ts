import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import Anthropic from '@anthropic-ai/sdk';
import {
  AccessDeniedException,
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  GetAsyncInvokeCommand,
  InvokeModelCommand,
  InvokeModelWithBidirectionalStreamCommand,
  InvokeModelWithResponseStreamCommand,
  ListAsyncInvokesCommand,
  ModelErrorException,
  ResourceNotFoundException,
  StartAsyncInvokeCommand,
} from '@aws-sdk/client-bedrock-runtime';
import OpenAI, {
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Stack } from './stack.ts';

let stack: Stack;
let mark: number;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_BASE_PATH: 'ai' } });
});

beforeEach(async () => {
  mark = await stack.mark();
});

afterEach(() => {
  vi.unstubAllEnvs();
});

afterAll(() => stack.remove());

/** An unmodified client, told by its environment alone, over its default HTTP/2. */
async function bedrock(client: string): Promise<BedrockRuntimeClient> {
  vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_RUNTIME', stack.gateway);
  vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', await stack.token(client));
  vi.stubEnv('AWS_REGION', 'us-east-1');
  return new BedrockRuntimeClient({});
}

async function openai(client: string): Promise<OpenAI> {
  return new OpenAI({ baseURL: `${stack.gateway}/v1`, apiKey: await stack.token(client), maxRetries: 0 });
}

const REQUEST_ID = expect.stringMatching(/^[0-9a-f-]{36}$/);

const ask = (text: string) => ({ messages: [{ role: 'user' as const, content: [{ text }] }] });

describe('the unmodified AWS SDK', () => {
  test('converses', async () => {
    const client = await bedrock('acme-app');
    const { output, usage, stopReason } = await client.send(
      new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', ...ask('two words') }),
    );
    expect(output?.message?.content?.[0]?.text).toBe('echo: two words');
    expect(usage).toMatchObject({ inputTokens: 2, outputTokens: 3 });
    expect(stopReason).toBe('end_turn');
  });

  test('converses with a profile named by its id, its ARN and its registry id alike', async () => {
    const client = await bedrock('acme-app');
    const id = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
    for (const modelId of [id, `arn:aws:bedrock:us-east-1:111122223333:inference-profile/${id}`, 'claude-sonnet-4-5']) {
      const { output } = await client.send(new ConverseCommand({ modelId, ...ask('hello') }));
      expect(output?.message?.content?.[0]?.text).toBe('echo: hello');
    }
  });

  test('streams a conversation, one delta a token, metadata last', async () => {
    const client = await bedrock('acme-app');
    const { stream } = await client.send(
      new ConverseStreamCommand({ modelId: 'nova-lite', ...ask('a stream of words') }),
    );
    const events: ConverseStreamOutput[] = [];
    for await (const event of stream ?? []) events.push(event);
    const deltas = events.flatMap(({ contentBlockDelta }) => contentBlockDelta?.delta?.text ?? []);
    expect(deltas.join('')).toBe('echo: a stream of words');
    expect(deltas).toHaveLength(5);
    expect(events.at(-1)?.metadata?.usage).toMatchObject({ inputTokens: 4, outputTokens: 5 });
  });

  test("invokes a model in the model's own format, whole and streamed", async () => {
    const client = await bedrock('acme-app');
    const body = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'raw' }] }] });
    const whole = await client.send(new InvokeModelCommand({ modelId: 'nova-lite', body }));
    expect(JSON.parse(whole.body.transformToString())).toMatchObject({
      output: { message: { content: [{ text: 'echo: raw' }] } },
    });
    const { body: chunks, contentType } = await client.send(
      new InvokeModelWithResponseStreamCommand({ modelId: 'nova-lite', body }),
    );
    expect(contentType).toBe('application/json');
    let text = '';
    for await (const { chunk } of chunks ?? []) text += Buffer.from(chunk?.bytes ?? []).toString('utf8');
    expect(text).toContain('echo:');
    expect(text).toContain('amazon-bedrock-invocationMetrics');
  });

  test('is called by the session of its tenant alone, under a policy for that one model, warm without STS', async () => {
    const client = await bedrock('globex-app');
    await client.send(new ConverseCommand({ modelId: 'nova-lite', ...ask('one') }));
    const first = await stack.upstream(mark);
    expect(first.map(({ service }) => service)).toEqual(['sts', 'bedrock']);
    expect(first[1]?.caller).toMatchObject({ tags: { TenantId: 'globex' } });
    expect(JSON.stringify(first[1]?.caller?.sessionPolicy)).toContain('foundation-model/amazon.nova-lite-v1:0');
    await client.send(new ConverseCommand({ modelId: 'nova-lite', ...ask('two') }));
    expect((await stack.upstream(mark)).map(({ service }) => service)).toEqual(['sts', 'bedrock', 'bedrock']);
  });

  test('raises AccessDeniedException for a model of another tenant, and nothing reaches STS or Bedrock', async () => {
    const client = await bedrock('acme-app');
    const call = client.send(new ConverseCommand({ modelId: 'llama-3-3-70b', ...ask('x') }));
    await expect(call).rejects.toBeInstanceOf(AccessDeniedException);
    await expect(call).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('raises AccessDeniedException for a tenant whom nobody onboarded, and says so', async () => {
    const client = await bedrock('stranger-app');
    const call = client.send(new ConverseCommand({ modelId: 'nova-lite', ...ask('x') }));
    await expect(call).rejects.toBeInstanceOf(AccessDeniedException);
    await expect(call).rejects.toThrow('not onboarded');
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('that signs is told which variable to set', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_RUNTIME', stack.gateway);
    const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'x' };
    const client = new BedrockRuntimeClient({ region: 'us-east-1', credentials, authSchemePreference: ['sigv4'] });
    await expect(client.send(new ConverseCommand({ modelId: 'nova-lite', ...ask('x') }))).rejects.toMatchObject({
      name: 'UnrecognizedClientException',
      message: expect.stringContaining('AWS_BEARER_TOKEN_BEDROCK'),
      $metadata: { httpStatusCode: 401 },
    });
  });

  const asyncInvoke = {
    modelId: 'nova-lite',
    modelInput: {},
    outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://bucket/key' } },
  };
  const invocationArn = 'arn:aws:bedrock:us-east-1:111122223333:async-invoke/abcdefghijkl';
  const NOT_SERVED: [string, (client: BedrockRuntimeClient) => Promise<unknown>][] = [
    ['StartAsyncInvoke', (client) => client.send(new StartAsyncInvokeCommand(asyncInvoke))],
    ['GetAsyncInvoke', (client) => client.send(new GetAsyncInvokeCommand({ invocationArn }))],
    ['ListAsyncInvokes', (client) => client.send(new ListAsyncInvokesCommand({}))],
    [
      'InvokeModelWithBidirectionalStream',
      (client) => client.send(new InvokeModelWithBidirectionalStreamCommand({ modelId: 'nova-lite', body: spoken() })),
    ],
  ];

  /** One who says something and goes on only when it is answered. */
  async function* spoken() {
    yield { chunk: { bytes: Buffer.from('{"event":{"sessionStart":{}}}') } };
    await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
  }

  test.each(NOT_SERVED)('reads why %s is not served as ResourceNotFoundException', async (_, ask) => {
    // With a token, too, the client signs each event of its own stream.
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'x');
    const client = await bedrock('acme-app');
    const failed = await ask(client).then(Object, (error: ResourceNotFoundException) => error);
    expect(failed).toBeInstanceOf(ResourceNotFoundException);
    expect(failed.message).toContain('not served here');
    expect(failed.$metadata).toMatchObject({ httpStatusCode: 404, requestId: REQUEST_ID });
    expect((await stack.upstream(mark)).filter(({ service }) => service === 'bedrock')).toEqual([]);
  });

  test('U1: does not repeat what the model failed at', async () => {
    await stack.fault({ service: 'bedrock', fault: { status: 424, type: 'ModelErrorException' } });
    try {
      const client = await bedrock('acme-app');
      const call = client.send(new ConverseCommand({ modelId: 'nova-lite', ...ask('x') }));
      await expect(call).rejects.toBeInstanceOf(ModelErrorException);
      const { gateway } = stack;
      const sdk = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: await stack.token('acme-app'), maxRetries: 2 });
      const chat = sdk.chat.completions.create({ model: 'nova-lite', messages: [{ role: 'user', content: 'x' }] });
      await expect(chat).rejects.toMatchObject({ status: 424, code: 'model_failed' });
      expect((await stack.upstream(mark)).filter(({ service }) => service === 'bedrock')).toHaveLength(2);
    } finally {
      await stack.clearFaults();
    }
  });
});

describe('the unmodified OpenAI SDK', () => {
  test('chats', async () => {
    const client = await openai('acme-app');
    const { choices, usage } = await client.chat.completions.create({
      model: 'claude-sonnet-4-5',
      messages: [{ role: 'user', content: 'hello there' }],
    });
    expect(choices[0]?.message.content).toBe('echo: hello there');
    expect(usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 });
  });

  test('streams a chat, with its usage if asked', async () => {
    const client = await openai('acme-app');
    const stream = await client.chat.completions.create({
      model: 'nova-lite',
      messages: [{ role: 'user', content: 'hello there' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let total: number | undefined;
    for await (const { choices, usage } of stream) {
      text += choices[0]?.delta.content ?? '';
      total = usage?.total_tokens ?? total;
    }
    expect(text).toBe('echo: hello there');
    expect(total).toBe(5);
  });

  test("lists the tenant's own models", async () => {
    const list = async (client: string) => (await (await openai(client)).models.list()).data.map(({ id }) => id).sort();
    expect(await list('globex-app')).toEqual(['llama-3-3-70b', 'nova-lite', 'titan-embed-v2']);
    expect(await list('acme-app')).not.toContain('llama-3-3-70b');
  });

  test('raises PermissionDeniedError for a model of another tenant and for one that does not exist, in equal words', async () => {
    const client = await openai('acme-app');
    const refuse = async (model: string) => {
      const call = client.chat.completions.create({ model, messages: [{ role: 'user', content: 'x' }] });
      const error = await call.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(PermissionDeniedError);
      return (error as PermissionDeniedError).message;
    };
    expect(await refuse('llama-3-3-70b')).toBe(await refuse('no-such-model'));
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('raises NotFoundError that says what would work for what is not served', async () => {
    const client = await openai('acme-app');
    const response = client.completions.create({ model: 'nova-lite', prompt: 'x' });
    await expect(response).rejects.toBeInstanceOf(NotFoundError);
    await expect(response).rejects.toThrow('POST /v1/chat/completions');
  });

  test('U8: is answered in the turn after an answer without any text', async () => {
    const body = { output: { message: { role: 'assistant', content: [] } }, stopReason: 'end_turn', usage: {} };
    await stack.fault({ service: 'bedrock', times: 1, fault: { body } });
    const client = await openai('acme-app');
    const asked = [
      { role: 'system' as const, content: '' },
      { role: 'user' as const, content: 'one' },
    ];
    const first = await client.chat.completions.create({ model: 'nova-lite', messages: asked });
    const said = first.choices[0]?.message;
    if (said === undefined) throw new Error('no answer');
    const messages = [...asked, said, { role: 'user' as const, content: 'two' }];
    const { choices } = await client.chat.completions.create({ model: 'nova-lite', messages });
    expect(choices[0]?.message.content).toBe('echo: one\ntwo');
  });

  test('raises an answer that the model ended as malformed, and its use is recorded', async () => {
    const body = {
      output: { message: { role: 'assistant', content: [{ text: 'x' }] } },
      stopReason: 'malformed_tool_use',
      usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
    };
    const used = async (): Promise<Record<'input_tokens' | 'output_tokens', number>> =>
      JSON.parse((await stack.cli('usage', '--tenant', 'globex', '--format', 'json')).stdout).total;
    const before = await used();
    await stack.fault({ service: 'bedrock', times: 1, fault: { body } });
    const client = await openai('globex-app');
    const call = client.chat.completions.create({ model: 'nova-lite', messages: [{ role: 'user', content: 'x' }] });
    await expect(call).rejects.toMatchObject({ status: 424, code: 'model_failed' });
    const after = await used();
    expect([after.input_tokens - before.input_tokens, after.output_tokens - before.output_tokens]).toEqual([3, 4]);
  });

  test('raises AuthenticationError for a token that is none', async () => {
    const client = new OpenAI({ baseURL: `${stack.gateway}/v1`, apiKey: 'not.a.token', maxRetries: 0 });
    await expect(client.models.list()).rejects.toBeInstanceOf(AuthenticationError);
  });
});

type Kind = new (...args: never[]) => Error;

/** What each vendor's users catch; the code and the request's id are ours. */
interface Raised {
  openai: Kind;
  anthropic: Kind;
  aws: string;
  status: number;
  code: string;
}

async function isRaised(token: string, model: string, content: string, raised: Raised): Promise<void> {
  const { gateway } = stack;
  const messages = [{ role: 'user' as const, content }];
  const { status, code } = raised;
  const openai = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: token, maxRetries: 0 });
  const chat = openai.chat.completions.create({ model, messages });
  await expect(chat).rejects.toBeInstanceOf(raised.openai);
  await expect(chat).rejects.toMatchObject({ status, code, requestID: REQUEST_ID });
  const anthropic = new Anthropic({ baseURL: gateway, authToken: token, apiKey: null, maxRetries: 0 });
  const message = anthropic.messages.create({ model, max_tokens: 9, messages });
  await expect(message).rejects.toBeInstanceOf(raised.anthropic);
  await expect(message).rejects.toMatchObject({ errorCode: code, requestID: REQUEST_ID });
  const options = { endpoint: gateway, region: 'us-east-1', maxAttempts: 1, token: { token } };
  const aws = new BedrockRuntimeClient({ ...options, authSchemePreference: ['httpBearerAuth'] });
  const converse = aws.send(new ConverseCommand({ modelId: model, ...ask(content) }));
  await expect(converse).rejects.toMatchObject({
    name: raised.aws,
    $metadata: { httpStatusCode: status, requestId: REQUEST_ID },
  });
  aws.destroy();
}

describe('a fault of the model is raised as the class that callers catch, with its code and the id of the request', () => {
  test.each<[string, object, Raised]>([
    [
      'what it takes for wrong',
      { status: 400, type: 'ValidationException' },
      {
        openai: BadRequestError,
        anthropic: Anthropic.BadRequestError,
        aws: 'ValidationException',
        status: 400,
        code: 'upstream_rejected',
      },
    ],
    [
      'what it failed at',
      { status: 424, type: 'ModelErrorException' },
      {
        openai: OpenAI.APIError,
        anthropic: Anthropic.APIError,
        aws: 'ModelErrorException',
        status: 424,
        code: 'model_failed',
      },
    ],
    [
      'too many calls',
      { status: 429, type: 'ThrottlingException' },
      {
        openai: RateLimitError,
        anthropic: Anthropic.APIError,
        aws: 'ThrottlingException',
        status: 429,
        code: 'upstream_throttled',
      },
    ],
    [
      'its own fault',
      { status: 500, type: 'InternalServerException' },
      {
        openai: InternalServerError,
        anthropic: Anthropic.InternalServerError,
        aws: 'InternalServerException',
        status: 502,
        code: 'upstream_failed',
      },
    ],
    [
      'that it is not there',
      { status: 503, type: 'ServiceUnavailableException' },
      {
        openai: InternalServerError,
        anthropic: Anthropic.APIError,
        aws: 'ServiceUnavailableException',
        status: 503,
        code: 'upstream_unavailable',
      },
    ],
    [
      'that it took too long',
      { status: 408, type: 'ModelTimeoutException' },
      {
        openai: InternalServerError,
        anthropic: Anthropic.InternalServerError,
        aws: 'ModelTimeoutException',
        status: 504,
        code: 'deadline',
      },
    ],
  ])('%s', async (_, fault, raised) => {
    await stack.fault({ service: 'bedrock', fault });
    try {
      await isRaised(await stack.token('acme-app'), 'nova-lite', 'x', raised);
    } finally {
      await stack.clearFaults();
    }
  });
});

describe('a refusal of the gateway likewise', () => {
  test('a token that is none', () =>
    isRaised('not.a.token', 'nova-lite', 'x', {
      openai: AuthenticationError,
      anthropic: Anthropic.AuthenticationError,
      aws: 'UnrecognizedClientException',
      status: 401,
      code: 'unauthenticated',
    }));

  test('a model of another tenant', async () =>
    isRaised(await stack.token('acme-app'), 'llama-3-3-70b', 'x', {
      openai: PermissionDeniedError,
      anthropic: Anthropic.PermissionDeniedError,
      aws: 'AccessDeniedException',
      status: 403,
      code: 'model_not_allowed',
    }));

  test('a body that is too large', async () =>
    isRaised(await stack.token('acme-app'), 'nova-lite', 'x'.repeat(5_000_000), {
      openai: OpenAI.APIError,
      anthropic: Anthropic.APIError,
      aws: 'ValidationException',
      status: 413,
      code: 'too_large',
    }));

  test('a model at the end of its life', async () => {
    expect(await stack.cli('model', 'retire', 'claude-v2')).toMatchObject({ code: 0 });
    // New tokens, for what the authorizer said of another may still be kept; and what it read of the model is, for seconds.
    const asked = async (): Promise<number> => {
      const authorization = `Bearer ${await stack.token('acme-app')}`;
      return (await fetch(`${stack.gateway}/v1/models/claude-v2`, { headers: { authorization } })).status;
    };
    await expect.poll(asked).toBe(410);
    await isRaised(await stack.token('acme-app'), 'claude-v2', 'x', {
      openai: OpenAI.APIError,
      anthropic: Anthropic.APIError,
      aws: 'ResourceNotFoundException',
      status: 410,
      code: 'model_retired',
    });
  });
});

describe('docs/sdks.md', () => {
  const page = readFileSync(new URL('../../docs/sdks.md', import.meta.url), 'utf8');
  const programs = [...page.matchAll(/^```js\n(.*?)^```/gms)].map(([, code = '']) => code);

  test.each(programs.map((code) => [/from '(.*)'/.exec(code)?.[1], code]))(
    'shows a program that runs, also below a base path: %s',
    async (_, code) => {
      // What the page leaves to its reader.
      const accessToken = `const accessToken = async () => ${JSON.stringify(await stack.token('acme-app'))};\n`;
      for (const GATEWAY of [stack.gateway, `${stack.gateway}/ai`]) {
        const env = { PATH: process.env.PATH, GATEWAY };
        const args = ['--input-type=module', '-e', accessToken + code];
        const { stdout } = await promisify(execFile)(process.execPath, args, { env });
        expect(stdout).toBe('echo: hello\n');
      }
    },
  );

  test('shows three', () => {
    expect(programs).toHaveLength(3);
  });
});

describe('without a token', () => {
  test('the answer is 401 with a request id, and nobody is asked', async () => {
    const answer = await fetch(`${stack.gateway}/v1/models`);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await stack.calls(mark)).toEqual([]);
  });

  test('who sends it in x-api-key is told where it goes', async () => {
    const headers = { 'x-api-key': await stack.token('acme-app'), 'content-type': 'application/json' };
    const answer = await fetch(`${stack.gateway}/v1/messages`, { method: 'POST', headers, body: '{}' });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({
      type: 'error',
      error: {
        type: 'authentication_error',
        message: expect.stringMatching(/header Authorization.*x-api-key is not read/),
      },
    });
  });
});
