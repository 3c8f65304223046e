import * as v from 'valibot';
import { isTollgateError } from '../contract/errors.ts';
import { MODEL_ARNS_MAX } from '../contract/limits.ts';
import { ACTIONS, type Target } from '../contract/model.ts';
import { type ModelArn, parseModelArn } from '../policies/arn.ts';
import { sessionPolicy } from '../policies/session.ts';
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

/**
 * That a target can be called: its session policy can be built and fits, and its parts agree. The ARNs end up in that
 * policy and the id in the path of the call, so if the two named different models IAM would refuse every call, or would
 * allow one that the entry's reader did not expect.
 *
 * @throws TollgateError `bad_entry` naming the member below `target`; `policy_too_large`
 */
export function checkTarget(target: Target): void {
  buildable(target);
  const arn = parseModelArn(target.arn, 'target.arn');
  switch (target.kind) {
    case 'bedrock-model':
      checkModelId(target.modelId, arn, arn.resourceType === 'foundation-model');
      break;
    case 'bedrock-profile':
      checkModelId(target.modelId, arn, arn.resourceType === 'inference-profile');
      checkProfileModels(target.modelArns, arn);
      break;
    case 'sagemaker-endpoint':
      if (!sameName(target.endpointName, arn)) throw badEntry('target.endpointName', 'differs-from-arn');
      checkComponent(target.inferenceComponent, target.componentArn);
  }
}

/** With every action, so that no later grant can be the one that does not fit. */
function buildable(target: Target): void {
  try {
    sessionPolicy(target, ACTIONS);
  } catch (error) {
    if (isTollgateError(error, 'bad_arn')) throw badEntry(error.field ?? 'target', error.reason ?? 'bad-arn', error);
    throw error;
  }
}

/** The id is the ARN's own last part where AWS accepts that, or the whole ARN. */
function checkModelId(modelId: string, arn: ModelArn, shortAccepted: boolean): void {
  if (modelId === arn.text || (shortAccepted && modelId === arn.resourceId)) return;
  throw badEntry('target.modelId', 'differs-from-arn');
}

function checkProfileModels(modelArns: readonly string[], profile: ModelArn): void {
  const models = modelArns.map((written) => parseModelArn(written));
  for (const [index, model] of models.entries()) {
    const field = `target.modelArns[${index}]`;
    if (modelArns.indexOf(model.text) !== index) throw badEntry(field, 'listed-twice');
    if (model.resourceId !== models[0]?.resourceId) throw badEntry(field, 'another-model');
    // `us.amazon.nova-lite-v1:0` runs `amazon.nova-lite-v1:0`; an application profile's id says nothing.
    if (profile.resourceType === 'inference-profile' && !profile.resourceId.endsWith(`.${model.resourceId}`))
      throw badEntry(field, 'not-the-profiles-model');
  }
}

function checkComponent(name: string | undefined, written: string | undefined): void {
  if (name === undefined && written === undefined) return;
  if (name === undefined) throw badEntry('target.inferenceComponent', 'missing');
  if (written === undefined) throw badEntry('target.componentArn', 'missing');
  if (!sameName(name, parseModelArn(written))) throw badEntry('target.inferenceComponent', 'differs-from-arn');
}

// SageMaker has written names into its ARNs in lower case and as they were created.
function sameName(name: string, arn: ModelArn): boolean {
  return name.toLowerCase() === arn.resourceId.toLowerCase();
}
