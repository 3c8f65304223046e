import { guardrailOf } from '../contract/guardrails.ts';
import type { AllowedModel, Purpose } from '../contract/model.ts';
import { eachTarget, targetsOf } from '../contract/places.ts';
import { pathsOf } from '../policies/questions.ts';
import {
  type Decided,
  type Finding,
  type Holding,
  type Reviewed,
  type ReviewedSession,
  review,
  type Use,
} from '../policies/review.ts';
import { type RolesReviewed, reviewRoles } from '../policies/review-roles.ts';
import { type ReviewedSpoke, reviewSpokes } from '../policies/review-spokes.ts';
import { decideModel } from '../registry/decide.ts';
import type { TenantEntries } from '../registry/reader.ts';
import { type Risk, risks } from '../registry/risks.ts';
import type { RegistryChange, Snapshot } from '../registry/snapshot.ts';
import { standingOf } from '../registry/standing.ts';
import type { PastReview, ReviewRecord } from './record.ts';
import type { Roles } from './roles.ts';
import { type SpokeRole, spokeDocuments } from './spokes.ts';

/** Since when the changes are listed, and why since then. */
export interface Since {
  /** ISO 8601; null: since there was a registry. */
  at: string | null;
  /** Since the edit of this number, where a review recorded it. */
  edit?: number;
  why: string;
}

export interface PolicyChange {
  /** `tenant model use` */
  session: string;
  change: 'new' | 'changed' | 'gone';
}

/** Everything that the page, the text and the JSON say. */
export interface Review {
  /** ISO 8601. */
  at: string;
  by: string;
  stage: string;
  region: string;
  snapshot: Snapshot;
  holdings: Holding[];
  roles: Roles;
  reviewed: Reviewed;
  rolesReviewed: RolesReviewed;
  /** Roles of other accounts that calls run under, by tenant. */
  spokes: (ReviewedSpoke & { documents: SpokeRole })[];
  findings: Finding[];
  risks: Risk[];
  since: Since;
  changes: RegistryChange[];
  /** Null when no earlier review was recorded. */
  policyChanges: PolicyChange[] | null;
  notes: string[];
}

export interface Gathered {
  /** Milliseconds since 1970. */
  now: number;
  by: string;
  stage: string;
  region: string;
  snapshot: Snapshot;
  roles: Roles;
  /** The review that this one is compared with. */
  previous: PastReview | undefined;
  /** Asked for: ISO 8601. */
  since: string | undefined;
  notes: readonly string[];
}

export function assemble({ now, by, stage, region, snapshot, roles, previous, since, notes }: Gathered): Review {
  const seconds = Math.floor(now / 1000);
  const holdings = [...snapshot.entries.values()].flatMap((entries) => holdingsOf(entries, seconds));
  const rolePolicies = roles.invoker.policies.map(({ document }) => document);
  const models = eachTarget(snapshot.models);
  const spokes = reviewSpokes({ stage, holdings, models, invokerPolicies: rolePolicies });
  const documented = spokes.spokes.map((spoke) => ({
    ...spoke,
    documents: spokeDocuments(spoke, roles.invoker.arn, snapshot.models),
  }));
  const bounds = new Map(
    documented.map(({ role, documents }) => [role, documents.policies.map((one) => one.document)]),
  );
  const spokePolicies = (role: string) => bounds.get(role) ?? [];
  const reviewed = review({ models, holdings, rolePolicies, spokePolicies, now: seconds });
  const rolesReviewed = reviewRoles({ ...roles, models });
  const from = sinceOf(since, previous);
  return {
    at: new Date(now).toISOString(),
    by,
    stage,
    region,
    snapshot,
    holdings,
    roles,
    reviewed,
    rolesReviewed,
    spokes: documented,
    findings: [...reviewed.findings, ...rolesReviewed.findings, ...spokes.findings],
    risks: risks({ ...snapshot, now: seconds }),
    since: from,
    changes: snapshot.changes.filter(isAfter(from)),
    policyChanges: previous === undefined ? null : policyChanges(previous.policies, policiesOf(reviewed)),
    notes: [...roles.notes, ...notes, ...(documented.length === 0 ? [] : [SPOKES_NOTE])],
  };
}

/**
 * What the log numbers is after what it numbered less, whatever a clock said; where no number was recorded, and for what is older
 * than the log, time decides.
 */
function isAfter({ at, edit }: Since): (change: Pick<RegistryChange, 'at' | 'edit'>) => boolean {
  return (change) => {
    if (at === null) return true;
    return edit === undefined || change.edit === undefined ? change.at > at : change.edit > edit;
  };
}

/** Of roles that are another account's. */
export const SPOKES_NOTE = 'Roles of other accounts were not read: they are taken to be what infra/spoke.ts deploys';

/** The sessions of a tenant's model. */
export function sessionsOf({ sessions }: Reviewed): (tenant: string, model: string) => readonly ReviewedSession[] {
  const known = Map.groupBy(sessions, ({ tenant, model }) => `${tenant} ${model}`);
  return (tenant, model) => known.get(`${tenant} ${model}`) ?? [];
}

/** Whether a tenant could reach what it was not granted. What was granted and is refused harms the tenant, not others. */
export function isOpen({ findings }: Pick<Review, 'findings'>): boolean {
  return findings.some(({ kind }) => kind === 'reach');
}

export function recordOf({ at, by, snapshot, findings, reviewed, roles }: Review): ReviewRecord {
  const { tenants, models, grants } = snapshot;
  const counts = {
    tenants: tenants.length,
    models: models.length,
    grants: grants.length,
    findings: findings.length,
  };
  const edit = snapshot.changes.reduce((last, change) => Math.max(last, change.edit ?? 0), 0);
  const seen = roles.source === 'deployed' ? { roles } : {};
  return { at, by, edit, counts, policies: policiesOf(reviewed), ...seen };
}

/** A tenant's entries with what the registry decides about each; whoever calls is taken to be one whom the grant is for. */
export function holdingsOf({ id, costCenter, models, ...tenant }: TenantEntries, now: number): Holding[] {
  const standing = standingOf(tenant, now);
  const decided = (entry: AllowedModel, action: Purpose): Decided => {
    if (standing !== 'active') return { allowed: false, reason: `tenant-${standing}` };
    const decision = decideModel([entry], entry.id, action, now);
    if (decision.outcome === 'refused') return { allowed: false, reason: decision.reason };
    // Decided by name alone; that this kind of model has no such action shows when the session policy is built.
    if (targetsOf(entry).every((target) => pathsOf(target, action, guardrailOf({ ...entry, target })).length === 0))
      return { allowed: false, reason: 'action-not-available' };
    return { allowed: true, reason: decision.deprecated ? 'deprecated' : 'granted' };
  };
  return models.map((entry) => ({
    tenant: id,
    costCenter,
    entry,
    decisions: {
      invoke: decided(entry, 'invoke'),
      stream: decided(entry, 'stream'),
      count: decided(entry, 'count'),
      guard: decided(entry, 'guard'),
      generate: decided(entry, 'generate'),
      rerank: decided(entry, 'rerank'),
    },
  }));
}

/** `stream`, `stream for drafts`, or `stream at us-west-2 amazon.nova-lite-v1:0`. */
export function usedFor({
  use,
  useCase,
  place,
}: {
  use: Use | null;
  useCase?: string | undefined;
  place?: string | undefined;
}): string {
  const said = useCase === undefined ? String(use) : `${use} for ${useCase}`;
  return place === undefined ? said : `${said} at ${place}`;
}

function sinceOf(since: string | undefined, previous: PastReview | undefined): Since {
  if (since !== undefined) return { at: since, why: 'as asked for' };
  if (previous === undefined) return { at: null, why: 'no earlier review was recorded' };
  const { at, edit, by } = previous;
  return { at, ...(edit === undefined ? {} : { edit }), why: `the review that ${by} recorded` };
}

function policiesOf({ sessions }: Reviewed): Record<string, string> {
  return Object.fromEntries(
    sessions.flatMap(({ tenant, model, use, useCase, place, policy }) =>
      policy === null ? [] : [[[tenant, model, usedFor({ use, useCase, place })].join(' '), policy]],
    ),
  );
}

function policyChanges(before: Record<string, string>, after: Record<string, string>): PolicyChange[] {
  const [old, now] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((session) => old.get(session) !== now.get(session))
    .sort()
    .map((session) => ({
      session,
      change: !old.has(session) ? 'new' : !now.has(session) ? 'gone' : 'changed',
    }));
}
