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
  /** Function roles, how many calls of models each was tried with, and what each may do when it is not its function that asks. */
  functions: { name: string; questions: number; elsewhere: string[] }[];
  findings: Finding[];
}

export interface RolesInput {
  invoker: RoleDocuments;
  functions: readonly RoleDocuments[];
  /** The one that may assume the invoker role. */
  assumer: string;
  models: readonly ReviewedModel[];
}

/**
 * Whether the roles around the sessions hold: nobody but one function may make a session, and only one with a tenant's tags
 * and names; no function can call a model without a session; and no function's role is of use to anybody who gives it to a
 * function of their own.
 */
export function reviewRoles({ invoker, functions, assumer, models }: RolesInput): RolesReviewed {
  const trust = trials(invoker, functions, assumer);
  const findings: Finding[] = trust
    .filter(({ expected, allowed }) => expected !== allowed)
    .map(({ who, how, expected, reason }) =>
      finding(expected ? 'broken' : 'reach', invoker.name, who, `${how}: ${reason}`),
    );
  const tried = functions.map(({ name, arn, policies }) => {
    const elsewhere = usableElsewhere(arn, policies);
    if (elsewhere.length > 0) {
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
    return { name, questions, elsewhere };
  });
  return { trust, functions: tried, findings };
}

function finding(kind: Finding['kind'], role: string, resource: string, reason: string): Finding {
  return { kind, tenant: null, model: null, use: null, role, reached: null, action: null, resource, reason };
}

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
    return listOf(Action).filter((action) =>
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

function trials(invoker: RoleDocuments, functions: readonly RoleDocuments[], assumer: string): TrustTrial[] {
  const right = requestOf({});
  const own = functions.find(({ name }) => name === assumer)?.arn ?? invoker.arn.replace(invoker.name, assumer);
  const others = [
    ...functions.filter(({ name }) => name !== assumer).map(({ arn }) => arn),
    invoker.arn.replace(invoker.name, 'another-role'),
    `${invoker.arn.split(':').slice(0, 4).join(':')}:999999999999:role/${assumer}`,
  ];
  const attempt = (who: string, how: string, expected: boolean, context: RequestContext): TrustTrial => ({
    who,
    how,
    expected,
    ...assumes(invoker.trust, who, context),
  });
  return [
    attempt(own, 'as the gateway does', true, right),
    attempt(own, 'without the tenant’s tag', false, requestOf({ 'aws:RequestTag/TenantId': null })),
    attempt(own, 'without any tag', false, requestOf(WITHOUT_TAGS)),
    attempt(own, 'with a tag of another kind', false, requestOf({ 'aws:TagKeys': [...SESSION_TAGS, 'Team'] })),
    attempt(own, 'without a source identity', false, requestOf({ 'sts:SourceIdentity': null })),
    attempt(own, 'under a name that is not ours', false, requestOf({ 'sts:RoleSessionName': 'somebody' })),
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
