import { TollgateError } from '../contract/errors.ts';

/** How one value of `context` is read and checked; each function throws `bad_setting`, which names the key. */

export const PREFIX = 'tollgate:';

/** The value of a key without its prefix; undefined where it is not set. */
export type At = (name: string) => unknown;

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

export function bad(key: string, what: string): TollgateError {
  return new TollgateError('bad_setting', {
    field: key,
    reason: 'bad-setting',
    message: `${key} ${what}${what.endsWith('?') ? '' : '.'}`,
  });
}
