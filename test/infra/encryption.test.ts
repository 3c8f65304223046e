import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { ASKED_BY } from '../../infra/encryption/key-policy.ts';
import { UNDER_KEY } from '../../infra/encryption/resources.ts';
import { propertiesLike } from './schema.ts';
import {
  BOTH,
  KEY,
  MAXIMAL,
  ofType,
  only,
  type Resource,
  resourcesOf,
  rolesOf,
  type Statement,
  stackOf,
  statementsOf,
} from './synth.ts';

const plain = resourcesOf(stackOf().stack);
const made = resourcesOf(stackOf({ 'tollgate:encryption': 'create' }).stack);
const maximal = resourcesOf(stackOf(MAXIMAL).stack);
const containers = resourcesOf(stackOf({ ...BOTH, 'tollgate:encryption': 'create' }).stack);

/** Properties by which something could be put under a key and is not, with the reason. */
const ELSEWHERE: Record<string, string> = {
  'AWS::Athena::WorkGroup WorkGroupConfiguration.CustomerContentEncryptionConfiguration': 'Spark alone',
  'AWS::Athena::WorkGroup WorkGroupConfiguration.ManagedQueryResultsConfiguration.EncryptionConfiguration':
    'answers go to a bucket',
  'AWS::Athena::WorkGroup WorkGroupConfiguration.MonitoringConfiguration.ManagedLoggingConfiguration.KmsKey':
    'Spark alone',
  'AWS::Athena::WorkGroup WorkGroupConfiguration.MonitoringConfiguration.S3LoggingConfiguration.KmsKey': 'Spark alone',
  'AWS::Athena::WorkGroup WorkGroupConfigurationUpdates.*': 'deprecated by AWS',
  'AWS::ApiGateway::* *CacheDataEncrypted': 'nothing is cached',
  'AWS::Cognito::UserPool KeyConfiguration.KmsKeyArn': 'what its key’s policy must hold is not known',
  'AWS::Cognito::UserPool LambdaConfig.KMSKeyID': 'no function sends its codes',
  'AWS::EC2::VPC VpcEncryptionControl': 'in transit, of machines that nobody has here',
  'AWS::ECS::Cluster *': 'tasks write nothing to a disk, and nobody opens a shell in them',
  'AWS::ECS::Service *': 'no volume is made',
  'AWS::ECS::TaskDefinition *': 'no volume is made',
  'AWS::KinesisFirehose::DeliveryStream *EncryptionConfiguration': 'the bucket says it',
  'AWS::Lambda::Function Code.SourceKMSKeyArn': 'the code is nobody’s secret',
  'AWS::Lambda::Function DurableConfig.KMSKeyArn': 'no function is durable',
  'AWS::S3::Bucket ReplicationConfiguration.*': 'nothing is replicated',
  'AWS::S3::Bucket MetadataConfiguration.*': 'no such table is made',
  'AWS::Scheduler::Schedule KmsKeyArn': 'a schedule has no input, which is all that the key would encrypt',
  'AWS::SecretsManager::RotationSchedule HostedRotationLambda.*': 'the function is our own',
  'AWS::SecretsManager::Secret ReplicaRegions.KmsKeyId': 'nothing is replicated',
};

const matches = (pattern: string, text: string): boolean =>
  new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(text);

/** Of properties: those that say how something is encrypted. */
const ENCRYPTS = /kms(?!DataKeyReuse)|encrypt(?!ionPort)|^sse/i;

const isUnderKey = (value: unknown): boolean => JSON.stringify(value ?? '').includes('"EncryptionKey');

const underKey = (resources: Record<string, Resource>): string[] =>
  Object.entries(resources)
    .filter(([, { Type, Properties }]) => Type !== 'AWS::KMS::Alias' && isUnderKey(Properties))
    .map(([id]) => id);

const types = (resources: Record<string, Resource>): string[] =>
  [...new Set(Object.values(resources).map(({ Type }) => Type))].filter((type) => type.startsWith('AWS::')).sort();

describe('what a stage keeps is under the key', () => {
  test.each([
    ['with all that goes together', maximal],
    ['with both doors', containers],
  ])('%s: whatever could be encrypted is under it, or there is a reason why not', (_, resources) => {
    expect(underKey(resources).length).toBeGreaterThan(20);
    const forgotten = Object.entries(resources)
      .filter(([id]) => !isAccessLog(resources, id))
      .flatMap(([id, { Type, Properties = {} }]) =>
        propertiesLike(Type, ENCRYPTS)
          .filter(({ path }) => {
            const [member = ''] = path.split('.');
            const isUnder = UNDER_KEY[Type] !== undefined && isUnderKey(Properties[member]);
            return !isUnder && !Object.keys(ELSEWHERE).some((pattern) => matches(pattern, `${Type} ${path}`));
          })
          .map(({ path }) => `${id}: ${Type} ${path}`),
      );
    expect(forgotten).toEqual([]);
  });

  test('each reason is of a property that there is, of a type that a stage has', () => {
    const there = types({ ...maximal, ...containers }).flatMap((type) =>
      propertiesLike(type, ENCRYPTS).map(({ path }) => `${type} ${path}`),
    );
    for (const pattern of Object.keys(ELSEWHERE))
      expect(
        there.some((one) => matches(pattern, one)),
        pattern,
      ).toBe(true);
  });

  test('it is the one rule of each bucket, with a key of the bucket between; not where S3 and load balancers write logs', () => {
    const rules = (resources: Record<string, Resource>) =>
      Object.entries(resources)
        .filter(([, { Type }]) => Type === 'AWS::S3::Bucket')
        .map(([id, { Properties }]) => {
          const { ServerSideEncryptionConfiguration: list } = Properties.BucketEncryption as Record<string, unknown[]>;
          expect(list).toHaveLength(1);
          const [rule] = list as [
            { BucketKeyEnabled?: boolean; ServerSideEncryptionByDefault: Record<string, unknown> },
          ];
          return [isAccessLog(resources, id), rule.ServerSideEncryptionByDefault.SSEAlgorithm, rule.BucketKeyEnabled];
        });
    for (const [isLog, algorithm, bucketKey] of [...rules(made), ...rules(containers)])
      expect([algorithm, bucketKey]).toEqual(isLog ? ['AES256', undefined] : ['aws:kms', true]);
    expect(rules(made).filter(([isLog]) => isLog)).toHaveLength(1);
  });

  test('all of it changes in place: neither turning it on nor off replaces what holds data', () => {
    for (const type of Object.keys(UNDER_KEY)) {
      const found = propertiesLike(type, ENCRYPTS);
      expect(found.length, type).toBeGreaterThan(0);
      for (const { path, replaces } of found) expect(replaces, `${type}.${path}`).toBe(false);
    }
    const kept = Object.keys(plain).filter((id) => made[id]?.Type !== plain[id]?.Type);
    expect(kept).toEqual([]);
    for (const [id, { Properties }] of Object.entries(plain))
      for (const name of ['TableName', 'BucketName', 'LogGroupName', 'QueueName', 'TopicName', 'Name'])
        expect(made[id]?.Properties?.[name], id).toEqual(Properties?.[name]);
  });

  test('without it there is no key, and nobody speaks of one', () => {
    expect(JSON.stringify(plain)).not.toMatch(/kms/i);
    expect(
      Object.keys(made)
        .filter((id) => plain[id] === undefined)
        .map((id) => made[id]?.Type)
        .sort(),
    ).toEqual(['AWS::KMS::Alias', 'AWS::KMS::Key']);
  });
});

describe('the key', () => {
  const key = only(maximal, 'AWS::KMS::Key');
  const statements = keyStatements(key.KeyPolicy);
  const of = (sid: string): Statement => statements[sid] as Statement;

  test('is made new each year, is found by the stage’s name, and outlives what is under it', () => {
    expect(key).toMatchObject({ EnableKeyRotation: true, PendingWindowInDays: 30 });
    expect(only(maximal, 'AWS::KMS::Alias')).toMatchObject({ AliasName: 'alias/tollgate-dev' });
    for (const protect of ['none', 'data', 'all']) {
      const stack = resourcesOf(stackOf({ 'tollgate:encryption': 'create', 'tollgate:protect': protect }).stack);
      const found = Object.values(stack).find(({ Type }) => Type === 'AWS::KMS::Key');
      expect([found?.DeletionPolicy, found?.UpdateReplacePolicy], protect).toEqual(
        protect === 'none' ? ['Delete', 'Delete'] : ['RetainExceptOnCreate', 'Retain'],
      );
    }
  });

  test('no role of the stage may do anything with it by its own policy, nor is one named for everything', () => {
    for (const { own } of rolesOf(maximal)) expect(JSON.stringify(own)).not.toContain('kms:');
    const everything = Object.values(statements).filter(({ Action }) => Action.includes('kms:*'));
    expect(everything).toEqual([expect.objectContaining({ Principal: { AWS: 'arn:aws:iam::111122223333:root' } })]);
  });

  test.each(Object.keys(ASKED_BY))(
    'through %s it is used by the roles that may call that, and by no other',
    (service) => {
      const callers = rolesOf(maximal)
        .filter(({ own }) =>
          own.some(({ Effect, Action }) => Effect === 'Allow' && Action.some((one) => one.startsWith(`${service}:`))),
        )
        .map(({ name }) => `arn:aws:iam::111122223333:role/${name}`);
      expect(callers.length).toBeGreaterThan(0);
      const { Principal, Condition, Action } = of(service);
      expect(Principal).toEqual({ AWS: '*' });
      expect(Condition?.StringEquals).toEqual({
        'kms:CallerAccount': '111122223333',
        'kms:ViaService': `${service}.us-east-1.amazonaws.com`,
      });
      expect([Condition?.ArnEquals?.['aws:PrincipalArn']].flat().sort()).toEqual(callers.sort());
      expect(Action).not.toContain('kms:CreateGrant');
    },
  );

  test('of another partition, a service is called by either domain', () => {
    const china = { 'tollgate:region': 'cn-north-1', 'tollgate:modelRegions': ['cn-north-1'], 'tollgate:account': '' };
    const { KeyPolicy } = only(
      resourcesOf(stackOf({ ...china, 'tollgate:encryption': 'create' }).stack),
      'AWS::KMS::Key',
    );
    const found = keyStatements(KeyPolicy);
    expect(found.dynamodb?.Condition?.StringEquals?.['kms:ViaService']).toEqual(
      ['', '.cn'].map((end) => `dynamodb.cn-north-1.amazonaws.com${end}`),
    );
    expect(found.Logs?.Principal).toEqual({ Service: 'logs.cn-north-1.amazonaws.com.cn' });
  });

  test('whoever is anybody is told apart by role, or by the service that asks and what it asks for', () => {
    for (const [sid, { Principal, Condition }] of Object.entries(statements)) {
      if (sid === 'Account') continue;
      const keys = Object.values(Condition ?? {}).flatMap((one) => Object.keys(one));
      expect(keys, sid).toContainEqual(
        Principal?.AWS === '*' ? 'aws:PrincipalArn' : expect.stringMatching(/^kms:EncryptionContext:|^aws:SourceArn$/),
      );
    }
  });

  test('every log group, the topic of alarms and the queue of what failed are among those named', () => {
    const named = (sid: string, operator: string): string[] =>
      Object.values(of(sid).Condition?.[operator] ?? {}).flat() as string[];
    const logs = named('Logs', 'ArnLike');
    for (const { LogGroupName } of ofType(maximal, 'AWS::Logs::LogGroup'))
      expect(
        logs.some((pattern) => matches(pattern, `arn:aws:logs:us-east-1:111122223333:log-group:${LogGroupName}`)),
        `${LogGroupName}`,
      ).toBe(true);
    expect(named('Alarms', 'ArnEquals')).toEqual(['arn:aws:sns:us-east-1:111122223333:tollgate-dev-alarms']);
    expect(named('Undelivered', 'ArnEquals')).toEqual([
      'arn:aws:sqs:us-east-1:111122223333:tollgate-dev-schedule-failures',
    ]);
    expect(keyStatements(only(made, 'AWS::KMS::Key').KeyPolicy)).not.toHaveProperty('Undelivered');
  });

  test('a function’s environment is read by its role, of that function', () => {
    const functions = ofType(maximal, 'AWS::Lambda::Function').filter(({ Environment }) => Environment !== undefined);
    const arns = functions.map(({ FunctionName }) => `arn:aws:lambda:us-east-1:111122223333:function:${FunctionName}`);
    expect(of('Environment').Condition?.ArnLike).toEqual({
      'kms:EncryptionContext:aws:lambda:FunctionArn': arns.sort(),
    });
    expect(of('Environment').Condition?.ArnEquals?.['aws:PrincipalArn']).toHaveLength(functions.length);
  });
});

describe('a key that was given', () => {
  const given = Template.fromStack(stackOf({ 'tollgate:encryption': KEY }).stack).toJSON();

  test('is used by its ARN wherever the stage’s own would be, and nothing is made', () => {
    expect(Object.keys(given.Resources).sort()).toEqual(Object.keys(plain).sort());
    const resources = given.Resources as Record<string, Resource>;
    const naming = Object.keys(resources).filter((id) => JSON.stringify(resources[id]).includes(KEY));
    expect(naming.sort()).toEqual(underKey(made).sort());
  });

  test('needs the policy that the template tells: that of the stage’s own, but for the account', () => {
    const { Account, ...others } = keyStatements(only(made, 'AWS::KMS::Key').KeyPolicy);
    expect(Account).toBeDefined();
    expect(keyStatements(given.Metadata.TollgateKeyPolicy)).toEqual(others);
  });
});

function keyStatements(policy: unknown): Record<string, Statement> {
  const list = (policy as { Statement: { Sid: string }[] }).Statement;
  return Object.fromEntries(statementsOf(policy).map((statement, index) => [list[index]?.Sid, statement]));
}

function isAccessLog(resources: Record<string, Resource>, id: string): boolean {
  return Object.values(resources).some(({ Properties }) =>
    JSON.stringify(Properties?.LoggingConfiguration ?? {}).includes(`"DestinationBucketName":{"Ref":"${id}"}`),
  );
}
