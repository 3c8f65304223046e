import type { TargetOf } from '../../contract/model.ts';
import { CALLS, COUNT_TOKENS, GENERATED_ID, GUARDRAIL_ROW, MODEL_ID, modelIdFault } from './bedrock.ts';
import { allow, inRegion, type Kind, type Shape } from './kind.ts';

const OWNED: Shape = { service: 'bedrock', id: GENERATED_ID };

// No `custom-model`: it cannot be called; its provisioned model or its deployment can.
const SHAPES: Kind['shapes'] = {
  'foundation-model': { service: 'bedrock', id: MODEL_ID, public: true },
  'provisioned-model': OWNED,
  'custom-model-deployment': OWNED,
  'imported-model': OWNED,
};

const FOUNDATION = '::foundation-model/';

/** A foundation model, provisioned model, custom-model deployment or imported model, called in one region. */
export const bedrockModel: Kind<TargetOf<'bedrock-model'>> = {
  name: 'a model of Bedrock',
  runtime: 'bedrock-runtime',
  paidBy: 'call',
  shapes: SHAPES,
  role: [
    { actions: Object.values(CALLS), on: Object.keys(SHAPES) },
    { actions: [COUNT_TOKENS], on: ['foundation-model'] },
    GUARDRAIL_ROW,
  ],
  restrictedBy: ['guardrail', 'maxTokens', 'tiers'],

  arns: ({ arn }) => [arn],
  calledOn: ({ arn }) => arn,
  nativeId: ({ modelId }) => modelId,
  // No other model counts tokens.
  pathId: ({ modelId, arn }, action) => (action === 'count' && !arn.includes(FOUNDATION) ? undefined : modelId),

  statements(target, wanted, parse) {
    const model = parse(target.arn, 'target.arn', Object.keys(SHAPES));
    inRegion(model, target);
    const counts = model.resourceType === 'foundation-model' && { count: COUNT_TOKENS };
    return allow({ ...CALLS, ...counts }, wanted, [model]);
  },

  fault({ modelId, arn }, parse) {
    const model = parse(arn, 'target.arn', Object.keys(SHAPES));
    return modelIdFault(modelId, model, model.resourceType === 'foundation-model');
  },
};
