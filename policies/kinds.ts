import type { Target, TargetKind, TargetOf, TargetPurpose } from '../contract/model.ts';
import { RERANK } from './kinds/bedrock.ts';
import { bedrockAgent } from './kinds/bedrock-agent.ts';
import { bedrockEndpoint } from './kinds/bedrock-endpoint.ts';
import { bedrockFlow } from './kinds/bedrock-flow.ts';
import { bedrockGuardrail } from './kinds/bedrock-guardrail.ts';
import { bedrockInlineAgent } from './kinds/bedrock-inline-agent.ts';
import { bedrockKnowledgeBase } from './kinds/bedrock-knowledge-base.ts';
import { bedrockModel } from './kinds/bedrock-model.ts';
import { bedrockProfile } from './kinds/bedrock-profile.ts';
import { bedrockPrompt } from './kinds/bedrock-prompt.ts';
import { bedrockPromptRouter } from './kinds/bedrock-prompt-router.ts';
import { bad, type Kind, NO_RESOURCE, type RoleRow, type Runtime, type Shape } from './kinds/kind.ts';
import { sagemakerEndpoint } from './kinds/sagemaker-endpoint.ts';

/** Every kind of target that can be granted. Who must know something of a target asks here, and names no kind. */
export const KINDS: { readonly [Name in Target['kind']]: Kind<TargetOf<Name>> } = {
  'bedrock-profile': bedrockProfile,
  'bedrock-model': bedrockModel,
  'bedrock-endpoint': bedrockEndpoint,
  'sagemaker-endpoint': sagemakerEndpoint,
  'bedrock-prompt': bedrockPrompt,
  'bedrock-prompt-router': bedrockPromptRouter,
  'bedrock-guardrail': bedrockGuardrail,
  'bedrock-knowledge-base': bedrockKnowledgeBase,
  'bedrock-agent': bedrockAgent,
  'bedrock-inline-agent': bedrockInlineAgent,
  'bedrock-flow': bedrockFlow,
};

/** As of any kind: what is asked of one is given back to it alone. */
export const ALL_KINDS = Object.values(KINDS) as readonly Kind[];

/** Those that a stage has which does not say. */
export const USUAL_KINDS = (Object.keys(KINDS) as TargetKind[]).filter((name) => KINDS[name].optional !== true);

/** What a stage turns on that is no kind of target, but more that may be asked of one; for the invoker role alone. */
export const MORE: Readonly<Record<'bedrock-rerank', readonly RoleRow[]>> = {
  'bedrock-rerank': [{ actions: [RERANK], on: [NO_RESOURCE] }],
};
/** What a stage may turn on. */
export type StageKind = TargetKind | keyof typeof MORE;
export const STAGE_KINDS = [...Object.keys(KINDS), ...Object.keys(MORE)] as StageKind[];

/** What the invoker role may do for it. */
export function roleOf(kind: StageKind): readonly RoleRow[] {
  return kind === 'bedrock-rerank' ? MORE[kind] : KINDS[kind].role;
}

/** By resource type: every ARN that a session policy may name. */
export const SHAPES: Readonly<Record<string, Shape>> = Object.assign({}, ...ALL_KINDS.map(({ shapes }) => shapes));

/**
 * A target comes from outside of the type checker's reach, and an unknown kind must not become an empty policy.
 *
 * @throws TollgateError `bad_arn` of `target.kind`, reason kind
 */
export function kindOf({ kind }: Target): Kind {
  if (!Object.hasOwn(KINDS, kind)) throw bad('target.kind', 'kind');
  return KINDS[kind] as Kind;
}

/** Every ARN that a call to this target needs, the one that is called first. */
export function arnsOf(target: Target): readonly string[] {
  return kindOf(target).arns(target);
}

/** Those of them that name it, its own first. */
export function namesOf(target: Target): readonly string[] {
  const { byId, isMore } = kindOf(target);
  if (byId === true) return [];
  return isMore === true ? [target.arn] : arnsOf(target);
}

/** The target's own id: what AWS calls the model, and what a caller may write instead of the registry id. */
export function nativeIdOf(target: Target): string {
  return kindOf(target).nativeId(target);
}

/** What goes into the path of a call for `action`; undefined: there is nothing to be called for it. */
export function pathIdOf(target: Target, action: TargetPurpose): string | undefined {
  const kind = kindOf(target);
  return kind.pathId === undefined ? kind.nativeId(target) : kind.pathId(target, action);
}

/** The AWS API that calls it. */
export function runtimeOf(target: Target): Runtime {
  return kindOf(target).runtime;
}

/** The foundation model that answers; '' where no ARN names one: bought capacity, own models, endpoints. */
export function baseModelOf(target: Target): string {
  const arn = arnsOf(target).find((one) => one.includes(':foundation-model/'));
  return arn === undefined ? '' : arn.slice(arn.indexOf('/') + 1);
}
