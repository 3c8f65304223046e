import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from './nag.ts';
import type { Names } from './names.ts';
import type { InfraSettings } from './settings.ts';

const ANSWERS_KEPT = Duration.days(30);

const GUARDED: BucketProps = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  versioned: true,
  removalPolicy: RemovalPolicy.RETAIN,
};

/** Raw usage lines, hourly objects and reports: what a bill is defended with, so nothing is deleted with the stack. */
export class UsageBucket extends Construct {
  readonly bucket: Bucket;
  /** What Athena answers: anyone who may ask writes here, so it is not where the evidence is. */
  readonly answers: Bucket;

  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names) {
    super(scope, id);
    const access = new Bucket(this, 'AccessLogs', {
      ...GUARDED,
      // S3's log delivery writes by bucket policy, which needs no ACL.
      lifecycleRules: [{ expiration: Duration.days(settings.rawRetentionDays) }],
    });
    acknowledge(
      access,
      'AwsSolutions-S1',
      'This bucket holds the access logs; logging it into itself would never end.',
    );
    this.bucket = new Bucket(this, 'Bucket', {
      ...GUARDED,
      bucketName: names.bucket,
      // CDK's classes are not written for exactOptionalPropertyTypes; its own Bucket is an IBucket all the same.
      serverAccessLogsBucket: access as IBucket,
      serverAccessLogsPrefix: 'usage/',
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
        { prefix: 'raw/', expiration: Duration.days(settings.rawRetentionDays) },
        { noncurrentVersionExpiration: Duration.days(90) },
      ],
    });
    this.answers = new Bucket(this, 'Answers', {
      ...GUARDED,
      bucketName: names.answersBucket,
      serverAccessLogsBucket: access as IBucket,
      serverAccessLogsPrefix: 'query/',
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
        // An answer can be had again; what UNLOAD wrote stays until someone deletes it.
        { prefix: 'results/', expiration: ANSWERS_KEPT },
        { noncurrentVersionExpiration: ANSWERS_KEPT },
      ],
    });
  }
}
