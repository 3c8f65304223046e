import {
  BedrockRuntimeClient,
  type BedrockRuntimeServiceException,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { describe, expect, test } from 'vitest';
import { type Code, TollgateError } from '../../../contract/errors.ts';
import type { ProviderRequest } from '../../../invoke/call.ts';
import type { Served } from '../../../invoke/edge/lambda.ts';
import { inputTokens } from '../../../invoke/usage/estimate.ts';
import { call, edge, ending, lambda, mixtral, nova, post, ResponseStream, streamed, whole } from './edge.ts';
import { BREAK, conversation, frame, stream } from './frame.ts';
import { front } from './front.ts';

const MESSAGES = [{ role: 'user' as const, content: [{ text: 'hi' }] }];
const ANSWER = {
  output: { message: { role: 'assistant', content: [{ text: 'ho' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3 },
};

/** Runs with an unmodified SDK that has a bearer token. */
async function withSdk<T>(app: Served, use: (client: BedrockRuntimeClient) => Promise<T>): Promise<T> {
  await using server = await front(app);
  const client = new BedrockRuntimeClient({
    endpoint: server.url,
    region: 'us-east-1',
    token: { token: 'jwt' },
    authSchemePreference: ['httpBearerAuth'],
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
  try {
    return await use(client);
  } finally {
    client.destroy();
  }
}

describe('an unmodified AWS SDK', () => {
  test('converses', async () => {
    const { app, calls } = edge(() => whole(nova, ANSWER));
    const answer = await withSdk(app, (sdk) =>
      sdk.send(new ConverseCommand({ modelId: 'nova-lite', messages: MESSAGES })),
    );
    expect(answer.output?.message?.content).toEqual([{ text: 'ho' }]);
    expect(answer.usage?.totalTokens).toBe(3);
    expect(calls[0]?.call).toMatchObject({
      surface: 'bedrock',
      wanted: 'nova-lite',
      action: 'invoke',
      requestId: 'req-1',
    });
  });

  test('streams a conversation', async () => {
    const { app, calls } = edge(() => streamed(nova, stream(conversation(['a ', 'b']))));
    const text = await withSdk(app, async (sdk) => {
      const answer = await sdk.send(new ConverseStreamCommand({ modelId: 'nova-lite', messages: MESSAGES }));
      let all = '';
      for await (const event of answer.stream ?? []) all += event.contentBlockDelta?.delta?.text ?? '';
      return all;
    });
    expect(text).toBe('a b');
    expect(calls[0]?.call.action).toBe('stream');
  });

  test('invokes a model by its ARN, without saying what its body is', async () => {
    const { app, calls } = edge(() => whole(nova, { results: [] }));
    const modelId = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0';
    const answer = await withSdk(app, (sdk) =>
      sdk.send(new InvokeModelCommand({ modelId, body: '{"inputText":"hi"}' })),
    );
    expect(answer.body.transformToString()).toBe('{"results":[]}');
    expect(answer.contentType).toBe('application/json');
    expect(calls[0]?.call.wanted).toBe(modelId);
    expect(calls[0]?.request).toMatchObject({ operation: 'invoke', contentType: 'application/json' });
  });

  test('streams a model’s own format', async () => {
    const chunk = Buffer.from('{"completion":"ho"}').toString('base64');
    const { app, calls } = edge(() => streamed(nova, stream([frame('chunk', { bytes: chunk })])));
    const parts = await withSdk(app, async (sdk) => {
      const answer = await sdk.send(
        new InvokeModelWithResponseStreamCommand({ modelId: 'nova-lite', body: '{}', accept: 'application/json' }),
      );
      const all: string[] = [];
      for await (const event of answer.body ?? []) all.push(Buffer.from(event.chunk?.bytes ?? []).toString());
      return all;
    });
    expect(parts).toEqual(['{"completion":"ho"}']);
    expect(calls[0]?.request.headers).toEqual({ 'x-amzn-bedrock-accept': 'application/json' });
  });

  test('counts tokens', async () => {
    const { app, calls } = edge(() => whole(nova, { inputTokens: 4 }));
    const input = { converse: { messages: MESSAGES } };
    const answer = await withSdk(app, (sdk) => sdk.send(new CountTokensCommand({ modelId: 'nova-lite', input })));
    expect(answer.inputTokens).toBe(4);
    expect(calls[0]?.call.action).toBe('count');
  });

  test.each<[Code, string, number]>([
    ['forbidden', 'AccessDeniedException', 403],
    ['model_not_allowed', 'AccessDeniedException', 403],
    ['denied_by_iam', 'AccessDeniedException', 403],
    ['not_found', 'ResourceNotFoundException', 404],
    ['invalid_request', 'ValidationException', 400],
    ['upstream_rejected', 'ValidationException', 400],
    ['model_retired', 'ResourceNotFoundException', 410],
    ['too_large', 'ValidationException', 413],
    ['unsupported_media_type', 'ValidationException', 415],
    ['rate_limited', 'ThrottlingException', 429],
    ['upstream_throttled', 'ThrottlingException', 429],
    ['internal', 'InternalServerException', 500],
    ['model_failed', 'ModelErrorException', 424],
    ['upstream_failed', 'InternalServerException', 502],
    ['upstream_unavailable', 'ServiceUnavailableException', 503],
    ['unavailable', 'ServiceUnavailableException', 503],
    ['deadline', 'ModelTimeoutException', 504],
  ])('raises %s as its own %s, with status %i', async (code, name, status) => {
    const { app } = edge(() => {
      throw new TollgateError(code);
    });
    const error = await withSdk(app, (sdk) =>
      sdk.send(new ConverseCommand({ modelId: 'nova-lite', messages: MESSAGES })).catch((thrown) => thrown),
    );
    expect((error as Error).constructor.name).toBe(name);
    expect((error as BedrockRuntimeServiceException).$metadata.httpStatusCode).toBe(status);
    expect((error as Error).message).not.toBe('');
  });

  test.each<[Code, string]>([
    ['upstream_failed', 'ModelStreamErrorException'],
    ['model_failed', 'ModelStreamErrorException'],
    ['deadline', 'ModelStreamErrorException'],
    ['upstream_throttled', 'ThrottlingException'],
    ['upstream_unavailable', 'ServiceUnavailableException'],
    ['upstream_rejected', 'ValidationException'],
    ['internal', 'InternalServerException'],
  ])('U2: raises a stream that breaks with %s as %s, after the events that came', async (code, name) => {
    const events = conversation(['a']).slice(0, 3);
    const { app } = edge(() => streamed(nova, stream(events, new TollgateError(code))));
    const seen: string[] = [];
    const error = await withSdk(app, async (sdk) => {
      const answer = await sdk.send(new ConverseStreamCommand({ modelId: 'nova-lite', messages: MESSAGES }));
      try {
        for await (const event of answer.stream ?? []) seen.push(...Object.keys(event));
      } catch (thrown) {
        return thrown as Error;
      }
      return undefined;
    });
    expect(seen).toEqual(['messageStart', 'contentBlockDelta', 'contentBlockDelta']);
    expect(error?.constructor.name).toBe(name);
  });

  test('U2: raises a broken stream of a model’s own format too', async () => {
    const { app } = edge(() => streamed(nova, stream([frame('chunk', { bytes: 'e30=' })], BREAK)));
    const failed = withSdk(app, async (sdk) => {
      const answer = await sdk.send(new InvokeModelWithResponseStreamCommand({ modelId: 'nova-lite', body: '{}' }));
      for await (const _ of answer.body ?? []);
    });
    await expect(failed).rejects.toMatchObject({ name: 'ModelStreamErrorException' });
  });
});

describe('bytes pass untouched', () => {
  test('the request’s, with members newer than any SDK and spaces where they were', async () => {
    const { app, calls } = edge(() => whole(nova, ANSWER));
    const body = '{ "messages" : [] , "brandNew": 1.0, "é":"\\u00e9" }';
    await call(app, post('/model/nova-lite/converse', body));
    expect(Buffer.from(calls[0]?.request.body ?? []).toString()).toBe(body);
  });

  test('the answer’s', async () => {
    const bytes = Buffer.from('{ "a" : 1.0 }');
    const { app } = edge(() => whole(nova, bytes));
    expect((await call(app, post('/model/nova-lite/converse', {}))).bytes).toEqual(bytes);
  });

  test('the frames of a stream, and nothing is added to a whole one', async () => {
    const events = conversation(['a', 'b']);
    const { app } = edge(() => streamed(nova, stream(events)));
    const answer = await call(app, post('/model/nova-lite/converse-stream', {}));
    expect(answer.bytes).toEqual(Buffer.concat(events.map(({ bytes }) => bytes)));
    expect(answer.headers['content-type']).toBe('application/vnd.amazon.eventstream');
  });

  test('frames that came together leave in one write', async () => {
    const events = conversation(['a', 'b']);
    const writes: Buffer[] = [];
    const out = new ResponseStream((bytes, taken) => {
      writes.push(bytes);
      taken();
    });
    async function* together() {
      yield events;
    }
    await lambda(edge(() => streamed(nova, together())).app)(post('/model/nova-lite/converse-stream', {}), out);
    expect(writes.filter((bytes) => bytes.equals(Buffer.concat(events.map((event) => event.bytes))))).toHaveLength(1);
  });

  test('and leaving a stream leaves the pipeline’s events at once', async () => {
    let returned = 0;
    const [first] = conversation([]);
    const events = {
      [Symbol.asyncIterator]: () => ({
        next: (() => {
          let given = false;
          return () => {
            if (given || first === undefined) return new Promise<never>(() => {});
            given = true;
            return Promise.resolve({ done: false as const, value: [first] });
          };
        })(),
        return: async () => {
          returned++;
          return { done: true as const, value: undefined };
        },
      }),
    };
    const out = new ResponseStream((_, taken) => {
      taken();
      out.destroy();
    });
    await lambda(edge(() => streamed(nova, events)).app)(post('/model/nova-lite/converse-stream', {}), out);
    expect(returned).toBe(1);
  });
});

describe('what would steer the call is refused', () => {
  test.each([
    ['x-amzn-bedrock-guardrailidentifier', 'gr-1'],
    ['x-amzn-bedrock-guardrailversion', '1'],
    ['x-amzn-bedrock-brand-new', '1'],
    ['x-amzn-bedrock-trace', 'ENABLED, DISABLED'],
  ])('T6: the header %s: %s', async (name, value) => {
    const { app, calls } = edge();
    const answer = await call(app, post('/model/nova-lite/invoke', {}, { [name]: value }));
    expect(answer.statusCode).toBe(400);
    expect(answer.json().message).toContain(name);
    expect(calls).toEqual([]);
  });

  test.each([
    ['x-amzn-bedrock-service-tier', 'priority'],
    ['x-amzn-bedrock-performanceconfig-latency', 'optimized'],
  ])('and what a call would be sold by beside Converse’s own body: the header %s', async (name, value) => {
    const { app, calls } = edge();
    for (const operation of ['converse', 'converse-stream', 'count-tokens'])
      expect((await call(app, post(`/model/nova-lite/${operation}`, {}, { [name]: value }))).statusCode).toBe(400);
    expect(calls).toEqual([]);
  });

  test.each(['guardrailConfig', 'amazon-bedrock-guardrailConfig'])('T6: the member %s', async (member) => {
    const { app, calls } = edge();
    const answer = await call(app, post('/model/nova-lite/converse', { [member]: { guardrailIdentifier: 'gr-1' } }));
    expect(answer.statusCode).toBe(400);
    expect(answer.json().message).toContain(member);
    expect(calls).toEqual([]);
  });

  test('but not what only says how the call should run', async () => {
    const { app, calls } = edge();
    const headers = { 'x-amzn-bedrock-trace': 'DISABLED', 'x-amzn-bedrock-performanceconfig-latency': 'optimized' };
    await call(app, post('/model/nova-lite/invoke', {}, { ...headers, 'x-amz-security-token': 'no', accept: '*/*' }));
    expect(calls[0]?.request.headers).toEqual(headers);
    expect(calls[0]?.request.accept).toBe('application/json');
  });

  test.each([
    ['model', 'claude-v2', 400],
    ['modelId', 'anthropic.claude-v2:1', 400],
    ['model', null, 400],
    ['model', ['nova-lite'], 400],
    ['model', 'nova-lite', 200],
    ['modelId', 'amazon.nova-lite-v1:0', 200],
  ])('T5: a body whose %s is %j', async (member, value, status) => {
    const { app } = edge();
    expect((await call(app, post('/model/nova-lite/invoke', { [member]: value }))).statusCode).toBe(status);
  });

  test('a SageMaker endpoint is not called through these paths', async () => {
    const { app, calls } = edge(undefined, mixtral);
    const answer = await call(app, post('/model/mixtral-8x7b/converse', {}));
    expect(answer.statusCode).toBe(400);
    expect(answer.json().message).toContain('SageMaker');
    expect(calls).toEqual([]);
  });
});

test('L2: a deprecated model’s answers say until when and what comes after', async () => {
  for (const operation of ['converse', 'converse-stream']) {
    const { app } = edge(() =>
      operation === 'converse' ? whole(ending, ANSWER) : streamed(ending, stream(conversation(['a']))),
    );
    const { headers } = await call(app, post(`/model/claude-v2/${operation}`, {}));
    expect(headers.deprecation).toMatch(/^@\d+$/);
    expect(Date.parse(headers.sunset ?? '')).toBe((ending.lifecycle.sunsetAt ?? 0) * 1000);
    expect(headers.link).toBe('</v1/models/nova-lite>; rel="successor-version"');
  }
});

describe('Bedrock’s newest members reach the model as they came, and are counted', () => {
  const TEXT = '"messages": [{"role":"user","content":[{"text":"hi"}]}]';
  test.each([
    ['serviceTier', false, '{"serviceTier":{"type":"flex"},%}'],
    [
      'outputConfig',
      true,
      '{"outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{}"}}}},%}',
    ],
    ['outputConfig.effort', true, '{ "outputConfig" : {"effort":"high"}, % }'],
    ['cachePoint.ttl', false, '{"system":[{"text":"s"},{"cachePoint":{"type":"default","ttl":"1h"}}],%}'],
    ['requestMetadata', true, '{"requestMetadata":{"team":"a"},%}'],
    ['performanceConfig', false, '{"performanceConfig":{"latency":"optimized"},%}'],
    ['promptVariables', true, '{"promptVariables":{"name":{"text":"a long variable"}},%}'],
    ['additionalModelResponseFieldPaths', true, '{"additionalModelResponseFieldPaths":["/stop_sequence"],%}'],
    ['one that nobody knows yet', true, '{"newest":{"deep":[1.10,"text"]},%}'],
  ])('%s', async (_, isText, pattern) => {
    const body = pattern.replace('%', TEXT);
    const { app, calls } = edge();
    expect((await call(app, post('/model/nova-lite/converse', body))).statusCode).toBe(200);
    const request = calls[0]?.request as ProviderRequest;
    expect(Buffer.from(request.body).toString()).toBe(body);
    const bare = { ...request, body: Buffer.from(`{${TEXT}}`) };
    const [read = 0, without = 0] = [request, bare].map((one) => inputTokens(one, nova.target));
    // What the schema does not say to be a setting is text, in full.
    expect(read > without).toBe(isText);
  });
});
