import type { Action } from '../../contract/model.ts';
import type { EndpointOperation, ModelOperation } from '../call.ts';
import type { Exchange, Given } from '../exchange.ts';
import { BEDROCK_OPERATIONS, bedrock } from './bedrock/bedrock.ts';
import type { SurfaceDocument } from './document-parts.ts';
import { EMBEDDERS, PAINTERS, RANKERS } from './made-models.ts';
import type { Serves, Task } from './served.ts';

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
  openai: (): Promise<SurfaceDocument> => import('./openai/document.ts'),
  responses: (): Promise<SurfaceDocument> => import('./responses/document.ts'),
  own: (): Promise<SurfaceDocument> => import('./own/document.ts'),
  sagemaker: (): Promise<SurfaceDocument> => import('./sagemaker/document.ts'),
};

/** Bedrock's paths are what most callers call: they are there from the start. */
function native(operation: ModelOperation): Route {
  const serves = { action: BEDROCK_OPERATIONS[operation], runtime: 'bedrock-runtime' } as const;
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

/** At the root and under a root of their own, which some clients have for them. */
function anthropic(route: Omit<Route, 'document'>): Route[] {
  const { serves: _, ...again } = { ...route, document: documents.anthropic };
  return [
    { ...route, document: documents.anthropic },
    { ...again, path: `/anthropic${route.path}` },
  ];
}

/** What of Bedrock's control plane is served: reading. */
function control(path: string, load: Route['load']): Route {
  return { method: 'GET', path, load, document: documents.bedrock };
}

/** Every path that calls for a caller, in the order in which they are shown. A surface is a folder, and its rows here. */
export const ROUTES: readonly Route[] = [
  native('converse'),
  native('converse-stream'),
  native('invoke'),
  native('invoke-with-response-stream'),
  native('count-tokens'),
  endpoint('invocations', 'invoke'),
  endpoint('invocations-response-stream', 'stream'),
  {
    method: 'POST',
    path: '/guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply',
    load: async () => (await import('./bedrock/guardrail.ts')).applyGuardrail,
    document: documents.bedrock,
  },
  control('/foundation-models', async () => (await import('./bedrock/control.ts')).listFoundationModels),
  control(
    '/foundation-models/{modelIdentifier}',
    async () => (await import('./bedrock/control.ts')).getFoundationModel,
  ),
  control('/inference-profiles', async () => (await import('./bedrock/control.ts')).listInferenceProfiles),
  control(
    '/inference-profiles/{inferenceProfileIdentifier}',
    async () => (await import('./bedrock/control.ts')).getInferenceProfile,
  ),
  {
    method: 'POST',
    path: '/v1/chat/completions',
    serves: { action: 'invoke', tasks: CHAT },
    load: async () => (await import('./openai/chat.ts')).chat,
    document: documents.openai,
  },
  {
    method: 'POST',
    path: '/v1/responses',
    serves: { action: 'invoke', tasks: CHAT },
    load: async () => (await import('./responses/create.ts')).createResponse,
    document: documents.responses,
  },
  {
    method: 'GET',
    path: '/v1/responses/{id}',
    load: async () => (await import('./responses/kept.ts')).showResponse,
    document: documents.responses,
  },
  {
    method: 'DELETE',
    path: '/v1/responses/{id}',
    load: async () => (await import('./responses/kept.ts')).deleteResponse,
    document: documents.responses,
  },
  {
    method: 'POST',
    path: '/v1/responses/{id}/cancel',
    load: async () => (await import('./responses/kept.ts')).cancelResponse,
    document: documents.responses,
  },
  ...anthropic({
    method: 'POST',
    path: '/v1/messages',
    serves: { action: 'invoke', tasks: CHAT },
    load: async () => (await import('./anthropic/messages.ts')).messages,
  }),
  ...anthropic({
    method: 'POST',
    path: '/v1/messages/count_tokens',
    serves: { action: 'count', tasks: CHAT, runtime: 'bedrock-runtime' },
    load: async () => (await import('./anthropic/count.ts')).countTokens,
  }),
  {
    method: 'POST',
    path: '/v1/embeddings',
    serves: { action: 'invoke', tasks: ['embed'], names: EMBEDDERS },
    load: async () => (await import('./embeddings/embeddings.ts')).embeddings,
    document: documents.embeddings,
  },
  {
    method: 'POST',
    path: '/v1/images/generations',
    serves: { action: 'invoke', tasks: ['image'], runtime: 'bedrock-runtime', names: PAINTERS },
    load: async () => (await import('./images/images.ts')).images,
    document: documents.images,
  },
  {
    method: 'POST',
    path: '/v1/rerank',
    serves: RANKS,
    load: async () => (await import('./rerank/rerank.ts')).rerankV1,
    document: documents.rerank,
  },
  {
    method: 'POST',
    path: '/v2/rerank',
    serves: RANKS,
    load: async () => (await import('./rerank/rerank.ts')).rerankV2,
    document: documents.rerank,
  },
  {
    method: 'GET',
    path: '/v1/models',
    load: async () => (await import('./models.ts')).listModels,
    document: documents.openai,
  },
  {
    method: 'GET',
    path: '/v1/models/{id}',
    load: async () => (await import('./models.ts')).showModel,
    document: documents.openai,
  },
  {
    method: 'GET',
    path: '/anthropic/v1/models',
    load: async () => (await import('./anthropic/models.ts')).listModels,
    document: documents.anthropic,
  },
  {
    method: 'GET',
    path: '/anthropic/v1/models/{id}',
    load: async () => (await import('./anthropic/models.ts')).showModel,
    document: documents.anthropic,
  },
  {
    method: 'POST',
    path: '/invoke_model',
    load: async () => (await import('./guidance/invoke.ts')).invokeModel,
    document: documents.guidance,
  },
  {
    method: 'GET',
    path: '/list_foundation_models',
    load: async () => (await import('./guidance/invoke.ts')).listModels,
    document: documents.guidance,
  },
  {
    method: 'GET',
    path: '/v1/usage',
    load: async () => (await import('./own/usage.ts')).showUsage,
    document: documents.own,
  },
  {
    method: 'GET',
    path: '/credentials',
    load: async () => (await import('./own/credentials.ts')).handOutCredentials,
    document: documents.own,
  },
];
