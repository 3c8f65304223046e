import {
  InvokeEndpointCommand,
  type InvokeEndpointCommandInput,
  InvokeEndpointWithResponseStreamCommand,
  SageMakerRuntimeClient,
} from '@aws-sdk/client-sagemaker-runtime';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Stack } from './stack.ts';

/** An unmodified SageMaker Runtime client: what it is given in place of a signature is a token. */

let stack: Stack;
let mark: number;
let client: SageMakerRuntimeClient;
const EndpointName = 'mixtral-8x7b';
const JSON_TYPE = { ContentType: 'application/json' };

beforeAll(async () => {
  stack = await Stack.start();
  client = await runtime('acme-app');
});
beforeEach(async () => {
  mark = await stack.mark();
});
afterEach(() => stack.clearFaults());
afterAll(async () => {
  client.destroy();
  await stack.remove();
});

async function runtime(as: string): Promise<SageMakerRuntimeClient> {
  return new SageMakerRuntimeClient({
    endpoint: stack.gateway,
    region: 'us-east-1',
    maxAttempts: 1,
    // Not used: the signer does not sign.
    credentials: { accessKeyId: '-', secretAccessKey: '-' },
    signer: {
      async sign(request) {
        const headers = { ...request.headers, authorization: `Bearer ${await stack.token(as)}` };
        return { ...request, headers };
      },
    },
  });
}

const chat = (text: string, more: object = {}) =>
  JSON.stringify({ messages: [{ role: 'user', content: text }], ...more });

async function invoke(input: Partial<InvokeEndpointCommandInput>) {
  const { Body, ...answer } = await client.send(
    new InvokeEndpointCommand({ EndpointName, Body: '', ...JSON_TYPE, ...input }),
  );
  return { ...answer, body: Body.transformToString() };
}

async function stream(body: string, more: object = {}): Promise<string> {
  const { Body } = await client.send(
    new InvokeEndpointWithResponseStreamCommand({ EndpointName, Body: body, ...JSON_TYPE, ...more }),
  );
  const parts: Uint8Array[] = [];
  for await (const { PayloadPart } of Body ?? []) parts.push(PayloadPart?.Bytes ?? new Uint8Array());
  return Buffer.concat(parts).toString('utf8');
}

describe('the unmodified SageMaker Runtime client', () => {
  test('invokes an endpoint by its own name, in either form of its container', async () => {
    const { body, ...answer } = await invoke({ Body: chat('two words') });
    expect(JSON.parse(body)).toMatchObject({ choices: [{ message: { content: 'echo: two words' } }] });
    expect(answer).toMatchObject({ ContentType: 'application/json', InvokedProductionVariant: 'AllTraffic' });
    const older = await invoke({ Body: '{"inputs":"two words","parameters":{"max_new_tokens":2}}' });
    expect(JSON.parse(older.body)).toEqual([{ generated_text: 'echo: two' }]);
  });

  test('streams payload parts', async () => {
    const text = await stream(chat('a stream of words', { stream: true, stream_options: { include_usage: true } }));
    expect(text).toContain('"content":"echo:"');
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test('is called by the session of its tenant, under a policy for that one endpoint', async () => {
    await invoke({ Body: chat('hello') });
    const [call] = (await stack.upstream(mark)).filter(({ service }) => service === 'sagemaker');
    expect(call).toMatchObject({ caller: { tags: { TenantId: 'acme' } }, decision: 'allowed' });
    const { Statement } = (call?.caller?.sessionPolicy ?? {}) as { Statement: { Resource: string[] }[] };
    expect(Statement.map(({ Resource }) => Resource)).toEqual([
      ['arn:aws:sagemaker:us-east-1:111122223333:endpoint/mixtral-8x7b'],
    ]);
  });
});

describe('the OpenAI client over a container', () => {
  const tools = [
    { type: 'function' as const, function: { name: 'clock', parameters: { type: 'object', properties: {} } } },
  ];
  const openai = async () =>
    new OpenAI({ baseURL: `${stack.gateway}/v1`, apiKey: await stack.token('acme-app'), maxRetries: 0 });

  test('converses, with what the container counted', async () => {
    const answer = await (await openai()).chat.completions.create({
      model: 'mixtral-8x7b',
      messages: [{ role: 'user', content: 'two words' }],
    });
    expect(answer.choices[0]?.message.content).toBe('echo: two words');
    expect(answer.usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 3 });
  });

  test('streams the call of a tool, and takes its result', async () => {
    const client = await openai();
    const asked = { role: 'user' as const, content: '[[tool:clock {"zone":"UTC"}]]' };
    const events = client.chat.completions.stream({ model: 'mixtral-8x7b', messages: [asked], tools });
    const message = (await events.finalChatCompletion()).choices[0]?.message;
    const [toolCall] = message?.tool_calls ?? [];
    expect(toolCall).toMatchObject({ type: 'function', function: { name: 'clock', arguments: '{"zone":"UTC"}' } });
    const answer = await client.chat.completions.create({
      model: 'mixtral-8x7b',
      messages: [
        asked,
        { role: 'assistant', tool_calls: message?.tool_calls ?? [] },
        { role: 'tool', tool_call_id: toolCall?.id ?? '', content: 'noon' },
      ],
      tools,
    });
    expect(answer.choices[0]?.message.content).toBe('echo: noon');
  });
});
