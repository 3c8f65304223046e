/** Dates as documents write them: ISO 8601 text in UTC. Apart from the schemas, which a call needs none of. */

/** Of milliseconds since 1970. */
export function isoMilliseconds(ms: number): string {
  return new Date(ms).toISOString();
}

/** Of seconds since 1970. */
export function isoSeconds(s: number): string {
  return new Date(s * 1000).toISOString().replace('.000Z', 'Z');
}
