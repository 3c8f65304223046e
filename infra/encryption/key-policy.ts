import type { Condition } from '../../policies/document.ts';

/** A statement of a key's policy, in which the resource is the key itself. */
export interface KeyStatement {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Principal: { readonly AWS: string } | { readonly Service: string };
  readonly Action: readonly string[];
  readonly Resource: '*';
  readonly Condition?: Condition;
}

const READ_AND_WRITE = ['kms:Decrypt', 'kms:GenerateDataKey'];

/**
 * Services that ask KMS in the name of whoever calls them, and what they ask it for
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html, without CreateGrant, which only
 * who makes a table needs; https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html;
 * https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html;
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html).
 */
export const ASKED_BY: Readonly<Record<string, readonly string[]>> = {
  dynamodb: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
  s3: READ_AND_WRITE,
  secretsmanager: READ_AND_WRITE,
  sns: READ_AND_WRITE,
  sqs: READ_AND_WRITE,
};

export interface KeyUsers {
  partition: string;
  region: string;
  account: string;
  /** `amazonaws.com`, but for China. */
  suffix: string;
  /** By service of ASKED_BY, the roles of the stage that call it. */
  callers: ReadonlyMap<string, readonly string[]>;
  /** Roles of functions, and the functions, whose environment is under the key. */
  functions: { roleArns: readonly string[]; arns: readonly string[] };
  logGroupArns: readonly string[];
  topicArns: readonly string[];
  /** Queues that EventBridge puts what it could not deliver into. */
  queueArns: readonly string[];
  trailArns: readonly string[];
}

/**
 * Who may use a key that the stage's data is under, and for nothing else. No role's own policy speaks of KMS: who of the stage
 * asks is a service, in the name of the role that called it (a forward access session), so what counts is the key's policy.
 * There the role is `aws:PrincipalArn`, and the service `kms:ViaService`; neither a function's ARN nor a VPC endpoint is in such
 * a request (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html).
 */
export function keyUsePolicy(users: KeyUsers): KeyStatement[] {
  const { region, account, suffix, callers, functions } = users;
  const anyOf = (
    roleArns: readonly string[],
    more: Readonly<Record<string, string | readonly string[]>>,
  ): Condition => ({
    StringEquals: { 'kms:CallerAccount': account, ...more },
    ArnEquals: { 'aws:PrincipalArn': roleArns },
  });
  // A role that is named as the principal must be there before the key is.
  const whoever = { AWS: '*' };
  const statements: KeyStatement[] = [];
  const may = (
    Sid: string,
    Principal: KeyStatement['Principal'],
    Action: readonly string[],
    on: readonly unknown[],
    Condition: Condition,
  ) => on.length > 0 && statements.push({ Sid, Effect: 'Allow', Principal, Action, Resource: '*', Condition });
  for (const [service, actions] of Object.entries(ASKED_BY)) {
    const roles = callers.get(service) ?? [];
    // Beyond the usual partition it is not written down by which domain the service is called here.
    const names = [...new Set(['amazonaws.com', suffix])].map((domain) => `${service}.${region}.${domain}`);
    const via = { 'kms:ViaService': names.length === 1 ? `${names[0]}` : names };
    may(service, whoever, actions, roles, anyOf(roles, via));
  }
  may('Environment', whoever, ['kms:Decrypt'], functions.arns, {
    ...anyOf(functions.roleArns, {}),
    ArnLike: { 'kms:EncryptionContext:aws:lambda:FunctionArn': functions.arns },
  });
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
  may(
    'Logs',
    { Service: `logs.${region}.${suffix}` },
    ['kms:Decrypt*', 'kms:Describe*', 'kms:Encrypt*', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
    users.logGroupArns,
    { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': users.logGroupArns } },
  );
  // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
  may('Alarms', { Service: 'cloudwatch.amazonaws.com' }, READ_AND_WRITE, users.topicArns, {
    StringEquals: { 'aws:SourceAccount': account },
    ArnEquals: { 'kms:EncryptionContext:aws:sns:topicArn': users.topicArns },
  });
  // Which rule it is for, EventBridge does not say to KMS: the queue's own policy asks that.
  may('Undelivered', { Service: 'events.amazonaws.com' }, READ_AND_WRITE, users.queueArns, {
    ArnEquals: { 'kms:EncryptionContext:aws:sqs:arn': users.queueArns },
  });
  // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
  may('Trail', { Service: 'cloudtrail.amazonaws.com' }, ['kms:GenerateDataKey*'], users.trailArns, {
    ArnEquals: { 'aws:SourceArn': users.trailArns },
    ArnLike: { 'kms:EncryptionContext:aws:cloudtrail:arn': users.trailArns.map((arn) => arn.replace(region, '*')) },
  });
  may('TrailKey', { Service: 'cloudtrail.amazonaws.com' }, ['kms:DescribeKey'], users.trailArns, {
    ArnEquals: { 'aws:SourceArn': users.trailArns },
  });
  return statements;
}
