import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { REGISTRY_INDEX } from '../contract/names.ts';
import { acknowledge } from './nag.ts';
import { removalOfData } from './removal.ts';
import type { InfraSettings } from './settings/index.ts';

/**
 * A table of the stage: the registry, the counters of budgets and days' summaries, or answers beside them. All have keys `pk` and
 * `sk` and forget an item after its `expiresAt`; their layouts and access patterns stand beside the code that reads them.
 */
export class StageTable extends Construct {
  readonly table: Table;

  /** @param lasting false: of what callers said and were told, for a while; no backup holds it, and it goes with the stack */
  constructor(scope: Construct, id: string, settings: InfraSettings, tableName: string, lasting = true) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      tableName,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: lasting },
      deletionProtection: lasting && settings.protect === 'all',
      removalPolicy: lasting ? removalOfData(settings) : RemovalPolicy.DESTROY,
    });
    if (!lasting)
      acknowledge(
        this.table,
        'AwsSolutions-DDB3',
        'A backup would keep for weeks what is to be forgotten within the hour.',
      );
  }

  /** What an operator's lists ask of the registry. Of the functions sync alone does, which reads. */
  addListIndex(): void {
    this.table.addGlobalSecondaryIndex({
      indexName: REGISTRY_INDEX,
      partitionKey: { name: 'sk', type: AttributeType.STRING },
      sortKey: { name: 'pk', type: AttributeType.STRING },
      projectionType: ProjectionType.ALL,
    });
  }
}
