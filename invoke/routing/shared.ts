import { asTollgateError } from '../../contract/errors.ts';
import {
  SHARED_ATTEMPTS,
  SHARED_KEPT_SECONDS,
  SHARED_MIN_MS,
  SHARED_READ_MS,
  SHARED_REMOVALS_MAX,
} from '../../contract/limits/routing.ts';
import { type Clock, logLine, type WriteLine } from '../../contract/log.ts';
import { COOLING } from '../../metering/budgets/counter-names.ts';
import type { Counters, Counts } from '../../metering/budgets/counters.ts';
import type { Health } from './health.ts';

/** What the processes of a stage tell each other of places that cool, so that a thousand new ones do not each find out by a caller. */
export interface Shared {
  /** Puts into what this process knows of a place what others have told of it, as far as that has come. */
  learn(key: string, health: Health): void;
  /** Tells the others that it cools, if that is worth a write. Neither waits nor throws. */
  tell(key: string, health: Health, waitUntil?: (rest: Promise<unknown>) => void): void;
}

export interface SharedOptions {
  counters: Pick<Counters, 'counts' | 'update'>;
  clock: Clock;
  /** 0 to 1. */
  random: () => number;
  write: WriteLine;
}

/**
 * One item for all places of a stage: by a place's key, until when it cools, milliseconds since 1970. It is read when this is
 * made, which is when a process starts, and beside a call when it is old; what has come when a place is chosen counts. It is
 * written when a place begins to cool for longer than it takes the others to read of it, on the condition that nobody else
 * has: the answer then says what they wrote. A place that is well again is found out by whoever told of it, and soon by the others.
 *
 * A table that does not answer is logged, and each process knows what it has seen itself.
 */
export function createShared({ counters, clock, random, write }: SharedOptions): Shared {
  let known = new Map<string, number>();
  /** Until when a place cooled as this process last knew of the others, or told them. */
  const learned = new Map<string, number>();
  let reading: Promise<void> | undefined;
  let readAt = 0;

  const took = ({ numbers }: Counts): void => {
    known = new Map([...numbers].map(([key, until]) => [key, Number(until)]));
    // The item's own end is no place's, and long past if it is read as one: a write would remove it, and be refused.
    known.delete('expiresAt');
  };

  /** Whatever becomes of it, nothing is thrown. */
  const quietly = async (what: string, act: () => Promise<void>): Promise<void> => {
    try {
      await act();
    } catch (thrown) {
      const { code, reason, detail } = asTollgateError(thrown);
      write(logLine(clock(), { event: 'shared-health', level: 'warn', what, code, reason, ...detail }));
    }
  };

  const read = (): void => {
    readAt = clock();
    reading = quietly('read', async () => took(await counters.counts(COOLING))).finally(() => {
      reading = undefined;
    });
  };

  /** @returns false: somebody else had told of it */
  const put = async (key: string, until: number): Promise<boolean> => {
    for (let attempt = 1; attempt <= SHARED_ATTEMPTS; attempt++) {
      const there = known.get(key);
      if (there !== undefined && there >= until) return false;
      const now = clock();
      const over = [...known].filter(([other, ended]) => other !== key && ended < now - SHARED_KEPT_SECONDS * 1000);
      const { applied, counts } = await counters.update({
        key: COOLING,
        add: new Map([[key, BigInt(until - (there ?? 0))]]),
        equal: new Map([[key, there === undefined ? undefined : BigInt(there)]]),
        remove: over.slice(0, SHARED_REMOVALS_MAX).map(([other]) => other),
        expiresAt: Math.floor(until / 1000) + SHARED_KEPT_SECONDS,
      });
      took(counts);
      if (applied) return true;
      if ((known.get(key) ?? 0) > now) return false;
    }
    return false;
  };

  /** Who told of it asks first whether it is over: the others come later, each in its own time, when they may have read how it went. */
  const follow = (health: Health, until: number): void => {
    health.coolsUntil = Math.max(health.coolsUntil, until) + random() * 2 * SHARED_READ_MS;
    health.suspect = true;
  };

  read();
  return {
    learn(key, health) {
      const now = clock();
      if (reading === undefined && now - readAt >= SHARED_READ_MS) read();
      const until = known.get(key) ?? 0;
      if (until <= now || until <= (learned.get(key) ?? 0)) return;
      learned.set(key, until);
      if (until <= health.coolsUntil) return;
      follow(health, until);
    },
    tell(key, health, waitUntil) {
      const now = clock();
      const { coolsUntil } = health;
      // One write as it begins: what goes on cooling is known to.
      if (coolsUntil - now < SHARED_MIN_MS || (learned.get(key) ?? 0) > now) return;
      const until = Math.ceil(coolsUntil);
      learned.set(key, until);
      const told = quietly('write', async () => {
        // An answer may have come meanwhile.
        if (!(await put(key, until)) && health.suspect) follow(health, known.get(key) ?? 0);
      });
      waitUntil?.(told);
    },
  };
}
