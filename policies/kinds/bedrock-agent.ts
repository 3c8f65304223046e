import { agentRuntimeKind } from './agent-runtime.ts';

/**
 * An alias of an agent, and what it remembers
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html: InvokeAgent, GetAgentMemory,
 * DeleteAgentMemory, on agent-alias). What the agent itself calls, it calls under the role that it was made with.
 */
export const bedrockAgent = agentRuntimeKind({
  name: 'an agent of Bedrock',
  resourceType: 'agent-alias',
  neverDirect: true,
  id: /^[0-9A-Za-z]{10}\/[0-9A-Za-z]{10}$/,
  actions: ['bedrock:InvokeAgent', 'bedrock:GetAgentMemory', 'bedrock:DeleteAgentMemory'],
});
