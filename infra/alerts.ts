import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ALERT_EVENT } from '../contract/alert.ts';
import { BUDGET_EVENT } from '../contract/budget.ts';
import { TollgateFunction } from './functions.ts';
import type { Names } from './names.ts';
import type { InfraSettings } from './settings/index.ts';

/**
 * Tells people of what the event bus is told: one rule, and a function that reads from the registry who wants to know. What fails
 * is tried three times, and then kept in the queue that has an alarm.
 */
export class AlertDelivery extends Construct {
  readonly function: IFunction;

  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names, failures: Queue) {
    super(scope, id);
    const { function: alerts, logGroup } = new TollgateFunction(this, 'Alerts', settings, names, {
      name: 'alerts',
      description: 'Tells people of budgets, ends of models and drift, as the registry says whom',
      timeout: Duration.seconds(30),
      memoryMb: 256,
      environment: { TOLLGATE_TABLE: names.of('registry') },
    });
    // Nobody is billed by it, and a log that stayed would be in the way of turning this on again.
    logGroup.applyRemovalPolicy(RemovalPolicy.DESTROY);
    const maxEventAge = Duration.hours(6);
    alerts.configureAsyncInvoke({ maxEventAge, retryAttempts: 2, onFailure: new SqsDestination(failures) });
    new Rule(this, 'Rule', {
      ruleName: names.of('alerts'),
      description: 'What Tollgate tells people of',
      eventBus: EventBus.fromEventBusName(this, 'Bus', settings.eventBus),
      eventPattern: {
        source: [ALERT_EVENT.source],
        detailType: [ALERT_EVENT.detailType, BUDGET_EVENT.detailType],
        // A bus is the account's, and so all its stages'.
        detail: { stage: [settings.stage] },
      },
      targets: [new LambdaFunction(alerts, { deadLetterQueue: failures, maxEventAge })],
    });
    this.function = alerts;
  }
}
