import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdk from '../../cdk.json' with { type: 'json' };
import { addStacks } from '../../infra/deployment.ts';
import { readDeployment } from '../../infra/settings/deployment.ts';
import { STAGE_KINDS } from '../../policies/kinds.ts';
import { SIGN_IN, SIGN_IN_OPTIONS } from './sign-in.ts';

// The CDK leaves a folder of its own for each app: hundreds a run.
const assemblies = mkdtempSync(join(process.env.SCRATCH_FOLDER ?? tmpdir(), 'synth-'));

/** The stacks of cdk.json with some settings changed, their functions not bundled: the templates are the same but for hashes. */
export function stacksOf(overrides: Record<string, unknown> = {}): { app: App; stacks: Stack[] } {
  const context = { ...cdk.context, 'tollgate:account': '111122223333', ...overrides, 'aws:cdk:bundling-stacks': [] };
  const app = appOf(context);
  return { app, stacks: addStacks(app, readDeployment(context)) };
}

export function appOf(context: Record<string, unknown>): App {
  return new App({ context, analyticsReporting: false, outdir: mkdtempSync(join(assemblies, 'app-')) });
}

/** The first of them. */
export function stackOf(overrides: Record<string, unknown> = {}): { app: App; stack: Stack } {
  const { app, stacks } = stacksOf(overrides);
  return { app, stack: stacks[0] as Stack };
}

/** What a stage with a container on Fargate needs to be told. */
const CERTIFICATE = {
  'tollgate:certificateArn': 'arn:aws:acm:us-east-1:111122223333:certificate/12345678-1234-1234-1234-123456789012',
};
export const CONTAINER = { 'tollgate:runtime': 'container', ...CERTIFICATE };
export const BOTH = { 'tollgate:runtime': 'both', ...CERTIFICATE };
export const IRSA = {
  'tollgate:runtime': 'container',
  'tollgate:kubernetes': 'arn:aws:iam::111122223333:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/ABCDEF',
};
export const POD_IDENTITY = {
  'tollgate:runtime': 'both',
  'tollgate:kubernetes': 'arn:aws:eks:us-east-1:111122223333:cluster/prod',
  'tollgate:serviceAccount': 'models/gateway',
};

export const KEY = 'arn:aws:kms:us-east-1:111122223333:key/12345678-1234-1234-1234-123456789012';
export const EVERY_KIND = STAGE_KINDS;

const ZONE = { id: 'Z0123456789ABC', name: 'example.com' };
export const DOMAIN = { 'tollgate:domain': { name: 'models.example.com', zone: ZONE } };
export const NAMED: Record<string, unknown> = {
  'tollgate:runtime': 'both',
  'tollgate:domain': {
    ...{ name: 'models.example.com', containerName: 'stream.example.com', zone: ZONE, basePath: 'ai', tls: '1.3' },
    defaultEndpoint: false,
  },
};
export const WAF = { 'tollgate:waf': { anonymous: true, allow: ['203.0.113.0/24', '2001:db8::/32'] } };
export const SIEM = 'arn:aws:kinesis:us-east-1:111122223333:stream/siem';
export const SIEM_ELSEWHERE = 'arn:aws:logs:us-east-1:999922223333:destination:siem';
/** The ways to a private network. */
export const MADE = { 'tollgate:network': { cidr: '10.20.0.0/20', reachable: ['login.example.com'] } };
export const WITH_A_WAY_OUT = {
  'tollgate:network': { cidr: '10.20.0.0/16', zones: 3, nat: 1, flowLogs: 'cloudwatch', api: 'public' },
};
export const GIVEN = {
  'tollgate:network': {
    ...{ vpc: 'vpc-0a1b2c3d4e5f67890', subnets: ['subnet-0a1b2c3d4e5f67890', 'subnet-0a1b2c3d4e5f67891'] },
    ...{ routeTables: ['rtb-0a1b2c3d4e5f67890'], callers: { cidrs: ['10.0.0.0/8'], groups: ['sg-0a1b2c3d4e5f67890'] } },
    proxy: { url: 'http://proxy.corp.example:3128', cidr: '10.9.0.0/24' },
  },
};

export const OTLP = {
  endpoint: 'https://otlp.example.com',
  headersSecret: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:otlp/headers-AbCdEf',
  sample: 0.25,
  layer: 'arn:aws:lambda:us-east-1:901920570463:layer:aws-otel-collector-arm64-ver-0-117-0:1',
};

export const EVALUATION = {
  'tollgate:sync': true,
  'tollgate:evaluation': {
    ...{ roles: ['arn:aws:iam::111122223333:role/evaluations'], buckets: ['evaluations'] },
  },
};

/** By a provider of one's own. */
export const CONSOLE = {
  'tollgate:issuers': [{ issuer: 'https://login.example.com', audience: 'tollgate', tenantClaim: 'tenant' }],
  'tollgate:console': { issuer: 'https://login.example.com', clientId: 'console', scope: 'openid models' },
};

/** Every option at once. */
export const MAXIMAL: Record<string, unknown> = {
  ...{ 'tollgate:tracing': true, 'tollgate:otlp': OTLP },
  ...NAMED,
  ...WAF,
  ...{ ...BOTH, 'tollgate:broker': true, 'tollgate:tenantIsolation': true, 'tollgate:globalProfiles': true },
  ...{ 'tollgate:keys': true, 'tollgate:admin': true, ...EVALUATION, 'tollgate:alerts': true },
  ...{ 'tollgate:protect': 'all', 'tollgate:alarmEmail': 'ops@example.com', 'tollgate:encryption': 'create' },
  ...{ 'tollgate:cognito': SIGN_IN, 'tollgate:console': true },
  ...{ 'tollgate:siem': SIEM, 'tollgate:trail': { lock: 'governance', calls: true } },
  ...WITH_A_WAY_OUT,
  'tollgate:spokes': ['444455556666'],
  'tollgate:kinds': EVERY_KIND,
};

/** Every option that changes the template, so that what holds for it holds with each. */
export const OPTIONS: [string, Record<string, unknown>][] = [
  ['as configured', {}],
  ['without an account of its own', { 'tollgate:account': '' }],
  ['with a broker', { 'tollgate:broker': true }],
  ['with alerts', { 'tollgate:alerts': true, 'tollgate:eventBus': 'shared' }],
  ['with models that are evaluated again', EVALUATION],
  ['with an environment per tenant', { 'tollgate:tenantIsolation': true }],
  ['without usage plans', { 'tollgate:usagePlans': false }],
  ['with nothing protected', { 'tollgate:protect': 'none' }],
  ['with everything protected', { 'tollgate:protect': 'all' }],
  ['with global profiles', { 'tollgate:globalProfiles': true }],
  ['with an alarm for each thing', { 'tollgate:alarms': 'each' }],
  ['with every kind of target', { 'tollgate:kinds': EVERY_KIND }],
  ['with a topic of your own', { 'tollgate:alarmTopicArn': 'arn:aws:sns:us-east-1:111122223333:ops' }],
  ['under a key of its own', { 'tollgate:encryption': 'create' }],
  ['under a key that was given', { 'tollgate:encryption': KEY }],
  ['with spokes', { 'tollgate:spokes': ['444455556666', 'arn:aws:iam::777788889999:role/tollgate-dev-spoke-acme'] }],
  ...SIGN_IN_OPTIONS,
  ['with a SIEM behind a stream', { 'tollgate:siem': SIEM }],
  ['with a SIEM in another account, and a trail', { 'tollgate:siem': SIEM_ELSEWHERE, 'tollgate:trail': true }],
  ['with a trail in a bucket of your own', { 'tollgate:trail': { bucket: 'audit-files', calls: true } }],
  ['with all that goes together', MAXIMAL],
  ['with a name of its own', DOMAIN],
  [
    'with a base path of a name that is made elsewhere',
    { 'tollgate:domain': { name: 'a.example.com', existing: true } },
  ],
  ['with both doors, each by a name, with TLS 1.3 alone', NAMED],
  ['with a private name', { ...DOMAIN, ...MADE }],
  ['with a console', CONSOLE],
  ['behind a web ACL', { 'tollgate:waf': true }],
  ['with both doors behind a web ACL that lets few in', { ...BOTH, ...WAF }],
  [
    'behind a web ACL of your own',
    {
      'tollgate:waf':
        'arn:aws:wafv2:us-east-1:111122223333:regional/webacl/shared/12345678-1234-1234-1234-123456789012',
    },
  ],
  // With nothing protected CDK has a function of its own.
  ['traced by X-Ray', { 'tollgate:tracing': true, 'tollgate:protect': 'none' }],
  ['with a collector of spans', { 'tollgate:otlp': OTLP }],
  ['as a container', CONTAINER],
  ['as a container, in whichever account', { ...CONTAINER, 'tollgate:account': '' }],
  ['with both doors', BOTH],
  [
    'with both doors, a broker and everything protected',
    { ...BOTH, 'tollgate:broker': true, 'tollgate:protect': 'all', 'tollgate:admin': true },
  ],
  ['on Kubernetes, by the cluster’s OpenID provider', IRSA],
  ['on Kubernetes, by Pod Identity, beside Lambda', POD_IDENTITY],
  ['in a private network that is made', MADE],
  ['in a network that is there, in whichever account', { ...GIVEN, 'tollgate:account': '' }],
  ['as a container in a private network', { ...CONTAINER, ...MADE, 'tollgate:alerts': true }],
  ['with an address for alarms', { 'tollgate:alarmEmail': 'ops@example.com' }],
  ['for a benchmark', { 'tollgate:benchmark': true, 'tollgate:protect': 'none' }],
  [
    'as one of several units',
    {
      'tollgate:units': [
        { prefix: 'acme', protect: 'all' },
        { prefix: 'labs', parent: 'acme', quota: { limit: 1_000, period: 'week' } },
        { prefix: 'web', parent: { apiId: 'a1b2c3d4e5', stage: 'prod' }, account: '444455556666', region: 'eu-west-1' },
      ],
    },
  ],
  ['where API Gateway’s log role is managed elsewhere', { 'tollgate:apiGatewayLogRole': false }],
];

/** A resource of the template, its intrinsic functions flattened into text by `flat` where needed. */
export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DependsOn?: string | string[];
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

export interface Statement {
  Effect: string;
  Action: string[];
  Resource: string[];
  Principal?: Record<string, unknown>;
  Condition?: Record<string, Record<string, unknown>>;
}

export function resourcesOf(stack: Stack): Record<string, Resource> {
  return Template.fromStack(stack).toJSON().Resources;
}

export function ofType(resources: Record<string, Resource>, type: string): Record<string, unknown>[] {
  return Object.values(resources)
    .filter((resource) => resource.Type === type)
    .map(({ Properties }) => Properties);
}

/** The properties of the one resource of a type. */
export function only(resources: Record<string, Resource>, type: string): Record<string, unknown> {
  const [found, ...others] = ofType(resources, type);
  if (found === undefined || others.length > 0) throw new Error(`there is not exactly one ${type}`);
  return found;
}

/** Text with references written as <Name>: enough to compare and to look for a wildcard. */
export function flat(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || typeof value !== 'object') return String(value);
  const [[name, inner] = ['', '']] = Object.entries(value);
  if (name === 'Fn::Join') {
    const [separator, parts] = inner as [string, unknown[]];
    return parts.map(flat).join(separator);
  }
  return `<${Array.isArray(inner) ? inner.map(flat).join('.') : flat(inner)}>`;
}

/** Statements of a policy document, every single value as a list of text. */
export function statementsOf(document: unknown): Statement[] {
  const { Statement: list } = document as { Statement: Record<string, unknown>[] };
  return list.map((statement) => ({
    ...(statement as unknown as Statement),
    Action: [statement.Action].flat().map(flat),
    Resource: [statement.Resource ?? []].flat().map(flat),
  }));
}

export interface Role {
  name: string;
  trust: Statement[];
  /** Of its inline policies, and of the stack's managed ones that it has. */
  own: Statement[];
  /** Policies from elsewhere. */
  managed: string[];
}

export function rolesOf(resources: Record<string, Resource>): Role[] {
  return ofType(resources, 'AWS::IAM::Role').map((role) => {
    const arns = ((role.ManagedPolicyArns ?? []) as unknown[]).map(flat);
    const attached = (arn: string): Resource | undefined => resources[arn.replace(/[<>]/g, '')];
    const inline = ((role.Policies ?? []) as { PolicyDocument: unknown }[]).map(({ PolicyDocument }) => PolicyDocument);
    const documents = arns.flatMap((arn) => attached(arn)?.Properties.PolicyDocument ?? []);
    return {
      name: flat(role.RoleName ?? ''),
      trust: statementsOf(role.AssumeRolePolicyDocument),
      own: [...inline, ...documents].flatMap(statementsOf),
      managed: arns.filter((arn) => attached(arn) === undefined),
    };
  });
}
