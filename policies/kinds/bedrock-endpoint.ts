import type { TargetOf, TargetPurpose } from '../../contract/model.ts';
import { CALLS } from './bedrock.ts';
import { allow, inRegion, type Kind } from './kind.ts';
import { CALLS as HOSTED } from './sagemaker-endpoint.ts';

// Bedrock asks for all endpoints of an account by one ARN, so which of them is called is in what it asks of SageMaker
// (https://docs.aws.amazon.com/bedrock/latest/userguide/setup-amazon-bedrock-marketplace.html).
const ALL_ACCESS = 'model-endpoint/all-access';

/** An endpoint that is registered with Bedrock Marketplace, called by Bedrock's operations: its ARN is the model's id. */
export const bedrockEndpoint: Kind<TargetOf<'bedrock-endpoint'>> = {
  name: 'an endpoint of Bedrock Marketplace',
  runtime: 'bedrock-runtime',
  paidBy: 'hour',
  shapes: { marketplace: { service: 'bedrock', id: new RegExp(`^${ALL_ACCESS}$`) } },
  role: [
    { actions: Object.values(CALLS), on: ['marketplace'] },
    { actions: Object.values(HOSTED), on: ['endpoint'] },
  ],
  // Tiers are how Bedrock sells what it runs itself. That calls of an endpoint show IAM their guardrail is documented nowhere.
  restrictedBy: ['maxTokens'],

  arns: ({ arn }) => [arn],
  // To SageMaker it is something else than the same endpoint called without Bedrock: neither grant opens the other.
  calledOn: ({ arn }) => `bedrock ${arn}`,
  nativeId: ({ arn }) => arn,
  pathId: ({ arn }, action) => (isCall(action) ? arn : undefined),

  statements(target, wanted, parse) {
    const endpoint = parse(target.arn, 'target.arn', ['endpoint']);
    inRegion(endpoint, target);
    const { partition, region, account } = endpoint;
    const all = `arn:${partition}:bedrock:${region}:${account}:marketplace/${ALL_ACCESS}`;
    return [
      ...allow(CALLS, wanted, [parse(all, 'target.arn', ['marketplace'])]),
      // Through Bedrock only: what calls SageMaker itself shows no such key.
      ...allow(HOSTED, wanted, [endpoint], { StringEquals: { 'aws:CalledViaLast': 'bedrock.amazonaws.com' } }),
    ];
  },

  fault: () => undefined,
};

// Only foundation models count; and that a knowledge base has an endpoint answer is documented nowhere.
function isCall(action: TargetPurpose): boolean {
  return action === 'invoke' || action === 'stream';
}
