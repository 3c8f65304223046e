import type { KeyObject } from 'node:crypto';
import { asTollgateError, TollgateError } from '../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../contract/limits/contract.ts';
import { CONTEXT_KEY_COOLDOWN_MS, CONTEXT_KEY_LAST_GOOD_MS, CONTEXT_KEY_MAX_AGE_MS } from '../contract/limits/seal.ts';
import { type Clock, logLine, METRICS, type WriteLine } from '../contract/log.ts';
import { isRecent } from '../contract/recent.ts';

/** A key that contexts are sealed with. What a version holds never changes. */
export interface ContextKey {
  version: string;
  key: KeyObject;
}

/** The key that seals, and the one before it, by which contexts that are still cached were sealed. */
export interface KeyPair {
  current: ContextKey;
  previous: ContextKey | undefined;
}

export interface ContextKeys {
  /** Reads the keys, so that the first call finds them. Nobody waits for it, and it never fails. */
  prefetch(): void;
  /** @throws TollgateError `unavailable` with reason context-key: the key cannot be read */
  current(): Promise<ContextKey>;
  /**
   * @returns undefined when neither key has that version; at once while what was read is fresh
   * @throws TollgateError `unavailable` with reason context-key: it cannot be known
   */
  find(version: string): ContextKey | undefined | Promise<ContextKey | undefined>;
}

export interface ContextKeysOptions {
  /** Rejects when the keys could not be read. */
  read: () => Promise<KeyPair>;
  /** What they are called in the log. Default `context-key`. */
  name?: string;
  clock: Clock;
  write: WriteLine;
}

/**
 * Keys in memory, with these bounds, all published:
 * - after CONTEXT_KEY_MAX_AGE_MS they are read again, beside the call that finds them old, which does not wait;
 * - past CONTEXT_KEY_LAST_GOOD_MS calls wait for them, and get 503 while they cannot be read;
 * - a version that is not there makes one reading for all who ask at once, and the next one waits CONTEXT_KEY_COOLDOWN_MS, so
 *   what a forger makes up costs one request in that time.
 */
export function createContextKeys({ read, name = 'context-key', clock, write }: ContextKeysOptions): ContextKeys {
  let known: { keys: KeyPair; at: number } | undefined;
  let failedAt: number | undefined;
  let missedAt: number | undefined;
  let flight: Promise<void> | undefined;

  const within = (at: number | undefined, span: number): boolean => isRecent(at, span, clock());

  const load = async (): Promise<void> => {
    // The moment before asking: what is rotated out while the answer travels counts as old from here.
    const at = clock();
    try {
      known = { keys: await read(), at };
      failedAt = undefined;
    } catch (thrown) {
      failedAt = clock();
      const { code, reason, detail } = asTollgateError(thrown);
      write(logLine(clock(), { event: `${name}-unreadable`, level: 'error', code, reason, detail }));
    }
  };

  const refresh = async (): Promise<void> => {
    if (within(failedAt, CONTEXT_KEY_COOLDOWN_MS)) return;
    flight ??= load().finally(() => {
      flight = undefined;
    });
    await flight;
  };

  /** What may be used now. A reading is begun when it is getting old. */
  const usable = (): KeyPair | undefined => {
    if (!within(known?.at, CONTEXT_KEY_LAST_GOOD_MS)) return undefined;
    if (!within(known?.at, CONTEXT_KEY_MAX_AGE_MS)) void refresh();
    return known?.keys;
  };

  const required = async (): Promise<KeyPair> => {
    const keys = usable() ?? (await refresh().then(usable));
    if (keys !== undefined) return keys;
    throw undecided();
  };

  function undecided(): TollgateError {
    write(logLine(clock(), { event: 'undecided', level: 'error', reason: name }, { [METRICS.undecided]: 1 }));
    return new TollgateError('unavailable', { reason: name, retryAfterSeconds: RETRY_AFTER_SECONDS });
  }

  const among = ({ current, previous }: KeyPair, version: string): ContextKey | undefined =>
    [current, previous].find((key) => key?.version === version);

  const look = async (version: string): Promise<ContextKey | undefined> => {
    const found = among(await required(), version);
    if (found !== undefined || within(missedAt, CONTEXT_KEY_COOLDOWN_MS)) return found;
    // A key may have been made since. Failing to learn that is not the caller's fault.
    await refresh();
    if (failedAt !== undefined) throw undecided();
    missedAt = known?.at;
    return among(await required(), version);
  };

  return {
    prefetch: () => void refresh(),
    current: async () => (await required()).current,
    find(version) {
      const keys = usable();
      return (keys && among(keys, version)) ?? look(version);
    },
  };
}
