import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { GATEWAY_RESPONSES } from '../../contract/gateway-responses.ts';
import { METRICS } from '../../contract/log.ts';
import { authorizerSettings, invokeSettings, meteringSettings } from '../../contract/settings.ts';
import { flat, ofType, type Resource, resourcesOf, stackOf, statementsOf } from './synth.ts';

const { stack } = stackOf();
const resources = resourcesOf(stack);
const only = (type: string): Record<string, unknown> => {
  const found = ofType(resources, type);
  expect(found, type).toHaveLength(1);
  return found[0] ?? {};
};

describe('the registry table', () => {
  test('is on demand, recoverable to any second and cannot be deleted by mistake', () => {
    expect(only('AWS::DynamoDB::Table')).toMatchObject({
      TableName: 'tollgate-dev-registry',
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
    });
  });
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

  test.each(buckets)('%s is private, versioned, encrypted, kept, and reached over TLS only', (id, bucket: Resource) => {
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
    expect(bucket.DeletionPolicy).toBe('Retain');
    expect(statementsOf(policyOf(id)?.PolicyDocument)).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: ['s3:*'],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });
});

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

  test('what cannot be delivered is not where the ledger looks', () => {
    const { ErrorOutputPrefix } = only('AWS::KinesisFirehose::DeliveryStream')
      .ExtendedS3DestinationConfiguration as Record<string, string>;
    expect(ErrorOutputPrefix).not.toMatch(/^raw\//);
  });
});

describe('the functions', () => {
  const functions = ofType(resources, 'AWS::Lambda::Function');
  const environment = (name: string): Record<string, string> => {
    const found = functions.find(({ FunctionName }) => FunctionName === `tollgate-dev-${name}`);
    const given = found?.Environment as { Variables: Record<string, unknown> } | undefined;
    return Object.fromEntries(Object.entries(given?.Variables ?? {}).map(([key, value]) => [key, flat(value)]));
  };

  test('there are three, on Node 24 and arm64, each with its own log group', () => {
    expect(functions.map(({ FunctionName }) => FunctionName).sort()).toEqual([
      'tollgate-dev-authorizer',
      'tollgate-dev-invoke',
      'tollgate-dev-metering',
    ]);
    for (const properties of functions)
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        LoggingConfig: { LogFormat: 'JSON', LogGroup: expect.anything() },
      });
    expect(new Set(functions.map(({ LoggingConfig }) => JSON.stringify(LoggingConfig))).size).toBe(3);
  });

  test('invoke has the fifteen minutes that a stream may take', () => {
    expect(functions.find(({ FunctionName }) => FunctionName === 'tollgate-dev-invoke')).toMatchObject({
      Timeout: 900,
    });
  });

  test('each has the environment that it reads at its start', () => {
    expect(() => authorizerSettings(environment('authorizer'))).not.toThrow();
    expect(() => invokeSettings(environment('invoke'))).not.toThrow();
    expect(() => meteringSettings(environment('metering'))).not.toThrow();
  });

  test('no environment holds a credential or a bearer token', () => {
    for (const name of ['authorizer', 'invoke', 'metering'])
      expect(Object.keys(environment(name)).filter((key) => !key.startsWith('TOLLGATE_'))).toEqual([]);
  });

  test('concurrency is reserved only where it is asked for', () => {
    const reserved = ofType(
      resourcesOf(stackOf({ 'tollgate:invokeConcurrency': 50 }).stack),
      'AWS::Lambda::Function',
    ).map(({ ReservedConcurrentExecutions }) => ReservedConcurrentExecutions);
    expect(reserved.filter((value) => value !== undefined)).toEqual([50]);
    for (const properties of functions) expect(properties).not.toHaveProperty('ReservedConcurrentExecutions');
  });
});

describe('the API', () => {
  const pathOf = (method: Record<string, unknown>): string => {
    const resource = resources[flat(method.ResourceId).replace(/[<>]/g, '')];
    return `${flat(method.HttpMethod)} /${resource === undefined ? '' : flat(resource.Properties.PathPart)}`;
  };
  const methods = ofType(resources, 'AWS::ApiGateway::Method');

  test('every route has the authorizer, but the two that need no token', () => {
    const open = methods.filter(({ AuthorizationType }) => AuthorizationType !== 'CUSTOM');
    expect(open.map(pathOf).sort()).toEqual(['GET /health', 'GET /openapi.json']);
    const guarded = methods.filter(({ AuthorizationType }) => AuthorizationType === 'CUSTOM');
    expect(guarded.map(pathOf).sort()).toEqual(['ANY /', 'ANY /{proxy+}']);
    for (const { AuthorizerId } of guarded) expect(AuthorizerId).toEqual(expect.anything());
  });

  test('every route streams the answer of the invoke function', () => {
    expect(methods).toHaveLength(4);
    for (const { Integration } of methods) {
      expect(Integration).toMatchObject({
        Type: 'AWS_PROXY',
        ResponseTransferMode: 'STREAM',
        TimeoutInMillis: 900_000,
      });
      expect(flat((Integration as Record<string, unknown>).Uri)).toMatch(
        /InvokeFunction.*response-streaming-invocations$/,
      );
    }
  });

  test('the authorizer is asked by request, keyed by the whole header, and remembered as long as the setting says', () => {
    expect(only('AWS::ApiGateway::Authorizer')).toMatchObject({
      Type: 'REQUEST',
      IdentitySource: 'method.request.header.Authorization',
      AuthorizerResultTtlInSeconds: 60,
    });
    const never = ofType(
      resourcesOf(stackOf({ 'tollgate:authorizerTtlSeconds': 0 }).stack),
      'AWS::ApiGateway::Authorizer',
    );
    expect(never).toEqual([expect.objectContaining({ AuthorizerResultTtlInSeconds: 0 })]);
  });

  test('is regional, so that a stream may be silent for five minutes', () => {
    expect(only('AWS::ApiGateway::RestApi')).toMatchObject({ EndpointConfiguration: { Types: ['REGIONAL'] } });
  });

  test('access logs are JSON and hold no header, query, body or path as it was written', () => {
    const { Format } = only('AWS::ApiGateway::Stage').AccessLogSetting as { Format: string };
    const variables = Object.values(JSON.parse(Format) as Record<string, string>);
    const ALLOWED =
      /^\$context\.(requestId|requestTimeEpoch|identity\.sourceIp|httpMethod|resourcePath|status|responseLength|responseLatency|integration\.(latency|status)|authorizer\.(latency|status|tenant)|error\.responseType)$/;
    for (const variable of variables) expect(variable).toMatch(ALLOWED);
    expect(Format).not.toMatch(/header|authorization|token|querystring|\$input|\$context\.path|error\.message/i);
  });

  test('execution logs, which hold headers and bodies, are off, and calls are throttled', () => {
    expect(only('AWS::ApiGateway::Stage')).toMatchObject({
      StageName: 'dev',
      MethodSettings: [
        {
          HttpMethod: '*',
          ResourcePath: '/*',
          DataTraceEnabled: false,
          LoggingLevel: 'OFF',
          ThrottlingRateLimit: 100,
          ThrottlingBurstLimit: 200,
        },
      ],
    });
  });

  test("what the gateway answers by itself is the contract's body and names the request", () => {
    const responses = ofType(resources, 'AWS::ApiGateway::GatewayResponse');
    expect(responses.map(({ ResponseType }) => ResponseType).sort()).toEqual(Object.keys(GATEWAY_RESPONSES).sort());
    for (const { ResponseParameters, ResponseTemplates } of responses) {
      expect(ResponseParameters).toMatchObject({ 'gatewayresponse.header.x-request-id': 'context.requestId' });
      // No variable of the gateway's template language: nothing of the request or of AWS is repeated.
      expect(JSON.stringify(ResponseTemplates)).not.toContain('$');
    }
    expect(responses.find(({ ResponseType }) => ResponseType === 'UNAUTHORIZED')).toMatchObject({
      StatusCode: '401',
      ResponseParameters: { 'gatewayresponse.header.www-authenticate': "'Bearer'" },
    });
  });

  test('an account whose log role is managed elsewhere is left alone', () => {
    const without = resourcesOf(stackOf({ 'tollgate:apiGatewayLogRole': false }).stack);
    expect(ofType(resources, 'AWS::ApiGateway::Account')).toHaveLength(1);
    expect(ofType(without, 'AWS::ApiGateway::Account')).toHaveLength(0);
  });
});

describe('logs', () => {
  test('every log group has the retention of the settings', () => {
    const groups = ofType(resourcesOf(stackOf({ 'tollgate:logRetentionDays': 30 }).stack), 'AWS::Logs::LogGroup');
    expect(groups).toHaveLength(5);
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

describe('the alarms', () => {
  const alarms = ofType(resources, 'AWS::CloudWatch::Alarm');

  test.each([
    METRICS.deniedByIam,
    METRICS.credentialsRefused,
    METRICS.undecided,
    METRICS.unusableEntry,
    METRICS.unsettled,
    METRICS.unpriced,
    METRICS.quarantined,
    METRICS.aggregationFailed,
    METRICS.drift,
  ])('%s is watched over all tenants and models', (metric) => {
    const found = alarms.find(({ Namespace, MetricName }) => Namespace === 'Tollgate' && MetricName === metric);
    expect(found).toMatchObject({ Statistic: 'Sum', ComparisonOperator: 'GreaterThanThreshold' });
    expect(found).not.toHaveProperty('Dimensions');
  });

  test('crashes of each function, a missing run, a failed start and a late delivery are watched', () => {
    expect(alarms.map(({ AlarmName }) => AlarmName)).toEqual(
      expect.arrayContaining(
        ['authorizer-errors', 'invoke-errors', 'metering-errors', 'aggregation-missing', 'schedule-failures'].map(
          (name) => `tollgate-dev-${name}`,
        ),
      ),
    );
    expect(alarms.find(({ AlarmName }) => AlarmName === 'tollgate-dev-aggregation-missing')).toMatchObject({
      TreatMissingData: 'breaching',
    });
    expect(alarms.map(({ MetricName }) => MetricName)).toContain('DeliveryToS3.DataFreshness');
  });

  test('every alarm tells the topic, and CloudWatch may publish to it', () => {
    for (const { AlarmActions } of alarms) expect(AlarmActions).toHaveLength(1);
    expect(statementsOf(only('AWS::SNS::TopicPolicy').PolicyDocument)).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Action: ['sns:Publish'],
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': '111122223333' } },
      }),
    );
  });

  test('an e-mail address is subscribed to the topic that is made', () => {
    const subscribed = ofType(
      resourcesOf(stackOf({ 'tollgate:alarmEmail': 'ops@example.com' }).stack),
      'AWS::SNS::Subscription',
    );
    expect(subscribed).toEqual([expect.objectContaining({ Protocol: 'email', Endpoint: 'ops@example.com' })]);
  });

  test('a topic of your own is used instead of a new one', () => {
    const topic = 'arn:aws:sns:us-east-1:111122223333:ops';
    const own = resourcesOf(stackOf({ 'tollgate:alarmTopicArn': topic }).stack);
    expect(ofType(own, 'AWS::SNS::Topic')).toEqual([]);
    for (const { AlarmActions } of ofType(own, 'AWS::CloudWatch::Alarm')) expect(AlarmActions).toEqual([topic]);
  });
});

describe('the AWS Solutions checks', () => {
  const findings = (given: ReturnType<typeof stackOf>): string[] =>
    new AwsSolutionsChecks(given.app)
      .validateScope(given.app)
      .violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map((resource) => `${ruleName} ${resource.constructPath}`),
      );

  test.each([
    ['as configured', {}],
    ['without an account of its own', { 'tollgate:account': '' }],
    ['with global profiles', { 'tollgate:globalProfiles': true }],
    ['with a topic of your own', { 'tollgate:alarmTopicArn': 'arn:aws:sns:us-east-1:111122223333:ops' }],
  ])('find nothing that is not acknowledged: %s', (_, overrides) => {
    expect(findings(stackOf(overrides))).toEqual([]);
  });

  test('would find a bucket that is left open', () => {
    const given = stackOf();
    new Bucket(given.stack, 'Open');
    expect(findings(given)).toContain('AwsSolutions-S1 tollgate-dev/Open/Resource');
  });
});
