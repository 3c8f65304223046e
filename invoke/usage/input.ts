import type { Target } from '../../contract/model.ts';
import { isEndpoint, type ProviderRequest } from '../call.ts';
import { isObject, member, unheldBytes, written } from './json.ts';
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
export function* inputParts(request: ProviderRequest, target: Target, root: unknown): Generator<InputPart, void, void> {
  const { operation, body } = request;
  let numbers = false;
  const text = (value: unknown): InputPart => {
    if (typeof value === 'string') return { is: 'text', bytes: Buffer.byteLength(value) };
    const json = written(value);
    numbers ||= NUMBER.test(json ?? '');
    // What cannot be told apart any more may be all of it.
    return { is: 'text', bytes: json === undefined ? body.byteLength : Buffer.byteLength(json) };
  };
  const open: [value: unknown, shape: Shape][] = [
    [isOpaque(request, root) ? undefined : root, schemaOf(operation, target)],
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, place] = next;
    const shape = typeof place === 'function' ? place(value) : place;
    if (typeof shape === 'object') {
      if (!isObject(value) || Array.isArray(value) !== Array.isArray(shape)) yield text(value);
      else if (Array.isArray(shape)) for (const item of Object.values(value)) open.push([item, shape[0]]);
      else
        for (const [name, inner] of Object.entries(value)) {
          const known = Object.hasOwn(shape, name) ? (shape as Record<string, Shape>)[name] : undefined;
          if (known === undefined) yield text({ [name]: inner });
          else open.push([inner, known]);
        }
    } else if (shape === 'drawing' && isObject(value))
      for (const [name, inner] of Object.entries(value)) {
        if (!Array.isArray(value)) yield text(name);
        open.push([inner, shape]);
      }
    else if (shape === 'data' || shape === 'drawing') yield data(value) ?? text(value);
    else {
      if (shape === 'reference') yield { is: 'pictures', count: 1 };
      if (shape !== 'ours' && !(shape === 'setting' && isSetting(value))) yield text(value);
    }
  }
  if (numbers) yield { is: 'text', bytes: unheldBytes(body) };
}

/** What a container makes of a body that is not in OpenAI's form, or was not checked to be JSON, it alone knows: all of it is text. */
function isOpaque({ operation, contentType }: ProviderRequest, root: unknown): boolean {
  return (
    isEndpoint(operation) && !(contentType.startsWith('application/json') && Array.isArray(member(root, 'messages')))
  );
}

/** Where JSON may have one; one that is too large to be held is written as null. */
const NUMBER = /(?:^|[:[,])(?:-?\d|null)/;

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
  ...['float', 'NONE', 'nova-multimodal-embed-v1', 'SINGLE_EMBEDDING'],
  ...['GENERIC_INDEX', 'GENERIC_RETRIEVAL', 'CLASSIFICATION', 'CLUSTERING'],
]);

function isSetting(value: unknown): boolean {
  return typeof value === 'string' ? WORDS.has(value) : !isObject(value);
}

/** Undefined for bytes that are neither: whatever model takes them reads them as text. */
function data(value: unknown): InputPart | undefined {
  if (typeof value !== 'string') return undefined;
  switch (holds(value)) {
    case 'picture':
      return { is: 'pictures', count: 1 };
    case 'attachment':
      return { is: 'attached', bytes: (value.length * 3) / 4 };
    default:
      return undefined;
  }
}
