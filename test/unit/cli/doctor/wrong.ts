import type { Row } from '../../../../cli/doctor/check.ts';
import { OPTIONS } from '../../../infra/synth.ts';
import { type Changes, Refused } from './aws.ts';

/** What may be changed by hand in a stage, and what the doctor is to say of it. */
export type Wrong = [
  sentence: string,
  changes: Changes,
  check: string,
  state: Row['state'],
  found: RegExp,
  given?: Record<string, unknown> | undefined,
];

export const add = (more: object) => (said: object) => ({ ...said, ...more });
const gone = () => {
  throw new Refused('ResourceNotFoundException', 'no such thing', 404);
};
const encoded = (document: object) => encodeURIComponent(JSON.stringify(document));
const admin = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const isInvoke = ({ RoleName, FunctionName }: { RoleName?: string; FunctionName?: string }) =>
  (RoleName ?? FunctionName ?? '').includes('-invoke');

export const WRONG: Wrong[] = [
  [
    'a role was widened by hand',
    { 'iam GetRolePolicy': (said, input) => (isInvoke(input) ? { ...said, PolicyDocument: encoded(admin) } : said) },
    'roles',
    'wrong',
    /tollgate-dev-invoke-us-east-1: its policy own was changed/,
  ],
  [
    'and the walls do not hold then',
    { 'iam GetRolePolicy': (said, input) => (isInvoke(input) ? { ...said, PolicyDocument: encoded(admin) } : said) },
    'walls',
    'wrong',
    /tollgate-dev-invoke-us-east-1: too much/,
  ],
  [
    'a role has a policy beside its own',
    {
      'iam ListAttachedRolePolicies': (said, input) =>
        isInvoke(input)
          ? {
              ...said,
              AttachedPolicies: [
                { PolicyName: 'AdministratorAccess', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' },
              ],
            }
          : said,
    },
    'roles',
    'wrong',
    /has the policy AdministratorAccess beside its own/,
  ],
  [
    'a role has lost its policy',
    { 'iam ListRolePolicies': (said, input) => (isInvoke(input) ? { ...said, PolicyNames: [] } : said) },
    'roles',
    'wrong',
    /its policy own is gone/,
  ],
  [
    'a role is gone',
    {
      'iam GetRole': (said, input) => {
        if (!isInvoke(input)) return said;
        throw new Refused('NoSuchEntity', 'no such role', 404);
      },
    },
    'roles',
    'wrong',
    /the role tollgate-dev-invoke-us-east-1 is gone/,
  ],
  [
    'a role is bounded',
    {
      'iam GetRole': (said, input) =>
        isInvoke(input)
          ? {
              Role: {
                ...said.Role,
                PermissionsBoundary: { PermissionsBoundaryArn: 'arn:aws:iam::111122223333:policy/all' },
              },
            }
          : said,
    },
    'roles',
    'warn',
    /the boundary arn:aws:iam::111122223333:policy\/all bounds it/,
  ],
  [
    'anybody may assume the invoker role',
    {
      'iam GetRole': (said, { RoleName }) =>
        RoleName.includes('invoker')
          ? {
              Role: {
                ...said.Role,
                AssumeRolePolicyDocument: encoded({
                  Version: '2012-10-17',
                  Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
                }),
              },
            }
          : said,
    },
    'roles',
    'wrong',
    /invoker-us-east-1: who may have it was changed/,
  ],
  [
    'the authorizer keeps decisions for longer',
    { 'apigateway GetAuthorizers': ({ item }) => ({ item: item.map(add({ authorizerResultTtlInSeconds: 3600 })) }) },
    'authorizer',
    'wrong',
    /is 3600, and was deployed as 60/,
  ],
  [
    'another header names the caller',
    {
      'apigateway GetAuthorizers': ({ item }) => ({
        item: item.map(add({ identitySource: 'method.request.header.X' })),
      }),
    },
    'authorizer',
    'wrong',
    /identity source\) is method.request.header.X/,
  ],
  ['there is no authorizer', { 'apigateway GetAuthorizers': () => ({ item: [] }) }, 'authorizer', 'wrong', /is gone/],
  [
    'a method was opened',
    {
      'apigateway GetResources': ({ item }) => ({
        item: item.map((one: { path: string }) =>
          one.path === '/{proxy+}'
            ? { ...one, resourceMethods: { ANY: { authorizationType: 'NONE', apiKeyRequired: true } } }
            : one,
        ),
      }),
    },
    'methods',
    'wrong',
    /ANY \/\{proxy\+\} can be called without the authorizer \(NONE\)/,
  ],
  [
    'a method was added',
    {
      'apigateway GetResources': ({ item }) => ({
        item: [...item, { id: 'x', path: '/debug', resourceMethods: { GET: { authorizationType: 'NONE' } } }],
      }),
    },
    'methods',
    'wrong',
    /GET \/debug was added by hand/,
  ],
  [
    'a method asks for no key any more',
    {
      'apigateway GetResources': ({ item }) => ({
        item: item.map((one: { path: string }) =>
          one.path === '/{proxy+}'
            ? { ...one, resourceMethods: { ANY: { authorizationType: 'CUSTOM', apiKeyRequired: false } } }
            : one,
        ),
      }),
    },
    'methods',
    'wrong',
    /does not ask for an API key/,
  ],
  [
    'somebody deployed the API by hand',
    { 'apigateway GetStage': add({ deploymentId: 'other' }) },
    'api',
    'wrong',
    /what is deployed is other/,
  ],
  [
    'the API logs bodies',
    {
      'apigateway GetStage': (said) => ({
        ...said,
        methodSettings: { '*/*': { ...said.methodSettings['*/*'], dataTraceEnabled: true } },
      }),
    },
    'api',
    'wrong',
    /bodies and headers/,
  ],
  [
    'the API has a resource policy',
    { 'apigateway GetRestApi': add({ policy: '{\\"Version\\":\\"2012-10-17\\",\\"Statement\\":[]}' }) },
    'api',
    'wrong',
    /its resource policy was changed/,
  ],
  [
    'a function has another variable',
    {
      'lambda GetFunctionConfiguration': (said, input) =>
        isInvoke(input)
          ? { ...said, Environment: { Variables: { ...said.Environment.Variables, TOLLGATE_TABLE: 'hunter2' } } }
          : said,
    },
    'functions',
    'wrong',
    /tollgate-dev-invoke: variables were changed: TOLLGATE_TABLE$/,
  ],
  [
    'a function was throttled to nothing',
    {
      'lambda GetFunctionConcurrency': (said, input) => (isInvoke(input) ? { ReservedConcurrentExecutions: 0 } : said),
    },
    'functions',
    'wrong',
    /0 is reserved for it, and nothing was deployed/,
  ],
  [
    'a stranger may invoke a function',
    {
      'lambda GetPolicy': (said, input) =>
        isInvoke(input)
          ? {
              Policy: JSON.stringify({
                Statement: [
                  ...JSON.parse(said.Policy).Statement,
                  { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::999999999999:root' } },
                ],
              }),
            }
          : said,
    },
    'functions',
    'wrong',
    /arn:aws:iam::999999999999:root may invoke it/,
  ],
  [
    'a function is gone',
    { 'lambda GetFunctionConfiguration': gone },
    'functions',
    'wrong',
    /the function tollgate-dev-authorizer is gone/,
  ],
  [
    'the account runs ten functions',
    {
      'lambda GetAccountSettings': () => ({
        AccountLimit: { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 10 },
      }),
    },
    'concurrency',
    'wrong',
    /10 functions at once/,
  ],
  [
    'no task runs',
    {
      'ecs DescribeServices': ({ services }) => ({
        services: services.map(add({ runningCount: 0, events: [{ message: 'cannot pull the image' }] })),
      }),
    },
    'tasks',
    'wrong',
    /no task runs, and 2 should/,
    OPTIONS.find(([name]) => name === 'as a container')?.[1],
  ],
  [
    'a table cannot be restored',
    {
      'dynamodb DescribeContinuousBackups': () => ({
        ContinuousBackupsDescription: {
          ContinuousBackupsStatus: 'ENABLED',
          PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'DISABLED' },
        },
      }),
    },
    'tables',
    'wrong',
    /tollgate-dev-registry cannot be restored/,
  ],
  [
    'a restored table forgets nothing',
    { 'dynamodb DescribeTimeToLive': () => ({ TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } }) },
    'tables',
    'wrong',
    /forgets items by nothing, and was deployed to by expiresAt/,
  ],
  [
    'the list index is missing',
    { 'dynamodb DescribeTable': (said) => ({ Table: { ...said.Table, GlobalSecondaryIndexes: [] } }) },
    'tables',
    'wrong',
    /has no index by-sk/,
  ],
  ['a table is gone', { 'dynamodb DescribeTable': gone }, 'tables', 'wrong', /the table tollgate-dev-registry is gone/],
  [
    'a bucket can be made public',
    {
      's3 GetPublicAccessBlock': () => {
        throw new Refused('NoSuchPublicAccessBlockConfiguration', '', 404);
      },
    },
    'buckets',
    'wrong',
    /can be made public/,
  ],
  [
    'a bucket keeps no older versions',
    { 's3 GetBucketVersioning': () => ({ Status: 'Suspended' }) },
    'buckets',
    'wrong',
    /keeps no older versions \(Suspended\)/,
  ],
  [
    'a bucket lost its rules',
    {
      's3 GetBucketLifecycleConfiguration': () => {
        throw new Refused('NoSuchLifecycleConfiguration', '', 404);
      },
    },
    'buckets',
    'wrong',
    /has 0 rules/,
  ],
  [
    'the key of contexts is not rotated',
    { 'secretsmanager DescribeSecret': add({ LastRotatedDate: Date.now() / 1_000 - 4 * 86_400 }) },
    'secrets',
    'wrong',
    /is to be by rate\(24 hours\)/,
  ],
  [
    'a secret is to be deleted',
    { 'secretsmanager DescribeSecret': add({ DeletedDate: 1 }) },
    'secrets',
    'wrong',
    /is to be deleted/,
  ],
  [
    'the key of KMS is to be deleted',
    { 'kms DescribeKey': () => ({ KeyMetadata: { KeyState: 'PendingDeletion' } }) },
    'encryption',
    'wrong',
    /is PendingDeletion/,
    { 'tollgate:encryption': 'create' },
  ],
  [
    'usage lines go nowhere',
    { 'logs DescribeSubscriptionFilters': () => ({ subscriptionFilters: [] }) },
    'log subscription',
    'wrong',
    /hands nothing on by usage/,
  ],
  [
    'usage lines are picked otherwise',
    {
      'logs DescribeSubscriptionFilters': ({ subscriptionFilters }) => ({
        subscriptionFilters: subscriptionFilters.map(add({ filterPattern: '' })),
      }),
    },
    'log subscription',
    'wrong',
    /filterPattern of usage is , and was deployed as \{ \$\.usage\.v = 1 \}/,
  ],
  [
    'the log is handed to somebody else too',
    {
      'logs DescribeSubscriptionFilters': ({ subscriptionFilters }) => ({
        subscriptionFilters: [
          ...subscriptionFilters,
          { filterName: 'mine', destinationArn: 'arn:aws:lambda:us-east-1:999999999999:function:x' },
        ],
      }),
    },
    'log subscription',
    'wrong',
    /mine hands its lines on to arn:aws:lambda:us-east-1:999999999999/,
  ],
  [
    'objects are not compressed',
    { 'firehose DescribeDeliveryStream': (said) => changedForm(said, { CompressionFormat: 'UNCOMPRESSED' }) },
    'delivery',
    'wrong',
    /CompressionFormat is "UNCOMPRESSED"/,
  ],
  [
    'objects lie elsewhere',
    { 'firehose DescribeDeliveryStream': (said) => changedForm(said, { Prefix: 'other/' }) },
    'delivery',
    'wrong',
    /Prefix is "other\/"/,
  ],
  [
    'lines are not taken apart',
    {
      'firehose DescribeDeliveryStream': (said) =>
        changedForm(said, { ProcessingConfiguration: { Enabled: false, Processors: [] } }),
    },
    'delivery',
    'wrong',
    /takes lines apart otherwise/,
  ],
  [
    'objects are partitioned',
    {
      'firehose DescribeDeliveryStream': (said) =>
        changedForm(said, { DynamicPartitioningConfiguration: { Enabled: true } }),
    },
    'delivery',
    'wrong',
    /partitions by itself/,
  ],
  [
    'the schedule is off',
    { 'scheduler GetSchedule': add({ State: 'DISABLED' }) },
    'schedules',
    'wrong',
    /tollgate-dev-aggregation is DISABLED/,
  ],
  [
    'the rule of alerts is off',
    { 'events DescribeRule': add({ State: 'DISABLED' }) },
    'schedules',
    'wrong',
    /tollgate-dev-alerts is DISABLED/,
    { 'tollgate:alerts': true },
  ],
  [
    'runs could not be started',
    { 'sqs GetQueueAttributes': () => ({ Attributes: { ApproximateNumberOfMessages: '3' } }) },
    'dead letters',
    'warn',
    /3 runs or alerts/,
  ],
  [
    'an alarm is gone',
    { 'monitoring DescribeAlarms': ({ MetricAlarms }) => ({ MetricAlarms: MetricAlarms.slice(1) }) },
    'alarms',
    'wrong',
    /the alarm tollgate-dev-\S+ is gone/,
  ],
  [
    'alarms tell nobody',
    {
      'monitoring DescribeAlarms': ({ MetricAlarms }) => ({
        MetricAlarms: MetricAlarms.map(add({ ActionsEnabled: false })),
      }),
    },
    'alarms',
    'wrong',
    /its actions are off/,
  ],
  [
    'an alarm that stands for several rings, and for which',
    {
      'monitoring DescribeAlarms': ({ MetricAlarms }) => ({
        MetricAlarms: MetricAlarms.map((one: { MetricName: string }) =>
          one.MetricName === 'CallsAtFault' ? { ...one, StateValue: 'ALARM' } : one,
        ),
      }),
      'monitoring GetMetricData': ({ MetricDataResults }, { MetricDataQueries }) => ({
        MetricDataResults: MetricDataResults.map((one: object, i: number) => ({
          ...one,
          Values: MetricDataQueries[i].MetricStat.Metric.MetricName === 'CredentialsRefused' ? [2, 1] : [],
        })),
      }),
    },
    'alarms',
    'wrong',
    /CallsAtFault rings: .* In the last 3 h: CredentialsRefused 3\./,
  ],
  [
    'nobody hears of alarms',
    { 'sns ListSubscriptionsByTopic': () => ({ Subscriptions: [] }) },
    'who is told',
    'warn',
    /nobody hears of alarms/,
  ],
  [
    'nobody has confirmed',
    { 'sns ListSubscriptionsByTopic': () => ({ Subscriptions: [{ SubscriptionArn: 'PendingConfirmation' }] }) },
    'who is told',
    'warn',
    /nobody has confirmed/,
  ],
  [
    'another version is deployed',
    { 'cloudformation DescribeStacks': () => ({ Stacks: [{ StackStatus: 'UPDATE_ROLLBACK_FAILED', Outputs: [] }] }) },
    'version',
    'wrong',
    /UPDATE_ROLLBACK_FAILED; .*did not say so yet/,
  ],
  [
    'an issuer calls itself otherwise',
    { 'fetch login.example.com': () => Response.json({ issuer: 'https://login.example.com/' }) },
    'issuers',
    'wrong',
    /calls itself otherwise/,
  ],
  [
    'an issuer is down',
    { 'fetch login.example.com': () => new Response('', { status: 503 }) },
    'issuers',
    'wrong',
    /does not answer 200/,
  ],
  [
    'the clock is wrong',
    {
      'fetch dynamodb.us-east-1.amazonaws.com': () =>
        new Response('', { headers: { date: new Date(Date.now() - 600_000).toUTCString() } }),
    },
    'clock',
    'wrong',
    /this machine is 600 s ahead of AWS|this machine is 599 s/,
  ],
];

function changedForm(
  said: { DeliveryStreamDescription: { Destinations: { ExtendedS3DestinationDescription: object }[] } },
  more: object,
) {
  const [{ ExtendedS3DestinationDescription: form } = { ExtendedS3DestinationDescription: {} }] =
    said.DeliveryStreamDescription.Destinations;
  return {
    DeliveryStreamDescription: {
      DeliveryStreamStatus: 'ACTIVE',
      Destinations: [{ ExtendedS3DestinationDescription: { ...form, ...more } }],
    },
  };
}
