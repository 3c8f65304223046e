import { TollgateError } from '../contract/errors.ts';

/**
 * The ARNs that a session policy may name: exactly what a call to a model is authorised on, and nothing with a meaning
 * of its own inside a policy (`*`, `?`, `${...}`). Shapes are those of the API references of Bedrock (InvokeModel,
 * parameter modelId) and SageMaker (CreateEndpoint, CreateInferenceComponent), narrowed where noted.
 */

/** partition -> its regions' names. Closed: a partition unknown here is one where nobody has tried this. */
const PARTITIONS = {
  aws: /^(?:af|ap|ca|eu|il|me|mx|sa|us)-[a-z]{4,12}-[1-9]$/,
  'aws-us-gov': /^us-gov-(?:east|west)-[1-9]$/,
  'aws-cn': /^cn-(?:north|northwest)-[1-9]$/,
  'aws-eusc': /^eusc-[a-z]{2}-(?:east|west|north|south|central)-[1-9]$/,
} as const;

export type Partition = keyof typeof PARTITIONS;
export type Service = 'bedrock' | 'sagemaker';

export const PROFILE_TYPES = ['inference-profile', 'application-inference-profile'] as const;
export const SINGLE_MODEL_TYPES = [
  'foundation-model',
  'provisioned-model',
  'custom-model-deployment',
  'imported-model',
] as const;

export type ResourceType =
  | (typeof PROFILE_TYPES)[number]
  | (typeof SINGLE_MODEL_TYPES)[number]
  | 'endpoint'
  | 'inference-component';

export interface ModelArn {
  /** The ARN to the letter. */
  readonly text: string;
  readonly partition: Partition;
  readonly service: Service;
  /** '' only for a foundation model as a `global.` profile names it. */
  readonly region: string;
  /** Twelve digits; '' for a foundation model, which belongs to no account. */
  readonly account: string;
  readonly resourceType: ResourceType;
  readonly resourceId: string;
}

interface Shape {
  service: Service;
  id: RegExp;
}

// `provider.name` with at most one `:version`. A second suffix (`:0:8k`) names a context length that can only be bought
// as provisioned throughput, never called.
const MODEL_ID = /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,3}(?::[a-z0-9-]{1,63})?$/;
const GENERATED_ID = /^[a-z0-9]{12}$/;
// SageMaker keeps the case that a name was created with.
const SAGEMAKER_NAME = /^[a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62}$/;

// No `custom-model`: it cannot be called; its provisioned model or its deployment can.
const SHAPES: Readonly<Record<ResourceType, Shape>> = {
  'foundation-model': { service: 'bedrock', id: MODEL_ID },
  'inference-profile': { service: 'bedrock', id: MODEL_ID },
  'application-inference-profile': { service: 'bedrock', id: GENERATED_ID },
  'provisioned-model': { service: 'bedrock', id: GENERATED_ID },
  'custom-model-deployment': { service: 'bedrock', id: GENERATED_ID },
  'imported-model': { service: 'bedrock', id: GENERATED_ID },
  endpoint: { service: 'sagemaker', id: SAGEMAKER_NAME },
  'inference-component': { service: 'sagemaker', id: SAGEMAKER_NAME },
};

const LEGAL = /^[A-Za-z0-9:/.-]+$/;

/** Characters. Longer than any ARN these shapes allow (about 330), so that no pattern runs over a hostile megabyte. */
const ARN_MAX_CHARS = 512;

/**
 * @param value what should be the ARN of something callable
 * @param field what to name in the error, e.g. `target.modelArns[2]`
 * @throws TollgateError `bad_arn` with reason not-text | too-long | characters | shape | partition | service | region |
 *   account | resource-type | resource-id. After the call the text holds no wildcard, policy variable or white space.
 */
export function parseModelArn(value: unknown, field = 'arn'): ModelArn {
  const fail = (reason: string): TollgateError => new TollgateError('bad_arn', { field, reason });
  if (typeof value !== 'string') throw fail('not-text');
  if (value.length > ARN_MAX_CHARS) throw fail('too-long');
  // Before anything is split: `*`, `?`, `$`, braces, white space, look-alike letters.
  if (!LEGAL.test(value)) throw fail('characters');
  // Stryker disable next-line StringLiteral: without one of these there is no resource either, which is refused first.
  const [arn, partition = '', service, region = '', account = '', ...rest] = value.split(':');
  const resource = rest.join(':');
  const slash = resource.indexOf('/');
  if (arn !== 'arn' || slash < 1) throw fail('shape');
  if (!isPartition(partition)) throw fail('partition');
  if (service !== 'bedrock' && service !== 'sagemaker') throw fail('service');
  const resourceType = resource.slice(0, slash);
  const resourceId = resource.slice(slash + 1);
  if (!isResourceType(resourceType) || SHAPES[resourceType].service !== service) throw fail('resource-type');
  const isFoundationModel = resourceType === 'foundation-model';
  if (!(region === '' && isFoundationModel) && !PARTITIONS[partition].test(region)) throw fail('region');
  if (isFoundationModel ? account !== '' : !/^\d{12}$/.test(account)) throw fail('account');
  if (!SHAPES[resourceType].id.test(resourceId)) throw fail('resource-id');
  return { text: value, partition, service, region, account, resourceType, resourceId };
}

/** @returns the partition that has regions so named, or undefined; it says nothing about whether the region exists */
export function partitionOf(region: string): Partition | undefined {
  return (Object.keys(PARTITIONS) as Partition[]).find((partition) => PARTITIONS[partition].test(region));
}

function isPartition(text: string): text is Partition {
  return Object.hasOwn(PARTITIONS, text);
}

function isResourceType(text: string): text is ResourceType {
  return Object.hasOwn(SHAPES, text);
}
