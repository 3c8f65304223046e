import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createAsk } from '../../../../cli/doctor/ask.ts';
import { examine, type Row, type Sight } from '../../../../cli/doctor/check.ts';
import { CHECKS } from '../../../../cli/doctor/checks.ts';
import { readDeployed } from '../../../../cli/doctor/deployed.ts';
import { doctorPolicy } from '../../../../cli/doctor/rights.ts';
import { once } from '../../../../cli/registry.ts';
import type { Target } from '../../../../cli/target.ts';
import { withPolicy } from '../../../../docs/doctor-policy.ts';
import { OPTIONS, resourcesOf, stackOf } from '../../../infra/synth.ts';
import { type Changes, FakeAws, Refused } from './aws.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');
const plain = resourcesOf(stackOf().stack);

/** All that the doctor says of a stage, or of one check, with every client of AWS as it is. */
async function look(aws: FakeAws, only?: string): Promise<Map<string, Row>> {
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
  const clientConfig = { region: 'us-east-1', credentials, maxAttempts: 1, requestHandler: aws.requestHandler };
  const target = {
    ...{
      kind: 'stage',
      stage: 'dev',
      region: 'us-east-1',
      table: 'tollgate-dev-registry',
      countersTable: 'tollgate-dev-counters',
    },
    ...{
      bucket: async () => 'tollgate-dev-usage-111122223333-us-east-1',
      roleName: (what: string) => `tollgate-dev-${what}-us-east-1`,
    },
    clientConfig,
  } as unknown as Target;
  const ask = createAsk({
    credentials: async () => credentials,
    region: 'us-east-1',
    endpoint: undefined,
    fetch: aws.fetch,
    clock: Date.now,
  });
  const none = async () => ({ entries: [], unusable: [] });
  const registry = { listTenants: none, listModels: none, listGrants: none, listBudgets: none };
  const sight: Sight = {
    ...{ target, ask, clock: Date.now, fetch: aws.fetch, dataDir: '/nowhere', endpoint: undefined },
    deployed: once(() => readDeployed(ask, target.table, { account: '111122223333', region: 'us-east-1' })),
    registry: async () => registry as never,
  };
  const rows = await Promise.all(
    CHECKS.filter(({ id, on }) => on.includes('stage') && (only ?? id) === id).map((check) =>
      examine(check, sight, 20_000),
    ),
  );
  return new Map(rows.flatMap((row) => (row === undefined ? [] : [[row.check, row]])));
}

const notOk = (rows: Map<string, Row>) =>
  [...rows.values()].filter(({ state }) => state !== 'ok').map(({ check, found }) => `${check}: ${found.join('; ')}`);

/** Those whose resources the checks look at; making each of all the others would take a minute and show no more. */
const SEEN = new Set([
  ...['as configured', 'with all that goes together', 'without an account of its own', 'with a broker', 'with alerts'],
  ...[
    'as a container',
    'with both doors, a broker and everything protected',
    'on Kubernetes, by Pod Identity, beside Lambda',
  ],
  ...['in a private network that is made', 'traced by X-Ray', 'with a user pool', 'under a key of its own'],
]);

describe('a stage that is as it was deployed is well, whatever is on', () => {
  test.each(OPTIONS.filter(([name]) => SEEN.has(name)))('%s', async (_, given) => {
    expect(notOk(await look(new FakeAws(resourcesOf(stackOf(given).stack))))).toEqual([]);
  });

  test('and has no row of what is off', async () => {
    const rows = await look(new FakeAws(plain));
    for (const check of ['tasks', 'encryption', 'quotas']) expect(rows.has(check)).toBe(false);
    const container = OPTIONS.find(([name]) => name.startsWith('on Kubernetes, by the cluster'));
    const without = await look(new FakeAws(resourcesOf(stackOf(container?.[1]).stack)));
    for (const check of ['authorizer', 'methods', 'api', 'secrets', 'concurrency'])
      expect(without.has(check)).toBe(false);
  });
});

type Wrong = [
  sentence: string,
  changes: Changes,
  check: string,
  state: Row['state'],
  found: RegExp,
  given?: Record<string, unknown> | undefined,
];

const add = (more: object) => (said: object) => ({ ...said, ...more });
const gone = () => {
  throw new Refused('ResourceNotFoundException', 'no such thing', 404);
};
const encoded = (document: object) => encodeURIComponent(JSON.stringify(document));
const admin = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
const isInvoke = ({ RoleName, FunctionName }: { RoleName?: string; FunctionName?: string }) =>
  (RoleName ?? FunctionName ?? '').includes('-invoke');

const WRONG: Wrong[] = [
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

describe('what is wrong is told, with what mends it', () => {
  test.each(WRONG)('%s', async (_, changes, check, state, found, given) => {
    const rows = await look(
      new FakeAws(given === undefined ? plain : resourcesOf(stackOf(given).stack), changes),
      check,
    );
    const row = rows.get(check);
    expect([row?.state, row?.found.join('; ')]).toEqual([state, expect.stringMatching(found)]);
    expect(row?.mend).toHaveLength(row?.found.length ?? -1);
    for (const mend of row?.mend ?? []) expect(mend).not.toBe('');
  });

  test('a value that somebody put into a variable is not', async () => {
    const [, changes] = WRONG.find(([name]) => name === 'a function has another variable') as Wrong;
    expect(JSON.stringify([...(await look(new FakeAws(plain, changes))).values()])).not.toContain('hunter2');
  });
});

describe('what may not be read', () => {
  const denied = (action: string) => () => {
    throw new Refused(
      'AccessDeniedException',
      `User: arn:aws:iam::111122223333:user/jane is not authorized to perform: ${action} on resource: *`,
      400,
    );
  };

  test('is a row of its own that names the missing right, and hides no other', async () => {
    const rows = await look(
      new FakeAws(plain, { 'firehose DescribeDeliveryStream': denied('firehose:DescribeDeliveryStream') }),
    );
    expect(rows.get('delivery')).toEqual({
      check: 'delivery',
      state: 'unread',
      found: ['may not be read: firehose:DescribeDeliveryStream is missing'],
      mend: ['allow firehose:DescribeDeliveryStream'],
    });
    expect(notOk(rows)).toHaveLength(1);
  });

  test('is every row that needs the template, where that may not be read; the others are made', async () => {
    const rows = await look(new FakeAws(plain, { 'cloudformation GetTemplate': denied('cloudformation:GetTemplate') }));
    expect(rows.get('roles')?.mend).toEqual(['allow cloudformation:GetTemplate']);
    for (const check of ['clock', 'walls', 'registry', 'usage']) expect(rows.get(check)?.state, check).toBe('ok');
  });

  test('and a service that hangs is not waited for', async () => {
    const { examine: look } = await import('../../../../cli/doctor/check.ts');
    const never = {
      ...CHECKS[0],
      id: 'never',
      needs: [],
      read: () => new Promise(() => {}),
    } as unknown as (typeof CHECKS)[number];
    const row = await look(never, { clock: () => NOW } as unknown as Sight, 20);
    expect(row).toMatchObject({ state: 'unread', found: ['could not be read: no answer within 0.02 s'] });
  });
});

test('the doctor asks for nothing that its policy does not allow, and may change nothing', async () => {
  const [{ Action: allowed = [] } = {}] = doctorPolicy().Statement;
  for (const action of allowed) expect(action).toMatch(/^[a-z0-9]+:(Get|List|Describe|Query|GET)/);
  const everything = OPTIONS.find(([name]) => name === 'with all that goes together');
  const aws = new FakeAws(resourcesOf(stackOf(everything?.[1]).stack), {
    'monitoring DescribeAlarms': ({ MetricAlarms }) => ({
      MetricAlarms: MetricAlarms.map(add({ StateValue: 'ALARM' })),
    }),
  });
  await look(aws);
  // Whose operations and rights are not called alike.
  const rights: Record<string, string> = {
    's3 GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
    's3 GetBucketEncryption': 's3:GetEncryptionConfiguration',
    's3 GetBucketLifecycleConfiguration': 's3:GetLifecycleConfiguration',
    's3 List': 's3:ListBucket',
    's3 Object': 's3:GetObject',
  };
  const used = new Set(
    aws.asked.map((asked) => {
      const [service = '', operation = ''] = asked.split(' ');
      if (service === 'apigateway') return 'apigateway:GET';
      return rights[asked] ?? `${service === 'monitoring' ? 'cloudwatch' : service}:${operation}`;
    }),
  );
  expect([...used].filter((right) => !allowed.includes(right))).toEqual([]);
  expect(used.size).toBeGreaterThan(25);
});

test('docs/doctor.md has the policy (npm run docs), and a line for each check', () => {
  const page = readFileSync(new URL('../../../../docs/doctor.md', import.meta.url), 'utf8');
  expect(withPolicy(page, doctorPolicy())).toBe(page);
  for (const { id } of CHECKS) expect(page).toContain(`\`${id}\``);
});
