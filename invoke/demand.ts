import {
  RESERVED_ATTACHMENT_BYTES_PER_TOKEN,
  RESERVED_BYTES_PER_TOKEN,
  RESERVED_OUTPUT_TOKENS,
  RESERVED_PICTURE_TOKENS,
  TOKENS_MAX,
} from '../contract/limits.ts';
import type { Target } from '../contract/model.ts';
import type { Asked } from '../metering/budgets.ts';
import type { ProviderRequest } from './call.ts';
import { answerLimit } from './cap.ts';
import { jsonOf } from './usage/json.ts';
import { imagesAsked } from './usage/made.ts';

/** Members that hold no words, as a model counts them. */
const NAMES = new Set(['type', 'id', 'role', 'model', 'signature', 'toolUseId', 'format', 'media_type']);

/** Pictures in the formats of Converse and InvokeModel; an object or a text, each one picture. */
const PICTURES = new Set(['image', 'images', 'inputImage', 'maskImage', 'conditionImage', 'image_url']);

/** Attachments in base64. */
const ATTACHED = new Set(['bytes', 'data']);

/** Property names and types reach the model, too. */
const TOOLS = new Set(['tools', 'toolConfig']);

/**
 * What a call may use at most, to be reserved before it is sent. Output is what it asks for itself. Input is a guess on
 * the high side, from the text: who counts exactly is the model, afterwards.
 */
export function demandOf(request: ProviderRequest, target: Target): Asked['demand'] {
  const { operation, body } = request;
  const root = jsonOf(body) as Parameters<typeof answerLimit>[1];
  const { named, lowerable, thinking } = answerLimit(operation, root, target);
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  return {
    input: inputOf(root),
    // A number of any size is a limit; what is reserved must fit the counter.
    output: Math.min(named ?? thinking + RESERVED_OUTPUT_TOKENS, TOKENS_MAX),
    lowerable,
    least: thinking + 1,
    images: imagesAsked(request, target),
    caches: bytes.includes('cachePoint') || bytes.includes('cache_control'),
  };
}

/** No recursion: the depth of a body is not ours. */
function inputOf(root: unknown): number {
  let tokens = 0;
  const open: unknown[] = [root];
  const picture = (count = 1): void => {
    tokens += count * RESERVED_PICTURE_TOKENS;
  };
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') tokens += textTokens(value);
    else if (Array.isArray(value)) for (const item of value) open.push(item);
    else if (isObject(value) && value.type === 'image') picture();
    else if (isObject(value))
      for (const [name, inner] of Object.entries(value)) {
        if (PICTURES.has(name)) picture(Array.isArray(inner) ? inner.length : 1);
        else if (ATTACHED.has(name) && typeof inner === 'string') tokens += attachedTokens(inner);
        else if (TOOLS.has(name)) tokens += textTokens(JSON.stringify(inner));
        // By reference: how much it is, is not known here.
        else if (name === 's3Location') picture();
        else if (!NAMES.has(name)) open.push(inner);
      }
  }
  return tokens;
}

function textTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / RESERVED_BYTES_PER_TOKEN);
}

function attachedTokens(base64: string): number {
  return Math.ceil((base64.length * 3) / 4 / RESERVED_ATTACHMENT_BYTES_PER_TOKEN);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object';
}
