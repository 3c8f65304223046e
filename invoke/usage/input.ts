import type { Target } from '../../contract/model.ts';
import type { ProviderRequest } from '../call.ts';
import { isObject, jsonBytes, unheldBytes } from './json.ts';
import { holds } from './media.ts';
import { type Shape, schemaOf } from './schema.ts';

/** A part of what a model is given to read. */
export type InputPart =
  | { is: 'text'; bytes: number }
  | { is: 'pictures'; count: number }
  | { is: 'attached'; bytes: number };

/**
 * What a request gives a model to read: all its text in full, but for pictures and attachments where its operation's schema
 * has them, and for what the schema itself calls things. No recursion: the depth of a body is not ours.
 *
 * @param root the request's body, parsed; any value
 */
export function* inputParts(
  { operation, body }: ProviderRequest,
  target: Target,
  root: unknown,
): Generator<InputPart, void, void> {
  const open: [value: unknown, shape: Shape][] = [[root, schemaOf(operation, target)]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, place] = next;
    const shape = typeof place === 'function' ? place(value) : place;
    if (typeof shape === 'object') {
      if (!isObject(value) || Array.isArray(value) !== Array.isArray(shape)) yield text(value, body);
      else if (Array.isArray(shape)) for (const item of Object.values(value)) open.push([item, shape[0]]);
      else
        for (const [name, inner] of Object.entries(value)) {
          const known = Object.hasOwn(shape, name) ? (shape as Record<string, Shape>)[name] : undefined;
          if (known === undefined) yield text({ [name]: inner }, body);
          else open.push([inner, known]);
        }
    } else if (shape === 'drawing' && isObject(value))
      for (const [name, inner] of Object.entries(value)) {
        if (!Array.isArray(value)) yield text(name, body);
        open.push([inner, shape]);
      }
    else if (shape === 'data' || shape === 'drawing') yield data(value, body);
    else {
      if (shape === 'reference') yield { is: 'pictures', count: 1 };
      if (shape !== 'ours' && !(shape === 'setting' && isSetting(value))) yield text(value, body);
    }
  }
  const unheld = unheldBytes(body);
  if (unheld > 0) yield { is: 'text', bytes: unheld };
}

/** The schemas' own words, where they have no others. Any text else is the caller's. */
const WORDS = new Set([
  ...['user', 'assistant', 'system', 'tool', 'developer', 'text', 'content', 'base64', 'auto', 'low', 'high'],
  ...['image', 'image_url', 'document', 'tool_use', 'tool_result', 'thinking', 'redacted_thinking', 'search_result'],
  ...['png', 'jpeg', 'gif', 'webp', 'pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'],
  ...['mkv', 'mov', 'mp4', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', 'three_gp', 'mp3', 'wav', 'ogg', 'flac', 'aac', 'opus'],
  ...['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'application/pdf', 'text/plain'],
  ...['default', 'priority', 'flex', 'reserved', 'standard', 'optimized', 'ephemeral', '5m', '1h'],
  ...['success', 'error', 'enabled', 'disabled', 'sync', 'guard_content', 'grounding_source', 'query'],
  ...['bedrock-2023-05-31', 'messages-v1', 'search_document', 'search_query', 'classification', 'clustering'],
]);

function isSetting(value: unknown): boolean {
  return typeof value === 'string' ? WORDS.has(value) : !isObject(value);
}

/** @param body is what cannot be told apart any more */
function text(value: unknown, body: Uint8Array): InputPart {
  if (typeof value === 'string') return { is: 'text', bytes: Buffer.byteLength(value) };
  return { is: 'text', bytes: jsonBytes(value) ?? body.byteLength };
}

/** Bytes that are neither are read as text, by whatever model takes them. */
function data(value: unknown, body: Uint8Array): InputPart {
  const held = typeof value === 'string' ? holds(value) : undefined;
  if (held === 'picture') return { is: 'pictures', count: 1 };
  return held === 'attachment' ? { is: 'attached', bytes: (String(value).length * 3) / 4 } : text(value, body);
}
