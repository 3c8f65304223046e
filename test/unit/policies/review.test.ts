import { describe, expect, test } from 'vitest';
import { TollgateError } from '../../../contract/errors.ts';
import { parseTenantId } from '../../../contract/identity.ts';
import { ACTIONS, type Action, type AllowedModel, type Place, type Target } from '../../../contract/model.ts';
import { eachTarget } from '../../../contract/places.ts';
import { containerRolePolicy, containerTrustPolicy } from '../../../policies/container.ts';
import { documentOf, type PermissionStatement, type PolicyDocument } from '../../../policies/document.ts';
import { type Holding, review } from '../../../policies/review.ts';
import { type RoleDocuments, reviewRoles } from '../../../policies/review-roles.ts';
import { functionRolePolicy, invokerRolePolicy, invokerTrustPolicy } from '../../../policies/roles.ts';
import { sessionPolicy } from '../../../policies/session.ts';
import cases from '../../cases/review.json' with { type: 'json' };

const ACCOUNT = '111122223333';
const REGIONS = ['us-east-1', 'us-east-2', 'us-west-2'];
const NOW = 1_800_000_000;

const foundation = (id: string, region = 'us-east-1'): string => `arn:aws:bedrock:${region}::foundation-model/${id}`;
const sagemaker = (what: string): string => `arn:aws:sagemaker:us-east-1:${ACCOUNT}:${what}`;
const single = (modelId: string): Target => ({
  kind: 'bedrock-model',
  modelId,
  region: 'us-east-1',
  arn: foundation(modelId),
});
const component = (name: string): Target => ({
  kind: 'sagemaker-endpoint',
  endpointName: 'shared',
  region: 'us-east-1',
  arn: sagemaker('endpoint/shared'),
  inferenceComponent: name,
  componentArn: sagemaker(`inference-component/${name}`),
});

const TARGETS: Record<string, Target> = {
  nova: single('amazon.nova-lite-v1:0'),
  titan: single('amazon.titan-embed-text-v2:0'),
  sonnet: {
    kind: 'bedrock-profile',
    modelId: 'us.anthropic.claude-sonnet:0',
    region: 'us-east-1',
    arn: `arn:aws:bedrock:us-east-1:${ACCOUNT}:inference-profile/us.anthropic.claude-sonnet:0`,
    modelArns: REGIONS.map((region) => foundation('anthropic.claude-sonnet:0', region)),
  },
  'mixtral-a': component('a'),
  'mixtral-b': component('b'),
};
const MODELS = Object.entries(TARGETS).map(([id, target]) => ({ id, target }));
const role = (regions: readonly string[]): PolicyDocument =>
  invokerRolePolicy({ partition: 'aws', account: ACCOUNT, regions });

function changed(alter: (document: PolicyDocument) => object): typeof sessionPolicy {
  return (target, actions, restrictions) => {
    const policy = sessionPolicy(target, actions, restrictions);
    return { ...policy, text: JSON.stringify(alter(policy.document)) };
  };
}

const EVERY_CALL = ['bedrock:InvokeModel', 'sagemaker:InvokeEndpoint'];

/** Builders with one fault each. */
const SABOTAGE: Record<string, typeof sessionPolicy> = {
  refuse: () => {
    throw new TollgateError('bad_arn', { reason: 'kind' });
  },
  'another-model': changed(({ Statement: [first, ...rest] }) =>
    documentOf([
      { ...first, Resource: [...(first?.Resource ?? []), foundation('amazon.titan-embed-text-v2:0')] },
      ...rest,
    ]),
  ),
  wildcard: changed(() => documentOf([{ Effect: 'Allow', Action: EVERY_CALL, Resource: ['arn:aws:*:*:*:*'] }])),
  'no-condition': changed(({ Statement }) => documentOf(Statement.map(({ Condition: _, ...one }) => one))),
  'all-actions': (target, _, restrictions) => sessionPolicy(target, ACTIONS, restrictions),
  'not-resource': changed(() => documentOf([{ Effect: 'Allow', Action: EVERY_CALL, NotResource: ['arn:aws:s3:::x'] }])),
  'no-residency': (target, actions, { regions: _, ...restrictions } = {}) =>
    sessionPolicy(target, actions, restrictions),
};

function holding({ model, ...grant }: { model: string; actions: string[] } & Record<string, unknown>): Holding {
  const entry = { id: model, target: TARGETS[model], lifecycle: { status: 'active' }, ...grant } as AllowedModel;
  const live = entry.expiresAt === undefined || entry.expiresAt > NOW;
  const decided = (action: Action) =>
    entry.actions.includes(action) && live
      ? { allowed: true, reason: 'granted' }
      : { allowed: false, reason: live ? 'action-not-granted' : 'grant-expired' };
  return {
    tenant: parseTenantId('acme'),
    costCenter: 'CC-100',
    entry,
    decisions: {
      invoke: decided('invoke'),
      stream: decided('stream'),
      count: decided('count'),
      guard: { allowed: live, reason: 'granted' },
      generate: decided('invoke'),
      rerank: decided('invoke'),
    },
  };
}

describe('the review of one grant', () => {
  test.each(cases)('$id $name', ({ grant, sabotage, roleRegions, twin, allows, findings }) => {
    const build = sabotage === undefined ? undefined : SABOTAGE[sabotage];
    if (sabotage !== undefined) expect(build, sabotage).toBeDefined();
    const found = review({
      models: twin === true ? [...MODELS, { id: 'nova-twin', target: TARGETS.nova as Target }] : MODELS,
      holdings: [holding(grant)],
      rolePolicies: [role(roleRegions ?? REGIONS)],
      now: NOW,
      ...(build === undefined ? {} : { build }),
    });
    const allowed = found.policies.flatMap((policy) => policy.allows);
    const named = allowed.map(({ model, action, way }) => `${model} ${action} ${way}`);
    expect([...new Set(named)].sort()).toEqual(allows);
    expect(found.findings.map(({ kind, reached, action }) => `${kind} ${reached} ${action}`).sort()).toEqual(findings);
    for (const finding of found.findings) expect(finding).toMatchObject({ tenant: 'acme', model: grant.model });
  });
});

describe('the review of many', () => {
  test('tenants share a policy, and a fault in it is each one’s finding', () => {
    const one = holding({ model: 'nova', actions: ['invoke'] });
    const holdings = [one, { ...one, tenant: parseTenantId('globex') }];
    const input = { models: MODELS, holdings, rolePolicies: [role(REGIONS)], now: NOW };
    const sound = review(input);
    expect(sound.policies).toHaveLength(1);
    expect(sound.sessions.map(({ tenant, policy }) => [tenant, policy === sound.policies[0]?.hash])).toEqual([
      ['acme', true],
      ['globex', true],
    ]);
    const { findings } = review({ ...input, build: SABOTAGE.wildcard as typeof sessionPolicy });
    expect(new Set(findings.map(({ tenant }) => tenant))).toEqual(new Set(['acme', 'globex']));
  });

  test('what tenants hold alike is built and tried once, whatever else their grants say', () => {
    const one = holding({ model: 'nova', actions: ['invoke'] });
    const entry = { ...one.entry, maxTokens: 10, roles: ['analyst'] };
    const later = { ...one.entry, expiresAt: NOW + 60 };
    const others = [entry, { ...entry }, later, later];
    const holdings = [one, ...others.map((own, n) => ({ ...one, entry: own, tenant: parseTenantId(`tenant-${n}`) }))];
    let built = 0;
    const build: typeof sessionPolicy = (...given) => {
      built++;
      return sessionPolicy(...given);
    };
    const { sessions, policies } = review({ models: MODELS, holdings, rolePolicies: [role(REGIONS)], now: NOW, build });
    expect(built).toBe(2);
    expect(sessions.map(({ policy }) => policies.findIndex(({ hash }) => hash === policy))).toEqual([0, 0, 0, 1, 1]);
  });

  test('a model of several places has a session for each, under which the others are as closed as other models', () => {
    const [first, second] = ['us-east-1', 'us-west-2'].map((region) => ({
      target: {
        ...single('amazon.nova-lite-v1:0'),
        region,
        arn: foundation('amazon.nova-lite-v1:0', region),
      } as Target,
    })) as [Place, Place];
    const one = holding({ model: 'nova', actions: ['invoke'] });
    const entry = { ...one.entry, places: [first, second] };
    const models = [...MODELS.filter(({ id }) => id !== 'nova'), ...eachTarget([entry])];
    const input = { models, holdings: [{ ...one, entry }], rolePolicies: [role(REGIONS)], now: NOW };
    const sound = review(input);
    expect(sound.findings).toEqual([]);
    expect(sound.sessions.filter(({ use }) => use === 'invoke').map(({ place }) => place)).toEqual([
      'us-east-1 amazon.nova-lite-v1:0',
      'us-west-2 amazon.nova-lite-v1:0',
    ]);
    expect(sound.policies).toHaveLength(2);
    const both: typeof sessionPolicy = (target, actions, restrictions) => {
      const { document, ...rest } = sessionPolicy(target, actions, restrictions);
      const Statement = document.Statement.map((each) => ({
        ...each,
        Resource: [first.target.arn, second.target.arn],
      }));
      return { ...rest, document, text: JSON.stringify({ ...document, Statement }) };
    };
    const { findings } = review({ ...input, build: both });
    expect(findings).toContainEqual(
      expect.objectContaining({ kind: 'reach', action: 'invoke', reached: 'nova', resource: second.target.arn }),
    );
  });

  test('a role that looks at the caller is tried for each tenant', () => {
    const one = holding({ model: 'nova', actions: ['invoke'] });
    const revoked = documentOf<PermissionStatement>([
      {
        Effect: 'Deny',
        Action: ['*'],
        Resource: ['*'],
        Condition: { StringEquals: { 'aws:PrincipalTag/TenantId': 'globex' } },
      },
    ]);
    const { findings } = review({
      models: MODELS,
      holdings: [one, { ...one, tenant: parseTenantId('globex') }],
      rolePolicies: [role(REGIONS), revoked],
      now: NOW,
    });
    expect(findings).toMatchObject([{ kind: 'broken', tenant: 'globex', reached: 'nova', action: 'invoke' }]);
  });

  test('an action that no such model has is no finding', () => {
    const { sessions, findings } = review({
      models: MODELS,
      holdings: [holding({ model: 'mixtral-a', actions: ['count'] })],
      rolePolicies: [role(REGIONS)],
      now: NOW,
    });
    expect(sessions).toMatchObject([{ use: 'count', policy: null, refused: 'action-not-available' }]);
    expect(findings).toEqual([]);
  });
});

const isAllow = ({ Effect }: { Effect: 'Allow' | 'Deny' }): boolean => Effect === 'Allow';

describe('the review of the roles', () => {
  const arn = (name: string): string => `arn:aws:iam::${ACCOUNT}:role/${name}`;
  const functionArn = (name: string): string => `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`;
  const scope = {
    tableArn: `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/t`,
    countersTableArn: `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/c`,
    answersTableArn: `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/a`,
    eventBusArn: `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default`,
    bucketArn: 'arn:aws:s3:::b',
    contextKeyArn: `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:k-??????`,
    invokerRoleArn: arn('invoker'),
  };
  const functionRole = (name: 'authorizer' | 'invoke' | 'metering'): RoleDocuments => ({
    name,
    arn: arn(name),
    trust: documentOf([]),
    policies: [{ name: 'own', document: functionRolePolicy(name, { ...scope, functionArn: functionArn(name) }) }],
  });
  const functions = [functionRole('authorizer'), functionRole('invoke'), functionRole('metering')];
  const invoker = (trust: RoleDocuments['trust']): RoleDocuments => ({
    name: 'invoker',
    arn: arn('invoker'),
    trust,
    policies: [],
  });
  const sound = invokerTrustPolicy({ trustedRoleArn: arn('invoke') });
  const found = (trust: RoleDocuments['trust'], own = functions) =>
    reviewRoles({ invoker: invoker(trust), functions: own, assumers: ['invoke'], models: MODELS });

  test('as the template deploys them: only invoke makes sessions, and no function calls a model', () => {
    const { findings, trust, functions: tried } = found(sound);
    expect(findings).toEqual([]);
    expect(trust.filter(({ allowed }) => allowed).map(({ who, how }) => [who, how])).toEqual([
      [arn('invoke'), 'as the gateway does'],
    ]);
    expect(tried.map(({ name }) => name)).toEqual(['authorizer', 'invoke', 'metering']);
    for (const { questions } of tried) expect(questions).toBeGreaterThan(10);
    for (const { elsewhere } of tried) expect(elsewhere).toEqual([]);
  });

  test('a role that another function could use is a finding, which names what for', () => {
    const open = functions.map((role) => ({
      ...role,
      policies: role.policies.map(({ name, document }) => ({
        name,
        document: { Statement: (document.Statement as { Effect: 'Allow' | 'Deny' }[]).filter(isAllow) },
      })),
    }));
    const { findings, functions: tried } = found(sound, open);
    expect(findings.map(({ kind, role }) => [kind, role])).toEqual([
      ['reach', 'authorizer'],
      ['reach', 'invoke'],
      ['reach', 'metering'],
    ]);
    expect(tried.find(({ name }) => name === 'invoke')?.elsewhere).toEqual(
      expect.arrayContaining(['events:PutEvents', 'sts:AssumeRole']),
    );
  });

  test('what Lambda itself does by a role is none, and nothing else is taken for it', () => {
    const may = (Action: string[]) => ({
      name: 'more',
      document: { Statement: { Effect: 'Allow' as const, Action, Resource: ['*'] } },
    });
    const own = functions.map((role) => ({
      ...role,
      policies: [...role.policies, may(['ec2:CreateNetworkInterface', 'xray:PutTelemetryRecords', 'ec2:RunInstances'])],
    }));
    for (const { elsewhere } of found(sound, own).functions) expect(elsewhere).toEqual(['ec2:RunInstances']);
  });

  describe('with a container', () => {
    const container = (trust: RoleDocuments['trust']): RoleDocuments => ({
      name: 'container',
      arn: arn('container'),
      trust,
      policies: [{ name: 'own', document: containerRolePolicy(scope) }],
    });
    const fargate = containerTrustPolicy({ kind: 'fargate', partition: 'aws', account: ACCOUNT, region: 'us-east-1' });
    const both = invokerTrustPolicy({ trustedRoleArn: [arn('invoke'), arn('container')] });
    const reviewed = (own: RoleDocuments, trust: RoleDocuments['trust'], assumers: string[]) =>
      reviewRoles({ invoker: invoker(trust), functions: [...functions, own], assumers, models: MODELS });

    test('beside invoke: both make sessions, and its trust policy is what binds it', () => {
      const { findings, trust, functions: tried } = reviewed(container(fargate), both, ['invoke', 'container']);
      expect(findings).toEqual([]);
      expect(trust.filter(({ allowed }) => allowed).map(({ who }) => who)).toEqual([arn('invoke'), arn('container')]);
      expect(tried.map(({ name, boundByTrust }) => [name, boundByTrust])).toEqual([
        ['authorizer', false],
        ['invoke', false],
        ['metering', false],
        ['container', true],
      ]);
    });

    test.each([
      [
        'a pod of one service account',
        containerTrustPolicy({ kind: 'irsa', providerArn: 'a/b', namespace: 'n', serviceAccount: 's' }),
      ],
      ['a pod that is associated with it', containerTrustPolicy({ kind: 'pod-identity' })],
    ])('%s is bound as well', (_, trust) => {
      expect(reviewed(container(trust), both, ['invoke', 'container']).findings).toEqual([]);
    });

    test.each([
      ['tasks of every account', { Condition: {} }],
      ['tasks of another account', { Condition: { StringEquals: { 'aws:SourceAccount': '999999999999' } } }],
      ['every pod of a cluster', { Principal: { Federated: 'arn' }, Condition: { StringEquals: { 'i:aud': 'sts' } } }],
      ['a role beside them', { Principal: { Service: 'ecs-tasks.amazonaws.com', AWS: arn('somebody') } }],
      ['functions', { Principal: { Service: 'lambda.amazonaws.com' } }],
      ['anybody', { Principal: '*' }],
    ] as const)('a role that %s may take is a finding', (_, change) => {
      const own = container({ Statement: fargate.Statement.map((statement) => ({ ...statement, ...change })) });
      const { findings } = reviewed(own, both, ['invoke', 'container']);
      expect(findings).toMatchObject([{ kind: 'reach', role: 'container' }]);
    });

    test('trusted where the broker alone is to be: a finding', () => {
      const { findings } = reviewed(container(fargate), both, ['invoke']);
      expect(findings).toMatchObject([{ kind: 'reach', role: 'invoker', resource: arn('container') }]);
    });
  });

  test('a role that the trust policy names and the stage does not have is a finding', () => {
    const { findings } = found(invokerTrustPolicy({ trustedRoleArn: [arn('invoke'), arn('somebody')] }));
    expect(findings).toMatchObject([{ kind: 'reach', role: 'invoker', resource: arn('somebody') }]);
  });

  test.each([
    ['the whole account is trusted', { Principal: { AWS: ACCOUNT } }, /role\/(authorizer|metering|another-role)$/],
    ['any name will do', { Condition: {} }, /role\/invoke$/],
  ])('%s: that is a finding', (_, change, who) => {
    const { findings } = found({ Statement: sound.Statement.map((statement) => ({ ...statement, ...change })) });
    expect(findings.length).toBeGreaterThan(1);
    for (const finding of findings) {
      expect(finding).toMatchObject({ kind: 'reach', role: 'invoker', tenant: null });
      expect(finding.resource).toMatch(who);
    }
  });

  test('a trust policy that knows nobody: calls are broken, and that is said', () => {
    expect(found(documentOf([])).findings).toMatchObject([{ kind: 'broken', resource: arn('invoke') }]);
  });

  test('a function that may call a model by itself is a finding, for each model', () => {
    const wide = { Effect: 'Allow', Action: 'bedrock:Invoke*', Resource: '*' } as const;
    const [authorizer, ...rest] = functions;
    const own = {
      ...(authorizer as RoleDocuments),
      policies: [...functionRole('authorizer').policies, { name: 'wide', document: { Statement: wide } }],
    };
    const { findings } = found(sound, [own, ...rest]);
    expect(new Set(findings.map(({ role, kind }) => `${role} ${kind}`))).toEqual(new Set(['authorizer reach']));
    expect(findings[0]?.reason).toMatch(/pass it to a function of their own: bedrock:Invoke\*$/);
    for (const id of ['nova', 'titan', 'sonnet'])
      expect(findings.some(({ reason }) => reason === `it may call ${id} without any session`)).toBe(true);
  });
});
