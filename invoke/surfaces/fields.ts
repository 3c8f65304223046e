import { TollgateError } from '../../contract/errors.ts';
import type { Json } from '../../contract/json.ts';
import { shownName } from '../names.ts';

/**
 * What a surface makes of each member of a request, in one table that validates, is documented from and describes it in
 * OpenAPI. A member that is not in it is refused by its name: nothing is dropped in silence.
 */

/**
 * What becomes of a member.
 * translated: into the form that the model takes. passed: to the model as it came. ignored: it changes no answer, and the note
 * says why. refused: it would change the answer, and nothing here does that; the note says what to do instead.
 */
export type Fate = 'translated' | 'passed' | 'ignored' | 'refused';

type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object';

/** A part of JSON Schema (2020-12), which is how it is published; `fields` and `by` stand for what is longer there. */
export interface Schema {
  /** Absent: any. */
  readonly type?: JsonType | readonly JsonType[];
  readonly enum?: readonly (string | number | boolean)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  /** All members of an object. */
  readonly fields?: Fields;
  readonly required?: readonly string[];
  /** Of an object whose members have names of the caller's own. */
  readonly values?: Schema;
  readonly maxProperties?: number;
  /** Objects of several forms, told apart by the word that this member has. */
  readonly by?: {
    readonly member: string;
    readonly of: Readonly<Record<string, Form>>;
    /** The word of an object that has none. */
    readonly absent?: string;
    /** Why no other word is taken, where new ones come to be. */
    readonly others?: string;
  };
}

/** One of several forms of an object; `refused` says what to do instead of using it. */
export type Form =
  | (Pick<Schema, 'fields' | 'required'> & { readonly refused?: undefined })
  | { readonly refused: string };

export interface Field extends Schema {
  readonly fate: Fate;
  /** For documents, one sentence: what it becomes, or why it is ignored or refused. */
  readonly note: string;
  /** Of a refused member: values that ask for what happens anyway, and are accepted. Null always is. */
  readonly neutral?: readonly Json[];
}

export type Fields = Readonly<Record<string, Field>>;

export function translated(note: string, schema: Schema = {}): Field {
  return { ...schema, fate: 'translated', note };
}

export function passed(note: string, schema: Schema = {}): Field {
  return { ...schema, fate: 'passed', note };
}

export function ignored(note: string, schema: Schema = {}): Field {
  return { ...schema, fate: 'ignored', note };
}

export function refused(note: string, neutral: readonly Json[] = []): Field {
  return { fate: 'refused', note, neutral };
}

export type Members = { readonly [name: string]: Json };

/**
 * That a request is what the table says. Null counts as absent, as the vendors' SDKs write what is not set.
 *
 * @param at where the members stand, e.g. `messages[0]`; '' for the request itself
 * @throws TollgateError `invalid_request` whose field is the first member at fault
 */
export function checkFields(fields: Fields, members: Members, required: readonly string[] = [], at = ''): void {
  checkMembers(fields, members, required, at);
}

/** @param told the member that told the form apart, if one did: it has been looked at */
function checkMembers(fields: Fields, members: Members, required: readonly string[], at: string, told?: string): void {
  for (const [name, value] of Object.entries(members)) {
    if (value === null || name === told) continue;
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) throw unsupported(below(at, shownName(name)));
    const where = below(at, name);
    if (field.fate === 'refused') {
      if (!field.neutral?.some((neutral) => same(neutral, value))) throw unsupported(where, field.note);
    } else check(field, value, where);
  }
  // Last: what is given in the place of a missing member is named first, with what to do instead.
  for (const name of required) if (members[name] == null) throw invalid(below(at, name), 'must be given');
}

/** @throws TollgateError `invalid_request` naming the member */
function check(schema: Schema, value: Json, at: string): void {
  const { type } = schema;
  if (type !== undefined && !(typeof type === 'string' ? is(type, value) : type.some((one) => is(one, value))))
    throw invalid(at, `must be ${typeof type === 'string' ? NAMES[type] : type.map((one) => NAMES[one]).join(' or ')}`);
  if (schema.enum !== undefined && isPlain(value) && !schema.enum.includes(value))
    throw invalid(at, `must be ${schema.enum.length === 1 ? '' : 'one of '}${schema.enum.join(', ')}`);
  if (typeof value === 'number') checkNumber(schema, value, at);
  else if (typeof value === 'string') checkLength(value.length, schema.minLength, schema.maxLength, 'characters', at);
  else if (Array.isArray(value)) {
    checkLength(value.length, schema.minItems, schema.maxItems, 'items', at);
    const { items } = schema;
    if (items !== undefined) for (const [index, item] of value.entries()) check(items, item, `${at}[${index}]`);
  } else if (value !== null && typeof value === 'object') checkObject(schema, value, at);
}

function checkNumber({ minimum, maximum }: Schema, value: number, at: string): void {
  if ((minimum === undefined || value >= minimum) && (maximum === undefined || value <= maximum)) return;
  if (minimum === undefined) throw invalid(at, `must be at most ${maximum}`);
  throw invalid(at, maximum === undefined ? `must be ${minimum} or more` : `must be from ${minimum} to ${maximum}`);
}

function checkLength(length: number, min = 0, max = Number.POSITIVE_INFINITY, unit: string, at: string): void {
  if (length < min) throw invalid(at, min === 1 ? 'must not be empty' : `must have ${min} ${unit} or more`);
  if (length > max) throw invalid(at, `must have at most ${max} ${unit}`);
}

function checkObject({ fields, required, by, values, maxProperties }: Schema, value: Members, at: string): void {
  if (maxProperties !== undefined) checkLength(Object.keys(value).length, 0, maxProperties, 'members', at);
  if (values !== undefined)
    for (const [name, inner] of Object.entries(value)) check(values, inner, below(at, shownName(name)));
  if (by !== undefined) {
    const word = value[by.member] ?? by.absent;
    const form = typeof word === 'string' && Object.hasOwn(by.of, word) ? by.of[word] : undefined;
    const where = below(at, by.member);
    if (form === undefined) {
      if (typeof word === 'string' && by.others !== undefined)
        throw unsupported(where, `${shownName(word)}: ${by.others}`);
      const known = Object.entries(by.of).flatMap(([name, { refused }]) => (refused === undefined ? [name] : []));
      throw invalid(where, `must be ${known.length === 1 ? '' : 'one of '}${known.join(', ')}`);
    }
    if (form.refused !== undefined) throw unsupported(where, form.refused);
    if (form.fields !== undefined) checkMembers(form.fields, value, form.required ?? [], at, by.member);
  } else if (fields !== undefined) checkFields(fields, value, required, at);
}

const NAMES: Readonly<Record<JsonType, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
};

function is(type: JsonType, value: Json): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return value !== null && typeof value === 'object' && !Array.isArray(value);
    case 'integer':
      return Number.isSafeInteger(value);
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type;
  }
}

function isPlain(value: Json): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function same(a: Json, b: Json): boolean {
  return a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
}

function below(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`;
}

/**
 * @param param where the member stands, e.g. `messages[0].content[1]`; a name of the caller's own is a `shownName`
 * @param instead what to do instead
 */
export function unsupported(param: string, instead?: string): TollgateError {
  const shown = param.slice(0, 128);
  const what = `${shown} is not supported here, or not with this value.`;
  return new TollgateError('invalid_request', {
    field: shown,
    reason: 'unsupported-parameter',
    message: instead === undefined ? what : `${what} ${instead}`,
  });
}

/** @param must the rule that was broken, e.g. `must be a string` */
export function invalid(param: string, must: string): TollgateError {
  return new TollgateError('invalid_request', {
    field: param,
    reason: 'invalid-parameter',
    message: `${param} ${must}.`,
  });
}
