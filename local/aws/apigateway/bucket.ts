import type { Throttle } from './store.ts';

/**
 * A token bucket: it holds `burstLimit` requests and fills by `rateLimit` a second
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html). The limits come with
 * each request, so that a changed plan is in force for the next one.
 */
export interface Bucket {
  tokens: number;
  /** Milliseconds since 1970 of the last look. */
  at: number;
}

export function fullBucket({ burstLimit }: Throttle, now: number): Bucket {
  return { tokens: burstLimit, at: now };
}

/** @returns whether a request fits; then its token is taken */
export function take(bucket: Bucket, { rateLimit, burstLimit }: Throttle, now: number): boolean {
  // A clock that was set back fills nothing.
  const seconds = Math.max(0, now - bucket.at) / 1_000;
  bucket.tokens = Math.min(burstLimit, bucket.tokens + seconds * rateLimit);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
