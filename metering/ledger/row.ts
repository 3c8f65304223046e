import type { Money } from '../money.ts';
import type { Cost, TokenSums } from '../price.ts';
import type { Party } from './pass.ts';
import type { ToldSums } from './told.ts';

/** Calls of one party at one price. */
export interface UsageRow extends Party {
  /** '' when the calls have no price. */
  priceVersion: string;
  /** Of attempts in which the model ran; the others use nothing. */
  tokens: TokenSums;
  /** Calls in which the model ran. */
  invocations: number;
  /** Calls that counted tokens and ran no model. */
  counted: number;
  /** Calls refused by us, by the model as malformed, or by IAM. */
  refused: number;
  /** Calls that the model throttled or failed before its first byte. */
  failed: number;
  /** Attempts in whose place another one answered. */
  retried: number;
  /** Invocations whose tokens are our estimate. */
  estimated: number;
  /** Calls that began and of which no end was seen within UNSETTLED_AFTER_MS. */
  unsettled: number;
  /** Invocations, and attempts that used something, without a price. */
  unpriced: number;
  /** null: not known, because nothing in the row has a price. */
  cost: RowCost | null;
  /** What its calls told of how they went, as TOLD_COLUMNS. */
  told: ToldSums;
}

export interface RowCost extends Cost {
  /** How much of the two together is of calls whose tokens are our estimate. Of bought hours nothing: their price is known. */
  estimated: Money;
}

/** Whether there is something in a row to pay or to ask about: not where calls were only refused, or went elsewhere at once. */
export function hasUse({
  invocations,
  unsettled,
  tokens,
}: Pick<UsageRow, 'invocations' | 'unsettled' | 'tokens'>): boolean {
  return invocations + unsettled > 0 || Object.values(tokens).some((count) => count > 0n);
}

/** @returns the sum of those that are known; null when neither is */
export function addCosts(a: RowCost | null, b: RowCost | null): RowCost | null {
  if (a === null || b === null) return a ?? b;
  return { input: a.input + b.input, output: a.output + b.output, estimated: a.estimated + b.estimated };
}

/**
 * What calls cost together, as it is told: nothing is said to have cost zero but what is known to. Of calls that all lack
 * a price or an end the cost is not known.
 *
 * @param sums `cost`: of the calls that have a price
 * @returns null: not known
 */
export function knownCost({
  invocations,
  unpriced,
  unsettled,
  cost,
}: Pick<UsageRow, 'invocations' | 'unpriced' | 'unsettled' | 'cost'>): RowCost | null {
  const known = invocations > unpriced || unpriced + unsettled === 0;
  return known ? (cost ?? { input: 0n, output: 0n, estimated: 0n }) : null;
}
