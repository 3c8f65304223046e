import { hash } from 'node:crypto';
import type { CallerContext } from '../contract/context.ts';
import { ANSWERS_MAX, ANSWERS_MAX_CHARS } from '../contract/limits/server.ts';
import type { Clock } from '../contract/log.ts';

/** @throws TollgateError `unauthenticated`, `forbidden` or `unavailable` */
export type Admit = (authorization: string, requestId: string) => Promise<CallerContext>;

interface Kept {
  caller: CallerContext;
  /** Milliseconds since 1970. */
  until: number;
  chars: number;
}

export interface AnswersOptions {
  admit: Admit;
  ttlSeconds: number;
  clock: Clock;
  /** Of answers, and of their characters in JSON. */
  max?: number;
  maxChars?: number;
}

/**
 * The authorizer's answers in memory, as API Gateway keeps them: by the whole Authorization header, for the TTL, and here never
 * past the token's `exp`. A failure is not kept. Requests with one header that arrive together ask once.
 */
export function createAnswers({
  admit,
  ttlSeconds,
  clock,
  max = ANSWERS_MAX,
  maxChars = ANSWERS_MAX_CHARS,
}: AnswersOptions): Admit {
  // By SHA-256: whoever reads this memory finds no token in it. The first is the least recently used.
  const kept = new Map<string, Kept>();
  const asking = new Map<string, Promise<CallerContext>>();
  let chars = 0;

  const drop = (key: string): void => {
    chars -= kept.get(key)?.chars ?? 0;
    kept.delete(key);
  };

  const keep = (key: string, caller: CallerContext): void => {
    const until = Math.min(clock() + ttlSeconds * 1_000, caller.exp * 1_000);
    drop(key);
    const size = JSON.stringify(caller).length;
    kept.set(key, { caller, until, chars: size });
    chars += size;
    for (const oldest of kept.keys()) {
      if (kept.size <= max && chars <= maxChars) break;
      drop(oldest);
    }
  };

  return (authorization, requestId) => {
    if (ttlSeconds === 0) return admit(authorization, requestId);
    const key = hash('sha256', authorization, 'base64');
    const found = kept.get(key);
    if (found !== undefined) {
      if (found.until > clock()) {
        kept.delete(key);
        kept.set(key, found);
        return Promise.resolve(found.caller);
      }
      drop(key);
    }
    const under = asking.get(key);
    if (under !== undefined) return under;
    const asked = admit(authorization, requestId)
      .then((caller) => {
        keep(key, caller);
        return caller;
      })
      .finally(() => asking.delete(key));
    asking.set(key, asked);
    return asked;
  };
}
