/**
 * One log line: a JSON object on stdout. With metrics it is also CloudWatch Embedded Metric Format, so that an alarm
 * can watch it without a PutMetricData call
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 */

export const NAMESPACE = 'Tollgate';

/** Every metric Tollgate publishes. The alarms in infra and the checks in metering name them from here. */
export const METRICS = {
  calls: 'Calls',
  refused: 'Refused',
  inputTokens: 'InputTokens',
  outputTokens: 'OutputTokens',
  cacheReadTokens: 'CacheReadTokens',
  cacheWriteTokens: 'CacheWriteTokens',
  /** IAM refused a call that our own code had allowed: the two walls disagree. */
  deniedByIam: 'DeniedByIam',
  /** AssumeRole was refused or its policy rejected: a deployment fault, not the caller's. */
  credentialsRefused: 'CredentialsRefused',
  /** Sessions that STS issued, each for one model; by `mode`, gateway or direct. */
  credentialsIssued: 'CredentialsIssued',
  /** A registry item was found that cannot be used. */
  unusableEntry: 'UnusableEntry',
  /** A decision could not be made because a store, STS or an issuer did not answer. */
  undecided: 'Undecided',
  authorizerRefused: 'AuthorizerRefused',
  /** The broker refused what the invoke function had allowed: the registry was edited just then, or the two disagree. */
  brokerRefused: 'BrokerRefused',
  unsettled: 'UnsettledCalls',
  unpriced: 'UnpricedCalls',
  quarantined: 'QuarantinedLines',
  aggregationFailed: 'AggregationFailed',
  /** Tokens by which our ledger and CloudWatch's own sums differ. */
  drift: 'TokenDrift',
} as const;
export type Metric = (typeof METRICS)[keyof typeof METRICS];

export type WriteLine = (line: string) => void;

/** Lines onto a stream, a function's stdout. Not console.log: Lambda may wrap its lines, and a wrapped line is no metric. */
export function lineWriter(stream: { write(text: string): unknown }): WriteLine {
  return (line) => {
    stream.write(`${line}\n`);
  };
}

export interface LogEvent {
  /** What happened, in kebab-case. */
  event: string;
  level?: 'info' | 'warn' | 'error';
  /** Evidence. Never a token, key, credential, prompt or session policy text. */
  [field: string]: unknown;
}

/** Milliseconds since 1970, UTC. */
export type Clock = () => number;

/**
 * @param at milliseconds since 1970
 * @param event what happened; its fields stay properties, they never become dimensions
 * @param metrics counts to publish, without a dimension
 * @param dimensions low-cardinality property values by which the metrics are also published, each alone
 * @returns one line without its newline; JSON escapes every control character, so a value cannot forge a second line
 */
export function logLine(
  at: number,
  event: LogEvent,
  metrics: Partial<Record<Metric, number>> = {},
  dimensions: Record<string, string> = {},
): string {
  const names = Object.keys(metrics);
  if (names.length === 0) return JSON.stringify({ at, level: 'info', ...event });
  return JSON.stringify({
    _aws: {
      Timestamp: at,
      CloudWatchMetrics: [
        {
          Namespace: NAMESPACE,
          // [] is "no dimension"; one list per dimension and never a list of two, because each combination is billed.
          Dimensions: [[], ...Object.keys(dimensions).map((name) => [name])],
          Metrics: names.map((Name) => ({ Name, Unit: 'Count' })),
        },
      ],
    },
    at,
    level: 'info',
    ...event,
    ...dimensions,
    ...metrics,
  });
}
