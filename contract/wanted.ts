import { createHash } from 'node:crypto';

/**
 * What a caller named a model by that its tenant does not hold, as a usage record keeps it: a text of the caller's own, which may be
 * anything, stands in no line. Whoever knows a name can tell whether it is the one that was wanted.
 *
 * @returns 16 digits of 0-9a-f; '' of no name
 */
export function wantedHash(name: string): string {
  return name === '' ? '' : createHash('sha256').update(name).digest('hex').slice(0, 16);
}
