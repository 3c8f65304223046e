import { agentRuntimeKind } from './agent-runtime.ts';

/**
 * An alias of a flow (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html: InvokeFlow, on
 * flow-alias). What its nodes call, they call under the role that the flow was made with.
 */
export const bedrockFlow = agentRuntimeKind({
  name: 'a flow of Bedrock',
  resourceType: 'flow',
  id: /^[0-9A-Za-z]{10}\/alias\/[0-9A-Za-z]{10}$/,
  action: 'bedrock:InvokeFlow',
});
