import type { TargetOf } from '../../contract/model.ts';
import { CALLS, COUNT_TOKENS, GENERATED_ID, GENERATES, GUARDRAIL_ROW, MODEL_ID, modelIdFault } from './bedrock.ts';
import { allow, bad, type Fault, inRegion, type Kind, type ModelArn } from './kind.ts';

const SHAPES: Kind['shapes'] = {
  'inference-profile': { service: 'bedrock', id: MODEL_ID, everyones: true },
  'application-inference-profile': { service: 'bedrock', id: GENERATED_ID },
};

/** An inference profile: called in one region, and run by AWS in any of those that it names its model in. */
export const bedrockProfile: Kind<TargetOf<'bedrock-profile'>> = {
  name: 'an inference profile of Bedrock',
  runtime: 'bedrock-runtime',
  paidBy: 'call',
  shapes: SHAPES,
  role: [
    { actions: Object.values(CALLS), on: ['foundation-model', ...Object.keys(SHAPES)], anywhere: true },
    { actions: [COUNT_TOKENS], on: ['foundation-model'] },
    GUARDRAIL_ROW,
  ],
  restrictedBy: ['guardrail', 'maxTokens', 'tiers'],

  arns: ({ arn, modelArns }) => [arn, ...modelArns],
  calledOn: ({ arn }) => arn,
  nativeId: ({ modelId }) => modelId,

  // IAM checks CountTokens on the model itself, so a profile's own id cannot be used for it.
  pathId({ modelId, modelArns, region }, action) {
    if (action === 'rerank') return undefined;
    if (action !== 'count') return modelId;
    const model = modelArns.find((arn) => arn.split(':')[3] === region);
    return model?.slice(model.indexOf('/') + 1);
  },

  statements(target, wanted, parse) {
    const profile = parse(target.arn, 'target.arn', Object.keys(SHAPES));
    inRegion(profile, target);
    if (!Array.isArray(target.modelArns) || target.modelArns.length === 0) throw bad('target.modelArns', 'no-arns');
    // Only a profile that runs anywhere names its model without a region. What an application profile wraps is not in its
    // ARN, so it may be such a one.
    const anywhere = profile.resourceType !== 'inference-profile' || profile.resourceId.startsWith('global.');
    const models = target.modelArns.map((text, index) => {
      const field = `target.modelArns[${index}]`;
      const model = parse(text, field, ['foundation-model']);
      if (model.partition !== profile.partition) throw bad(field, 'partition-differs');
      if (model.region === '' && !anywhere) throw bad(field, 'regionless-model');
      return model;
    });
    const inCalled = models.filter(({ region }) => region === target.region);
    const calls = { ...CALLS, ...GENERATES };
    return [
      ...allow(calls, wanted, [profile]),
      ...allow({ generate: 'bedrock:GetInferenceProfile' }, wanted, [profile]),
      // The models through this profile only: called directly the key is absent, and StringEquals on an absent key fails.
      ...allow(calls, wanted, models, { StringEquals: { 'bedrock:InferenceProfileArn': profile.text } }),
      // CountTokens takes no profile, only the model it runs, in the region called. Such a call has no profile, so under
      // the condition above it could never succeed.
      ...allow({ count: COUNT_TOKENS }, wanted, inCalled),
    ];
  },

  fault({ modelId, arn, modelArns }, parse) {
    const profile = parse(arn, 'target.arn', Object.keys(SHAPES));
    const models = () => modelArns.map((arn, index) => parse(arn, `target.modelArns[${index}]`, ['foundation-model']));
    const isSystem = profile.resourceType === 'inference-profile';
    return modelIdFault(modelId, profile, isSystem) ?? modelsFault(models(), profile);
  },
};

function modelsFault(models: readonly ModelArn[], profile: ModelArn): Fault | undefined {
  const reasonOf = ({ text, resourceId }: ModelArn, index: number): string | undefined => {
    if (models.findIndex((model) => model.text === text) !== index) return 'listed-twice';
    if (resourceId !== models[0]?.resourceId) return 'another-model';
    // `us.amazon.nova-lite-v1:0` runs `amazon.nova-lite-v1:0`; an application profile's id says nothing.
    if (profile.resourceType === 'inference-profile' && !profile.resourceId.endsWith(`.${resourceId}`))
      return 'not-the-profiles-model';
    return undefined;
  };
  const reasons = models.map(reasonOf);
  const index = reasons.findIndex((reason) => reason !== undefined);
  const reason = reasons[index];
  return reason === undefined ? undefined : { field: `target.modelArns[${index}]`, reason };
}
