import {
  RESERVED_ATTACHMENT_BYTES_PER_TOKEN,
  RESERVED_BYTES_PER_TOKEN,
  RESERVED_OUTPUT_TOKENS,
  RESERVED_PICTURE_TOKENS,
  TOKENS_MAX,
} from '../contract/limits.ts';
import type { Target } from '../contract/model.ts';
import type { Asked } from '../metering/budgets/budgets.ts';
import type { ProviderRequest } from './call.ts';
import { type AnswerLimit, answerLimit } from './cap.ts';
import { jsonOf } from './usage/json.ts';
import { imagesAsked } from './usage/made.ts';

/** Members that hold no words, as a model counts them, as long as they are no longer than a name is. */
const NAMES = new Set(['type', 'id', 'role', 'model', 'signature', 'toolUseId', 'format', 'media_type']);

/** Converse's own bound for a `toolUseId`. */
const NAME_MAX_CHARS = 64;

/** Pictures in the formats of Converse and InvokeModel; an object or a text, each one picture. */
const PICTURES = new Set(['image', 'images', 'inputImage', 'maskImage', 'conditionImage', 'image_url']);

/** Attachments in base64. */
const ATTACHED = new Set(['bytes', 'data']);
const BASE64 = /^[\w+/=-]*$/;

/**
 * What the caller gives a form of its own: any member's name and any number in it reaches the model as text, too, and what
 * looks like a picture there is none. Tools and their schemas, what they were called with and answered (`input`, `json`,
 * Cohere's `parameters` and `outputs`), Cohere's documents.
 */
const FREE = new Set(['tools', 'toolConfig', 'input', 'json', 'parameters', 'outputs', 'documents']);

/**
 * What a call may use at most, to be reserved before it is sent. Output is what it asks for itself. Input is a guess on
 * the high side, from the text: who counts exactly is the model, afterwards.
 */
export function demandOf(request: ProviderRequest, target: Target): Asked['demand'] & Pick<AnswerLimit, 'answers'> {
  const { operation, body } = request;
  const root = jsonOf(body) as Parameters<typeof answerLimit>[1];
  const { named, lowerable, thinking, answers } = answerLimit(operation, root, target);
  const unnamed = thinking + RESERVED_OUTPUT_TOKENS;
  // A limit that the model may not know by that name is no reason to reserve less.
  const each = lowerable || named === 0 ? (named ?? unnamed) : Math.max(named ?? 0, unnamed);
  return {
    input: inputOf(root),
    // A number of any size is a limit; what is reserved must fit the counter.
    output: Math.min(each * answers, TOKENS_MAX),
    lowerable,
    least: (thinking + 1) * answers,
    answers,
    images: imagesAsked(request, target),
    caches: caches(body, root),
  };
}

function caches(body: Uint8Array, root: unknown): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const says = (text: Pick<Buffer, 'includes'>): boolean =>
    text.includes('cachePoint') || text.includes('cache_control');
  // A member's name may be written with an escape.
  return says(bytes) || (bytes.includes('\\u') && says(Buffer.from(JSON.stringify(root))));
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
        else if (FREE.has(name)) tokens += textTokens(JSON.stringify(inner));
        // By reference: how much it is, is not known here.
        else if (name === 's3Location') picture();
        else if (!NAMES.has(name) || !isName(inner)) open.push(inner);
      }
  }
  return tokens;
}

/** A signature of what a model thought is longer, and counted: on the high side. */
function isName(value: unknown): boolean {
  return typeof value === 'string' && value.length <= NAME_MAX_CHARS;
}

function textTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / RESERVED_BYTES_PER_TOKEN);
}

/** Anthropic's documents of plain text have a `data`, too. */
function attachedTokens(data: string): number {
  if (!BASE64.test(data)) return textTokens(data);
  return Math.ceil((data.length * 3) / 4 / RESERVED_ATTACHMENT_BYTES_PER_TOKEN);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object';
}
