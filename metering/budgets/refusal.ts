import { TollgateError } from '../../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../../contract/limits/contract.ts';
import { isoSeconds } from '../../registry/dates.ts';
import type { Lacking } from './quota.ts';

/** What tells a caller which budget it is and when to come back: the one that takes longest. */
export function refusalOf(by: readonly Lacking[], now: number): TollgateError {
  const waits = by
    .map((lacking) => {
      const seconds = Math.max(1, Math.ceil((lacking.counter.window.until - now) / 1000));
      return { ...lacking, seconds: lacking.held ? Math.min(RETRY_AFTER_SECONDS, seconds) : seconds };
    })
    .sort((a, b) => b.seconds - a.seconds);
  const [longest] = waits;
  if (longest === undefined) return new TollgateError('rate_limited', { retryAfterSeconds: RETRY_AFTER_SECONDS });
  const { counter, held, usedUp, seconds } = longest;
  const { id } = counter.budget;
  const resets = isoSeconds(counter.window.until / 1000);
  return new TollgateError('rate_limited', {
    reason: held ? 'budget-held' : 'budget-used-up',
    message: held
      ? `What is left of the budget ${id} is reserved by calls that are still running; try again in ${seconds} s.`
      : `The budget ${id} ${usedUp ? 'is used up' : 'has not enough left for this call'}; it is reset at ${resets}.`,
    retryAfterSeconds: seconds,
    // No SDK waits out a day, but each would ask again and again at once.
    ...(held || counter.budget.period === 'minute' ? {} : { retry: false }),
    detail: { budgets: by.map(({ counter: { budget } }) => budget.id), window: counter.window.name },
  });
}
