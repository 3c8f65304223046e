import { Duration } from 'aws-cdk-lib';
import { Alarm, type AlarmProps, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { METRICS } from '../contract/log.ts';
import type { FunctionName } from '../policies/roles.ts';
import type { Names } from './names.ts';
import type { InfraSettings } from './settings.ts';

/** What each of Tollgate's own metrics means when it is not zero. `over` is how many within the period are still quiet. */
const WATCHED = [
  { metric: 'deniedByIam', minutes: 5, over: 0, means: 'IAM refused a call that our own code had allowed.' },
  {
    metric: 'modelNotSubscribed',
    minutes: 60,
    over: 0,
    means: 'The account has not subscribed to a granted model, or lacks its form: its callers get 503.',
  },
  { metric: 'credentialsRefused', minutes: 5, over: 0, means: 'STS refused the invoker role or its session policy.' },
  // An edit of the registry shows here for a minute: the broker reads it at once, the authorizer's cache later.
  { metric: 'brokerRefused', minutes: 5, over: 20, means: 'The broker refuses what the invoke function allows.' },
  { metric: 'undecided', minutes: 5, over: 5, means: 'Registry, STS or an issuer does not answer: callers get 503.' },
  { metric: 'unusableEntry', minutes: 60, over: 0, means: 'A registry item cannot be used.' },
  { metric: 'unsettled', minutes: 60, over: 0, means: 'Calls began and never ended: they are missing on the bill.' },
  { metric: 'unpriced', minutes: 60, over: 0, means: 'Calls of a model without a price.' },
  { metric: 'quarantined', minutes: 60, over: 0, means: 'Usage lines that cannot be read.' },
  {
    metric: 'budgetUnsettled',
    minutes: 60,
    over: 0,
    means: 'A call was answered that a budget does not count, or counts as it was reserved.',
  },
  {
    metric: 'budgetEventLost',
    minutes: 60,
    over: 0,
    means: 'A budget was used up and the event bus could not be told.',
  },
  // Nothing is lost then: it says that calls crashed, which the list of unsettled calls names.
  {
    metric: 'reservationsReleased',
    minutes: 60,
    over: 0,
    means: 'Reservations of calls that crashed were given back.',
  },
  { metric: 'aggregationFailed', minutes: 60, over: 0, means: 'An hour was not aggregated; the next run tries again.' },
  { metric: 'drift', minutes: 60, over: 0, means: 'Our ledger and the sums of CloudWatch differ.' },
] as const satisfies readonly { metric: keyof typeof METRICS; minutes: number; over: number; means: string }[];

export interface Watched {
  functions: Record<Exclude<FunctionName, 'broker'>, IFunction> & { broker?: IFunction };
  delivery: CfnDeliveryStream;
  deadLetters: Queue;
}

/** The alarms and where they go. Metrics without a dimension, so a new tenant or model needs no new alarm. */
export class Alarms extends Construct {
  readonly #topic: ITopic;
  readonly #names: Names;

  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names, watched: Watched) {
    super(scope, id);
    this.#names = names;
    this.#topic = this.#topicOf(settings);
    const isThere = ({ metric }: (typeof WATCHED)[number]) => metric !== 'brokerRefused' || settings.broker;
    for (const { metric, minutes, over, means } of WATCHED.filter(isThere))
      this.#alarm(METRICS[metric], {
        alarmDescription: means,
        metric: sum(names.namespace, METRICS[metric], {}, minutes),
        threshold: over,
      });
    for (const [name, { functionName }] of Object.entries(watched.functions))
      this.#alarm(`${name}-errors`, {
        alarmDescription: `The ${name} function crashed, ran out of time or could not start.`,
        metric: sum('AWS/Lambda', 'Errors', { FunctionName: functionName }, 5),
        threshold: 0,
      });
    this.#alarm('counters-throttled', {
      alarmDescription: 'The counters table throttles: calls under a budget get 503, or wait to be settled.',
      metric: sum('AWS/DynamoDB', 'WriteThrottleEvents', { TableName: names.of('counters') }, 5),
      threshold: 0,
    });
    this.#alarm('aggregation-missing', {
      alarmDescription: 'The aggregation has not run for two hours.',
      metric: sum('AWS/Lambda', 'Invocations', { FunctionName: watched.functions.metering.functionName }, 120),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
    });
    this.#alarm('schedule-failures', {
      alarmDescription: 'The schedule could not start the aggregation.',
      metric: watched.deadLetters.metricApproximateNumberOfMessagesVisible(),
      threshold: 0,
    });
    this.#alarm('delivery-late', {
      alarmDescription: 'Usage lines have waited for S3 for more than an hour.',
      metric: new Metric({
        namespace: 'AWS/Firehose',
        metricName: 'DeliveryToS3.DataFreshness',
        dimensionsMap: { DeliveryStreamName: watched.delivery.ref },
        statistic: 'Maximum',
        period: Duration.minutes(5),
      }),
      threshold: Duration.hours(1).toSeconds(),
    });
  }

  #topicOf({ alarmTopicArn, alarmEmail }: InfraSettings): ITopic {
    if (alarmTopicArn !== undefined) return Topic.fromTopicArn(this, 'Topic', alarmTopicArn);
    const topic = new Topic(this, 'Topic', { topicName: this.#names.of('alarms'), enforceSSL: true });
    // A topic with a policy of its own has no default one, which would have let the account's alarms publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': this.#names.account } },
      }),
    );
    if (alarmEmail !== undefined) topic.addSubscription(new EmailSubscription(alarmEmail));
    return topic;
  }

  #alarm(name: string, props: Omit<AlarmProps, 'evaluationPeriods'>): void {
    const alarm = new Alarm(this, name, {
      alarmName: this.#names.of(name),
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...props,
    });
    alarm.addAlarmAction(new SnsAction(this.#topic));
  }
}

function sum(namespace: string, metricName: string, dimensionsMap: Record<string, string>, minutes: number): Metric {
  return new Metric({ namespace, metricName, dimensionsMap, statistic: 'Sum', period: Duration.minutes(minutes) });
}
