import { DIALECTS, MODALITIES } from '../../../contract/model.ts';
import { BUDGET_HEADERS, CHANGES, type Documented, json, MODEL_ID, OPENAI_ERROR, tooMany } from '../document-parts.ts';
import { objectSchema } from '../fields-document.ts';
import { EFFORTS } from '../means.ts';
import { CHAT_FIELDS, REQUIRED } from './fields.ts';
import { asBedrock } from './models.ts';

export const tables = { 'POST /v1/chat/completions': CHAT_FIELDS };

const text = { type: 'string' };
const told = { type: 'boolean', description: 'If its entry says it.' };
const time = { type: 'integer', description: 'Seconds since 1970.' };
const MODEL = {
  type: 'object',
  required: ['id', 'object', 'created', 'owned_by', 'paths', 'streaming'],
  properties: {
    id: { ...text, description: 'The registry id.' },
    object: { const: 'model' },
    created: { const: 0 },
    owned_by: text,
    native_id: {
      ...text,
      description: "Bedrock's own id, which is as good in a call and which SDKs know; not of an ARN.",
    },
    paths: { type: 'array', items: text, description: 'Where the caller can call it.' },
    streaming: { type: 'boolean' },
    capabilities: {
      type: 'object',
      description: 'Of a model that converses.',
      properties: {
        dialects: {
          type: 'array',
          items: { enum: DIALECTS },
          description: 'Forms that it takes, the preferred one first: a request in one of them reaches it as it is.',
        },
        structured_output: {
          enum: ['model', 'tool'],
          description: 'What holds an answer to a schema: the model itself, or a tool that it must call.',
        },
        reasoning_efforts: {
          type: 'array',
          items: { enum: EFFORTS },
          description: 'What reasoning_effort may be; none alone: it cannot be asked to reason.',
        },
        ...{ tools: told, reasoning: told, prompt_caching: told },
      },
    },
    display_name: text,
    input_modalities: {
      type: 'array',
      items: { enum: MODALITIES.map(asBedrock) },
      description: 'If its entry says it.',
    },
    output_modalities: {
      type: 'array',
      items: { enum: MODALITIES.map(asBedrock) },
      description: 'If its entry says it, or if not text.',
    },
    context_length: { type: 'integer', description: 'Tokens of a request and its answer, if its entry says it.' },
    max_output_tokens: {
      type: 'integer',
      description: "Of one answer: what the grant allows, and what the model's entry says, whichever is less.",
    },
    service_tiers: { type: 'array', items: text, description: 'Those that the grant allows, if not all.' },
    expires_at: { ...time, description: 'When the grant ends, in seconds since 1970.' },
    deprecated_at: time,
    sunset_at: { ...time, description: 'From then on it does not answer, in seconds since 1970.' },
    successor: text,
  },
};

const USAGE = {
  name: 'X-Tollgate-Usage',
  in: 'header',
  required: false,
  description:
    'cost: the usage, which a stream then ends with in any case, also has cost: US dollars as an exact decimal, as the ledger will ' +
    'say of all attempts at the call, or null where there is no price.',
  schema: { enum: ['cost'] },
};

export const documented: Documented = {
  'POST /v1/chat/completions': {
    operationId: 'createChatCompletion',
    summary: 'A chat completion in the format of OpenAI.',
    description:
      'What becomes of each member is in docs/fields.md. Reasoning comes back as reasoning_content, and as reasoning_details where ' +
      'a next request must give it back. Cached tokens are part of prompt_tokens; prompt_tokens_details tells those read ' +
      '(cached_tokens) from those written (cache_write_tokens). An answer that the model ended as malformed is 424 or, streamed, ' +
      "an error event. A model that takes OpenAI's form itself (`capabilities.dialects` of GET /v1/models) gets the request as it is.",
    parameters: [USAGE],
    requestBody: { required: true, content: json(objectSchema(CHAT_FIELDS, REQUIRED)) },
    responses: {
      '200': {
        description: 'A completion, or its chunks as server-sent events.',
        headers: { ...BUDGET_HEADERS, ...CHANGES },
        content: { ...json(), 'text/event-stream': {} },
      },
      '429': tooMany(OPENAI_ERROR),
      default: OPENAI_ERROR,
    },
  },
  'GET /v1/models': {
    operationId: 'listModels',
    summary: 'The models that the caller can call now, and what it can do with each.',
    responses: {
      '200': {
        description: 'The list.',
        content: json({
          type: 'object',
          required: ['object', 'data'],
          properties: { object: { const: 'list' }, data: { type: 'array', items: MODEL } },
        }),
      },
      default: OPENAI_ERROR,
    },
  },
  'GET /v1/models/{id}': {
    operationId: 'retrieveModel',
    summary: 'One model that the caller may use.',
    parameters: [{ ...MODEL_ID, name: 'id' }],
    responses: { '200': { description: 'The model.', content: json(MODEL) }, default: OPENAI_ERROR },
  },
};
