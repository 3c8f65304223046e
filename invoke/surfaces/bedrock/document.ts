import { AWS_ERROR, BUDGET_HEADERS, CHANGES, type Documented, json, MODEL_ID, tooMany } from '../document-parts.ts';

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

export const documented: Documented = {
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
