/**
 * Exact decimal money: a bigint of units, 10^18 to the dollar. A price has at most 12 decimals and is per 1,000,000
 * tokens, so tokens x price is always a whole number of units: no binary fraction, and nothing is ever rounded.
 */
export type Money = bigint;

/** Decimals of a Money. */
export const MONEY_SCALE = 18;

/** Decimals that a price may have; the registry refuses more. */
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
  const [, whole, fraction = ''] = match;
  const digits = fraction.replace(/0+$/, '');
  return digits.length > scale ? undefined : BigInt(`${whole}${digits.padEnd(scale, '0')}`);
}

/** @returns plain decimal notation, exact, without needless zeros: `0.02697696`, `12`, `0`; a difference may be `-0.5` */
export function formatMoney(money: Money): string {
  if (money < 0n) return `-${formatMoney(-money)}`;
  const digits = money.toString().padStart(MONEY_SCALE + 1, '0');
  const fraction = digits.slice(-MONEY_SCALE).replace(/0+$/, '');
  const whole = digits.slice(0, -MONEY_SCALE);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** What is counted in `unit`: Money of the unit usd as dollars, everything else as the count that it is. */
export function formatAmount(amount: bigint, unit: string): string {
  return unit === 'usd' ? formatMoney(amount) : String(amount);
}

/** The inverse of formatMoney, but for a sign: amounts read are none below nothing. @returns undefined: not such a number */
export function parseMoney(text: string): Money | undefined {
  return parseDecimal(text, MONEY_SCALE);
}

/**
 * Divides an amount in proportion to weights, by largest remainder: nothing is lost and nothing is added, and no part is
 * a whole unit away from its exact share. Of equal remainders the earlier one gets the unit.
 *
 * @param weights none negative
 * @returns a part for each weight, together `total`; all 0 when no weight is above 0
 */
export function divide(total: Money, weights: readonly bigint[]): Money[] {
  const sum = weights.reduce((a, b) => a + b, 0n);
  if (sum === 0n) return weights.map(() => 0n);
  const parts = weights.map((weight) => (total * weight) / sum);
  const left = total - parts.reduce((a, b) => a + b, 0n);
  const byRemainder = weights
    .map((weight, i) => ({ i, remainder: (total * weight) % sum }))
    // Sorting is stable.
    .sort((a, b) => Number(b.remainder - a.remainder));
  for (const { i } of byRemainder.slice(0, Number(left))) parts[i] = (parts[i] ?? 0n) + 1n;
  return parts;
}
