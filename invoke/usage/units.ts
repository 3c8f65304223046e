import { GUARDRAIL_UNIT_CHARS } from '../../contract/limits/invoke.ts';
import { NO_TOKENS, type Tokens } from '../../contract/usage.ts';
import type { ProviderRequest } from '../call.ts';
import { isCount, isObject } from './json.ts';
import type { Usage } from './usage.ts';

/** What a guardrail judged that it may be sold for: units of text, and images. */

/**
 * @param told `usage` of ApplyGuardrail's answer (API_runtime_GuardrailUsage); anything else: it was not told. Each policy counts the same
 *   text, so the most that one of them counted is what there was, and a unit costs what all of a guardrail's policies cost together
 */
export function unitsOf(request: Pick<ProviderRequest, 'body'>, told: unknown): Usage {
  if (!isObject(told)) return { tokens: { ...NO_TOKENS, calls: unitsIn(request) }, estimated: true };
  const { contentPolicyImageUnits: images, ...texts } = told;
  const counts = Object.entries(texts).flatMap(([name, count]) =>
    name.endsWith('Units') && isCount(count) ? count : [],
  );
  const tokens: Tokens = { ...NO_TOKENS, calls: Math.max(0, ...counts) };
  if (isCount(images) && images > 0) tokens.images = images;
  return { tokens, estimated: false };
}

/** Units that a text can have at most: no character has less than a byte. */
export function unitsIn({ body }: Pick<ProviderRequest, 'body'>): number {
  return Math.ceil(body.byteLength / GUARDRAIL_UNIT_CHARS);
}
