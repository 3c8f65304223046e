import type { Access } from '../../../policies/simulate/types.ts';
import { AwsError, invalid } from '../error.ts';
import { type FoundationModel, foundationModel, inferenceProfile, looksLikeProfile } from './catalog.ts';

/** What a model id or ARN means in the region of the call. */
export interface Resolved {
  /** The ARNs that the action is checked on, in order. */
  accesses: Access[];
  /** The model that answers. @throws AwsError when there is none, or not in this way; asked only of a caller who may */
  model(): FoundationModel;
  /** The foundation model of that id, however it may be called. @throws AwsError when the id is not one's */
  named(): FoundationModel;
}

export interface Resolver {
  /**
   * @param modelId decoded: an id or an ARN
   * @param guardrail the guardrail's ARN with its version, or undefined
   * @param tier that the call names, or undefined
   * @throws AwsError ValidationException for an ARN of another region
   */
  resolve(modelId: string, action: string, region: string, guardrail?: string, tier?: string): Resolved;
}

const ARN = /^arn:aws[a-z-]*:bedrock:([a-z0-9-]*):(?:\d{12})?:([a-z-]+)\/(.+)$/;

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
    resolve(modelId, action, region, guardrail, tier) {
      const arn = modelId.startsWith('arn:') ? modelId : arnOf(modelId, region, account);
      const [, arnRegion = '', type = '', id = ''] = ARN.exec(arn) ?? [];
      if (id === '') throw invalid('The provided model identifier is invalid.');
      if (arnRegion !== region) throw invalid('The provided ARN is of another region.');
      const context = {
        ...(guardrail === undefined ? {} : { 'bedrock:GuardrailIdentifier': guardrail }),
        ...(tier === undefined ? {} : { 'bedrock:ServiceTier': tier }),
      };
      const access = (on: string, more = {}): Access => ({ action, resource: on, context: { ...context, ...more } });
      const profile = type === 'inference-profile' ? inferenceProfile(id) : undefined;
      if (profile === undefined || !profile.regions.includes(region))
        return { accesses: [access(arn)], model: () => direct(type, id), named: () => named(type, id) };
      const through = { 'bedrock:InferenceProfileArn': arn };
      const chosen = pick(profile.id, profile.regions, region);
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

function direct(type: string, id: string): FoundationModel {
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
  if (type === 'foundation-model' || type === 'inference-profile')
    throw invalid('The provided model identifier is invalid.');
  throw new AwsError(404, 'ResourceNotFoundException', 'Could not resolve the resource from the provided ARN.');
}

export function modelArn(id: string, region: string): string {
  return `arn:aws:bedrock:${region}::foundation-model/${id}`;
}

function arnOf(id: string, region: string, account: string): string {
  const isProfile = inferenceProfile(id) !== undefined || (foundationModel(id) === undefined && looksLikeProfile(id));
  return isProfile ? `arn:aws:bedrock:${region}:${account}:inference-profile/${id}` : modelArn(id, region);
}
