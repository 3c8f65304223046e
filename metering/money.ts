/**
 * Exact decimal money: a bigint of units, 10^15 to the dollar. A price has at most 12 decimals and is per 1,000 tokens,
 * so tokens x price is always a whole number of units: no binary fraction, and nothing is ever rounded.
 */
export type Money = bigint;

/** Decimals of a Money. */
export const MONEY_SCALE = 15;

/** Decimals that a price per 1,000 tokens may have; the registry refuses more. */
export const PRICE_SCALE = 12;

const DECIMAL = /^(\d{1,30})(?:\.(\d{1,30}))?$/;

/**
 * @param text plain decimal notation, not negative, e.g. `0.01102`
 * @param scale the most decimals it may have
 * @returns units of 10^-scale, or undefined when the text is anything else
 */
export function parseDecimal(text: string, scale: number): bigint | undefined {
  const match = DECIMAL.exec(text);
  if (!match) return undefined;
  const [, whole = '', fraction = ''] = match;
  const digits = fraction.replace(/0+$/, '');
  return digits.length > scale ? undefined : BigInt(whole + digits.padEnd(scale, '0'));
}

/** @returns plain decimal notation, exact, without needless zeros: `0.02697696`, `12`, `0` */
export function formatMoney(money: Money): string {
  const digits = money.toString().padStart(MONEY_SCALE + 1, '0');
  const fraction = digits.slice(-MONEY_SCALE).replace(/0+$/, '');
  const whole = digits.slice(0, -MONEY_SCALE);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** The inverse of formatMoney. @returns undefined when the text is not such a number */
export function parseMoney(text: string): Money | undefined {
  return parseDecimal(text, MONEY_SCALE);
}
