import type { TollgateError } from '../../contract/errors.ts';
import type { AskedHeaders } from '../exchange.ts';
import { anthropicError } from './anthropic/error.ts';
import { awsError } from './bedrock/error.ts';
import type { ErrorForm } from './error-form.ts';
import { guidanceError } from './guidance/error.ts';
import { openaiError } from './openai/error.ts';
import { credentialsError } from './own/credentials-error.ts';
import { cohereError } from './rerank/error.ts';
import { sagemakerError } from './sagemaker/error.ts';

interface Row {
  /** Of the whole path, as it arrived. */
  path: RegExp;
  /** How the SDK that calls such paths reads an error. */
  form(error: TollgateError, asked?: AskedHeaders, requestId?: string): ErrorForm;
  /** What would work, for a path that is not there. */
  instead?: string;
}

const CHAT = 'Use POST /v1/chat/completions.';
const OWN_FORMAT = "Send the model's own format to POST /model/{id}/invoke.";
const APPLY = 'The guardrail of a grant is applied by POST /guardrail/{id}/version/{version}/apply.';
const BASE_URL = 'The base URL of an OpenAI SDK is the address of this gateway and /v1.';

/** `/v1/models`, and what is nobody's, may be asked for by clients of two vendors; Anthropic's say who they are. */
function byVersion(error: TollgateError, asked?: AskedHeaders, requestId?: string): ErrorForm {
  return asked?.get('anthropic-version') == null ? openaiError(error) : anthropicError(error, asked, requestId);
}

/**
 * Whose path it is: the first row that fits. Those with `instead` are not served; a surface that comes to be served drops its
 * sentence here, and a path that nobody's SDK is known to call is answered as OpenAI answers, or Anthropic its own clients.
 */
const ROWS: readonly Row[] = [
  {
    path: /^\/model\/[^/]+\/invoke-with-bidirectional-stream/,
    form: awsError,
    instead: `Streams in both directions are not served here. ${OWN_FORMAT}`,
  },
  { path: /^\/model(?:\/|$)/, form: awsError },
  { path: /^\/credentials(?:\/|$)/, form: credentialsError },

  // Bedrock Runtime
  { path: /^\/guardrail(?:\/|$)/, form: awsError, instead: APPLY },
  { path: /^\/guardrail-checks(?:\/|$)/, form: awsError, instead: APPLY },
  {
    path: /^\/async-invoke(?:\/|$)/,
    form: awsError,
    instead: `Bedrock's asynchronous calls write into a bucket of the account, and are not served here. ${OWN_FORMAT}`,
  },
  // Bedrock's control plane: the roots of its operations that ordinary tools call
  {
    path: /^\/(?:foundation-model|inference-profile|custom-model|imported-model|provisioned-model|prompt-router|guardrails|model-|evaluation-job|marketplace-model|logging\/)/,
    form: awsError,
    instead:
      'Of the control plane GET /foundation-models and /inference-profiles are served here, of what the caller may call, ' +
      'and GET /v1/models lists it.',
  },
  // Bedrock's agents
  { path: /^\/rerank(?:\/|$)/, form: awsError },
  {
    path: /^\/(?:generateQuery|knowledgebases\/[^/]+\/datasources)/,
    form: awsError,
    instead:
      'Queries of a structured store, and the documents of a knowledge base, are not served here: ask it by ' +
      'POST /knowledgebases/{id}/retrieve, and let its owner fill it.',
  },
  {
    path: /^\/sessions(?:\/|$)/,
    form: awsError,
    instead:
      "Bedrock's sessions, which an application fills itself, are not served here: nothing of them runs a model, and an agent " +
      'keeps its own at POST /agents/{id}/agentAliases/{alias}/sessions/{session}/text.',
  },
  {
    path: /^\/flows\/[^/]+\/executions\/?$/,
    form: awsError,
    instead:
      "A flow's executions are not listed here, being those of every tenant: ask for each by its name at " +
      'GET /flows/{id}/aliases/{alias}/executions/{name}.',
  },
  {
    path: /^\/(?:agents|flows|knowledgebases|prompts|retrieveAndGenerate|optimize-prompt|agenticRetrieve|tags\/)/,
    form: awsError,
    instead:
      'Of agents, flows and knowledge bases /agents/{id}/agentAliases/{alias}/sessions/{session}/text and .../memories, /agents/{session}, ' +
      '/flows/{id}/aliases/{alias} and .../executions, /knowledgebases/{id}/retrieve, /retrieveAndGenerate and its Stream are served here.',
  },
  // SageMaker Runtime
  { path: /^\/endpoints(?:\/|$)/, form: sagemakerError },

  // AWS's guidance for a multi-tenant gateway
  { path: /^\/(?:invoke_model|list_foundation_models)(?:\/|$)/, form: guidanceError },

  // Anthropic
  { path: /^(?:\/anthropic)?\/v1\/messages(?:\/count_tokens)?\/?$/, form: anthropicError },
  { path: /^\/anthropic\/v1\/models(?:\/[^/]+)?\/?$/, form: anthropicError },
  {
    path: /^\/(?:anthropic|(?:v1\/)?messages|v1\/complete)(?:\/|$)/,
    form: anthropicError,
    instead: 'Use POST /v1/messages: the base URL of an Anthropic SDK is the address of this gateway.',
  },

  // OpenAI
  {
    path: /^\/v1\/(?:responses|conversations)(?:\/|$)/,
    form: openaiError,
    instead: 'Responses are at POST /v1/responses; one that is kept is at GET /v1/responses/{id}.',
  },
  { path: /^\/v1\/completions$/, form: openaiError, instead: CHAT },
  {
    path: /^\/v1\/images\/(?!generations)/,
    form: openaiError,
    instead:
      'Pictures are made at POST /v1/images/generations; to change one, send the body of its model to POST /model/{id}/invoke.',
  },

  // Cohere
  { path: /^\/v[12]\/rerank(?:\/|$)/, form: cohereError },
  {
    path: /^\/v1\/audio(?:\/|$)/,
    form: openaiError,
    instead: 'Speech and transcription are not served here; models that hear are at POST /model/{id}/converse.',
  },
  {
    path: /^\/(?:v1\/v1|openai|chat|completions|embeddings|images|models|responses)(?:\/|$)/,
    form: openaiError,
    instead: BASE_URL,
  },
  {
    path: /^\/$/,
    form: openaiError,
    instead: 'This is Tollgate: GET /docs shows what to paste into each client, GET /v1/models what you may call.',
  },
];

const DEFAULT: Row = { path: /^/, form: byVersion };

/** @param path canonical or as it arrived */
export function rowOf(path: string): Pick<Row, 'form' | 'instead'> {
  return ROWS.find((row) => row.path.test(path)) ?? DEFAULT;
}
