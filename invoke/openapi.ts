/** `GET /openapi.json`: the paths that exist, and what each answers (https://spec.openapis.org/oas/v3.1.0). */

const json = (schema: object = { type: 'object' }) => ({ 'application/json': { schema } });

const AWS_ERROR = {
  description: 'Refused or failed; `x-amzn-errortype` names the exception.',
  headers: { 'x-amzn-errortype': { schema: { type: 'string' } } },
  content: json({ type: 'object', required: ['message'], properties: { message: { type: 'string' } } }),
};

const OPENAI_ERROR = {
  description: 'Refused or failed.',
  content: json({
    type: 'object',
    required: ['error'],
    properties: {
      error: {
        type: 'object',
        required: ['message', 'type', 'code', 'param'],
        properties: {
          message: { type: 'string' },
          type: { type: 'string' },
          code: { type: ['string', 'null'] },
          param: { type: ['string', 'null'] },
        },
      },
    },
  }),
};

const MODEL_ID = {
  name: 'modelId',
  in: 'path',
  required: true,
  description: "A registry id, the target's own id, or an ARN that the entry lists, percent-encoded.",
  schema: { type: 'string' },
};

function bedrock(operationId: string, summary: string, stream: boolean) {
  return {
    post: {
      operationId,
      summary,
      description: "Bedrock Runtime's own request and response, passed through as bytes.",
      parameters: [MODEL_ID],
      requestBody: { required: true, content: json() },
      responses: {
        '200': {
          description: 'The answer.',
          content: stream ? { 'application/vnd.amazon.eventstream': {} } : json(),
        },
        default: AWS_ERROR,
      },
    },
  };
}

export const openapi = {
  openapi: '3.1.0',
  info: {
    title: 'Tollgate',
    version: '0.1.0',
    description: 'Amazon Bedrock and SageMaker for many tenants, each confined to its own models.',
  },
  security: [{ token: [] }],
  paths: {
    '/model/{modelId}/converse': bedrock('Converse', 'A conversation.', false),
    '/model/{modelId}/converse-stream': bedrock('ConverseStream', 'A conversation, streamed.', true),
    '/model/{modelId}/invoke': bedrock('InvokeModel', "A call in the model's own format.", false),
    '/model/{modelId}/invoke-with-response-stream': bedrock(
      'InvokeModelWithResponseStream',
      "A call in the model's own format, streamed.",
      true,
    ),
    '/model/{modelId}/count-tokens': bedrock('CountTokens', 'How many tokens a request would be.', false),
    '/v1/chat/completions': {
      post: {
        operationId: 'createChatCompletion',
        summary: 'A chat completion in the format of OpenAI.',
        description:
          'Text messages. Served: model, messages, max_completion_tokens, max_tokens, temperature (0 to 1), top_p, stop, ' +
          'stream, stream_options.include_usage. Accepted and not used: user, metadata, store, safety_identifier, ' +
          'prompt_cache_key, prompt_cache_retention, and stream_options.include_obfuscation. Any other member is ' +
          'refused, unless its value asks for what happens anyway. Reasoning is not part of the answer.',
        requestBody: {
          required: true,
          content: json({
            type: 'object',
            required: ['model', 'messages'],
            properties: {
              model: { type: 'string' },
              messages: { type: 'array', minItems: 1, items: { type: 'object' } },
              stream: { type: 'boolean' },
            },
          }),
        },
        responses: {
          '200': {
            description: 'A completion, or its chunks as server-sent events.',
            content: { ...json(), 'text/event-stream': {} },
          },
          default: OPENAI_ERROR,
        },
      },
    },
    '/v1/models': {
      get: {
        operationId: 'listModels',
        summary: 'The models that the caller may use.',
        responses: { '200': { description: 'The list.', content: json() }, default: OPENAI_ERROR },
      },
    },
    '/v1/models/{id}': {
      get: {
        operationId: 'retrieveModel',
        summary: 'One model that the caller may use.',
        parameters: [{ ...MODEL_ID, name: 'id' }],
        responses: { '200': { description: 'The model.', content: json() }, default: OPENAI_ERROR },
      },
    },
    '/credentials': {
      get: {
        operationId: 'handOutCredentials',
        summary: 'AWS credentials for one model, for an SDK that calls AWS itself.',
        description: "The format of the SDKs' container credentials provider. Only for grants that allow it.",
        parameters: [{ ...MODEL_ID, name: 'model', in: 'query' }],
        responses: { '200': { description: 'The credentials.', content: json() }, default: AWS_ERROR },
      },
    },
    '/health': {
      get: {
        operationId: 'health',
        summary: 'Whether the function answers.',
        security: [],
        responses: { '200': { description: 'It does.', content: json() } },
      },
    },
    '/openapi.json': {
      get: {
        operationId: 'openapi',
        summary: 'This document.',
        security: [],
        responses: { '200': { description: 'The document.', content: json() } },
      },
    },
  },
  components: {
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: "The SSO's access token." },
    },
  },
} as const;
