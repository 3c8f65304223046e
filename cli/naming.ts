import { isTollgateError, TollgateError } from '../contract/errors.ts';

/** A member of a registry entry as the operator gave it. */
export interface Said {
  /** `--limit`, or in words what has no option. */
  name: string;
  /** What it must be. */
  hint?: string;
}

/**
 * Says of a refused edit which option is at fault, in the operator's words rather than the registry's.
 *
 * @param options by the field of a `bad_entry`
 * @returns the error to throw; one of anything else is itself
 */
export function byOption(error: unknown, options: Readonly<Record<string, Said>>): unknown {
  const said = isTollgateError(error, 'bad_entry') ? options[error.field ?? ''] : undefined;
  if (said === undefined) return error;
  const { reason = 'wrong' } = error as TollgateError;
  const hint = said.hint === undefined ? '' : `; it must be ${said.hint}`;
  return new TollgateError('bad_entry', {
    field: said.name,
    reason,
    message: `${said.name}: ${reason.replaceAll('-', ' ')}${hint}.`,
    cause: error,
  });
}

/** Does it; what is wrong with an entry is thrown by the name of its option. */
export async function namedByOption<T>(
  edit: () => T | Promise<T>,
  options: Readonly<Record<string, Said>>,
): Promise<T> {
  try {
    return await edit();
  } catch (error) {
    throw byOption(error, options);
  }
}
