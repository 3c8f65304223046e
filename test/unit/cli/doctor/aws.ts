import { generateKeyPairSync } from 'node:crypto';
import { Readable } from 'node:stream';
import { HttpResponse } from '@smithy/core/protocols';
import { type Deployed, type DeployedResource, deployedOf, type Template } from '../../../../cli/doctor/deployed.ts';

/** Where the template was deployed. */
const WHERE = { account: '111122223333', region: 'us-east-1' };

type Properties = Record<string, unknown>;
// biome-ignore lint/suspicious/noExplicitAny: what AWS answers is read by the SDK's own deserialisers.
type Said = any;

/** What AWS refuses, by its name for that. */
export class Refused extends Error {
  readonly status: number;
  constructor(name: string, message = '', status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/** Replaces what AWS would say of an operation: `lambda GetPolicy`. */
export type Changes = Readonly<Record<string, (said: Said, input: Said) => Said>>;

/**
 * An account in which a template is deployed, exactly as it says: each service answers in its own wire format, which the SDK's clients and
 * the doctor's own take apart. What is changed by hand, a test says.
 */
export class FakeAws {
  readonly deployed: Deployed;
  readonly #resources: NonNullable<Template['Resources']>;
  readonly #changes: Changes;
  readonly #ids: Map<string, string>;
  readonly asked: string[] = [];

  constructor(resources: NonNullable<Template['Resources']>, changes: Changes = {}) {
    this.#resources = resources;
    this.#changes = changes;
    this.#ids = idsOf(resources);
    this.deployed = deployedOf({ Resources: resources }, { ...KNOWN, ...WHERE, ids: this.#ids });
  }

  /** As clients of the SDK have it. */
  get requestHandler() {
    return {
      handle: async (request: Said) => {
        const query = new URLSearchParams(request.query ?? {}).toString();
        // S3 has the bucket in its host.
        const [, bucket] = /^(.+?)\.s3\./.exec(request.hostname) ?? [];
        const { status, body, type } = await this.#serve(
          request.method,
          `${bucket === undefined ? '' : `/${bucket}`}${request.path}?${query}`,
          request.headers,
          new TextDecoder().decode(typeof request.body === 'string' ? Buffer.from(request.body) : request.body),
        );
        const response = new HttpResponse({
          statusCode: status,
          headers: { 'content-type': type },
          body: Readable.from([Buffer.from(body)]),
        });
        return { response };
      },
    };
  }

  /** As the doctor's own calls have it, and whatever else is fetched. */
  readonly fetch = (async (url: URL | string, init: RequestInit = {}) => {
    const { pathname, search, host } = new URL(url);
    const headers = Object.fromEntries(new Headers(init.headers));
    if (headers.authorization === undefined) return this.#open(host, pathname);
    const { status, body, type } = await this.#serve(
      init.method ?? 'GET',
      pathname + search,
      headers,
      String(init.body ?? ''),
    );
    return new Response(body, { status, headers: { 'content-type': type } });
  }) as typeof fetch;

  #open(host: string, path: string): Response {
    const change = this.#changes[`fetch ${host}`];
    if (change !== undefined) return change(undefined, path);
    const [issuer = '', found] = `https://${host}${path}`.split('/.well-known/');
    if (found === 'openid-configuration') return Response.json({ issuer, jwks_uri: `${issuer}/keys` });
    if (path.endsWith('/keys') || found === 'jwks.json') return Response.json({ keys: [RSA_KEY, EC_KEY] });
    return new Response('healthy', { headers: { date: new Date().toUTCString() } });
  }

  async #serve(method: string, path: string, headers: Record<string, string>, body: string) {
    const [, service = ''] = /Credential=[^/]+\/\d+\/[\w-]+\/([\w-]+)\//.exec(headers.authorization ?? '') ?? [];
    const asked = read(service, method, path, headers, body);
    const xml = ['cloudformation', 'iam', 'sns', 's3', 'sts'].includes(service);
    this.asked.push(`${service} ${asked.operation}`);
    try {
      const said = this.#said(`${service} ${asked.operation}`, asked.input);
      const text = xml ? xmlOf(service, asked.operation, said) : JSON.stringify(said);
      return { status: 200, body: text, type: xml ? 'text/xml' : 'application/json' };
    } catch (error) {
      const { name, message, status = 500 } = error as Refused;
      const text = xml
        ? service === 's3'
          ? `<Error><Code>${name}</Code><Message>${message}</Message></Error>`
          : `<ErrorResponse><Error><Code>${name}</Code><Message>${message}</Message></Error></ErrorResponse>`
        : JSON.stringify({ __type: name, message });
      return { status, body: text, type: xml ? 'text/xml' : 'application/json' };
    }
  }

  #said(operation: string, input: Said): Said {
    let usual: Said;
    let refused: unknown = new Refused('UnknownOperationException', operation);
    try {
      usual = this.#answers()[operation]?.(input);
    } catch (error) {
      refused = error;
    }
    const change = this.#changes[operation];
    const said = change === undefined ? usual : change(usual, input);
    if (said === undefined) throw refused;
    return said;
  }

  #one(type: string, name: string): DeployedResource {
    const found = this.deployed.of(type).find(({ id }) => id === name || id.endsWith(`/${name}`));
    const error = type === 'AWS::IAM::Role' ? 'NoSuchEntity' : 'ResourceNotFoundException';
    if (found === undefined) throw new Refused(error, `${type} ${name}`, 404);
    return found;
  }

  #answers(): Record<string, (input: Said) => Said> {
    const { of } = this.deployed;
    return {
      'sts GetCallerIdentity': () => ({ Account: WHERE.account, Arn: `arn:aws:iam::${WHERE.account}:user/jane` }),
      'cloudformation DescribeStackResources': () => ({ StackResources: [{ StackName: 'tollgate-dev' }] }),
      'cloudformation GetTemplate': () => ({ TemplateBody: JSON.stringify({ Resources: this.#resources }) }),
      'cloudformation DescribeStacks': () => ({
        Stacks: [{ StackStatus: 'UPDATE_COMPLETE', Outputs: [{ OutputKey: 'Version', OutputValue: VERSION }] }],
      }),
      'cloudformation ListStackResources': () => ({
        StackResourceSummaries: [...this.#ids].map(([LogicalResourceId, PhysicalResourceId]) => ({
          LogicalResourceId,
          PhysicalResourceId,
        })),
      }),
      'iam GetRole': ({ RoleName }) => {
        const { properties } = this.#one('AWS::IAM::Role', RoleName);
        const trust = encodeURIComponent(JSON.stringify(properties.AssumeRolePolicyDocument));
        return {
          Role: { RoleName, Arn: `arn:aws:iam::${WHERE.account}:role/${RoleName}`, AssumeRolePolicyDocument: trust },
        };
      },
      'iam ListRolePolicies': ({ RoleName }) => ({
        PolicyNames: this.#inline(RoleName).map(({ PolicyName }) => PolicyName),
        IsTruncated: false,
      }),
      'iam GetRolePolicy': ({ RoleName, PolicyName }) => {
        const policy = this.#inline(RoleName).find((one) => one.PolicyName === PolicyName);
        return { RoleName, PolicyName, PolicyDocument: encodeURIComponent(JSON.stringify(policy?.PolicyDocument)) };
      },
      'iam ListAttachedRolePolicies': ({ RoleName }) => {
        const arns = (this.#one('AWS::IAM::Role', RoleName).properties.ManagedPolicyArns ?? []) as string[];
        return {
          AttachedPolicies: arns.map((PolicyArn) => ({ PolicyName: PolicyArn.split('/').at(-1), PolicyArn })),
          IsTruncated: false,
        };
      },
      'iam GetPolicy': ({ PolicyArn }) => ({ Policy: { Arn: PolicyArn, DefaultVersionId: 'v1' } }),
      'iam GetPolicyVersion': ({ PolicyArn }) => {
        const own = of('AWS::IAM::ManagedPolicy').find(({ id }) => id === PolicyArn)?.properties.PolicyDocument;
        const document = encodeURIComponent(JSON.stringify(own ?? { Version: '2012-10-17', Statement: [] }));
        return { PolicyVersion: { Document: document, VersionId: 'v1' } };
      },
      'apigateway GetRestApi': () => {
        const { properties } = this.#api();
        const { EndpointConfiguration, ApiKeySourceType, Policy } = properties as Said;
        return {
          id: this.#api().id,
          endpointConfiguration: { types: EndpointConfiguration?.Types },
          apiKeySource: ApiKeySourceType,
          ...(Policy === undefined ? {} : { policy: JSON.stringify(Policy).replaceAll('"', '\\"') }),
        };
      },
      'apigateway GetStage': ({ stageName }) => {
        const { DeploymentId, MethodSettings, AccessLogSetting } = this.#one('AWS::ApiGateway::Stage', stageName)
          .properties as Said;
        const [settings = {}] = MethodSettings;
        return {
          deploymentId: DeploymentId,
          accessLogSettings: { destinationArn: AccessLogSetting?.DestinationArn },
          methodSettings: {
            '*/*': {
              throttlingRateLimit: settings.ThrottlingRateLimit,
              throttlingBurstLimit: settings.ThrottlingBurstLimit,
              dataTraceEnabled: false,
            },
          },
        };
      },
      'apigateway GetAuthorizers': () => ({
        item: of('AWS::ApiGateway::Authorizer').map(({ properties }) => ({
          ...{ name: properties.Name, type: properties.Type, authorizerUri: properties.AuthorizerUri },
          ...{
            identitySource: properties.IdentitySource,
            authorizerResultTtlInSeconds: properties.AuthorizerResultTtlInSeconds,
          },
        })),
      }),
      'apigateway GetResources': () => {
        const resources = [
          { id: 'root', path: '/' },
          ...of('AWS::ApiGateway::Resource').map(({ id, properties }) => ({ id, path: `/${properties.PathPart}` })),
        ];
        return {
          item: resources.map((resource) => ({
            ...resource,
            resourceMethods: Object.fromEntries(
              of('AWS::ApiGateway::Method')
                .filter(({ properties }) =>
                  resource.id === 'root'
                    ? !this.#isResource(properties.ResourceId)
                    : properties.ResourceId === resource.id,
                )
                .map(({ properties }) => [
                  properties.HttpMethod,
                  {
                    authorizationType: properties.AuthorizationType,
                    apiKeyRequired: properties.ApiKeyRequired ?? false,
                  },
                ]),
            ),
          })),
        };
      },
      'lambda GetFunctionConfiguration': ({ FunctionName }) => {
        const { Runtime, MemorySize, Timeout, Role, Environment } = this.#one(
          'AWS::Lambda::Function',
          FunctionName,
        ).properties;
        return {
          FunctionName,
          Runtime,
          MemorySize,
          Timeout,
          Role,
          Environment,
          State: 'Active',
          LastUpdateStatus: 'Successful',
        };
      },
      'lambda GetFunctionConcurrency': ({ FunctionName }) => ({
        ReservedConcurrentExecutions: this.#one('AWS::Lambda::Function', FunctionName).properties
          .ReservedConcurrentExecutions,
      }),
      'lambda GetPolicy': ({ FunctionName }) => {
        const all = of('AWS::Lambda::Permission').filter(({ properties }) =>
          String(properties.FunctionName).includes(FunctionName),
        );
        if (all.length === 0) throw new Refused('ResourceNotFoundException', '', 404);
        const Statement = all.map(({ properties: { Principal, SourceArn, Action } }) => ({
          ...{ Effect: 'Allow', Principal: { Service: Principal }, Action },
          ...(SourceArn === undefined ? {} : { Condition: { ArnLike: { 'AWS:SourceArn': SourceArn } } }),
        }));
        return { Policy: JSON.stringify({ Version: '2012-10-17', Statement }) };
      },
      'lambda GetAccountSettings': () => ({
        AccountLimit: { ConcurrentExecutions: 1_000, UnreservedConcurrentExecutions: 1_000 },
      }),
      'ecs DescribeServices': ({ services: [id] }) => ({
        services: [
          {
            serviceName: id.split('/').at(-1),
            status: 'ACTIVE',
            desiredCount: 2,
            runningCount: 2,
            deployments: [{ rolloutState: 'COMPLETED' }],
          },
        ],
      }),
      'dynamodb DescribeTable': ({ TableName }) => {
        const { properties } = this.#one('AWS::DynamoDB::Table', TableName) as Said;
        const indexes = (properties.GlobalSecondaryIndexes ?? []).map(({ IndexName }: Said) => ({
          IndexName,
          IndexStatus: 'ACTIVE',
        }));
        return {
          Table: {
            TableName,
            TableStatus: 'ACTIVE',
            GlobalSecondaryIndexes: indexes,
            DeletionProtectionEnabled: properties.DeletionProtectionEnabled ?? false,
          },
        };
      },
      'dynamodb DescribeTimeToLive': ({ TableName }) => {
        const { TimeToLiveSpecification: ttl } = this.#one('AWS::DynamoDB::Table', TableName).properties as Said;
        return { TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: ttl?.AttributeName } };
      },
      'dynamodb DescribeContinuousBackups': ({ TableName }) => {
        const { PointInTimeRecoverySpecification: pitr } = this.#one('AWS::DynamoDB::Table', TableName)
          .properties as Said;
        const status = pitr?.PointInTimeRecoveryEnabled ? 'ENABLED' : 'DISABLED';
        return {
          ContinuousBackupsDescription: {
            ContinuousBackupsStatus: 'ENABLED',
            PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: status },
          },
        };
      },
      's3 GetPublicAccessBlock': ({ bucket }) =>
        this.#one('AWS::S3::Bucket', bucket).properties.PublicAccessBlockConfiguration,
      's3 GetBucketEncryption': () => ({ Rule: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] }),
      's3 GetBucketLifecycleConfiguration': ({ bucket }) => {
        const { LifecycleConfiguration } = this.#one('AWS::S3::Bucket', bucket).properties as Said;
        const rules = LifecycleConfiguration?.Rules ?? [];
        if (rules.length === 0) throw new Refused('NoSuchLifecycleConfiguration', '', 404);
        return { Rule: rules.map(() => ({ Status: 'Enabled', Filter: { Prefix: '' } })) };
      },
      's3 GetBucketVersioning': ({ bucket }) => {
        const { VersioningConfiguration } = this.#one('AWS::S3::Bucket', bucket).properties as Said;
        return { Status: VersioningConfiguration?.Status };
      },
      's3 List': ({ bucket }) => ({ Name: bucket, IsTruncated: false, KeyCount: 0 }),
      's3 Object': () => {
        throw new Refused('NoSuchKey', '', 404);
      },
      'secretsmanager DescribeSecret': ({ SecretId }) => ({
        ARN: SecretId,
        RotationEnabled: true,
        LastRotatedDate: Date.now() / 1_000 - 3_600,
      }),
      'kms DescribeKey': ({ KeyId }) => ({ KeyMetadata: { Arn: KeyId, KeyState: 'Enabled' } }),
      'logs DescribeSubscriptionFilters': ({ logGroupName }) => ({
        subscriptionFilters: of('AWS::Logs::SubscriptionFilter')
          .filter(({ properties }) => properties.LogGroupName === logGroupName)
          .map(({ id, properties }) => ({
            ...{ filterName: properties.FilterName ?? id, filterPattern: properties.FilterPattern },
            ...{ destinationArn: properties.DestinationArn, roleArn: properties.RoleArn },
          })),
      }),
      'firehose DescribeDeliveryStream': ({ DeliveryStreamName }) => {
        const { ExtendedS3DestinationConfiguration: form } = this.#one(
          'AWS::KinesisFirehose::DeliveryStream',
          DeliveryStreamName,
        ).properties;
        return {
          DeliveryStreamDescription: {
            DeliveryStreamStatus: 'ACTIVE',
            Destinations: [{ ExtendedS3DestinationDescription: form }],
          },
        };
      },
      'scheduler GetSchedule': ({ name }) => {
        const { ScheduleExpression, Target } = this.#one('AWS::Scheduler::Schedule', name).properties;
        return { Name: name, State: 'ENABLED', ScheduleExpression, Target };
      },
      'events DescribeRule': ({ Name }) => ({ Name, State: 'ENABLED' }),
      'sqs GetQueueAttributes': () => ({ Attributes: { ApproximateNumberOfMessages: '0' } }),
      'monitoring DescribeAlarms': ({ AlarmNames }) => ({
        MetricAlarms: AlarmNames.map((name: string) => {
          const { AlarmActions, MetricName, AlarmDescription } = this.#one('AWS::CloudWatch::Alarm', name).properties;
          return {
            AlarmName: name,
            AlarmActions,
            MetricName,
            AlarmDescription,
            ActionsEnabled: true,
            StateValue: 'OK',
          };
        }),
      }),
      'monitoring GetMetricData': ({ MetricDataQueries }) => ({
        MetricDataResults: MetricDataQueries.map(({ Id }: Said) => ({ Id, Values: [] })),
      }),
      'sns ListSubscriptionsByTopic': ({ TopicArn }) => ({
        Subscriptions: [{ SubscriptionArn: `${TopicArn}:1234`, Protocol: 'email' }],
      }),
    };
  }

  #inline(role: string): { PolicyName: string; PolicyDocument: unknown }[] {
    return (this.#one('AWS::IAM::Role', role).properties.Policies ?? []) as never;
  }

  #api(): DeployedResource {
    return this.deployed.of('AWS::ApiGateway::RestApi')[0] as DeployedResource;
  }

  #isResource(id: unknown): boolean {
    return this.deployed.of('AWS::ApiGateway::Resource').some((one) => one.id === id);
  }
}

const VERSION = '0.1.0';
const KNOWN = { ids: new Map<string, string>(), status: 'UPDATE_COMPLETE', outputs: new Map([['Version', VERSION]]) };

const EC_KEY = {
  ...{ kty: 'EC', crv: 'P-256', kid: 'k1', use: 'sig', alg: 'ES256' },
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};

const RSA_KEY = {
  ...{ kty: 'RSA', kid: 'k2', use: 'sig', alg: 'RS256' },
  ...generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({ format: 'jwk' }),
};

/** What CloudFormation would call each: by the name that the template gives it, or a made one. */
function idsOf(resources: NonNullable<Template['Resources']>): Map<string, string> {
  const { of } = deployedOf({ Resources: resources }, { ...KNOWN, ...WHERE });
  const arn = (service: string, what: string) => `arn:aws:${service}:${WHERE.region}:${WHERE.account}:${what}`;
  return new Map(
    [...new Set(Object.values(resources).map(({ Type }) => Type))]
      .flatMap(of)
      .map(({ logicalId, type, properties }): [string, string] => {
        const [, , kind = ''] = type.split('::');
        const own = properties[NAMED[type] ?? `${kind}Name`] ?? properties.Name;
        const name = typeof own === 'string' ? own : logicalId;
        if (type === 'AWS::SecretsManager::Secret') return [logicalId, arn('secretsmanager', `secret:${name}-AbCdEf`)];
        if (type === 'AWS::SQS::Queue')
          return [logicalId, `https://sqs.us-east-1.amazonaws.com/${WHERE.account}/${name}`];
        if (type === 'AWS::SNS::Topic') return [logicalId, arn('sns', name)];
        if (type === 'AWS::ECS::Service') return [logicalId, arn('ecs', `service/cluster/${name}`)];
        if (type === 'AWS::IAM::ManagedPolicy') return [logicalId, `arn:aws:iam::${WHERE.account}:policy/${logicalId}`];
        if (type === 'AWS::Cognito::UserPool') return [logicalId, `${WHERE.region}_AbCdEfGhI`];
        if (type === 'AWS::KMS::Key') return [logicalId, '12345678-1234-1234-1234-123456789012'];
        return [logicalId, name];
      }),
  );
}

const NAMED: Readonly<Record<string, string>> = {
  'AWS::S3::Bucket': 'BucketName',
  'AWS::KinesisFirehose::DeliveryStream': 'DeliveryStreamName',
  'AWS::ApiGateway::RestApi': 'none',
};

/** What was asked for, in whichever protocol. */
function read(
  service: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  body: string,
): { operation: string; input: Said } {
  const target = headers['x-amz-target'];
  if (target !== undefined) return { operation: target.split('.').at(-1) ?? '', input: JSON.parse(body || '{}') };
  const url = new URL(path, 'http://x');
  const parts = url.pathname.split('/').filter(Boolean).map(decodeURIComponent);
  if (service === 's3') {
    const [bucket] = parts;
    const found = S3_PARAMETERS.find(([name]) => url.searchParams.has(name));
    return { operation: found?.[1] ?? (parts.length > 1 ? 'Object' : 'List'), input: { bucket } };
  }
  if (service === 'lambda') {
    const name = { FunctionName: parts[2] };
    if (parts[1] === 'account-settings') return { operation: 'GetAccountSettings', input: {} };
    return { operation: `GetFunction${capital(parts[3])}`.replace('FunctionPolicy', 'Policy'), input: name };
  }
  if (service === 'apigateway') {
    const [, , what = '', which] = parts;
    return {
      operation: what === '' ? 'GetRestApi' : which !== undefined ? 'GetStage' : `Get${capital(what)}`,
      input: { stageName: which },
    };
  }
  if (service === 'scheduler') return { operation: 'GetSchedule', input: { name: parts[1] } };
  const form = Object.fromEntries(new URLSearchParams(body));
  return { operation: form.Action ?? method, input: form };
}

const S3_PARAMETERS = [
  ['publicAccessBlock', 'GetPublicAccessBlock'],
  ['encryption', 'GetBucketEncryption'],
  ['lifecycle', 'GetBucketLifecycleConfiguration'],
  ['versioning', 'GetBucketVersioning'],
] as const;

const capital = (text = ''): string => text.charAt(0).toUpperCase() + text.slice(1);

function xmlOf(service: string, operation: string, said: Said): string {
  if (service === 's3') return `<Result>${xml(said, (name, one) => `<${name}>${one}</${name}>`)}</Result>`;
  const members = xml(said, (_, one) => `<member>${one}</member>`, true);
  return `<${operation}Response><${operation}Result>${members}</${operation}Result></${operation}Response>`;
}

/** @param item how one of a list is written; @param listed whether a list has an element around it */
function xml(value: Said, item: (name: string, text: string) => string, listed = false): string {
  if (value === null || typeof value !== 'object') return escaped(String(value));
  return Object.entries(value as Properties)
    .filter(([, one]) => one !== undefined)
    .map(([name, one]) => {
      if (!Array.isArray(one)) return `<${name}>${xml(one, item, listed)}</${name}>`;
      const all = one.map((each) => item(name, xml(each, item, listed))).join('');
      return listed ? `<${name}>${all}</${name}>` : all;
    })
    .join('');
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
