import type { TargetOf, TargetPurpose } from '../../contract/model.ts';
import {
  CALLS,
  COUNT_TOKENS,
  GENERATED_ID,
  GENERATES,
  GUARDRAIL_ROW,
  MODEL_ID,
  modelIdFault,
  RERANK,
} from './bedrock.ts';
import { allow, allowAny, inRegion, type Kind, type Shape } from './kind.ts';

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
  // No other model counts tokens, or orders documents by itself.
  pathId: ({ modelId, arn }, action) => (isOwns(action) && !arn.includes(FOUNDATION) ? undefined : modelId),

  statements(target, wanted, parse) {
    const model = parse(target.arn, 'target.arn', Object.keys(SHAPES));
    inRegion(model, target);
    const isOwn = model.resourceType === 'foundation-model';
    const own = isOwn && { count: COUNT_TOKENS, rerank: CALLS.invoke };
    return [
      ...allow({ ...CALLS, ...GENERATES, ...own }, wanted, [model]),
      ...(isOwn && wanted.has('rerank') ? [allowAny(RERANK, target)] : []),
    ];
  },

  fault({ modelId, arn }, parse) {
    const model = parse(arn, 'target.arn', Object.keys(SHAPES));
    return modelIdFault(modelId, model, model.resourceType === 'foundation-model');
  },
};

function isOwns(action: TargetPurpose): boolean {
  return action === 'count' || action === 'rerank';
}
