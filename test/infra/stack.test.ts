import { describe, expect, test } from 'vitest';
import { CONTEXT_KEY_CHARS } from '../../contract/limits/seal.ts';
import { authorizerSettings, contextKeySettings, invokeSettings, meteringSettings } from '../../contract/settings.ts';
import { registryDefinition } from '../../registry/table.ts';
import { flat, ofType, only as onlyOf, type Resource, resourcesOf, stackOf, statementsOf } from './synth.ts';

const resources = resourcesOf(stackOf().stack);
const only = (type: string) => onlyOf(resources, type);

describe('the tables', () => {
  const tables = ofType(resources, 'AWS::DynamoDB::Table');

  test('are the registry, the counters and answers, by the names that the command line derives from the stage', () => {
    expect(tables.map(({ TableName }) => TableName).sort()).toEqual([
      'tollgate-dev-answers',
      'tollgate-dev-counters',
      'tollgate-dev-registry',
    ]);
  });

  test.each(tables)('$TableName is on demand, and recoverable to any second unless it is to be forgotten', (table) => {
    const PointInTimeRecoveryEnabled = table.TableName !== 'tollgate-dev-answers';
    expect(table).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled },
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
  });
});

test('lists are asked of an index of the registry, which metering’s role alone may ask', () => {
  const indexes = ofType(resources, 'AWS::DynamoDB::Table').map(({ TableName, GlobalSecondaryIndexes }) => [
    TableName,
    GlobalSecondaryIndexes,
  ]);
  expect(Object.fromEntries(indexes)).toEqual({
    'tollgate-dev-answers': undefined,
    'tollgate-dev-counters': undefined,
    'tollgate-dev-registry': registryDefinition('').GlobalSecondaryIndexes,
  });
  const asking = ofType(resources, 'AWS::IAM::Role').filter((role) => JSON.stringify(role).includes('/index/'));
  expect(asking.map(({ RoleName }) => RoleName)).toEqual(['tollgate-dev-metering-us-east-1']);
});

describe('the buckets', () => {
  const buckets = Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::S3::Bucket');
  const policyOf = (id: string) =>
    ofType(resources, 'AWS::S3::BucketPolicy').find(({ Bucket: of }) => flat(of) === `<${id}>`);

  test('the one for usage has the name that the command line derives from the stage', () => {
    expect(buckets.map(([, { Properties }]) => Properties.BucketName)).toContain(
      'tollgate-dev-usage-111122223333-us-east-1',
    );
  });

  test.each(buckets)('%s is private, versioned, encrypted, and reached over TLS only', (id, bucket: Resource) => {
    expect(bucket.Properties).toMatchObject({
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      VersioningConfiguration: { Status: 'Enabled' },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      BucketEncryption: expect.anything(),
    });
    expect(statementsOf(policyOf(id)?.PolicyDocument)).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: ['s3:*'],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });
});

test.each(ofType(resources, 'AWS::S3::Bucket'))(
  'bucket %# keeps nothing for ever that was deleted or broken off',
  (bucket) => {
    const { Rules } = bucket.LifecycleConfiguration as { Rules: Record<string, unknown>[] };
    const forAll = Rules.filter(({ Prefix, Status }) => Prefix === undefined && Status === 'Enabled');
    for (const member of ['NoncurrentVersionExpiration', 'AbortIncompleteMultipartUpload', 'ExpiredObjectDeleteMarker'])
      expect(forAll.filter((rule) => member in rule)).toHaveLength(1);
  },
);

describe('the delivery of usage lines', () => {
  test('only usage lines of the invoke function are delivered, unpacked, one a line, under the hour of delivery', () => {
    expect(only('AWS::Logs::SubscriptionFilter')).toMatchObject({ FilterPattern: '{ $.usage.v = 1 }' });
    expect(only('AWS::KinesisFirehose::DeliveryStream')).toMatchObject({
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
      ExtendedS3DestinationConfiguration: {
        Prefix: 'raw/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/',
        CustomTimeZone: 'UTC',
        CompressionFormat: 'GZIP',
        FileExtension: '.jsonl.gz',
        ErrorOutputPrefix: expect.stringMatching(/^undelivered\//),
        ProcessingConfiguration: {
          Enabled: true,
          Processors: [
            { Type: 'Decompression' },
            {
              Type: 'CloudWatchLogProcessing',
              Parameters: [{ ParameterName: 'DataMessageExtraction', ParameterValue: 'true' }],
            },
            { Type: 'AppendDelimiterToRecord' },
          ],
        },
      },
    });
  });

  test('the filter waits for the stream and the function, and its role for neither', () => {
    const [[, filter] = [], ...more] = Object.entries(resources).filter(
      ([, { Type }]) => Type === 'AWS::Logs::SubscriptionFilter',
    );
    expect(more).toEqual([]);
    const waitsFor = [filter?.DependsOn ?? []].flat().map((id) => resources[String(id)]?.Type);
    expect(waitsFor).toContain('AWS::Lambda::Function');
    const role = Object.values(resources).find(
      ({ Properties }) => Properties?.RoleName === 'tollgate-dev-subscription-us-east-1',
    );
    expect(role).not.toHaveProperty('DependsOn');
    expect(JSON.stringify(role)).not.toMatch(/Fn::GetAtt|"Ref":"(?!AWS::)/);
    expect(JSON.stringify(role)).toContain('arn:aws:firehose:us-east-1:111122223333:deliverystream/tollgate-dev-usage');
    expect(only('AWS::KinesisFirehose::DeliveryStream').DeliveryStreamName).toBe('tollgate-dev-usage');
  });

  test('what cannot be delivered is not where the ledger looks', () => {
    const { ErrorOutputPrefix } = only('AWS::KinesisFirehose::DeliveryStream')
      .ExtendedS3DestinationConfiguration as Record<string, string>;
    expect(ErrorOutputPrefix).not.toMatch(/^raw\//);
  });
});

describe('the key that contexts are sealed with', () => {
  const [secretId] = Object.entries(resources).find(([, { Type }]) => Type === 'AWS::SecretsManager::Secret') ?? [];

  test('is made by Secrets Manager, and stands in no template and no environment', () => {
    expect(only('AWS::SecretsManager::Secret')).toMatchObject({
      Name: 'tollgate-dev-context-key',
      GenerateSecretString: { PasswordLength: CONTEXT_KEY_CHARS, ExcludePunctuation: true },
    });
    expect(only('AWS::SecretsManager::Secret')).not.toHaveProperty('SecretString');
    expect(JSON.stringify(resources)).not.toContain('{{resolve:');
  });

  test('is made new every day by a function of its own, which Secrets Manager may invoke for this secret alone', () => {
    expect(only('AWS::SecretsManager::RotationSchedule')).toMatchObject({
      SecretId: { Ref: secretId },
      RotateImmediatelyOnUpdate: false,
      RotationRules: { ScheduleExpression: 'rate(24 hours)' },
    });
    const permitted = ofType(resources, 'AWS::Lambda::Permission').filter(
      ({ Principal }) => Principal === 'secretsmanager.amazonaws.com',
    );
    expect(permitted).toMatchObject([{ SourceAccount: '111122223333', SourceArn: { Ref: secretId } }]);
    const seal = Object.entries(resources).find(
      ([, { Properties }]) => Properties.FunctionName === 'tollgate-dev-seal',
    );
    for (const given of [permitted[0]?.FunctionName, only('AWS::SecretsManager::RotationSchedule').RotationLambdaARN])
      expect(flat(given)).toBe(`<${seal?.[0]}.Arn>`);
    const alarms = ofType(resources, 'AWS::CloudWatch::Alarm').map(({ AlarmName }) => AlarmName);
    expect(alarms).toContain('tollgate-dev-seal-errors');
  });

  test('is there before the functions that read it', () => {
    for (const name of ['authorizer', 'invoke']) {
      const found = Object.values(resources).find(
        ({ Properties }) => Properties.FunctionName === `tollgate-dev-${name}`,
      ) as { DependsOn?: string[] };
      expect(found.DependsOn).toContain(secretId);
    }
  });
});

describe('the functions', () => {
  const functions = ofType(resources, 'AWS::Lambda::Function');
  const environment = (name: string): Record<string, string> => {
    const found = functions.find(({ FunctionName }) => FunctionName === `tollgate-dev-${name}`);
    const given = found?.Environment as { Variables: Record<string, unknown> } | undefined;
    return Object.fromEntries(Object.entries(given?.Variables ?? {}).map(([key, value]) => [key, flat(value)]));
  };

  test('there are four, on Node 24 and arm64, each with its own log group', () => {
    expect(functions.map(({ FunctionName }) => FunctionName).sort()).toEqual([
      'tollgate-dev-authorizer',
      'tollgate-dev-invoke',
      'tollgate-dev-metering',
      'tollgate-dev-seal',
    ]);
    for (const properties of functions)
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        LoggingConfig: { LogFormat: 'JSON', LogGroup: expect.anything() },
      });
    expect(new Set(functions.map(({ LoggingConfig }) => JSON.stringify(LoggingConfig))).size).toBe(4);
  });

  test('invoke has the fifteen minutes that a stream may take', () => {
    expect(functions.find(({ FunctionName }) => FunctionName === 'tollgate-dev-invoke')).toMatchObject({
      Timeout: 900,
    });
  });

  test('each has the environment that it reads at its start', () => {
    expect(() => authorizerSettings(environment('authorizer'))).not.toThrow();
    expect(() => invokeSettings(environment('invoke'))).not.toThrow();
    for (const name of ['authorizer', 'invoke'])
      expect(contextKeySettings(environment(name)).secretId).toBe('tollgate-dev-context-key');
    expect(() => meteringSettings(environment('metering'))).not.toThrow();
  });

  test('the event bus of the settings is the one that invoke and metering are told', () => {
    const { stack } = stackOf({ 'tollgate:eventBus': 'finance' });
    const told = ofType(resourcesOf(stack), 'AWS::Lambda::Function').map(({ FunctionName, Environment }) => [
      FunctionName,
      (Environment as { Variables: Record<string, string> }).Variables.TOLLGATE_EVENT_BUS,
    ]);
    expect(Object.fromEntries(told)).toEqual({
      'tollgate-dev-authorizer': undefined,
      'tollgate-dev-invoke': 'finance',
      'tollgate-dev-metering': 'finance',
      'tollgate-dev-seal': undefined,
    });
  });

  test('the two that remember registry items know how long the authorizer is kept, and invoke how calls are routed', () => {
    const { stack } = stackOf({
      'tollgate:authorizerTtlSeconds': 0,
      'tollgate:routing': { maxAttempts: 3 },
      'tollgate:tellRoute': true,
      'tollgate:sharedHealth': true,
    });
    const functions = ofType(resourcesOf(stack), 'AWS::Lambda::Function');
    expect(functions).toContainEqual(
      expect.objectContaining({
        FunctionName: 'tollgate-dev-invoke',
        Environment: {
          Variables: expect.objectContaining({
            TOLLGATE_ROUTING: '{"maxAttempts":3}',
            TOLLGATE_TELL_ROUTE: 'true',
            TOLLGATE_SHARED_HEALTH: 'true',
          }),
        },
      }),
    );
    const ttls = functions.map(({ FunctionName, Environment }) => [
      FunctionName,
      (Environment as { Variables: Record<string, string> }).Variables.TOLLGATE_AUTHORIZER_TTL,
    ]);
    expect(Object.fromEntries(ttls)).toEqual({
      'tollgate-dev-authorizer': '0',
      'tollgate-dev-invoke': '0',
      'tollgate-dev-metering': undefined,
      'tollgate-dev-seal': undefined,
    });
  });

  test('no environment holds a credential or a bearer token', () => {
    for (const name of ['authorizer', 'invoke', 'metering', 'seal'])
      expect(Object.keys(environment(name)).filter((key) => !key.startsWith('TOLLGATE_'))).toEqual([]);
  });

  test('nothing is reserved unless it is asked for: a new account has nothing to reserve', () => {
    const kept = (overrides: Record<string, unknown>) =>
      Object.fromEntries(
        ofType(resourcesOf(stackOf(overrides).stack), 'AWS::Lambda::Function').flatMap(
          ({ FunctionName, ReservedConcurrentExecutions: reserved }) =>
            reserved === undefined ? [] : [[String(FunctionName).replace('tollgate-dev-', ''), reserved]],
        ),
      );
    expect(kept({ 'tollgate:broker': true })).toEqual({});
    expect(kept({ 'tollgate:authorizerConcurrency': '' })).toEqual({});
    expect(kept({ 'tollgate:invokeConcurrency': 50 })).toEqual({ invoke: 50 });
    expect(kept({ 'tollgate:broker': true, 'tollgate:authorizerConcurrency': 100 })).toEqual({
      authorizer: 100,
      broker: 100,
    });
  });
});

describe('logs', () => {
  test('every log group has the retention of the settings', () => {
    const groups = ofType(resourcesOf(stackOf({ 'tollgate:logRetentionDays': 30 }).stack), 'AWS::Logs::LogGroup');
    expect(groups).toHaveLength(7);
    for (const { RetentionInDays } of groups) expect(RetentionInDays).toBe(30);
  });
});

describe('the schedule', () => {
  test('runs the aggregation every hour after the delivery has had its time, and keeps what could not start', () => {
    expect(only('AWS::Scheduler::Schedule')).toMatchObject({
      ScheduleExpression: 'cron(10 * * * ? *)',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { DeadLetterConfig: expect.anything(), RetryPolicy: { MaximumRetryAttempts: 3 } },
    });
  });
});
