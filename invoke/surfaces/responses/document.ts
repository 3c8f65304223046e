import { BUDGET_HEADERS, CHANGES, type Documented, json, OPENAI_ERROR, tooMany } from '../document-parts.ts';
import { objectSchema } from '../fields-document.ts';
import { REQUIRED, RESPONSE_FIELDS } from './fields.ts';

export const tables = { 'POST /v1/responses': RESPONSE_FIELDS };

const RESPONSE_ID = {
  name: 'id',
  in: 'path',
  required: true,
  schema: { type: 'string' },
  description: 'Of a response that is kept, and was asked for by the caller; any other is 404.',
};

/** What is read and done by a response's id; nothing of it is counted. */
const kept = (operationId: string, summary: string, more: object = {}) => ({
  operationId,
  summary,
  parameters: [RESPONSE_ID],
  responses: { '200': { description: 'The response.', content: json() }, default: OPENAI_ERROR },
  ...more,
});

const QUERY = [
  { name: 'stream', in: 'query', schema: { type: 'boolean' }, description: 'Its events, until the last.' },
  {
    name: 'starting_after',
    in: 'query',
    schema: { type: 'integer', minimum: 0 },
    description: 'The number of the last event that the caller has.',
  },
];

export const documented: Documented = {
  'POST /v1/responses': {
    operationId: 'createResponse',
    summary: "A response in OpenAI's newer format.",
    description:
      'What becomes of each member is in docs/fields.md. Nothing is kept of it unless its `store` says so: send the items of earlier ' +
      'turns, reasoning items with their encrypted_content. A background response is read by its id.',
    requestBody: { required: true, content: json(objectSchema(RESPONSE_FIELDS, REQUIRED)) },
    responses: {
      '200': {
        description: 'A response, or its events as server-sent events.',
        headers: { ...BUDGET_HEADERS, ...CHANGES },
        content: { ...json(), 'text/event-stream': {} },
      },
      '429': tooMany(OPENAI_ERROR),
      default: OPENAI_ERROR,
    },
  },
  'GET /v1/responses/{id}': kept('retrieveResponse', 'A response that is kept, or its events.', {
    parameters: [RESPONSE_ID, ...QUERY],
  }),
  'DELETE /v1/responses/{id}': kept('deleteResponse', 'Deletes a response before its time; what makes it stops.'),
  'POST /v1/responses/{id}/cancel': kept('cancelResponse', 'Stops a response that is made in the background.'),
};
