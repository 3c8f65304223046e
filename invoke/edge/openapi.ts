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

/** Of a tenant that is under budgets; what each holds is in budgets/headers.ts. */
const BUDGET_HEADERS = Object.fromEntries(
  [
    ['RateLimit-Policy', 'The budgets that the call is under.'],
    ['RateLimit', 'What is left of each, and the seconds until its reset.'],
    ['X-Tollgate-Budget-Warning', 'Soft budgets that are used beyond their limit, and how much of it, in percent.'],
    ['X-Tollgate-Reserved', 'The estimate that the budgets have to have left: tokens of input, and of answer.'],
    ...['Limit', 'Remaining', 'Reset'].flatMap((what) =>
      ['Requests', 'Tokens'].map((unit) => [`X-RateLimit-${what}-${unit}`, 'Of a budget per minute.'] as const),
    ),
  ].map(([name = '', description]) => [name, { description, schema: { type: 'string' } }]),
);

/** What was changed in the call; absent where nothing was (changes.ts). */
const CHANGES = {
  'X-Tollgate-Max-Tokens': {
    description:
      'The limit on each answer that reached the model, where a grant or a budget set or lowered it: 256; by=grant.',
    schema: { type: 'string' },
  },
  'X-Tollgate-Guardrail': {
    description: 'The guardrail that the grant demands, under which the call ran: its id; version=1; by=grant.',
    schema: { type: 'string' },
  },
};

const tooMany = ({ content }: { content: object }) => ({
  description: 'A budget, or what one tenant may take of what all share, is used up; or the model is too busy.',
  headers: {
    ...BUDGET_HEADERS,
    'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } },
    'X-Should-Retry': {
      description:
        'false where a budget of a day, week or month has not enough left. On the AWS paths such a refusal is a ' +
        'ServiceQuotaExceededException; whoever sends Amz-Sdk-Request, as the AWS SDKs do, gets it with the status 400, ' +
        'because some of them repeat whatever has 429.',
      schema: { const: 'false' },
    },
  },
  content,
});

const MODEL_ID = {
  name: 'modelId',
  in: 'path',
  required: true,
  description: "A registry id, the target's own id, or an ARN that the entry lists, percent-encoded.",
  schema: { type: 'string' },
};

function queryParameter(name: string, description: string, format?: string) {
  return { name, in: 'query', required: false, description, schema: { type: 'string', ...(format && { format }) } };
}

const text = { type: 'string' };
const amount = { type: ['string', 'null'], description: 'Dollars, exact.' };
const count = { type: 'integer', minimum: 0 };
const USAGE = {
  type: 'object',
  required: ['object', 'tenant', 'from', 'to', 'as_of', 'data', 'budgets'],
  properties: {
    object: { const: 'usage' },
    tenant: text,
    from: text,
    to: text,
    as_of: { type: ['string', 'null'], format: 'date-time' },
    data: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          day: text,
          model: text,
          principal: { ...text, description: 'Empty for all those that a summary had no room for.' },
          tokens: { type: 'object', additionalProperties: count },
          invocations: count,
          input_cost: amount,
          output_cost: amount,
          total_cost: amount,
          unsettled: count,
          unpriced: count,
          estimated: { ...count, description: 'Calls whose tokens the model did not report.' },
          estimated_cost: { ...amount, description: 'How much of `total_cost` is those calls’.' },
        },
      },
    },
    budgets: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          ...Object.fromEntries(['id', 'per', 'unit', 'period', 'enforcement'].map((name) => [name, text])),
          of: { type: ['string', 'null'], description: 'The model or principal that this counter is of.' },
          ...Object.fromEntries(['limit', 'used', 'reserved', 'left'].map((name) => [name, text])),
          resets_at: { type: 'string', format: 'date-time' },
        },
      },
    },
  },
};

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
    output_modalities: { type: 'array', items: { enum: ['EMBEDDING', 'IMAGE'] }, description: 'If not text.' },
    max_output_tokens: { type: 'integer', description: "The grant's limit on one answer." },
    expires_at: { ...time, description: 'When the grant ends, in seconds since 1970.' },
    deprecated_at: time,
    sunset_at: time,
    successor: text,
  },
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
          headers: { ...BUDGET_HEADERS, ...CHANGES },
          content: stream ? { 'application/vnd.amazon.eventstream': {} } : json(),
        },
        '429': tooMany(AWS_ERROR),
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
          'refused, unless its value asks for what happens anyway. Blank texts are left out. Reasoning is not part of the ' +
          'answer. Cached tokens are part of prompt_tokens; prompt_tokens_details tells those read (cached_tokens) from those ' +
          'written (cache_write_tokens). An answer that the model ended as malformed is 424 or, streamed, an error event.',
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
            headers: { ...BUDGET_HEADERS, ...CHANGES },
            content: { ...json(), 'text/event-stream': {} },
          },
          '429': tooMany(OPENAI_ERROR),
          default: OPENAI_ERROR,
        },
      },
    },
    '/v1/models': {
      get: {
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
    },
    '/v1/models/{id}': {
      get: {
        operationId: 'retrieveModel',
        summary: 'One model that the caller may use.',
        parameters: [{ ...MODEL_ID, name: 'id' }],
        responses: { '200': { description: 'The model.', content: json(MODEL) }, default: OPENAI_ERROR },
      },
    },
    '/v1/usage': {
      get: {
        operationId: 'showUsage',
        summary: "What the caller's own tenant used, and where its budgets stand.",
        description:
          "By day of UTC, as the ledger's last run has it (`as_of`; null: it has nothing of these days). Costs and amounts " +
          'are exact decimals, and null where they are not known: `unpriced` and `unsettled` count the calls concerned.',
        parameters: [
          queryParameter('from', 'The first day; `to` unless given.', 'date'),
          queryParameter('to', 'The last day, at most 366 from the first; today unless given.', 'date'),
          queryParameter('by', 'Add up by these: a list of day, model, principal. All three unless given.'),
        ],
        responses: { '200': { description: 'Usage and budgets.', content: json(USAGE) }, default: OPENAI_ERROR },
      },
    },
    '/credentials': {
      get: {
        operationId: 'handOutCredentials',
        summary: 'AWS credentials for one model, for an SDK that calls AWS itself.',
        description: "The format of the SDKs' container credentials provider. Only for grants that allow it.",
        parameters: [{ ...MODEL_ID, name: 'model', in: 'query' }],
        responses: {
          '200': { description: 'The credentials.', headers: BUDGET_HEADERS, content: json() },
          '429': tooMany(AWS_ERROR),
          default: AWS_ERROR,
        },
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
