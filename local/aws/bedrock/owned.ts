import { AwsError, invalid } from '../error.ts';
import { CONTAINERS } from '../sagemaker/container.ts';
import { type FoundationModel, foundationModel, type InferenceProfile, regionsAround } from './catalog.ts';

/**
 * What the local account has of its own: by every id of the form that AWS makes up. The beginning of an id says what runs, so
 * that nothing has to be made before it is called.
 */
const BEGINNINGS: readonly [beginning: string, model: string][] = [
  ['claude', 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
  ['llama', 'meta.llama3-3-70b-instruct-v1:0'],
  ['gptoss', 'openai.gpt-oss-120b-1:0'],
  ['embed', 'amazon.titan-embed-text-v2:0'],
];

/** What is behind an id that says nothing. Only open weights can be imported. */
const USUAL: Readonly<Record<string, string>> = {
  'application-inference-profile': 'amazon.nova-lite-v1:0',
  'provisioned-model': 'amazon.nova-lite-v1:0',
  'custom-model-deployment': 'amazon.nova-lite-v1:0',
  'imported-model': 'meta.llama3-3-70b-instruct-v1:0',
};

const GENERATED_ID = /^[a-z0-9]{12}$/;

/** @throws AwsError ResourceNotFoundException for what no ARN of the account's own could be */
export function ownModel(type: string, id: string): FoundationModel {
  const usual = Object.hasOwn(USUAL, type) && GENERATED_ID.test(id) ? USUAL[type] : undefined;
  const [, named = usual] = BEGINNINGS.find(([beginning]) => id.startsWith(beginning)) ?? [];
  const model = usual === undefined || named === undefined ? undefined : foundationModel(named);
  if (model === undefined) throw notThere();
  return model;
}

/** It wraps a model in the region of the call, or the profile around it of one that is called through such alone. */
export function applicationProfile(id: string, region: string): InferenceProfile | undefined {
  if (!GENERATED_ID.test(id)) return undefined;
  const model = ownModel('application-inference-profile', id);
  return { id, model, regions: model.profileOnly ? regionsAround(region) : [region], global: false };
}

/**
 * An endpoint that is registered with Bedrock Marketplace: of the account's, each that converses, whatever its name is
 * otherwise.
 *
 * @throws AwsError ValidationException
 */
export function marketplaceModel(endpoint: string): FoundationModel {
  const container = CONTAINERS.find((name) => endpoint.endsWith(`-${name}`)) ?? 'lmi';
  if (/^(?:async|multi|pool)-/.test(endpoint) || !['lmi', 'tgi', 'jumpstart'].includes(container))
    throw invalid('The endpoint is not registered with Amazon Bedrock Marketplace.');
  return { id: endpoint, format: container === 'jumpstart' ? 'jumpstart' : 'hosted', profileOnly: false };
}

export function notThere(): AwsError {
  return new AwsError(404, 'ResourceNotFoundException', 'Could not resolve the resource from the provided ARN.');
}
