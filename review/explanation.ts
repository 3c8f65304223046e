import { isTollgateError, TollgateError } from '../contract/errors.ts';
import { guardrailOf } from '../contract/guardrails.ts';
import { type Principal, parsePrincipal, type TenantId } from '../contract/identity.ts';
import { SESSION_POLICY_MAX_CHARS } from '../contract/limits/policies.ts';
import { SESSION_SECONDS } from '../contract/limits/sessions.ts';
import type { AllowedModel, Place, Purpose, Restrictions } from '../contract/model.ts';
import { at, eachTarget, placesOf, targetsOf } from '../contract/places.ts';
import { accountOfRole, spokeOf } from '../contract/spokes.ts';
import { arnsOf, nativeIdOf } from '../policies/kinds.ts';
import { sessionNames } from '../policies/name.ts';
import { placeName } from '../policies/place.ts';
import { pathsOf } from '../policies/questions.ts';
import { callerContext, type Holding, SOMEBODY } from '../policies/review.ts';
import { type Tried, trySession } from '../policies/review-session.ts';
import { type HopTried, reviewSpokes } from '../policies/review-spokes.ts';
import { sessionPolicy } from '../policies/session.ts';
import { sharesText } from '../registry/alias.ts';
import { type Decision, decideModel } from '../registry/decide.ts';
import { entitled } from '../registry/entitled.ts';
import { explain, type Facts, type Step } from '../registry/explain.ts';
import { HELD_BY, restrictionsOf } from '../registry/restrictions.ts';
import type { Snapshot } from '../registry/snapshot.ts';
import { standingOf } from '../registry/standing.ts';
import { asTenantId } from '../registry/tenant.ts';
import { SPOKES_NOTE } from './gather.ts';
import type { Roles } from './roles.ts';
import { hopStep, type SpokeRole, spokeDocuments } from './spokes.ts';

export interface Wanted {
  tenant: string;
  model: string;
  action: Purpose;
  principal: string | undefined;
  /** Null: whichever the grant asks for. */
  roles: readonly string[] | null;
}

/** All that `policy explain` says. */
export interface Explanation {
  tenant: string;
  model: string;
  action: Purpose;
  allowed: boolean;
  /** Of the refusal; 'granted' otherwise. */
  reason: string;
  steps: Step[];
  /** What the call would run under; null when it is refused before. */
  session: SessionShown | null;
}

/** The policy of one place, and what it allows. */
export interface PolicyShown {
  /** Of a model of several places. */
  place?: string;
  policy: { chars: number; maxChars: number; hash: string; document: unknown };
  simulated: Tried[];
  /** Where it runs in another account: hop 1, and the role there. */
  spoke?: SpokeShown;
}

export interface SpokeShown {
  role: string;
  account: string;
  /** The role's trust policy is to ask for it. */
  externalId: string;
  hop1: { chars: number; maxChars: number; hash: string; document: unknown; tried: readonly HopTried[] };
  documents: SpokeRole;
}

export interface SessionShown extends PolicyShown {
  /** Of a model of several places the other ones: a call that goes on there has another session. */
  elsewhere?: PolicyShown[];
  sessionName: string;
  sourceIdentity: string;
  /** Whether the principal was made up: the names' hash is another for each. */
  principalAssumed: boolean;
  tags: Record<string, string>;
  seconds: number;
  /** Of the grant, and what it gives beyond its actions. */
  restrictions: object;
  /** Who holds each of them up, by its name. */
  heldBy: Record<string, string>;
  role: { arn: string; source: Roles['source']; policies: { name: string; document: unknown }[]; trust: unknown };
  notes: string[];
}

/** @throws TollgateError `bad_entry`, `invalid_request` for an id that is none */
export function explanationOf(
  wanted: Wanted,
  snapshot: Snapshot,
  roles: Roles,
  nowMs: number,
  stage: string,
): Explanation {
  const { action } = wanted;
  const tenant = asTenantId(wanted.tenant, 'tenant');
  const principal = parsePrincipal(wanted.principal ?? SOMEBODY, 'principal');
  const now = Math.floor(nowMs / 1000);
  const { model, alias } = meant({ ...wanted, tenant, principal, now }, snapshot);
  const entries = snapshot.entries.get(tenant) ?? null;
  const facts: Facts = {
    tenantId: tenant,
    modelId: model,
    ...(alias && { alias }),
    tenant: snapshot.tenants.find(({ id }) => id === tenant),
    model: snapshot.models.find(({ id }) => id === model),
    held: snapshot.held.filter((held) => held.tenant === tenant && held.model === model),
    budgets: snapshot.budgets.find(({ owner }) => owner === tenant),
    unusable: snapshot.unusable,
    entries,
  };
  const { steps, decision } = explain(facts, {
    action,
    roles: wanted.roles,
    now,
    ...(wanted.principal === undefined ? {} : { principal: wanted.principal }),
  });
  const base = { tenant, model, action, steps };
  const refused = (reason: string): Explanation => ({ ...base, allowed: false, reason, session: null });
  // Of a tenant that is there, only its budgets can leave the data path without an answer.
  if (entries === null) return refused(facts.tenant === undefined ? 'tenant-unknown' : 'budgets-unusable');
  if (decision === null) return refused(`tenant-${standingOf(entries, now)}`);
  if (decision.outcome === 'refused') return refused(decision.reason);
  try {
    const shown = { tenant, costCenter: entries.costCenter, principal, assumed: wanted.principal === undefined };
    const session = sessionOf(shown, decision, action, { ...snapshot, stage }, roles, now);
    const hop = hopStep([session, ...(session.elsewhere ?? [])]);
    if (hop !== undefined) steps.push(hop);
    const allowed = hop?.yes ?? true;
    return { ...base, allowed, reason: allowed ? 'granted' : 'spoke-not-listed', session };
  } catch (error) {
    if (!isTollgateError(error, 'bad_entry')) throw error;
    const reason = error.reason ?? error.code;
    const because = reason.replaceAll('-', ' ');
    steps.push({ question: 'Can a session policy be built?', yes: false, because, item: null, version: null });
    return refused(reason);
  }
}

interface Who {
  tenant: TenantId;
  costCenter: string;
  principal: Principal;
  assumed: boolean;
}

function sessionOf(
  { tenant, costCenter, principal, assumed }: Who,
  { model: entry }: Extract<Decision, { outcome: 'allowed' }>,
  action: Purpose,
  { models, stage }: Snapshot & { stage: string },
  { invoker, source, notes }: Roles,
  now: number,
): SessionShown {
  const holding: Pick<Holding, 'tenant' | 'costCenter'> = { tenant, costCenter };
  const rolePolicies = invoker.policies.map((policy) => policy.document);
  const context = callerContext(holding, action, principal);
  const spokeShown = (there: AllowedModel): SpokeShown | undefined => {
    const { spokes } = reviewSpokes({
      ...{ stage, models: eachTarget(models), invokerPolicies: rolePolicies },
      holdings: [{ tenant, entry: there }],
    });
    const [spoke] = spokes;
    if (spoke === undefined) return undefined;
    const { role, externalId, hop, tried } = spoke;
    const { text, hash, document } = hop;
    const hop1 = { chars: text.length, maxChars: SESSION_POLICY_MAX_CHARS, hash, document, tried };
    return {
      ...{ role, account: accountOfRole(role), externalId, hop1 },
      documents: spokeDocuments(spoke, invoker.arn, models),
    };
  };
  const shown = (place: Place): PolicyShown => {
    const there = at(entry, place);
    const { text, hash, document } = sessionPolicy(there.target, [action], there);
    const spoke = spokeShown(there);
    const own = spoke?.documents.policies.map((one) => one.document) ?? rolePolicies;
    const session = { text, entry: there, actions: [action], rolePolicies: own, context, now };
    return {
      ...(entry.places === undefined ? {} : { place: placeName(place) }),
      policy: { chars: text.length, maxChars: SESSION_POLICY_MAX_CHARS, hash, document },
      simulated: trySession(session, eachTarget(models)),
      ...(spoke && { spoke }),
    };
  };
  const all = placesOf(entry);
  const able = all.filter(({ target }) => pathsOf(target, action, guardrailOf({ ...entry, target })).length > 0);
  const [first, ...others] = able.length === 0 ? all : able;
  if (first === undefined) throw new TollgateError('bad_entry', { field: 'targets', reason: 'empty' });
  return {
    ...sessionNames(tenant, principal),
    principalAssumed: assumed,
    tags: { TenantId: tenant, CostCenter: costCenter },
    seconds: SESSION_SECONDS,
    restrictions: { ...restrictionsOf(entry), ...givenBy(entry) },
    heldBy: Object.fromEntries(
      Object.keys(restrictionsOf(entry)).map((name) => [name, HELD_BY[name as keyof Restrictions].by]),
    ),
    role: { arn: invoker.arn, source, policies: [...invoker.policies], trust: invoker.trust },
    ...shown(first),
    ...(others.length === 0 ? {} : { elsewhere: others.map(shown) }),
    notes: all.some((place) => spokeOf(at(entry, place)) !== undefined) ? [...notes, SPOKES_NOTE] : notes,
  };
}

function givenBy({
  guardedBy,
  direct,
  trace,
  fallbacks,
}: AllowedModel): Pick<AllowedModel, 'guardedBy' | 'direct' | 'trace' | 'fallbacks'> {
  return {
    ...(guardedBy === undefined ? {} : { guardedBy }),
    ...(direct === undefined ? {} : { direct }),
    ...(trace === undefined ? {} : { trace }),
    ...(fallbacks === undefined ? {} : { fallbacks }),
  };
}

/** As a caller may name a model: its registry id, an alias, its own id or an ARN; the tenant's own entries first. */
function meant(
  {
    model: wanted,
    tenant,
    principal,
    action,
    roles,
    now,
  }: Wanted & { tenant: TenantId; principal: Principal; now: number },
  { models, entries, aliases: [stage] }: Snapshot,
): { model: string; alias?: NonNullable<Facts['alias']> } {
  const held = entries.get(tenant)?.models ?? [];
  const all = [...held, ...models];
  const byId = all.find(({ id }) => id === wanted);
  const alias = stage?.aliases.find(({ id }) => id === wanted);
  if (byId === undefined && stage !== undefined && alias !== undefined) {
    const among = entitled(held, { principal, roles: roles ?? held.flatMap((model) => model.roles ?? []) }, now);
    const asker = { caller: { tenant, principal }, requestId: '' };
    const { model } = decideModel(among, wanted, action, now, asker);
    const [first = wanted] = Object.keys(alias.models);
    return {
      model: model?.id ?? first,
      alias: { says: `${sharesText(alias.models)}, by ${alias.by}`, version: stage.version },
    };
  }
  const found =
    byId ??
    all.find((model) => targetsOf(model).some((target) => nativeIdOf(target) === wanted)) ??
    all.find((model) => targetsOf(model).some((target) => arnsOf(target).includes(wanted)));
  return { model: found?.id ?? wanted };
}
