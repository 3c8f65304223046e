import { TollgateError } from '../../../contract/errors.ts';
import type { AllowedModel, Description } from '../../../contract/model.ts';
import { eachTarget } from '../../../contract/places.ts';
import { arnsOf, baseModelOf, kindOf, nativeIdOf } from '../../../policies/kinds.ts';
import { lifecycleHeaders, usability } from '../../../registry/lifecycle.ts';
import { type Exchange, type Given, json } from '../../exchange.ts';
import { asBedrock, described, usableModels, wantedModel } from '../openai/models.ts';

/**
 * What tools ask of Bedrock's control plane to know which models there are, answered with those that the caller can call. No
 * answer has an ARN of the account: where the API has one, what is in its place is as good in a call.
 */

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_FoundationModelSummary.html, what is known of it. */
interface FoundationModel {
  /** Of no account. */
  modelArn: string;
  modelId: string;
  modelName: string;
  providerName: string;
  inputModalities?: string[];
  outputModalities: string[];
  responseStreamingSupported: boolean;
  customizationsSupported: [];
  inferenceTypesSupported: string[];
  modelLifecycle: { status: 'ACTIVE' | 'LEGACY'; legacyTime?: string; endOfLifeTime?: string };
}

/** `GET /foundation-models`: also those that run behind a profile. @throws TollgateError `forbidden`, `unavailable` */
export async function listFoundationModels(exchange: Exchange): Promise<Given> {
  return json({ modelSummaries: await foundationModelsOf(exchange) });
}

/** As its query asks for them. */
export async function foundationModelsOf(exchange: Exchange): Promise<FoundationModel[]> {
  const { query } = exchange.request;
  const is = (name: string, values: readonly string[]): boolean => {
    const wanted = query.get(name)?.toLowerCase();
    return wanted === undefined || values.some((value) => value.toLowerCase() === wanted);
  };
  return (await foundationModels(await usableModels(exchange), exchange)).filter(
    (model) =>
      is('byProvider', [model.providerName]) &&
      is('byOutputModality', model.outputModalities) &&
      is('byInferenceType', model.inferenceTypesSupported) &&
      is('byCustomizationType', model.customizationsSupported),
  );
}

/**
 * `GET /foundation-models/{modelIdentifier}`
 *
 * @param wanted its id or ARN, or what a call may name it by
 * @throws TollgateError `model_not_allowed`, `model_retired`, `forbidden`, `unavailable`
 */
export async function getFoundationModel(exchange: Exchange, wanted: string): Promise<Given> {
  const usable = eachTarget(await usableModels(exchange)).filter(isModel);
  const named = usable.filter(
    ({ target }) => baseModelOf(target) === wanted || foundationArns({ target }).includes(wanted),
  );
  const models = named.length > 0 ? named : [await wantedModel(exchange, wanted)];
  const [modelDetails] = await foundationModels(models, exchange);
  if (modelDetails === undefined) throw notListed();
  return json({ modelDetails });
}

/** `GET /inference-profiles`. @throws TollgateError `forbidden`, `unavailable` */
export async function listInferenceProfiles(exchange: Exchange): Promise<Given> {
  const type = exchange.request.query.get('type');
  const each = eachTarget(await usableModels(exchange)).flatMap((model) => profileOf(model) ?? []);
  // A model may be called through one profile from several regions.
  const all = new Map(
    each.map((profile) => [`${profile.inferenceProfileName} ${profile.inferenceProfileId}`, profile]),
  );
  return json({
    inferenceProfileSummaries: [...all.values()].filter((profile) => type === null || profile.type === type),
  });
}

/**
 * `GET /inference-profiles/{inferenceProfileIdentifier}`
 *
 * @param wanted as for a call
 * @throws TollgateError `model_not_allowed`, `model_retired`, `forbidden`, `unavailable`
 */
export async function getInferenceProfile(exchange: Exchange, wanted: string): Promise<Given> {
  const model = await wantedModel(exchange, wanted);
  const profiles = eachTarget([model]).flatMap((place) => profileOf(place) ?? []);
  const profile = profiles.find(({ inferenceProfileId }) => inferenceProfileId === wanted) ?? profiles[0];
  if (profile === undefined) throw notListed();
  return json(profile, lifecycleHeaders(model, exchange.nowSeconds));
}

/** Each model once, whatever it is called through. */
async function foundationModels(models: readonly AllowedModel[], exchange: Exchange): Promise<FoundationModel[]> {
  const told = await described(
    exchange,
    models.map((model) => ({ model })),
  );
  const ofEach = Map.groupBy(eachTarget(models).filter(isModel), ({ target }) => baseModelOf(target));
  ofEach.delete('');
  return [...ofEach].flatMap(([id, of]) => {
    const [first] = of;
    return first === undefined ? [] : [foundationModel(id, of, first, told({ model: first }), exchange)];
  });
}

function foundationModel(
  id: string,
  all: readonly AllowedModel[],
  first: AllowedModel,
  { capabilities }: Description,
  { abilities, nowSeconds }: Exchange,
): FoundationModel {
  const able = all.map(abilities);
  const legacy = all.every(({ lifecycle }) => usability(lifecycle, nowSeconds).state !== 'usable');
  const { deprecatedAt, sunsetAt } = first.lifecycle;
  const arns = foundationArns(first);
  return {
    modelArn: arns.find((arn) => arn.split(':')[3] === first.target.region) ?? arns[0] ?? '',
    modelId: id,
    modelName: first.id,
    providerName: providerOf(id),
    ...(capabilities?.input && { inputModalities: capabilities.input.map(asBedrock) }),
    outputModalities: capabilities?.output?.map(asBedrock) ?? [able[0]?.output ?? 'TEXT'],
    responseStreamingSupported: able.some(({ streaming }) => streaming) && capabilities?.streaming !== false,
    customizationsSupported: [],
    inferenceTypesSupported: [
      ...new Set(all.map(({ target }) => (target.kind === 'bedrock-profile' ? 'INFERENCE_PROFILE' : 'ON_DEMAND'))),
    ].sort(),
    modelLifecycle: legacy
      ? {
          status: 'LEGACY',
          ...(deprecatedAt === undefined ? {} : { legacyTime: isoOf(deprecatedAt) }),
          ...(sunsetAt === undefined ? {} : { endOfLifeTime: isoOf(sunsetAt) }),
        }
      : { status: 'ACTIVE' },
  };
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_InferenceProfileSummary.html; undefined: it is none. */
function profileOf(model: AllowedModel) {
  if (model.target.kind !== 'bedrock-profile') return undefined;
  const native = nativeIdOf(model.target);
  // The ARN of an application's profile is its only name at AWS; here the registry's is another.
  const id = native.startsWith('arn:') ? model.id : native;
  return {
    inferenceProfileName: model.id,
    inferenceProfileId: id,
    inferenceProfileArn: id,
    models: model.target.modelArns.map((modelArn) => ({ modelArn })),
    status: 'ACTIVE',
    type: model.target.arn.includes(':application-inference-profile/') ? 'APPLICATION' : 'SYSTEM_DEFINED',
  };
}

/** What a prompt runs, or a router chooses, is not the caller's to call. */
function isModel({ target }: Pick<AllowedModel, 'target'>): boolean {
  return kindOf(target).isMore !== true;
}

function foundationArns({ target }: Pick<AllowedModel, 'target'>): string[] {
  return arnsOf(target).filter((arn) => arn.includes('::foundation-model/'));
}

/** Vendors whose names are not their ids with a capital. */
const PROVIDERS: Readonly<Record<string, string>> = {
  ai21: 'AI21 Labs',
  deepseek: 'DeepSeek',
  mistral: 'Mistral AI',
  moonshotai: 'Moonshot AI',
  nvidia: 'NVIDIA',
  openai: 'OpenAI',
  stability: 'Stability AI',
  twelvelabs: 'TwelveLabs',
};

function providerOf(id: string): string {
  const vendor = id.slice(0, id.indexOf('.'));
  return PROVIDERS[vendor] ?? vendor.charAt(0).toUpperCase() + vendor.slice(1);
}

function isoOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** As for a model that was not granted: what is there and what is not are not told apart. */
function notListed(): TollgateError {
  return new TollgateError('model_not_allowed', { field: 'model', reason: 'not-listed' });
}
