import {
  ESTIMATE_ATTACHMENT_BYTES_PER_TOKEN,
  ESTIMATE_BYTES_PER_TOKEN,
  ESTIMATE_PICTURE_TOKENS,
} from '../../contract/limits.ts';
import type { Target } from '../../contract/model.ts';
import { NO_TOKENS } from '../../contract/usage.ts';
import type { ProviderRequest } from '../call.ts';
import { inputParts } from './input.ts';
import { jsonOf } from './json.ts';
import { imagesAsked } from './made.ts';
import type { Usage } from './usage.ts';

/**
 * An estimate for a call whose answer, or its end, was never seen. Where images were asked for it is those: they are sold
 * by the image, and a guess of tokens beside them would have no price.
 *
 * @param outputBytes of text that came
 */
export function estimate(request: ProviderRequest, target: Target, outputBytes: number): Usage {
  const images = imagesAsked(request, target);
  if (images > 0) return { tokens: { ...NO_TOKENS, images }, estimated: true };
  return {
    // At least one: a call that ran must not look free.
    tokens: {
      ...NO_TOKENS,
      input: Math.max(1, inputTokens(request.body)),
      output: Math.ceil(outputBytes / ESTIMATE_BYTES_PER_TOKEN),
    },
    estimated: true,
  };
}

/** Who hangs up on a long answer must not have had a document read for nothing. */
function inputTokens(body: Uint8Array): number {
  const root = jsonOf(body);
  if (root === undefined) return Math.ceil(body.byteLength / ESTIMATE_BYTES_PER_TOKEN);
  const sums = { text: 0, pictures: 0, attached: 0 };
  for (const part of inputParts(root)) sums[part.is] += part.is === 'pictures' ? part.count : part.bytes;
  return (
    Math.ceil(sums.text / ESTIMATE_BYTES_PER_TOKEN) +
    sums.pictures * ESTIMATE_PICTURE_TOKENS +
    Math.ceil(sums.attached / ESTIMATE_ATTACHMENT_BYTES_PER_TOKEN)
  );
}

/** Members that hold no words: binary data, padding, and what names a thing. */
const NOT_TEXT = new Set([
  'bytes',
  'data',
  'image',
  'images',
  'maskImage',
  'conditionImage',
  'p',
  'type',
  'id',
  'role',
  'model',
  'signature',
  'toolUseId',
  'format',
]);

/** Bytes of all text in an answer; of one that is not JSON, all its bytes. */
export function textBytes(body: Uint8Array): number {
  const root = jsonOf(body);
  return root === undefined ? body.byteLength : textBytesIn(root);
}

/** The same of a document that was parsed. No recursion: its depth is not ours. */
export function textBytesIn(root: unknown): number {
  let bytes = 0;
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') bytes += Buffer.byteLength(value);
    else if (Array.isArray(value)) for (const item of value) open.push(item);
    else if (value !== null && typeof value === 'object')
      for (const [name, inner] of Object.entries(value)) if (!NOT_TEXT.has(name)) open.push(inner);
  }
  return bytes;
}
