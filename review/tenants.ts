import type { TenantId } from '../contract/identity.ts';
import { ACTIONS } from '../contract/model.ts';
import { eachTarget, placesOf } from '../contract/places.ts';
import type { Risk } from '../registry/risks.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import { type Standing, standingOf } from '../registry/standing.ts';
import { isOpen, type PolicyChange, type Review, sessionsOf, usedFor } from './gather.ts';
import type { PastReview } from './record.ts';

/** A review of some of a stage’s tenants: what a page of a list, or of one tenant, says of it. */

/** One tenant in a list: how much was tried of it, and what came of that. */
export interface TenantReviewed {
  tenant: string;
  displayName?: string;
  standing: Standing;
  models: number;
  sessions: number;
  /** Session policies, each once. */
  policies: number;
  /** Calls that were simulated under them. */
  questions: number;
  /** Findings: what goes beyond a grant, and granted calls that IAM would deny. */
  reach: number;
  broken: number;
  /** Session policies that differ from those of the review that this one is compared with; null: there is none. */
  changed: number | null;
}

/** @param now whole seconds since 1970 */
export function tenantsReviewed(review: Review, now: number): TenantReviewed[] {
  const { snapshot, reviewed, holdings } = review;
  const questions = new Map(reviewed.policies.map((policy) => [policy.hash, policy.questions]));
  const sessions = Map.groupBy(reviewed.sessions, ({ tenant }) => String(tenant));
  const models = Map.groupBy(holdings, ({ tenant }) => String(tenant));
  const findings = Map.groupBy(review.findings, ({ tenant }) => tenant);
  const changes = Map.groupBy(review.policyChanges ?? [], ({ session }) => tenantIn(session));
  return snapshot.tenants.map((entry) => {
    const own = sessions.get(entry.id) ?? [];
    const hashes = new Set(own.flatMap(({ policy }) => policy ?? []));
    const found = findings.get(entry.id) ?? [];
    return {
      tenant: entry.id,
      ...(entry.displayName === undefined ? {} : { displayName: entry.displayName }),
      standing: standingOf(entry, now),
      models: new Set((models.get(entry.id) ?? []).map((one) => one.entry.id)).size,
      sessions: own.length,
      policies: hashes.size,
      questions: [...hashes].reduce((sum, hash) => sum + (questions.get(hash) ?? 0), 0),
      reach: found.filter(({ kind }) => kind === 'reach').length,
      broken: found.filter(({ kind }) => kind === 'broken').length,
      changed: review.policyChanges === null ? null : (changes.get(entry.id)?.length ?? 0),
    };
  });
}

/**
 * Those first tenants whose policies can be tried with so many questions, one at least. Each policy is asked of every model and
 * action, and one that several sessions have is tried once.
 */
export function withinQuestions(
  { entries, models }: Pick<Snapshot, 'entries' | 'models'>,
  tenants: readonly TenantId[],
  most: number,
): readonly TenantId[] {
  const ofEach = Math.max(1, eachTarget(models).length) * ACTIONS.length;
  const known = new Set<string>();
  let questions = 0;
  const over = tenants.findIndex((id) => {
    for (const entry of entries.get(id)?.models ?? []) {
      const { target, places, spokeRole, guardrail, useCases, regions, tiers, expiresAt, actions } = entry;
      const policy = JSON.stringify([
        target,
        places,
        spokeRole,
        guardrail,
        useCases,
        regions,
        tiers,
        expiresAt,
        actions,
      ]);
      if (known.has(policy)) continue;
      known.add(policy);
      questions += ofEach * entry.actions.length * placesOf(entry).length;
    }
    return questions > most;
  });
  return over < 0 ? tenants : tenants.slice(0, Math.max(1, over));
}

/** Of an earlier review what it recorded of the tenants that `holds` is true of. */
export function ofTenants(
  previous: PastReview | undefined,
  holds: (tenant: string) => boolean,
): PastReview | undefined {
  if (previous === undefined) return undefined;
  const own = Object.entries(previous.policies).filter(([session]) => holds(tenantIn(session)));
  return { ...previous, policies: Object.fromEntries(own) };
}

/** `acme nova-lite stream`: a tenant's id has no space. */
function tenantIn(session: string): string {
  return session.slice(0, session.indexOf(' '));
}

/** One tenant: its sessions, and the policy of each as it is built for calls, with what it allows of all that was tried. */
export interface TenantReview {
  at: string;
  tenant: string;
  closed: boolean;
  findings: Review['findings'];
  risks: Risk[];
  decisions: object[];
  /** `for` is what the session is for: `stream`, `stream for drafts`. */
  sessions: (Review['reviewed']['sessions'][number] & { for: string })[];
  policies: object[];
  /** Roles of other accounts that its calls run under. */
  spokes: object[];
  roles: { source: string };
  policyChanges: PolicyChange[] | null;
  notes: string[];
}

/**
 * @param may whether whoever reads it may know of a model: what others hold is left out
 */
export function tenantReview(review: Review, tenant: string, may: (model: string) => boolean): TenantReview {
  const { at, holdings, reviewed, findings, roles, policyChanges, notes } = review;
  const own = sessionsOf(reviewed);
  return {
    at,
    tenant,
    closed: !isOpen(review),
    findings: findings.map((one) =>
      one.reached === null || may(one.reached) ? one : { ...one, reached: null, resource: '' },
    ),
    risks: review.risks.filter(({ kind }) => OF_TENANT.has(kind)),
    decisions: holdings.map(({ entry, decisions }) => ({ model: entry.id, ...decisions })),
    sessions: [...new Set(holdings.map(({ entry }) => entry.id))].flatMap((model) =>
      own(tenant, model).map((session) => ({ ...session, for: usedFor(session) })),
    ),
    policies: reviewed.policies.map(({ text, allows, ...policy }) => ({
      ...policy,
      allows: allows.filter(({ model }) => may(model)),
      chars: text.length,
      document: JSON.parse(text) as unknown,
    })),
    spokes: review.spokes.map(({ role, externalId, models, tried }) => ({ role, externalId, models, tried })),
    roles: { source: roles.source },
    policyChanges,
    notes,
  };
}

/** Those that are of a tenant or its grants; the others are of the stage. */
const OF_TENANT: ReadonlySet<string> = new Set([
  ...['direct-mode', 'direct-past-budgets', 'direct-not-honoured', 'every-model', 'retired-model', 'deprecated-model'],
  ...['not-evaluated', 'missing-model', 'suspended-tenant', 'no-hard-budget', 'expired-grant', 'no-expiry'],
  ...['all-actions', 'idle-tenant'],
]);
