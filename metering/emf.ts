import { logLine, METRICS, type Metric } from '../contract/log.ts';
import { BILLABLE, type FinishedUsage, NO_TOKENS, type UsageRecord } from '../contract/usage.ts';

/** The event name of a usage line. The delivery to S3 does not look at it: it selects `{ $.usage.v = 1 }`. */
export const USAGE_EVENT = 'usage';

/**
 * One usage line. The whole record stands in the member `usage`, so no value a tenant chose becomes a member of the line
 * itself, and JSON escapes every line break, so none can begin a second line.
 *
 * Only the finished line carries metrics: two lines a call, one count. Its timestamp is the call's start, as in the
 * record, so that CloudWatch's sum of an hour and the ledger's hour hold the same calls.
 *
 * @returns one line without its newline
 */
export function usageLine(record: UsageRecord): string {
  const event = { event: USAGE_EVENT, usage: record };
  return record.phase === 'started'
    ? logLine(record.at, event)
    : logLine(record.at, event, metricsOf(record), dimensionsOf(record));
}

function metricsOf(record: FinishedUsage): Partial<Record<Metric, number>> {
  const billable = BILLABLE.has(record.outcome);
  const tokens = billable ? record.tokens : NO_TOKENS;
  return {
    [METRICS.calls]: billable ? 1 : 0,
    [METRICS.refused]: billable || record.outcome === 'counted' ? 0 : 1,
    [METRICS.inputTokens]: tokens.input,
    [METRICS.outputTokens]: tokens.output,
    [METRICS.cacheReadTokens]: tokens.cacheRead,
    [METRICS.cacheWriteTokens]: tokens.cacheWrite,
  };
}

// CloudWatch drops a line whose dimension is empty, and a refused call may have no model.
function dimensionsOf({ tenant, model }: FinishedUsage): Record<string, string> {
  return { ...(tenant === '' ? {} : { Tenant: tenant }), ...(model === '' ? {} : { Model: model }) };
}
