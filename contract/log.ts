/**
 * One log line: a JSON object on stdout. With metrics it is also CloudWatch Embedded Metric Format, so that an alarm
 * can watch it without a PutMetricData call
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
 */

/** Stages of one account share its metrics, so each has a namespace of its own: else one's faults would ring as another's. */
export function namespaceOf(stage: string): string {
  return `${NAMESPACE}/${stage}`;
}

/** What every namespace of ours begins with. */
const NAMESPACE = 'Tollgate';

/** Every metric Tollgate publishes. The alarms in infra and the checks in metering name them from here. */
export const METRICS = {
  calls: 'Calls',
  /** Also by `Reason`, the error's code. */
  refused: 'Refused',
  inputTokens: 'InputTokens',
  outputTokens: 'OutputTokens',
  cacheReadTokens: 'CacheReadTokens',
  cacheWriteTokens: 'CacheWriteTokens',
  /** Milliseconds from a call's start to its end; of calls in which the model ran. */
  latency: 'Latency',
  /** Milliseconds from a call's start to the first byte given to its caller; only where one was given. */
  timeToFirstByte: 'TimeToFirstByte',
  /** Calls that went out under a session held in memory, and those that had one issued first. */
  credentialsCached: 'CredentialsCached',
  credentialsRenewed: 'CredentialsRenewed',
  /** Attempts in whose place another one answered, and calls that were answered in another place than the one they went to first. */
  retried: 'Retried',
  failedOver: 'FailedOver',
  /** A place of a model is passed over for a second or longer: as a process finds it failing or throttling, and finds it so again. */
  placeCooled: 'PlaceCooled',
  /** Calls in which a policy of a guardrail intervened; by `Policy`, and by `Tenant` and `Policy`. */
  interventions: 'GuardrailInterventions',
  /** US dollars at the registry's prices, as the ledger has them. */
  cost: 'Cost',
  /** Calls that a hard budget had not enough left for. */
  budgetRefused: 'BudgetRefused',
  /** Calls that a budget counts as they were reserved, because they could not be settled; or, if soft, not at all. */
  budgetUnsettled: 'BudgetUnsettled',
  /** Reservations of crashed calls that were given back. */
  reservationsReleased: 'ReservationsReleased',
  /** Events of a budget's threshold that EventBridge did not take. */
  budgetEventLost: 'BudgetEventLost',
  /** IAM refused a call that our own code had allowed: the two walls disagree. */
  deniedByIam: 'DeniedByIam',
  /** AssumeRole was refused or its policy rejected: a deployment fault, not the caller's. */
  credentialsRefused: 'CredentialsRefused',
  /** Sessions that STS issued, each for one model; by `mode`, gateway or direct. */
  credentialsIssued: 'CredentialsIssued',
  /** The account behind a model has not subscribed to it, or not filled in its vendor's form. */
  modelNotSubscribed: 'ModelNotSubscribed',
  /** Models whose entry AWS does not agree with, where a stage looks for that. */
  registryDrift: 'RegistryDrift',
  /** Models of which was told that they end in so many days. */
  modelEnd: 'ModelEnd',
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
  /** Tokens by which our ledger and CloudWatch's own sums differ, and how many the greater of the two has. */
  drift: 'TokenDrift',
  compared: 'TokensCompared',
  /** 1 for an hour in which that is more than repeated lines explain (DRIFT_PERCENT, DRIFT_TOKENS). */
  driftBeyond: 'DriftBeyond',
  /** Versions of models that answer otherwise than their baseline (docs/monitoring.md). */
  modelDrift: 'ModelDrift',
  /** Calls of the ledger that AWS's own metrics of Bedrock know nothing of. */
  unknownToAws: 'CallsUnknownToAws',
  /** Calls that AWS's own metrics count beyond the ledger's: missing, or of others of the account. */
  missingCalls: 'CallsBeyondLedger',
} as const;
export type Metric = (typeof METRICS)[keyof typeof METRICS];

/** Units as CloudWatch spells them; what is not named here is a `Count`. It has none for money. */
const UNITS: Partial<Record<Metric, 'Milliseconds' | 'None'>> = {
  [METRICS.latency]: 'Milliseconds',
  [METRICS.timeToFirstByte]: 'Milliseconds',
  [METRICS.cost]: 'None',
};

/** The dimensions by which metrics are published, each alone. */
export const DIMENSIONS = {
  tenant: 'Tenant',
  model: 'Model',
  reason: 'Reason',
  mode: 'mode',
  policy: 'Policy',
} as const;

/** Dimensions that only some metrics of a line are published by, because each further pair is paid for. */
const ONLY: Readonly<Record<string, readonly Metric[]>> = { [DIMENSIONS.reason]: [METRICS.refused] };

/** Published by these alone, the one pair that there is: few tenants meet few policies. */
const PAIRED: Partial<Record<Metric, string[][]>> = {
  [METRICS.interventions]: [[DIMENSIONS.policy], [DIMENSIONS.tenant, DIMENSIONS.policy]],
};

/** Metrics that are published without any dimension, for the same reason. */
const ALONE: ReadonlySet<Metric> = new Set([
  METRICS.credentialsCached,
  METRICS.credentialsRenewed,
  METRICS.retried,
  METRICS.failedOver,
]);

export type WriteLine = (line: string) => void;

/** @returns nothing when the line is out, or what resolves when it is */
export type WriteLineOut = (line: string) => void | Promise<void>;

/** The member of a directive as `logLine` makes it. A text's quotes are escaped in JSON, so no value can contain it. */
const OF_NO_STAGE = `"Namespace":"${NAMESPACE}"`;

/**
 * Lines onto a stream, a function's stdout. Not console.log: Lambda may wrap its lines, and a wrapped line is no metric.
 *
 * @param stage whose metrics the lines hold: what a process writes is of one stage, so only its writer needs to know it
 */
export function lineWriter(stream: { write(text: string): unknown }, stage: string): WriteLine {
  const ofStage = `"Namespace":"${namespaceOf(stage)}"`;
  return (line) => {
    stream.write(`${line.replaceAll(OF_NO_STAGE, ofStage)}\n`);
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
 * @param metrics values to publish, without a dimension, in the unit of each
 * @param dimensions low-cardinality property values by which the metrics are also published, each alone; never empty
 * @param total false: by these dimensions alone, because another line has the total
 * @returns one line without its newline, its metrics of no stage until it is written; JSON escapes every control character, so a value cannot forge a second line
 */
export function logLine(
  at: number,
  event: LogEvent,
  metrics: Partial<Record<Metric, number>> = {},
  dimensions: Record<string, string> = {},
  total = true,
): string {
  const names = Object.keys(metrics) as Metric[];
  if (names.length === 0) return JSON.stringify({ at, level: 'info', ...event });
  const rest = JSON.stringify({ at, level: 'info', ...event, ...dimensions, ...metrics });
  return `{"_aws":{"Timestamp":${at},"CloudWatchMetrics":${directives(names, Object.keys(dimensions), total)}},${rest.slice(1)}`;
}

/** The text of each set of directives: there are few, and each call's line has one of them. */
const DIRECTIVES = new Map<string, string>();

function directives(metrics: readonly Metric[], dimensions: readonly string[], total: boolean): string {
  const key = `${metrics} ${dimensions} ${total}`;
  const known = DIRECTIVES.get(key);
  if (known !== undefined) return known;
  const made = JSON.stringify(directivesOf(metrics, dimensions, total));
  DIRECTIVES.set(key, made);
  return made;
}

/** One directive for all metrics that are published by the same dimensions. */
function directivesOf(metrics: readonly Metric[], dimensions: readonly string[], total: boolean): object[] {
  const groups = Map.groupBy(metrics, (metric) =>
    JSON.stringify(ALONE.has(metric) ? [] : dimensions.filter((name) => ONLY[name]?.includes(metric) ?? true)),
  );
  return [...groups].map(([names, group]) => ({
    Namespace: NAMESPACE,
    // [] is "no dimension"; one list per dimension and else never a list of two, because each combination is billed.
    Dimensions: PAIRED[group[0] as Metric] ?? [
      ...(total ? [[]] : []),
      ...(JSON.parse(names) as string[]).map((name) => [name]),
    ],
    Metrics: group.map((Name) => ({ Name, Unit: UNITS[Name] ?? 'Count' })),
  }));
}
