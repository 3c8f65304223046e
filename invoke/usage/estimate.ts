import {
  ESTIMATE_ATTACHMENT_BYTES_PER_TOKEN,
  ESTIMATE_BYTES_PER_TOKEN,
  ESTIMATE_PICTURE_TOKENS,
} from '../../contract/limits/invoke.ts';
import type { Target } from '../../contract/model.ts';
import type { ProviderRequest } from '../call.ts';
import { inputParts } from './input.ts';
import { isObject, jsonOf, written } from './json.ts';

/**
 * What a call read, where that was not told. At least one: a call that ran must not look free, and who hangs up on a long
 * answer must not have had a document read for nothing.
 */
export function inputTokens(request: ProviderRequest, target: Target): number {
  const { body } = request;
  const root = jsonOf(body);
  if (root === undefined) return Math.max(1, Math.ceil(body.byteLength / ESTIMATE_BYTES_PER_TOKEN));
  const sums = { text: 0, pictures: 0, attached: 0 };
  for (const part of inputParts(request, target, root))
    sums[part.is] += part.is === 'pictures' ? part.count : part.bytes;
  const tokens =
    Math.ceil(sums.text / ESTIMATE_BYTES_PER_TOKEN) +
    sums.pictures * ESTIMATE_PICTURE_TOKENS +
    Math.ceil(sums.attached / ESTIMATE_ATTACHMENT_BYTES_PER_TOKEN);
  return Math.max(1, tokens);
}

/** Members of answers that name a thing, as long as they are no longer than a name is: Converse's own bound for one is 64. */
const LABELS = new Set(['type', 'id', 'role', 'model', 'toolUseId', 'format']);
const LABEL_MAX_CHARS = 64;

/** What a model calls a tool with has a form of the caller's own: the names in it are text that was made, too. */
const FREE = new Set(['input', 'arguments', 'json']);

/** Bytes of all text in an answer. @param root the same, parsed; undefined: it is no JSON, or not all of it */
export function textBytes(body: Uint8Array, root: unknown): number {
  return root === undefined ? body.byteLength : textBytesIn(root);
}

/** Bytes of all text in a part of an answer, parsed. No recursion: its depth is not ours. */
export function textBytesIn(root: unknown): number {
  let bytes = 0;
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') bytes += Buffer.byteLength(value);
    else if (Array.isArray(value)) for (const item of value) open.push(item);
    else if (isObject(value))
      for (const [name, inner] of Object.entries(value)) {
        if (FREE.has(name) && isObject(inner)) bytes += Buffer.byteLength(written(inner) ?? '');
        // A signature proves what was thought, and is none of it.
        else if (name !== 'signature' && !(LABELS.has(name) && isLabel(inner))) open.push(inner);
      }
  }
  return bytes;
}

function isLabel(value: unknown): boolean {
  return typeof value === 'string' && value.length <= LABEL_MAX_CHARS;
}
