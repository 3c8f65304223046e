import { BUDGET_HEADERS, CHANGES, type Documented, json, queryParameter, tooMany } from '../document-parts.ts';
import type { Fields } from '../fields.ts';
import { objectSchema } from '../fields-document.ts';
import { EMBEDDING_PARAMETERS, IMAGE_PARAMETERS, REQUEST, TEXT_PARAMETERS, TYPES } from './fields.ts';

const list = (properties: object) => json({ type: 'array', items: { type: 'object', properties } });

const ERROR = {
  description: 'Refused or failed: generated_text says why, and code is there of an error alone.',
  content: list({ generated_text: { type: 'string' }, code: { type: 'string' }, field: { type: 'string' } }),
};

const header = (name: string, description: string, schema: object = { type: 'string' }) => ({
  ...{ name, in: 'header', required: false, description, schema },
});

export const documented: Documented = {
  'POST /invoke_model': {
    operationId: 'invokeModel',
    summary: "A call in the form of AWS's guidance for a multi-tenant gateway.",
    description:
      'For who comes from there. What its clients say in queries and headers may also be members of the body.',
    parameters: [
      queryParameter('model_id', 'A registry id, or the id or ARN that AWS has for it.'),
      queryParameter('model_arn', 'The same, instead of model_id.'),
      queryParameter('requestId', 'Of an earlier call with streaming.'),
      header('type', 'text unless given.', { enum: TYPES }),
      header('messages_api', 'true: the input is messages.'),
      header('streaming', 'true: the answer is asked for later.'),
      header('team_id', 'Accepted and not used: the tenant is the one of the token.'),
    ],
    requestBody: { required: true, content: json(objectSchema(REQUEST)) },
    responses: {
      '200': {
        description: 'A list: of one text, or of the tools that the model calls; of vectors; or of pictures.',
        headers: { ...BUDGET_HEADERS, ...CHANGES },
        content: list({
          generated_text: { type: ['string', 'array'] },
          embedding: { type: 'array', items: { type: 'number' } },
          images: { type: 'array', items: { type: 'string' } },
          artifacts: { type: 'array', items: { type: 'object' } },
        }),
      },
      '429': tooMany(ERROR),
      default: ERROR,
    },
  },
  'GET /list_foundation_models': {
    operationId: 'listFoundationModelsOfGuidance',
    summary: 'The foundation models that the caller may call, in the same form.',
    responses: {
      '200': {
        description: 'A list of one answer of ListFoundationModels.',
        content: list({ modelSummaries: { type: 'array' } }),
      },
      default: ERROR,
    },
  },
};

export const tables: Readonly<Record<string, Fields>> = {
  'POST /invoke_model': REQUEST,
  'POST /invoke_model: parameters of text': TEXT_PARAMETERS,
  'POST /invoke_model: parameters of embeddings and embeddings-image': EMBEDDING_PARAMETERS,
  'POST /invoke_model: parameters of image': IMAGE_PARAMETERS,
};
