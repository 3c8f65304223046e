import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as esbuild from 'esbuild';
import { describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import cdk from '../../cdk.json' with { type: 'json' };
import type { CountedBy } from '../../contract/identity.ts';
import { addStacks } from '../../infra/deployment.ts';
import { readDeployment } from '../../infra/settings/deployment.ts';
import { allowStage } from '../../policies/gateway.ts';
import { faultsOf } from './schema.ts';
import {
  appOf,
  CONSOLE,
  flat,
  GIVEN,
  MAXIMAL,
  ofType,
  only,
  resourcesOf,
  stackOf,
  stacksOf as synthesised,
} from './synth.ts';

// What is counted here is how often it is asked, not what it makes.
// The console's files, which are not written by it, are made as ever: who asks for them after this file has the same module.
vi.mock('esbuild', async (original) => {
  const real = await original<typeof esbuild>();
  return {
    ...real,
    buildSync: vi.fn((options) =>
      options.write === false
        ? real.buildSync(options)
        : writeFileSync(join(options.outdir, 'index.mjs'), JSON.stringify(options.entryPoints)),
    ),
  };
});

const PAGE = readFileSync(new URL('../../docs/units.md', import.meta.url), 'utf8');
const EXAMPLE = parse(/```yaml\n(.*?)```/s.exec(PAGE)?.[1] ?? '');

const read = (units: unknown, common: Record<string, unknown> = {}) =>
  readDeployment({ ...cdk.context, ...common, 'tollgate:units': units });

/** Several tests look at the same ones. */
const made = new Map<string, ReturnType<typeof synthesised>>();
function stacksOf(overrides: Record<string, unknown>): ReturnType<typeof synthesised> {
  const key = JSON.stringify(overrides);
  const found = made.get(key) ?? synthesised(overrides);
  made.set(key, found);
  return found;
}

const namesOf = (units: unknown, common: Record<string, unknown> = {}) =>
  stacksOf({ ...common, 'tollgate:units': units }).stacks.map(({ stackName }) => stackName);

const templateOf = (units: unknown, name: string, common: Record<string, unknown> = {}) => {
  const found = stacksOf({ ...common, 'tollgate:units': units }).stacks.find(({ stackName }) => stackName === name);
  if (found === undefined) throw new Error(`there is no stack ${name}`);
  return Template.fromStack(found).toJSON();
};

const ACME = { prefix: 'acme' };
/** But for what there can be one of. */
const PAIR = {
  ...MAXIMAL,
  ...CONSOLE,
  'tollgate:domain': '',
  'tollgate:cognito': '',
  'tollgate:invocationLogging': '',
  'tollgate:units': [ACME, { prefix: 'globex' }],
};

// The first synthesis takes longest.
const UNIT = templateOf([ACME], 'acme-tollgate-dev');
const ALONE = Template.fromStack(stackOf({ 'tollgate:stage': 'acme-dev' }).stack).toJSON();

describe('units', () => {
  test('of the documentation’s example are three stacks, of their own settings, place and tags', () => {
    const { stacks } = stacksOf({ 'tollgate:units': EXAMPLE });
    expect(stacks.map(({ stackName, environment, tags }) => [stackName, environment, tags.tagValues()])).toEqual([
      ['acme-tollgate-dev', 'aws://111122223333/us-east-1', { application: 'tollgate', unit: 'acme', stage: 'dev' }],
      [
        'acme-tollgate-prod',
        'aws://444455556666/eu-central-1',
        { application: 'tollgate', unit: 'acme', stage: 'prod' },
      ],
      ['labs-tollgate-dev', 'aws://111122223333/us-east-1', { application: 'tollgate', unit: 'labs', stage: 'dev' }],
    ]);
    expect(stacks.map(({ terminationProtection }) => terminationProtection)).toEqual([false, true, false]);
    expect(stacks[2]?.dependencies).toEqual([stacks[0]]);
  });

  test('have their own settings over the common ones, and the common ones where they say nothing', () => {
    const { stages } = read(
      [
        { prefix: 'a', throttleRate: 7 },
        { prefix: 'b', stage: 'prod', alarmEmail: '' },
      ],
      { 'tollgate:throttleRate': 5, 'tollgate:alarmEmail': 'ops@example.com' },
    );
    expect(stages).toMatchObject([
      { stage: 'a-dev', throttleRate: 7, alarmEmail: 'ops@example.com', unit: { prefix: 'a', stage: 'dev' } },
      { stage: 'b-prod', throttleRate: 5, alarmEmail: undefined, unit: { prefix: 'b', stage: 'prod' } },
    ]);
  });

  test('may be text, as -c gives it, or a file', () => {
    const units = [ACME];
    const file = join(process.env.SCRATCH_FOLDER ?? '/tmp', `units-${process.pid}.yaml`);
    writeFileSync(file, '- prefix: acme # the first\n');
    for (const given of [units, JSON.stringify(units), `file:${file}`])
      expect(namesOf(given)).toEqual(['acme-tollgate-dev']);
  });

  test('whose stack has nothing that a stage of that name has not, but the export of its API', () => {
    const { Description: _, Outputs, Resources, ...unit } = UNIT;
    const { Description, Outputs: outputs, Resources: resources, ...rest } = ALONE;
    const { ApiId, ...others } = Outputs;
    expect([unit, others]).toEqual([rest, outputs]);
    // Some ids hold the name of the stack, and code that is not bundled has no hash of its own.
    const bare = (text: string) => text.replace(/acmetollgatedev|tollgateacmedev|[0-9A-F]{8}|[0-9a-f]{64}\.zip/g, '');
    const all = (from: object) => Object.entries(from).map(([id, one]) => bare(`${id} ${JSON.stringify(one)}`));
    const [its, of] = [all(Resources), new Set(all(resources))];
    expect(its.filter((one) => !of.has(one))).toEqual([]);
    expect(its).toHaveLength(of.size);
    expect(ApiId.Export).toEqual({ Name: 'tollgate-acme-dev-api' });
  });

  test('where there are none, the template is the stage’s as it was', () => {
    const plain = Template.fromStack(stackOf().stack).toJSON();
    for (const none of [undefined, '', 'none'])
      expect(Template.fromStack(stackOf({ 'tollgate:units': none }).stack).toJSON()).toEqual(plain);
    expect(JSON.stringify(plain)).not.toMatch(/ImportValue|"Export"/);
    expect(stackOf().stack.tags.tagValues()).toEqual({ application: 'tollgate', stage: 'dev' });
  });

  test('share no name of anything in one account and region', () => {
    const named = (stack: ReturnType<typeof stackOf>['stack']): string[] =>
      Object.values(resourcesOf(stack)).flatMap(({ Type, Properties }) =>
        Object.entries(Properties)
          .filter(([member, value]) => /^(.*Name|Name)$/.test(member) && typeof value === 'string')
          .map(([member, value]) => `${Type} ${member} ${value}`),
      );
    const [one = [], other = []] = stacksOf(PAIR).stacks.map(named);
    expect(one.length).toBeGreaterThan(60);
    // Indexes, metrics, dimensions of AWS and the like are named within what has a name of its own.
    const shared = one.filter((name) => other.includes(name)).filter((name) => !WITHIN.test(name));
    expect(shared).toEqual([]);
  });

  const WITHIN =
    /^AWS::(CloudWatch::Alarm (MetricName|Namespace)|ElasticLoadBalancingV2::|EC2::|ECS::Service |Athena::NamedQuery |Logs::(LogStream|SubscriptionFilter|MetricFilter)|Events::Rule EventBusName)/;

  test('of an invoker role that trusts the unit’s own functions alone', () => {
    for (const stack of stacksOf(PAIR).stacks)
      expect(JSON.stringify(resourcesOf(stack))).not.toContain(stack.stackName.startsWith('acme') ? 'globex' : 'acme');
  });

  test('are bundled once, however many there are', () => {
    vi.mocked(esbuild.buildSync).mockClear();
    const { 'aws:cdk:bundling-stacks': _, ...context } = { ...cdk.context, 'aws:cdk:bundling-stacks': [] };
    const app = appOf(context);
    addStacks(
      app,
      read([{ prefix: 'acme' }, { prefix: 'acme', stage: 'prod' }, { prefix: 'globex', region: 'eu-west-1' }]),
    );
    app.synth();
    const asked = vi.mocked(esbuild.buildSync).mock.calls.map(([options]) => JSON.stringify(options?.entryPoints));
    expect(asked.length).toBeGreaterThan(3);
    expect(new Set(asked).size).toBe(asked.length);
  });

  test('whose pattern is another’s too are told apart', () => {
    const { stacks } = stacksOf({
      'tollgate:units': [ACME, { prefix: 'acme-eu', parent: 'acme' }, { prefix: 'acmes', parent: 'acme' }],
    });
    const told = stacks.map((stack) =>
      Annotations.fromStack(stack)
        .findWarning('*', Match.stringLikeRegexp("'acme-tollgate-\\*' is one for unit acme alone"))
        .map(({ id }) => id),
    );
    expect(told).toEqual([[], ['/acme-eu-tollgate-dev'], []]);
  });
});

describe('a unit with a parent', () => {
  const LABS = { prefix: 'labs', parent: 'acme' };
  const resources = (units: unknown, common: Record<string, unknown> = {}) =>
    templateOf(units, 'labs-tollgate-dev', common).Resources;

  test('is a usage plan, a key, and the key in the plan, and nothing else', () => {
    const made = resources(EXAMPLE);
    expect(
      Object.values(made as Record<string, { Type: string }>)
        .map(({ Type }) => Type)
        .sort(),
    ).toEqual(['AWS::ApiGateway::ApiKey', 'AWS::ApiGateway::UsagePlan', 'AWS::ApiGateway::UsagePlanKey']);
    expect(faultsOf({ Resources: made })).toEqual([]);
    expect(only(made, 'AWS::ApiGateway::UsagePlan')).toMatchObject({
      UsagePlanName: 'tollgate-acme-dev-unit.labs-dev',
      Throttle: { RateLimit: 20, BurstLimit: 40 },
      Quota: { Limit: 100_000, Period: 'DAY', Offset: 0 },
      ApiStages: [{ ApiId: { 'Fn::ImportValue': 'tollgate-acme-dev-api' }, Stage: 'acme-dev' }],
    });
    expect(only(made, 'AWS::ApiGateway::UsagePlanKey')).toMatchObject({
      KeyType: 'API_KEY',
      KeyId: { Ref: 'Key' },
      UsagePlanId: { Ref: 'Plan' },
    });
    const { Unit } = templateOf(EXAMPLE, 'labs-tollgate-dev').Outputs;
    expect(Unit.Value).toBe('labs-dev');
  });

  test('has the key that the parent’s authorizer names for whose entry names the unit, and for nobody else', () => {
    const { stacks } = stacksOf({ 'tollgate:units': EXAMPLE });
    const parent = only(resourcesOf(stacks[0] as never), 'AWS::ApiGateway::Stage');
    const { Value } = only(resources(EXAMPLE), 'AWS::ApiGateway::ApiKey');
    const called = `arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/${parent.StageName}/POST/v1/messages`;
    const named = (whose: CountedBy) => allowStage(called, 'x', {}, whose).usageIdentifierKey;
    expect(named({ unit: 'labs-dev' })).toBe(Value);
    for (const other of ['labs-dev' as CountedBy, null, { unit: 'labs' }]) expect(named(other)).not.toBe(Value);
  });

  test('has the account in its key as it is, where that is known only when it is deployed', () => {
    const units = [ACME, LABS];
    const { Value } = only(resources(units), 'AWS::ApiGateway::ApiKey');
    const later = only(resources(units, { 'tollgate:account': '' }), 'AWS::ApiGateway::ApiKey');
    expect(flat(later.Value)).toBe(
      String(Value)
        .replace('111122223333', '<AWS::AccountId>')
        .replace(/[0-9a-f]{64}$/, '') + String(Value).slice(-64),
    );
  });

  test('lies where its parent does, whatever is common', () => {
    const units = [{ prefix: 'acme', region: 'eu-west-1', modelRegions: ['eu-west-1'], account: '444455556666' }, LABS];
    expect(read(units).plans).toMatchObject([
      { region: 'eu-west-1', account: '444455556666', parentStage: 'acme-dev' },
    ]);
  });

  test('has a plan of the common limits where it says none, and no quota', () => {
    const plan = only(resources([ACME, LABS]), 'AWS::ApiGateway::UsagePlan');
    expect(plan).toMatchObject({ Throttle: { RateLimit: 100, BurstLimit: 200 } });
    expect(plan).not.toHaveProperty('Quota');
  });

  test('may be of a stage of another name, and be listed before its parent', () => {
    const units = [
      { ...LABS, parent: { prefix: 'acme', stage: 'prod' } },
      { prefix: 'acme', stage: 'prod' },
    ];
    const { stacks } = stacksOf({ 'tollgate:units': units });
    const labs = stacks.find(({ stackName }) => stackName === 'labs-tollgate-dev');
    expect(labs?.dependencies.map(({ stackName }) => stackName)).toEqual(['acme-tollgate-prod']);
    expect(read(units).plans).toMatchObject([{ parentStage: 'acme-prod' }]);
  });

  test('of an API by its id imports nothing, and needs no unit beside it', () => {
    const of = (parent: object) =>
      only(resources([{ prefix: 'labs', parent }]), 'AWS::ApiGateway::UsagePlan').ApiStages;
    expect(of({ apiId: 'a1b2c3d4e5', stage: 'prod' })).toEqual([{ ApiId: 'a1b2c3d4e5', Stage: 'prod' }]);
    expect(of({ apiId: 'a1b2c3d4e5' })).toEqual([{ ApiId: 'a1b2c3d4e5', Stage: 'dev' }]);
  });

  test('of one that is not listed imports its API from where that was deployed, and says so', () => {
    const { stacks } = stacksOf({ 'tollgate:units': [LABS] });
    expect(only(resources([LABS]), 'AWS::ApiGateway::UsagePlan').ApiStages).toEqual([
      { ApiId: { 'Fn::ImportValue': 'tollgate-acme-dev-api' }, Stage: 'acme-dev' },
    ]);
    const told = Annotations.fromStack(stacks[0] as never).findInfo(
      '*',
      Match.stringLikeRegexp('tollgate-acme-dev-api'),
    );
    expect(told).toHaveLength(1);
  });
});

const NAMED = { name: 'models.example.com', basePath: 'ai' };
const DOMAIN = {
  'tollgate:domain': NAMED,
  'tollgate:certificateArn': 'arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012',
};
const SIGNED_IN = { ...ACME, cognito: { domain: 'acme-sign-in', callbackUrls: ['https://app.example/back'] } };

const wrong: [name: string, units: unknown, field: string, sentence: string, common?: Record<string, unknown>][] = [
  ['no list', { prefix: 'acme' }, 'tollgate:units', 'must be a list'],
  ['an empty list', [], 'tollgate:units', 'must list at least one'],
  ['text that is no list', 'acme', 'tollgate:units', 'must be a list'],
  ['a unit that is no object', [ACME, 'acme'], 'tollgate:units[1]', 'must be an object with members'],
  ['one without a prefix', [{ stage: 'dev' }], 'tollgate:units[0].prefix', 'is not set'],
  ['an upper case prefix', [ACME, { prefix: 'Globex' }], 'tollgate:units[1].prefix', 'must be 1 to 18 of a-z'],
  ['a prefix that ends with a hyphen', [{ prefix: 'a-' }], 'tollgate:units[0].prefix', 'not end with "-"'],
  ['a prefix of another’s pattern', [{ prefix: 'a-tollgate' }], 'tollgate:units[0].prefix', 'not hold "tollgate"'],
  ['a stage that is none', [{ ...ACME, stage: 'Dev' }], 'tollgate:units[0].stage', 'must be 1 to 20 of a-z'],
  ['no stage at all', [ACME], 'tollgate:units[0].stage', 'is not set', { 'tollgate:stage': '' }],
  [
    'names that are too long',
    [{ prefix: 'marketing-europe', stage: 'prod' }],
    'tollgate:units[0].prefix',
    'makes the stage’s name marketing-europe-prod',
  ],
  [
    'the same unit twice',
    [ACME, { prefix: 'b' }, ACME],
    'tollgate:units[2].prefix',
    'makes acme-dev, as tollgate:units[0] does',
  ],
  [
    'two cuts of one name',
    [
      { prefix: 'a-b', stage: 'c' },
      { prefix: 'a', stage: 'b-c' },
    ],
    'tollgate:units[1].prefix',
    'makes a-b-c, as tollgate:units[0]',
  ],
  [
    'an unknown member',
    [{ ...ACME, modelRegion: [] }],
    'tollgate:units[0].modelRegion',
    'is not a known setting; did you mean modelRegions?',
  ],
  [
    'a member by its whole name',
    [{ ...ACME, 'tollgate:region': 'x' }],
    'tollgate:units[0].tollgate:region',
    'is not a known setting; did you mean region?',
  ],
  ['units within a unit', [{ ...ACME, units: [] }], 'tollgate:units[0].units', 'is not of a unit'],
  ['what every object has', [{ ...ACME, toString: 1 }], 'tollgate:units[0].toString', 'is not a known setting'],
  [
    'a wrong setting',
    [ACME, { prefix: 'b', throttleRate: 0 }],
    'tollgate:units[1].throttleRate',
    'must be a whole number from 1',
  ],
  [
    'a wrong member of a setting',
    [{ ...ACME, modelRegions: ['us-east-1', 'moon'] }],
    'tollgate:units[0].modelRegions[1]',
    'must be a region',
  ],
  [
    'what settings of both are together',
    [{ ...ACME, protect: 'all' }, { prefix: 'b' }],
    'tollgate:benchmark',
    'to be none (tollgate:units[0])',
    { 'tollgate:benchmark': true, 'tollgate:protect': 'none' },
  ],
  [
    'a wrong common setting',
    [ACME, { prefix: 'b' }],
    'tollgate:throttleRate',
    'must be a whole number',
    { 'tollgate:throttleRate': 'x' },
  ],
  [
    'an unknown common setting',
    [ACME],
    'tollgate:throtleRate',
    'did you mean tollgate:throttleRate?',
    { 'tollgate:throtleRate': 1 },
  ],
  [
    'a name in DNS twice',
    [ACME, { prefix: 'b' }],
    'tollgate:domain',
    'makes models.example.com, as tollgate:units[0] does',
    DOMAIN,
  ],
  [
    'a base path twice',
    [{ ...ACME }, { prefix: 'b', domain: { ...NAMED, existing: true } }],
    'tollgate:units[1].domain',
    'makes models.example.com/ai, as',
    DOMAIN,
  ],
  [
    'a log of Bedrock’s twice',
    [ACME, { prefix: 'b', region: 'us-west-2' }],
    'tollgate:invocationLogging',
    'makes Bedrock’s log of the account in us-east-1, as tollgate:units[0] does',
    { 'tollgate:invocationLogging': { readers: ['arn:aws:iam::111122223333:role/auditor'] } },
  ],
  [
    'a user pool’s name twice',
    [SIGNED_IN, { ...SIGNED_IN, prefix: 'b' }],
    'tollgate:units[1].cognito',
    'makes acme-sign-in.auth.us-east-1, as tollgate:units[0]',
  ],
  [
    'endpoints twice in a network that is there',
    [ACME, { prefix: 'b' }],
    'tollgate:network',
    'makes an endpoint of events in vpc-0a1b2c3d4e5f67890, as tollgate:units[0] does',
    { ...GIVEN, 'tollgate:domain': '' },
  ],
  [
    'a quota without a parent',
    [{ ...ACME, quota: { limit: 1, period: 'day' } }],
    'tollgate:units[0].quota',
    'is of a unit with a parent',
  ],
  [
    'a wrong quota',
    [ACME, { prefix: 'b', parent: 'acme', quota: { limit: 0, period: 'hour' } }],
    'tollgate:units[1].quota.limit',
    'must be at least 1',
  ],
  [
    'a setting that a child has not',
    [ACME, { prefix: 'b', parent: 'acme', modelRegions: [] }],
    'tollgate:units[1].modelRegions',
    'is not of a unit with a parent',
  ],
  ['a parent that is the unit', [{ ...ACME, parent: 'acme' }], 'tollgate:units[0].parent', 'is the unit itself'],
  [
    'a parent with a parent',
    [ACME, { prefix: 'b', parent: 'acme' }, { prefix: 'c', parent: 'b' }],
    'tollgate:units[2].parent',
    'is tollgate:units[1], which has a parent itself',
  ],
  [
    'parents in a circle',
    [
      { prefix: 'a', parent: 'b' },
      { prefix: 'b', parent: 'a' },
    ],
    'tollgate:units[0].parent',
    'is tollgate:units[1]',
  ],
  [
    'a parent of no such stage',
    [
      { ...ACME, stage: 'prod' },
      { prefix: 'b', parent: 'acme' },
    ],
    'tollgate:units[1].parent',
    'is acme of stage dev, which is not listed, but prod',
  ],
  [
    'a parent in another region',
    [ACME, { prefix: 'b', parent: 'acme', region: 'eu-west-1' }],
    'tollgate:units[1].region',
    'must be the parent’s, us-east-1',
  ],
  [
    'a parent in another account',
    [ACME, { prefix: 'b', parent: 'acme', account: '999988887777' }],
    'tollgate:units[1].account',
    'must be the parent’s',
  ],
  [
    'a parent without an API',
    [
      { ...ACME, runtime: 'container', kubernetes: 'arn:aws:eks:us-east-1:111122223333:cluster/x' },
      { prefix: 'b', parent: 'acme' },
    ],
    'tollgate:units[1].parent',
    'whose runtime is container',
  ],
  [
    'a parent that keeps to no plan',
    [
      { ...ACME, usagePlans: false },
      { prefix: 'b', parent: 'acme' },
    ],
    'tollgate:units[1].parent',
    'whose usagePlans are off',
  ],
  [
    'a parent that no unit could be',
    [{ prefix: 'b', parent: 'Acme Corp' }],
    'tollgate:units[0].parent',
    'is not the prefix of a unit',
  ],
  ['a parent of nothing', [{ prefix: 'b', parent: {} }], 'tollgate:units[0].parent', 'must have a prefix or an apiId'],
  [
    'a parent twice',
    [{ prefix: 'b', parent: { prefix: 'a', apiId: 'x' } }],
    'tollgate:units[0].parent',
    'must have a prefix or an apiId',
  ],
  [
    'a parent of another kind',
    [{ prefix: 'b', parent: 5 }],
    'tollgate:units[0].parent',
    'must be an object with members',
  ],
  [
    'a wrong id of an API',
    [{ prefix: 'b', parent: { apiId: 'https://x' } }],
    'tollgate:units[0].parent.apiId',
    'must be the id of a REST API',
  ],
  [
    'a child of no region',
    [{ prefix: 'b', parent: { apiId: 'x' }, region: 'moon' }],
    'tollgate:units[0].region',
    'must be a region',
  ],
];

test.each(wrong)('%s is refused by its path', (_, units, field, sentence, common) => {
  const publicMessage = expect.stringMatching(new RegExp(`^${escaped(field)} .*${escaped(sentence)}`));
  expect(() => read(units, common)).toThrow(expect.objectContaining({ code: 'bad_setting', field, publicMessage }));
});

const escaped = (text: string): string => text.replace(/[[\]().*+?{}"]/g, '\\$&');

test('all that is wrong is told at once, a common fault once', () => {
  const units = [
    { prefix: 'a', throttleRate: 0, broker: 'x' },
    { prefix: 'b', foo: 1 },
    { prefix: 'c', parent: 'z', protect: 'all' },
  ];
  const told = () => read(units, { 'tollgate:eventBus': '/' });
  let message = '';
  try {
    told();
  } catch (error) {
    message = (error as { publicMessage: string }).publicMessage;
  }
  expect(message.split('\n').map((line) => line.split(' ')[0])).toEqual([
    'tollgate:units[0].broker',
    'tollgate:eventBus',
    'tollgate:units[1].foo',
    'tollgate:units[2].protect',
  ]);
});

test('nothing of a unit is lost that a setting of its own name would have: every setting may be a member', () => {
  const { stages } = read([{ prefix: 'a', keys: true, keyMaxDays: 3, issuers: cdk.context['tollgate:issuers'] }]);
  expect(stages).toMatchObject([{ keyMaxDays: 3 }]);
  expect(
    ofType(resourcesOf(stackOf({ 'tollgate:units': [{ prefix: 'a', keys: true }] }).stack), 'AWS::DynamoDB::Table'),
  ).toHaveLength(4);
});
