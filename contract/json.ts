import { TollgateError } from './errors.ts';
import { JSON_MAX_DEPTH } from './limits/contract.ts';

export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * JSON as two readers cannot differ on it (RFC 8259, I-JSON RFC 7493): UTF-8 without a BOM, no member twice, no
 * `__proto__`, bounded depth. `JSON.parse` alone keeps the last of two equal members where other parsers keep the first,
 * and an attacker needs only two readers who disagree about `model` or `tenant`.
 *
 * @param source the text or its bytes
 * @param field what to name in the error
 * @returns the value, built by JSON.parse
 * @throws TollgateError `invalid_request` with reason not-utf8 | not-json | too-deep | duplicate-member | forbidden-member
 *   | lone-surrogate
 */
export function parseJson(source: string | Uint8Array, field = 'body', maxDepth = JSON_MAX_DEPTH): Json {
  const text = typeof source === 'string' ? source : utf8(source, field);
  const fail = (reason: string, message: string): never => {
    throw new TollgateError('invalid_request', { field, reason, message });
  };
  // Depth first: JSON.parse recurses, and a body of a million brackets must not reach it.
  if (depthOf(text, maxDepth) > maxDepth) fail('too-deep', `The ${field} is nested more than ${maxDepth} levels deep.`);
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    throw new TollgateError('invalid_request', {
      field,
      reason: 'not-json',
      message: `The ${field} is not JSON.`,
      cause,
    });
  }
  const name = firstBadMember(text);
  if (name !== undefined)
    fail(
      name === '__proto__' ? 'forbidden-member' : 'duplicate-member',
      `The ${field} ${name === '__proto__' ? 'holds the member' : 'has a member twice:'} ${JSON.stringify(name.slice(0, 64))}.`,
    );
  if (!text.isWellFormed() || holdsLoneSurrogate(value))
    fail('lone-surrogate', `The ${field} holds half of a surrogate pair.`);
  return value;
}

/** parseJson for what must be an object. @throws TollgateError `invalid_request`, also with reason not-an-object */
export function parseJsonObject(source: string | Uint8Array, field = 'body'): { [member: string]: Json } {
  const value = parseJson(source, field);
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new TollgateError('invalid_request', {
      field,
      reason: 'not-an-object',
      message: `The ${field} must be a JSON object.`,
    });
  return value;
}

function utf8(bytes: Uint8Array, field: string): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new TollgateError('invalid_request', {
      field,
      reason: 'not-utf8',
      message: `The ${field} is not UTF-8.`,
      cause,
    });
  }
}

/** The index just past a string that begins (with its quote) at `at`; the text may still be invalid JSON. */
export function endOfString(text: string, at: number): number {
  for (let end = text.indexOf('"', at + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === 0x5c) escapes++;
    // An even number of them are backslashes themselves; those before one quote are before no other.
    if (escapes % 2 === 0) return end + 1;
  }
  return text.length;
}

function depthOf(text: string, stopAt: number): number {
  let depth = 0;
  let deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) i = endOfString(text, i) - 1;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > deepest) deepest = depth;
      if (deepest > stopAt) return deepest;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return deepest;
}

/** The first member name that stands twice in one object, or `__proto__`. Relies on JSON.parse having accepted `text`. */
function firstBadMember(text: string): string | undefined {
  const open: (Set<string> | null)[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x7b) open.push(new Set());
    else if (c === 0x5b) open.push(null);
    else if (c === 0x7d || c === 0x5d) open.pop();
    else if (c === 0x22) {
      const end = endOfString(text, i);
      const members = open.at(-1);
      if (members && isMemberName(text, end)) {
        const raw = text.slice(i, end);
        // Escapes must not hide a repetition: "a" and "\u0061" are one name.
        const name = raw.includes('\\') ? (JSON.parse(raw) as string) : raw.slice(1, -1);
        if (name === '__proto__' || members.has(name)) return name;
        members.add(name);
      }
      i = end - 1;
    }
  }
  return undefined;
}

function isMemberName(text: string, after: number): boolean {
  for (let i = after; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x3a) return true;
    if (c !== 0x20 && c !== 0x09 && c !== 0x0a && c !== 0x0d) return false;
  }
  return false;
}

// Only an escape can make one once the text itself is well formed, and escaped surrogates are rare: look for the
// escape first and walk the value only then.
function holdsLoneSurrogate(value: Json): boolean {
  if (typeof value === 'string') return !value.isWellFormed();
  if (value === null || typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.some(holdsLoneSurrogate);
  return Object.entries(value).some(([name, inner]) => !name.isWellFormed() || holdsLoneSurrogate(inner));
}
