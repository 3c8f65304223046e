import { type Action, asyncInputOf, type Target } from '../../contract/model.ts';
import { arnsOf, kindOf } from '../../policies/kinds.ts';
import { type SessionPolicy, sessionPolicy } from '../../policies/session.ts';
import { account } from './targets.ts';

/** What each action is called in IAM, by kind of target, on what tells one target from another. */
const IAM: Record<Target['kind'], Record<Action, string>> = {
  'bedrock-model': {
    invoke: 'bedrock:InvokeModel',
    stream: 'bedrock:InvokeModelWithResponseStream',
    count: 'bedrock:CountTokens',
  },
  'bedrock-profile': {
    invoke: 'bedrock:InvokeModel',
    stream: 'bedrock:InvokeModelWithResponseStream',
    count: 'bedrock:CountTokens',
  },
  'bedrock-endpoint': {
    invoke: 'sagemaker:InvokeEndpoint',
    stream: 'sagemaker:InvokeEndpointWithResponseStream',
    count: 'sagemaker:CountTokens',
  },
  'sagemaker-endpoint': {
    invoke: 'sagemaker:InvokeEndpoint',
    stream: 'sagemaker:InvokeEndpointWithResponseStream',
    count: 'sagemaker:CountTokens',
  },
  'bedrock-prompt': {
    invoke: 'bedrock:InvokeModel',
    stream: 'bedrock:InvokeModelWithResponseStream',
    count: 'bedrock:GetPrompt',
  },
  'bedrock-prompt-router': {
    invoke: 'bedrock:InvokeModel',
    stream: 'bedrock:InvokeModelWithResponseStream',
    count: 'bedrock:GetPromptRouter',
  },
  'bedrock-guardrail': {
    invoke: 'bedrock:ApplyGuardrail',
    stream: 'bedrock:UpdateGuardrail',
    count: 'bedrock:GetGuardrail',
  },
  'bedrock-knowledge-base': {
    invoke: 'bedrock:Retrieve',
    stream: 'bedrock:RetrieveAndGenerate',
    count: 'bedrock:GetKnowledgeBase',
  },
  'bedrock-agent': { invoke: 'bedrock:InvokeAgent', stream: 'bedrock:InvokeInlineAgent', count: 'bedrock:GetAgent' },
  'bedrock-inline-agent': {
    invoke: 'bedrock:InvokeModel',
    stream: 'bedrock:InvokeModelWithResponseStream',
    count: 'bedrock:GetAgent',
  },
  'bedrock-flow': { invoke: 'bedrock:InvokeFlow', stream: 'bedrock:DeleteFlowAlias', count: 'bedrock:GetFlow' },
};

/** The same of one entry: what answers later is called by another name, and an execution is not called again. */
export function iamOf(item: Target): Record<Action, string> {
  const names = IAM[item.kind];
  if (item.arn.includes('/execution/'))
    return { invoke: 'bedrock:StopFlowExecution', stream: 'bedrock:InvokeFlow', count: 'bedrock:StartFlowExecution' };
  return asyncInputOf(item) === undefined ? names : { ...names, invoke: 'sagemaker:InvokeEndpointAsync' };
}

/** What a policy of a kind may name beside those: on what is one for all of an account, or of the same ARN. */
export const BESIDE: Partial<Record<Target['kind'], readonly string[]>> = {
  'bedrock-endpoint': ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
  'bedrock-prompt': ['bedrock:RenderPrompt'],
  'bedrock-agent': ['bedrock:GetAgentMemory', 'bedrock:DeleteAgentMemory'],
  'bedrock-inline-agent': ['bedrock:InvokeInlineAgent'],
  'bedrock-flow': [
    ...['bedrock:StartFlowExecution', 'bedrock:GetFlowExecution', 'bedrock:ListFlowExecutionEvents'],
    'bedrock:GetExecutionFlowSnapshot',
  ],
};

/** Actions that take no resource, as the Service Authorization Reference lists them. */
export const TAKES_NONE = ['bedrock:InvokeInlineAgent'];

/** What a request shows beside its resource. */
export type Shown = {
  'bedrock:InferenceProfileArn'?: string;
  'bedrock:PromptRouterArn'?: string;
  'sagemaker:TargetModel'?: string;
  'aws:CalledViaLast'?: string;
};

const VIA_BEDROCK: Shown = { 'aws:CalledViaLast': 'bedrock.amazonaws.com' };

/** What the call to `item` may touch, said independently of how the policy is built. */
export function expected(
  item: Target,
  granted: readonly Action[],
  action: Action,
  arn: string,
  shown: Shown = {},
): boolean {
  // What streams the agent's answer also calls its model without.
  const asWell = item.kind === 'bedrock-inline-agent' && action === 'invoke' && granted.includes('stream');
  if (!granted.includes(action) && !asWell) return false;
  if (action === 'count') {
    if (!arn.includes(':foundation-model/') || !arn.includes(`:${item.region}:`)) return false;
    return IAM[item.kind].count === 'bedrock:CountTokens' && arnsOf(item).includes(arn);
  }
  if (item.kind === 'bedrock-model') return arn === item.arn;
  if (item.kind === 'bedrock-profile' || (item.kind === 'bedrock-inline-agent' && isProfile(item.arn)))
    return arn === item.arn || (item.modelArns.includes(arn) && shown['bedrock:InferenceProfileArn'] === item.arn);
  if (item.kind === 'bedrock-prompt' || item.kind === 'bedrock-prompt-router') {
    const by = item.kind === 'bedrock-prompt' || shown['bedrock:PromptRouterArn'] === item.arn;
    if (arn === item.arn) return item.kind === 'bedrock-prompt-router';
    if (!item.modelArns.includes(arn)) return false;
    const profiles = profilesOf(item);
    const own = profiles.filter((profile) => profile.endsWith(`.${arn.split('/')[1]}`));
    return own.length === 0 ? by : profiles.includes(shown['bedrock:InferenceProfileArn'] ?? '');
  }
  if (item.kind === 'bedrock-inline-agent') return arn === item.arn;
  if (item.kind === 'bedrock-guardrail' || kindOf(item).runtime === 'bedrock-agent-runtime')
    return action === 'invoke' && arn === item.arn;
  if (item.kind === 'bedrock-endpoint')
    return arn === item.arn && shown['aws:CalledViaLast'] === VIA_BEDROCK['aws:CalledViaLast'];
  if (item.kind !== 'sagemaker-endpoint') return false;
  if ((item.targetModel ?? item.asyncInput) !== undefined && action === 'stream') return false;
  return arnsOf(item).includes(arn) && shown['sagemaker:TargetModel'] === item.targetModel;
}

const profilesOf = ({ modelArns }: { modelArns: readonly string[] }): string[] =>
  modelArns.filter((arn) => arn.includes(':inference-profile/'));

/** What a request may show that is of the entry, of another, or of none. */
export function shownWith(...items: readonly Target[]): Shown[] {
  const own = items.flatMap((item): Shown[] => {
    if (item.kind === 'bedrock-profile' || (item.kind === 'bedrock-inline-agent' && isProfile(item.arn)))
      return [{ 'bedrock:InferenceProfileArn': item.arn }];
    if (item.kind === 'bedrock-prompt') return profilesOf(item).map((arn) => ({ 'bedrock:InferenceProfileArn': arn }));
    if (item.kind === 'bedrock-prompt-router')
      return [
        { 'bedrock:PromptRouterArn': item.arn },
        ...profilesOf(item).map((arn) => ({ 'bedrock:InferenceProfileArn': arn })),
      ];
    if (item.kind === 'bedrock-endpoint') return [VIA_BEDROCK, { 'aws:CalledViaLast': 'cloudformation.amazonaws.com' }];
    if (item.kind !== 'sagemaker-endpoint' || item.targetModel === undefined) return [];
    const { targetModel } = item;
    return [targetModel, `${targetModel}x`, targetModel.toUpperCase()].map((one) => ({ 'sagemaker:TargetModel': one }));
  });
  return [{}, ...own];
}

const isProfile = (arn: string): boolean => arn.includes(':inference-profile/');

/** As the entry's own call shows it. */
export function shownBy(item: Target): Shown {
  return shownWith(item)[1] ?? {};
}

/** Other ARNs: of another entry, or of this one with a part changed. */
export function others(item: Target, other: Target): string[] {
  const [own = ''] = arnsOf(item);
  return [
    ...arnsOf(other),
    own.replace(item.region, 'ap-south-1'),
    own.replace(account, '444455556666'),
    own.replace('arn:aws:', 'arn:aws-cn:'),
    own.replace('/', '/x'),
    `${own}x`,
    own.slice(0, -1),
    own.toUpperCase(),
    '*',
    '',
  ];
}

/** @returns undefined where the target has none of the actions */
export function built(item: Target, granted: readonly Action[]): SessionPolicy | undefined {
  try {
    return sessionPolicy(item, granted);
  } catch (error) {
    // Counting alone may be something that the target does not have; the unit cases say when.
    if ((error as { reason?: string }).reason === 'action-not-available') return undefined;
    throw error;
  }
}
