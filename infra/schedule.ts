import { Duration } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './nag.ts';
import type { Names } from './names.ts';
import { schedulerRole } from './scheduler-role.ts';

/** Ten minutes past: the delivery holds lines for five, and the hour just ended should be whole. */
const HOURLY = 'cron(10 * * * ? *)';

/**
 * Runs the aggregation every hour. A run that fails or never starts is repaired by the next one, which looks back; the
 * queue keeps what could not be started so that someone sees it.
 */
export class AggregationSchedule extends Construct {
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, names: Names, metering: IFunction) {
    super(scope, id);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      queueName: names.of('schedule-failures'),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(this.deadLetters, 'AwsSolutions-SQS3', 'This is the dead-letter queue.');
    const role = schedulerRole(this, names, {
      ...{ name: 'schedule', functionArn: metering.functionArn },
      more: [{ Effect: 'Allow', Action: ['sqs:SendMessage'], Resource: [this.deadLetters.queueArn] }],
    });
    new CfnSchedule(this, 'Hourly', {
      name: names.of('aggregation'),
      scheduleExpression: HOURLY,
      scheduleExpressionTimezone: 'UTC',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: metering.functionArn,
        roleArn: role.attrArn,
        retryPolicy: { maximumEventAgeInSeconds: 3_000, maximumRetryAttempts: 3 },
        deadLetterConfig: { arn: this.deadLetters.queueArn },
      },
    });
    metering.configureAsyncInvoke({ maxEventAge: Duration.minutes(50), retryAttempts: 2 });
  }
}
