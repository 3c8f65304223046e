import type { Budget } from '../../contract/budget.ts';
import type { TollgateError } from '../../contract/errors.ts';
import type { Charge, FinishedUsage } from '../../contract/usage.ts';

/** What budgets say to a call. */

/** Where a budget stands, for the call's headers. In units of its counter. */
export interface Standing {
  budget: Budget;
  limit: bigint;
  /** Settled and reserved, this call included. */
  total: bigint;
  /** Milliseconds since 1970. */
  from: number;
  until: number;
}

/** A call that every hard budget has enough left for. */
export interface Granted {
  refusal: undefined;
  /** The most tokens of answer that were reserved. */
  output: number;
  /** Whether that is a bound to hold: a hard budget of tokens or dollars has nothing reserved beyond it. */
  binding: boolean;
  /** @param record what the call used, once it is known; until then only its input counts */
  standings(record?: Finished): Standing[];
  /** What its counters in dollars are settled with; undefined: none of them counts it. */
  charged(record: Finished): Charge | undefined;
  /** An attempt is over, and another one goes on with the call: what it used is the call's, too. */
  retried(record: Finished): void;
  /** To be called once, with the call's last record. Never rejects. */
  settle(record: Finished): Promise<void>;
}

/** How a call ended, or an attempt at it, as its record says. */
export type Finished = Pick<FinishedUsage, 'outcome' | 'tokens' | 'tier'> &
  Partial<Pick<FinishedUsage, 'code' | 'region' | 'priceRegion' | 'priceModel'>>;

export interface Refused {
  /** `rate_limited`, with the seconds after which to come back. */
  refusal: TollgateError;
  standings(): Standing[];
}
