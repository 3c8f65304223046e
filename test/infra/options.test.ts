import { describe, expect, test } from 'vitest';
import { METRICS } from '../../contract/log.ts';
import {
  adminSettings,
  alertsSettings,
  brokerSettings,
  invokeSettings,
  syncSettings,
} from '../../contract/settings.ts';
import { pagesSettings } from '../../pages/settings.ts';
import { SIGN_IN } from './sign-in.ts';
import {
  BOTH,
  CONSOLE,
  EVALUATION,
  flat,
  NAMED,
  ofType,
  type Resource,
  resourcesOf,
  rolesOf,
  stackOf,
} from './synth.ts';

const plain = resourcesOf(stackOf().stack);
const brokered = resourcesOf(stackOf({ 'tollgate:broker': true }).stack);
const isolated = resourcesOf(stackOf({ 'tollgate:tenantIsolation': 'true' }).stack);

const INVOKER = 'arn:aws:iam::111122223333:role/tollgate-dev-invoker-us-east-1';
const BROKER = 'arn:aws:lambda:us-east-1:111122223333:function:tollgate-dev-broker';

const functionOf = (resources: Record<string, Resource>, name: string) =>
  ofType(resources, 'AWS::Lambda::Function').find(({ FunctionName }) => FunctionName === `tollgate-dev-${name}`);

function environmentOf(resources: Record<string, Resource>, name: string): Record<string, string> {
  const given = functionOf(resources, name)?.Environment as { Variables: Record<string, unknown> } | undefined;
  return Object.fromEntries(Object.entries(given?.Variables ?? {}).map(([key, value]) => [key, flat(value)]));
}

/** Names of the roles whose own policy has an action that begins so, and what it is allowed on. */
const allowed = (resources: Record<string, Resource>, prefix: string) =>
  rolesOf(resources).flatMap(({ name, own }) =>
    own
      .filter(({ Effect, Action }) => Effect === 'Allow' && Action.some((action) => action.startsWith(prefix)))
      .map(({ Resource }) => [name, Resource]),
  );

const trusted = (resources: Record<string, Resource>) =>
  rolesOf(resources)
    .find(({ name }) => name === 'tollgate-dev-invoker-us-east-1')
    ?.trust.map(({ Principal }) => Principal);

describe('with a look at what AWS has', () => {
  const synced = resourcesOf(stackOf({ 'tollgate:sync': true }).stack);

  test('there is a function of its own, called once a day by a role that may call it alone', () => {
    expect(syncSettings({ ...environmentOf(synced, 'sync'), AWS_REGION: 'us-east-1' })).toMatchObject({ stage: 'dev' });
    const added = Object.keys(synced).filter((id) => plain[id] === undefined);
    expect(added.map((id) => synced[id]?.Type).sort()).toEqual([
      'AWS::IAM::Role',
      'AWS::IAM::Role',
      'AWS::Lambda::Function',
      'AWS::Logs::LogGroup',
      'AWS::Scheduler::Schedule',
    ]);
    const invoking = allowed(synced, 'lambda:').filter(([name]) => name === 'tollgate-dev-sync-schedule-us-east-1');
    expect(invoking).toHaveLength(1);
  });

  test('without it nothing of it is there', () => {
    expect(functionOf(plain, 'sync')).toBeUndefined();
    expect(Object.keys(plain).filter((id) => synced[id] === undefined)).toEqual([]);
  });
});

describe('with models that are evaluated again', () => {
  const synced = resourcesOf(stackOf({ 'tollgate:sync': true }).stack);
  const evaluated = resourcesOf(stackOf(EVALUATION).stack);

  test('there is nothing but what the daily look may, which is what is named', () => {
    expect(Object.keys(evaluated)).toEqual(Object.keys(synced));
    const environment = { ...environmentOf(evaluated, 'sync'), AWS_REGION: 'us-east-1' };
    expect(syncSettings(environment)).toMatchObject({ evaluates: true });
    const by = 'tollgate-dev-sync-us-east-1';
    expect(allowed(evaluated, 'iam:PassRole')).toEqual([[by, ['arn:aws:iam::111122223333:role/evaluations']]]);
    const reads = allowed(evaluated, 's3:').filter(([name]) => name === by);
    expect(reads.map(([, on]) => on)).toEqual([['arn:aws:s3:::evaluations'], ['arn:aws:s3:::evaluations/*']]);
    const own = rolesOf(evaluated).find(({ name }) => name === by)?.own ?? [];
    const writing = own.find(({ Action }) => Action.includes('dynamodb:PutItem'));
    expect(writing?.Condition?.['ForAllValues:StringLike']).toEqual({
      'dynamodb:LeadingKeys': ['MODEL#*', 'HISTORY#MODEL#*', 'LOG'],
    });
    expect(own.find(({ Action }) => Action.includes('bedrock:CreateEvaluationJob'))?.Condition).toEqual({
      StringEquals: { 'aws:RequestTag/tollgate:stage': 'dev' },
    });
    const denied = own.filter(({ Effect }) => Effect === 'Deny').flatMap(({ Action }) => Action);
    expect(denied).toEqual(expect.arrayContaining(['iam:PassRole', 'bedrock:CreateEvaluationJob', 'dynamodb:PutItem']));
  });

  test('without them the daily look writes nothing and starts nothing', () => {
    const [, on] = allowed(synced, 'dynamodb:PutItem').find(([name]) => name?.includes('-sync-')) ?? [];
    expect([on, allowed(synced, 'iam:PassRole')]).toEqual([undefined, []]);
    expect(environmentOf(synced, 'sync')).not.toHaveProperty('TOLLGATE_EVALUATION');
  });
});

describe('with an API of the registry', () => {
  const administered = resourcesOf(stackOf({ 'tollgate:admin': true }).stack);

  test('there is a function of its own behind a path of its own, and it alone writes the registry', () => {
    expect(adminSettings(environmentOf(administered, 'admin'))).toMatchObject({
      ...{ stage: 'dev', keys: undefined, bucket: expect.anything(), countersTable: expect.anything() },
      catalog: undefined,
    });
    const writing = allowed(administered, 'dynamodb:DeleteItem').filter(([, on]) => String(on).includes('-registry'));
    expect(writing.map(([name]) => name)).toEqual(['tollgate-dev-admin-us-east-1']);
    expect(allowed(administered, 'sts:').map(([name]) => name)).toEqual(allowed(plain, 'sts:').map(([name]) => name));
    const paths = ofType(administered, 'AWS::ApiGateway::Resource').map(({ PathPart }) => PathPart);
    expect(paths.filter((path) => path === 'admin')).toHaveLength(1);
    const open = ofType(administered, 'AWS::ApiGateway::Method').filter(
      ({ AuthorizationType }) => AuthorizationType === 'NONE',
    );
    expect(open).toHaveLength(
      ofType(resourcesOf(stackOf().stack), 'AWS::ApiGateway::Method').filter(
        ({ AuthorizationType }) => AuthorizationType === 'NONE',
      ).length,
    );
  });

  test('it reads the bucket of usage, and can write nothing there', () => {
    const ofAdmin = (action: string) => allowed(administered, action).filter(([name]) => name?.includes('-admin-'));
    const [[, read] = []] = ofAdmin('s3:GetObject');
    expect([read].flat().map((on) => String(on).split('/')[1])).toEqual([
      'raw',
      'reports',
      'reviews',
      'state',
      'usage',
    ]);
    for (const action of ['s3:PutObject', 's3:DeleteObject']) expect(ofAdmin(action)).toEqual([]);
  });

  test('it looks at what AWS has where the stage does, and only there', () => {
    const both = resourcesOf(stackOf({ 'tollgate:admin': true, 'tollgate:sync': true }).stack);
    expect(adminSettings(environmentOf(both, 'admin')).catalog).toEqual({});
    const looking = (resources: typeof both) =>
      allowed(resources, 'bedrock:ListFoundationModels').map(([name]) => String(name).split('-').at(2));
    expect(looking(both).sort()).toEqual(['admin', 'sync']);
    expect(looking(administered)).toEqual([]);
  });

  test('without it nothing of it is there, and nothing can write the registry', () => {
    expect(functionOf(plain, 'admin')).toBeUndefined();
    expect(allowed(plain, 'dynamodb:DeleteItem').filter(([, on]) => String(on).includes('-registry'))).toEqual([]);
  });
});

describe('with a console', () => {
  const open = resourcesOf(stackOf(CONSOLE).stack);
  const methods = (made: typeof open) => ofType(made, 'AWS::ApiGateway::Method');
  const gets = (made: typeof open) =>
    methods(made)
      .filter(({ AuthorizationType }) => AuthorizationType === 'NONE')
      .map(({ HttpMethod }) => HttpMethod);

  test('a function that may do nothing but write its log serves its files, told who signs people in', () => {
    expect(pagesSettings(environmentOf(open, 'pages'))).toEqual({
      ...{ settings: CONSOLE['tollgate:console'], admin: false, stage: 'dev' },
    });
    const own = rolesOf(open).find(({ name }) => name.includes('-pages-'))?.own ?? [];
    const may = own.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => Action);
    expect(may).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
  });

  test('it can be read without a token, and nothing else became open', () => {
    const [before, after] = [gets(plain), gets(open)];
    expect(after.sort()).toEqual([...before, 'GET', 'GET', 'HEAD', 'HEAD'].sort());
    const paths = ofType(open, 'AWS::ApiGateway::Resource').map(({ PathPart }) => PathPart);
    expect(paths.filter((path) => path === 'console')).toHaveLength(1);
  });

  test('by the pool it is told the pool’s own client and pages, and people come back to it under each of its names', () => {
    const pooled = resourcesOf(
      stackOf({ ...NAMED, 'tollgate:cognito': SIGN_IN, 'tollgate:console': true, 'tollgate:admin': true }).stack,
    );
    const { TOLLGATE_CONSOLE: told = '', TOLLGATE_ADMIN: admin } = environmentOf(pooled, 'pages');
    const [pool, client] = ['UserPool', 'UserPoolClient'].map((type) =>
      Object.keys(pooled).find(
        (id) => pooled[id]?.Type === `AWS::Cognito::${type}` && pooled[id]?.Properties.GenerateSecret !== true,
      ),
    );
    const { domain } = SIGN_IN as { domain: string };
    expect([JSON.parse(told), admin]).toEqual([
      {
        ...{ issuer: `https://cognito-idp.us-east-1.amazonaws.com/<${pool}>`, clientId: `<${client}>` },
        origins: [`https://${domain}.auth.us-east-1.amazoncognito.com`],
      },
      'true',
    ]);
    const urls = ['models', 'stream'].map((name) => `https://${name}.example.com/ai/console/`);
    const { CallbackURLs, LogoutURLs } = pooled[client ?? '']?.Properties ?? {};
    for (const given of [CallbackURLs, LogoutURLs]) expect(given).toEqual(expect.arrayContaining(urls));
    const [task] = ofType(pooled, 'AWS::ECS::TaskDefinition');
    expect(JSON.stringify(task)).toContain('TOLLGATE_CONSOLE');
  });

  test('without it nothing of it is there', () => {
    expect(functionOf(plain, 'pages')).toBeUndefined();
    const everything = resourcesOf(stackOf({ ...BOTH, 'tollgate:cognito': SIGN_IN }).stack);
    expect(JSON.stringify(everything)).not.toMatch(/TOLLGATE_CONSOLE|\/console\//);
  });
});

describe('with alerts', () => {
  const alerting = resourcesOf(stackOf({ 'tollgate:alerts': true }).stack);
  const ALERTS = 'tollgate-dev-alerts-us-east-1';

  test('a rule of this stage’s events alone calls a function, and what fails is kept in a queue, by either', () => {
    expect(alertsSettings(environmentOf(alerting, 'alerts'))).toMatchObject({ loopback: false, snsUrl: undefined });
    const [rule] = ofType(alerting, 'AWS::Events::Rule');
    expect(rule?.EventPattern).toEqual({
      source: ['tollgate'],
      'detail-type': ['Tollgate Alert', 'Budget Threshold Reached'],
      detail: { stage: ['dev'] },
    });
    expect(rule?.Targets).toMatchObject([{ DeadLetterConfig: { Arn: expect.anything() } }]);
    const [kept] = ofType(alerting, 'AWS::Lambda::EventInvokeConfig').filter(
      ({ DestinationConfig }) => DestinationConfig,
    );
    expect(kept).toMatchObject({ MaximumRetryAttempts: 2, DestinationConfig: { OnFailure: expect.anything() } });
  });

  test('its role reads who is told, publishes to topics of the stage’s name, and sends what failed to that queue', () => {
    const own = rolesOf(alerting).find(({ name }) => name === ALERTS)?.own ?? [];
    const may = own.filter(({ Effect }) => Effect === 'Allow').map(({ Action, Resource }) => [Action, Resource]);
    expect(may.filter(([Action]) => !String(Action).startsWith('logs:'))).toEqual([
      [['dynamodb:GetItem'], ['arn:aws:dynamodb:us-east-1:111122223333:table/tollgate-dev-registry']],
      [['sns:Publish'], ['arn:aws:sns:us-east-1:111122223333:tollgate-dev-*']],
      [['sqs:SendMessage'], ['arn:aws:sqs:us-east-1:111122223333:tollgate-dev-schedule-failures']],
    ]);
    expect(JSON.stringify(own[0])).toContain('"dynamodb:LeadingKeys":["ALERTS"]');
  });

  test('without them nothing of it is there', () => {
    expect(functionOf(plain, 'alerts')).toBeUndefined();
    expect(ofType(plain, 'AWS::Events::Rule')).toEqual([]);
    expect(Object.keys(plain).filter((id) => alerting[id] === undefined)).toEqual([]);
  });
});

describe('with a broker', () => {
  test('its role alone may assume the invoker role, and the trust policy names it alone', () => {
    expect(allowed(brokered, 'sts:')).toEqual([['tollgate-dev-broker-us-east-1', [INVOKER]]]);
    expect(trusted(brokered)).toEqual(
      Array(3).fill({ AWS: 'arn:aws:iam::111122223333:role/tollgate-dev-broker-us-east-1' }),
    );
  });

  test('invoke has no action of STS, and may invoke the broker and nothing else', () => {
    const invoking = allowed(brokered, 'lambda:');
    expect(invoking).toContainEqual(['tollgate-dev-invoke-us-east-1', [BROKER]]);
    expect(invoking.filter(([name]) => name !== 'tollgate-dev-schedule-us-east-1')).toHaveLength(1);
    const invoke = rolesOf(brokered).find(({ name }) => name === 'tollgate-dev-invoke-us-east-1');
    expect(JSON.stringify(invoke?.own)).not.toContain('sts:');
  });

  test('the broker reads the registry and never writes it, and calls no model', () => {
    const broker = rolesOf(brokered).find(({ name }) => name === 'tollgate-dev-broker-us-east-1');
    const actions = broker?.own.flatMap(({ Action }) => Action) ?? [];
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions)
      expect(action).toMatch(/^(dynamodb:(BatchGetItem|GetItem|Query)|sts:|logs:(CreateLogStream|PutLogEvents))/);
  });

  test('both functions find the environment that they read at their start', () => {
    expect(brokerSettings(environmentOf(brokered, 'broker'))).toMatchObject({ invokerRoleArn: INVOKER });
    expect(invokeSettings(environmentOf(brokered, 'invoke'))).toMatchObject({ brokerFunction: 'tollgate-dev-broker' });
    expect(functionOf(brokered, 'broker')).toMatchObject({ Timeout: 10, Runtime: 'nodejs24.x' });
  });

  test('it runs in a role and a log group of its own, and nobody outside of the account may invoke it', () => {
    const groups = ofType(brokered, 'AWS::Logs::LogGroup').map(({ LogGroupName }) => flat(LogGroupName));
    expect(groups).toContain('/tollgate/dev/broker');
    const roles = ofType(brokered, 'AWS::Lambda::Function').map(({ Role }) => JSON.stringify(Role));
    expect(new Set(roles).size).toBe(5);
    const broker = Object.keys(brokered).find((id) => brokered[id]?.Properties.FunctionName === 'tollgate-dev-broker');
    const permitted = ofType(brokered, 'AWS::Lambda::Permission').map(({ FunctionName }) => flat(FunctionName));
    expect(permitted.filter((name) => name.includes(String(broker)))).toEqual([]);
  });

  test('its crashes and its refusals are watched', () => {
    const alarms = ofType(brokered, 'AWS::CloudWatch::Alarm');
    expect(alarms.map(({ AlarmName }) => AlarmName)).toContain('tollgate-dev-broker-errors');
    expect(alarms.map(({ MetricName }) => MetricName)).toContain(METRICS.brokerRefused);
  });
});

describe('without a broker', () => {
  test('there is none: invoke assumes the role itself', () => {
    expect(allowed(plain, 'sts:')).toEqual([['tollgate-dev-invoke-us-east-1', [INVOKER]]]);
    expect(trusted(plain)).toEqual(
      Array(3).fill({ AWS: 'arn:aws:iam::111122223333:role/tollgate-dev-invoke-us-east-1' }),
    );
    expect(functionOf(plain, 'broker')).toBeUndefined();
    expect(invokeSettings(environmentOf(plain, 'invoke')).brokerFunction).toBeUndefined();
    expect(JSON.stringify(plain)).not.toContain('BrokerRefused');
  });
});

describe('with an environment per tenant', () => {
  const parametersOf = (resources: Record<string, Resource>) =>
    ofType(resources, 'AWS::ApiGateway::Method').map(({ AuthorizationType, Integration }) => [
      AuthorizationType,
      (Integration as { RequestParameters?: Record<string, string> }).RequestParameters,
    ]);

  test('Lambda isolates tenants in the invoke function and in no other', () => {
    expect(functionOf(isolated, 'invoke-per-tenant')).toMatchObject({
      TenancyConfig: { TenantIsolationMode: 'PER_TENANT' },
    });
    // Its isolation cannot be changed, so the function of the other kind must not have its name.
    expect(functionOf(isolated, 'invoke')).toBeUndefined();
    expect(JSON.stringify(plain)).not.toContain('TenancyConfig');
    for (const name of ['authorizer', 'metering', 'seal'])
      expect(functionOf(isolated, name)).not.toHaveProperty('TenancyConfig');
  });

  test("the tenant is the authorizer's: no header, query or path of the caller is mapped", () => {
    const header = 'integration.request.header.X-Amz-Tenant-Id';
    const found = parametersOf(isolated);
    expect(found.length).toBeGreaterThan(3);
    for (const [authorization, parameters] of found)
      expect(parameters).toEqual({
        [header]: authorization === 'CUSTOM' ? 'context.authorizer.tenant' : "'_public'",
      });
    expect(parametersOf(plain).map(([, parameters]) => parameters)).toEqual(found.map(() => undefined));
  });

  test('answers are streamed as ever', () => {
    for (const { Integration } of ofType(isolated, 'AWS::ApiGateway::Method'))
      expect(Integration).toMatchObject({ Type: 'AWS_PROXY', ResponseTransferMode: 'STREAM' });
  });
});

test('both options together make a whole stack', () => {
  const both = resourcesOf(stackOf({ 'tollgate:broker': true, 'tollgate:tenantIsolation': true }).stack);
  expect(environmentOf(both, 'invoke-per-tenant').TOLLGATE_BROKER_FUNCTION).toBe('tollgate-dev-broker');
  expect(allowed(both, 'sts:')).toEqual([['tollgate-dev-broker-us-east-1', [INVOKER]]]);
});

describe('keys of the gateway', () => {
  const keyed = resourcesOf(
    stackOf({ 'tollgate:keys': true, 'tollgate:broker': true, 'tollgate:keyMaxDays': 30 }).stack,
  );
  const TABLE = 'arn:aws:dynamodb:us-east-1:111122223333:table/tollgate-dev-keys';

  test('are nothing at all where they are off', () => {
    expect(JSON.stringify(plain)).not.toMatch(/tollgate-dev-keys|TOLLGATE_KEY/);
  });

  test('are read by who decides who calls, and by nobody else; the authorizer writes notes and no key', () => {
    const on = (resources: Record<string, Resource>) =>
      rolesOf(resources).flatMap(({ name, own }) =>
        own
          .filter(({ Effect, Resource: of }) => Effect === 'Allow' && JSON.stringify(of).includes('tollgate-dev-keys'))
          .map(({ Action, Condition }) => [name.replace('-us-east-1', ''), Action.join(), Condition !== undefined]),
      );
    expect(on(keyed)).toEqual([
      ['tollgate-dev-authorizer', 'dynamodb:BatchGetItem', false],
      ['tollgate-dev-authorizer', 'secretsmanager:GetSecretValue', false],
      ['tollgate-dev-authorizer', 'dynamodb:PutItem', true],
      ['tollgate-dev-broker', 'dynamodb:BatchGetItem', false],
      ['tollgate-dev-broker', 'secretsmanager:GetSecretValue', false],
    ]);
    expect(JSON.stringify(keyed)).toContain('dynamodb:LeadingKeys');
    expect(JSON.stringify(rolesOf(keyed).find(({ name }) => name.includes('-invoke-')))).not.toContain(TABLE);
  });

  test('find their table and their secret, whose tag says for how long a key may be good', () => {
    for (const name of ['authorizer', 'broker'])
      expect(environmentOf(keyed, name)).toMatchObject({
        TOLLGATE_KEYS_TABLE: expect.any(String),
        TOLLGATE_KEYS_SECRET: 'tollgate-dev-keys-secret',
        TOLLGATE_KEY_MAX_DAYS: '30',
      });
    expect(environmentOf(keyed, 'invoke')).not.toHaveProperty('TOLLGATE_KEYS_SECRET');
    const secrets = ofType(keyed, 'AWS::SecretsManager::Secret');
    expect(secrets.find(({ Name }) => Name === 'tollgate-dev-keys-secret')?.Tags).toContainEqual({
      Key: 'tollgate:keyMaxDays',
      Value: '30',
    });
  });
});
