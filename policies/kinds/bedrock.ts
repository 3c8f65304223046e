import type { Fault, ModelArn, RoleRow } from './kind.ts';

/** What the kinds have in common that Bedrock's runtime calls. */

// Both Converse operations are authorised as these too; `bedrock:Converse` is not an action
// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).
export const CALLS = { invoke: 'bedrock:InvokeModel', stream: 'bedrock:InvokeModelWithResponseStream' } as const;
/** What a knowledge base asks of the model that answers from it. */
export const GENERATES = { generate: CALLS.invoke } as const;
/** Of no resource (list_amazonbedrock of the Service Authorization Reference). */
export const RERANK = 'bedrock:Rerank';
export const COUNT_TOKENS = 'bedrock:CountTokens';
export const APPLY_GUARDRAIL = 'bedrock:ApplyGuardrail';

// Shapes are those of the API reference (InvokeModel, parameter modelId), narrowed: `provider.name` with at most one `:version`. A second suffix (`:0:8k`) names a context length that can only be bought
// as provisioned throughput, never called.
export const MODEL_ID = /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,3}(?::[a-z0-9-]{1,63})?$/;
export const GENERATED_ID = /^[a-z0-9]{12}$/;

/** Any guardrail of the account; the session policy names the one that the grant demands, or none. */
export const GUARDRAIL_ROW: RoleRow = { actions: [APPLY_GUARDRAIL], on: ['guardrail'] };

/** The id is the ARN's own last part where AWS accepts that, or the whole ARN. */
export function modelIdFault(modelId: string, arn: ModelArn, shortAccepted: boolean): Fault | undefined {
  if (modelId === arn.text || (shortAccepted && modelId === arn.resourceId)) return undefined;
  return { field: 'target.modelId', reason: 'differs-from-arn' };
}
