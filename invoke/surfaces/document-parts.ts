import type { Fields } from './fields.ts';

/** What the descriptions of several surfaces say alike (https://spec.openapis.org/oas/v3.1.0). */

/** What OpenAPI says of a surface's operations, by method and path: `POST /v1/chat/completions`. */
export type Documented = Readonly<Record<string, object>>;

/** What is said of a surface: its operations, and what becomes of each member of their requests, by the operation's heading. */
export interface SurfaceDocument {
  documented: Documented;
  tables?: Readonly<Record<string, Fields>>;
}

export const json = (schema: object = { type: 'object' }) => ({ 'application/json': { schema } });

export const AWS_ERROR = {
  description: 'Refused or failed; `x-amzn-errortype` names the exception.',
  headers: { 'x-amzn-errortype': { schema: { type: 'string' } } },
  content: json({ type: 'object', required: ['message'], properties: { message: { type: 'string' } } }),
};

export const OPENAI_ERROR = {
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
export const BUDGET_HEADERS = Object.fromEntries(
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

/** What was changed in the call, absent where nothing was (grants/changes.ts), and where it went. */
export const CHANGES = {
  'X-Tollgate-Max-Tokens': {
    description:
      'The limit on each answer that reached the model, where a grant or a budget set or lowered it: 256; by=grant.',
    schema: { type: 'string' },
  },
  'X-Tollgate-Guardrail': {
    description:
      'The guardrail under which the call ran, and who demands it, grant, use-case, tenant or stage: its id; version=1; by=grant.',
    schema: { type: 'string' },
  },
  'X-Tollgate-Region': {
    description: 'Where the model was called, or was called last; only where the stage tells it.',
    schema: { type: 'string' },
  },
  'X-Tollgate-Attempts': {
    description: 'Attempts at the call, this answer among them; only where the stage tells it.',
    schema: { type: 'integer' },
  },
  'X-Tollgate-Served-By': {
    description:
      'The registry id of the model that answers, where the name that was written is an alias, or another model answered in its place.',
    schema: { type: 'string' },
  },
};

export const tooMany = ({ content }: { content: object }) => ({
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

export const MODEL_ID = {
  name: 'modelId',
  in: 'path',
  required: true,
  description: "A registry id, an alias, the target's own id, or an ARN that the entry lists, percent-encoded.",
  schema: { type: 'string' },
};

/** Of every call that another model may answer. */
export const FALLBACK = {
  name: 'X-Tollgate-Fallback',
  in: 'header',
  required: false,
  description: 'Whether another model may answer where the one that is named cannot.',
  schema: { enum: ['on', 'off'], default: 'on' },
};

/** Of every call that another guardrail may be over. */
export const USE_CASE = {
  name: 'X-Tollgate-Use-Case',
  in: 'header',
  required: false,
  description: 'What the call is for, of what its grant lists: it then runs under the guardrail of that.',
  schema: { type: 'string' },
};

export function queryParameter(name: string, description: string, format?: string) {
  return { name, in: 'query', required: false, description, schema: { type: 'string', ...(format && { format }) } };
}
