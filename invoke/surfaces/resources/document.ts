import { AWS_ERROR, BUDGET_HEADERS, type Documented, json, MODEL_ID, tooMany } from '../document-parts.ts';

/** Names that a tenant chooses: no other tenant's mean the same. */
const OWN: ReadonlySet<string> = new Set(['sessionId', 'executionIdentifier']);

const ALIAS = ['agentId', 'agentAliasId'];
const FLOW = ['flowIdentifier', 'flowAliasIdentifier'];
const EXECUTION = [...FLOW, 'executionIdentifier'];
const NATIVE = "Bedrock's own request and response.";
const NAMED = "Bedrock's own, with the tenant's name of the execution in the place of its ARN.";

interface More {
  stream?: true;
  /** Without a body. */
  bare?: true;
  /** Parameters of the query; those that must be there are the first `needed`. */
  query?: readonly string[];
  needed?: number;
}

function resource(
  operationId: string,
  summary: string,
  description: string,
  names: readonly string[],
  { stream, bare, query = [], needed = 1 }: More = {},
) {
  return {
    operationId,
    summary,
    description,
    parameters: [
      ...names.map((name) => ({
        ...MODEL_ID,
        name,
        description: OWN.has(name) ? "The tenant's own name of it." : 'Of what was granted: a registry id, or its own.',
      })),
      ...query.map((name, at) => ({ name, in: 'query', required: at < needed, schema: { type: 'string' } })),
    ],
    ...(bare ? {} : { requestBody: { required: true, content: json() } }),
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
  'POST /retrieveAndGenerate': resource(
    'RetrieveAndGenerate',
    'An answer from a knowledge base.',
    "Bedrock's own request and response. The knowledge base and the model are those that were granted; the session is the tenant's own.",
    [],
  ),
  'POST /retrieveAndGenerateStream': resource(
    'RetrieveAndGenerateStream',
    'The same, as it is written.',
    "Bedrock's own request and response.",
    [],
    { stream: true },
  ),
  'POST /rerank': resource(
    'Rerank',
    'Documents in the order in which they answer a question.',
    "Bedrock's own request and response. The model is one that was granted.",
    [],
  ),
  'POST /agents/{agentId}/agentAliases/{agentAliasId}/sessions/{sessionId}/text': resource(
    'InvokeAgent',
    'A turn of a session with an agent.',
    "Bedrock's own request and response. The session is the tenant's own: no other tenant's has its name.",
    ['agentId', 'agentAliasId', 'sessionId'],
    { stream: true },
  ),
  'GET /agents/{agentId}/agentAliases/{agentAliasId}/memories': resource(
    'GetAgentMemory',
    'What an agent remembers.',
    `${NATIVE} The memory is the tenant's own.`,
    ALIAS,
    { bare: true, query: ['memoryId', 'memoryType', 'maxItems', 'nextToken'], needed: 2 },
  ),
  'DELETE /agents/{agentId}/agentAliases/{agentAliasId}/memories': resource(
    'DeleteAgentMemory',
    'An agent forgets a memory, or a session of it.',
    `${NATIVE} The memory is the tenant's own, and must be named.`,
    ALIAS,
    { bare: true, query: ['memoryId', 'sessionId'] },
  ),
  'POST /agents/{sessionId}': resource(
    'InvokeInlineAgent',
    'A turn of a session with an agent that the call describes.',
    `${NATIVE} \`agentName\` is that of an inline agent that was granted, \`foundationModel\` the model that it runs, granted by itself, too.`,
    ['sessionId'],
    { stream: true },
  ),
  'POST /flows/{flowIdentifier}/aliases/{flowAliasIdentifier}/executions': resource(
    'StartFlowExecution',
    'Starts an execution of a flow.',
    NAMED,
    FLOW,
  ),
  'GET /flows/{flowIdentifier}/aliases/{flowAliasIdentifier}/executions/{executionIdentifier}': resource(
    'GetFlowExecution',
    'How an execution is getting on.',
    NAMED,
    EXECUTION,
    { bare: true },
  ),
  'POST /flows/{flowIdentifier}/aliases/{flowAliasIdentifier}/executions/{executionIdentifier}/stop': resource(
    'StopFlowExecution',
    'Stops an execution.',
    NAMED,
    EXECUTION,
    { bare: true },
  ),
  'GET /flows/{flowIdentifier}/aliases/{flowAliasIdentifier}/executions/{executionIdentifier}/events': resource(
    'ListFlowExecutionEvents',
    'What went into an execution, and what came out of it.',
    `${NATIVE} Events of its nodes where the grant shows traces.`,
    EXECUTION,
    { bare: true, query: ['eventType', 'maxResults', 'nextToken'] },
  ),
  'GET /flows/{flowIdentifier}/aliases/{flowAliasIdentifier}/executions/{executionIdentifier}/flowsnapshot': resource(
    'GetExecutionFlowSnapshot',
    'The flow as it was when the execution was started.',
    `${NATIVE} Where the grant shows traces.`,
    EXECUTION,
    { bare: true },
  ),
  'POST /flows/{flowIdentifier}/aliases/{flowAliasIdentifier}': resource(
    'InvokeFlow',
    'A run of a flow.',
    NATIVE,
    FLOW,
    { stream: true },
  ),
};
