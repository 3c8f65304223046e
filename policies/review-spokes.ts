import type { TenantId } from '../contract/identity.ts';
import { ACTIONS } from '../contract/model.ts';
import { at, placesOf } from '../contract/places.ts';
import { externalIdOf } from '../contract/spoke-list.ts';
import { spokeOf } from '../contract/spokes.ts';
import { sessionNames } from './name.ts';
import { pathsOf } from './questions.ts';
import { type Finding, type Holding, SOMEBODY } from './review.ts';
import type { ReviewedModel } from './review-session.ts';
import { SESSION_TAGS } from './roles.ts';
import type { SessionPolicy } from './session.ts';
import { evaluate } from './simulate/evaluate.ts';
import type { Policy, RequestContext } from './simulate/types.ts';
import { hopPolicy } from './spoke.ts';

/** A role of another account that a tenant's calls run under, and hop 1 to it. */
export interface ReviewedSpoke {
  tenant: TenantId;
  role: string;
  /** Whether it is a place's, for every tenant that is granted the model. */
  shared: boolean;
  /** What the role is to ask for. */
  externalId: string;
  /** The session policy of hop 1. */
  hop: SessionPolicy;
  /** Registry ids of what is called there. */
  models: readonly string[];
  tried: readonly HopTried[];
}

/** One thing that a session of hop 1 might do. */
export interface HopTried {
  what: string;
  /** How many ways of it there are. */
  ways: number;
  expected: boolean;
  /** When expected: all of the ways. Otherwise: one of them, which is one too many. */
  allowed: boolean;
  reason: string;
}

export interface SpokesInput {
  stage: string;
  holdings: readonly Pick<Holding, 'tenant' | 'entry'>[];
  models: readonly ReviewedModel[];
  /** Every policy of the invoker role, of which hop 1 is a session. */
  invokerPolicies: readonly Policy[];
}

/**
 * Every role of another account that the registry names, each tenant's hop to it, tried by IAM's rules: it must be open, which it is
 * not where the stage does not list the role, and nothing else may be. What the role itself asks for is the other account's.
 */
export function reviewSpokes({ stage, holdings, models, invokerPolicies }: SpokesInput): {
  spokes: ReviewedSpoke[];
  findings: Finding[];
} {
  const found = new Map<
    string,
    Pick<ReviewedSpoke, 'tenant' | 'role' | 'shared' | 'externalId'> & { ids: Set<string> }
  >();
  for (const { tenant, entry } of holdings)
    for (const place of placesOf(entry)) {
      const spoke = spokeOf(at(entry, place));
      if (spoke === undefined) continue;
      const { role, shared } = spoke;
      const externalId = externalIdOf(stage, shared ? undefined : tenant);
      const name = JSON.stringify([tenant, role, externalId]);
      const one = found.get(name) ?? { tenant, role, shared, externalId, ids: new Set() };
      found.set(name, one);
      one.ids.add(entry.id);
    }
  const roles = [...new Set([...found.values()].map(({ role }) => role))];
  const spokes = [...found.values()].map(({ ids, ...spoke }): ReviewedSpoke => {
    const { tenant, role, externalId } = spoke;
    const hop = hopPolicy(role, externalId, tenant);
    const others = roles.filter((other) => other !== role);
    const tried = tryHop({ hop, tenant, role, externalId, others, models, invokerPolicies });
    return { ...spoke, hop, models: [...ids].sort(), tried };
  });
  return { spokes, findings: spokes.flatMap(findingsOf) };
}

function findingsOf({ tenant, role, tried }: ReviewedSpoke): Finding[] {
  return tried
    .filter(({ expected, allowed }) => expected !== allowed)
    .map(({ what, expected, reason }) => ({
      ...{ kind: expected ? 'broken' : 'reach', tenant, model: null, use: null, role, reached: null, action: null },
      ...{ resource: role, reason: `hop 1: ${what}: ${reason}` },
    }));
}

interface Hop {
  hop: Pick<SessionPolicy, 'document'>;
  tenant: TenantId;
  role: string;
  externalId: string;
  /** Roles that others' calls run under. */
  others: readonly string[];
  models: readonly ReviewedModel[];
  invokerPolicies: readonly Policy[];
}

/** What a session of hop 1 is meant to do, and everything else that there is to be tried. */
export function tryHop({ hop, tenant, role, externalId, others, models, invokerPolicies }: Hop): HopTried[] {
  const identity = { rolePolicies: invokerPolicies, sessionPolicy: hop.document as Policy };
  const { sessionName, sourceIdentity } = sessionNames(tenant, SOMEBODY);
  const ours: RequestContext = {
    'sts:ExternalId': externalId,
    'sts:RoleSessionName': sessionName,
    'sts:SourceIdentity': sourceIdentity,
    'aws:TagKeys': [...SESSION_TAGS],
    ...Object.fromEntries(
      SESSION_TAGS.map((key) => [`aws:RequestTag/${key}`, key === 'TenantId' ? tenant : 'example']),
    ),
  };
  const ask = (action: string, resource: string, context: RequestContext) =>
    evaluate(identity, { action, resource, context });
  const assume = (resource: string, changes: RequestContext = {}) =>
    ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'].map((action) =>
      ask(action, resource, { ...ours, ...changes }),
    );
  /** All of what one request asks must be allowed. */
  const request = (verdicts: ReturnType<typeof assume>) => verdicts.find(({ allowed }) => !allowed) ?? verdicts[0];
  const closed = (what: string, verdicts: readonly (ReturnType<typeof request> | undefined)[]): HopTried[] => {
    const telling = verdicts.find((verdict) => verdict?.allowed) ?? verdicts[0];
    if (telling === undefined) return [];
    return [{ what, ways: verdicts.length, expected: false, ...telling }];
  };
  const calls = models.flatMap(({ target }) => ACTIONS.flatMap((action) => pathsOf(target, action)));
  const open = request(assume(role)) ?? { allowed: false, reason: 'nothing asked' };
  return [
    { what: 'assume the role', ways: 1, expected: true, ...open },
    ...closed('assume it for another tenant', [request(assume(role, { 'aws:RequestTag/TenantId': `not-${tenant}` }))]),
    ...closed('assume it under other words', [request(assume(role, { 'sts:ExternalId': `${externalId}-x` }))]),
    ...closed(
      'assume another role',
      [...others, `${role}-x`].map((other) => request(assume(other))),
    ),
    ...closed(
      'call a model',
      calls.map((path) => request(path.map(({ action, resource, context }) => ask(action, resource, context)))),
    ),
  ];
}
