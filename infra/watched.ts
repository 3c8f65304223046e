import { CfnMetricFilter, type LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { METRICS } from '../contract/log.ts';

/** What is at fault: calls, which are refused that should not be, or the ledger, which has a hole. */
export const PARTS = {
  calls: { metric: 'CallsAtFault', means: 'Calls are refused for a fault of ours.' },
  ledger: { metric: 'LedgerAtFault', means: 'The bill has a hole, or something to be looked at.' },
} as const;
export type Part = keyof typeof PARTS;

interface WatchedMetric {
  metric: keyof typeof METRICS;
  minutes: number;
  /** How many within the period are still quiet. */
  over: number;
  means: string;
  /** Any at all is told by the alarm of its part, where there are few. */
  part?: Part;
}

/** What each of Tollgate's own metrics means when it is not zero. */
export const WATCHED: readonly WatchedMetric[] = [
  {
    metric: 'deniedByIam',
    minutes: 5,
    over: 0,
    means: 'IAM refused a call that our own code had allowed.',
  },
  {
    metric: 'modelNotSubscribed',
    minutes: 60,
    over: 0,
    means: 'The account has not subscribed to a granted model, or lacks its form: its callers get 503.',
    part: 'calls',
  },
  {
    metric: 'credentialsRefused',
    minutes: 5,
    over: 0,
    means: 'STS refused the invoker role or its session policy.',
    part: 'calls',
  },
  // An edit of the registry shows here for a minute: the broker reads it at once, the authorizer's cache later.
  { metric: 'brokerRefused', minutes: 5, over: 20, means: 'The broker refuses what the invoke function allows.' },
  { metric: 'undecided', minutes: 5, over: 5, means: 'Registry, STS or an issuer does not answer: callers get 503.' },
  { metric: 'unusableEntry', minutes: 60, over: 0, means: 'A registry item cannot be used.', part: 'calls' },
  {
    metric: 'unsettled',
    minutes: 60,
    over: 0,
    means: 'Calls began and never ended: they are missing on the bill.',
    part: 'ledger',
  },
  { metric: 'unpriced', minutes: 60, over: 0, means: 'Calls of a model without a price.', part: 'ledger' },
  { metric: 'quarantined', minutes: 60, over: 0, means: 'Usage lines that cannot be read.', part: 'ledger' },
  {
    metric: 'budgetUnsettled',
    minutes: 60,
    over: 0,
    means: 'A call was answered that a budget does not count, or counts as it was reserved.',
    part: 'ledger',
  },
  {
    metric: 'budgetEventLost',
    minutes: 60,
    over: 0,
    means: 'A budget was used up and the event bus could not be told.',
    part: 'ledger',
  },
  // Nothing is lost then: it says that calls crashed, which the list of unsettled calls names.
  {
    metric: 'reservationsReleased',
    minutes: 60,
    over: 0,
    means: 'Reservations of calls that crashed were given back.',
    part: 'ledger',
  },
  {
    metric: 'aggregationFailed',
    minutes: 60,
    over: 0,
    means: 'An hour was not aggregated; the next run tries again.',
    part: 'ledger',
  },
  {
    metric: 'driftBeyond',
    minutes: 60,
    over: 0,
    means: 'Ledger and CloudWatch differ by more than repeated lines explain.',
    part: 'ledger',
  },
  {
    metric: 'modelDrift',
    minutes: 60,
    over: 0,
    means: 'A model answers otherwise than it did: `tollgate monitor` says what has changed.',
    part: 'ledger',
  },
  // The other direction does not ring: others of the account may call the same models.
  {
    metric: 'unknownToAws',
    minutes: 60,
    over: 0,
    means: 'The ledger has calls that AWS did not count: forged lines.',
    part: 'ledger',
  },
];

/**
 * Counts the lines that say that a part is at fault, whichever of its metrics they hold, so that one alarm watches them all: CloudWatch
 * takes a price for each metric that an alarm watches, and nothing for a filter.
 *
 * @param logs that such lines are written to
 */
export class FaultCounts extends Construct {
  constructor(scope: Construct, id: string, namespace: string, logs: readonly LogGroup[]) {
    super(scope, id);
    for (const [part, { metric }] of Object.entries(PARTS)) {
      const named = WATCHED.filter((watched) => watched.part === part);
      for (const logGroup of logs)
        new CfnMetricFilter(this, `${metric}${logGroup.node.path.replaceAll(/\W/g, '')}`, {
          logGroupName: logGroup.logGroupName,
          filterName: metric,
          filterPattern: `{ ${named.map((one) => `($.${METRICS[one.metric]} > 0)`).join(' || ')} }`,
          metricTransformations: [{ metricNamespace: namespace, metricName: metric, metricValue: '1' }],
        });
    }
  }
}
