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
 * looks like a picture there is none. Tools, the schemas of them and of answers, what tools were called with and answered
 * (`input`, `json`, `arguments`, Cohere's `parameters` and `outputs`), documents of Cohere's and AI21's.
 */
const FREE = new Set([
  ...['tools', 'toolConfig', 'functions', 'schema'],
  ...['input', 'json', 'arguments', 'parameters', 'outputs', 'documents'],
]);

/** A part of what a model is given to read. */
export type InputPart =
  | { is: 'text'; bytes: number }
  | { is: 'pictures'; count: number }
  | { is: 'attached'; bytes: number };

/**
 * What a request gives a model to read, as far as its form tells. No recursion: the depth of a body is not ours.
 *
 * @param root a request's body, parsed; any value
 */
export function* inputParts(root: unknown): Generator<InputPart, void, void> {
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') yield text(value);
    else if (Array.isArray(value)) for (const item of value) open.push(item);
    else if (isObject(value) && value.type === 'image') yield pictures(1);
    else if (isObject(value))
      for (const [name, inner] of Object.entries(value)) {
        if (PICTURES.has(name)) yield pictures(Array.isArray(inner) ? inner.length : 1);
        else if (ATTACHED.has(name) && typeof inner === 'string') yield attached(inner);
        else if (FREE.has(name)) yield text(JSON.stringify(inner));
        // By reference: how much it is, is not known here.
        else if (name === 's3Location') yield pictures(1);
        else if (!NAMES.has(name) || !isName(inner)) open.push(inner);
      }
  }
}

/** A signature of what a model thought is longer, and counted: on the high side. */
function isName(value: unknown): boolean {
  return typeof value === 'string' && value.length <= NAME_MAX_CHARS;
}

function text(words: string): InputPart {
  return { is: 'text', bytes: Buffer.byteLength(words) };
}

function pictures(count: number): InputPart {
  return { is: 'pictures', count };
}

/** Anthropic's documents of plain text have a `data`, too. */
function attached(data: string): InputPart {
  return BASE64.test(data) ? { is: 'attached', bytes: (data.length * 3) / 4 } : text(data);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object';
}
