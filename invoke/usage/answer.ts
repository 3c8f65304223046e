import type { Target } from '../../contract/model.ts';
import type { Tier } from '../../contract/usage.ts';
import { isEndpoint, isOwnGuardrail, isResource, isSoldAsCall, type ProviderRequest } from '../call.ts';
import { chosenBy } from './chosen.ts';
import { textBytes } from './estimate.ts';
import { jsonOf, member } from './json.ts';
import { madeIn, vectorsIn } from './made.ts';
import { NOTHING_SEEN, usageOf } from './report.ts';
import { countsIn, saidIn, saidInHeaders } from './said.ts';
import { stoppedIn } from './stop.ts';
import { answeredTier, headerTier } from './tier.ts';
import { either } from './told.ts';
import { unitsOf } from './units.ts';
import { CALLED, NO_USAGE, type Usage } from './usage.ts';

/**
 * What an answer in one piece cost. Converse says so in its body; InvokeModel in headers, and its vendors in their bodies,
 * which are believed where the headers say nothing; a container in OpenAI's `usage`; CountTokens costs nothing.
 *
 * @param body what came of it
 * @param whole whether that is all of it
 */
export function usageOfAnswer(
  request: ProviderRequest,
  target: Target,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  whole = true,
): Usage {
  if (isResource(request.operation)) return isSoldAsCall(request.operation) ? (request.uses ?? CALLED) : NO_USAGE;
  const converse = request.operation === 'converse';
  const answer = whole ? jsonOf(body) : undefined;
  if (isOwnGuardrail(request.operation, target)) return unitsOf(request, member(answer, 'usage'));
  const hosted = isEndpoint(request.operation);
  // Of a container only OpenAI's form is believed: what else it answers with may be in its caller's words.
  const inBody = converse || hosted ? countsIn(member(answer, 'usage')) : saidIn(answer);
  const told = either(saidInHeaders(headers), inBody);
  const usage = usageOf(request, target, told, {
    made: converse ? NOTHING_SEEN.made : hosted ? { images: 0, embeddings: vectorsIn(answer) } : madeIn(answer),
    textBytes: told.output === undefined ? textBytes(body, answer) : 0,
    whole,
  });
  const tier: Tier | undefined =
    answeredTier(target, converse ? member(member(answer, 'serviceTier'), 'type') : undefined) ??
    answeredTier(target, headerTier(headers));
  return {
    ...usage,
    ...stoppedIn(request.operation, answer),
    ...(converse && chosenBy(target, answer)),
    ...(tier === undefined ? {} : { tier }),
  };
}
