import { RemovalPolicy } from 'aws-cdk-lib';
import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnDeliveryStream } from 'aws-cdk-lib/aws-kinesisfirehose';
import { CfnSubscriptionFilter, type LogGroup, LogStream, LogGroup as Logs } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { PermissionStatement } from '../policies/document.ts';
import type { Names } from './names.ts';
import { fromLogs, serviceRole } from './service-role.ts';
import type { InfraSettings } from './settings/index.ts';

/** Selects usage lines, started and finished, and nothing else that the function writes. */
export const USAGE_PATTERN = '{ $.usage.v = 1 }';

/** Its name, by which CloudWatch counts what it could not deliver. */
export const USAGE_FILTER = 'usage';

/** Megabytes and seconds until an object is written, whichever comes first. */
const BUFFER = { sizeInMBs: 64, intervalInSeconds: 300 };

/**
 * Usage lines from the function's log to S3, as they were written: CloudWatch Logs packs and compresses them, Firehose
 * unpacks them again, one line each. Both retry for a day, so a line is late rather than lost; both may repeat one, and
 * the ledger counts it once. Objects lie under the hour of delivery, which the ledger knows.
 */
export class UsageDelivery extends Construct {
  readonly stream: CfnDeliveryStream;
  readonly filter: CfnSubscriptionFilter;

  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names, source: LogGroup) {
    super(scope, id);
    const logGroup = new Logs(this, 'Logs', {
      logGroupName: names.logGroup('delivery'),
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const logStream = new LogStream(this, 'LogStream', {
      logGroup,
      logStreamName: 's3',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.stream = new CfnDeliveryStream(this, 'Stream', {
      deliveryStreamName: names.of('usage'),
      deliveryStreamType: 'DirectPut',
      deliveryStreamEncryptionConfigurationInput: { keyType: 'AWS_OWNED_CMK' },
      extendedS3DestinationConfiguration: {
        bucketArn: names.bucketArn,
        roleArn: this.#firehoseRole(names).attrArn,
        prefix: 'raw/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/',
        errorOutputPrefix: 'undelivered/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/',
        customTimeZone: 'UTC',
        compressionFormat: 'GZIP',
        fileExtension: '.jsonl.gz',
        bufferingHints: BUFFER,
        cloudWatchLoggingOptions: {
          enabled: true,
          logGroupName: logGroup.logGroupName,
          logStreamName: logStream.logStreamName,
        },
        processingConfiguration: {
          enabled: true,
          processors: [
            { type: 'Decompression', parameters: [{ parameterName: 'CompressionFormat', parameterValue: 'GZIP' }] },
            {
              type: 'CloudWatchLogProcessing',
              parameters: [{ parameterName: 'DataMessageExtraction', parameterValue: 'true' }],
            },
            { type: 'AppendDelimiterToRecord', parameters: [{ parameterName: 'Delimiter', parameterValue: '\\n' }] },
          ],
        },
      },
    });
    // CloudWatch Logs tries the stream at once, by a role that IAM may not know everywhere yet: so the role needs nothing of
    // the stream, and is there for the minute or more that the stream takes.
    this.filter = new CfnSubscriptionFilter(this, 'Filter', {
      logGroupName: source.logGroupName,
      filterName: USAGE_FILTER,
      filterPattern: USAGE_PATTERN,
      destinationArn: this.stream.attrArn,
      roleArn: this.#subscriptionRole(names).attrArn,
    });
    this.filter.node.addDependency(source);
  }

  #firehoseRole(names: Names): CfnRole {
    const statements: PermissionStatement[] = [
      {
        Effect: 'Allow',
        Action: ['s3:AbortMultipartUpload', 's3:PutObject'],
        Resource: ['raw', 'undelivered'].map((prefix) => `${names.bucketArn}/${prefix}/*`),
      },
      {
        Effect: 'Allow',
        Action: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
        Resource: [names.bucketArn],
      },
      {
        Effect: 'Allow',
        Action: ['logs:PutLogEvents'],
        Resource: [`${names.logGroupArn('delivery')}:log-stream:s3`],
      },
    ];
    return serviceRole(this, 'WriterRole', names, {
      ...{ name: 'delivery', service: 'firehose', statements },
      condition: { StringEquals: { 'sts:ExternalId': names.account } },
    });
  }

  #subscriptionRole(names: Names): CfnRole {
    const statements: PermissionStatement[] = [
      {
        Effect: 'Allow',
        Action: ['firehose:PutRecord', 'firehose:PutRecordBatch'],
        Resource: [names.deliveryArn],
      },
    ];
    return serviceRole(this, 'SubscriptionRole', names, { name: 'subscription', statements, ...fromLogs(names) });
  }
}
