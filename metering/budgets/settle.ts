import { asTollgateError } from '../../contract/errors.ts';
import { SETTLE_ATTEMPTS, SETTLE_BACKOFF_MS } from '../../contract/limits/budgets.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../../contract/log.ts';
import type { Counters, Counts } from './counters.ts';
import type { Amounts, Subject } from './quota.ts';
import { type Crossing, crossings, type Reservation, settlement } from './reservation.ts';

/** A part of a call's reservation that stands in one item, and the item as it was just after. */
export interface Held extends Reservation {
  counts: Counts;
}

export interface SettleOptions {
  counters: Pick<Counters, 'update'>;
  clock: Clock;
  write: WriteLine;
  /** Tells of thresholds that were crossed. */
  announce: (crossings: readonly Crossing[], subject: Subject) => Promise<void>;
  /** Resolves after some milliseconds. */
  pause: (ms: number) => Promise<unknown>;
}

/**
 * @returns puts what a call has used in the place of what it had reserved in an item. Never rejects: what could not be
 *   settled is a line and a metric, and its release is metering's
 */
export function createSettle(options: SettleOptions) {
  const { counters, clock, write, announce, pause } = options;

  /** Only one attempt of several changes anything, so as many are made as there is time for. */
  return async (subject: Subject, held: Held, used: Amounts): Promise<void> => {
    for (let attempt = 1; ; attempt++)
      try {
        const now = clock();
        const { applied, counts } = await counters.update(settlement(held, used, held.counts, now));
        // A repetition of what was applied already, whose moment is over: the thresholds were crossed then.
        if (!applied) return;
        const crossed = crossings(held, used, counts, now);
        if (crossed.length > 0) await announce(crossed, subject);
        return;
      } catch (thrown) {
        if (attempt === SETTLE_ATTEMPTS) {
          const { code, reason } = asTollgateError(thrown);
          const { tenant, model } = subject;
          const event = { event: 'budget-unsettled', level: 'error', tenant, model, code, reason } as const;
          const budgets = held.counters.map(({ budget }) => budget.id);
          write(logLine(clock(), { ...event, budgets }, { [METRICS.budgetUnsettled]: 1 }));
          return;
        }
        await pause(SETTLE_BACKOFF_MS * 2 ** (attempt - 1));
      }
  };
}
