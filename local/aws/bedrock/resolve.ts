import type { Access } from '../../../policies/simulate/types.ts';
import { type AwsError, invalid } from '../error.ts';
import {
  type FoundationModel,
  foundationModel,
  type InferenceProfile,
  inferenceProfile,
  looksLikeProfile,
} from './catalog.ts';
import { applicationProfile, marketplaceModel, notThere, ownModel } from './owned.ts';
import { isRunner, runBy } from './prompts.ts';

/** What a model id or ARN means in the region of the call. */
export interface Resolved {
  /** The ARNs that the action is checked on, in order. */
  accesses: Access[];
  /** The model that answers. @throws AwsError when there is none, or not in this way; asked only of a caller who may */
  model(): FoundationModel;
  /** The foundation model of that id, however it may be called. @throws AwsError when the id is not one's */
  named(): FoundationModel;
  /** Whether a prompt runs it. */
  prompt?: true;
  /** Which of a prompt router's models it is, by its ARN. */
  chosen?: string;
}

/** What of a call IAM, or a router, is shown. */
export interface Shown {
  /** Its ARN with its version. */
  guardrail?: string | undefined;
  tier?: string | undefined;
  /** Whether a router takes it for difficult. */
  isHard?: boolean;
}

export interface Resolver {
  /**
   * @param modelId decoded: an id or an ARN
   * @throws AwsError ValidationException for an ARN of another region
   */
  resolve(modelId: string, action: string, region: string, shown?: Shown): Resolved;
}

const ARN = /^arn:aws[a-z-]*:bedrock:([a-z0-9-]*):(\d{12})?:([a-z-]+)\/(.+)$/;
const ENDPOINT = /^arn:(aws[a-z-]*):sagemaker:([a-z0-9-]+):(\d{12}):endpoint\/([A-Za-z0-9-]{1,63})$/;

/** What Bedrock calls of SageMaker, for a call of its own. */
const HOSTED: Readonly<Record<string, string>> = {
  'bedrock:InvokeModel': 'sagemaker:InvokeEndpoint',
  'bedrock:InvokeModelWithResponseStream': 'sagemaker:InvokeEndpointWithResponseStream',
};

/**
 * An inference profile runs its model in one of its regions in turn, beginning with the region of the call, so that a
 * session policy that forgets one of them is found after as many calls.
 */
export function createResolver(account: string): Resolver {
  const turns = new Map<string, number>();
  const pick = (profile: string, regions: readonly string[], first: string): string => {
    const turn = turns.get(profile) ?? 0;
    turns.set(profile, turn + 1);
    const inOrder = [first, ...regions.filter((region) => region !== first)];
    return inOrder[turn % inOrder.length] ?? first;
  };

  return {
    resolve(modelId, action, region, shown = {}) {
      const { guardrail, tier } = shown;
      const context = {
        ...(guardrail === undefined ? {} : { 'bedrock:GuardrailIdentifier': guardrail }),
        ...(tier === undefined ? {} : { 'bedrock:ServiceTier': tier }),
      };
      const access = (on: string, more = {}): Access => ({ action, resource: on, context: { ...context, ...more } });
      const endpoint = ENDPOINT.exec(modelId);
      if (endpoint !== null) return registered(endpoint, access, region, account);
      const arn = modelId.startsWith('arn:') ? modelId : arnOf(modelId, region, account);
      const [, arnRegion = '', owner = account, type = '', id = ''] = ARN.exec(arn) ?? [];
      if (id === '') throw invalid('The provided model identifier is invalid.');
      if (arnRegion !== region) throw elsewhere();
      const isOwn = owner === account;
      if (isRunner(type)) {
        const runs = isOwn ? runBy(type, id, shown.isHard === true) : undefined;
        return calledBy(type, access(arn), runs === undefined ? undefined : this.resolve(runs, action, region, shown));
      }
      const profile = isOwn ? profileOf(type, id, region) : undefined;
      if (profile === undefined)
        return {
          accesses: [access(arn)],
          model: () => direct(type, id, owner === account),
          named: () => named(type, id),
        };
      const through = { 'bedrock:InferenceProfileArn': arn };
      const chosen = pick(arn, profile.regions, region);
      return {
        accesses: [
          access(arn),
          access(modelArn(profile.model.id, chosen), through),
          ...(profile.global ? [access(modelArn(profile.model.id, ''), through)] : []),
        ],
        model: () => profile.model,
        named: () => named(type, id),
      };
    },
  };
}

/** A prompt is rendered and then its model called; a router's model is told who chose it. */
function calledBy(type: string, called: Access, runs: Resolved | undefined): Resolved {
  const model = (): FoundationModel => {
    if (runs === undefined) throw notThere();
    return runs.model();
  };
  const named = () => {
    throw invalid('The provided model identifier is invalid.');
  };
  const [first, ...rest] = runs?.accesses ?? [];
  if (type === 'prompt') {
    const render = { action: 'bedrock:RenderPrompt', resource: called.resource, context: {} };
    return { accesses: [render, ...(first === undefined ? [] : [first]), ...rest], model, named, prompt: true };
  }
  if (first === undefined) return { accesses: [called], model, named };
  const chosen = { ...first, context: { ...first.context, 'bedrock:PromptRouterArn': called.resource } };
  return { accesses: [called, chosen, ...rest], model, named, chosen: first.resource };
}

function profileOf(type: string, id: string, region: string): InferenceProfile | undefined {
  if (type === 'application-inference-profile') return applicationProfile(id, region);
  const profile = type === 'inference-profile' ? inferenceProfile(id) : undefined;
  return profile?.regions.includes(region) ? profile : undefined;
}

/**
 * An endpoint of Bedrock Marketplace: asked for as all of them are, and then of SageMaker, in the caller's name
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/setup-amazon-bedrock-marketplace.html).
 */
function registered(
  [arn, partition, where = '', owner, name = '']: RegExpExecArray,
  access: (on: string) => Access,
  region: string,
  account: string,
): Resolved {
  if (where !== region) throw elsewhere();
  const called = access(`arn:${partition}:bedrock:${region}:${owner}:marketplace/model-endpoint/all-access`);
  const hosted = HOSTED[called.action];
  if (hosted === undefined) throw invalid('The provided model identifier is invalid.');
  return {
    accesses: [called, { action: hosted, resource: arn, context: { 'aws:CalledViaLast': 'bedrock.amazonaws.com' } }],
    model() {
      if (owner !== account) throw notThere();
      return marketplaceModel(name);
    },
    named: () => named('', name),
  };
}

function direct(type: string, id: string, isOwn: boolean): FoundationModel {
  if (type !== 'foundation-model' && type !== 'inference-profile') {
    if (!isOwn) throw notThere();
    return ownModel(type, id);
  }
  const model = named(type, id);
  if (model.profileOnly)
    throw invalid(
      `Invocation of model ID ${id} with on-demand throughput isn't supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
    );
  return model;
}

function named(type: string, id: string): FoundationModel {
  const model = type === 'foundation-model' ? foundationModel(id) : undefined;
  if (model !== undefined) return model;
  throw invalid('The provided model identifier is invalid.');
}

function elsewhere(): AwsError {
  return invalid('The provided ARN is of another region.');
}

export function modelArn(id: string, region: string): string {
  return `arn:aws:bedrock:${region}::foundation-model/${id}`;
}

function arnOf(id: string, region: string, account: string): string {
  const isProfile = inferenceProfile(id) !== undefined || (foundationModel(id) === undefined && looksLikeProfile(id));
  return isProfile ? `arn:aws:bedrock:${region}:${account}:inference-profile/${id}` : modelArn(id, region);
}
