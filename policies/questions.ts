import { appliedOf } from '../contract/guardrails.ts';
import type { Guardrail, Purpose, Target } from '../contract/model.ts';
import { applying, askedOf, type Path, type Question } from './review-paths.ts';

/**
 * Every way that a call of this target may go: what was granted must be open on all of them, and what was not is reached if
 * one is.
 *
 * @param guardrail that the call bears, if any
 * @param tier that it names, if any
 * @returns none when this kind of target does not have the action
 */
export function pathsOf(target: Target, action: Purpose, guardrail?: Guardrail, tier?: string): Path[] {
  if (action === 'guard') {
    const [applied] = appliedOf({ target, guardrail });
    return applied === undefined ? [] : [[applying(applied)]];
  }
  return askedOf(target).paths(target, action, { guardrail, tier });
}

/** Ways around a target: what it runs, called without it. A grant of the one must not open the other. */
export function pathsAround(target: Target, action: Purpose, guardrail?: Guardrail): Path[] {
  // In every other way what is behind is asked for as by these.
  if (action !== 'invoke' && action !== 'stream') return [];
  const behind = askedOf(target).behind?.(target) ?? [];
  return behind.flatMap((one) => pathsOf(one, action, guardrail));
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
