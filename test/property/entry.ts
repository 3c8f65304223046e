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
  'bedrock-knowledge-base': {
    invoke: 'bedrock:Retrieve',
    stream: 'bedrock:RetrieveAndGenerate',
    count: 'bedrock:GetKnowledgeBase',
  },
  'bedrock-agent': { invoke: 'bedrock:InvokeAgent', stream: 'bedrock:InvokeInlineAgent', count: 'bedrock:GetAgent' },
  'bedrock-flow': { invoke: 'bedrock:InvokeFlow', stream: 'bedrock:StartFlowExecution', count: 'bedrock:GetFlow' },
};

/** The same of one entry: what answers later is called by another name. */
export function iamOf(item: Target): Record<Action, string> {
  const names = IAM[item.kind];
  return asyncInputOf(item) === undefined ? names : { ...names, invoke: 'sagemaker:InvokeEndpointAsync' };
}

/** What a policy of a kind may name beside those, on what is one for all of an account. */
export const BESIDE: Partial<Record<Target['kind'], readonly string[]>> = {
  'bedrock-endpoint': ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
};

/** What a request shows beside its resource. */
export type Shown = {
  'bedrock:InferenceProfileArn'?: string;
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
  if (!granted.includes(action)) return false;
  if (action === 'count') {
    if (!arn.includes(':foundation-model/') || !arn.includes(`:${item.region}:`)) return false;
    return IAM[item.kind].count === 'bedrock:CountTokens' && arnsOf(item).includes(arn);
  }
  if (item.kind === 'bedrock-model') return arn === item.arn;
  if (item.kind === 'bedrock-profile')
    return arn === item.arn || (item.modelArns.includes(arn) && shown['bedrock:InferenceProfileArn'] === item.arn);
  if (kindOf(item).runtime === 'bedrock-agent-runtime') return action === 'invoke' && arn === item.arn;
  if (item.kind === 'bedrock-endpoint')
    return arn === item.arn && shown['aws:CalledViaLast'] === VIA_BEDROCK['aws:CalledViaLast'];
  if (item.kind !== 'sagemaker-endpoint') return false;
  if ((item.targetModel ?? item.asyncInput) !== undefined && action === 'stream') return false;
  return arnsOf(item).includes(arn) && shown['sagemaker:TargetModel'] === item.targetModel;
}

/** What a request may show that is of the entry, of another, or of none. */
export function shownWith(...items: readonly Target[]): Shown[] {
  const own = items.flatMap((item): Shown[] => {
    if (item.kind === 'bedrock-profile') return [{ 'bedrock:InferenceProfileArn': item.arn }];
    if (item.kind === 'bedrock-endpoint') return [VIA_BEDROCK, { 'aws:CalledViaLast': 'cloudformation.amazonaws.com' }];
    if (item.kind !== 'sagemaker-endpoint' || item.targetModel === undefined) return [];
    const { targetModel } = item;
    return [targetModel, `${targetModel}x`, targetModel.toUpperCase()].map((one) => ({ 'sagemaker:TargetModel': one }));
  });
  return [{}, ...own];
}

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
