import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { removalOfData } from './removal.ts';
import type { InfraSettings } from './settings.ts';

/**
 * A table of the stage: the registry, or the counters of budgets and days' summaries beside it. Both have keys `pk` and
 * `sk` and forget an item after its `expiresAt`; their layouts and access patterns stand beside the code that reads them.
 */
export class StageTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, settings: InfraSettings, tableName: string) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      tableName,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: settings.protect === 'all',
      removalPolicy: removalOfData(settings),
    });
  }
}
