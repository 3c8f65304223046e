import { invalid } from './error.ts';
import { CACHE_TTLS, type CacheTtl } from './service.ts';

/** Reading a request's JSON member by member; what is not as it should be is a ValidationException that names it. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** @throws AwsError ValidationException */
export function parseBody(body: Buffer | string): JsonObject {
  try {
    return objectOf(JSON.parse(body.toString()), 'body');
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid('The request body is not JSON.');
    throw error;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** @throws AwsError ValidationException */
export function objectOf(value: unknown, name: string): JsonObject {
  if (isObject(value)) return value;
  throw invalid(`${name} must be an object`);
}

/** A list, [] when it is absent. @throws AwsError ValidationException */
export function listAt(value: unknown, name: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw invalid(`${name} must be a list`);
}

/** @throws AwsError ValidationException */
export function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw invalid(`${name} must be text`);
}

/** A list of text, [] when it is absent. @throws AwsError ValidationException */
export function textsAt(value: unknown, name: string): string[] {
  return listAt(value, name).map((item) => textOf(item, name));
}

/** One of several words. @throws AwsError ValidationException */
export function wordOf(value: unknown, name: string, words: readonly string[]): string {
  const word = textOf(value, name);
  if (words.includes(word)) return word;
  throw invalid(`${name} must be one of ${words.join(', ')}`);
}

/** As Bedrock refuses what a model's own schema has no place for. @throws AwsError ValidationException */
export function onlyMembers(body: JsonObject, names: readonly string[]): void {
  const other = Object.keys(body).find((name) => !names.includes(name));
  if (other !== undefined) throw invalid(`Malformed input request: extraneous key [${other}] is not permitted`);
}

/** A whole number of 1 or more, undefined when it is absent. @throws AwsError ValidationException */
export function countAt(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) return value;
  throw invalid(`${name} must be a whole number of 1 or more`);
}

/** How long a cache point keeps what stands before it; five minutes when it does not say. @throws AwsError */
export function ttlAt(value: unknown, name: string): CacheTtl {
  const ttl = CACHE_TTLS.find((known) => known === (value ?? '5m'));
  if (ttl === undefined) throw invalid(`${name} must be one of 5m, 1h`);
  return ttl;
}
