import { LATER } from '../../call.ts';
import { AWS_ERROR, BUDGET_HEADERS, CHANGES, type Documented, tooMany } from '../document-parts.ts';
import type { Fields } from '../fields.ts';
import { objectSchema } from '../fields-document.ts';
import { ASYNC_HEADERS, INVOKE_HEADERS, STREAM_HEADERS } from './headers.ts';

const NAME = {
  name: 'name',
  in: 'path',
  required: true,
  description: "A registry id, or the endpoint's own name.",
  schema: { type: 'string' },
};

const PLACES = Object.fromEntries(
  [
    ['outputlocation', 'Where the answer will be'],
    ['failurelocation', 'Where it will be said why there is none'],
  ].map(([name, what]) => [
    `x-amzn-sagemaker-${name}`,
    { description: `${what}, unless that bucket's name holds an account's number.`, schema: { type: 'string' } },
  ]),
);

const BYTES = { '*/*': { schema: { type: 'string', format: 'binary' } } };

function headersOf(fields: Fields): object[] {
  const { properties = {} } = objectSchema(fields) as { properties?: Record<string, { description?: string }> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    ...{ name, in: 'header', required: false, description, schema },
  }));
}

function endpoint(operationId: string, summary: string, fields: Fields, content: object) {
  return {
    operationId,
    summary,
    description: "SageMaker Runtime's own request and response, passed through as bytes.",
    parameters: [NAME, ...headersOf(fields)],
    requestBody: { required: true, content: BYTES },
    responses: {
      '200': { description: "The container's answer.", headers: { ...BUDGET_HEADERS, ...CHANGES }, content },
      '429': tooMany(AWS_ERROR),
      default: AWS_ERROR,
    },
  };
}

export const documented: Documented = {
  'POST /endpoints/{name}/invocations': endpoint(
    'InvokeEndpoint',
    "A call in the form of an endpoint's container.",
    INVOKE_HEADERS,
    BYTES,
  ),
  'POST /endpoints/{name}/invocations-response-stream': endpoint(
    'InvokeEndpointWithResponseStream',
    "A call in the form of an endpoint's container, streamed.",
    STREAM_HEADERS,
    { 'application/vnd.amazon.eventstream': {} },
  ),
  [`POST /endpoints/{name}/${LATER}`]: {
    operationId: 'InvokeEndpointAsync',
    summary: 'A call of an asynchronous endpoint.',
    description: 'What is read and what is written is in folders of the tenant. What it uses is told nowhere.',
    parameters: [NAME, ...headersOf(ASYNC_HEADERS)],
    requestBody: { required: false, content: BYTES },
    responses: {
      '202': {
        description: 'It will be run.',
        headers: { ...BUDGET_HEADERS, ...CHANGES, ...PLACES },
        content: {
          'application/json': { schema: { type: 'object', properties: { InferenceId: { type: 'string' } } } },
        },
      },
      '429': tooMany(AWS_ERROR),
      default: AWS_ERROR,
    },
  },
};

export const tables = {
  'Headers of POST /endpoints/{name}/invocations': INVOKE_HEADERS,
  'Headers of POST /endpoints/{name}/invocations-response-stream': STREAM_HEADERS,
  [`Headers of POST /endpoints/{name}/${LATER}`]: ASYNC_HEADERS,
};
