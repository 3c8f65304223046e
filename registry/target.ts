import * as v from 'valibot';
import { isTollgateError } from '../contract/errors.ts';
import { MODEL_ARNS_MAX } from '../contract/limits.ts';
import type { Target } from '../contract/model.ts';
import { type ModelArn, parseModelArn } from '../policies/arn.ts';
import { badEntry } from './fields.ts';

const text = v.pipe(v.string('not-text'), v.minLength(1, 'empty'), v.maxLength(2048, 'too-long'));

export const targetSchema = v.variant(
  'kind',
  [
    v.strictObject({ kind: v.literal('bedrock-model'), modelId: text, region: text, arn: text }),
    v.strictObject({
      kind: v.literal('bedrock-profile'),
      modelId: text,
      region: text,
      arn: text,
      modelArns: v.pipe(v.array(text, 'not-a-list'), v.minLength(1, 'empty'), v.maxLength(MODEL_ARNS_MAX, 'too-many')),
    }),
    v.strictObject({
      kind: v.literal('sagemaker-endpoint'),
      endpointName: text,
      region: text,
      arn: text,
      inferenceComponent: v.exactOptional(text),
      componentArn: v.exactOptional(text),
    }),
  ],
  'unknown-kind',
);

/** What can be called by itself. A `custom-model` cannot: Bedrock runs it only as a deployment or provisioned. */
const CALLABLE = new Set(['foundation-model', 'provisioned-model', 'custom-model-deployment', 'imported-model']);
const PROFILES = new Set(['inference-profile', 'application-inference-profile']);

/**
 * That the parts of a target agree: the ARNs end up in the session policy, the id in the path of the call, and if the two
 * named different models, IAM would refuse every call, or worse, would allow one that the entry's reader did not expect.
 *
 * @throws TollgateError `bad_entry` naming the member below `target`
 */
export function checkTarget(target: Target): void {
  const arn = parse(target.arn, 'target.arn');
  if (arn.region !== target.region) throw badEntry('target.region', 'differs-from-arn');
  switch (target.kind) {
    case 'bedrock-model':
      if (arn.service !== 'bedrock' || !CALLABLE.has(arn.resourceType))
        throw badEntry('target.arn', 'not-a-callable-model');
      return agree(target.modelId, arn, arn.resourceType === 'foundation-model');
    case 'bedrock-profile':
      if (arn.service !== 'bedrock' || !PROFILES.has(arn.resourceType)) throw badEntry('target.arn', 'not-a-profile');
      agree(target.modelId, arn, arn.resourceType === 'inference-profile');
      return checkProfileModels(target.modelArns, arn);
    case 'sagemaker-endpoint':
      if (arn.service !== 'sagemaker' || arn.resourceType !== 'endpoint')
        throw badEntry('target.arn', 'not-an-endpoint');
      if (!sameName(target.endpointName, arn)) throw badEntry('target.endpointName', 'differs-from-arn');
      return checkComponent(target.inferenceComponent, target.componentArn, arn);
  }
}

/** The id is the ARN's own last part where AWS accepts that, or the whole ARN. */
function agree(modelId: string, arn: ModelArn, shortAccepted: boolean): void {
  if (modelId === arn.text || (shortAccepted && modelId === arn.resourceId)) return;
  throw badEntry('target.modelId', 'differs-from-arn');
}

function checkProfileModels(modelArns: readonly string[], profile: ModelArn): void {
  const seen = new Set<string>();
  const models = modelArns.map((written, index) => {
    const field = `target.modelArns[${index}]`;
    const arn = parse(written, field);
    if (arn.service !== 'bedrock' || arn.resourceType !== 'foundation-model')
      throw badEntry(field, 'not-a-foundation-model');
    if (arn.partition !== profile.partition) throw badEntry(field, 'another-partition');
    if (seen.has(arn.text)) throw badEntry(field, 'listed-twice');
    seen.add(arn.text);
    return arn;
  });
  for (const [index, model] of models.entries()) {
    if (model.resourceId !== models[0]?.resourceId) throw badEntry(`target.modelArns[${index}]`, 'another-model');
    // `us.amazon.nova-lite-v1:0` runs `amazon.nova-lite-v1:0`; an application profile's id says nothing.
    if (profile.resourceType === 'inference-profile' && !profile.resourceId.endsWith(`.${model.resourceId}`))
      throw badEntry(`target.modelArns[${index}]`, 'not-the-profiles-model');
  }
}

function checkComponent(name: string | undefined, written: string | undefined, endpoint: ModelArn): void {
  if (name === undefined && written === undefined) return;
  if (name === undefined) throw badEntry('target.inferenceComponent', 'missing');
  if (written === undefined) throw badEntry('target.componentArn', 'missing');
  const arn = parse(written, 'target.componentArn');
  if (arn.service !== 'sagemaker' || arn.resourceType !== 'inference-component')
    throw badEntry('target.componentArn', 'not-an-inference-component');
  if (arn.partition !== endpoint.partition || arn.region !== endpoint.region || arn.account !== endpoint.account)
    throw badEntry('target.componentArn', 'not-beside-the-endpoint');
  if (!sameName(name, arn)) throw badEntry('target.inferenceComponent', 'differs-from-arn');
}

// SageMaker writes names in lower case into its ARNs, whatever they were created with.
function sameName(name: string, arn: ModelArn): boolean {
  return name.toLowerCase() === arn.resourceId.toLowerCase();
}

function parse(written: string, field: string): ModelArn {
  try {
    return parseModelArn(written);
  } catch (error) {
    if (isTollgateError(error, 'bad_arn')) throw badEntry(field, error.reason ?? 'bad-arn', error);
    throw error;
  }
}
