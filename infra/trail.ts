import { Duration } from 'aws-cdk-lib';
import { CfnTrail } from 'aws-cdk-lib/aws-cloudtrail';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Bucket, type IBucket, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { guardedBucket, keptFor } from './bucket.ts';
import type { Names } from './names.ts';
import type { Trail } from './settings/custody.ts';
import type { InfraSettings } from './settings/index.ts';

/**
 * Calls that CloudTrail takes for data and not for management. InvokeModel, Converse and their streams are management events, and
 * InvokeEndpoint is in neither
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/logging-using-cloudtrail.html,
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html).
 */
const CALLS = [
  'AWS::Bedrock::AsyncInvoke',
  'AWS::Bedrock::Guardrail',
  'AWS::Bedrock::Model',
  'AWS::SageMaker::Endpoint',
];

type Field = Omit<CfnTrail.AdvancedFieldSelectorProperty, 'field'>;

/**
 * A trail of the stage's own data events, and of nobody else's: who edited the registry and keys, what others than the stage's own
 * roles did to its tables, and who read or wrote the ledger.
 */
export class StageTrail extends Construct {
  /** Undefined: one was given. */
  readonly bucket: Bucket | undefined;

  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names, trail: Trail, access: IBucket) {
    super(scope, id);
    this.bucket = trail.bucket === undefined ? this.#bucket(settings, names, trail, access) : undefined;
    const made = new CfnTrail(this, 'Trail', {
      trailName: names.of('trail'),
      s3BucketName: trail.bucket ?? this.bucket?.bucketName ?? '',
      isLogging: true,
      enableLogFileValidation: true,
      // Models are called in other regions too; tables and buckets are here.
      isMultiRegionTrail: trail.calls,
      includeGlobalServiceEvents: trail.calls,
      advancedEventSelectors: selectors(settings, names, trail),
    });
    if (this.bucket?.policy !== undefined) made.node.addDependency(this.bucket.policy);
  }

  #bucket(settings: InfraSettings, names: Names, { days, lock }: Trail, access: IBucket): Bucket {
    const retention = { governance: ObjectLockRetention.governance, compliance: ObjectLockRetention.compliance };
    // Its name is generated: one that was kept is not in the way when the trail is turned on again.
    const bucket = new Bucket(this, 'Bucket', {
      ...guardedBucket(settings),
      serverAccessLogsBucket: access,
      serverAccessLogsPrefix: 'trail/',
      lifecycleRules: keptFor(days),
      // Possible from the beginning, since only its default can be changed without another bucket.
      objectLockEnabled: true,
      ...(lock === undefined ? {} : { objectLockDefaultRetention: retention[lock](Duration.days(days)) }),
    });
    const may = (action: string, resource: string, more: Record<string, string> = {}) =>
      bucket.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal('cloudtrail.amazonaws.com')],
          actions: [action],
          resources: [resource],
          conditions: { StringEquals: { 'aws:SourceArn': names.trailArn, ...more } },
        }),
      );
    may('s3:GetBucketAcl', bucket.bucketArn);
    may('s3:PutObject', bucket.arnForObjects(`AWSLogs/${names.account}/*`), {
      's3:x-amz-acl': 'bucket-owner-full-control',
    });
    return bucket;
  }
}

/** What may use the tables, as far as the stage has it, and says by its own lines and counts what it did. */
function rolesOf({ runtime, admin, alerts, broker, sync }: InfraSettings): string[] {
  return Object.entries({
    authorizer: runtime !== 'container',
    invoke: runtime !== 'container',
    admin: admin && runtime !== 'container',
    container: runtime !== 'lambda',
    metering: true,
    ...{ alerts, broker, sync },
  }).flatMap(([name, isThere]) => (isThere ? [name] : []));
}

function selectors(settings: InfraSettings, names: Names, { calls }: Trail): CfnTrail.AdvancedEventSelectorProperty[] {
  const data = (name: string, type: string, more: Readonly<Record<string, Field>>) => ({
    name,
    fieldSelectors: Object.entries({
      eventCategory: { equalTo: ['Data'] },
      'resources.type': { equalTo: [type] },
      ...more,
    }).map(([field, is]) => ({ field, ...is })),
  });
  const decides = [names.tableArn, ...(names.keys === undefined ? [] : [names.keys.tableArn])];
  const tables = [...decides, names.countersTableArn, names.answersTableArn];
  return [
    data('Edits of the registry and of keys', 'AWS::DynamoDB::Table', {
      'resources.ARN': { equalTo: decides },
      readOnly: { equalTo: ['false'] },
    }),
    data('What others do to tables', 'AWS::DynamoDB::Table', {
      'resources.ARN': { equalTo: tables },
      'userIdentity.arn': { notStartsWith: rolesOf(settings).map((role) => names.sessionsOf(role)) },
    }),
    data('The ledger and answers about it', 'AWS::S3::Object', {
      'resources.ARN': { startsWith: [`${names.bucketArn}/`, `${names.answersBucketArn}/`] },
    }),
    ...(calls ? CALLS : []).map((type) =>
      data(`Calls: ${type}`, type, { 'userIdentity.arn': { startsWith: [names.sessionsOf('invoker')] } }),
    ),
  ];
}
