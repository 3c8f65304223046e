import { type App, Aspects, CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal, StarPrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { documentOf, type PermissionStatement } from '../../policies/document.ts';
import { accessLogsBucket, guardedBucket, keptFor } from '../bucket.ts';
import { codeOf } from '../bundling.ts';
import type { KeyStatement } from '../encryption/key-policy.ts';
import { StageKey } from '../encryption/stage-key.ts';
import { KeptLogs } from '../log-groups.ts';
import { acknowledgeWildcards } from '../nag.ts';
import { Names } from '../names.ts';
import { removalOfData } from '../removal.ts';
import { serviceRole } from '../service-role.ts';
import type { InvocationLogging } from '../settings/custody.ts';
import type { InfraSettings } from '../settings/index.ts';
import { LOG_RETENTION_DAYS } from '../settings/operations.ts';
import { stackNamed } from '../stack-name.ts';

/** Of Bedrock's setting; none of them takes a resource. */
const SETTING = ['Delete', 'Get', 'Put'].map((verb) => `bedrock:${verb}ModelInvocationLoggingConfiguration`);

/** What is overwritten or deleted goes soon: these are prompts. */
const DELETED_KEPT = Duration.days(1);

/**
 * One stack for each region of models: Bedrock logs into the region in which a model is called, its setting is that region's, and
 * a stack makes things in one region
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html).
 */
export function addInvocationLogging(app: App, settings: InfraSettings): InvocationLoggingStack[] {
  const { invocationLogging, modelRegions } = settings;
  if (invocationLogging === undefined) return [];
  return [...new Set(modelRegions)].map(
    (region) => new InvocationLoggingStack(app, { ...settings, region }, invocationLogging, region === settings.region),
  );
}

/** Bedrock's own log of every call of the account in one region: a bucket that few may read, and the setting, made by a function. */
export class InvocationLoggingStack extends Stack {
  /** @param settings with the region of this stack in the place of the stage's */
  constructor(app: App, settings: InfraSettings, logging: InvocationLogging, isStages: boolean) {
    const { region, protect, encryption } = settings;
    const [id, props] = stackNamed(
      settings,
      `Bedrock's log of model invocations in ${region}, with prompts and answers`,
    );
    super(app, `${id}-invocations-${region}`, { ...props, terminationProtection: protect === 'all' });
    const names = new Names(settings);
    Aspects.of(this).add(new KeptLogs(settings));
    // A key is of one region: where the one that was given is not, another is made.
    if (encryption !== undefined)
      new StageKey(
        this,
        'Encryption',
        settings,
        names,
        isStages ? encryption : 'create',
        keyUsers(settings, names, logging),
      );
    const bucket = this.#bucket(settings, names, logging);
    const group = logging.logGroup ? this.#logGroup(settings, names, logging) : undefined;
    const s3Config = { bucketName: bucket.bucketName };
    const configure = this.#function(settings, names, group?.roleArn);
    const set = new CustomResource(this, 'Setting', {
      resourceType: 'Custom::TollgateInvocationLogging',
      serviceToken: configure.functionArn,
      properties: {
        Logging: this.toJsonString({
          s3Config,
          ...(group === undefined
            ? {}
            : {
                cloudWatchConfig: {
                  logGroupName: group.name,
                  roleArn: group.roleArn,
                  // What is too large for a line.
                  largeDataDeliveryS3Config: { ...s3Config, keyPrefix: 'large' },
                },
              }),
          textDataDeliveryEnabled: logging.text,
          imageDataDeliveryEnabled: logging.images,
          embeddingDataDeliveryEnabled: logging.embeddings,
          audioDataDeliveryEnabled: logging.audio,
          videoDataDeliveryEnabled: logging.video,
        }),
      },
    });
    // Bedrock tries to write when it is told where to.
    if (bucket.policy !== undefined) set.node.addDependency(bucket.policy);
  }

  #bucket(settings: InfraSettings, names: Names, { readers, days }: InvocationLogging): Bucket {
    const { partition, region } = settings;
    const bucket = new Bucket(this, 'Bucket', {
      ...guardedBucket(settings),
      serverAccessLogsBucket: accessLogsBucket(this, settings) as IBucket,
      serverAccessLogsPrefix: 'invocations/',
      lifecycleRules: keptFor(days, DELETED_KEPT),
    });
    bucket.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('bedrock.amazonaws.com')],
        actions: ['s3:PutObject'],
        resources: [bucket.arnForObjects('*')],
        conditions: {
          StringEquals: { 'aws:SourceAccount': names.account },
          ArnLike: { 'aws:SourceArn': `arn:${partition}:bedrock:${region}:${names.account}:*` },
        },
      }),
    );
    bucket.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        principals: [new StarPrincipal()],
        actions: ['s3:GetObject*'],
        resources: [bucket.arnForObjects('*')],
        conditions: { ArnNotEquals: { 'aws:PrincipalArn': readers } },
      }),
    );
    return bucket;
  }

  #logGroup(settings: InfraSettings, names: Names, { days }: InvocationLogging): { name: string; roleArn: string } {
    const { partition, region } = settings;
    const { logGroupName: name } = new LogGroup(this, 'Logs', {
      logGroupName: names.logGroup('invocations'),
      // Of the days that CloudWatch Logs takes, the least that is not fewer.
      retention: LOG_RETENTION_DAYS.find((one) => one >= days) ?? RetentionDays.TEN_YEARS,
      removalPolicy: removalOfData(settings),
    });
    const role = serviceRole(this, 'LogsRole', names, {
      ...{ name: 'invocations', service: 'bedrock' },
      statements: [
        {
          Effect: 'Allow',
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: [`${names.logGroupArn('invocations')}:log-stream:aws/bedrock/modelinvocations`],
        },
      ],
      condition: {
        StringEquals: { 'aws:SourceAccount': names.account },
        ArnLike: { 'aws:SourceArn': `arn:${partition}:bedrock:${region}:${names.account}:*` },
      },
    });
    return { name, roleArn: role.attrArn };
  }

  #function(settings: InfraSettings, names: Names, passed: string | undefined): LambdaFunction {
    const functionName = names.of('invocation-logging');
    const { partition, region, logRetentionDays } = settings;
    const functionArn = `arn:${partition}:lambda:${region}:${names.account}:function:${functionName}`;
    // Who may pass the role to another function has nothing of it.
    const Condition = { ArnLike: { 'lambda:SourceFunctionArn': [functionArn, `${functionArn}:*`] } };
    const statements: PermissionStatement[] = [
      { Effect: 'Allow', Action: SETTING, Resource: ['*'], Condition },
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: [`${names.logGroupArn('invocation-logging')}:log-stream:*`],
      },
    ];
    if (passed !== undefined)
      statements.push({
        Effect: 'Allow',
        Action: ['iam:PassRole'],
        Resource: [passed],
        Condition: { StringEquals: { 'iam:PassedToService': 'bedrock.amazonaws.com' } },
      });
    const policy = documentOf(statements);
    const role = new Role(this, 'Role', {
      roleName: names.role('invocation-logging'),
      description: 'Tollgate: what sets the invocation logging of Bedrock may do',
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: { own: PolicyDocument.fromJson(policy) },
    });
    acknowledgeWildcards(role, policy, 'Bedrock’s setting takes no resource; log streams are named while running.');
    return new LambdaFunction(this, 'Function', {
      functionName,
      description: 'Sets Bedrock’s invocation logging when the stack is deployed, and takes back what it set',
      code: codeOf('infra/invocation-logging'),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: Duration.minutes(3),
      memorySize: 256,
      role: role.withoutPolicyUpdates(),
      logGroup: new LogGroup(this, 'FunctionLogs', {
        logGroupName: names.logGroup('invocation-logging'),
        retention: logRetentionDays,
        removalPolicy: removalOfData(settings),
      }),
      loggingFormat: LoggingFormat.JSON,
    });
  }
}

/** Bedrock writes, and who was named reads, through S3 alone. */
function keyUsers(
  { partition, region }: InfraSettings,
  { account }: Names,
  { readers }: InvocationLogging,
): KeyStatement[] {
  return [
    {
      Sid: 'Invocations',
      Effect: 'Allow',
      Principal: { Service: 'bedrock.amazonaws.com' },
      Action: ['kms:GenerateDataKey'],
      Resource: '*',
      Condition: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnLike: { 'aws:SourceArn': `arn:${partition}:bedrock:${region}:${account}:*` },
      },
    },
    {
      Sid: 'Readers',
      Effect: 'Allow',
      Principal: { AWS: '*' },
      Action: ['kms:Decrypt'],
      Resource: '*',
      Condition: {
        StringEquals: { 'kms:ViaService': `s3.${region}.amazonaws.com` },
        ArnEquals: { 'aws:PrincipalArn': readers },
      },
    },
  ];
}
