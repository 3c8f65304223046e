import type { Purpose } from '../../contract/model.ts';
import type { PermissionStatement } from '../document.ts';
import { CALLS, GUARDRAIL_ROW } from './bedrock.ts';
import { allow, bad, type Fault, inRegion, type ModelArn, type ParseArn, type RoleRow } from './kind.ts';

/** Models that a prompt or a prompt router calls, in one list: an inference profile stands beside the models behind it. */
export interface Through {
  /** What calls them. */
  caller: ModelArn;
  chosen: ModelArn[];
  /** Called by their profile, which is among the chosen. */
  behind: ModelArn[];
}

/** @param on the types of what is called */
export function throughRows(on: readonly string[]): RoleRow[] {
  return [{ actions: Object.values(CALLS), on, anywhere: true }, GUARDRAIL_ROW];
}

/**
 * @param callers the types that it may be of itself
 * @param types those of its models
 * @throws TollgateError `bad_arn` naming the member: as `parse`, or no-arns | partition-differs | region-differs | regionless-model
 */
export function through(
  target: { region: string; arn: string; modelArns: readonly string[] },
  callers: readonly string[],
  types: readonly string[],
  parse: ParseArn,
): Through {
  const { arn, region, modelArns } = target;
  const caller = parse(arn, 'target.arn', callers);
  inRegion(caller, target);
  if (!Array.isArray(modelArns) || modelArns.length === 0) throw bad('target.modelArns', 'no-arns');
  const models = modelArns.map((text, index) => parse(text, `target.modelArns[${index}]`, types));
  const sorted: Through = { caller, chosen: [], behind: [] };
  for (const [index, model] of models.entries()) {
    const profile = models.find((one) => runs(one, model));
    const fault =
      model.partition !== caller.partition
        ? 'partition-differs'
        : profile === undefined
          ? model.region !== region && 'region-differs'
          : model.region === '' && !/^(?:global\.|[^.]*$)/.test(profile.resourceId) && 'regionless-model';
    if (fault) throw bad(`target.modelArns[${index}]`, fault);
    (profile === undefined ? sorted.chosen : sorted.behind).push(model);
  }
  return sorted;
}

/**
 * The models of a profile through that profile alone, which suffices: nobody calls it past what it was chosen by.
 *
 * @param by IAM's key for what calls them; undefined: it has none
 */
export function callsThrough(
  { caller, chosen, behind }: Through,
  wanted: ReadonlySet<Purpose>,
  by?: string,
): PermissionStatement[] {
  const profiles = chosen.filter(isProfile).map(({ text }) => text);
  return [
    ...allow(CALLS, wanted, chosen, by === undefined ? undefined : { StringEquals: { [by]: caller.text } }),
    ...allow(CALLS, wanted, behind, { StringEquals: { 'bedrock:InferenceProfileArn': profiles.sort() } }),
  ];
}

/** @param most models that may be chosen among */
export function faultThrough({ chosen, behind }: Through, most: number): Fault | undefined {
  const field = 'target.modelArns';
  if (chosen.length > most) return { field, reason: 'another-model' };
  const alone = chosen.some((one) => isProfile(one) && !behind.some((model) => runs(one, model)));
  return alone ? { field, reason: 'without-a-model' } : undefined;
}

const isProfile = ({ resourceType }: ModelArn): boolean => resourceType.endsWith('inference-profile');

/** `us.amazon.nova-lite-v1:0` runs `amazon.nova-lite-v1:0`; an application profile's id says nothing. */
function runs(profile: ModelArn, { resourceType, resourceId }: ModelArn): boolean {
  if (!isProfile(profile) || resourceType !== 'foundation-model') return false;
  return profile.resourceType !== 'inference-profile' || profile.resourceId.endsWith(`.${resourceId}`);
}
