import { invalid } from '../error.ts';
import { type JsonObject, objectOf, textOf } from '../read.ts';

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ServiceTier.html */
const TIERS: readonly string[] = ['priority', 'default', 'flex', 'reserved'];

export const TIER_HEADER = 'x-amzn-bedrock-service-tier';

/** The tier that a call asked for, and got, as each part of an answer says it. */
export interface Tier {
  /** Of Converse's body, and of its stream's metadata. */
  member: { serviceTier: { type: string } };
  /** Of InvokeModel's answer. */
  header: Record<string, string>;
  /** Of the calls list. */
  reply: { serviceTier: string };
}

/** @returns undefined for a call that asked for none @throws AwsError ValidationException */
export function converseTier({ serviceTier }: JsonObject): Tier | undefined {
  return serviceTier === undefined
    ? undefined
    : tierOf(textOf(objectOf(serviceTier, 'serviceTier').type, 'serviceTier.type'));
}

/** @throws AwsError ValidationException */
export function headerTier(asked: string | undefined): Tier | undefined {
  return asked === undefined ? undefined : tierOf(asked);
}

function tierOf(type: string): Tier {
  if (!TIERS.includes(type)) throw invalid(`serviceTier must be one of ${TIERS.join(', ')}`);
  return { member: { serviceTier: { type } }, header: { [TIER_HEADER]: type }, reply: { serviceTier: type } };
}
