import type { Action, TargetKind } from '../../contract/model.ts';
import type { Task } from '../../contract/task.ts';
import { type EndpointOperation, LATER, type ModelOperation } from '../call.ts';
import type { Exchange, Given } from '../exchange.ts';
import { BEDROCK_OPERATIONS, bedrock } from './bedrock/bedrock.ts';
import type { SurfaceDocument } from './document-parts.ts';
import { EMBEDDERS, PAINTERS, RANKERS } from './made-models.ts';
import type { Serves } from './served.ts';

/** @param named the parameters of the path, in its order, each percent-decoded once */
export type Serve = (exchange: Exchange, ...named: string[]) => Promise<Given>;

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  /** As OpenAPI writes it: `/model/{modelId}/converse`. */
  path: string;
  /** Absent: the path is of no one model. */
  serves?: Serves;
  /** Loaded when it is first called, so that no start pays for what it does not serve. */
  load(): Promise<Serve>;
  /** Loaded when the document is asked for. */
  document(): Promise<SurfaceDocument>;
}

const CHAT: readonly Task[] = ['chat'];

const RANKS: Serves = {
  action: 'invoke',
  tasks: ['rerank'],
  runtime: 'bedrock-runtime',
  names: RANKERS,
  containers: ['tei'],
};

const documents = {
  anthropic: (): Promise<SurfaceDocument> => import('./anthropic/document.ts'),
  bedrock: (): Promise<SurfaceDocument> => import('./bedrock/document.ts'),
  guidance: (): Promise<SurfaceDocument> => import('./guidance/document.ts'),
  embeddings: (): Promise<SurfaceDocument> => import('./embeddings/document.ts'),
  images: (): Promise<SurfaceDocument> => import('./images/document.ts'),
  rerank: (): Promise<SurfaceDocument> => import('./rerank/document.ts'),
  resources: (): Promise<SurfaceDocument> => import('./resources/document.ts'),
  openai: (): Promise<SurfaceDocument> => import('./openai/document.ts'),
  responses: (): Promise<SurfaceDocument> => import('./responses/document.ts'),
  own: (): Promise<SurfaceDocument> => import('./own/document.ts'),
  sagemaker: (): Promise<SurfaceDocument> => import('./sagemaker/document.ts'),
};

/** Bedrock's paths are what most callers call: they are there from the start. */
function native(operation: ModelOperation): Route {
  const serves = { action: BEDROCK_OPERATIONS[operation], runtime: 'bedrock-runtime', prompts: true } as const;
  const serve: Serve = (exchange, modelId = '') => bedrock(exchange, modelId, operation);
  return {
    method: 'POST',
    path: `/model/{modelId}/${operation}`,
    serves: operation === 'invoke' ? serves : { ...serves, tasks: CHAT },
    load: async () => serve,
    document: documents.bedrock,
  };
}

function endpoint(operation: EndpointOperation, action: Action): Route {
  return {
    method: 'POST',
    path: `/endpoints/{name}/${operation}`,
    serves: { action, runtime: 'sagemaker-runtime' },
    async load() {
      const { invokeEndpoint } = await import('./sagemaker/sagemaker.ts');
      return (exchange, name = '') => invokeEndpoint(exchange, name, operation);
    },
    document: documents.sagemaker,
  };
}

const later: Route = {
  method: 'POST',
  path: `/endpoints/{name}/${LATER}`,
  serves: { action: 'invoke', runtime: 'sagemaker-runtime', later: true },
  load: async () => (await import('./sagemaker/async.ts')).invokeEndpointAsync,
  document: documents.sagemaker,
};

/** Any other path; a surface is a folder, and one line each of these. */
function route(
  method: Route['method'],
  path: string,
  document: keyof typeof documents,
  load: Route['load'],
  serves?: Serves,
): Route {
  return { method, path, load, document: documents[document], ...(serves === undefined ? {} : { serves }) };
}

/** At the root and under a root of their own, which some clients have for them. */
function anthropic(path: string, load: Route['load'], serves: Serves): Route[] {
  return [route('POST', path, 'anthropic', load, serves), route('POST', `/anthropic${path}`, 'anthropic', load)];
}

const CHATS: Serves = { action: 'invoke', tasks: CHAT };
const COUNTS: Serves = { action: 'count', tasks: CHAT, runtime: 'bedrock-runtime' };
const EMBEDS: Serves = { action: 'invoke', tasks: ['embed'], names: EMBEDDERS };
const PAINTS: Serves = { action: 'invoke', tasks: ['image'], runtime: 'bedrock-runtime', names: PAINTERS };

const resource = (kind: TargetKind): Serves => ({ action: 'invoke', kind });

function memory(method: Route['method'], load: Route['load']): Route {
  const path = '/agents/{agentId}/agentAliases/{agentAliasId}/memories';
  return route(method, path, 'resources', load, resource('bedrock-agent'));
}

function flow(method: Route['method'], end: string, load: Route['load']): Route {
  const path = `/flows/{flowIdentifier}/aliases/{flowAliasIdentifier}${end}`;
  return route(method, path, 'resources', load, resource('bedrock-flow'));
}

const executions = () => import('./resources/executions.ts');
const control = () => import('./bedrock/control.ts');
const kept = () => import('./responses/kept.ts');
const rerank = () => import('./rerank/rerank.ts');
const models = () => import('./models.ts');
const anthropicModels = () => import('./anthropic/models.ts');
const guidance = () => import('./guidance/invoke.ts');

/** Every path that calls for a caller, in the order in which they are shown. */
export const ROUTES: readonly Route[] = [
  native('converse'),
  native('converse-stream'),
  native('invoke'),
  native('invoke-with-response-stream'),
  native('count-tokens'),
  endpoint('invocations', 'invoke'),
  endpoint('invocations-response-stream', 'stream'),
  later,
  route(
    'POST',
    '/guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply',
    'bedrock',
    async () => (await import('./bedrock/guardrail.ts')).applyGuardrail,
    resource('bedrock-guardrail'),
  ),
  // Bedrock's agent runtime.
  route(
    'POST',
    '/knowledgebases/{knowledgeBaseId}/retrieve',
    'resources',
    async () => (await import('./resources/knowledge-base.ts')).retrieve,
    resource('bedrock-knowledge-base'),
  ),
  route(
    'POST',
    '/retrieveAndGenerate',
    'resources',
    async () => (await import('./resources/generate.ts')).retrieveAndGenerate,
    resource('bedrock-knowledge-base'),
  ),
  route(
    'POST',
    '/retrieveAndGenerateStream',
    'resources',
    async () => (await import('./resources/generate.ts')).retrieveAndGenerateStream,
    resource('bedrock-knowledge-base'),
  ),
  route('POST', '/rerank', 'resources', async () => (await import('./resources/rerank.ts')).rerank),
  route(
    'POST',
    '/agents/{agentId}/agentAliases/{agentAliasId}/sessions/{sessionId}/text',
    'resources',
    async () => (await import('./resources/agent.ts')).invokeAgent,
    resource('bedrock-agent'),
  ),
  memory('GET', async () => (await import('./resources/memory.ts')).getAgentMemory),
  memory('DELETE', async () => (await import('./resources/memory.ts')).deleteAgentMemory),
  route(
    'POST',
    '/agents/{sessionId}',
    'resources',
    async () => (await import('./resources/inline-agent.ts')).invokeInlineAgent,
    resource('bedrock-inline-agent'),
  ),
  flow('POST', '', async () => (await import('./resources/flow.ts')).invokeFlow),
  flow('POST', '/executions', async () => (await executions()).startExecution),
  flow('GET', '/executions/{executionIdentifier}', async () => (await executions()).getExecution),
  flow('POST', '/executions/{executionIdentifier}/stop', async () => (await executions()).stopExecution),
  flow('GET', '/executions/{executionIdentifier}/events', async () => (await executions()).listEvents),
  flow('GET', '/executions/{executionIdentifier}/flowsnapshot', async () => (await executions()).getSnapshot),
  // What of Bedrock's control plane is served: reading.
  route('GET', '/foundation-models', 'bedrock', async () => (await control()).listFoundationModels),
  route('GET', '/foundation-models/{modelIdentifier}', 'bedrock', async () => (await control()).getFoundationModel),
  route('GET', '/inference-profiles', 'bedrock', async () => (await control()).listInferenceProfiles),
  route(
    'GET',
    '/inference-profiles/{inferenceProfileIdentifier}',
    'bedrock',
    async () => (await control()).getInferenceProfile,
  ),
  route('POST', '/v1/chat/completions', 'openai', async () => (await import('./openai/chat.ts')).chat, CHATS),
  route(
    'POST',
    '/v1/responses',
    'responses',
    async () => (await import('./responses/create.ts')).createResponse,
    CHATS,
  ),
  route('GET', '/v1/responses/{id}', 'responses', async () => (await kept()).showResponse),
  route('DELETE', '/v1/responses/{id}', 'responses', async () => (await kept()).deleteResponse),
  route('POST', '/v1/responses/{id}/cancel', 'responses', async () => (await kept()).cancelResponse),
  ...anthropic('/v1/messages', async () => (await import('./anthropic/messages.ts')).messages, CHATS),
  ...anthropic('/v1/messages/count_tokens', async () => (await import('./anthropic/count.ts')).countTokens, COUNTS),
  route(
    'POST',
    '/v1/embeddings',
    'embeddings',
    async () => (await import('./embeddings/embeddings.ts')).embeddings,
    EMBEDS,
  ),
  route('POST', '/v1/images/generations', 'images', async () => (await import('./images/images.ts')).images, PAINTS),
  route('POST', '/v1/rerank', 'rerank', async () => (await rerank()).rerankV1, RANKS),
  route('POST', '/v2/rerank', 'rerank', async () => (await rerank()).rerankV2, RANKS),
  route('GET', '/v1/models', 'openai', async () => (await models()).listModels),
  route('GET', '/v1/models/{id}', 'openai', async () => (await models()).showModel),
  route('GET', '/anthropic/v1/models', 'anthropic', async () => (await anthropicModels()).listModels),
  route('GET', '/anthropic/v1/models/{id}', 'anthropic', async () => (await anthropicModels()).showModel),
  route('POST', '/invoke_model', 'guidance', async () => (await guidance()).invokeModel),
  route('GET', '/list_foundation_models', 'guidance', async () => (await guidance()).listModels),
  route('GET', '/v1/components', 'own', async () => (await import('./own/components.ts')).listComponents),
  route('GET', '/v1/usage', 'own', async () => (await import('./own/usage.ts')).showUsage),
  route('GET', '/credentials', 'own', async () => (await import('./own/credentials.ts')).handOutCredentials),
];
