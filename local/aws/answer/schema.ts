import { invalid } from '../error.ts';
import { isObject, type JsonObject } from '../read.ts';

/** Levels at which what a schema leaves open is still filled; below, only what it requires. */
const OPTIONAL_LEVELS = 6;
/** A schema that requires more levels, or more values, is one that requires itself, or nobody's. */
const LEVELS_MAX = 64;
const VALUES_MAX = 10_000;
/** Characters that one text may have to have. */
const TEXT_MAX_CHARS = 100_000;

/** https://json-schema.org/draft/2020-12/json-schema-validation#name-defined-formats */
const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-31',
  time: '12:00:00Z',
  'date-time': '2026-01-31T12:00:00Z',
  duration: 'P1D',
  email: 'echo@example.com',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uri: 'https://example.com/echo',
  uuid: '00000000-0000-4000-8000-000000000000',
};

/** Texts of common forms, for a pattern that the echo does not match. */
const FORMS = ['a', 'A', 'aa', 'AA', 'Aa', 'aaa', 'AAA', '0', '00', '000', '0000', 'a0', 'A0', 'AAA-000', '2026-01-31'];

/**
 * A value that fits a JSON Schema and depends on nothing but it and the text: every text in it is the text or begins with
 * it, as far as the schema lets it; of several choices the first, of a list as few items as may be but one, numbers as
 * small as may be from 0.
 *
 * @throws AwsError ValidationException for a schema that this cannot fit, e.g. of an unusual pattern
 */
export function fitting(schema: unknown, text: string): unknown {
  return valueFor(schema, { root: schema, text, level: 0, nth: 0, spent: { values: 0 } });
}

interface Place {
  root: unknown;
  text: string;
  level: number;
  /** Which item of its list, so that no two are the same. */
  nth: number;
  spent: { values: number };
}

function valueFor(schema: unknown, place: Place): unknown {
  if (place.level > LEVELS_MAX || ++place.spent.values > VALUES_MAX) throw unfit('requires too much');
  if (schema === true) return place.text;
  if (!isObject(schema)) throw unfit('has a part that is none');
  if (typeof schema.$ref === 'string') {
    const { $ref, ...beside } = schema;
    return valueFor(merged(referred(place.root, schema.$ref), beside), { ...place, level: place.level + 1 });
  }
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[place.nth % schema.enum.length];
  const { allOf, anyOf, oneOf, ...own } = schema;
  if (Array.isArray(allOf)) return valueFor(allOf.reduce(merged, { ...own, anyOf, oneOf }), place);
  const choices = anyOf ?? oneOf;
  if (Array.isArray(choices)) return firstThatFits(choices, own, place);
  switch (typeOf(own)) {
    case 'object':
      return objectFor(own, place);
    case 'array':
      return listFor(own, place);
    case 'string':
      return textFor(own, place);
    case 'integer':
    case 'number':
      return numberFor(own, place);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      throw unfit('names a type that there is not');
  }
}

function typeOf(schema: JsonObject): unknown {
  const { type } = schema;
  if (type !== undefined) return Array.isArray(type) ? type[0] : type;
  if (schema.properties !== undefined || schema.required !== undefined) return 'object';
  if (schema.items !== undefined || schema.prefixItems !== undefined) return 'array';
  return schema.minimum !== undefined || schema.maximum !== undefined ? 'number' : 'string';
}

/** The first, as long as there is room; then the last, since what ends a list or a tree is usually named last. */
function firstThatFits(choices: readonly unknown[], own: JsonObject, place: Place): unknown {
  let last: unknown = unfit('has no choice');
  for (const choice of place.level < OPTIONAL_LEVELS ? choices : choices.toReversed()) {
    try {
      return valueFor(merged(own, choice), { ...place, level: place.level + 1 });
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

function objectFor(schema: JsonObject, place: Place): JsonObject {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const names = new Set(place.level < OPTIONAL_LEVELS ? [...Object.keys(properties), ...required] : required);
  const inner = { ...place, level: place.level + 1 };
  return Object.fromEntries([...names].map((name) => [name, valueFor(properties[name] ?? true, inner)]));
}

function listFor(schema: JsonObject, place: Place): unknown[] {
  const { prefixItems, items = true, minItems, maxItems = Number.POSITIVE_INFINITY } = schema;
  const first = Array.isArray(prefixItems) ? prefixItems : [];
  const usual = place.level < OPTIONAL_LEVELS && items !== false ? 1 : 0;
  const length = Math.min(Number(minItems ?? Math.max(first.length, usual)), Number(maxItems));
  return Array.from({ length }, (_, nth) => valueFor(first[nth] ?? items, { ...place, level: place.level + 1, nth }));
}

function textFor(
  { minLength = 0, maxLength = Number.POSITIVE_INFINITY, format, pattern }: JsonObject,
  place: Place,
): string {
  if (typeof format === 'string' && Object.hasOwn(FORMATS, format)) return FORMATS[format] ?? '';
  if (Number(minLength) > TEXT_MAX_CHARS) throw unfit('requires too much');
  const own = place.nth === 0 ? place.text : `${place.text} ${place.nth}`;
  const sized = own.slice(0, Number(maxLength)).padEnd(Number(minLength), '.');
  if (typeof pattern !== 'string') return sized;
  const wanted = patternOf(pattern);
  const found = [sized, ...FORMS].find((form) => wanted.test(form));
  if (found === undefined) throw unfit('has a pattern that nothing known here matches');
  return found;
}

function patternOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    throw unfit('has a pattern that cannot be read');
  }
}

function numberFor(schema: JsonObject, { nth }: Place): number {
  const step = Number(schema.multipleOf ?? 1);
  const above = schema.exclusiveMinimum === undefined ? undefined : Number(schema.exclusiveMinimum) + step;
  const below = schema.exclusiveMaximum === undefined ? undefined : Number(schema.exclusiveMaximum) - step;
  const most = Number(schema.maximum ?? below ?? Number.POSITIVE_INFINITY);
  const least = Number(schema.minimum ?? above ?? Math.min(0, most));
  return Math.min(Math.ceil(least / step) * step + nth * step, most);
}

/** Both at once, as far as members of objects go. */
function merged(one: unknown, other: unknown): JsonObject {
  const [a, b] = [one, other].map((schema) => (isObject(schema) ? schema : {})) as [JsonObject, JsonObject];
  const members = { ...a, ...b };
  if (isObject(a.properties) && isObject(b.properties)) members.properties = { ...a.properties, ...b.properties };
  if (Array.isArray(a.required) && Array.isArray(b.required)) members.required = [...a.required, ...b.required];
  return members;
}

function referred(root: unknown, pointer: string): unknown {
  if (!pointer.startsWith('#')) throw unfit('refers to another document');
  const names = pointer.slice(1).split('/').slice(1);
  const found = names
    .map((name) => decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((at, name) => (isObject(at) ? at[name] : undefined), root);
  if (found === undefined) throw unfit('refers to what is not there');
  return found;
}

const unfit = (why: string) => invalid(`The JSON schema ${why}.`);
