import {
  RESERVED_ATTACHMENT_BYTES_PER_TOKEN,
  RESERVED_BYTES_PER_TOKEN,
  RESERVED_OUTPUT_TOKENS,
  RESERVED_PICTURE_TOKENS,
  RESERVED_PROMPT_TOKENS,
} from '../../contract/limits/budgets.ts';
import { TOKENS_MAX } from '../../contract/limits/invoke.ts';
import type { AllowedModel, Target } from '../../contract/model.ts';
import type { Asked } from '../../metering/budgets/budgets.ts';
import { isOwnGuardrail, isSoldAsCall, type ProviderRequest, runsModel } from '../call.ts';
import { type AnswerLimit, answerLimit } from '../grants/cap.ts';
import { inputParts } from '../usage/input.ts';
import { jsonOf } from '../usage/json.ts';
import { imagesAsked } from '../usage/made.ts';
import { searchesAsked } from '../usage/searches.ts';
import { unitsIn } from '../usage/units.ts';
import { CALLED } from '../usage/usage.ts';

type Demanded = Asked['demand'] & Pick<AnswerLimit, 'answers'>;

/** Of what has a price by the token. */
const NOTHING: Demanded = {
  input: 0,
  output: 0,
  lowerable: false,
  least: 0,
  answers: 1,
  images: 0,
  searches: 0,
  caches: false,
};

/**
 * What a call may use at most, to be reserved before it is sent. Output is what it asks for itself. Input is a guess on
 * the high side, from the text: who counts exactly is the model, afterwards.
 */
export function demandOf(
  request: ProviderRequest,
  { target, container }: Pick<AllowedModel, 'target' | 'container'>,
): Demanded {
  const { operation, body, uses = CALLED }: ProviderRequest = request;
  if (isSoldAsCall(operation)) {
    const { input, output, calls = 0, searches = 0 } = uses.most ?? uses.tokens;
    return { ...NOTHING, input, output, calls, searches };
  }
  if (isOwnGuardrail(operation, target)) return { ...NOTHING, calls: unitsIn(request) };
  if (!runsModel(operation)) return NOTHING;
  const root = jsonOf(body) as Parameters<typeof answerLimit>[1];
  const limit = answerLimit(operation, root, target);
  const { lowerable, thinking, answers } = limit;
  // It answers with vectors and orders, and no text.
  const named = container === 'tei' ? 0 : limit.named;
  const unnamed = thinking + RESERVED_OUTPUT_TOKENS;
  // A limit that the model may not know by that name is no reason to reserve less.
  const each = lowerable || named === 0 ? (named ?? unnamed) : Math.max(named ?? 0, unnamed);
  return {
    input: inputOf(request, target, root) + (target.kind === 'bedrock-prompt' ? RESERVED_PROMPT_TOKENS : 0),
    // A number of any size is a limit; what is reserved must fit the counter.
    output: Math.min(each * answers, TOKENS_MAX),
    lowerable,
    least: (thinking + 1) * answers,
    answers,
    images: imagesAsked(request, target),
    searches: searchesAsked(request, target)?.most ?? 0,
    caches: caches(body, () => root),
  };
}

/** Whether a request asks for its prompt to be cached. @param rootOf the body, parsed */
export function caches(body: Uint8Array, rootOf: () => unknown): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const says = (text: Pick<Buffer, 'includes'>): boolean =>
    text.includes('cachePoint') || text.includes('cache_control');
  // A member's name may be written with an escape.
  return says(bytes) || (bytes.includes('\\u') && says(Buffer.from(JSON.stringify(rootOf()))));
}

function inputOf(request: ProviderRequest, target: Target, root: unknown): number {
  let tokens = 0;
  for (const part of inputParts(request, target, root))
    if (part.is === 'pictures') tokens += part.count * RESERVED_PICTURE_TOKENS;
    else
      tokens += Math.ceil(
        part.bytes / (part.is === 'text' ? RESERVED_BYTES_PER_TOKEN : RESERVED_ATTACHMENT_BYTES_PER_TOKEN),
      );
  return tokens;
}
