import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  InternalFailure,
  InvokeEndpointAsyncCommand,
  type InvokeEndpointAsyncCommandInput,
  InvokeEndpointCommand,
  type InvokeEndpointCommandInput,
  InvokeEndpointWithResponseStreamCommand,
  type ModelError,
  ModelStreamError,
  SageMakerRuntimeClient,
  ServiceUnavailable,
  ValidationError,
} from '@aws-sdk/client-sagemaker-runtime';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TargetOf } from '../../contract/model.ts';
import type { FinishedUsage } from '../../contract/usage.ts';
import places from '../cases/async-input.json' with { type: 'json' };
import { grantModels, type Wanted } from './granted.ts';
import { finishedOf, RawUsage } from './raw-usage.ts';
import { Stack } from './stack.ts';

/** An unmodified SageMaker Runtime client: what it is given in place of a signature is a token. */

let stack: Stack;
let raw: RawUsage;
let mark: number;
let client: SageMakerRuntimeClient;
const EndpointName = 'mixtral-8x7b';
const JSON_TYPE = { ContentType: 'application/json' };

function target(endpointName: string, inferenceComponent?: string): TargetOf<'sagemaker-endpoint'> {
  const region = 'us-east-1';
  const arn = (resource: string) => `arn:aws:sagemaker:${region}:111122223333:${resource}`;
  return {
    ...{ kind: 'sagemaker-endpoint', endpointName, region, arn: arn(`endpoint/${endpointName}`) },
    ...(inferenceComponent && { inferenceComponent, componentArn: arn(`inference-component/${inferenceComponent}`) }),
  };
}

/** Beside the demo's; what runs behind an endpoint is at the end of its name. */
const HOSTED: Wanted[] = [
  { id: 'zephyr', tenant: 'acme', target: target('zephyr-tgi'), container: 'tgi' },
  { id: 'falcon', tenant: 'acme', target: target('falcon-jumpstart'), container: 'jumpstart' },
  { id: 'bge', tenant: 'acme', target: target('bge-tei'), container: 'tei' },
  { id: 'orders', tenant: 'acme', target: target('bge-rerank'), container: 'tei' },
  { id: 'bytes', tenant: 'acme', target: target('any-echo') },
  { id: 'pooled-a', tenant: 'globex', target: target('pool-lmi', 'a') },
  { id: 'pooled-b', tenant: 'acme', target: target('pool-lmi', 'b') },
  { id: 'pooled-c', tenant: 'acme', target: target('pool-lmi', 'c') },
  { id: 'many-a', tenant: 'globex', target: { ...target('multi-lmi'), targetModel: 'a/model.tar.gz' } },
  { id: 'many-b', tenant: 'acme', target: { ...target('multi-lmi'), targetModel: 'b/model.tar.gz' } },
  { id: 'many-c', tenant: 'acme', target: { ...target('multi-lmi'), targetModel: 'c/model.tar.gz' } },
  { id: 'whole', tenant: 'acme', target: target('multi-echo') },
  { id: 'gone', tenant: 'acme', target: target('gone') },
  { id: 'later', tenant: 'acme', target: { ...target('async-lmi'), asyncInput: 's3://inputs/tenants/' } },
  { id: 'later', tenant: 'globex', target: { ...target('async-lmi'), asyncInput: 's3://inputs/tenants/' } },
  { id: 'bounded', tenant: 'acme', target: { ...target('async-echo'), asyncInput: 's3://inputs/' } },
];

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0' } });
  raw = new RawUsage(stack);
  await grantModels(stack, HOSTED);
  client = await runtime('acme-app');
});
beforeEach(async () => {
  mark = await stack.mark();
});
afterEach(() => stack.clearFaults());
afterAll(async () => {
  client.destroy();
  raw.close();
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

/** The finished line of the last call of an endpoint; waits until it is there. */
async function line(): Promise<FinishedUsage | undefined> {
  const call = (await stack.upstream(mark)).findLast(({ service }) => service === 'sagemaker');
  let found: FinishedUsage | undefined;
  const look = async (): Promise<boolean> => {
    found = finishedOf(await raw.records()).find(({ awsRequestId }) => awsRequestId === call?.requestId);
    return found !== undefined;
  };
  await expect.poll(look, { timeout: 10_000 }).toBe(true);
  return found;
}

/** Finished lines of the calls since the mark. */
async function finishedCount(): Promise<number> {
  const called = new Set((await stack.upstream(mark)).map(({ requestId }) => requestId));
  return finishedOf(await raw.records()).filter(({ awsRequestId = '' }) => called.has(awsRequestId)).length;
}

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
    expect(await line()).toMatchObject({
      surface: 'sagemaker',
      outcome: 'ok',
      estimated: false,
      tokens: { input: 4, output: 5 },
    });
  });

  test('gives bytes of any type, and gets them back, with what goes beside them', async () => {
    const Body = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff, 0xfe, 0x0a]);
    const more = { CustomAttributes: 'trace=1', TargetVariant: 'blue', InferenceId: 'i-1', SessionId: 'NEW_SESSION' };
    const given = await client.send(
      new InvokeEndpointCommand({
        EndpointName: 'bytes',
        Body,
        ContentType: 'image/png',
        Accept: 'image/png',
        ...more,
      }),
    );
    expect(Buffer.from(given.Body).equals(Body)).toBe(true);
    expect(given).toMatchObject({
      ContentType: 'image/png',
      InvokedProductionVariant: 'blue',
      CustomAttributes: 'trace=1',
    });
    expect(await line()).toMatchObject({ estimated: true, tokens: { input: 2, output: 2 } });
  });

  test('calls the component that was granted, named or not, and no other of the endpoint', async () => {
    const asked = { EndpointName: 'pool-lmi', Body: chat('hello') };
    for (const [input, component] of [
      [{ ...asked, InferenceComponentName: 'c' }, 'c'],
      [{ ...asked, EndpointName: 'pooled-c' }, 'c'],
      [asked, 'b'],
    ] as const) {
      mark = await stack.mark();
      await invoke(input);
      const [call] = (await stack.upstream(mark)).filter(({ service }) => service === 'sagemaker');
      expect(call?.resources.at(-1)).toMatch(new RegExp(`:inference-component/${component}$`));
      expect(JSON.stringify(call?.caller?.sessionPolicy)).toContain(`:inference-component/${component}"`);
    }
    mark = await stack.mark();
    const refused = { name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } };
    await expect(invoke({ ...asked, InferenceComponentName: 'a' })).rejects.toMatchObject(refused);
    await expect(invoke({ ...asked, EndpointName: 'pooled-a' })).rejects.toMatchObject(refused);
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('calls the one of many models that was granted, named or not, and no other of the endpoint', async () => {
    const asked = { EndpointName: 'multi-lmi', Body: chat('hello') };
    for (const [input, model] of [
      [{ ...asked, TargetModel: 'c/model.tar.gz' }, 'c/model.tar.gz'],
      [{ ...asked, EndpointName: 'many-c' }, 'c/model.tar.gz'],
      [{ ...asked, EndpointName: 'many-c', TargetModel: 'c/model.tar.gz' }, 'c/model.tar.gz'],
      [asked, 'b/model.tar.gz'],
    ] as const) {
      mark = await stack.mark();
      expect(JSON.parse((await invoke(input)).body)).toMatchObject({ model });
      const [call] = (await stack.upstream(mark)).filter(({ service }) => service === 'sagemaker');
      expect(call?.caller?.sessionPolicy).toMatchObject({
        Statement: [{ Condition: { StringEquals: { 'sagemaker:TargetModel': model } } }],
      });
    }
    mark = await stack.mark();
    const refused = { name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } };
    await expect(invoke({ ...asked, TargetModel: 'a/model.tar.gz' })).rejects.toMatchObject(refused);
    await expect(invoke({ ...asked, EndpointName: 'many-c', TargetModel: 'b/model.tar.gz' })).rejects.toMatchObject(
      refused,
    );
    await expect(invoke({ ...asked, EndpointName: 'many-a' })).rejects.toMatchObject(refused);
    // A grant of the endpoint alone is none of what it hosts by name.
    const whole = invoke({ EndpointName: 'whole', TargetModel: 'a/model.tar.gz', Body: '{}' });
    await expect(whole).rejects.toBeInstanceOf(ValidationError);
    await expect(stream(chat('x'), { EndpointName: 'many-b' })).rejects.toBeInstanceOf(ValidationError);
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('raises its own classes', async () => {
    const { name, message, ...error } = (await invoke({ Body: '{"messages":1}' }).catch(
      (thrown: ModelError) => thrown as never,
    )) as unknown as ModelError;
    expect({ name, error }).toMatchObject({ name: 'ModelError', error: { OriginalStatusCode: 400 } });
    expect(message).toContain('messages must be a list');
    expect(JSON.stringify(error)).not.toContain('111122223333');
    await expect(invoke({ EndpointName: 'gone', Body: '{}' })).rejects.toBeInstanceOf(InternalFailure);
    await expect(invoke({ TargetModel: 'other.tar.gz', Body: '{}' })).rejects.toBeInstanceOf(ValidationError);
    await stack.fault({ service: 'sagemaker', times: 1, fault: { status: 503, type: 'ServiceUnavailable' } });
    await expect(invoke({ Body: chat('x') })).rejects.toBeInstanceOf(ServiceUnavailable);
    await stack.fault({ service: 'sagemaker', times: 1, fault: { status: 400, type: 'ThrottlingException' } });
    await expect(invoke({ Body: chat('x') })).rejects.toMatchObject({
      name: 'ThrottlingException',
      $metadata: { httpStatusCode: 429 },
    });
  });

  test('U2: a stream that breaks is an exception, and what was said is on the bill, as an estimate', async () => {
    await stack.fault({ service: 'sagemaker', times: 1, fault: { breakAfterEvents: 3 } });
    await expect(stream(chat('a stream of words', { stream: true }))).rejects.toBeInstanceOf(ModelStreamError);
    expect(await line()).toMatchObject({ outcome: 'interrupted', estimated: true, tokens: { output: 2 } });
  });

  test('U7: an exception in place of the first part is a status', async () => {
    const events = [{ type: 'ModelStreamError', exception: { Message: 'no', ErrorCode: 'StreamBroken' } }];
    await stack.fault({ service: 'sagemaker', times: 1, fault: { events } });
    await expect(stream(chat('x', { stream: true }))).rejects.toMatchObject({ $metadata: { httpStatusCode: 424 } });
  });

  test('U5 a caller that leaves before its answer in one piece: it is waited for, and counted once', async () => {
    await stack.fault({ service: 'sagemaker', times: 1, fault: { delayMs: 1_000 } });
    const leave = new AbortController();
    const input = { EndpointName, Body: chat('gone before it'), ...JSON_TYPE };
    const call = client.send(new InvokeEndpointCommand(input), { abortSignal: leave.signal });
    const seen = async () => (await stack.upstream(mark)).filter(({ service }) => service === 'sagemaker');
    await expect.poll(async () => (await seen()).length, { timeout: 10_000 }).toBe(1);
    leave.abort();
    await expect(call).rejects.toThrow();
    await expect.poll(async () => (await seen())[0]?.outcome, { timeout: 10_000 }).toBe('done');
    expect(await line()).toMatchObject({ estimated: false, tokens: { input: 3, output: 4 } });
    expect(await finishedCount()).toBe(1);
  });

  test('U5 a caller that leaves a stream: it is read on, and counted once, as the container counted it', async () => {
    const leave = new AbortController();
    const Body = chat('word '.repeat(2_000), { stream: true, stream_options: { include_usage: true } });
    const { Body: parts } = await client.send(
      new InvokeEndpointWithResponseStreamCommand({ EndpointName, Body, ...JSON_TYPE }),
      { abortSignal: leave.signal },
    );
    for await (const _ of parts ?? []) break;
    leave.abort();
    expect(await line()).toMatchObject({ estimated: false, tokens: { input: 2_000, output: 2_001 } });
    expect(await finishedCount()).toBe(1);
  });

  test('what the older form cost is an estimate', async () => {
    await invoke({ Body: '{"inputs":"two words"}' });
    expect(await line()).toMatchObject({ outcome: 'ok', estimated: true, tokens: { input: 6, output: 4 } });
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

describe('an asynchronous endpoint', () => {
  const FOLDER = 's3://inputs/tenants/acme/';
  const s3 = async <T>(act: (client: S3Client) => Promise<T>): Promise<T> => {
    const credentials = { accessKeyId: 'a-test', secretAccessKey: 'a-test' };
    const own = new S3Client({ endpoint: stack.aws, region: 'us-east-1', forcePathStyle: true, credentials });
    return act(own).finally(() => own.destroy());
  };
  /** What came of a call, where it was said to come. */
  const textAt = (place = ''): Promise<string | undefined> => {
    const [Bucket, ...parts] = place.slice('s3://'.length).split('/');
    return s3(async (own) =>
      (await own.send(new GetObjectCommand({ Bucket, Key: parts.join('/') }))).Body?.transformToString(),
    );
  };

  async function later(input: Partial<InvokeEndpointAsyncCommandInput>, by = client) {
    const { $metadata, ...answer } = await by.send(
      new InvokeEndpointAsyncCommand({ EndpointName: 'async-lmi', ...JSON_TYPE, ...input }),
    );
    return { ...answer, status: $metadata.httpStatusCode };
  }

  test('takes an object of the tenant, and writes into a folder of the tenant', async () => {
    const Key = 'tenants/acme/one.json';
    await s3(async (own) => {
      await own.send(new CreateBucketCommand({ Bucket: 'inputs' }));
      await own.send(new PutObjectCommand({ Bucket: 'inputs', Key, Body: chat('two words') }));
    });
    const more = { InferenceId: 'i-1', RequestTTLSeconds: 60, InvocationTimeoutSeconds: 30, CustomAttributes: 'a=1' };
    const answer = await later({ InputLocation: `${FOLDER}one.json`, S3OutputPathExtension: 'of/today', ...more });
    expect(answer).toMatchObject({
      status: 202,
      InferenceId: 'i-1',
      OutputLocation: expect.stringMatching(/^s3:\/\/tollgate-async\/answers\/acme\/of\/today\/[\w-]+\.out$/),
      FailureLocation: expect.stringMatching(/^s3:\/\/tollgate-async\/failures\//),
    });
    expect(await textAt(answer.OutputLocation)).toContain('echo: two words');
    const [call] = (await stack.upstream(mark)).filter(({ service }) => service === 'sagemaker');
    expect(call).toMatchObject({ operation: 'InvokeEndpointAsync', decision: 'allowed' });
    expect(call?.caller?.sessionPolicy).toMatchObject({
      Statement: [{ Action: ['sagemaker:InvokeEndpointAsync'], Resource: [target('async-lmi').arn] }],
    });
    // Nobody says what it used.
    expect(await line()).toMatchObject({ outcome: 'ok', estimated: true, tokens: { input: 0, output: 0 } });
    expect(await finishedCount()).toBe(1);
  });

  test('takes its input in the body, by its registry id too, and names its answer as asked', async () => {
    const Body = Buffer.from(chat('of two'));
    const answer = await later({ EndpointName: 'later', Body, Filename: 'mine.json' });
    expect(answer.OutputLocation).toBe('s3://tollgate-async/answers/acme/mine.json');
    expect(await textAt(answer.OutputLocation)).toContain('echo: of two');
    const theirs = await runtime('globex-app');
    const other = await later({ Body, Filename: 'mine.json' }, theirs);
    theirs.destroy();
    expect(other.OutputLocation).toBe('s3://tollgate-async/answers/globex/mine.json');
  });

  test('what its container refuses is written where it says', async () => {
    const { FailureLocation } = await later({ InputLocation: `${FOLDER}not-there.json` });
    expect(await textAt(FailureLocation)).toContain('There is nothing at');
  });

  test.each<[string, Partial<InvokeEndpointAsyncCommandInput>, string | RegExp]>([
    ['a body and a place', { InputLocation: `${FOLDER}a`, Body: Buffer.from('{}') }, 'there is no body'],
    ['neither', {}, 'must be given'],
    ['an output that climbs', { Body: Buffer.from('{}'), S3OutputPathExtension: '../globex' }, 's3outputpathextension'],
    ['an output of an empty part', { Body: Buffer.from('{}'), S3OutputPathExtension: '/globex' }, 'outputpath'],
    ['a file name that is a path', { Body: Buffer.from('{}'), Filename: 'a/b' }, 'filename'],
    ['a file name that climbs', { Body: Buffer.from('{}'), Filename: '..' }, 'filename'],
    ['an id that is a path', { Body: Buffer.from('{}'), InferenceId: '../globex/a' }, 'inference-id'],
    ['another model in the body', { Body: Buffer.from('{"model":"nova-lite"}') }, 'model'],
    ['what is no JSON', { Body: Buffer.from('{"inputs":NaN}') }, /./],
    ['an endpoint that answers at once', { EndpointName, Body: Buffer.from('{}') }, 'has no asyncInput'],
    ['a model that is no endpoint', { EndpointName: 'nova-lite', Body: Buffer.from('{}') }, 'has no asyncInput'],
  ])('%s is refused, and reaches nothing', async (_, input, said) => {
    await expect(later(input)).rejects.toMatchObject({ name: 'ValidationError', message: expect.stringMatching(said) });
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('a body that is too large for it is refused, and reaches nothing', async () => {
    await expect(later({ Body: Buffer.alloc(128_001), ContentType: 'text/plain' })).rejects.toMatchObject({
      $metadata: { httpStatusCode: 413 },
    });
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test.each(places)('$id: $name is $expected as its input', async ({ input, expected }) => {
    const response = await fetch(`${stack.gateway}/endpoints/async-lmi/async-invocations`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await stack.token('acme-app')}`,
        'x-amzn-sagemaker-inputlocation': input,
      },
    });
    const text = await response.text();
    expect([response.status, text]).toEqual([expected === 'taken' ? 202 : 400, expect.any(String)]);
    if (expected === 'taken') return;
    expect(text).toContain('x-amzn-sagemaker-inputlocation');
    expect(text).not.toContain('s3://inputs');
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('is called in no other way, on any surface, and says how it is', async () => {
    const how = 'POST /endpoints/{name}/async-invocations';
    await expect(invoke({ EndpointName: 'async-lmi', Body: chat('x') })).rejects.toThrow(how);
    await expect(stream(chat('x'), { EndpointName: 'later' })).rejects.toThrow(how);
    const messages = [{ role: 'user', content: 'x' }];
    for (const [path, body] of [
      ['/v1/chat/completions', { messages }],
      ['/v1/chat/completions', { messages, stream: true }],
      ['/v1/messages', { messages, max_tokens: 9 }],
      ['/v1/responses', { input: 'x' }],
      ['/v1/embeddings', { input: 'x' }],
      ['/v2/rerank', { query: 'x', documents: ['y'] }],
      ['/model/later/converse', { messages: [{ role: 'user', content: [{ text: 'x' }] }] }],
    ] as const) {
      const response = await fetch(`${stack.gateway}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${await stack.token('acme-app')}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...(path.startsWith('/model') ? {} : { model: 'later' }), ...body }),
      });
      expect([path, response.status]).toEqual([path, 400]);
      expect(await response.text()).toContain(how);
    }
    expect(await stack.upstream(mark)).toEqual([]);
    const headers = { authorization: `Bearer ${await stack.token('acme-app')}` };
    const listed = await (await fetch(`${stack.gateway}/v1/models/later`, { headers })).json();
    expect(listed).toMatchObject({ paths: ['/endpoints/{id}/async-invocations'], streaming: false });
    const handedOut = await fetch(`${stack.gateway}/credentials?model=later`, { headers });
    expect(handedOut.status).toBe(403);
  });

  test('is counted by budgets of requests, and refused under a hard one that it could not be counted in', async () => {
    const set = async (id: string, unit: string, limit: string, ...more: string[]) => {
      const amount = ['--limit', limit, '--unit', unit, '--period', 'day', '--per', 'model', '--only', 'bounded'];
      expect(await stack.cli('budget', 'set', 'acme', id, ...amount, ...more)).toMatchObject({ code: 0 });
    };
    const ask = () => later({ EndpointName: 'bounded', Body: Buffer.from('{}') });
    await set('words', 'tokens', '1000000');
    await expect(ask()).rejects.toMatchObject({
      message: expect.stringContaining('told nowhere'),
      name: 'AccessDeniedException',
    });
    expect(await stack.upstream(mark)).toEqual([]);
    await set('words', 'tokens', '1000000', '--soft');
    const calls = ['--unit', 'requests', '--period', 'day', '--per', 'model', '--only', 'bounded'];
    await stack.setBudget('acme', 'calls', 1, ...calls);
    expect(await ask()).toMatchObject({ status: 202 });
    await expect(ask()).rejects.toMatchObject({ name: 'ServiceQuotaExceededException' });
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

  test('streams from TGI, whose parts are cut anywhere, with its usage', async () => {
    const chunks = await (await openai()).chat.completions.create({
      model: 'zephyr',
      messages: [{ role: 'user', content: 'é € 😀' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let last: object | undefined;
    for await (const chunk of chunks) {
      text += chunk.choices[0]?.delta.content ?? '';
      last = chunk;
    }
    expect(text).toBe('echo: é € 😀');
    expect(last).toMatchObject({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } });
  });

  test('asks JumpStart in its one form, and refuses by name what that has no place for', async () => {
    const client = await openai();
    const asked = { model: 'falcon', messages: [{ role: 'user' as const, content: 'two words' }] };
    const answer = await client.chat.completions.create(asked);
    expect(answer.choices[0]).toMatchObject({ message: { content: 'echo: two words' }, finish_reason: 'stop' });
    const chunks = await client.chat.completions.create({ ...asked, stream: true });
    let text = '';
    for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? '';
    expect(text).toBe('echo: two words');
    await expect(client.chat.completions.create({ ...asked, tools })).rejects.toMatchObject({
      status: 400,
      param: 'tools',
    });
    const held = client.chat.completions.create({ ...asked, response_format: { type: 'json_object' } });
    await expect(held).rejects.toMatchObject({ status: 400, param: 'response_format' });
    const sold = client.responses.create({ model: 'falcon', input: 'x', service_tier: 'flex' });
    await expect(sold).rejects.toMatchObject({ status: 400, param: 'service_tier' });
  });
});

test('one of many models converses in one piece, and says that it does not stream', async () => {
  const token = await stack.token('acme-app');
  const client = new OpenAI({ baseURL: `${stack.gateway}/v1`, apiKey: token, maxRetries: 0 });
  const asked = { model: 'many-c', messages: [{ role: 'user' as const, content: 'two words' }] };
  const answer = await client.chat.completions.create(asked);
  expect(answer.choices[0]?.message.content).toBe('echo: two words');
  await expect(client.chat.completions.create({ ...asked, stream: true })).rejects.toMatchObject({
    status: 400,
    param: 'stream',
  });
  const listed = (await client.models.retrieve('many-c')) as unknown as { paths: string[]; streaming: boolean };
  expect(listed).toMatchObject({ streaming: false });
  expect(listed.paths).not.toContain('/endpoints/{id}/invocations-response-stream');
});

describe('other surfaces over containers', () => {
  const post = async (path: string, body: object) =>
    fetch(`${stack.gateway}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await stack.token('acme-app')}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  test("Anthropic's messages are answered, in one piece and streamed", async () => {
    const asked = { model: 'mixtral-8x7b', max_tokens: 50, messages: [{ role: 'user', content: 'two words' }] };
    expect(await (await post('/v1/messages', asked)).json()).toMatchObject({
      content: [{ type: 'text', text: 'echo: two words' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 2, output_tokens: 3 },
    });
    const text = await (await post('/v1/messages', { ...asked, stream: true })).text();
    expect(text).toContain('event: message_stop');
    expect(text).toContain('"output_tokens":3');
  });

  test('TEI embeds texts, which no container counts', async () => {
    const response = await post('/v1/embeddings', { model: 'bge', input: ['one', 'two'] });
    const { data, usage } = (await response.json()) as { data: { embedding: number[] }[]; usage: object };
    expect(data.map(({ embedding }) => embedding.length)).toEqual([384, 384]);
    expect(usage).toEqual({ prompt_tokens: 6, total_tokens: 6 });
    expect(await line()).toMatchObject({ surface: 'openai', estimated: true, tokens: { output: 0, embeddings: 2 } });
  });

  test('TEI orders documents', async () => {
    const documents = ['of cats', 'dogs', 'cats'];
    const response = await post('/v2/rerank', { model: 'orders', query: 'cats', documents, top_n: 2 });
    const { results } = (await response.json()) as { results: { index: number; relevance_score: number }[] };
    expect(results).toEqual([
      { index: 2, relevance_score: 1 },
      { index: 0, relevance_score: 0.5 },
    ]);
  });

  test('the list of models says what reaches each', async () => {
    const headers = { authorization: `Bearer ${await stack.token('acme-app')}` };
    const list = (await (await fetch(`${stack.gateway}/v1/models`, { headers })).json()) as {
      data: { id: string; paths: string[] }[];
    };
    const paths = new Map(list.data.map(({ id, paths }) => [id, paths]));
    expect(paths.get('mixtral-8x7b')).toEqual(
      expect.arrayContaining(['/endpoints/{id}/invocations', '/v1/chat/completions', '/v1/messages']),
    );
    // TEI's entry does not say whether it embeds or ranks.
    expect(paths.get('bge')).toEqual(
      expect.arrayContaining(['/endpoints/{id}/invocations', '/v1/embeddings', '/v1/rerank', '/v2/rerank']),
    );
    expect(paths.get('mixtral-8x7b')).not.toContain('/v2/rerank');
    expect(paths.get('bge')).not.toContain('/v1/chat/completions');
  });
});

test.each<[string, string, Record<string, string>, number]>([
  ['T5: another model in the body', '{"model":"nova-lite","messages":[]}', {}, 400],
  ['T5: a member twice', '{"inputs":"a","inputs":"b"}', {}, 400],
  ['T5: __proto__', '{"__proto__":{}}', {}, 400],
  ['T5: what is no JSON', '{"inputs":NaN}', {}, 400],
  ['T5: what is compressed', '{}', { 'content-encoding': 'gzip' }, 415],
  ['T5: a charset that is not UTF-8', '{}', { 'content-type': 'application/json; charset=utf-16' }, 415],
  ['T6: a header that steers', '{}', { 'x-amzn-sagemaker-endpoint-region': 'eu-west-1' }, 400],
  [
    'T9: a picture by its address',
    '{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://169.254.169.254/"}}]}]}',
    {},
    400,
  ],
])('%s does not reach an endpoint', async (_, body, headers, status) => {
  const response = await fetch(`${stack.gateway}/endpoints/mixtral-8x7b/invocations`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await stack.token('acme-app')}`,
      'content-type': 'application/json',
      ...headers,
    },
    body,
  });
  expect(response.status).toBe(status);
  expect(response.headers.get('x-amzn-errortype')).toBe('ValidationError');
  expect(await stack.upstream(mark)).toEqual([]);
});
