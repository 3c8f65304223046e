import {
  ApplyGuardrailCommand,
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { grantModels, type Wanted } from './granted.ts';
import { finishedOf, RawUsage } from './raw-usage.ts';
import { Stack } from './stack.ts';

/** What Bedrock's runtime calls beside models, by the AWS SDK's own client with a tenant's token: prompts, prompt routers, guardrails. */

const region = 'us-east-1';
const BASE = `arn:aws:bedrock:${region}:111122223333:`;
const model = (id: string, where = region) => `arn:aws:bedrock:${where}::foundation-model/${id}`;
const NOVA = model('amazon.nova-lite-v1:0');
const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const PROMPT = `${BASE}prompt/SONGS12345:3`;
const ROUTER = `${BASE}default-prompt-router/anthropic.claude:1`;
const [HAIKU, SONNET] = [
  'anthropic.claude-3-haiku-20240307-v1:0',
  'anthropic.claude-3-5-sonnet-20240620-v1:0',
] as const;
const LLAMA = 'meta.llama3-3-70b-instruct-v1:0';
const US = ['us-east-1', 'us-east-2', 'us-west-2'];

const prompt = (id: string, modelArns = [NOVA]) =>
  ({ kind: 'bedrock-prompt', region, arn: `${BASE}prompt/${id}`, modelArns }) as const;

const GRANTED: Wanted[] = [
  { id: 'songs', target: prompt('SONGS12345:3') },
  {
    id: 'songs-of-claude',
    target: prompt('CLAUDE1234:1', [
      `${BASE}inference-profile/us.${CLAUDE}`,
      ...US.map((where) => model(CLAUDE, where)),
    ]),
  },
  { id: 'gone', target: prompt('GONE123456:1') },
  { id: 'of-globex', tenant: 'globex', target: prompt('SONGS12345:4') },
  {
    id: 'router',
    target: {
      kind: 'bedrock-prompt-router',
      region,
      arn: ROUTER,
      modelArns: [model(HAIKU), model(SONNET)],
      priceModels: ['haiku', 'sonnet'],
    },
  },
  {
    id: 'llamas',
    target: {
      kind: 'bedrock-prompt-router',
      region,
      arn: `${BASE}default-prompt-router/meta.llama:1`,
      modelArns: [
        model('meta.llama3-1-8b-instruct-v1:0'),
        `${BASE}inference-profile/us.${LLAMA}`,
        ...US.map((where) => model(LLAMA, where)),
      ],
    },
  },
  { id: 'words', target: { kind: 'bedrock-guardrail', region, arn: `${BASE}guardrail/demo`, version: '1' } },
];

let stack: Stack;
let raw: RawUsage;
let mark: number;
let token: string;
const clients: BedrockRuntimeClient[] = [];
let acme: BedrockRuntimeClient;
let globex: BedrockRuntimeClient;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0' } });
  raw = new RawUsage(stack);
  await grantModels(stack, GRANTED);
  token = await stack.token('acme-app');
  [acme, globex] = [clientOf('acme-app'), clientOf('globex-app')];
});
beforeEach(async () => {
  mark = await stack.mark();
});
afterAll(async () => {
  for (const client of clients) client.destroy();
  raw.close();
  await stack.remove();
});

function clientOf(as: string): BedrockRuntimeClient {
  const client = new BedrockRuntimeClient({
    endpoint: stack.gateway,
    region,
    maxAttempts: 1,
    token: async () => ({ token: await stack.token(as) }),
    authSchemePreference: ['httpBearerAuth'],
  });
  clients.push(client);
  return client;
}

const promptVariables = { topic: { text: 'rain' } };
const ask = (modelId: string, more: object = { promptVariables }) => new ConverseCommand({ modelId, ...more });
const say = (text: string) => ({ messages: [{ role: 'user' as const, content: [{ text }] }] });

async function recordOf(requestId: string | undefined) {
  const [finished] = finishedOf(await raw.ofCall(requestId ?? ''));
  return finished;
}

const called = async () => (await stack.upstream(mark)).find(({ service }) => service === 'bedrock');

const refusal = (call: Promise<unknown>) =>
  call.then(
    () => 'answered',
    ({ name, message, $metadata }) => ({ name, message, status: $metadata?.httpStatusCode }),
  );

const post = (path: string, body: object) =>
  fetch(`${stack.gateway}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('a version of a prompt', () => {
  test.each(['songs', PROMPT])('is filled in and answered, as %s', async (id) => {
    const { output, usage, $metadata } = await acme.send(ask(id));
    expect(output?.message?.content?.[0]?.text).toBe('echo: Write about rain.');
    const call = await called();
    expect(call).toMatchObject({ operation: 'Converse', decision: 'allowed' });
    expect(call?.caller?.sessionPolicy).toMatchObject({
      Statement: [
        { Effect: 'Allow', Action: ['bedrock:RenderPrompt'], Resource: [PROMPT] },
        { Effect: 'Allow', Action: ['bedrock:InvokeModel'], Resource: [NOVA] },
      ],
    });
    expect(await recordOf($metadata.requestId)).toMatchObject({
      model: 'songs',
      nativeModel: PROMPT,
      outcome: 'ok',
      estimated: false,
      tokens: { input: usage?.inputTokens, output: usage?.outputTokens },
    });
  });

  test('goes on with what is said after it, streamed, in each region of its profile', async () => {
    for (const _ of US) {
      const { stream } = await acme.send(
        new ConverseStreamCommand({ modelId: 'songs-of-claude', promptVariables, ...say('and about snow') }),
      );
      let text = '';
      for await (const event of stream ?? []) text += event.contentBlockDelta?.delta?.text ?? '';
      expect(text).toBe('echo: and about snow');
    }
  });

  test('is invoked without a body', async () => {
    const { body } = await acme.send(new InvokeModelCommand({ modelId: 'songs', contentType: 'application/json' }));
    expect(new TextDecoder().decode(body)).toContain('Write about {{topic}}.');
  });

  test('has what Bedrock refuses beside it refused in Bedrock’s words', async () => {
    for (const more of [{ inferenceConfig: { maxTokens: 3 } }, { system: [{ text: 'be brief' }] }])
      expect(await refusal(acme.send(ask('songs', { promptVariables, ...more })))).toMatchObject({
        name: 'ValidationException',
        status: 400,
      });
  });

  test('is no conversation of another form', async () => {
    const messages = [{ role: 'user', content: 'one two' }];
    const bodies = {
      '/v1/chat/completions': { messages },
      '/v1/messages': { messages, max_tokens: 9 },
      '/v1/responses': { input: 'one two' },
    };
    for (const [path, body] of Object.entries(bodies)) {
      const answer = await post(path, { model: 'songs', ...body });
      expect([path, answer.status, await answer.text()]).toEqual([
        path,
        400,
        expect.stringContaining('This model is a prompt of Bedrock'),
      ]);
    }
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('of another tenant, another version, its draft and what is not there are one answer, and so is the model behind it', async () => {
    const other = await refusal(globex.send(ask(PROMPT)));
    expect(other).toMatchObject({ name: 'AccessDeniedException', status: 403 });
    const others = [
      `${BASE}prompt/SONGS12345:4`,
      `${BASE}prompt/SONGS12345`,
      'of-globex',
      `${BASE}prompt/NOBODY1234:1`,
    ];
    for (const id of others) expect(await refusal(acme.send(ask(id)))).toEqual(other);
    // Of nova-lite acme has a grant of its own; of Claude's model only what the prompt runs.
    expect(await refusal(acme.send(ask(model(HAIKU, 'us-west-2'))))).toEqual(other);
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('that is gone is told in Bedrock’s own form, and no credentials are handed out for one', async () => {
    expect(await refusal(acme.send(ask('gone')))).toMatchObject({ status: 502 });
    const { code, stderr } = await stack.cli('grant', 'acme', 'songs', '--direct');
    expect([code, stderr]).toEqual([1, expect.stringContaining('direct: not with this kind')]);
  });
});

describe('a prompt router', () => {
  test.each([
    ['what is easy', 'one two', HAIKU, 'haiku'],
    ['what is not', '[[hard]] two', SONNET, 'sonnet'],
  ])(
    'has %s answered by one of its models, which the record names and the caller is not shown',
    async (_, text, by, priceModel) => {
      const { output, usage, trace, $metadata } = await acme.send(ask('router', say(text)));
      expect(output?.message?.content?.[0]?.text).toBe(`echo: ${text}`);
      expect(trace).toBeUndefined();
      expect(await recordOf($metadata.requestId)).toMatchObject({
        model: 'router',
        nativeModel: by,
        priceModel,
        outcome: 'ok',
        tokens: { input: usage?.inputTokens, output: usage?.outputTokens },
      });
      const call = await called();
      expect(call?.caller?.sessionPolicy).toMatchObject({
        Statement: [
          { Resource: [ROUTER] },
          {
            Resource: [model(SONNET), model(HAIKU)],
            Condition: { StringEquals: { 'bedrock:PromptRouterArn': ROUTER } },
          },
        ],
      });
    },
  );

  test.each([
    ['/v1/chat/completions', { messages: [{ role: 'user', content: '[[hard]]' }] }],
    ['/v1/messages', { messages: [{ role: 'user', content: '[[hard]]' }], max_tokens: 9 }],
    ['/v1/responses', { input: '[[hard]]' }],
  ])('answers %s, whole and streamed', async (path, body) => {
    for (const stream of [false, true]) {
      const answer = await post(path, { model: 'router', stream, ...body });
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('[[hard]]')]);
      expect(await recordOf(answer.headers.get('x-request-id') ?? '')).toMatchObject({
        model: 'router',
        nativeModel: SONNET,
        outcome: 'ok',
        estimated: false,
      });
    }
  });

  test('chooses an inference profile, and that its model in any of its regions', async () => {
    for (const _ of US) {
      const { output } = await acme.send(ask('llamas', say('[[hard]]')));
      expect(output?.message?.content?.[0]?.text).toBe('echo: [[hard]]');
    }
  });

  test('is no grant of the models that it chooses among', async () => {
    const refused = await refusal(acme.send(ask(model(SONNET), say('x'))));
    expect(refused).toMatchObject({ name: 'AccessDeniedException', status: 403 });
    expect(await refusal(globex.send(ask(ROUTER, say('x'))))).toEqual(refused);
    expect(await stack.upstream(mark)).toEqual([]);
  });
});

describe('a guardrail that was granted', () => {
  const apply = (guardrailIdentifier: string, guardrailVersion = '1', text = 'fine') =>
    new ApplyGuardrailCommand({
      ...{ guardrailIdentifier, guardrailVersion, source: 'INPUT' },
      content: [{ text: { text } }],
    });

  test.each(['words', 'demo', `${BASE}guardrail/demo`])(
    'is applied as %s, and its text units are on the record',
    async (id) => {
      const text = `[[blocked]] ${'x'.repeat(1_500)}`;
      const { action, assessments, usage, $metadata } = await acme.send(apply(id, '1', text));
      expect([action, assessments, usage?.wordPolicyUnits]).toEqual(['GUARDRAIL_INTERVENED', [], 2]);
      expect(await recordOf($metadata.requestId)).toMatchObject({
        model: 'words',
        nativeModel: 'demo:1',
        action: 'guard',
        outcome: 'ok',
        estimated: false,
        tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, calls: 2 },
      });
      const call = await called();
      expect(call?.caller?.sessionPolicy).toMatchObject({
        Statement: [{ Action: ['bedrock:ApplyGuardrail'], Resource: [`${BASE}guardrail/demo`] }],
      });
    },
  );

  test('in another version, of another tenant, and what is not there are one answer', async () => {
    const other = await refusal(globex.send(apply('demo')));
    expect(other).toMatchObject({ name: 'AccessDeniedException', status: 403 });
    for (const [id, version] of [
      ['words', '2'],
      ['demo', 'DRAFT'],
      ['demo', '2'],
      ['nobody', '1'],
    ] as const)
      expect(await refusal(acme.send(apply(id, version)))).toEqual(other);
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('is no model', async () => {
    expect(await refusal(acme.send(ask('words', say('x'))))).toMatchObject({
      name: 'ValidationException',
      status: 400,
    });
    for (const path of ['/v1/chat/completions', '/v1/embeddings'])
      expect(
        (await post(path, { model: 'words', messages: [{ role: 'user', content: 'x' }], input: 'x' })).status,
      ).toBe(400);
    expect(await stack.upstream(mark)).toEqual([]);
  });
});
