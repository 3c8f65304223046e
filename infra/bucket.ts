import { Duration } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type IBucket,
  type LifecycleRule,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from './nag.ts';
import type { Names } from './names.ts';
import { removalOfData } from './removal.ts';
import type { InfraSettings } from './settings/index.ts';

const ANSWERS_KEPT = Duration.days(30);

/** For how long what was overwritten, deleted or expired can be had back. */
const DELETED_KEPT = Duration.days(90);

const ABANDONED: LifecycleRule = { abortIncompleteMultipartUploadAfter: Duration.days(1) };

/** In a versioned bucket an expired object leaves a marker; once no version is behind it, it goes too. */
const NOTHING_LEFT: LifecycleRule = { expiredObjectDeleteMarker: true };

const GUARDED = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  versioned: true,
} satisfies BucketProps;

/** What every bucket of a stage is. */
export function guardedBucket(settings: InfraSettings): BucketProps {
  return {
    ...GUARDED,
    removalPolicy: removalOfData(settings),
    // S3 deletes no bucket that holds anything: CDK's own function empties it first.
    ...(settings.protect === 'none' ? { autoDeleteObjects: true } : {}),
  };
}

/** Of a bucket all of whose objects are kept for so many days; for how long what was deleted can be had back. */
export function keptFor(days: number, deletedKept = DELETED_KEPT): LifecycleRule[] {
  return [ABANDONED, { expiration: Duration.days(days), noncurrentVersionExpiration: deletedKept }, NOTHING_LEFT];
}

/** Where S3 writes who read the other buckets. Its log delivery writes by bucket policy, which needs no ACL. */
export function accessLogsBucket(scope: Construct, settings: InfraSettings): Bucket {
  const bucket = new Bucket(scope, 'AccessLogs', {
    ...guardedBucket(settings),
    lifecycleRules: keptFor(settings.rawRetentionDays),
  });
  acknowledge(bucket, 'AwsSolutions-S1', 'This bucket holds the access logs; logging it into itself would never end.');
  return bucket;
}

/** Raw usage lines, hourly objects and reports: what a bill is defended with, so nothing is deleted with the stack. */
export class UsageBucket extends Construct {
  readonly bucket: Bucket;
  /** Who read the others; and, where there is a container, who called it. */
  readonly access: Bucket;
  /** What Athena answers: anyone who may ask writes here, so it is not where the evidence is. */
  readonly answers: Bucket;

  constructor(scope: Construct, id: string, settings: InfraSettings, names: Names) {
    super(scope, id);
    const guarded = guardedBucket(settings);
    this.access = accessLogsBucket(this, settings);
    this.bucket = new Bucket(this, 'Bucket', {
      ...guarded,
      bucketName: names.bucket,
      // CDK's classes are not written for exactOptionalPropertyTypes; its own Bucket is an IBucket all the same.
      serverAccessLogsBucket: this.access as IBucket,
      serverAccessLogsPrefix: 'usage/',
      lifecycleRules: [
        ABANDONED,
        { prefix: 'raw/', expiration: Duration.days(settings.rawRetentionDays) },
        { noncurrentVersionExpiration: DELETED_KEPT },
        NOTHING_LEFT,
      ],
    });
    this.answers = new Bucket(this, 'Answers', {
      ...guarded,
      bucketName: names.answersBucket,
      serverAccessLogsBucket: this.access as IBucket,
      serverAccessLogsPrefix: 'query/',
      lifecycleRules: [
        ABANDONED,
        // An answer can be had again; what UNLOAD wrote stays until someone deletes it.
        { prefix: 'results/', expiration: ANSWERS_KEPT },
        { noncurrentVersionExpiration: ANSWERS_KEPT },
        NOTHING_LEFT,
      ],
    });
  }
}
