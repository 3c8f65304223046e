import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { Names } from './names.ts';

/** The registry: one table; its layout and access patterns stand beside the code that reads it. */
export class RegistryTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, names: Names) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      tableName: names.of('registry'),
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expiresAt',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }
}
