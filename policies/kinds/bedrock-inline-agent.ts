import type { Action, TargetOf } from '../../contract/model.ts';
import { bedrockModel } from './bedrock-model.ts';
import { bedrockProfile } from './bedrock-profile.ts';
import { allowAny, bad, type Kind, NO_RESOURCE } from './kind.ts';

type Inline = TargetOf<'bedrock-inline-agent'>;

// Takes no resource, and one condition key (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html).
const INLINE = 'bedrock:InvokeInlineAgent';
const KEY = 'bedrock:InlineAgentName';

/** Of AWS's `([0-9a-zA-Z][_-]?){1,100}`, without what a policy would interpret. */
const AGENT_NAME = /^(?:[0-9a-zA-Z][_-]?){1,100}$/;

/**
 * An agent that its call describes. Bedrock runs its model by the rights of the caller
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/inline-agent-prereq.html), so a session holds both; that the model is granted
 * by itself as well, and that the call names nothing else, is held by our own code.
 */
export const bedrockInlineAgent: Kind<Inline> = {
  name: 'an inline agent of Bedrock',
  runtime: 'bedrock-agent-runtime',
  paidBy: 'call',
  byId: true,
  neverDirect: true,
  optional: true,
  shapes: {},
  // Of models and profiles the first row runs them; nothing is counted, and no guardrail applied.
  role: [
    { actions: [INLINE], on: [NO_RESOURCE] },
    ...[bedrockModel, bedrockProfile].flatMap(({ role }) => role.slice(0, 1)),
  ],
  // Bedrock's documentation says of its own calls for an agent that not all of them bear a guardrail.
  restrictedBy: [],

  arns: ({ arn, modelArns }) => [...new Set([arn, ...modelArns])],
  calledOn: ({ agentName, arn }) => `inline ${agentName} ${arn}`,
  nativeId: ({ agentName }) => agentName,
  pathId: ({ agentName }, action) => (action === 'invoke' || action === 'stream' ? agentName : undefined),

  statements(target, wanted, parse) {
    if (!AGENT_NAME.test(target.agentName)) throw bad('target.agentName', 'agent-name');
    const { kind, model } = runs(target);
    // To stream is a right beside the other (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_InvokeInlineAgent.html).
    const calls: Action[] = wanted.has('stream') ? ['invoke', 'stream'] : wanted.has('invoke') ? ['invoke'] : [];
    const statements = kind.statements(model, new Set(calls), parse);
    return calls.length === 0 ? [] : [allowAny(INLINE, target, { [KEY]: target.agentName }), ...statements];
  },

  fault(target, parse) {
    const { kind, model } = runs(target);
    const { arn, modelArns } = target;
    if (model.kind === 'bedrock-model' && (modelArns.length > 1 || modelArns[0] !== arn))
      return { field: 'target.modelArns', reason: 'another-model' };
    return kind.fault(model, parse);
  },
};

/** The model, as what it would be by itself. */
function runs({ region, arn, modelArns }: Inline) {
  return arn.includes('-profile/')
    ? {
        kind: bedrockProfile as Kind,
        model: { kind: 'bedrock-profile' as const, modelId: arn, region, arn, modelArns },
      }
    : { kind: bedrockModel as Kind, model: { kind: 'bedrock-model' as const, modelId: arn, region, arn } };
}
