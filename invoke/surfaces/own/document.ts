import {
  AWS_ERROR,
  BUDGET_HEADERS,
  type Documented,
  json,
  MODEL_ID,
  OPENAI_ERROR,
  queryParameter,
  tooMany,
} from '../document-parts.ts';

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

const COMPONENTS = {
  type: 'object',
  required: ['object', 'data'],
  properties: {
    object: { const: 'list' },
    data: {
      type: 'array',
      items: {
        type: 'object',
        required: ['id', 'object', 'kind', 'native_id', 'paths'],
        properties: {
          ...{ id: text, object: { const: 'component' }, kind: text, display_name: text, successor: text },
          native_id: { ...text, description: "AWS's own name of it, which the paths take, too." },
          paths: { type: 'array', items: text },
          ...Object.fromEntries(['expires_at', 'deprecated_at', 'sunset_at'].map((name) => [name, count])),
        },
      },
    },
  },
};

export const documented: Documented = {
  'GET /v1/components': {
    operationId: 'listComponents',
    summary: 'What the caller can call that is no model.',
    description: 'Knowledge bases, agents and flows of Bedrock that were granted, each with the paths that call it.',
    responses: {
      '200': { description: 'The components.', content: json(COMPONENTS) },
      default: OPENAI_ERROR,
    },
  },
  'GET /v1/usage': {
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
  'GET /credentials': {
    operationId: 'handOutCredentials',
    summary: 'AWS credentials for one model, for an SDK that calls AWS itself.',
    description: "The format of the SDKs' container credentials provider. Only for grants that allow it.",
    parameters: [
      { ...MODEL_ID, name: 'model', in: 'query' },
      queryParameter(
        'region',
        'Where it is to be called, of a model in several regions; in the first of them unless given.',
      ),
    ],
    responses: {
      '200': { description: 'The credentials.', headers: BUDGET_HEADERS, content: json() },
      '429': tooMany(AWS_ERROR),
      default: AWS_ERROR,
    },
  },
};
