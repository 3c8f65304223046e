import { describe, expect, test } from 'vitest';
import type { Principal, TenantId } from '../../../contract/identity.ts';
import * as layout from '../../../metering/ledger/layout.ts';
import { parseHour } from '../../../metering/window.ts';
import { sessionNames } from '../../../policies/name.ts';
import {
  type FunctionName,
  functionRolePolicy,
  functionTrustPolicy,
  invokerRolePolicy,
  invokerTrustPolicy,
} from '../../../policies/roles.ts';
import { allows } from './evaluator.ts';

const account = '111122223333';
const hour = parseHour('2026-11-21T09');
const role = invokerRolePolicy({ partition: 'aws', account, regions: ['us-east-1', 'us-west-2', 'us-east-1'] });
const nova = (region: string): string => `arn:aws:bedrock:${region}::foundation-model/amazon.nova-lite-v1:0`;

describe('the role that is assumed for every call', () => {
  test.each([
    ['a model in a configured region', 'bedrock:InvokeModel', nova('us-east-1'), true],
    ['a stream', 'bedrock:InvokeModelWithResponseStream', nova('us-west-2'), true],
    ['counting', 'bedrock:CountTokens', nova('us-east-1'), true],
    ['a profile', 'bedrock:InvokeModel', `arn:aws:bedrock:us-east-1:${account}:inference-profile/us.a.b`, true],
    ['an endpoint', 'sagemaker:InvokeEndpoint', `arn:aws:sagemaker:us-east-1:${account}:endpoint/chat`, true],
    [
      'one that answers later',
      'sagemaker:InvokeEndpointAsync',
      `arn:aws:sagemaker:us-east-1:${account}:endpoint/a`,
      true,
    ],
    [
      'a component later, which has no such call',
      'sagemaker:InvokeEndpointAsync',
      `arn:aws:sagemaker:us-east-1:${account}:inference-component/a`,
      false,
    ],
    ['a model in another region', 'bedrock:InvokeModel', nova('eu-west-1'), false],
    ['a model without a region', 'bedrock:InvokeModel', nova(''), false],
    [
      'a profile of another account',
      'bedrock:InvokeModel',
      'arn:aws:bedrock:us-east-1:444455556666:inference-profile/x',
      false,
    ],
    ['a custom model', 'bedrock:InvokeModel', `arn:aws:bedrock:us-east-1:${account}:custom-model/x`, false],
    ['counting on a profile', 'bedrock:CountTokens', `arn:aws:bedrock:us-east-1:${account}:inference-profile/x`, false],
    ['reading about a model', 'bedrock:GetFoundationModel', nova('us-east-1'), false],
    ['a bearer key', 'bedrock:CallWithBearerToken', '*', false],
  ])('%s: %s', (_, action, resource, expected) => {
    expect(allows(role, { action, resource })).toBe(expected);
  });

  test('a region given twice is named once', () => {
    const resources = role.Statement.flatMap((statement) => statement.Resource);
    expect(resources.filter((arn) => arn === 'arn:aws:bedrock:us-east-1::foundation-model/*')).toHaveLength(2);
  });

  test('a model without a region is allowed only where global profiles are', () => {
    const global = invokerRolePolicy({ partition: 'aws', account, regions: ['us-east-1'], globalProfiles: true });
    expect(allows(global, { action: 'bedrock:InvokeModel', resource: nova('') })).toBe(true);
  });
});

describe('who may assume it', () => {
  const { sessionName, sourceIdentity } = sessionNames('acme' as TenantId, 'app' as Principal);
  const context = {
    'sts:RoleSessionName': sessionName,
    'sts:SourceIdentity': sourceIdentity,
    'aws:RequestTag/TenantId': 'acme',
    'aws:RequestTag/CostCenter': 'cc-1',
    'aws:TagKeys': ['TenantId', 'CostCenter'],
  };
  const trust = invokerTrustPolicy({ trustedRoleArn: `arn:aws:iam::${account}:role/tollgate-local-invoke` });
  const without = (...keys: string[]) =>
    Object.fromEntries(Object.entries(context).filter(([key]) => !keys.includes(key)));
  const may = (keys: Record<string, string | string[]>): boolean =>
    ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'].every((action) =>
      allows(trust, { action, context: keys }),
    );

  test('only the invoke function role is named', () => {
    expect(trust.Statement.map(({ Principal }) => Principal)).toEqual(
      Array(3).fill({ AWS: `arn:aws:iam::${account}:role/tollgate-local-invoke` }),
    );
  });

  test.each([
    ['tags, name and source identity as Tollgate gives them', context, true],
    ['the tags in the other order', { ...context, 'aws:TagKeys': ['CostCenter', 'TenantId'] }, true],
    ['no source identity', without('sts:SourceIdentity'), false],
    ['a source identity of another kind', { ...context, 'sts:SourceIdentity': 'someone' }, false],
    ['a session name of another kind', { ...context, 'sts:RoleSessionName': 'AWSCLI-Session' }, false],
    ['no tags at all', without('aws:TagKeys', 'aws:RequestTag/TenantId', 'aws:RequestTag/CostCenter'), false],
    ['no tenant tag', { ...without('aws:RequestTag/TenantId'), 'aws:TagKeys': ['CostCenter'] }, false],
    ['no cost centre tag', { ...without('aws:RequestTag/CostCenter'), 'aws:TagKeys': ['TenantId'] }, false],
    ['an empty tenant tag', { ...context, 'aws:RequestTag/TenantId': '' }, false],
    ['a third tag', { ...context, 'aws:TagKeys': ['TenantId', 'CostCenter', 'Admin'] }, false],
  ])('%s: %s', (_, keys, expected) => {
    expect(may(keys as Record<string, string | string[]>)).toBe(expected);
  });

  test('the functions are assumed by Lambda alone', () => {
    expect(functionTrustPolicy().Statement).toEqual([
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: ['sts:AssumeRole'] },
    ]);
  });
});

describe("the functions' own roles", () => {
  const scope = {
    tableArn: `arn:aws:dynamodb:us-east-1:${account}:table/tollgate-registry`,
    countersTableArn: `arn:aws:dynamodb:us-east-1:${account}:table/tollgate-counters`,
    answersTableArn: `arn:aws:dynamodb:us-east-1:${account}:table/tollgate-answers`,
    eventBusArn: `arn:aws:events:us-east-1:${account}:event-bus/default`,
    bucketArn: 'arn:aws:s3:::tollgate-usage',
    invokerRoleArn: `arn:aws:iam::${account}:role/tollgate-local-invoker`,
    contextKeyArn: `arn:aws:secretsmanager:us-east-1:${account}:secret:tollgate-local-context-key-??????`,
    functionArn: `arn:aws:lambda:us-east-1:${account}:function:tollgate-local-it`,
    logGroupArn: `arn:aws:logs:us-east-1:${account}:log-group:tollgate-local`,
  };
  const names: FunctionName[] = ['authorizer', 'broker', 'invoke', 'metering', 'seal'];
  const brokerArn = `arn:aws:lambda:us-east-1:${account}:function:tollgate-local-broker`;
  const allowedTo = (name: FunctionName, more: { brokerArn?: string } = {}) =>
    functionRolePolicy(name, { ...scope, ...more }).Statement.filter(({ Effect }) => Effect === 'Allow');
  const actionsOf = (name: FunctionName, more: { brokerArn?: string } = {}) =>
    allowedTo(name, more).flatMap(({ Action }) => Action);
  /** As Lambda marks what the role's own function asks for. */
  const itself = { 'lambda:SourceFunctionArn': scope.functionArn };

  test('sync reads the registry and AWS’s catalogue, calls no model and writes nothing; it tells the event bus', () => {
    const reads =
      /^(dynamodb:(BatchGetItem|GetItem|Query)|bedrock:(Get|List)\w+|sagemaker:(Describe|List)\w+|events:PutEvents|logs:(CreateLogStream|PutLogEvents))$/;
    for (const action of actionsOf('sync')) expect(action).toMatch(reads);
    expect(actionsOf('sync').join()).toContain('bedrock:ListFoundationModels');
  });

  test('those of a user pool and of the console may write their log and nothing else', () => {
    for (const name of ['pages', 'pool'] as const)
      expect(actionsOf(name)).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
  });

  test.each(names)('%s calls no model and writes nothing to the registry', (name) => {
    for (const { Action, Resource } of functionRolePolicy(name, scope).Statement)
      for (const action of Action) {
        expect(action).not.toMatch(/^(bedrock|sagemaker):|\*/);
        if (Resource.includes(scope.tableArn)) expect(action).toMatch(/^dynamodb:(BatchGetItem|GetItem|Query)$/);
      }
  });

  test('invoke and metering alone reach the counters, and neither can delete one', () => {
    const onCounters = (name: FunctionName) =>
      functionRolePolicy(name, scope)
        .Statement.filter(({ Resource }) => Resource.includes(scope.countersTableArn))
        .flatMap(({ Action }) => Action.map((action) => action.replace('dynamodb:', '')));
    expect(Object.fromEntries(names.map((name) => [name, onCounters(name)]))).toEqual({
      authorizer: [],
      broker: [],
      invoke: ['GetItem', 'Query', 'UpdateItem'],
      metering: ['GetItem', 'PutItem', 'Query', 'Scan', 'UpdateItem'],
      seal: [],
    });
  });

  test('invoke alone reaches the answers that are kept for a while, one by one', () => {
    const onAnswers = (name: FunctionName) =>
      allowedTo(name)
        .filter(({ Resource }) => Resource.includes(scope.answersTableArn))
        .flatMap(({ Action, Resource }) => [...Action, ...Resource]);
    expect(Object.fromEntries(names.map((name) => [name, onAnswers(name)]))).toEqual({
      authorizer: [],
      broker: [],
      invoke: [
        ...['DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'].map((action) => `dynamodb:${action}`),
        scope.answersTableArn,
      ],
      metering: [],
      seal: [],
    });
  });

  test('the authorizer and invoke may read the key of contexts, and the one that makes it new reads none', () => {
    const on = (name: FunctionName) =>
      allowedTo(name)
        .filter(({ Resource }) => Resource.join().includes(':secret:'))
        .map(({ Action, Resource }) => [Action.map((action) => action.replace('secretsmanager:', '')), Resource]);
    const key = [scope.contextKeyArn];
    expect(Object.fromEntries(names.map((name) => [name, on(name)]))).toEqual({
      authorizer: [[['GetSecretValue'], key]],
      broker: [],
      invoke: [[['GetSecretValue'], key]],
      metering: [],
      seal: [[['DescribeSecret', 'PutSecretValue', 'UpdateSecretVersionStage'], key]],
    });
    expect(actionsOf('seal').join()).not.toContain('dynamodb:');
  });

  test('invoke can put no event but that of a budget', () => {
    const policy = functionRolePolicy('invoke', scope);
    const may = (source: string, type: string, resource = scope.eventBusArn): boolean =>
      allows(policy, {
        action: 'events:PutEvents',
        resource,
        context: { ...itself, 'events:source': source, 'events:detail-type': type },
      });
    expect(may('tollgate', 'Budget Threshold Reached')).toBe(true);
    expect(may('payroll', 'Budget Threshold Reached')).toBe(false);
    expect(may('tollgate', 'Salary Paid')).toBe(false);
    expect(may('tollgate', 'Budget Threshold Reached', `${scope.eventBusArn}-2`)).toBe(false);
  });

  test('invoke and metering alone put events, on the one bus', () => {
    const putting = names.flatMap((name) =>
      allowedTo(name)
        .filter(({ Action }) => Action.some((action) => action.startsWith('events:')))
        .map(({ Action, Resource }) => [name, Action, Resource]),
    );
    const putEvents = [['events:PutEvents'], [scope.eventBusArn]];
    expect(putting).toEqual([
      ['invoke', ...putEvents],
      ['metering', ...putEvents],
    ]);
  });

  test('metering can put no event but an alert, and lists the registry without writing it', () => {
    const policy = functionRolePolicy('metering', scope);
    const may = (action: string, resource: string, type?: string): boolean =>
      allows(policy, {
        ...{ action, resource },
        context: { ...itself, ...(type && { 'events:source': 'tollgate', 'events:detail-type': type }) },
      });
    expect(may('events:PutEvents', scope.eventBusArn, 'Tollgate Alert')).toBe(true);
    expect(may('events:PutEvents', scope.eventBusArn, 'Budget Threshold Reached')).toBe(false);
    expect(may('events:PutEvents', scope.eventBusArn, 'Tollgate Alert Test')).toBe(false);
    expect(may('dynamodb:Query', `${scope.tableArn}/index/by-sk`)).toBe(true);
    expect(may('dynamodb:Scan', scope.tableArn)).toBe(false);
  });

  test('without a broker, invoke may assume the invoker role itself', () => {
    const assuming = names.filter((name) => actionsOf(name).includes('sts:AssumeRole'));
    expect(assuming).toEqual(['broker', 'invoke']);
    expect(names.flatMap((name) => actionsOf(name))).not.toContain('lambda:InvokeFunction');
  });

  test('with a broker, only the broker may, and invoke may ask that function and has no action of STS', () => {
    const having = (action: string) => names.filter((name) => actionsOf(name, { brokerArn }).includes(action));
    expect(having('sts:AssumeRole')).toEqual(['broker']);
    expect(having('lambda:InvokeFunction')).toEqual(['invoke']);
    expect(actionsOf('invoke', { brokerArn }).join()).not.toContain('sts:');
    const asking = functionRolePolicy('invoke', { ...scope, brokerArn }).Statement.find(({ Action }) =>
      Action.includes('lambda:InvokeFunction'),
    );
    expect(asking?.Resource).toEqual([brokerArn]);
  });

  test('metering reads raw lines and never writes them', () => {
    const policy = functionRolePolicy('metering', scope);
    expect(
      allows(policy, { action: 's3:GetObject', resource: `${scope.bucketArn}/raw/dt=2026-11-21/x`, context: itself }),
    ).toBe(true);
    expect(
      allows(policy, { action: 's3:PutObject', resource: `${scope.bucketArn}/raw/dt=2026-11-21/x`, context: itself }),
    ).toBe(false);
    expect(allows(policy, { action: 's3:PutObject', resource: `${scope.bucketArn}/usage/x`, context: itself })).toBe(
      true,
    );
  });

  test('admin reads what was used and what it cost, and writes none of it; what metering keeps for itself it does not see', () => {
    const policy = functionRolePolicy('admin', scope);
    const may = (action: string, key: string) =>
      allows(policy, { action, resource: `${scope.bucketArn}/${key}`, context: itself });
    for (const prefix of ['raw', 'reports', 'reviews', 'state', 'usage']) {
      expect(may('s3:GetObject', `${prefix}/x`), prefix).toBe(true);
      expect(may('s3:PutObject', `${prefix}/x`), prefix).toBe(false);
    }
    for (const prefix of ['quarantine', 'athena']) expect(may('s3:GetObject', `${prefix}/x`), prefix).toBe(false);
    const counts = (action: string, partition: string) =>
      allows(policy, {
        ...{ action: `dynamodb:${action}`, resource: scope.countersTableArn },
        context: { ...itself, 'dynamodb:LeadingKeys': [partition] },
      });
    const asked = ['COUNTERS#acme', 'USAGE#acme', 'SESSIONS', 'ROUTING'];
    expect(asked.map((partition) => counts('Query', partition))).toEqual([true, true, false, true]);
    for (const action of ['Scan', 'GetItem', 'UpdateItem', 'PutItem', 'DeleteItem'])
      expect(counts(action, 'COUNTERS#acme'), action).toBe(false);
  });

  test.each([
    ['what a day’s answers told', layout.answersKey('2026-11-21')],
    ['what models are compared with', layout.BASELINES_KEY],
    ['a report', layout.reportKey('2026-11-21')],
    ['an hour', layout.hourKey(hour, 'usage.csv')],
    ['an hour for Athena', layout.athenaKey(hour)],
    ['how far it has come', layout.PROGRESS_KEY],
    ['its last run', layout.LAST_RUN_KEY],
    ['a backfill', layout.backfillKey(hour, hour)],
    ['what AWS counted', layout.comparedKey(hour)],
    ['an hour that is due', layout.pendingKey(0, hour)],
    ['what is done', layout.doneKey('x')],
    ['what cannot be used', layout.quarantineKey('x.gz')],
  ])('metering reads and writes %s, where it is kept', (_, key) => {
    const policy = functionRolePolicy('metering', scope);
    for (const action of ['s3:GetObject', 's3:PutObject'])
      expect(allows(policy, { action, resource: `${scope.bucketArn}/${key}`, context: itself }), action).toBe(true);
  });

  test('every resource but that of GetMetricData is named', () => {
    for (const name of names)
      for (const { Action, Resource } of allowedTo(name))
        if (Resource.includes('*')) expect(Action).toEqual(['cloudwatch:GetMetricData']);
  });

  test.each(names)(
    '%s’s own is of use to that function alone, in whichever version, and to nobody outside of Lambda',
    (name) => {
      const policy = functionRolePolicy(name, scope);
      const tried = allowedTo(name).flatMap(({ Action, Resource, Condition = {} }) =>
        Action.map((action) => ({
          action,
          resource: Resource[0]?.replace('??????', 'AbCdEf') ?? '',
          context: Object.assign({}, ...Object.values(Condition)) as Record<string, string>,
        })),
      );
      const as = (context: Record<string, string>) =>
        new Set(tried.map((access) => allows(policy, { ...access, context: { ...access.context, ...context } })));
      expect(tried.length).toBeGreaterThan(3);
      expect(as(itself)).toEqual(new Set([true]));
      expect(as({ 'lambda:SourceFunctionArn': `${scope.functionArn}:7` })).toEqual(new Set([true]));
      for (const other of [
        {},
        { 'lambda:SourceFunctionArn': `${scope.functionArn}-2` },
        { 'lambda:SourceFunctionArn': scope.functionArn.replace(account, '444455556666') },
        { 'lambda:SourceFunctionArn': scope.functionArn.replace('us-east-1', 'eu-west-1') },
        { 'aws:SourceArn': scope.functionArn },
      ])
        expect(as(other as Record<string, string>), JSON.stringify(other)).toEqual(new Set([false]));
    },
  );

  test('a function without a log group of its own has no logs permission', () => {
    const { logGroupArn: _, ...local } = scope;
    expect(JSON.stringify(functionRolePolicy('invoke', local))).not.toContain('logs:');
  });
});
