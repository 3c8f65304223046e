import {
  AWS_ERROR,
  BUDGET_HEADERS,
  CHANGES,
  type Documented,
  json,
  MODEL_ID,
  queryParameter,
  tooMany,
} from '../document-parts.ts';

function bedrock(operationId: string, summary: string, stream: boolean, parameters: object[] = [MODEL_ID]) {
  return {
    operationId,
    summary,
    description: "Bedrock Runtime's own request and response, passed through as bytes.",
    parameters,
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
  };
}

function reading(operationId: string, summary: string, parameters: object[] = []) {
  return {
    operationId,
    summary,
    description: "Bedrock's own answer, of what the caller can call. It has no ARN of the account: an id in its place.",
    parameters,
    responses: { '200': { description: 'The answer.', content: json() }, default: AWS_ERROR },
  };
}

export const documented: Documented = {
  'GET /foundation-models': reading('ListFoundationModels', 'The foundation models, also those behind a profile.', [
    queryParameter('byProvider', 'Of this vendor: Anthropic.'),
    queryParameter('byOutputModality', 'TEXT, IMAGE or EMBEDDING.'),
    queryParameter('byInferenceType', 'ON_DEMAND, or INFERENCE_PROFILE.'),
  ]),
  'GET /foundation-models/{modelIdentifier}': reading('GetFoundationModel', 'One of them.', [
    { ...MODEL_ID, name: 'modelIdentifier' },
  ]),
  'GET /inference-profiles': reading('ListInferenceProfiles', 'The inference profiles, all on one page.', [
    queryParameter('type', 'SYSTEM_DEFINED or APPLICATION.'),
  ]),
  'GET /inference-profiles/{inferenceProfileIdentifier}': reading('GetInferenceProfile', 'One of them.', [
    { ...MODEL_ID, name: 'inferenceProfileIdentifier' },
  ]),
  'POST /model/{modelId}/converse': bedrock('Converse', 'A conversation.', false),
  'POST /model/{modelId}/converse-stream': bedrock('ConverseStream', 'A conversation, streamed.', true),
  'POST /model/{modelId}/invoke': bedrock('InvokeModel', "A call in the model's own format.", false),
  'POST /model/{modelId}/invoke-with-response-stream': bedrock(
    'InvokeModelWithResponseStream',
    "A call in the model's own format, streamed.",
    true,
  ),
  'POST /model/{modelId}/count-tokens': bedrock('CountTokens', 'How many tokens a request would be.', false),
  'POST /guardrail/{guardrailIdentifier}/version/{guardrailVersion}/apply': bedrock(
    'ApplyGuardrail',
    'What the guardrail of a grant makes of a text. Its assessments are empty unless the grant shows traces.',
    false,
    [
      { ...MODEL_ID, name: 'guardrailIdentifier', description: 'Its id, or its ARN, percent-encoded.' },
      { ...MODEL_ID, name: 'guardrailVersion', description: 'That of the grant: a number, or DRAFT.' },
    ],
  ),
};
