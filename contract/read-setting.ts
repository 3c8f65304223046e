import { isTollgateError, TollgateError } from './errors.ts';

/** How a variable of the environment is read and checked; each function throws `bad_setting`, which names it. */

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads every member, whatever is wrong with those before it: who starts a process learns of all that is wrong at once.
 *
 * @throws TollgateError `bad_setting` naming the first of them; its message has a line for each
 */
export function readAll<T extends object>(members: { readonly [Name in keyof T]: () => T[Name] }): Readonly<T> {
  const wrong: TollgateError[] = [];
  const read = (member: () => unknown): unknown => {
    try {
      return member();
    } catch (error) {
      if (!isTollgateError(error, 'bad_setting')) throw error;
      wrong.push(error);
      return undefined;
    }
  };
  const entries = Object.entries<() => unknown>(members).map(([name, member]) => [name, read(member)]);
  const [first] = wrong;
  if (first === undefined) return Object.freeze(Object.fromEntries(entries) as T);
  // What two members are made of would be told twice.
  const lines = new Set(wrong.flatMap(({ publicMessage }) => publicMessage.split('\n')));
  throw new TollgateError('bad_setting', {
    field: first.field ?? '',
    reason: first.reason,
    message: [...lines].join('\n'),
    cause: first,
  });
}

/**
 * A whole number from the environment.
 *
 * @throws TollgateError `bad_setting` naming the variable, its range and what it was
 */
export function wholeNumber(env: Environment, name: string, min: number, max: number, otherwise: number): number {
  const value = env[name];
  if (value === undefined || value === '') return otherwise;
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (number >= min && number <= max) return number;
  throw bad(name, `must be a whole number from ${min} to ${max}, not ${JSON.stringify(value.slice(0, 40))}`);
}

export function required(env: Environment, name: string): string {
  const value = env[name];
  if (value === undefined || value.trim() === '') throw bad(name, 'is not set');
  return value;
}

export function json(env: Environment, name: string): unknown {
  const text = required(env, name);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw bad(name, 'is not JSON', cause);
  }
}

export function bad(name: string, what: string, cause?: unknown): TollgateError {
  return new TollgateError('bad_setting', { field: name, reason: 'bad-setting', message: `${name} ${what}.`, cause });
}
