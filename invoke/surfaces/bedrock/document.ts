import { AWS_ERROR, BUDGET_HEADERS, CHANGES, type Documented, json, MODEL_ID, tooMany } from '../document-parts.ts';

function bedrock(operationId: string, summary: string, stream: boolean) {
  return {
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
};
