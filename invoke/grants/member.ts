import { TollgateError } from '../../contract/errors.ts';
import { endOfString, type Json } from '../../contract/json.ts';

/**
 * Sets one member of a JSON object by editing its text: every other byte is the caller's own, so a field newer than
 * anything here survives, and so does a number that JavaScript could not hold.
 *
 * @param body JSON that `parseJsonObject` has accepted: it has no member twice
 * @param path of names; objects that are not there are made
 * @throws TollgateError `invalid_request` naming the member on the way that is no object
 */
export function setMember(body: Uint8Array, path: readonly string[], value: Json): Uint8Array {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  return Buffer.from(set(text, text.indexOf('{'), path, JSON.stringify(value)));
}

/**
 * Takes a member out of a JSON object by editing its text, likewise; as often as it stands there.
 *
 * @param body what is no JSON object is returned as it is
 */
export function withoutMember(body: Uint8Array, name: string): Uint8Array {
  let text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  try {
    if (!/^\s*\{/.test(text)) return body;
    JSON.parse(text);
  } catch {
    return body;
  }
  const object = text.indexOf('{');
  for (let found = spanOf(text, object, name); found !== undefined; found = spanOf(text, object, name)) {
    const after = skipSpace(text, found.end);
    // With the comma that follows; the last one with the comma before it, which is the only other that there can be.
    const before = text.slice(0, found.begin);
    text = text[after] === ',' ? before + text.slice(after + 1) : before.replace(/,\s*$/, '') + text.slice(after);
  }
  return Buffer.from(text);
}

/**
 * Takes members out of a JSON object and puts others in, in one pass over its text: each member that stays is the caller's own
 * bytes.
 *
 * @param body JSON that `parseJsonObject` has accepted
 * @param members by names of ASCII; undefined: it is taken out
 */
export function withMembers(body: Uint8Array, members: Readonly<Record<string, Json | undefined>>): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  // A character for each byte: what the text is made of is ASCII, whatever stands in its strings.
  const text = bytes.toString('latin1');
  const pieces: Uint8Array[] = [];
  const add = (piece: Uint8Array): void => {
    pieces.push(pieces.length === 0 ? OPEN : COMMA, piece);
  };
  for (const [name, value] of Object.entries(members))
    if (value !== undefined) add(Buffer.from(`${JSON.stringify(name)}:${JSON.stringify(value)}`));
  for (const { name, begin, end } of membersOf(text, text.indexOf('{')))
    if (!Object.hasOwn(members, name)) add(bytes.subarray(begin, end));
  return Buffer.concat(pieces.length === 0 ? [OPEN, CLOSE] : [...pieces, CLOSE]);
}

const [OPEN, COMMA, CLOSE] = ['{', ',', '}'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];

function set(text: string, object: number, [name = '', ...rest]: readonly string[], value: string): string {
  const found = spanOf(text, object, name);
  if (found === undefined) {
    const made = rest.reduceRight((inner, member) => `{${JSON.stringify(member)}:${inner}}`, value);
    const comma = text[skipSpace(text, object + 1)] === '}' ? '' : ',';
    return `${text.slice(0, object + 1)}${JSON.stringify(name)}:${made}${comma}${text.slice(object + 1)}`;
  }
  if (rest.length === 0) return text.slice(0, found.start) + value + text.slice(found.end);
  if (text[found.start] === '{') return set(text, found.start, rest, value);
  throw new TollgateError('invalid_request', {
    field: name,
    reason: 'not-an-object',
    message: `${name} must be an object.`,
  });
}

/** Where a member and its value stand in the object that begins at `object`. */
function spanOf(text: string, object: number, name: string): Span | undefined {
  for (const span of membersOf(text, object)) if (span.name === name) return span;
  return undefined;
}

interface Span {
  name: string;
  begin: number;
  /** Of the value. */
  start: number;
  end: number;
}

function* membersOf(text: string, object: number): Generator<Span, void, void> {
  let at = skipSpace(text, object + 1);
  while (text[at] === '"') {
    const nameEnd = endOfString(text, at);
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = endOfValue(text, start);
    yield { name: JSON.parse(text.slice(at, nameEnd)), begin: at, start, end };
    at = skipSpace(text, skipSpace(text, end) + 1);
  }
}

function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === 0x22) {
      at = endOfString(text, at) - 1;
      if (depth === 0) return at + 1;
    } else if (c === 0x7b || c === 0x5b) depth++;
    else if (c === 0x7d || c === 0x5d) {
      // A number or a word is ended by what follows it.
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (c === 0x2c || isSpace(text[at]))) return at;
  }
  return text.length;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text[at])) at++;
  return at;
}

function isSpace(c: string | undefined): boolean {
  return c === ' ' || c === '\n' || c === '\r' || c === '\t';
}
