import { agentRuntimeKind } from './agent-runtime.ts';

/**
 * An alias of an agent (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html: InvokeAgent,
 * on agent-alias). What the agent itself calls, it calls under the role that it was made with.
 */
export const bedrockAgent = agentRuntimeKind({
  name: 'an agent of Bedrock',
  resourceType: 'agent-alias',
  id: /^[0-9A-Za-z]{10}\/[0-9A-Za-z]{10}$/,
  action: 'bedrock:InvokeAgent',
});
