import type { RequestContext } from './types.ts';

const ANY = Symbol('*');
const ONE = Symbol('?');

/** A pattern whose variables are filled in: each character as itself, or a wildcard. What a variable held is no wildcard. */
type Pattern = readonly (string | typeof ANY | typeof ONE)[];

/**
 * Whether `text` matches an IAM pattern: `*` is any run of characters, `?` exactly one, everything else itself.
 * Written as a loop: a regular expression of many stars can take exponential time on a hostile pattern.
 */
export function matches(pattern: string, text: string): boolean {
  return fits(wildcardsOf(pattern), text);
}

function fits(pattern: Pattern, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const c = pattern[p];
    if (c === ANY) {
      star = p++;
      resume = t;
    } else if (p < pattern.length && (c === ONE || c === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === ANY) p++;
  return p === pattern.length;
}

/**
 * As `matches`, with policy variables.
 *
 * @returns null when a variable has no value in this request: then nothing can be said, of a negation neither
 */
export function matchesFilled(pattern: string, text: string, context: RequestContext): boolean | null {
  const filled = fill(pattern, context);
  return filled && fits(filled, text);
}

/**
 * ARN patterns match part by part: a wildcard does not reach over one of the first five colons. Variables may stand in
 * the last part only, so one that stands before it is taken to the letter and matches nothing
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html).
 *
 * @returns null as `matchesFilled` does
 */
export function matchesArn(pattern: string, arn: string, context: RequestContext): boolean | null {
  const wanted = parts(pattern);
  const given = parts(arn);
  if (wanted.length !== 6 || given.length !== 6) return false;
  if (!wanted.slice(0, 5).every((part, i) => matches(part, given[i] ?? ''))) return false;
  const [resource = '', text = ''] = [wanted[5], given[5]];
  // Of another type of resource, whatever a variable after it holds.
  const [type] = /^[a-z-]+[/:]/.exec(resource) ?? [''];
  return text.startsWith(type) ? matchesFilled(resource, text, context) : false;
}

/** At the first five colons outside of a variable: its name and its default may hold some. */
function parts(arn: string): string[] {
  const all = arn.match(/(?:\$\{[^}]*\}|[^:])+|(?<=^|:)(?=:|$)/g) ?? [];
  return all.length < 6 ? all : [...all.slice(0, 5), all.slice(5).join(':')];
}

/** A condition key's value, or values if it is one that can have many; undefined when the request does not have it. */
export function valueIn(context: RequestContext, key: string): string | readonly string[] | undefined {
  const wanted = key.toLowerCase();
  for (const [name, value] of Object.entries(context)) if (name.toLowerCase() === wanted) return value;
  return undefined;
}

/** @returns the text with its variables' values, or null when one has none */
export function substitute(text: string, context: RequestContext): string | null {
  let found = '';
  for (const piece of piecesOf(text, context)) {
    if (piece === null) return null;
    found += piece.text;
  }
  return found;
}

function fill(pattern: string, context: RequestContext): Pattern | null {
  const found: (string | typeof ANY | typeof ONE)[] = [];
  for (const piece of piecesOf(pattern, context)) {
    if (piece === null) return null;
    // By UTF-16 unit, as `fits` walks.
    found.push(...(piece.literal ? piece.text.split('') : wildcardsOf(piece.text)));
  }
  return found;
}

function wildcardsOf(text: string): Pattern {
  return text.split('').map((c) => (c === '*' ? ANY : c === '?' ? ONE : c));
}

/**
 * Policy variables, `${aws:PrincipalTag/x}` and `${key, 'default'}`, and the characters `${*}`, `${?}`, `${$}`
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html). null stands for a variable that
 * has no value, or several.
 */
function* piecesOf(text: string, context: RequestContext): Generator<{ text: string; literal: boolean } | null> {
  const variable = /\$\{([^},]+?)(?:\s*,\s*'([^']*)')?\}/g;
  let end = 0;
  for (const { 0: whole, 1: name = '', 2: otherwise, index } of text.matchAll(variable)) {
    yield { text: text.slice(end, index), literal: false };
    end = index + whole.length;
    if (name === '*' || name === '?' || name === '$') {
      yield { text: name, literal: true };
      continue;
    }
    const value = valueIn(context, name.trim()) ?? otherwise;
    yield typeof value === 'string' ? { text: value, literal: true } : null;
  }
  yield { text: text.slice(end), literal: false };
}
