import { MONEY_SCALE, type Money } from '../../metering/money.ts';

/** Dollars as people read them; tables that are calculated with hold the exact amount instead. */
const CENT = 10n ** BigInt(MONEY_SCALE - 2);

/** To the cent; below one cent to two digits that count, so that little is not shown as nothing. `?` when not known. */
export function dollars(money: Money | null): string {
  if (money === null) return '?';
  if (money < 0n) return `−${dollars(-money)}`;
  if (money === 0n) return '$0';
  const unit = money >= CENT ? CENT : 10n ** BigInt(Math.max(0, money.toString().length - 2));
  const rounded = ((money + unit / 2n) / unit) * unit;
  const digits = rounded.toString().padStart(MONEY_SCALE + 1, '0');
  const whole = grouped(digits.slice(0, -MONEY_SCALE));
  const decimals = digits.slice(-MONEY_SCALE, digits.length - (unit.toString().length - 1));
  return `$${whole}.${decimals}`;
}

/** `1234567` -> `1,234,567` */
export function grouped(count: number | bigint | string): string {
  return count.toString().replace(/\B(?=(\d{3})+$)/g, ',');
}

/** The part in percent, to one decimal, in one piece. @param whole not 0 */
export function percent(part: Money, whole: Money): string {
  return `${(Number((part * 10_000n) / whole) / 100).toFixed(1)}\u00a0%`;
}

/** For drawing only: never added up. */
export function asNumber(money: Money): number {
  return Number(money) / 10 ** MONEY_SCALE;
}
