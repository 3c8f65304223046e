import { agentRuntimeKind } from './agent-runtime.ts';

/**
 * A knowledge base that is asked for passages
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonbedrock.html: Retrieve, on knowledge-base).
 */
export const bedrockKnowledgeBase = agentRuntimeKind({
  name: 'a knowledge base of Bedrock',
  resourceType: 'knowledge-base',
  id: /^[0-9A-Za-z]{10}$/,
  actions: ['bedrock:Retrieve'],
  silent: true,
});
