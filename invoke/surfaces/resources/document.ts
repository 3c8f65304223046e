import { AWS_ERROR, BUDGET_HEADERS, type Documented, json, MODEL_ID, tooMany } from '../document-parts.ts';

function resource(operationId: string, summary: string, description: string, names: readonly string[], stream = false) {
  return {
    operationId,
    summary,
    description,
    parameters: names.map((name) => ({
      ...MODEL_ID,
      name,
      description: 'Of what was granted: a registry id, or its own.',
    })),
    requestBody: { required: true, content: json() },
    responses: {
      '200': {
        description: 'The answer.',
        headers: BUDGET_HEADERS,
        content: stream ? { 'application/vnd.amazon.eventstream': {} } : json(),
      },
      '429': tooMany(AWS_ERROR),
      default: AWS_ERROR,
    },
  };
}

export const documented: Documented = {
  'POST /knowledgebases/{knowledgeBaseId}/retrieve': resource(
    'Retrieve',
    'Passages of a knowledge base.',
    "Bedrock's own request and response, passed through as bytes.",
    ['knowledgeBaseId'],
  ),
  'POST /agents/{agentId}/agentAliases/{agentAliasId}/sessions/{sessionId}/text': resource(
    'InvokeAgent',
    'A turn of a session with an agent.',
    "Bedrock's own request and response. The session is the tenant's own: no other tenant's has its name.",
    ['agentId', 'agentAliasId', 'sessionId'],
    true,
  ),
  'POST /flows/{flowIdentifier}/aliases/{flowAliasIdentifier}': resource(
    'InvokeFlow',
    'A run of a flow.',
    "Bedrock's own request and response.",
    ['flowIdentifier', 'flowAliasIdentifier'],
    true,
  ),
};
