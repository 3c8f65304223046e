import { RETRY_AFTER_MAX_SECONDS } from '../../contract/limits/invoke.ts';
import {
  LATENCY_HALF_LIFE_MS,
  LATENCY_WEIGHT,
  PAUSE_MIN_MS,
  THROTTLE_GROWTH,
  THROTTLE_PAUSE_MS,
  THROTTLE_SHARE,
} from '../../contract/limits/routing.ts';

/** What this process has seen of one place. Only calls tell it: there is no traffic of its own. */
export interface Health {
  /** To the first byte, decayed; undefined: nothing has been measured. */
  latencyMs: number | undefined;
  measuredAt: number;
  /** Until when it is passed over. */
  coolsUntil: number;
  /** It failed, and has not answered since. */
  suspect: boolean;
  /** When a failure, and a throttle, was last seen that was not known before. */
  failedAt: number;
  throttledAt: number;
  /** For how long the last throttle made it cool: THROTTLE_GROWTH times as long by each, as much shorter by each answer. */
  pauseMs: number;
}

/** throttled: it is there, and has no room. failed: it may be gone. */
export type Trouble = 'throttled' | 'failed';

/** How an attempt went on its way: `ms` from its sending to its first byte, or to its end. */
export interface Went {
  now: number;
  ms: number;
}

export function unknownHealth(): Health {
  const never = Number.NEGATIVE_INFINITY;
  return {
    latencyMs: undefined,
    measuredAt: 0,
    coolsUntil: 0,
    suspect: false,
    failedAt: never,
    throttledAt: never,
    pauseMs: 0,
  };
}

/** A call goes there. The first to do so after a place has failed and cooled finds out for the others, which go on passing it over. */
export function taken(health: Health, now: number, cooldownMs: number): void {
  if (health.suspect && now >= health.coolsUntil) health.coolsUntil = now + cooldownMs;
}

/** It gave its first byte. */
export function answered(health: Health, { now, ms }: Went): void {
  health.latencyMs = health.latencyMs === undefined ? ms : health.latencyMs + LATENCY_WEIGHT * (ms - health.latencyMs);
  health.measuredAt = now;
  health.pauseMs = health.pauseMs < PAUSE_MIN_MS ? 0 : health.pauseMs / THROTTLE_GROWTH;
  // What was sent before the trouble began says nothing of how it is now.
  if (now - ms < Math.max(health.failedAt, health.throttledAt)) return;
  health.suspect = false;
  health.coolsUntil = 0;
}

/**
 * It is passed over for a while.
 *
 * After a failure for `cooldownMs`, but no longer than it had been well before: what fails now and then is still used for half of
 * the time, and what goes on failing is soon asked no oftener than that.
 *
 * After a throttle for a moment: made longer by throttles and shorter by answers, it grows only where more than half of what is
 * sent comes back. So a place that has room for a part of its calls gets about as many as it has room for, found by asking, and
 * one that throttles three in ten, whatever comes, gets all of them and takes seven.
 */
export function troubled(
  health: Health,
  trouble: Trouble,
  { now, ms }: Went,
  { cooldownMs, retryAfterSeconds = 0 }: { cooldownMs: number; retryAfterSeconds?: number | undefined },
): void {
  const told = now + Math.min(retryAfterSeconds, RETRY_AFTER_MAX_SECONDS) * 1000;
  // Another trouble ends none earlier, except that a place which was thought to be gone is found to be there.
  const before = trouble === 'throttled' && health.suspect ? 0 : health.coolsUntil;
  health.coolsUntil = Math.max(health.coolsUntil, told);
  // Many calls that were under way when it began tell of one trouble, and not of many.
  if (now - ms < Math.max(health.failedAt, health.throttledAt)) return;
  let pauseMs: number;
  if (trouble === 'failed') {
    pauseMs = Math.min(cooldownMs, now - health.failedAt);
    health.failedAt = now;
    health.suspect = true;
  } else {
    const rare = Math.min(THROTTLE_PAUSE_MS, THROTTLE_SHARE * (now - health.throttledAt));
    pauseMs = Math.min(cooldownMs, Math.max(THROTTLE_GROWTH * health.pauseMs, rare, PAUSE_MIN_MS));
    health.throttledAt = now;
    health.pauseMs = pauseMs;
    // It is there.
    health.suspect = false;
  }
  health.coolsUntil = Math.max(before, told, now + pauseMs);
}

/** What it is likely to take now; 0 where nobody knows, and the less the longer nobody has asked, so that it is asked again. */
export function likelyMs({ latencyMs = 0, measuredAt }: Health, now: number): number {
  return latencyMs * 2 ** ((measuredAt - now) / LATENCY_HALF_LIFE_MS);
}
