import {
  BedrockClient,
  GetFoundationModelCommand,
  GetInferenceProfileCommand,
  ListFoundationModelsCommand,
  ListInferenceProfilesCommand,
} from '@aws-sdk/client-bedrock';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stack } from './stack.ts';

/** What of Bedrock's own API is served beside its models' calls, asked by its own clients. */

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
