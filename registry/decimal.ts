import { DOLLARS } from '../contract/decimal.ts';

/** Prices as decimal text: why one is not, the one way to write it, and its exact product with a power of ten. */

/** A decimal of any number of digits. */
const SHAPE = /^(0|[1-9]\d*)(\.\d+)?$/;

/** @returns why `value` is no amount of dollars, as a reason of `bad_entry`; undefined: it is one */
export function decimalFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'not-text';
  if (!SHAPE.test(value)) return shapeFault(value);
  const text = canonicalDecimal(value);
  if (DOLLARS.test(text)) return undefined;
  return DOLLARS.test(text.replace(/\..*/, '')) ? 'too-many-digits' : 'too-large';
}

function shapeFault(text: string): string {
  if (text === '') return 'empty';
  if (/^[+-]?inf(inity)?$/i.test(text)) return 'not-finite';
  if (/^-[\d.]/.test(text)) return 'negative';
  if (/^\+?[\d.]+e[+-]?\d+$/i.test(text)) return 'exponent';
  return /\d/.test(text) ? 'not-a-decimal' : 'not-a-number';
}

/** @param text a decimal @returns the one way to write that number: without needless zeros behind the point */
export function canonicalDecimal(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

/**
 * Moves the point to the right, which is exact: the price of 1,000 becomes that of 1,000,000.
 *
 * @param text a decimal of any number of digits
 * @param places 0 or more
 * @returns text x 10^places, in its one way to write; it may have too many digits to be a price
 */
export function timesTenTo(text: string, places: number): string {
  const [whole = '', fraction = ''] = text.split('.');
  const behind = fraction.padEnd(places, '0');
  const digits = (whole + behind.slice(0, places)).replace(/^0+(?=\d)/, '');
  return canonicalDecimal(behind.length > places ? `${digits}.${behind.slice(places)}` : digits);
}
