import { describe, expect, test } from 'vitest';
import { localRoles, REGIONS } from '../../local/aws/roles.ts';
import { POOL } from './sign-in.ts';
import { CONSOLE, EVERY_KIND, flat, ofType, type Role, resourcesOf, rolesOf, stackOf, statementsOf } from './synth.ts';

const resources = resourcesOf(stackOf().stack);
const roles = rolesOf(resources);

function role(name: string): Role {
  const found = roles.find((candidate) => candidate.name === `tollgate-dev-${name}-us-east-1`);
  if (found === undefined) throw new Error(`there is no role ${name}`);
  return found;
}

describe("the functions' own roles", () => {
  test.each(['authorizer', 'invoke', 'metering', 'seal'])('%s can call no model by itself', (name) => {
    const { own, managed } = role(name);
    expect(own.length).toBeGreaterThan(0);
    expect(managed).toEqual([]);
    for (const { Action } of own)
      for (const action of Action) expect(action).not.toMatch(/^(bedrock|sagemaker)|^\*|:\*$/i);
  });

  test('no role of the stack may write the registry, and only invoke and metering the counters', () => {
    const may = (name: string) =>
      roles.flatMap(({ name: of, own }) =>
        own
          .filter(({ Resource }) =>
            Resource.includes(`arn:aws:dynamodb:us-east-1:111122223333:table/tollgate-dev-${name}`),
          )
          .map(({ Action }) => [of, Action.filter((action) => !/:(BatchGetItem|GetItem|Query|Scan)$/.test(action))]),
      );
    expect(may('registry')).toEqual([
      ['tollgate-dev-authorizer-us-east-1', []],
      ['tollgate-dev-invoke-us-east-1', []],
      ['tollgate-dev-metering-us-east-1', []],
    ]);
    expect(may('counters')).toEqual([
      ['tollgate-dev-invoke-us-east-1', ['dynamodb:UpdateItem']],
      ['tollgate-dev-metering-us-east-1', ['dynamodb:PutItem', 'dynamodb:UpdateItem']],
    ]);
    expect(may('answers')).toEqual([
      ['tollgate-dev-invoke-us-east-1', ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem']],
    ]);
  });

  test('events go to the one bus of the settings, from invoke and metering alone', () => {
    const bus = rolesOf(resourcesOf(stackOf({ 'tollgate:eventBus': 'finance' }).stack)).flatMap(({ name, own }) =>
      own
        .filter(({ Effect, Action }) => Effect === 'Allow' && Action.join().includes('events:'))
        .map(({ Resource }) => [name, Resource]),
    );
    expect(bus).toEqual([
      ['tollgate-dev-invoke-us-east-1', ['arn:aws:events:us-east-1:111122223333:event-bus/finance']],
      ['tollgate-dev-metering-us-east-1', ['arn:aws:events:us-east-1:111122223333:event-bus/finance']],
    ]);
  });

  test('the local endpoint judges by the same documents, but for names and the log groups that it has not', () => {
    const local = localRoles('111122223333', 'us-east-1').map(({ name, policies, managed = [] }) => [
      name,
      [...policies, ...managed].flatMap(statementsOf),
    ]);
    const renamed = (document: unknown): unknown =>
      JSON.parse(
        JSON.stringify(document)
          .replaceAll('tollgate-dev-usage-111122223333-us-east-1', 'tollgate-usage')
          .replace(/table\/tollgate-dev-/g, 'table/tollgate-')
          .replace(/tollgate-dev-(\w+)-us-east-1/g, 'tollgate-local-$1')
          .replaceAll('tollgate-dev-', 'tollgate-local-'),
      );
    const there = rolesOf(
      resourcesOf(
        stackOf({
          ...{ 'tollgate:modelRegions': [...REGIONS], 'tollgate:kinds': EVERY_KIND },
          ...{ 'tollgate:admin': true, 'tollgate:alerts': true, 'tollgate:sync': true },
        }).stack,
      ),
    );
    const deployed = new Map(
      there.map(({ name, own }) => [
        renamed(name),
        renamed(
          own
            .map((statement) => ({ ...statement, Action: statement.Action.filter((action) => !/^logs:/.test(action)) }))
            .filter(({ Action }) => Action.length > 0),
        ),
      ]),
    );
    expect(local.length).toBeGreaterThan(3);
    for (const [name, statements] of local) expect(statements, String(name)).toEqual(deployed.get(name));
  });

  test('the key of contexts can be read by the authorizer and invoke alone, whatever else the account allows', () => {
    const readers = roles
      .filter(({ own }) =>
        own.some(({ Effect, Action }) => Effect === 'Allow' && Action.includes('secretsmanager:GetSecretValue')),
      )
      .map(({ name }) => name);
    expect(readers.sort()).toEqual(['tollgate-dev-authorizer-us-east-1', 'tollgate-dev-invoke-us-east-1']);
    const [policy, ...more] = ofType(resources, 'AWS::SecretsManager::ResourcePolicy');
    expect(more).toEqual([]);
    expect(policy).toMatchObject({
      BlockPublicPolicy: true,
      ResourcePolicy: {
        Statement: [
          {
            Effect: 'Deny',
            Principal: '*',
            Action: ['secretsmanager:GetSecretValue'],
            Resource: ['*'],
            Condition: {
              ArnNotEquals: { 'aws:PrincipalArn': readers.map((name) => `arn:aws:iam::111122223333:role/${name}`) },
            },
          },
        ],
      },
    });
  });

  test('no policy is attached to a role from outside', () => {
    for (const type of ['AWS::IAM::Policy', 'AWS::IAM::RolePolicy']) expect(ofType(resources, type)).toEqual([]);
    for (const policy of ofType(resources, 'AWS::IAM::ManagedPolicy'))
      for (const attaching of ['Roles', 'Users', 'Groups']) expect(policy).not.toHaveProperty(attaching);
  });

  test('only invoke may assume the invoker role', () => {
    const assuming = roles.filter(({ own }) => own.some(({ Action }) => Action.includes('sts:AssumeRole')));
    expect(assuming.map(({ name }) => name)).toEqual(['tollgate-dev-invoke-us-east-1']);
    expect(role('invoke').own.find(({ Action }) => Action.includes('sts:AssumeRole'))?.Resource).toEqual([
      'arn:aws:iam::111122223333:role/tollgate-dev-invoker-us-east-1',
    ]);
  });

  test('each function runs in its own role', () => {
    const used = ofType(resources, 'AWS::Lambda::Function').map(({ Role: arn }) => JSON.stringify(arn));
    expect(new Set(used).size).toBe(4);
  });
});

describe('a role in the hands of whoever may pass it', () => {
  test.each([
    ['as configured', {}, ['authorizer', 'invoke', 'metering', 'seal']],
    ['with a broker', { 'tollgate:broker': true }, ['authorizer', 'broker', 'invoke', 'metering', 'seal']],
    ['with a console', CONSOLE, ['authorizer', 'invoke', 'metering', 'pages', 'seal']],
    ['with a user pool', { 'tollgate:cognito': POOL }, ['authorizer', 'invoke', 'metering', 'pool', 'seal']],
    [
      'with an environment per tenant',
      { 'tollgate:tenantIsolation': true },
      ['authorizer', 'invoke', 'metering', 'seal'],
    ],
  ])('%s: whatever a function role allows is denied to every function but the one that has it', (_, given, names) => {
    const made = resourcesOf(stackOf(given).stack);
    const functionOf = (name: string) =>
      Object.values(made).find(
        ({ Type, Properties: { Role: arn } }) =>
          Type === 'AWS::Lambda::Function' &&
          made[flat(arn).slice(1).split('.')[0] ?? '']?.Properties.RoleName === name,
      )?.Properties.FunctionName;
    for (const what of names) {
      const name = `tollgate-dev-${what}-us-east-1`;
      const { own } = rolesOf(made).find((candidate) => candidate.name === name) as Role;
      const [deny, ...more] = own.filter(({ Effect }) => Effect === 'Deny');
      const arn = `arn:aws:lambda:us-east-1:111122223333:function:${functionOf(name)}`;
      expect(more).toEqual([]);
      expect(deny?.Condition).toEqual({ ArnNotLike: { 'lambda:SourceFunctionArn': [arn, `${arn}:*`] } });
      const allowed = own.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action);
      expect(new Set(deny?.Action)).toEqual(new Set(allowed));
    }
  });
});

describe('wildcards', () => {
  /** Every statement that names all resources, with the reason why it may. */
  const REVIEWED = [
    'tollgate-dev-metering-us-east-1 Allow cloudwatch:GetMetricData', // the action takes no resource
    'tollgate-dev-invoker-us-east-1 Deny bedrock:CallWithBearerToken', // a Deny, and the action takes no resource
    ...['authorizer', 'invoke', 'metering', 'seal'].map((name) => `tollgate-dev-${name}-us-east-1 Deny *`), // for every other function
  ];

  test('no statement names all resources but the reviewed ones', () => {
    const found = roles.flatMap(({ name, own }) =>
      own
        .filter(({ Resource }) => Resource.includes('*'))
        .map(({ Effect, Action, Condition }) => {
          const confined = JSON.stringify(Condition)?.includes('lambda:SourceFunctionArn') === true;
          return `${name} ${Effect} ${Effect === 'Deny' && confined ? '*' : Action.join(',')}`;
        }),
    );
    expect(found.sort()).toEqual([...REVIEWED].sort());
  });

  test('a wildcard within a resource stands behind a whole prefix of account, region and kind', () => {
    const kinds = [
      /^arn:aws:bedrock:us-(east-1|east-2|west-2)::foundation-model\/\*$/,
      /^arn:aws:bedrock:us-(east-1|east-2|west-2):111122223333:[a-z-]+\/\*$/,
      /^arn:aws:sagemaker:us-(east-1|east-2|west-2):111122223333:(endpoint|inference-component)\/\*$/,
      /^arn:aws:s3:::tollgate-dev-usage-111122223333-us-east-1\/(raw|undelivered|athena|quarantine|reports|state|usage)\/\*$/,
      /^arn:aws:logs:us-east-1:111122223333:log-group:\/tollgate\/dev\/[a-z]+:log-stream:\*$/,
    ];
    const resourcesNamed = roles.flatMap(({ own }) => own.flatMap(({ Resource }) => Resource));
    const wild = resourcesNamed.filter((resource) => resource.includes('*') && resource !== '*');
    expect(wild.length).toBeGreaterThan(0);
    for (const resource of wild)
      expect(
        kinds.some((kind) => kind.test(resource)),
        resource,
      ).toBe(true);
  });

  test('no statement of any policy uses NotAction, NotResource or an action with a wildcard, but to deny', () => {
    const documents = [
      ...ofType(resources, 'AWS::S3::BucketPolicy'),
      ...ofType(resources, 'AWS::SQS::QueuePolicy'),
      ...ofType(resources, 'AWS::SNS::TopicPolicy'),
    ].map(({ PolicyDocument }) => PolicyDocument);
    const all = [...roles.flatMap(({ own, trust }) => [...own, ...trust]), ...documents.flatMap(statementsOf)];
    for (const statement of all) {
      expect(statement).not.toHaveProperty('NotAction');
      expect(statement).not.toHaveProperty('NotResource');
      if (statement.Effect === 'Allow') expect(statement.Action.join()).not.toContain('*');
    }
  });
});

describe('the invoker role', () => {
  test('is trusted for the invoke function alone, with tags, session name and source identity', () => {
    const { trust } = role('invoker');
    for (const { Principal } of trust)
      expect(Principal).toEqual({ AWS: 'arn:aws:iam::111122223333:role/tollgate-dev-invoke-us-east-1' });
    const assume = trust.find(({ Action }) => Action.includes('sts:AssumeRole'));
    expect(assume?.Condition).toMatchObject({
      StringLike: {
        'sts:RoleSessionName': 'tg-*',
        'sts:SourceIdentity': 'tg-*',
        'aws:RequestTag/TenantId': '?*',
        'aws:RequestTag/CostCenter': '?*',
      },
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['TenantId', 'CostCenter'] },
      Null: { 'aws:TagKeys': 'false', 'aws:RequestTag/TenantId': 'false', 'aws:RequestTag/CostCenter': 'false' },
    });
    expect(trust.flatMap(({ Action }) => Action).sort()).toEqual([
      'sts:AssumeRole',
      'sts:SetSourceIdentity',
      'sts:TagSession',
    ]);
  });

  test('reaches no region beside the configured ones', () => {
    const elsewhere = rolesOf(resourcesOf(stackOf({ 'tollgate:modelRegions': ['eu-central-1'] }).stack));
    const invoker = elsewhere.find(({ name }) => name === 'tollgate-dev-invoker-us-east-1');
    const named = (invoker?.own ?? []).filter(({ Effect }) => Effect === 'Allow').flatMap(({ Resource }) => Resource);
    expect(named.length).toBeGreaterThan(0);
    for (const arn of named) expect(arn.split(':')[3]).toBe('eu-central-1');
  });

  test('reaches models without a region only where global profiles are allowed', () => {
    const global = rolesOf(resourcesOf(stackOf({ 'tollgate:globalProfiles': true }).stack));
    const regionless = (list: Role[]) =>
      list.flatMap(({ own }) => own.flatMap(({ Resource }) => Resource)).filter((arn) => arn.includes('bedrock:::'));
    expect(regionless(global)).toEqual(['arn:aws:bedrock:::foundation-model/*']);
    expect(regionless(roles)).toEqual([]);
  });
});

describe('roles that AWS services take', () => {
  test.each([
    ['delivery', 'firehose.amazonaws.com', { StringEquals: { 'sts:ExternalId': '111122223333' } }],
    [
      'subscription',
      'logs.amazonaws.com',
      { StringLike: { 'aws:SourceArn': 'arn:aws:logs:us-east-1:111122223333:*' } },
    ],
    ['schedule', 'scheduler.amazonaws.com', { StringEquals: { 'aws:SourceAccount': '111122223333' } }],
  ])('%s is taken by %s for this account alone', (name, service, condition) => {
    expect(role(name).trust).toEqual([
      expect.objectContaining({ Principal: { Service: service }, Condition: condition }),
    ]);
  });
});
