import type { Code, TollgateError } from '../../contract/errors.ts';
import { NO_SUCH_PLACE } from '../../registry/where.ts';
import type { Trouble } from '../routing/health.ts';

/** What the end of an attempt says of the place that was called. What a place can have trouble with, another one may answer. */

const TROUBLE: Partial<Record<Code, Trouble>> = {
  upstream_throttled: 'throttled',
  upstream_unavailable: 'failed',
  upstream_failed: 'failed',
  deadline: 'failed',
};

/** Reasons that are ours or the call's own, and would be the same anywhere. */
const OURS: ReadonlySet<string | undefined> = new Set(['answer-too-large', 'call-total', 'drain-time', 'drain-bytes']);

/**
 * @param error of an attempt of which nothing has reached the caller
 * @returns answered: the place is well, it refused the call itself; undefined: nothing can be said of it
 */
export function troubleOf({ code, reason, detail }: TollgateError): Trouble | 'answered' | undefined {
  if (code === 'upstream_rejected') return 'answered';
  // A container's failure may be that of one endpoint, and a stream's is to be tried again, AWS says
  // (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ModelStreamErrorException.html). What else Bedrock's models fail
  // at is the request.
  if (code === 'model_failed')
    return detail?.original !== undefined || /^ModelStreamErr/i.test(String(detail?.type)) ? 'failed' : undefined;
  // The registry was edited meanwhile, and the broker has read it since.
  if (reason === NO_SUCH_PLACE) return 'failed';
  // Our own credentials were not taken.
  if (OURS.has(reason) || detail?.status === 401 || detail?.status === 403) return undefined;
  return TROUBLE[code];
}

/** Seconds after which an upstream said that it is to be asked again; undefined: it did not say. */
export function toldSeconds({ detail }: TollgateError): number | undefined {
  return typeof detail?.retryAfter === 'number' ? detail.retryAfter : undefined;
}
