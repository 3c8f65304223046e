import { type Budget, isTenantRate } from '../../contract/budget.ts';
import { asTollgateError, TollgateError } from '../../contract/errors.ts';
import {
  COUNTERS_KEPT_SECONDS,
  EXACT_REQUESTS_PER_MINUTE,
  REQUESTS_PER_MINUTE,
  SESSIONS_PER_MINUTE,
  SHARE_FIRST_STEP,
  SHARE_STEPS,
} from '../../contract/limits/budgets.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../../contract/log.ts';
import { isoSeconds } from '../../registry/dates.ts';
import { parseWindow, type Window, windowOf } from '../calendar.ts';
import { counterName, parseAttribute, tenantCounters, totalAttribute } from './counter-names.ts';
import type { Counters, Counts } from './counters.ts';

/** What a tenant may take in a minute of what all tenants share. */
export interface Share {
  /** By which it is counted, as a budget is by its id. */
  id: string;
  /** What there is so many of, for people. */
  of: string;
  limit: number;
}

/**
 * Takes one from a tenant's share, at once.
 *
 * @param call keeps the function alive for what is told in the background
 * @throws TollgateError `rate_limited` when the minute's is used up
 */
export type Take = (tenant: string, share: Share, call: { waitUntil(promise: Promise<unknown>): void }) => void;

export interface SharesOptions {
  counters: Pick<Counters, 'update'>;
  clock: Clock;
  write: WriteLine;
}

/** Sessions that STS is asked for: each new principal of a tenant has its own, and nobody says how many there are. */
export const SESSIONS: Share = { id: '_sessions', of: 'sessions at AWS', limit: SESSIONS_PER_MINUTE };

const REQUESTS: Share = { id: '_requests', of: 'requests', limit: REQUESTS_PER_MINUTE };

/** Whether a budget is counted as a share is: it is larger than what can be counted before each call is sent. */
export function isShare(budget: Budget): boolean {
  return isTenantRate(budget, 'requests') && Number(budget.limit) > EXACT_REQUESTS_PER_MINUTE;
}

/** @param budgets that the tenant is under @returns its least share of requests: of its budgets, or what everybody has */
export function requestsShare(budgets: readonly Budget[]): Share {
  let least: Share | undefined;
  for (const budget of budgets) {
    if (!isShare(budget) || Number(budget.limit) >= (least?.limit ?? Number.POSITIVE_INFINITY)) continue;
    least = { id: budget.id, of: REQUESTS.of, limit: Number(budget.limit) };
  }
  return least ?? REQUESTS;
}

/** What this process knows of one share in one minute. */
interface Known {
  /** Taken here, and how many of those the table was told. */
  here: number;
  told: number;
  /** Taken elsewhere, as the table last said. */
  elsewhere: number;
  /** The table is told when `here` has reached it. */
  next: number;
  telling: boolean;
}

/**
 * Shares of what all tenants share, counted by each process in its memory. Nobody waits for the table: it is told in the
 * background, of the first step and then whenever as many again have been taken, at most a SHARE_STEPS-th of the limit; its
 * answer says what the others took. So a process alone keeps to its limit, and many pass it by one step of each at most, and by
 * what they take while an answer is on its way.
 *
 * A table that does not answer refuses nobody: a process goes on by what it knows, and counts what it could not tell.
 */
export function createShares({ counters, clock, write }: SharesOptions): Take {
  const known = new Map<string, Known>();
  let window = windowOf('minute', clock());

  return (tenant, share, call) => {
    const now = clock();
    if (now < window.from || now >= window.until) {
      window = windowOf('minute', now);
      known.clear();
    }
    const key = `${share.id} ${tenant}`;
    const mine = known.get(key) ?? { here: 0, told: 0, elsewhere: 0, next: stepOf(share, 0), telling: false };
    known.set(key, mine);
    if (mine.here + mine.elsewhere >= share.limit) throw usedUp(tenant, share);
    mine.here++;
    if (mine.here >= mine.next && !mine.telling) call.waitUntil(tell(tenant, share, window, mine));
  };

  async function tell(tenant: string, share: Share, of: Window, mine: Known): Promise<void> {
    const news = mine.here - mine.told;
    mine.telling = true;
    mine.next = mine.here + stepOf(share, mine.here);
    try {
      const key = tenantCounters(tenant);
      const attribute = totalAttribute(counterName({ id: share.id, unit: 'requests' }, of));
      const expiresAt = Math.floor(of.until / 1000) + COUNTERS_KEPT_SECONDS;
      const { counts } = await counters.update({ key, add: new Map([[attribute, BigInt(news)]]), expiresAt });
      mine.told += news;
      mine.elsewhere = Math.max(mine.elsewhere, Number(counts.numbers.get(attribute) ?? 0n) - mine.told);
      const past = pastAttributes(counts, share, of);
      if (past.length > 0) await counters.update({ key, add: new Map(), remove: past, expiresAt });
    } catch (thrown) {
      const { code, reason } = asTollgateError(thrown);
      const event = { event: 'share-uncounted', level: 'error', tenant, share: share.id, count: news } as const;
      write(logLine(clock(), { ...event, code, reason }, { [METRICS.budgetUnsettled]: 1 }));
    } finally {
      mine.telling = false;
    }
  }

  function usedUp(tenant: string, { id, of, limit }: Share): TollgateError {
    const retryAfterSeconds = Math.max(1, Math.ceil((window.until - clock()) / 1000));
    const event = { event: 'budget-refused', tenant, reason: 'share-used-up', budgets: [id], window: window.name };
    write(logLine(clock(), event, { [METRICS.budgetRefused]: 1 }));
    return new TollgateError('rate_limited', {
      reason: 'share-used-up',
      message: `This tenant has had its ${limit} ${of} of this minute; the next one begins at ${isoSeconds(window.until / 1000)}.`,
      retryAfterSeconds,
      detail: { share: id, window: window.name },
    });
  }
}

/** How many more are taken before the table is told again. */
function stepOf({ limit }: Share, here: number): number {
  return Math.max(1, Math.floor(limit / SHARE_FIRST_STEP), Math.min(here, Math.floor(limit / SHARE_STEPS)));
}

/** Of the minutes before the last: where a tenant has no other budget, nobody else takes them away. */
function pastAttributes({ numbers }: Counts, { id }: Share, window: Window): string[] {
  return [...numbers.keys()].filter((attribute) => {
    const parsed = parseAttribute(attribute);
    if (parsed?.kind !== 'total' || parsed.name.budget !== id) return false;
    const { from = window.from } = parseWindow(parsed.name.window) ?? {};
    return from < window.from - (window.until - window.from);
  });
}
