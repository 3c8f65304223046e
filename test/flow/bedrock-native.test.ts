import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  BedrockClient,
  GetFoundationModelCommand,
  GetInferenceProfileCommand,
  ListFoundationModelsCommand,
  ListInferenceProfilesCommand,
} from '@aws-sdk/client-bedrock';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stack } from './stack.ts';

/**
 * What of Bedrock's own API is served beside its models' calls, asked by its own clients; and the API of AWS's guidance for a
 * multi-tenant gateway, asked as its notebooks do.
 */

let stack: Stack;
let acme: BedrockClient;
let account: string;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0' } });
  acme = await clientOf('acme-app');
  const { stdout } = await stack.cli('model', 'show', 'claude-sonnet-4-5', '--format', 'json');
  account = /us-east-1:(\d{12}):/.exec(stdout)?.[1] ?? '';
});

afterAll(async () => {
  acme.destroy();
  await stack.remove();
});

async function clientOf(name: string): Promise<BedrockClient> {
  return new BedrockClient({
    endpoint: stack.gateway,
    region: 'us-east-1',
    token: { token: await stack.token(name) },
    authSchemePreference: ['httpBearerAuth'],
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
}

/** Makes an entry of the target, and grants it to acme. */
async function hold(id: string, target: object, more: object = {}): Promise<void> {
  const entry = JSON.parse((await stack.cli('model', 'show', 'nova-lite', '--format', 'json')).stdout);
  const file = join(stack.dataDir, `${id}.json`);
  writeFileSync(file, JSON.stringify({ ...entry, id, target, ...more, version: undefined }));
  for (const args of [
    ['model', 'put', file],
    ['grant', 'acme', id],
  ])
    expect(await stack.cli(...args)).toMatchObject({ code: 0, stderr: '' });
}

const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const PROFILE = `us.${CLAUDE}`;

describe("Bedrock's own client lists what the tenant may call", () => {
  test('the foundation models, those behind a profile too, each once', async () => {
    const { modelSummaries = [] } = await acme.send(new ListFoundationModelsCommand({}));
    const inference = modelSummaries.map(({ modelId, inferenceTypesSupported }) => [modelId, inferenceTypesSupported]);
    expect(inference).toEqual([
      [CLAUDE, ['INFERENCE_PROFILE']],
      ['anthropic.claude-v2:1', ['ON_DEMAND']],
      ['amazon.nova-lite-v1:0', ['ON_DEMAND']],
      ['amazon.titan-embed-text-v2:0', ['ON_DEMAND']],
    ]);
    const globex = await clientOf('globex-app');
    const others = await globex.send(new ListFoundationModelsCommand({ byProvider: 'Meta' }));
    globex.destroy();
    expect(others.modelSummaries?.map(({ modelId }) => modelId)).toEqual(['meta.llama3-3-70b-instruct-v1:0']);
  });

  test('by vendor, by what they put out, and by how they are called', async () => {
    const ids = async (filter: object) =>
      (await acme.send(new ListFoundationModelsCommand(filter))).modelSummaries?.map(({ modelId }) => modelId);
    expect(await ids({ byProvider: 'anthropic' })).toEqual([CLAUDE, 'anthropic.claude-v2:1']);
    expect(await ids({ byOutputModality: 'EMBEDDING' })).toEqual(['amazon.titan-embed-text-v2:0']);
    expect(await ids({ byInferenceType: 'INFERENCE_PROFILE' })).toEqual([CLAUDE]);
    expect(await ids({ byCustomizationType: 'FINE_TUNING' })).toEqual([]);
  });

  test('one of them, with its end of life', async () => {
    const { modelDetails } = await acme.send(
      new GetFoundationModelCommand({ modelIdentifier: 'anthropic.claude-v2:1' }),
    );
    expect(modelDetails).toMatchObject({
      modelArn: 'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2:1',
      providerName: 'Anthropic',
      outputModalities: ['TEXT'],
      responseStreamingSupported: true,
      modelLifecycle: { status: 'LEGACY', endOfLifeTime: expect.any(Date) },
    });
    for (const modelIdentifier of [`arn:aws:bedrock:us-east-1::foundation-model/${CLAUDE}`, CLAUDE, PROFILE])
      expect(await acme.send(new GetFoundationModelCommand({ modelIdentifier }))).toMatchObject({
        modelDetails: { modelId: CLAUDE, modelLifecycle: { status: 'ACTIVE' } },
      });
  });

  test('what an entry says of a model is in the lists of every vendor, and the grant’s own limit where that is less', async () => {
    const { target } = JSON.parse((await stack.cli('model', 'show', 'nova-lite', '--format', 'json')).stdout);
    const modelId = 'amazon.nova-pro-v1:0';
    const arn = `arn:aws:bedrock:us-east-1::foundation-model/${modelId}`;
    await hold(
      'told',
      { ...target, modelId, arn },
      {
        displayName: 'Told',
        capabilities: { input: ['text', 'image'], output: ['text'], streaming: false, tools: true },
        limits: { context: 300_000, output: 5_000 },
        provenance: { approver: 'nobody’s business' },
      },
    );
    const { modelDetails } = await acme.send(new GetFoundationModelCommand({ modelIdentifier: modelId }));
    expect(modelDetails).toMatchObject({ inputModalities: ['TEXT', 'IMAGE'], responseStreamingSupported: false });
    const authorization = `Bearer ${await stack.token('acme-app')}`;
    const listed = async (headers = {}) => {
      const url = `${stack.gateway}/v1/models/told`;
      return (await fetch(url, { headers: { authorization, ...headers } })).json();
    };
    const openai = await listed();
    expect(openai).toMatchObject({
      display_name: 'Told',
      streaming: false,
      capabilities: { tools: true },
      input_modalities: ['TEXT', 'IMAGE'],
      output_modalities: ['TEXT'],
      context_length: 300_000,
      max_output_tokens: 5_000,
    });
    expect(JSON.stringify(openai)).not.toContain('business');
    expect(await listed({ 'anthropic-version': '2023-06-01' })).toMatchObject({
      display_name: 'Told',
      max_input_tokens: 300_000,
      max_tokens: 5_000,
    });
    expect((await stack.cli('grant', 'acme', 'told', '--max-tokens', '100')).code).toBe(0);
    expect(await listed()).toMatchObject({ max_output_tokens: 100 });
    expect((await stack.cli('grant', 'revoke', 'acme', 'told')).code).toBe(0);
  });

  test('the profiles, without an ARN of the account, and by a name that a call takes', async () => {
    const { inferenceProfileSummaries } = await acme.send(new ListInferenceProfilesCommand({}));
    expect(inferenceProfileSummaries).toMatchObject([
      {
        inferenceProfileId: PROFILE,
        inferenceProfileArn: PROFILE,
        status: 'ACTIVE',
        type: 'SYSTEM_DEFINED',
        models: ['us-east-1', 'us-east-2', 'us-west-2'].map((region) => ({
          modelArn: `arn:aws:bedrock:${region}::foundation-model/${CLAUDE}`,
        })),
      },
    ]);
    const inferenceProfileIdentifier = `arn:aws:bedrock:us-east-1:${account}:inference-profile/${PROFILE}`;
    const one = await acme.send(new GetInferenceProfileCommand({ inferenceProfileIdentifier }));
    expect(one).toMatchObject({ inferenceProfileId: PROFILE });
    expect(JSON.stringify([one, inferenceProfileSummaries])).not.toContain(account);
    const none = new ListInferenceProfilesCommand({ typeEquals: 'APPLICATION' });
    expect((await acme.send(none)).inferenceProfileSummaries).toEqual([]);
  });

  test.each([
    ["another tenant's model", new GetFoundationModelCommand({ modelIdentifier: 'meta.llama3-3-70b-instruct-v1:0' })],
    ['a model that nobody has', new GetFoundationModelCommand({ modelIdentifier: 'amazon.none-v1:0' })],
    ['an endpoint', new GetFoundationModelCommand({ modelIdentifier: 'mixtral-8x7b' })],
    ['a model that is no profile', new GetInferenceProfileCommand({ inferenceProfileIdentifier: 'nova-lite' })],
  ])('T3 %s is refused as what does not exist', async (_, command) => {
    await expect(acme.send(command as GetFoundationModelCommand)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: 'This model does not exist or is not granted to the calling tenant.',
    });
  });
});

describe("clients of AWS's guidance move by changing their address and their key", () => {
  const ask = async (query: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${stack.gateway}/invoke_model?${query}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await stack.token('acme-app')}`,
        'content-type': 'application/json',
        'x-api-key': 'not-read',
        team_id: 'globex',
        ...headers,
      },
      body: JSON.stringify(body),
    });
    return { status: response.status, answer: (await response.json()) as Record<string, unknown>[] };
  };

  test('a prompt, messages, tools, and a model of SageMaker', async () => {
    const mark = await stack.mark();
    const said = async (query: string, body: object, headers?: Record<string, string>) =>
      (await ask(query, body, headers)).answer[0]?.generated_text;
    expect(await said('model_id=amazon.nova-lite-v1:0', { inputs: 'one two', parameters: { maxTokens: 2 } })).toBe(
      'echo: one',
    );
    const messages = [{ role: 'user', content: [{ text: 'hi [[tool:look {"at":1}]]' }] }];
    const tool_config = { tools: [{ toolSpec: { name: 'look', inputSchema: { json: { type: 'object' } } } }] };
    expect(await said('model_id=nova-lite', { inputs: messages, tool_config }, { messages_api: 'true' })).toMatchObject(
      [{ toolUse: { name: 'look', input: { at: 1 } } }],
    );
    const arn = `arn:aws:bedrock:us-east-1:${account}:inference-profile/${PROFILE}`;
    const claude = `model_id=${CLAUDE}&model_arn=${encodeURIComponent(arn)}`;
    expect(await said(claude, { inputs: 'hi', parameters: { max_tokens: 9 } })).toBe('echo: hi');
    expect(await said('model_id=mixtral-8x7b', { inputs: 'hi', parameters: { max_new_tokens: 9 } })).toBe('echo: hi');
    const calls = (await stack.upstream(mark)).filter(
      ({ service }) => service === 'bedrock' || service === 'sagemaker',
    );
    expect(calls.map(({ caller }) => caller?.tags.TenantId)).toEqual(Array(4).fill('acme'));
  });

  test('vectors of a text and of several', async () => {
    const headers = { type: 'embeddings' };
    const one = await ask('model_id=titan-embed-v2', { inputs: 'hi', parameters: { dimensions: 256 } }, headers);
    expect(one.answer.map(({ embedding }) => (embedding as number[]).length)).toEqual([256]);
    const two = await ask('model_id=titan-embed-v2', { inputs: ['hi', 'ho'] }, headers);
    expect(two.answer.map(({ embedding }) => (embedding as number[]).length)).toEqual([1024, 1024]);
  });

  test('the vector of a picture, and pictures', async () => {
    for (const id of ['amazon.titan-embed-image-v1', 'amazon.nova-canvas-v1:0', 'stability.stable-image-core-v1:1']) {
      const arn = `arn:aws:bedrock:us-east-1::foundation-model/${id}`;
      await hold(id.replace(/[^a-z0-9-]/g, '-'), { kind: 'bedrock-model', modelId: id, region: 'us-east-1', arn });
    }
    const image = { type: 'image' };
    const parameters = {
      taskType: 'TEXT_IMAGE',
      imageGenerationConfig: { numberOfImages: 2, width: 512, height: 512 },
    };
    const body = { textToImageParams: { text: 'a cat' }, parameters };
    const painted = await ask('model_id=amazon.nova-canvas-v1:0', body, image);
    const pictures = (painted.answer[0]?.images ?? []) as string[];
    expect(pictures).toHaveLength(2);
    const prompts = { text_prompts: [{ text: 'a cat' }, { text: 'dogs', weight: -1 }] };
    expect((await ask('model_id=stability.stable-image-core-v1:1', prompts, image)).answer).toMatchObject([
      { artifacts: [{ base64: expect.any(String), finishReason: 'SUCCESS' }] },
    ]);
    const vector = await ask(
      'model_id=amazon.titan-embed-image-v1',
      { inputs: pictures[0] },
      { type: 'embeddings-image' },
    );
    expect(vector.answer).toMatchObject([{ embedding: expect.any(Array) }]);
    expect((await ask('model_id=nova-lite', { inputs: 'a cat' }, image)).status).toBe(400);
  });

  test('an answer is asked for later, as often as one likes, by its caller alone, and is one call', async () => {
    const mark = await stack.mark();
    const [{ request_id: id } = {}] = (await ask('model_id=nova-lite', { inputs: 'hi' }, { streaming: 'true' })).answer;
    expect(id).toEqual(expect.any(String));
    const poll = () => ask(`model_id=nova-lite&requestId=${id}`, {});
    await expect.poll(poll, { timeout: 10_000 }).toEqual({ status: 200, answer: [{ generated_text: 'echo: hi' }] });
    expect(await poll()).toEqual({ status: 200, answer: [{ generated_text: 'echo: hi' }] });
    const authorization = `Bearer ${await stack.token('globex-app')}`;
    expect(await ask(`model_id=nova-lite&requestId=${id}`, {}, { authorization })).toMatchObject({ status: 404 });
    expect((await stack.upstream(mark)).filter(({ service }) => service === 'bedrock')).toHaveLength(1);
    const refused = await ask('model_id=llama-3-3-70b', { inputs: 'hi' }, { streaming: 'true' });
    expect(refused.status).toBe(403);
  });

  test('errors have their own status, in the form of its answers', async () => {
    expect(await ask('model_id=llama-3-3-70b', { inputs: 'hi' })).toEqual({
      status: 403,
      answer: [{ generated_text: expect.stringContaining('not granted'), code: 'model_not_allowed', field: 'model' }],
    });
    expect(await ask('model_id=nova-lite', { inputs: 7 })).toMatchObject({
      status: 400,
      answer: [{ field: 'inputs' }],
    });
  });

  test('the list of models is the one of the tenant', async () => {
    const headers = { authorization: `Bearer ${await stack.token('globex-app')}` };
    const [list] = (await (await fetch(`${stack.gateway}/list_foundation_models`, { headers })).json()) as [
      { modelSummaries: { modelId: string }[] },
    ];
    expect(list.modelSummaries.map(({ modelId }) => modelId)).toEqual([
      'meta.llama3-3-70b-instruct-v1:0',
      'amazon.nova-lite-v1:0',
      'amazon.titan-embed-text-v2:0',
    ]);
  });
});

/** ARNs of the account, without what a policy or a path says before them. */
const OWN = {
  'own-profile': 'application-inference-profile/a1b2c3d4e5f6',
  'own-claude': 'application-inference-profile/claude4e5f6g',
  'own-bought': 'provisioned-model/a1b2c3d4e5f6',
  'own-tuned': 'custom-model-deployment/a1b2c3d4e5f6',
  'own-imported': 'imported-model/a1b2c3d4e5f6',
  'own-endpoint': 'endpoint/deepseek-r1',
} as const;
type Own = keyof typeof OWN;

describe('what the account has of its own is put, granted and called', () => {
  const arnOf = (id: Own): string =>
    `arn:aws:${id === 'own-endpoint' ? 'sagemaker' : 'bedrock'}:us-east-1:${account}:${OWN[id]}`;
  const foundation = (model: string, ...regions: string[]) =>
    regions.map((region) => `arn:aws:bedrock:${region}::foundation-model/${model}`);
  const targetOf = (id: Own): object => {
    const whole = { region: 'us-east-1', arn: arnOf(id) };
    if (id === 'own-endpoint') return { kind: 'bedrock-endpoint', ...whole };
    if (!OWN[id].startsWith('application')) return { kind: 'bedrock-model', modelId: whole.arn, ...whole };
    const modelArns =
      id === 'own-profile'
        ? foundation('amazon.nova-lite-v1:0', 'us-east-1')
        : foundation(CLAUDE, 'us-east-1', 'us-east-2', 'us-west-2');
    return { kind: 'bedrock-profile', modelId: whole.arn, ...whole, modelArns };
  };
  const clients: BedrockRuntimeClient[] = [];
  let runtime: BedrockRuntimeClient;

  async function runtimeOf(name: string): Promise<BedrockRuntimeClient> {
    const client = new BedrockRuntimeClient({
      endpoint: stack.gateway,
      region: 'us-east-1',
      token: { token: await stack.token(name) },
      authSchemePreference: ['httpBearerAuth'],
      maxAttempts: 1,
    });
    clients.push(client);
    return client;
  }

  beforeAll(async () => {
    for (const id of Object.keys(OWN) as Own[]) await hold(id, targetOf(id));
    runtime = await runtimeOf('acme-app');
  });

  afterAll(() => {
    for (const client of clients) client.destroy();
  });

  const messages = [{ role: 'user' as const, content: [{ text: 'hi' }] }];
  /** Of what is behind it. */
  const bodyOf = (id: Own): object => {
    if (id === 'own-claude')
      return { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] };
    if (id === 'own-imported') return { prompt: 'hi' };
    return id === 'own-endpoint' ? { messages: [{ role: 'user', content: 'hi' }] } : { messages };
  };

  test.each(Object.keys(OWN) as Own[])('%s, by its name and by its ARN, in each of the four ways', async (id) => {
    for (const modelId of [id, arnOf(id)]) {
      const mark = await stack.mark();
      const whole = await runtime.send(new ConverseCommand({ modelId, messages }));
      expect(whole).toMatchObject({ output: { message: { content: [{ text: 'echo: hi' }] } } });
      const { stream = [] } = await runtime.send(new ConverseStreamCommand({ modelId, messages }));
      let text = '';
      for await (const { contentBlockDelta } of stream) text += contentBlockDelta?.delta?.text ?? '';
      expect(text).toBe('echo: hi');
      const own = { modelId, contentType: 'application/json', body: JSON.stringify(bodyOf(id)) };
      const { body } = await runtime.send(new InvokeModelCommand(own));
      expect(body.transformToString()).toContain('echo: hi');
      const streamed = await runtime.send(new InvokeModelWithResponseStreamCommand(own));
      let chunks = '';
      for await (const { chunk } of streamed.body ?? []) chunks += Buffer.from(chunk?.bytes ?? []).toString();
      expect(chunks).toContain('echo:');
      const calls = (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock');
      expect(calls.map(({ operation }) => operation)).toEqual([
        'Converse',
        'ConverseStream',
        'InvokeModel',
        'InvokeModelWithResponseStream',
      ]);
      for (const { model, resources, decision, caller } of calls) {
        expect({ model, decision, tenant: caller?.tags.TenantId }).toEqual({
          model: arnOf(id),
          decision: 'allowed',
          tenant: 'acme',
        });
        expect(resources).toContain(arnOf(id));
        expect(caller?.sessionPolicy?.Statement).toMatchObject([{ Effect: 'Allow' }, ...(resources[1] ? [{}] : [])]);
      }
    }
    // A client that does not encode what is in its path.
    expect(await stack.converse(await stack.token('acme-app'), arnOf(id), 'hi')).toBe(200);
  });

  test('an endpoint is called by Bedrock for all of them, and by what it asks of SageMaker for this one', async () => {
    const mark = await stack.mark();
    await runtime.send(new ConverseCommand({ modelId: 'own-endpoint', messages }));
    const [call] = (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock');
    expect(call?.resources).toEqual([
      `arn:aws:bedrock:us-east-1:${account}:marketplace/model-endpoint/all-access`,
      arnOf('own-endpoint'),
    ]);
    const all = { modelId: call?.resources[0], messages };
    await expect(runtime.send(new ConverseCommand(all))).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  test('T3 to another tenant it is as what does not exist, by its ARN, too', async () => {
    const globex = await runtimeOf('globex-app');
    const mark = await stack.mark();
    for (const id of Object.keys(OWN) as Own[])
      for (const modelId of [id, arnOf(id)])
        await expect(globex.send(new ConverseCommand({ modelId, messages }))).rejects.toMatchObject({
          name: 'AccessDeniedException',
          message: 'This model does not exist or is not granted to the calling tenant.',
        });
    expect((await stack.upstream(mark)).map(({ service }) => service)).not.toContain('bedrock');
  });

  test('none of them counts tokens but for the model that a profile runs', async () => {
    const count = (modelId: string) =>
      runtime.send(new CountTokensCommand({ modelId, input: { converse: { messages } } }));
    expect(await count('own-claude')).toMatchObject({ inputTokens: 1 });
    for (const id of ['own-bought', 'own-endpoint'])
      await expect(count(id)).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test("profiles of applications are listed to their tenant alone, under the registry's names", async () => {
    const list = new ListInferenceProfilesCommand({ typeEquals: 'APPLICATION' });
    const { inferenceProfileSummaries } = await acme.send(list);
    expect(inferenceProfileSummaries).toMatchObject([
      {
        inferenceProfileId: 'own-claude',
        type: 'APPLICATION',
        models: foundation(CLAUDE, 'us-east-1', 'us-east-2', 'us-west-2').map((modelArn) => ({ modelArn })),
      },
      { inferenceProfileId: 'own-profile', type: 'APPLICATION' },
    ]);
    expect(JSON.stringify(inferenceProfileSummaries)).not.toContain(account);
    for (const inferenceProfileIdentifier of ['own-profile', arnOf('own-profile')])
      expect(await acme.send(new GetInferenceProfileCommand({ inferenceProfileIdentifier }))).toMatchObject({
        inferenceProfileArn: 'own-profile',
        type: 'APPLICATION',
      });
    const globex = await clientOf('globex-app');
    expect((await globex.send(list)).inferenceProfileSummaries).toEqual([]);
    globex.destroy();
  });

  test('the models behind them are listed once, and what has none that it names is not listed', async () => {
    const { modelSummaries = [] } = await acme.send(new ListFoundationModelsCommand({ byOutputModality: 'TEXT' }));
    expect(modelSummaries.map(({ modelId, inferenceTypesSupported }) => [modelId, inferenceTypesSupported])).toEqual([
      [CLAUDE, ['INFERENCE_PROFILE']],
      ['anthropic.claude-v2:1', ['ON_DEMAND']],
      ['amazon.nova-lite-v1:0', ['INFERENCE_PROFILE', 'ON_DEMAND']],
    ]);
  });
});
