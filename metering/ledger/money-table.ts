import type { Money } from '../money.ts';

/** Two doubles hold each exactly: below 2^53 units, and how many times as much. */
const UNITS = 10n ** 15n;

/** Amounts by slot, in flat arrays that are there only once an amount is: 16 bytes a slot. None is above 10^12 dollars. */
export class MoneyTable {
  readonly #slots: number;
  #amounts = new Float64Array();

  /** @param slots how many there are; each has nothing */
  constructor(slots: number) {
    this.#slots = slots;
  }

  get(slot: number): Money {
    const [high = 0, low = 0] = [this.#amounts[2 * slot], this.#amounts[2 * slot + 1]];
    // Most calls have none, and a number is looked at in less time than a bigint is made.
    if (high === 0 && low === 0) return 0n;
    return BigInt(high) * UNITS + BigInt(low);
  }

  set(slot: number, amount: Money): void {
    if (this.#amounts.length === 0) {
      if (amount === 0n) return;
      this.#amounts = new Float64Array(2 * this.#slots);
    }
    this.#amounts[2 * slot] = Number(amount / UNITS);
    this.#amounts[2 * slot + 1] = Number(amount % UNITS);
  }
}
