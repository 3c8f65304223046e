import type { Sampler } from '../../contract/otlp.ts';
import type { TraceContext } from '../../contract/trace-context.ts';

/** The seven last bytes of a trace's id are random (https://www.w3.org/TR/trace-context-2/#random-trace-id-flag), X-Ray's too. */
const RANDOM_DIGITS = 14;
const RANDOM_MAX = 16 ** RANDOM_DIGITS;

/** Whether a call leaves a span. The same of every call of a trace, in whichever process. */
export function isSampled({ heedsCaller, ratio }: Sampler, { traceId, sampled }: TraceContext): boolean {
  if (heedsCaller && sampled !== undefined) return sampled;
  return Number.parseInt(traceId.slice(-RANDOM_DIGITS), 16) < ratio * RANDOM_MAX;
}
