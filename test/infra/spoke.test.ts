import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import { readSpoke } from '../../infra/spoke/settings.ts';
import { SpokeStack } from '../../infra/spoke/stack.ts';
import { invokerRolePolicy, invokerTrustPolicy } from '../../policies/roles.ts';
import { faultsOf, type Template as Parts } from './schema.ts';
import { stackOf } from './synth.ts';

const HUB = 'arn:aws:iam::111122223333:role/tollgate-prod-invoker-eu-west-1';
const TOPIC = 'arn:aws:sns:eu-west-1:444455556666:costs';
const assemblies = mkdtempSync(join(process.env.SCRATCH_FOLDER ?? tmpdir(), 'spoke-'));

function spokeOf(spoke: object | string | undefined) {
  const context = { ...cdk.context, ...(spoke === undefined ? {} : { 'tollgate:spoke': spoke }) };
  const app = new App({ context, analyticsReporting: false, outdir: mkdtempSync(join(assemblies, 'app-')) });
  const stack = new SpokeStack(app, readSpoke(context));
  return { app, stack, template: () => Template.fromStack(stack).toJSON() as Parts };
}

const FORMS: [string, object | string][] = [
  ['of a tenant', { hub: HUB, tenant: 'acme' }],
  ['of places', { hub: HUB, account: '444455556666' }],
  ['given by -c', JSON.stringify({ hub: HUB, tenant: 'acme' })],
  [
    'with everything',
    {
      ...{ hub: HUB, tenant: 'acme', name: 'acme-2', account: '444455556666', globalProfiles: true },
      ...{ regions: ['eu-west-1', 'eu-central-1'], budget: { usd: 500, email: 'ops@example.com', topicArn: TOPIC } },
    },
  ],
];

describe('the app for another account', () => {
  test('is set up as docs/spokes.md says: its file is read, and nothing that -c would cut at its first line', () => {
    const page = readFileSync(new URL('../../docs/spokes.md', import.meta.url), 'utf8');
    const [, example = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
    const file = join(assemblies, 'spoke.yaml');
    writeFileSync(file, example.replace(/^ {3}/gm, ''));
    expect(spokeOf(`file:${file}`).template().Resources).not.toEqual({});
    expect(page).toContain('-c tollgate:spoke=file:spoke.yaml');
    expect(() => spokeOf('{')).toThrow('on one line alone; file:<name>');
    const docs = new URL('../../docs/', import.meta.url);
    const lines = readdirSync(docs)
      .filter((name) => name.endsWith('.md'))
      .flatMap((name) => readFileSync(new URL(name, docs), 'utf8').split('\n'))
      .map((line) => line.replace(/ +#.*/, ''));
    const cut = lines.filter((line) => /-c '?tollgate:/.test(line) && line.split("'").length % 2 === 0);
    expect(cut).toEqual([]);
  });

  test.each(FORMS)('is what CloudFormation takes, and clean of findings: %s', (_, spoke) => {
    const { app, template } = spokeOf(spoke);
    expect(faultsOf(template())).toEqual([]);
    const { violations } = new AwsSolutionsChecks(app).validateScope(app);
    expect(violations.map(({ ruleName }) => ruleName)).toEqual([]);
  });

  test('makes a role and its boundary, and nothing else unless it is asked for', () => {
    const { template } = spokeOf({ hub: HUB, tenant: 'acme', account: '444455556666' });
    const { Resources, Outputs } = template() as Parts & { Outputs: Record<string, { Value: unknown }> };
    expect(
      Object.values(Resources)
        .map(({ Type }) => Type)
        .sort(),
    ).toEqual(['AWS::IAM::ManagedPolicy', 'AWS::IAM::Role']);
    const ofType = (type: string) => Object.entries(Resources).filter(([, { Type }]) => Type === `AWS::IAM::${type}`);
    const [[id, bound] = []] = ofType('ManagedPolicy');
    const [[, role] = []] = ofType('Role');
    expect(role).toMatchObject({
      Properties: {
        RoleName: 'tollgate-prod-spoke-acme',
        AssumeRolePolicyDocument: invokerTrustPolicy(
          { trustedRoleArn: HUB },
          { externalId: 'tollgate-prod-acme', tenant: 'acme' },
        ),
        MaxSessionDuration: 3_600,
        ManagedPolicyArns: [{ Ref: id }],
        PermissionsBoundary: { Ref: id },
      },
    });
    const scope = { partition: 'aws', account: '444455556666', regions: ['eu-west-1'] };
    expect(bound).toMatchObject({ Properties: { PolicyDocument: invokerRolePolicy(scope) } });
    expect(Outputs.ExternalId?.Value).toBe('tollgate-prod-acme');
  });

  test('of places takes every tenant, under the stage’s words', () => {
    const trust = JSON.stringify(spokeOf({ hub: HUB }).template());
    expect(trust).toContain('"sts:ExternalId":"tollgate-prod"');
    expect(trust).toContain('"aws:RequestTag/TenantId":"?*"');
    expect(trust).toContain('"RoleName":"tollgate-prod-spoke-shared"');
  });

  test('tells whom it is told to of what the account costs', () => {
    const { template } = spokeOf({ hub: HUB, budget: { usd: 500, topicArn: TOPIC } });
    const budget = Object.values(template().Resources).find(({ Type }) => Type === 'AWS::Budgets::Budget');
    expect(budget).toMatchObject({
      Properties: {
        Budget: { BudgetLimit: { Amount: 500, Unit: 'USD' }, TimeUnit: 'MONTHLY' },
        NotificationsWithSubscribers: [
          { Notification: { Threshold: 80 }, Subscribers: [{ SubscriptionType: 'SNS', Address: TOPIC }] },
          {},
          { Notification: { NotificationType: 'FORECASTED' } },
        ],
      },
    });
  });

  test.each<[string, object | undefined, string]>([
    ['nothing', undefined, 'tollgate:spoke is not set'],
    ['no stage', {}, 'tollgate:spoke.hub is not set'],
    [
      'a role that is no stage’s',
      { hub: 'arn:aws:iam::111122223333:role/Admin' },
      'tollgate:spoke.hub must be the ARN',
    ],
    ['the stage’s own account', { hub: HUB, account: '111122223333' }, 'tollgate:spoke.account is the stage’s own'],
    ['a number for an account', { hub: HUB, account: 444455556666 }, 'tollgate:spoke.account must be text'],
    ['a misspelt member', { hub: HUB, tenent: 'acme' }, 'did you mean tenant?'],
    ['no tenant’s id', { hub: HUB, tenant: 'a*' }, 'tollgate:spoke.tenant must be'],
    ['a tenant whose id is too long for a name', { hub: HUB, tenant: 'a'.repeat(40) }, 'tollgate:spoke.name is needed'],
    ['a region of another partition', { hub: HUB, regions: ['us-gov-west-1'] }, 'tollgate:spoke.regions[0] must be'],
    ['a budget that tells nobody', { hub: HUB, budget: { usd: 1 } }, 'tollgate:spoke.budget needs an email'],
    ['no region', { hub: HUB, regions: ['mars-north-1'] }, 'tollgate:spoke.regions[0] must be a region'],
  ])('refuses %s by its member', (_, spoke, sentence) => {
    expect(() => spokeOf(spoke)).toThrow(expect.objectContaining({ code: 'bad_setting' }));
    try {
      spokeOf(spoke);
    } catch (error) {
      expect((error as { publicMessage: string }).publicMessage).toContain(sentence);
    }
  });

  test('refuses more regions than a boundary has room for', () => {
    const regions = [
      'us-east-1',
      'us-east-2',
      'us-west-1',
      'us-west-2',
      'eu-west-1',
      'eu-west-2',
      'eu-west-3',
      'eu-central-1',
      'eu-north-1',
      'ap-south-1',
      'ap-northeast-1',
      'ap-southeast-1',
    ];
    expect(() => spokeOf({ hub: HUB, regions })).toThrow(expect.objectContaining({ field: 'tollgate:spoke.regions' }));
  });
});

describe('a stage', () => {
  const resources = (overrides: Record<string, unknown>) =>
    Template.fromStack(stackOf(overrides).stack).toJSON().Resources;

  test('without spokes is what it was; with them its invoker role may assume these, and its functions know which', () => {
    const plain = resources({});
    expect(JSON.stringify(plain)).not.toMatch(/spoke/i);
    expect(resources({ 'tollgate:spokes': [] })).toEqual(plain);
    const role = 'arn:aws:iam::777788889999:role/tollgate-dev-spoke-acme';
    const listed = ['arn:aws:iam::444455556666:role/tollgate-dev-spoke-*', role];
    const found = resources({ 'tollgate:spokes': ['444455556666', role] });
    const added = Object.keys(found).filter((id) => !Object.hasOwn(plain, id));
    expect(added).toHaveLength(1);
    expect(found[added[0] ?? '']).toMatchObject({
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: {
        PolicyDocument: {
          Statement: [
            {
              Effect: 'Allow',
              Action: ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession'],
              Resource: listed,
            },
          ],
        },
      },
    });
    const told = Object.values(found as Record<string, { Properties?: { Environment?: { Variables?: object } } }>)
      .map(({ Properties }) => Properties?.Environment?.Variables ?? {})
      .filter((variables) => 'TOLLGATE_SPOKES' in variables);
    expect(told).toMatchObject([{ TOLLGATE_SPOKES: listed.join(), TOLLGATE_INVOKER_ROLE_ARN: expect.any(String) }]);
  });

  test('with a broker tells the broker', () => {
    const found = resources({ 'tollgate:spokes': ['444455556666'], 'tollgate:broker': true });
    const names = Object.entries(found as Record<string, { Properties?: { Environment?: { Variables?: object } } }>)
      .filter(([, { Properties }]) => 'TOLLGATE_SPOKES' in (Properties?.Environment?.Variables ?? {}))
      .map(([id]) => id.slice(0, 6));
    expect(names.sort()).toEqual(['Broker', 'Invoke']);
  });

  test.each([
    [['111122223333'], 'tollgate:spokes[0]', 'own account'],
    [['444455556666', 'arn:aws:iam::444455556666:role/Admin'], 'tollgate:spokes[1]', 'must be an account'],
    [['arn:aws:iam::444455556666:role/tollgate-prod-spoke-acme'], 'tollgate:spokes[0]', 'tollgate-dev-spoke-'],
    [[444455556666], 'tollgate:spokes[0]', 'in quotes'],
    ['444455556666,Admin', 'tollgate:spokes[1]', 'must be an account'],
  ])('refuses %j', (spokes, field, sentence) => {
    expect(() => stackOf({ 'tollgate:spokes': spokes })).toThrow(
      expect.objectContaining({ code: 'bad_setting', field, publicMessage: expect.stringContaining(sentence) }),
    );
  });
});
