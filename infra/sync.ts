import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { evaluating } from './evaluation.ts';
import { TollgateFunction } from './functions.ts';
import type { Names } from './names.ts';
import { schedulerRole } from './scheduler-role.ts';
import type { InfraSettings } from './settings/index.ts';

/** Before the day begins in Europe, and after it has ended in America. */
const DAILY = 'cron(30 5 * * ? *)';

/** Compares the registry with what AWS has, once a day, and tells; a day that fails is made up for by the next. */
export class DriftSchedule extends Construct {
  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names) {
    super(scope, id);
    const { function: sync, logGroup } = new TollgateFunction(this, 'Sync', settings, names, {
      name: 'sync',
      description: `Tells where the registry and AWS do not agree; it ${settings.evaluation === undefined ? 'reads only' : 'evaluates models again'}`,
      timeout: Duration.minutes(5),
      memoryMb: 512,
      environment: {
        ...{ TOLLGATE_TABLE: names.of('registry'), TOLLGATE_EVENT_BUS: settings.eventBus },
        ...(settings.evaluation === undefined ? {} : { TOLLGATE_EVALUATION: 'true' }),
      },
      more: settings.evaluation === undefined ? [] : evaluating(settings.evaluation, settings, names),
    });
    // It is all found again the next day, and a log that stayed would be in the way of turning this on again.
    logGroup.applyRemovalPolicy(RemovalPolicy.DESTROY);
    const role = schedulerRole(this, names, { name: 'sync-schedule', functionArn: sync.functionArn });
    new CfnSchedule(this, 'Daily', {
      name: names.of('sync'),
      scheduleExpression: DAILY,
      scheduleExpressionTimezone: 'UTC',
      flexibleTimeWindow: { mode: 'OFF' },
      target: { arn: sync.functionArn, roleArn: role.attrArn, retryPolicy: { maximumRetryAttempts: 2 } },
    });
  }
}
