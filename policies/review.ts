import { asTollgateError } from '../contract/errors.ts';
import { underUseCase } from '../contract/guardrails.ts';
import { parsePrincipal, type TenantId } from '../contract/identity.ts';
import { ACTIONS, type AllowedModel, type Purpose } from '../contract/model.ts';
import { at, placesOf } from '../contract/places.ts';
import { spokeOf } from '../contract/spokes.ts';
import { directSessionNames, sessionNames } from './name.ts';
import { placeName } from './place.ts';
import { type ReviewedModel, type Session, type Tried, tooWide, trySession } from './review-session.ts';
import { type SessionPolicy, sessionPolicy } from './session.ts';
import type { Policy, RequestContext } from './simulate/types.ts';

/** What the first wall, our code, says to one action. It is given, not computed: the registry decides. */
export interface Decided {
  allowed: boolean;
  /** In kebab-case, e.g. `grant-expired`. */
  reason: string;
}

/** A model that a tenant holds, as the data path sees it. */
export interface Holding {
  tenant: TenantId;
  costCenter: string;
  entry: AllowedModel;
  decisions: Readonly<Record<Purpose, Decided>>;
}

/** What a session is made for: a call, or handing its credentials out. */
export type Use = Purpose | 'direct';

export interface ReviewInput {
  /** All of the registry, granted or not; one of several places is there once for each. */
  models: readonly ReviewedModel[];
  holdings: readonly Holding[];
  /** Every policy of the role that is assumed. */
  rolePolicies: readonly Policy[];
  /** The same of a role of another account; absent: there are none. */
  spokePolicies?: (role: string) => readonly Policy[];
  /** Whole seconds since 1970. */
  now: number;
  /** What is under review; replaced by a test that shows a broken one being found. */
  build?: typeof sessionPolicy;
}

/** Something that must not be. `reach`: more than was granted can be called. `broken`: what was granted cannot. */
export interface Finding {
  kind: 'reach' | 'broken';
  /** Whose session it is, of which entry, and what for; null where a role is at fault, whoever calls. */
  tenant: string | null;
  model: string | null;
  use: Use | null;
  /** What a call that has it says that it is for. */
  useCase?: string;
  /** Of several places the session's one. */
  place?: string;
  /** The role at fault. */
  role?: string;
  /** What is reached, or cannot be called: a registry id. */
  reached: string | null;
  action: Purpose | null;
  resource: string;
  reason: string;
}

/** A session that a tenant can get. */
export interface ReviewedSession {
  tenant: TenantId;
  model: string;
  use: Use;
  /** What a call that has it says that it is for. */
  useCase?: string;
  /** Where, of several places: each has a session of its own. */
  place?: string;
  decided: Decided;
  /** Hash of its policy; null when none can be built, and then `refused` says why. */
  policy: string | null;
  refused?: string;
}

/** One policy, however many sessions have it. */
export interface ReviewedPolicy {
  hash: string;
  text: string;
  model: string;
  actions: readonly Purpose[];
  /** Everything that it was tried against. */
  questions: number;
  /** What of it the simulation allows. */
  allows: readonly Pick<Tried, 'model' | 'action' | 'way'>[];
}

export interface Reviewed {
  sessions: ReviewedSession[];
  /** In the order of their first session. */
  policies: ReviewedPolicy[];
  findings: Finding[];
}

/**
 * Every session that any tenant can get, built by the code that builds them for calls, and tried by IAM's rules against
 * every model and action. Entries that our code refuses today (retired, expired) are tried too: IAM must hold without it.
 */
export function review(input: ReviewInput): Reviewed {
  const sessions: ReviewedSession[] = [];
  const policies = new Map<string, ReviewedPolicy>();
  const findings: Finding[] = [];
  const known = new Map<string, Made>();
  const personal = dependsOnCaller(input.rolePolicies);

  for (const holding of input.holdings.flatMap(forEachUseCase).flatMap(inEachPlace))
    for (const { use, decided, actions } of usesOf(holding)) {
      const { tenant, entry, place } = holding;
      const { useCase } = entry;
      const where = { ...(useCase === undefined ? {} : { useCase }), ...(place === undefined ? {} : { place }) };
      const about = { tenant, model: entry.id, use, ...where };
      const { id, target, guardrail, regions, tiers, expiresAt } = entry;
      const spoke = spokeOf(entry)?.role;
      // Tenants share most policies; what comes of one is the same for all, unless the role looks at who calls.
      const caller = personal ? [tenant, use] : null;
      const key = JSON.stringify([id, target, guardrail, regions, tiers, expiresAt, actions, caller, spoke]);
      const made = known.get(key) ?? make(input, entry, actions, callerContext(holding, use));
      known.set(key, made);
      if ('refused' in made) {
        sessions.push({ ...about, decided, policy: null, refused: made.refused });
        if (decided.allowed && made.refused !== 'action-not-available')
          findings.push({
            ...about,
            kind: 'broken',
            reached: entry.id,
            action: null,
            resource: '',
            reason: made.refused,
          });
        continue;
      }
      const { text, hash, result } = made;
      sessions.push({ ...about, decided, policy: hash });
      if (!policies.has(hash))
        policies.set(hash, {
          hash,
          text,
          model: entry.id,
          actions,
          questions: result.questions,
          allows: result.allows,
        });
      for (const fault of result.faults)
        if (fault.kind === 'reach' || decided.allowed) findings.push({ ...about, ...fault });
    }
  return { sessions, policies: [...policies.values()], findings };
}

/** As calls have it that say nothing, and as those have it that name one of its use cases. */
function forEachUseCase(holding: Holding): Holding[] {
  const { entry } = holding;
  const names = Object.keys(entry.useCases ?? {});
  return [holding, ...names.map((name) => ({ ...holding, entry: underUseCase(entry, name) }))];
}

function inEachPlace(holding: Holding): (Holding & { place?: string })[] {
  const { entry } = holding;
  if (entry.places === undefined) return [holding];
  return placesOf(entry).map((place) => ({ ...holding, entry: at(entry, place), place: placeName(place) }));
}

type Fault = Omit<Finding, 'tenant' | 'model' | 'use' | 'useCase' | 'place'>;

interface Result {
  questions: number;
  allows: ReviewedPolicy['allows'];
  faults: Fault[];
}

/**
 * The sessions that an entry can lead to: one for each action, one for its guardrail alone, and one for all where credentials
 * are handed out.
 */
export function usesOf({
  entry,
  decisions,
}: Pick<Holding, 'entry' | 'decisions'>): { use: Use; decided: Decided; actions: readonly Purpose[] }[] {
  const purposes: Purpose[] = entry.guardrail === undefined ? entry.actions : [...entry.actions, 'guard'];
  const each = purposes.map((action) => ({ use: action, decided: decisions[action], actions: [action] }));
  if (entry.direct !== true) return each;
  const decided = entry.actions.map((action) => decisions[action]).find(({ allowed }) => allowed);
  const [first] = each;
  return [
    ...each,
    {
      use: 'direct',
      decided: decided ?? first?.decided ?? { allowed: false, reason: 'no-action' },
      actions: ACTIONS.filter((action) => entry.actions.includes(action)),
    },
  ];
}

/** A session's policy, and what comes of it. */
type Made = { text: string; hash: string; result: Result } | { refused: string };

function make(
  { build = sessionPolicy, models, now, ...input }: ReviewInput,
  entry: AllowedModel,
  actions: readonly Purpose[],
  context: RequestContext,
): Made {
  let policy: Pick<SessionPolicy, 'text' | 'hash'>;
  try {
    policy = build(entry.target, actions, entry);
  } catch (error) {
    const { reason, code } = asTollgateError(error);
    return { refused: reason ?? code };
  }
  const { text, hash } = policy;
  const spoke = spokeOf(entry);
  const rolePolicies = spoke === undefined ? input.rolePolicies : (input.spokePolicies?.(spoke.role) ?? []);
  return { text, hash, result: tried({ text, entry, actions, rolePolicies, now, context }, models) };
}

function tried(session: Session, models: readonly ReviewedModel[]): Result {
  const all = trySession(session, models);
  const faults = all
    .filter(({ expected, allowed }) => expected !== allowed)
    .map(({ expected, model, action, resource, reason, way }): Fault => {
      const how = expected || way === 'as-listed' ? reason : `${way.replace('-', ' ')}: ${reason}`;
      return { kind: expected ? 'broken' : 'reach', reached: model, action, resource, reason: how };
    });
  const wide = tooWide(session);
  if (wide !== undefined) faults.push({ kind: 'reach', reached: session.entry.id, action: null, ...wide });
  const allows = all.filter(({ allowed }) => allowed).map(({ model, action, way }) => ({ model, action, way }));
  return { questions: all.length, allows, faults };
}

/** Any principal's session is as any other's: IAM is shown its name, and no policy of ours looks at it. */
export const SOMEBODY = parsePrincipal('somebody');

/** The condition keys of a fresh session's requests. @param who whose session; policies do not depend on it */
export function callerContext(
  { tenant, costCenter }: Pick<Holding, 'tenant' | 'costCenter'>,
  use: Use,
  who = SOMEBODY,
): RequestContext {
  const names = use === 'direct' ? directSessionNames(tenant, who) : sessionNames(tenant, who);
  return {
    'aws:userid': `AROA:${names.sessionName}`,
    'aws:SourceIdentity': names.sourceIdentity,
    'aws:PrincipalTag/TenantId': tenant,
    'aws:PrincipalTag/CostCenter': costCenter,
  };
}

function dependsOnCaller(policies: readonly Policy[]): boolean {
  return /aws:(PrincipalTag|userid|SourceIdentity)|\$\{/i.test(JSON.stringify(policies));
}
