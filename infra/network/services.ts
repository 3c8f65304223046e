/**
 * The AWS services that code of a stage speaks to, by the last part of their endpoints' names (`com.amazonaws.<region>.<name>`), and which
 * actions of IAM are asked of each. What a role may do that has no row here could not be done without a way out, so it fails the
 * synthesis.
 */
export const SERVICES = {
  s3: /^s3:/,
  dynamodb: /^dynamodb:/,
  'execute-api': /^execute-api:/,
  sts: /^sts:/,
  'bedrock-runtime': /^bedrock:(InvokeModel|CountTokens|ApplyGuardrail|RenderPrompt)/,
  'bedrock-agent-runtime':
    /^bedrock:(InvokeAgent|InvokeFlow|InvokeInlineAgent|Rerank|Retrieve|\w+AgentMemory|\w+FlowExecution|GetExecutionFlow)/,
  bedrock: /^bedrock:(Get|List|CreateEvaluationJob|TagResource)(?!Agent|Flow|ExecutionFlow)/,
  'sagemaker.runtime': /^sagemaker:InvokeEndpoint/,
  'sagemaker.api': /^sagemaker:(Describe|List)/,
  secretsmanager: /^secretsmanager:/,
  events: /^events:/,
  lambda: /^lambda:/,
  monitoring: /^cloudwatch:/,
  sns: /^sns:/,
  kms: /^kms:/,
  xray: /^xray:/,
  logs: /^logs:/,
  'ecr.api': /^ecr:/,
  'ecr.dkr': /^ecr:/,
} as const satisfies Readonly<Record<string, RegExp>>;

export type Service = keyof typeof SERVICES;

export const SERVICE_NAMES = Object.keys(SERVICES) as Service[];

/** Those that are reached by routes, for nothing; all others by an address in each subnet. */
export const GATEWAYS: readonly Service[] = ['s3', 'dynamodb'];
