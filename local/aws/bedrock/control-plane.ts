import { AwsError, invalid } from '../error.ts';
import type { AwsRequest, Plan } from '../service.ts';
import {
  type FoundationModel,
  foundationModel,
  foundationModels,
  type InferenceProfile,
  inferenceProfile,
  modalityOf,
  profilesAround,
  sees,
} from './catalog.ts';
import { applicationProfile } from './owned.ts';
import { modelArn } from './resolve.ts';

const PATH =
  /^\/(foundation-models|foundation-model-availability|inference-profiles|use-case-for-model-access)(?:\/([^/]+))?$/;

/**
 * Reading what exists, and whether it may be used. What a test wants to be otherwise (an end of life, a page that is throttled, a
 * form that nobody filled in) it says as a fault, of the answer's whole body. Undefined for any other request.
 */
export function controlPlane(request: AwsRequest, account: string): Plan | undefined {
  const { method, path, query, region } = request;
  const [, kind, segment] = PATH.exec(path) ?? [];
  if (method !== 'GET' || kind === undefined) return undefined;
  const id = segment === undefined ? '' : (decodeURIComponent(segment).split('/').at(-1) ?? '');
  switch (kind) {
    case 'use-case-for-model-access':
      return plan('GetUseCaseForModelAccess', '*', () => ({ formData: Buffer.from('{}').toString('base64') }));
    case 'foundation-model-availability':
      return plan(
        'GetFoundationModelAvailability',
        '*',
        () => {
          if (foundationModel(id) === undefined) throw notFound();
          return {
            modelId: id,
            agreementAvailability: { status: 'AVAILABLE' },
            authorizationStatus: 'AUTHORIZED',
            entitlementAvailability: 'AVAILABLE',
            regionAvailability: 'AVAILABLE',
          };
        },
        id,
      );
    case 'inference-profiles':
      return id === '' ? listProfiles(new URLSearchParams(query), region, account) : getProfile(id, region, account);
    default:
      return id === ''
        ? plan('ListFoundationModels', '*', () => ({
            modelSummaries: foundationModels().map((model) => details(model, region)),
          }))
        : plan(
            'GetFoundationModel',
            modelArn(id, region),
            () => {
              const model = foundationModel(id);
              if (model === undefined) throw notFound();
              return { modelDetails: details(model, region) };
            },
            id,
          );
  }
}

function getProfile(id: string, region: string, account: string): Plan {
  const application = applicationProfile(id, region);
  const arn = profileArn(id, region, account, application !== undefined);
  return plan(
    'GetInferenceProfile',
    arn,
    () => {
      const profile = application ?? inferenceProfile(id);
      if (profile === undefined || !profile.regions.includes(region)) throw notFound();
      return summary(profile, arn, application !== undefined);
    },
    id,
  );
}

/** Application profiles are there by every id of their form, and so in no list. */
function listProfiles(asked: URLSearchParams, region: string, account: string): Plan {
  const size = Number(asked.get('maxResults') ?? 100);
  const from = Number(asked.get('nextToken') ?? 0);
  if (!(Number.isInteger(size) && size >= 1 && size <= 1000 && Number.isInteger(from) && from >= 0))
    throw invalid('1 validation error detected.');
  return plan('ListInferenceProfiles', '*', () => {
    const all = asked.get('type') === 'APPLICATION' ? [] : profilesAround(region);
    const page = all.slice(from, from + size);
    return {
      inferenceProfileSummaries: page.map((one) => summary(one, profileArn(one.id, region, account, false), false)),
      ...(from + size < all.length ? { nextToken: String(from + size) } : {}),
    };
  });
}

function summary({ model, regions, id }: InferenceProfile, inferenceProfileArn: string, application: boolean): object {
  return {
    inferenceProfileId: id,
    inferenceProfileName: id,
    inferenceProfileArn,
    models: regions.map((each) => ({ modelArn: modelArn(model.id, each) })),
    status: 'ACTIVE',
    type: application ? 'APPLICATION' : 'SYSTEM_DEFINED',
  };
}

function profileArn(id: string, region: string, account: string, application: boolean): string {
  return `arn:aws:bedrock:${region}:${account}:${application ? 'application-' : ''}inference-profile/${id}`;
}

function plan(operation: string, resource: string, answer: () => object, model?: string): Plan {
  return {
    operation,
    ...(model === undefined ? {} : { model }),
    needs: [{ action: `bedrock:${operation}`, resource, context: {} }],
    serve: () => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(answer()),
    }),
  };
}

const PROVIDERS: Readonly<Record<string, string>> = {
  amazon: 'Amazon',
  anthropic: 'Anthropic',
  cohere: 'Cohere',
  meta: 'Meta',
  openai: 'OpenAI',
  stability: 'Stability AI',
};

function details(model: FoundationModel, region: string): object {
  const { id, format, profileOnly } = model;
  const [provider = '', name = ''] = id.split(/\.(.*)/);
  return {
    modelArn: modelArn(id, region),
    modelId: id,
    modelName: titled(name),
    providerName: PROVIDERS[provider] ?? provider,
    inputModalities: sees(model) ? ['TEXT', 'IMAGE'] : ['TEXT'],
    outputModalities: [modalityOf(model)],
    responseStreamingSupported: modalityOf(model) === 'TEXT' && format !== 'rerank',
    customizationsSupported: [],
    inferenceTypesSupported: [profileOnly ? 'INFERENCE_PROFILE' : 'ON_DEMAND'],
    modelLifecycle: { status: format === 'claude-legacy' ? 'LEGACY' : 'ACTIVE' },
  };
}

/** `nova-lite-v1:0` -> `Nova Lite` */
function titled(name: string): string {
  const words = name.replace(/(-\d{8})?(-v\d+)?(:\d+)?$/, '').split('-');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ');
}

function notFound(): AwsError {
  return new AwsError(404, 'ResourceNotFoundException', 'Could not find the resource.');
}
