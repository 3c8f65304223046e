import type { TargetOf } from '../../contract/model.ts';
import { CALLS } from './bedrock.ts';
import { allow, type Kind, type ParseArn, type Shape } from './kind.ts';
import { callsThrough, faultThrough, type Through, through, throughRows } from './through.ts';

// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GetPromptRouter.html, narrowed: at most one `:version`.
const ROUTER: Shape = { service: 'bedrock', id: /^[a-zA-Z0-9.-]{1,64}(?::[a-zA-Z0-9.-]{1,16})?$/ };
const SHAPES: Kind['shapes'] = { 'default-prompt-router': { ...ROUTER, everyones: true }, 'prompt-router': ROUTER };
const ROUTERS = Object.keys(SHAPES);
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_PromptRouterTargetModel.html
const CHOSEN = ['foundation-model', 'inference-profile'];

/**
 * A prompt router, called as a model
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html: InvokeModel, on the router, and on what it
 * chooses with bedrock:PromptRouterArn).
 */
export const bedrockPromptRouter: Kind<TargetOf<'bedrock-prompt-router'>> = {
  name: 'a prompt router of Bedrock',
  runtime: 'bedrock-runtime',
  paidBy: 'call',
  optional: true,
  shapes: SHAPES,
  role: throughRows([...ROUTERS, ...CHOSEN]),
  restrictedBy: ['guardrail', 'maxTokens', 'tiers'],
  isMore: true,

  arns: ({ arn, modelArns }) => [arn, ...modelArns],
  calledOn: ({ arn }) => arn,
  nativeId: ({ arn }) => arn,
  // Only foundation models count.
  pathId: ({ arn }, action) => (action === 'invoke' || action === 'stream' ? arn : undefined),

  statements(target, wanted, parse) {
    const models = parsed(target, parse);
    return [...allow(CALLS, wanted, [models.caller]), ...callsThrough(models, wanted, 'bedrock:PromptRouterArn')];
  },

  fault(target, parse) {
    const models = parsed(target, parse);
    const { modelArns, priceModels } = target;
    // One without a price of its own would be billed as another.
    const priced = new Set(modelArns.slice(0, priceModels?.length));
    if (
      priceModels &&
      (priceModels.length !== models.chosen.length || !models.chosen.every(({ text }) => priced.has(text)))
    )
      return { field: 'target.priceModels', reason: 'not-one-for-each-model' };
    return faultThrough(models, modelArns.length);
  },
};

function parsed(target: TargetOf<'bedrock-prompt-router'>, parse: ParseArn): Through {
  return through(target, ROUTERS, CHOSEN, parse);
}
