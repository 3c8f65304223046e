import type { TenantId } from '../contract/identity.ts';
import { ACTIONS } from '../contract/model.ts';
import { sessionNames } from './name.ts';
import { pathsOf } from './questions.ts';
import { type Finding, SOMEBODY } from './review.ts';
import type { ReviewedModel } from './review-session.ts';
import { SESSION_TAGS } from './roles.ts';
import { evaluate, evaluateTrust } from './simulate/evaluate.ts';
import { listOf, type Policy, type RequestContext, type Statement } from './simulate/types.ts';

/** A role's documents, deployed or as the template would deploy them. */
export interface RoleDocuments {
  name: string;
  arn: string;
  trust: Policy;
  /** Inline and attached policies, by their names. */
  policies: readonly { name: string; document: Policy }[];
}

/** One try at assuming the invoker role. */
export interface TrustTrial {
  /** ARN of the role that tries. */
  who: string;
  /** What the request is like. */
  how: string;
  expected: boolean;
  allowed: boolean;
  reason: string;
}

export interface RolesReviewed {
  trust: TrustTrial[];
  /**
   * Own roles of functions and of the container, how many calls of models each was tried with, what each may do when it is not
   * its function that asks, and whether its trust policy alone says who may.
   */
  functions: { name: string; questions: number; elsewhere: string[]; boundByTrust: boolean }[];
  findings: Finding[];
}

export interface RolesInput {
  invoker: RoleDocuments;
  functions: readonly RoleDocuments[];
  /** Names of those that may assume the invoker role: the broker's, or what makes calls. */
  assumers: readonly string[];
  models: readonly ReviewedModel[];
}

/**
 * Whether the roles around the sessions hold: nobody but what is meant to may make a session, and only one with a tenant's tags
 * and names; no function can call a model without a session; and no function's role is of use to anybody who gives it to a
 * function of their own. The container's cannot be bound so: its trust policy must name tasks or pods of the account.
 */
export function reviewRoles({ invoker, functions, assumers, models }: RolesInput): RolesReviewed {
  const trust = trials(invoker, functions, assumers);
  const findings: Finding[] = trust
    .filter(({ expected, allowed }) => expected !== allowed)
    .map(({ who, how, expected, reason }) =>
      finding(expected ? 'broken' : 'reach', invoker.name, who, `${how}: ${reason}`),
    );
  const tried = functions.map(({ name, arn, trust, policies }) => {
    const elsewhere = usableElsewhere(arn, policies);
    const boundByTrust = namesTasksOrPods(trust, arn);
    if (elsewhere.length > 0 && !boundByTrust) {
      const reason = `it can be used by whoever may pass it to a function of their own: ${elsewhere.join(', ')}`;
      findings.push(finding('reach', name, arn, reason));
    }
    let questions = 0;
    for (const { id, target } of models)
      for (const action of ACTIONS)
        for (const path of pathsOf(target, action)) {
          questions++;
          const verdicts = path.map(({ action, resource, context }) =>
            evaluate(
              { rolePolicies: policies.map(({ document }) => document), sessionPolicy: null },
              { action, resource, context },
            ),
          );
          if (verdicts.every(({ allowed }) => allowed))
            findings.push(finding('reach', name, path[0]?.resource ?? '', `it may call ${id} without any session`));
        }
    return { name, questions, elsewhere, boundByTrust };
  });
  return { trust, functions: tried, findings };
}

function finding(kind: Finding['kind'], role: string, resource: string, reason: string): Finding {
  return { kind, tenant: null, model: null, use: null, role, reached: null, action: null, resource, reason };
}

/**
 * What Lambda itself does by a function's role, in calls that name no function, so that no policy could bind them to one: it puts the
 * function into its network, tells X-Ray how it fares, and sends what failed to a queue that the role names. Nothing of a tenant is
 * within their reach.
 */
const LAMBDAS_OWN: ReadonlySet<string> = new Set([
  ...['AssignPrivateIpAddresses', 'CreateNetworkInterface', 'DeleteNetworkInterface'].map((name) => `ec2:${name}`),
  ...['DescribeNetworkInterfaces', 'DescribeSubnets', 'UnassignPrivateIpAddresses'].map((name) => `ec2:${name}`),
  ...['sqs:SendMessage', 'xray:PutTelemetryRecords'],
]);

/**
 * What a function's role may do for another function, or outside of Lambda, where no function is named: everything that its
 * policies allow is tried, under what their own conditions ask for.
 */
function usableElsewhere(arn: string, policies: RoleDocuments['policies']): string[] {
  const [, partition, , , account] = arn.split(':');
  const others = [
    {},
    { 'lambda:SourceFunctionArn': `arn:${partition}:lambda:us-east-1:${account}:function:somebody-elses` },
  ];
  const rolePolicies = policies.map(({ document }) => document);
  const allowing = rolePolicies
    .flatMap(({ Statement: all }): readonly Statement[] => ('Effect' in all ? [all] : all))
    .filter(({ Effect }) => Effect === 'Allow');
  const used = allowing.flatMap(({ Action = [], Resource = [], Condition = {} }) => {
    const wanted = Object.assign({}, ...Object.values(Condition)) as RequestContext;
    return listOf(Action)
      .filter((action) => !LAMBDAS_OWN.has(action))
      .filter((action) =>
        others.some((context) =>
          listOf(Resource).some(
            (resource) =>
              evaluate({ rolePolicies, sessionPolicy: null }, { action, resource, context: { ...wanted, ...context } })
                .allowed,
          ),
        ),
      );
  });
  return [...new Set(used)].sort();
}

/** Whether a trust policy lets in tasks of ECS in the role's own account, or pods, and nobody else. */
function namesTasksOrPods({ Statement: all }: Policy, arn: string): boolean {
  const allowing = ('Effect' in all ? [all] : all).filter(({ Effect }) => Effect === 'Allow');
  const [account = ''] = arn.split(':').slice(4);
  return (
    allowing.length > 0 &&
    allowing.every(({ Principal = '*', Condition: { StringEquals: equal = {} } = {} }) => {
      const {
        Service: services = [],
        Federated: providers = [],
        ...others
      } = Principal === '*' ? { AWS: '*' } : Principal;
      const pods = Object.keys(equal).some((key) => key.endsWith(':sub'));
      const tasks = listOf(equal['aws:SourceAccount'] ?? []).join() === account;
      return (
        Object.keys(others).length === 0 &&
        listOf(providers).every(() => pods) &&
        listOf(services).every(
          (name) => name === 'pods.eks.amazonaws.com' || (name === 'ecs-tasks.amazonaws.com' && tasks),
        )
      );
    })
  );
}

/** Roles that a trust policy names. */
function rolesNamed({ Statement: all }: Policy): string[] {
  const principals = ('Effect' in all ? [all] : all).flatMap(({ Principal }) =>
    Principal === undefined || Principal === '*' ? [] : listOf(Principal.AWS ?? []),
  );
  return principals.filter((arn) => arn.includes(':role/'));
}

function trials(
  invoker: RoleDocuments,
  functions: readonly RoleDocuments[],
  assumers: readonly string[],
): TrustTrial[] {
  const right = requestOf({});
  const arnOf = (name: string): string =>
    functions.find((role) => role.name === name)?.arn ?? invoker.arn.replace(invoker.name, name);
  const own = assumers.map(arnOf);
  const strangers = [
    ...functions.map(({ arn }) => arn),
    invoker.arn.replace(invoker.name, 'another-role'),
    ...assumers.map((name) => `${invoker.arn.split(':').slice(0, 4).join(':')}:999999999999:role/${name}`),
    ...rolesNamed(invoker.trust),
  ];
  const others = [...new Set(strangers)].filter((who) => !own.includes(who));
  const attempt = (who: string, how: string, expected: boolean, context: RequestContext): TrustTrial => ({
    who,
    how,
    expected,
    ...assumes(invoker.trust, who, context),
  });
  return [
    ...own.flatMap((who) => [
      attempt(who, 'as the gateway does', true, right),
      attempt(who, 'without the tenant’s tag', false, requestOf({ 'aws:RequestTag/TenantId': null })),
      attempt(who, 'without any tag', false, requestOf(WITHOUT_TAGS)),
      attempt(who, 'with a tag of another kind', false, requestOf({ 'aws:TagKeys': [...SESSION_TAGS, 'Team'] })),
      attempt(who, 'without a source identity', false, requestOf({ 'sts:SourceIdentity': null })),
      attempt(who, 'under a name that is not ours', false, requestOf({ 'sts:RoleSessionName': 'somebody' })),
    ]),
    ...others.map((who) => attempt(who, 'as the gateway does', false, right)),
  ];
}

const WITHOUT_TAGS = { 'aws:TagKeys': null, 'aws:RequestTag/TenantId': null, 'aws:RequestTag/CostCenter': null };

/** The condition keys of an AssumeRole as the gateway makes it; null takes one away. */
function requestOf(changes: Record<string, string | readonly string[] | null>): RequestContext {
  const { sessionName, sourceIdentity } = sessionNames('example' as TenantId, SOMEBODY);
  const usual = {
    'sts:RoleSessionName': sessionName,
    'sts:SourceIdentity': sourceIdentity,
    'aws:TagKeys': [...SESSION_TAGS],
    'aws:RequestTag/TenantId': 'example',
    'aws:RequestTag/CostCenter': 'example',
  };
  return Object.fromEntries(
    Object.entries({ ...usual, ...changes }).flatMap(([key, value]) => (value === null ? [] : [[key, value]])),
  );
}

/** One request, three decisions: assuming, tagging and setting the source identity where the request does so. */
function assumes(trust: Policy, who: string, context: RequestContext): { allowed: boolean; reason: string } {
  const actions = [
    'sts:AssumeRole',
    ...('aws:TagKeys' in context ? ['sts:TagSession'] : []),
    ...('sts:SourceIdentity' in context ? ['sts:SetSourceIdentity'] : []),
  ];
  const verdicts = actions.map((action) => ({ action, ...evaluateTrust(trust, [who], { action, context }) }));
  const refused = verdicts.find(({ allowed }) => !allowed);
  return refused === undefined
    ? { allowed: true, reason: 'allowed by the trust policy' }
    : { allowed: false, reason: `${refused.action}: ${refused.reason}` };
}
