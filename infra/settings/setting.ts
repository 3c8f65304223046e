import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { parse as yaml } from 'yaml';
import { TollgateError } from '../../contract/errors.ts';
import { nearest } from '../../contract/nearest.ts';

/** How one value of `context` is read and checked; each function throws `bad_setting`, which names the key. */

export const PREFIX = 'tollgate:';

/** The value of a key without its prefix; undefined where it is not set. */
export type At = (name: string) => unknown;

/** One row of the table in docs/deploy.md. */
export interface Told {
  /** What may be given, and what holds unless it is. */
  values: string;
  /** What it makes, or what it does where it makes nothing. */
  makes: string;
  /** us-east-1, list prices; `nothing` where AWS takes nothing for it. */
  costs: string;
  /** What it changes for security. */
  security: string;
}

/** Settings of one concern. What is not told is not known, so the table in the documentation is whole. */
export interface Group<Settings, Base> {
  readonly told: Readonly<Record<string, Told>>;
  /** @throws TollgateError `bad_setting` naming the key */
  read(at: At, base: Base): Settings;
}

const FILE = 'file:';

/** Sentences of one error; a list of which every item is wrong is wrong for one reason. */
const TOLD_MAX = 50;

/**
 * A value given with `-c` is always text, and an empty one means "as if it were not there". `file:<path>` is what that file
 * says, as YAML or JSON: the path is relative to where the CDK runs, which is where cdk.json lies.
 */
export function given(context: Readonly<Record<string, unknown>>, name: string): unknown {
  const value = context[PREFIX + name];
  if (value === '') return undefined;
  return typeof value === 'string' && value.startsWith(FILE)
    ? fromFile(value.slice(FILE.length), PREFIX + name)
    : value;
}

function fromFile(path: string, key: string): unknown {
  try {
    return yaml(readFileSync(path, 'utf8'));
  } catch (error) {
    throw bad(key, `names the file ${path}, which cannot be read as YAML or JSON: ${(error as Error).message}`);
  }
}

export function text(at: At, name: string, pattern: RegExp, what: string): string {
  const found = optional(at, name, pattern, what);
  if (found === undefined) throw bad(PREFIX + name, 'is not set');
  return found;
}

export function optional(at: At, name: string, pattern: RegExp, what: string): string | undefined {
  const value = at(name);
  if (value === undefined) return undefined;
  // An account written as a number in JSON may have lost its leading zeros.
  if (typeof value !== 'string') throw bad(PREFIX + name, 'must be text, in quotes');
  if (!pattern.test(value)) throw bad(PREFIX + name, what);
  return value;
}

export function whole(at: At, name: string, min: number, max: number, otherwise: number): number {
  const value = at(name);
  if (value === undefined) return otherwise;
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max) return number;
  throw bad(PREFIX + name, `must be a whole number from ${min} to ${max}`);
}

export function oneOf<T extends string>(at: At, name: string, values: readonly T[], otherwise: T): T {
  const value = at(name);
  if (value === undefined) return otherwise;
  const found = values.find((one) => one === value);
  if (found === undefined) throw bad(PREFIX + name, `must be one of ${values.join(', ')}`);
  return found;
}

export function flag(at: At, name: string, otherwise: boolean): boolean {
  const value = at(name);
  if (value === undefined) return otherwise;
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw bad(PREFIX + name, 'must be true or false');
}

/**
 * A setting with members.
 *
 * @param schema its own messages complete the member's path: "must be a CIDR of /16 to /24"
 * @param value as cdk.json has it, or as text that `-c` gave
 * @returns undefined where it is not set, or `none`
 * @throws TollgateError `bad_setting` naming the first member at fault, e.g. `tollgate:network.zones`, and telling of all
 */
export function parsed<S extends v.GenericSchema>(schema: S, at: At, name: string): v.InferOutput<S> | undefined {
  const raw = at(name);
  if (isOff(raw)) return undefined;
  const value = typeof raw === 'string' && /^\s*[[{]/.test(raw) ? json(raw, PREFIX + name) : raw;
  // A list is an object to JavaScript, and so to the schema.
  if (Array.isArray(value) && schema.type.endsWith('object')) throw bad(PREFIX + name, `must be ${KINDS.Object}`);
  const result = v.safeParse(schema, value, { abortPipeEarly: true });
  if (result.success) return result.output;
  throw badOnes(result.issues.map((issue) => problemOf(issue, schema as Parts, PREFIX + name)));
}

/** Whether the value of a setting with members says that there is to be none of it. */
export function isOff(value: unknown): boolean {
  return value === undefined || value === 'none' || value === false || value === 'false';
}

function problemOf(issue: v.BaseIssue<unknown>, schema: Parts, key: string): [key: string, what: string] {
  const keys = (issue.path ?? []).map(({ key }) => key);
  const path = key + keys.map((one) => (typeof one === 'number' ? `[${one}]` : `.${String(one)}`)).join('');
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const meant = nearest(String(keys.at(-1)), membersAt(schema, keys.slice(0, -1)));
    return [path, `is not a known member${meant === undefined ? '' : `; did you mean ${meant}?`}`];
  }
  if (/^(must|is|cannot|needs) /.test(issue.message)) return [path, issue.message];
  if (issue.received === 'undefined') return [path, 'is not set'];
  return [
    path,
    `must be ${KINDS[issue.expected ?? ''] ?? `one of ${(issue.expected ?? '').replaceAll(/["()]/g, '')}`}`,
  ];
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  Array: 'a list',
  Object: 'an object with members',
};

/** What a schema of valibot is made of, as far as names of members are asked for. */
interface Parts {
  entries?: Record<string, Parts>;
  /** Of a record. */
  value?: Parts;
  item?: Parts;
  wrapped?: Parts;
  options?: readonly Parts[];
  /** What is read first, and what is made of it. */
  pipe?: readonly Parts[];
}

/** @returns the names of the members that an object may have which lies at `path` of what a schema describes */
function membersAt(schema: Parts, path: readonly unknown[]): string[] {
  const { entries, value, item, wrapped, options, pipe } = schema;
  if (wrapped !== undefined) return membersAt(wrapped, path);
  if (Array.isArray(options)) return options.flatMap((option: Parts) => membersAt(option, path));
  const [, ...made] = pipe ?? [];
  if (made.some((part) => part.entries !== undefined)) return made.flatMap((part) => membersAt(part, path));
  const [next, ...rest] = path;
  if (next === undefined) return Object.keys(entries ?? {});
  const inner = typeof next === 'number' ? item : (entries?.[String(next)] ?? value);
  return inner === undefined ? [] : membersAt(inner, rest);
}

export function json(value: string, key: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    // cdk's -c passes on the first line of a value alone.
    throw bad(key, 'is not JSON, which -c takes on one line alone; file:<name> reads JSON or YAML from a file');
  }
}

export function unknownSetting(name: string, known: Iterable<string>): TollgateError {
  const meant = nearest(name, known);
  return bad(PREFIX + name, `is not a known setting${meant === undefined ? '' : `; did you mean ${PREFIX}${meant}?`}`);
}

export function bad(key: string, what: string): TollgateError {
  return badOnes([[key, what]]);
}

/** @param problems one at least; the error is of the first, and its message has a line for each */
export function badOnes(problems: readonly (readonly [key: string, what: string])[]): TollgateError {
  const [[field, what] = [PREFIX, 'is wrong']] = problems;
  const lines = problems.map(([key, what]) => `${key} ${what}${/[.?]$/.test(what) ? '' : '.'}`);
  const told = lines.slice(0, TOLD_MAX);
  if (lines.length > TOLD_MAX) told.push(`${field} is the first of ${lines.length} that are wrong.`);
  return new TollgateError('bad_setting', {
    field,
    reason: 'bad-setting',
    message: told.join('\n') || `${field} ${what}.`,
  });
}
