import {
  BUDGET_HEADERS,
  CHANGES,
  type Documented,
  json,
  MODEL_ID,
  queryParameter,
  tooMany,
} from '../document-parts.ts';
import type { Fields } from '../fields.ts';
import { objectSchema } from '../fields-document.ts';
import { COUNT_FIELDS, COUNT_REQUIRED, MESSAGE_FIELDS, MESSAGE_REQUIRED } from './fields.ts';

const text = { type: 'string' };

const ERROR = {
  description: 'Refused or failed; 529 where it is the model that has too much to do.',
  headers: { 'Request-Id': { description: 'As X-Request-Id.', schema: text } },
  content: json({
    type: 'object',
    required: ['type', 'error'],
    properties: {
      type: { const: 'error' },
      error: {
        type: 'object',
        required: ['type', 'message'],
        properties: {
          type: text,
          message: text,
          details: { type: 'object', properties: { error_code: text, param: text } },
        },
      },
      request_id: text,
    },
  }),
};

const BETAS = {
  name: 'anthropic-beta',
  in: 'header',
  required: false,
  description: "Claude's `anthropic_beta`, but for flags that only name the client.",
  schema: text,
};

const body = (fields: Fields, required: readonly string[]) => ({
  required: true,
  content: json({
    ...objectSchema(fields, required),
    description: 'To Claude it goes as it comes, whatever is in it. Of other models:',
    additionalProperties: true,
  }),
});

const MODEL = {
  type: 'object',
  required: ['type', 'id', 'display_name', 'created_at'],
  properties: {
    type: { const: 'model' },
    id: text,
    display_name: text,
    created_at: { ...text, description: 'Not known here.' },
    lifecycle: { enum: ['active', 'deprecated'] },
    max_input_tokens: { type: ['integer', 'null'], description: "If the model's entry says it." },
    max_tokens: { type: ['integer', 'null'], description: 'Of one answer.' },
    native_id: text,
    paths: { type: 'array', items: text },
    streaming: { type: 'boolean' },
  },
};

const operations: Documented = {
  'POST /v1/messages': {
    operationId: 'createMessage',
    summary: 'A message in the format of Anthropic.',
    description:
      "To Claude by InvokeModel, in the caller's own bytes: only model, stream and service_tier, which stand elsewhere there, are " +
      'taken out, and anthropic_version and anthropic_beta put in. To other models by Converse.',
    parameters: [BETAS],
    requestBody: body(MESSAGE_FIELDS, MESSAGE_REQUIRED),
    responses: {
      '200': {
        description: 'A message, or its events.',
        headers: { ...BUDGET_HEADERS, ...CHANGES },
        content: { ...json(), 'text/event-stream': {} },
      },
      '429': tooMany(ERROR),
      default: ERROR,
    },
  },
  'POST /v1/messages/count_tokens': {
    operationId: 'countMessageTokens',
    summary: 'How many tokens a message request would be.',
    description: 'By CountTokens of Bedrock, which not every model has.',
    parameters: [BETAS],
    requestBody: body(COUNT_FIELDS, COUNT_REQUIRED),
    responses: {
      '200': {
        description: 'The count.',
        content: json({
          type: 'object',
          required: ['input_tokens'],
          properties: { input_tokens: { type: 'integer' } },
        }),
      },
      default: ERROR,
    },
  },
};

/** The same at the root and under `/anthropic`. */
const again = Object.fromEntries(
  Object.entries(operations).map(([name, operation]) => [
    name.replace('/v1', '/anthropic/v1'),
    { ...operation, operationId: `${(operation as { operationId: string }).operationId}Again` },
  ]),
);

export const documented: Documented = {
  ...operations,
  ...again,
  'GET /anthropic/v1/models': {
    operationId: 'listAnthropicModels',
    summary:
      'The models that the caller can call now, as `GET /v1/models` lists them for who sends `anthropic-version`.',
    parameters: ['limit', 'after_id', 'before_id'].map((name) => queryParameter(name, "Anthropic's pages.")),
    responses: {
      '200': {
        description: 'The list.',
        content: json({
          type: 'object',
          required: ['data', 'has_more', 'first_id', 'last_id'],
          properties: { data: { type: 'array', items: MODEL }, has_more: { type: 'boolean' } },
        }),
      },
      default: ERROR,
    },
  },
  'GET /anthropic/v1/models/{id}': {
    operationId: 'retrieveAnthropicModel',
    summary: 'One model that the caller may use.',
    parameters: [{ ...MODEL_ID, name: 'id' }],
    responses: { '200': { description: 'The model.', content: json(MODEL) }, default: ERROR },
  },
};

export const tables: Readonly<Record<string, Fields>> = {
  'POST /v1/messages, of models that are spoken to in Converse': MESSAGE_FIELDS,
};
