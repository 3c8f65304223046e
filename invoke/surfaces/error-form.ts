import type { TollgateError } from '../../contract/errors.ts';

/** The part of an error's answer that differs from surface to surface. */
export interface ErrorForm {
  /** Instead of the error's own. */
  status?: number;
  headers?: Record<string, string>;
  body: object;
}

/** The sentence for a caller; a retired model's names what to use instead. */
export function sentence({ publicMessage, successor }: TollgateError): string {
  return successor === undefined ? publicMessage : `${publicMessage} Use ${successor} instead.`;
}
