import type { TargetOf } from '../../contract/model.ts';
import { bedrockModel } from './bedrock-model.ts';
import { bedrockProfile } from './bedrock-profile.ts';
import { allow, type Kind, type ParseArn } from './kind.ts';
import { callsThrough, faultThrough, type Through, through, throughRows } from './through.ts';

const RENDER = 'bedrock:RenderPrompt';
const RUN = [bedrockModel, bedrockProfile].flatMap(({ shapes }) => Object.keys(shapes));

/**
 * A version of a prompt
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html: RenderPrompt, on prompt-version; what
 * is called is the model that it runs, by InvokeModel). No condition key tells of the prompt: its session could call the model as well.
 */
export const bedrockPrompt: Kind<TargetOf<'bedrock-prompt'>> = {
  name: 'a prompt of Bedrock',
  runtime: 'bedrock-runtime',
  paidBy: 'call',
  optional: true,
  shapes: { prompt: { service: 'bedrock', id: /^[0-9A-Za-z]{10}:[1-9]\d{0,4}$/ } },
  role: [{ actions: [RENDER], on: ['prompt'] }, ...throughRows(RUN)],
  // Not how long an answer may be: Converse takes no inferenceConfig beside a prompt, which has its own.
  restrictedBy: ['guardrail', 'tiers'],
  isMore: true,
  neverDirect: true,

  arns: ({ arn, modelArns }) => [arn, ...modelArns],
  calledOn: ({ arn }) => arn,
  nativeId: ({ arn }) => arn,
  pathId: ({ arn }, action) => (action === 'invoke' || action === 'stream' ? arn : undefined),

  statements(target, wanted, parse) {
    const models = parsed(target, parse);
    return [...allow({ invoke: RENDER, stream: RENDER }, wanted, [models.caller]), ...callsThrough(models, wanted)];
  },

  fault: (target, parse) => faultThrough(parsed(target, parse), 1),
};

function parsed(target: TargetOf<'bedrock-prompt'>, parse: ParseArn): Through {
  return through(target, ['prompt'], RUN, parse);
}
