import { ESTIMATE_BYTES_PER_TOKEN, TOKENS_MAX } from '../../contract/limits/invoke.ts';
import type { Target } from '../../contract/model.ts';
import { taskOfName } from '../../contract/task.ts';
import { NO_TOKENS, type Tokens } from '../../contract/usage.ts';
import { baseModelOf } from '../../policies/kinds.ts';
import { isOwnGuardrail, isSoldAsCall, LATER, type ProviderRequest, runsModel, type Used } from '../call.ts';
import { inputTokens } from './estimate.ts';
import { imagesAsked, type Made } from './made.ts';
import { searchesAsked } from './searches.ts';
import type { Told } from './told.ts';
import { unitsOf } from './units.ts';
import { CALLED, NO_USAGE, UNTOLD, type Usage } from './usage.ts';

/** What came of an answer. */
export interface Seen {
  made: Made;
  /** Bytes of text that no count was told of. */
  textBytes: number;
  /** Whether it was seen to its end. */
  whole: boolean;
}

export const NOTHING_SEEN: Seen = { made: { images: 0, embeddings: 0 }, textBytes: 0, whole: false };

/**
 * What a call cost: each kind as it was told, and where nothing was told an estimate from what was sent and seen. Only
 * where the cache's lifetimes contradict their own sum is the sum kept, as an estimate: it is nearer than any guess.
 */
export function usageOf(request: ProviderRequest, target: Target, told: Told, seen: Seen): Usage {
  if (isSoldAsCall(request.operation)) return calledBy(request.uses ?? CALLED, told);
  if (isOwnGuardrail(request.operation, target)) return unitsOf(request, undefined);
  if (!runsModel(request.operation)) return request.operation === LATER ? UNTOLD : NO_USAGE;
  const asked = imagesAsked(request, target);
  const images = seen.made.images || (seen.whole ? 0 : asked);
  const { embeddings } = seen.made;
  // Images are sold by the image, and a guess of tokens beside them would have no price; a vector is no text.
  const paints = images > 0 || asked > 0;
  // So are searches.
  const searched = searchesAsked(request, target);
  const speaks = !paints && embeddings === 0 && taskOfName(baseModelOf(target)) === 'chat';
  const unseen = speaks ? Math.ceil(seen.textBytes / ESTIMATE_BYTES_PER_TOKEN) : 0;
  const output = Math.min(
    TOKENS_MAX,
    told.output === undefined ? Math.max(told.begun ?? 0, unseen) : told.output + unseen,
  );
  const { input, cacheRead } = inputOf(told, () => (paints || searched ? 0 : inputTokens(request, target)));
  const { cacheWrite, oneHour, doubtful } = writtenOf(told);
  const tokens: Tokens = { ...NO_TOKENS, input, output, cacheRead, cacheWrite: cacheWrite - oneHour };
  if (oneHour > 0) tokens.cacheWrite1h = oneHour;
  // It is told apart for who wants to know and has no price, so one that cannot be a part of the output is left out.
  const { reasoning = 0 } = told;
  if (reasoning > 0 && reasoning <= output) tokens.reasoning = reasoning;
  if (images > 0) tokens.images = images;
  if (embeddings > 0) tokens.embeddings = embeddings;
  if (searched) tokens.searches = told.searches ?? searched.likely;
  const estimated =
    (told.input === undefined && !paints && !searched) ||
    (searched !== undefined && told.searches === undefined && searched.least < searched.most) ||
    (speaks && (told.output === undefined || unseen > 0)) ||
    (images > 0 && !seen.whole) ||
    doubtful ||
    // How long the cache keeps it is in the body alone.
    (cacheWrite > 0 && !seen.whole && told.fiveMinutes === undefined && told.oneHour === undefined);
  return { tokens, estimated };
}

/** What a call is sold as, with the tokens that were told of: none are made up. */
function calledBy(used: Used, { input, output, unclear }: Told): Usage {
  if (input === undefined && output === undefined && unclear === undefined) return used;
  const tokens = { ...used.tokens, input: input ?? 0, output: output ?? 0 };
  return { tokens, estimated: used.estimated || unclear !== undefined };
}

function inputOf(told: Told, guess: () => number): { input: number; cacheRead: number } {
  const { input = guess(), cacheRead, cachedInput = 0 } = told;
  if (cacheRead !== undefined || cachedInput > input) return { input, cacheRead: cacheRead ?? 0 };
  return { input: input - cachedInput, cacheRead: cachedInput };
}

/** @returns what was written to the cache, for however long; the part of it that is kept for an hour */
function writtenOf({ cacheWrite, fiveMinutes, oneHour, unclear = 0 }: Told): {
  cacheWrite: number;
  oneHour: number;
  doubtful: boolean;
} {
  const split = fiveMinutes === undefined && oneHour === undefined ? undefined : (fiveMinutes ?? 0) + (oneHour ?? 0);
  const sum = Math.min(TOKENS_MAX, cacheWrite ?? split ?? 0);
  return {
    cacheWrite: sum,
    oneHour: Math.min(oneHour ?? 0, sum),
    doubtful: split === undefined ? unclear > 0 : split !== sum,
  };
}
