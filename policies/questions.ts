import type { Action, Guardrail, Target } from '../contract/model.ts';

/** One thing that AWS asks IAM while it serves a call. All that a call asks must be allowed, or it is refused. */
export interface Question {
  /** IAM's name of the action. */
  readonly action: string;
  readonly resource: string;
  /** What of the request IAM's conditions may look at, beside what is so of every request of the session. */
  readonly context: Readonly<Record<string, string>>;
}

/**
 * What calls ask of IAM, from AWS's documentation of the services and not from the code that writes session policies: a
 * review that took its questions from there would repeat its mistakes.
 */
const NAMES: Record<'bedrock' | 'sagemaker', Record<Action, string | null>> = {
  bedrock: {
    invoke: 'bedrock:InvokeModel',
    stream: 'bedrock:InvokeModelWithResponseStream',
    count: 'bedrock:CountTokens',
  },
  // SageMaker has nothing that counts.
  sagemaker: {
    invoke: 'sagemaker:InvokeEndpoint',
    stream: 'sagemaker:InvokeEndpointWithResponseStream',
    count: null,
  },
};

/** One way that a call can go: it succeeds if IAM allows all of these. */
export type Path = readonly Question[];

/**
 * Every way that a call of this target may go. An inference profile runs in one of its regions, and AWS chooses: what was
 * granted must be open on all of them, and what was not is reached if one is.
 *
 * @param guardrail that the call bears, if any
 * @param tier that it names, if any
 * @returns none when this kind of target does not have the action
 */
export function pathsOf(target: Target, action: Action, guardrail?: Guardrail, tier?: string): Path[] {
  const name = NAMES[target.kind === 'sagemaker-endpoint' ? 'sagemaker' : 'bedrock'][action];
  if (name === null) return [];
  if (target.kind === 'sagemaker-endpoint') {
    const arns = target.componentArn === undefined ? [target.arn] : [target.arn, target.componentArn];
    return [arns.map((resource) => ({ action: name, resource, context: {} }))];
  }
  if (action === 'count') return counted(target).map((resource) => [{ action: name, resource, context: {} }]);
  const context = {
    ...(guardrail === undefined ? {} : { 'bedrock:GuardrailIdentifier': identifierOf(guardrail) }),
    ...(tier === undefined ? {} : { 'bedrock:ServiceTier': tier }),
  };
  const applied: Question[] =
    guardrail === undefined ? [] : [{ action: 'bedrock:ApplyGuardrail', resource: guardrail.arn, context: {} }];
  const first = { action: name, resource: target.arn, context };
  if (target.kind === 'bedrock-model') return [[first, ...applied]];
  const through = { ...context, 'bedrock:InferenceProfileArn': target.arn };
  return target.modelArns.map((resource) => [first, { action: name, resource, context: through }, ...applied]);
}

/** Ways around an inference profile: its models, called without it. A grant of the profile must not open them. */
export function pathsAround(target: Target, action: Action, guardrail?: Guardrail): Path[] {
  if (target.kind !== 'bedrock-profile' || action === 'count') return [];
  return target.modelArns.flatMap((arn) => {
    const region = arn.split(':')[3] ?? '';
    return pathsOf({ kind: 'bedrock-model', modelId: arn, region, arn }, action, guardrail);
  });
}

/** A model of the same region that no registry holds: what is not listed must be as closed as what is. */
export function unlistedTarget({ region, arn }: Target): Target {
  const partition = arn.split(':')[1] ?? 'aws';
  const modelId = 'example.not-in-the-registry-v1:0';
  return {
    kind: 'bedrock-model',
    modelId,
    region,
    arn: `arn:${partition}:bedrock:${region}::foundation-model/${modelId}`,
  };
}

/** Two questions of the same name are the same question. */
export function nameOf({ action, resource, context }: Question): string {
  const keys = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return [action, resource, ...keys.map(([key, value]) => `${key}=${value}`)].join(' ');
}

/** Tokens are counted by the model itself, where the call is made. */
function counted(target: Exclude<Target, { kind: 'sagemaker-endpoint' }>): string[] {
  if (target.kind === 'bedrock-model') return target.arn.includes('::foundation-model/') ? [target.arn] : [];
  return target.modelArns.filter((arn) => arn.split(':')[3] === target.region);
}

/** A numbered version is part of what IAM is shown; the draft is not. */
function identifierOf({ arn, version }: Guardrail): string {
  return version === 'DRAFT' ? arn : `${arn}:${version}`;
}
