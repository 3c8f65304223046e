import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { HttpCodeElb } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { METRICS } from '../contract/log.ts';
import type { FunctionName } from '../policies/roles.ts';
import type { ContainerDoor } from './container.ts';
import type { Names } from './names.ts';
import type { InfraSettings } from './settings/index.ts';
import { USAGE_FILTER } from './usage-delivery.ts';
import { FaultCounts, PARTS, WATCHED } from './watched.ts';

/**
 * Calls that need a second place are answered all the same, and now and then one does. It rings beyond one tenth of the calls of a
 * quarter of an hour, and not for a handful.
 */
const FAILOVER_PERCENT = 10;
const FAILOVER_CALLS = 10;

/** In five minutes one process that goes on finding a place gone says so ten times (COOLDOWN_SECONDS). */
const COOLED = 5;

/** Percent of the tasks' cores, beyond which autoscaling has plainly not helped. */
const BUSY_PERCENT = 85;

/** Functions that a call waits for. The others are asked again by who started them, so where alarms are few their crashes alone ring. */
const ON_THE_WAY: ReadonlySet<string> = new Set(['authorizer', 'broker', 'invoke']);

export interface Watched {
  functions: Partial<Record<FunctionName, IFunction>> & { metering: IFunction };
  container?: ContainerDoor;
  delivery: CfnDeliveryStream;
  deadLetters: Queue;
  /** Where Tollgate's own metrics are written. */
  logs: readonly LogGroup[];
}

/**
 * The alarms and where they go. Metrics without a dimension, so a new tenant or model needs no new alarm. Each metric that is watched is
 * paid for, so there are few unless a stage asks for each: `tollgate doctor` then says which of what they stand for it was.
 */
export class Alarms extends Construct {
  readonly #topic: ITopic;
  readonly #names: Names;

  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names, watched: Watched) {
    super(scope, id);
    this.#names = names;
    this.#topic = this.#topicOf(settings);
    const each = settings.alarms === 'each';
    const isThere = ({ metric, part }: (typeof WATCHED)[number]) =>
      (metric !== 'brokerRefused' || settings.broker) && (each || part === undefined);
    if (each) this.#watchFailovers();
    else {
      new FaultCounts(this, 'Faults', names.namespace, watched.logs);
      for (const { metric, means } of Object.values(PARTS))
        this.#alarm(metric, {
          alarmDescription: means,
          metric: sum(names.namespace, metric, {}, 60),
          threshold: 0,
        });
    }
    for (const { metric, minutes, over, means } of WATCHED.filter(isThere))
      this.#alarm(METRICS[metric], {
        alarmDescription: means,
        metric: sum(names.namespace, METRICS[metric], {}, minutes),
        threshold: over,
      });
    this.#alarm(METRICS.placeCooled, {
      alarmDescription: 'A place of a model has failed or throttled for a quarter of an hour: its calls go elsewhere.',
      metric: sum(names.namespace, METRICS.placeCooled, {}, 5),
      evaluationPeriods: 3,
      threshold: COOLED,
    });
    for (const [name, { functionName }] of Object.entries(watched.functions)) {
      this.#alarm(`${name}-errors`, {
        alarmDescription: `The ${name} function crashed, ran out of time or could not start.`,
        metric: sum('AWS/Lambda', 'Errors', { FunctionName: functionName }, 5),
        threshold: 0,
      });
      if (each || ON_THE_WAY.has(name))
        this.#alarm(`${name}-throttled`, {
          alarmDescription: `The ${name} function may not run as often at once as it is asked to: callers get 429 or 503.`,
          metric: sum('AWS/Lambda', 'Throttles', { FunctionName: functionName }, 5),
          threshold: 0,
        });
    }
    if (watched.container !== undefined) this.#watchContainer(watched.container);
    if (each)
      this.#alarm('counters-throttled', {
        alarmDescription: 'The counters table throttles: calls under a budget get 503, or wait to be settled.',
        metric: sum('AWS/DynamoDB', 'WriteThrottleEvents', { TableName: names.of('counters') }, 5),
        threshold: 0,
      });
    // A stage that has never run has no data and never had: nothing changes, so nothing rings. When runs stop, data does.
    this.#alarm('aggregation-missing', {
      alarmDescription: 'The aggregation has not run for two hours or more.',
      metric: sum('AWS/Lambda', 'Invocations', { FunctionName: watched.functions.metering.functionName }, 120),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.MISSING,
    }).addInsufficientDataAction(new SnsAction(this.#topic));
    this.#alarm('schedule-failures', {
      alarmDescription: 'The schedule could not start the aggregation, or an alert was not delivered.',
      metric: watched.deadLetters.metricApproximateNumberOfMessagesVisible(),
      threshold: 0,
    });
    const stream = { DeliveryStreamName: watched.delivery.ref };
    const ofStream = (metricName: string, statistic: string, minutes: number): Metric =>
      metric('AWS/Firehose', metricName, stream, statistic, minutes);
    this.#alarm('delivery-late', {
      alarmDescription: 'Usage lines have waited for S3 for more than an hour.',
      metric: ofStream('DeliveryToS3.DataFreshness', 'Maximum', 5),
      threshold: Duration.hours(1).toSeconds(),
    });
    if (each)
      this.#alarm('delivery-failing', {
        alarmDescription: 'Firehose cannot write usage lines to S3; it tries for a day, and then they are lost.',
        metric: ofStream('DeliveryToS3.Success', 'Average', 15),
        threshold: 1,
        comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      });
    const usage = `LogGroupName = '${names.logGroup('invoke')}' AND FilterName = '${USAGE_FILTER}'`;
    const siem = `FilterName = '${names.of('siem')}'`;
    for (const [name, metricName, means, where, wanted] of [
      [
        'subscription-errors',
        'DeliveryErrors',
        'CloudWatch Logs cannot hand usage lines to Firehose: they are lost.',
        usage,
        true,
      ],
      [
        'subscription-throttled',
        'DeliveryThrottling',
        'Firehose takes usage lines too slowly; after a day they are lost.',
        usage,
        each,
      ],
      ['siem-errors', 'DeliveryErrors', 'The SIEM does not get log lines.', siem, settings.siem !== undefined],
    ] as const) {
      if (!wanted) continue;
      this.#alarm(name, {
        alarmDescription: means,
        // Asked by a query, because one dimension, the kind of the destination, has a value that is not written down.
        metric: new MathExpression({
          expression: `SELECT SUM(${metricName}) FROM "AWS/Logs" WHERE ${where}`,
          usingMetrics: {},
          period: Duration.minutes(5),
        }),
        threshold: 0,
      });
    }
  }

  /** What is normal now and then, and rings by its share: it watches two metrics. */
  #watchFailovers(): void {
    const { namespace } = this.#names;
    this.#alarm(METRICS.failedOver, {
      alarmDescription: `More than ${FAILOVER_PERCENT} % of all calls are answered in another place than the one tried first.`,
      metric: new MathExpression({
        expression: `IF(moved > ${FAILOVER_CALLS}, 100 * moved / calls, 0)`,
        usingMetrics: {
          moved: sum(namespace, METRICS.failedOver, {}, 15),
          calls: sum(namespace, METRICS.calls, {}, 15),
        },
        period: Duration.minutes(15),
      }),
      threshold: FAILOVER_PERCENT,
    });
  }

  #watchContainer({ service, targets, loadBalancer }: ContainerDoor): void {
    const period = Duration.minutes(5);
    this.#alarm('container-unready', {
      alarmDescription: 'A task of the container has not been ready for ten minutes: it is replaced, or cannot decide.',
      metric: targets.metrics.unhealthyHostCount({ statistic: 'Maximum', period }),
      evaluationPeriods: 2,
      threshold: 0,
    });
    this.#alarm('container-5xx', {
      alarmDescription:
        'The load balancer had no task for a call, or lost one that was answering it: callers got 502, 503 or 504.',
      metric: loadBalancer.metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { period }),
      threshold: 0,
    });
    this.#alarm('container-cpu', {
      alarmDescription:
        'The container’s tasks have been busy for a quarter of an hour: there are as many as there may be.',
      metric: service.metricCpuUtilization({ statistic: 'Average', period }),
      evaluationPeriods: 3,
      threshold: BUSY_PERCENT,
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

  #alarm(name: string, props: Omit<AlarmProps, 'evaluationPeriods'> & Partial<AlarmProps>): Alarm {
    const alarm = new Alarm(this, name, {
      alarmName: this.#names.of(name),
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...props,
    });
    alarm.addAlarmAction(new SnsAction(this.#topic));
    return alarm;
  }
}

function sum(namespace: string, metricName: string, dimensionsMap: Record<string, string>, minutes: number): Metric {
  return metric(namespace, metricName, dimensionsMap, 'Sum', minutes);
}

function metric(
  namespace: string,
  metricName: string,
  dimensionsMap: Record<string, string>,
  statistic: string,
  minutes: number,
): Metric {
  return new Metric({ namespace, metricName, dimensionsMap, statistic, period: Duration.minutes(minutes) });
}
