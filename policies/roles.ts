import { ALERT_EVENT } from '../contract/alert.ts';
import { BUDGET_EVENT } from '../contract/budget.ts';
import { MANAGED_POLICY_MAX_CHARS } from '../contract/limits/policies.ts';
import { REGISTRY_INDEX } from '../contract/names.ts';
import {
  type Condition,
  documentOf,
  type PermissionStatement,
  type PolicyDocument,
  type ResourceStatement,
  type TrustDocument,
} from './document.ts';
import { NO_RESOURCE, type RoleRow } from './kinds/kind.ts';
import { roleOf, SHAPES, type StageKind, USUAL_KINDS } from './kinds.ts';
import { SESSION_NAME_PREFIX } from './name.ts';

/**
 * The roles' documents, for the template and for the laptop alike, so that what is tested is what is deployed. ARNs are
 * plain strings here: in a template they are still placeholders, so nothing of them is parsed.
 */

/** Session tags that every session carries and no other: they reach CloudTrail and the bill. */
export const SESSION_TAGS = ['TenantId', 'CostCenter'] as const;

export interface InvokerScope {
  partition: string;
  account: string;
  /** Regions in which a model may run, at least one. */
  regions: readonly string[];
  /** Whether `global.` profiles, which may run a model in any region there is, are allowed. Default false. */
  globalProfiles?: boolean;
  /** Kinds of target that may be called. Default: all that are not optional. */
  kinds?: readonly StageKind[];
}

/**
 * What the role that is assumed for every call may do at most; the session policy narrows it to one target. Broad over
 * targets because the registry, not a deployment, says which exist; closed over kinds, regions and account.
 */
export function invokerRolePolicy(scope: InvokerScope): PolicyDocument {
  const resources = new Map<string, { row: RoleRow; arns: string[] }>();
  for (const row of (scope.kinds ?? USUAL_KINDS).flatMap(roleOf)) {
    const name = row.actions.join();
    const before = resources.get(name)?.arns ?? [];
    resources.set(name, { row, arns: [...before, ...row.on.flatMap((type) => everyArn(row, type, scope))] });
  }
  return documentOf([
    ...[...resources.values()].map(
      ({ row, arns }): PermissionStatement => ({
        ...{ Effect: 'Allow', Action: row.actions, Resource: [...new Set(arns)] },
        ...(arns[0] === NO_RESOURCE && {
          Condition: { StringEquals: { 'aws:RequestedRegion': [...new Set(scope.regions)].sort() } },
        }),
      }),
    ),
    // A bearer key made from a session would be usable outside of our signing. The action takes no resource.
    { Effect: 'Deny', Action: ['bedrock:CallWithBearerToken'], Resource: ['*'] },
  ]);
}

/** Everything of one resource type that there is, as far as the role reaches. */
function everyArn({ actions, anywhere }: RoleRow, type: string, scope: InvokerScope): string[] {
  if (type === NO_RESOURCE) return [NO_RESOURCE];
  const { partition, account, regions, globalProfiles } = scope;
  // An action's prefix is the service of what it is on.
  const service = actions[0]?.split(':')[0];
  const isPublic = SHAPES[type]?.public === true;
  const places = [...new Set(regions)].sort();
  if (isPublic && anywhere === true && globalProfiles === true) places.push('');
  return places.map((region) => `arn:${partition}:${service}:${region}:${isPublic ? '' : account}:${type}/*`);
}

/**
 * The same as documents that IAM takes as managed policies, each for as many regions as fit; any number of regions fits in
 * those that a role can have, and the room for inline policies stays free for revocations.
 */
export function invokerRolePolicies(scope: InvokerScope): PolicyDocument[] {
  const of = (regions: readonly string[]): PolicyDocument => invokerRolePolicy({ ...scope, regions });
  const groups: string[][] = [];
  for (const region of [...new Set(scope.regions)].sort()) {
    const group = groups.at(-1);
    if (group !== undefined && fits(of([...group, region]), scope.account)) group.push(region);
    else groups.push([region]);
  }
  return groups.map(of);
}

/** In a template the account may be a placeholder, which is longer or shorter than what it stands for. */
function fits(document: PolicyDocument, account: string): boolean {
  return JSON.stringify(document).replaceAll(account, '0'.repeat(12)).length <= MANAGED_POLICY_MAX_CHARS;
}

/**
 * Who may assume the invoker role: what makes calls (invoke's role, the container's, or both), or the broker's alone where there
 * is one; and only with the tenant's tags, a source identity and a name of ours. No condition can demand that a session policy is present; a session without these cannot exist.
 *
 * AssumeRole, TagSession and SetSourceIdentity are each decided on their own in one request, and a condition on a key that
 * is not given for an action would deny it: so each statement asks only for keys that the Service Authorization Reference
 * lists for its action. All three must allow, so together they hold what the first one asks.
 *
 * @param asked of a spoke's role, which the invoker role's sessions assume: the words that it asks for, and the one tenant
 */
export function invokerTrustPolicy(
  { trustedRoleArn }: { trustedRoleArn: string | readonly string[] },
  { externalId, tenant = '?*' }: { externalId?: string; tenant?: string | undefined } = {},
): TrustDocument {
  const Principal = { AWS: trustedRoleArn };
  const named = `${SESSION_NAME_PREFIX}*`;
  const requestTags = SESSION_TAGS.map((key) => `aws:RequestTag/${key}`);
  const tagged = { 'aws:RequestTag/TenantId': tenant, 'aws:RequestTag/CostCenter': '?*' };
  // ForAllValues is true of no values at all, hence the Null beside it.
  const onlyOurTags = { 'ForAllValues:StringEquals': { 'aws:TagKeys': [...SESSION_TAGS] } };
  const tagsPresent = Object.fromEntries(['aws:TagKeys', ...requestTags].map((key) => [key, 'false']));
  const may = (action: string, Condition: Condition) =>
    ({ Effect: 'Allow', Principal, Action: [`sts:${action}`], Condition }) as const;
  const byName = { 'sts:RoleSessionName': named, 'sts:SourceIdentity': named, ...tagged };
  const present = { ...tagsPresent, 'sts:SourceIdentity': 'false' };
  return documentOf([
    may('AssumeRole', {
      ...(externalId === undefined ? {} : { StringEquals: { 'sts:ExternalId': externalId } }),
      ...{ StringLike: byName, ...onlyOurTags, Null: present },
    }),
    may('TagSession', { StringLike: tagged, ...onlyOurTags, Null: tagsPresent }),
    may('SetSourceIdentity', { StringLike: { 'sts:SourceIdentity': named } }),
  ]);
}

/** The trust policy of each function's own role. */
export function functionTrustPolicy(): TrustDocument {
  return documentOf([{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: ['sts:AssumeRole'] }]);
}

/** Those that are not always there, a deployment asks for; `seal` makes new the key that contexts are sealed with. */
export type FunctionName = Always | 'admin' | 'alerts' | 'broker' | 'pages' | 'pool' | 'sync';
type Always = 'authorizer' | 'invoke' | 'metering' | 'seal';

export interface FunctionScope {
  tableArn: string;
  /** What budgets are counted in, apart from the registry, so that counting needs no right to write grants or limits. */
  countersTableArn: string;
  /** What answers are kept in for a while: the one table that invoke alone uses, and deletes from. */
  answersTableArn: string;
  /** The one event bus that is told of a budget. */
  eventBusArn: string;
  bucketArn: string;
  invokerRoleArn: string;
  /** The secret with the key that contexts are sealed with; its ARN ends in six characters that Secrets Manager chooses. */
  contextKeyArn: string;
  /** The one function that may use the role; without a version. */
  functionArn: string;
  /** The broker function. With it, invoke may ask the broker for a session and may not ask STS. */
  brokerArn?: string;
  /** Where a stage has keys of its own: the table of their secrets, and the secret that those are hashed with. */
  keys?: { tableArn: string; secretArn: string };
  /** Of alerts: the topics that may be told, and the queue of what could not be delivered. */
  alerts?: { topicArn: string; failuresArn: string };
  /** Whether `admin` may look at what AWS has, as `sync` does. */
  catalogue?: boolean;
  /** The function's log group; absent on a laptop, where lines go to stdout. */
  logGroupArn?: string;
  /** What an option of infrastructure alone asks for, which stands beside its construct. */
  more?: readonly PermissionStatement[];
}

const of = (service: string, ...names: readonly string[]): string[] => names.map((name) => `${service}:${name}`);
const READ = of('dynamodb', 'BatchGetItem', 'GetItem', 'Query');
/** Of a transaction: its parts are allowed each by itself. */
const WRITE = of('dynamodb', 'DeleteItem', 'PutItem');
const SECRET = of('secretsmanager', 'GetSecretValue');

/** What metering writes, by the first part of the key. */
const METERING_WRITES = ['athena', 'quarantine', 'reports', 'state', 'usage'];

/** What there is to be called: lists take no resource, and what they name is public or of the own account. */
const CATALOGUE = [
  ...of('bedrock', 'GetFoundationModel', 'GetInferenceProfile', 'ListFoundationModels', 'ListInferenceProfiles'),
  ...of('sagemaker', 'DescribeEndpoint', 'ListEndpoints'),
];

/** A bus may be shared: nobody else's events can be put onto it (list_amazoneventbridge of the Service Authorization Reference). */
const ownEvents = ({ source, detailType }: typeof BUDGET_EVENT | typeof ALERT_EVENT): Condition => ({
  StringEquals: { 'events:source': source, 'events:detail-type': detailType },
});

/** Items whose partitions are so called, and nothing else of a table. */
const leading = (operator: string, ...keys: readonly string[]): Condition => ({
  [`ForAllValues:${operator}`]: { 'dynamodb:LeadingKeys': keys },
  Null: { 'dynamodb:LeadingKeys': 'false' },
});

/**
 * On the secret itself: nobody else reads the key, whatever another policy of the account allows. Who may change this policy,
 * or the secret, is an administrator.
 */
export function contextKeyPolicy({ readers }: { readers: readonly string[] }): PolicyDocument<ResourceStatement> {
  return documentOf([
    {
      Effect: 'Deny',
      Principal: '*',
      Action: ['secretsmanager:GetSecretValue'],
      Resource: ['*'],
      Condition: { ArnNotEquals: { 'aws:PrincipalArn': readers } },
    },
  ]);
}

/**
 * What each function's own role may do: none of them can call a model, none but `admin` writes to the registry (and `sync` models'
 * entries, where it evaluates them), and none is of use to another function.
 */
export function functionRolePolicy(name: FunctionName, scope: FunctionScope): PolicyDocument {
  const statements = [...allowedTo(name, scope), ...(scope.more ?? [])];
  // Lambda itself sends what failed, in a session in which nothing says that it names the function.
  const { failuresArn } = (name === 'alerts' && scope.alerts) || {};
  const failed = failuresArn
    ? [{ Effect: 'Allow', Action: ['sqs:SendMessage'], Resource: [failuresArn] } as const]
    : [];
  return documentOf([...statements, onlyFrom(scope.functionArn, statements), ...failed]);
}

/** The same for something else than the function, which has neither its ARN nor the key of contexts. */
export type UnboundScope = Omit<FunctionScope, 'functionArn' | 'contextKeyArn'> & { contextKeyArn?: string };

/** What a function's role allows, before it is bound to its function. */
export function allowedTo(name: FunctionName, scope: UnboundScope): PermissionStatement[] {
  const { tableArn, countersTableArn, bucketArn, invokerRoleArn, contextKeyArn, brokerArn, keys, logGroupArn } = scope;
  const statements: PermissionStatement[] = [];
  const may = (Action: readonly string[], on: string | string[] | undefined, Condition?: Condition) =>
    on && statements.push({ Effect: 'Allow', Action, Resource: [on].flat(), ...(Condition && { Condition }) });
  const under = (...prefixes: readonly string[]) => prefixes.map((prefix) => `${bucketArn}/${prefix}/*`);
  if (name === 'alerts') may(of('dynamodb', 'GetItem'), tableArn, leading('StringEquals', 'ALERTS'));
  else if (name !== 'pages' && name !== 'pool' && name !== 'seal') may(READ, tableArn);
  if (name === 'alerts') may(of('sns', 'Publish'), scope.alerts?.topicArn);
  if (['admin', 'metering', 'sync'].includes(name)) may(['dynamodb:Query'], `${tableArn}/index/${REGISTRY_INDEX}`);
  // Who seals and who opens contexts may read the key; who makes a new one may not read any.
  if (name === 'admin' || name === 'authorizer' || name === 'invoke') may(SECRET, contextKeyArn);
  if (name === 'authorizer' || name === 'broker') may(of('dynamodb', 'BatchGetItem'), keys?.tableArn);
  if (name === 'admin' || name === 'authorizer' || name === 'broker') may(SECRET, keys?.secretArn);
  // Notes of when keys were used: who may write more could make a key.
  if (name === 'authorizer') may(of('dynamodb', 'PutItem'), keys?.tableArn, leading('StringLike', 'USED#*'));
  if (name === 'broker' || (name === 'invoke' && brokerArn === undefined))
    may(of('sts', 'AssumeRole', 'SetSourceIdentity', 'TagSession'), invokerRoleArn);
  if (name === 'admin') may([...WRITE, ...of('dynamodb', 'Scan')], tableArn);
  if (name === 'admin') may([...WRITE, ...READ, ...of('dynamodb', 'Scan')], keys?.tableArn);
  // It tells of calls and of what they cost, and writes none of that.
  if (name === 'admin') may(of('s3', 'GetObject'), under('raw', 'reports', 'reviews', 'state', 'usage'));
  // Without a condition on the prefix: with one, S3 would answer 403 instead of 404 to reading what is not there.
  if (name === 'admin' || name === 'metering') may(of('s3', 'ListBucket'), bucketArn);
  // Where budgets stand, what days came to, and which places cool: what else is in that table, such as the key of sessions’ ids, is not its.
  if (name === 'admin')
    may(of('dynamodb', 'Query'), countersTableArn, leading('StringLike', 'COUNTERS#*', 'ROUTING', 'USAGE#*'));
  if (name === 'invoke') {
    // Budgets are counted. Nothing is deleted but by the table itself, after its time.
    may(of('dynamodb', 'GetItem', 'Query', 'UpdateItem'), countersTableArn);
    // Who asked for an answer may have it deleted before its time.
    may(of('dynamodb', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'), scope.answersTableArn);
    may(of('events', 'PutEvents'), scope.eventBusArn, ownEvents(BUDGET_EVENT));
    may(of('lambda', 'InvokeFunction'), brokerArn);
  }
  if (name === 'metering') {
    // It writes days' summaries whole and looks for reservations that nobody settled.
    may(of('dynamodb', 'GetItem', 'PutItem', 'Query', 'Scan', 'UpdateItem'), countersTableArn);
    // Raw lines are read and never written: they are the evidence that the bill is computed from. Nothing is deleted.
    may(of('s3', 'GetObject'), under('raw', ...METERING_WRITES));
    may(of('s3', 'PutObject'), under(...METERING_WRITES));
    // GetMetricData takes neither a resource nor a condition key.
    may(of('cloudwatch', 'GetMetricData'), '*');
  }
  if (name === 'seal')
    may(of('secretsmanager', 'DescribeSecret', 'PutSecretValue', 'UpdateSecretVersionStage'), contextKeyArn);
  if (name === 'sync' || (name === 'admin' && scope.catalogue)) may(CATALOGUE, '*');
  if (name === 'metering' || name === 'sync') may(of('events', 'PutEvents'), scope.eventBusArn, ownEvents(ALERT_EVENT));
  may(of('logs', 'CreateLogStream', 'PutLogEvents'), logGroupArn && `${logGroupArn}:log-stream:*`);
  return statements;
}

/**
 * Whoever may pass the role could give it to a function of their own: it is of use to that one function alone, and this
 * holds whatever else is attached to the role. Lambda puts the function's ARN into the credentials that it gives out, and
 * into its own calls that write the log
 * (https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html). A negated operator also holds where the
 * key is absent, so the role is of no use outside of Lambda either (for the container's see container.ts). Not every action there is: Lambda decrypts a function's environment without that key.
 */
function onlyFrom(functionArn: string, statements: readonly PermissionStatement[]): PermissionStatement {
  return {
    Effect: 'Deny',
    Action: [...new Set(statements.flatMap(({ Action }) => Action))],
    Resource: ['*'],
    // With and without a version: which one the key holds is not documented.
    Condition: { ArnNotLike: { 'lambda:SourceFunctionArn': [functionArn, `${functionArn}:*`] } },
  };
}
