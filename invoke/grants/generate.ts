import { TollgateError } from '../../contract/errors.ts';
import { guardrailOf } from '../../contract/guardrails.ts';
import { type Json, parseJsonObject } from '../../contract/json.ts';
import type { AllowedModel } from '../../contract/model.ts';
import { hiddenLimit } from './cap.ts';
import { guardrailChange, limitChange } from './changes.ts';
import { checkGuardrail, checkUnsteered } from './guardrail.ts';
import { setMember } from './member.ts';

type Members = { readonly [name: string]: Json };

/** What its model is asked by: for the answer, and to make a question of the session so far. */
const ASKED = ['generationConfiguration', 'orchestrationConfiguration'] as const;

/**
 * The body of a question to a knowledge base under the grant of the model that answers, as its own call would be.
 *
 * @param at of the configuration of the knowledge base in the body
 * @param model where it answers
 * @returns the body, and what was changed as headers for the caller
 * @throws TollgateError `invalid_request` where it cannot be brought under the grant
 */
export function generating(
  body: Uint8Array,
  at: readonly string[],
  model: AllowedModel,
): { body: Uint8Array; changes: Record<string, string> } {
  const { maxTokens, tiers } = model;
  const guardrail = guardrailOf(model);
  const members = parseJsonObject(body);
  const configuration = memberAt(members, at);
  if (tiers !== undefined && !tiers.includes('default'))
    throw refused(
      'serviceTier',
      'tier-not-granted',
      `Such calls are of the tier default, and it must be ${tiers.join(', ')} here.`,
    );
  let changed = body;
  const changes: Record<string, string> = {};
  for (const name of ASKED) {
    const path = [...at, name];
    const shown = path.join('.');
    const asked = memberAt(members, path);
    const extra = memberAt(members, [...path, 'additionalModelRequestFields']);
    if (guardrail !== undefined) checkUnsteered(extra);
    if (maxTokens !== undefined) {
      const hidden = hiddenLimit(extra);
      if (hidden !== undefined)
        throw refused(
          `${shown}.additionalModelRequestFields.${hidden}`,
          'limit-not-known',
          `An answer is limited to ${maxTokens} tokens here: limit it by ${shown}.${LIMIT.join('.')}.`,
        );
      const limit = memberOf(asked, LIMIT);
      if (limit !== undefined && !(typeof limit === 'number' && Number.isInteger(limit) && limit > 0))
        throw refused(
          `${shown}.${LIMIT.join('.')}`,
          'not-a-limit',
          `${shown}.${LIMIT.join('.')} must be a whole number of 1 or more.`,
        );
      const bare = limit === undefined && (name === 'generationConfiguration' || Object.keys(asked).length > 0);
      if (bare || (limit !== undefined && limit > maxTokens)) {
        changed = setMember(changed, [...path, ...LIMIT], maxTokens);
        Object.assign(changes, limitChange(maxTokens, 'grant'));
      }
    }
  }
  const guarded = [...at, 'generationConfiguration', 'guardrailConfiguration'];
  const given = memberOf(configuration, guarded.slice(at.length));
  if (given !== undefined) {
    const { guardrailId: identifier, guardrailVersion: version } = memberAt({ given }, ['given']);
    checkGuardrail({ identifier, version }, guardrail, guarded.join('.'));
  }
  if (guardrail !== undefined) {
    // By its id: this operation takes no ARN (API_agent-runtime_GuardrailConfiguration). IAM is shown the ARN.
    const guardrailId = guardrail.arn.slice(guardrail.arn.lastIndexOf('/') + 1);
    changed = setMember(changed, guarded, { guardrailId, guardrailVersion: guardrail.version });
    Object.assign(changes, guardrailChange(guardrail, model));
  }
  return { body: changed, changes };
}

const LIMIT = ['inferenceConfig', 'textInferenceConfig', 'maxTokens'] as const;

/** An object of a body; an empty one where it is not there. @throws TollgateError `invalid_request` for what is none */
export function memberAt(members: Members, path: readonly string[]): Members {
  const found = memberOf(members, path);
  if (found === undefined) return {};
  if (found !== null && typeof found === 'object' && !Array.isArray(found)) return found;
  throw refused(path.join('.'), 'not-an-object', `${path.join('.')} must be an object.`);
}

/** @returns undefined where it is not there */
export function memberOf(members: Members, path: readonly string[]): Json | undefined {
  let value: Json | undefined = members as { [name: string]: Json };
  for (const name of path)
    value =
      value !== null && typeof value === 'object' && !Array.isArray(value) && Object.hasOwn(value, name)
        ? value[name]
        : undefined;
  return value;
}

function refused(field: string, reason: string, message: string): TollgateError {
  return new TollgateError('invalid_request', { field, reason, message });
}
