import { DIMENSIONS, logLine, METRICS, type Metric } from '../contract/log.ts';
import {
  BILLABLE,
  type FinishedUsage,
  isCharged,
  NO_TOKENS,
  type Outcome,
  type UsageRecord,
} from '../contract/usage.ts';

/** The event name of a usage line. The delivery to S3 does not look at it: it selects `{ $.usage.v = 1 }`. */
export const USAGE_EVENT = 'usage';

/**
 * One usage line. The whole record stands in the member `usage`, so no value a tenant chose becomes a member of the line
 * itself, and JSON escapes every line break, so none can begin a second line.
 *
 * Only the finished line carries metrics: two lines a call, one count. Its timestamp is the call's start, as in the
 * record, so that CloudWatch's sum of an hour and the ledger's hour hold the same calls.
 *
 * @param more metrics that go with a finished call and are not in its record; 0 is not published
 * @param traceId beside the record: the ledger has no use for it
 * @returns one line without its newline
 */
export function usageLine(
  record: UsageRecord,
  more: Partial<Record<Metric, number>> = {},
  traceId: string | undefined = undefined,
): string {
  const event = { event: USAGE_EVENT, ...(traceId === undefined ? {} : { traceId }), usage: record };
  if (record.phase === 'started') return logLine(record.at, event);
  const metrics = { ...metricsOf(record), ...withoutZeros(more) };
  return logLine(record.at, event, metrics, dimensionsOf(record, metrics[METRICS.refused] === 1));
}

/**
 * A line for each policy of a guardrail that intervened in a call, because a line has one value of a dimension. Without one there
 * is none, and no metric that is paid for.
 */
export function interventionLines({ at, requestId, tenant, model, guardrail }: FinishedUsage): string[] {
  const event = { event: 'guardrail-intervened', requestId, model };
  const dimensions = (policy: string) => ({ [DIMENSIONS.tenant]: tenant, [DIMENSIONS.policy]: policy });
  return (guardrail?.split(',') ?? []).map((policy) =>
    logLine(at, event, { [METRICS.interventions]: 1 }, dimensions(policy)),
  );
}

function metricsOf(record: FinishedUsage): Partial<Record<Metric, number>> {
  const { outcome, durationMs, firstByteMs } = record;
  const billable = BILLABLE.has(outcome);
  const tokens = isCharged(outcome, record.tokens) ? record.tokens : NO_TOKENS;
  return {
    [METRICS.calls]: billable ? 1 : 0,
    [METRICS.refused]: billable || NEITHER.has(outcome) ? 0 : 1,
    [METRICS.inputTokens]: tokens.input,
    [METRICS.outputTokens]: tokens.output,
    [METRICS.cacheReadTokens]: tokens.cacheRead,
    // Of both lifetimes, as CloudWatch's own AWS/Bedrock metrics have them.
    [METRICS.cacheWriteTokens]: tokens.cacheWrite + (tokens.cacheWrite1h ?? 0),
    ...(outcome === 'retried' ? { [METRICS.retried]: 1 } : {}),
    ...(billable ? { [METRICS.latency]: durationMs } : {}),
    ...(billable && firstByteMs >= 0 ? { [METRICS.timeToFirstByte]: firstByteMs } : {}),
  };
}

/** Neither a call of a model nor a refusal: what ran no model by intent, and an attempt that another one answers for. */
const NEITHER: ReadonlySet<Outcome> = new Set(['counted', 'retried']);

function withoutZeros(metrics: Partial<Record<Metric, number>>): Partial<Record<Metric, number>> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => value !== 0));
}

// CloudWatch drops a line whose dimension is empty, and a refused call may have no model.
function dimensionsOf({ tenant, model, code }: FinishedUsage, refused: boolean): Record<string, string> {
  return {
    ...(tenant === '' ? {} : { [DIMENSIONS.tenant]: tenant }),
    ...(model === '' ? {} : { [DIMENSIONS.model]: model }),
    ...(refused && code !== '' ? { [DIMENSIONS.reason]: code } : {}),
  };
}
