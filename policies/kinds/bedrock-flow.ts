import type { AllowedModel, TargetOf } from '../../contract/model.ts';
import { ownId } from '../name.ts';
import { agentRuntimeKind } from './agent-runtime.ts';
import { allow, bad, inRegion, type Kind } from './kind.ts';

const START = 'bedrock:StartFlowExecution';
/** Of an execution alone. */
const FOLLOW = ['GetExecutionFlowSnapshot', 'GetFlowExecution', 'ListFlowExecutionEvents', 'StopFlowExecution'].map(
  (name) => `bedrock:${name}`,
);

const called = agentRuntimeKind({
  name: 'a flow of Bedrock',
  resourceType: 'flow',
  neverDirect: true,
  // Of an execution the name is one of ours.
  id: /^[0-9A-Za-z]{10}(?:\/alias\/[0-9A-Za-z]{10}(?:\/execution\/[0-9a-f]{32})?)?$/,
  actions: ['bedrock:InvokeFlow', START],
});

/**
 * An alias of a flow, or one execution of it
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html: InvokeFlow on flow-alias,
 * StartFlowExecution on flow and flow-alias, the others on flow, flow-alias and flow-execution). What its nodes call, they call under
 * the role that the flow was made with.
 */
export const bedrockFlow: Kind<TargetOf<'bedrock-flow'>> = {
  ...called,
  role: [...called.role, { actions: FOLLOW, on: ['flow'] }],

  statements(target, wanted, parse) {
    const [flow, alias, execution] = within(target.arn).map((arn) => parse(arn, 'target.arn', ['flow']));
    if (flow === undefined || alias === undefined) throw bad('target.arn', 'resource-id');
    inRegion(alias, target);
    if (execution !== undefined) return allow({ invoke: FOLLOW }, wanted, [flow, alias, execution]);
    return [...called.statements(target, wanted, parse), ...allow({ invoke: START }, wanted, [flow])];
  },

  // An entry is of all executions; which one, a call says.
  fault: ({ arn }) => (within(arn).length === 2 ? undefined : { field: 'target.arn', reason: 'resource-id' }),
};

/**
 * A flow as one execution of it, of which alone its session then is.
 *
 * @param name as the tenant calls it; undefined: it is of the flow
 */
export function ofExecution(model: AllowedModel, tenant: string, name: string | undefined): AllowedModel {
  if (name === undefined) return model;
  const { target } = model;
  return { ...model, target: { ...target, arn: `${target.arn}/execution/${ownId(tenant, 'execution', name)}` } };
}

/** The ARNs of the flow, of its alias, and of an execution, as far as the ARN goes. */
function within(arn: string): string[] {
  return [...arn.matchAll(/\/(?:alias|execution)\/|$/g)].map(({ index }) => arn.slice(0, index));
}
