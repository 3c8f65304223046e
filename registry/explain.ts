import type { AllowedModel, Purpose } from '../contract/model.ts';
import type { BudgetsEntry } from './budget.ts';
import { type Decision, decideModel, isFor } from './decide.ts';
import { entitled, type Holder, hasExpired } from './entitled.ts';
import { isoSeconds } from './fields.ts';
import { grantedName } from './grant.ts';
import type { Held } from './held.ts';
import { grantKey } from './keys.ts';
import type { Unusable } from './kinds.ts';
import { usability } from './lifecycle.ts';
import type { ModelEntry } from './model.ts';
import type { TenantEntries } from './reader.ts';
import { type Standing, standingOf } from './standing.ts';
import type { TenantEntry } from './tenant.ts';
import { breadthOf, EVERYONE } from './term.ts';

/** One question of a decision, and the registry item that its answer rests on. */
export interface Step {
  question: string;
  /** Whether the call may go on; the last step of a refused call is the first that says no. */
  yes: boolean;
  because: string;
  /** `TENANT#acme GRANT#nova-lite`; null when there is none. */
  item: string | null;
  version: number | null;
}

export interface Explained {
  steps: Step[];
  /** What the data path's own function decides; null when the tenant itself is refused, before any model is looked at. */
  decision: Decision | null;
}

/** What the registry holds about one tenant and one model. */
export interface Facts {
  tenantId: string;
  modelId: string;
  /** By which the model was named, and what it says. */
  alias?: { says: string; version: number };
  /** Of the items, when they are well formed. */
  tenant: TenantEntry | undefined;
  model: ModelEntry | undefined;
  /** Of the tenant and the model, in the order in which they are asked. */
  held: readonly Held[];
  /** The tenant's own item of them; one that cannot be used is among `unusable`. */
  budgets: BudgetsEntry | undefined;
  /** Items that cannot be used. */
  unusable: readonly Unusable[];
  /** As the data path reads it; null when it finds no such tenant, or cannot say under which budgets it is. */
  entries: TenantEntries | null;
}

export interface Asked {
  action: Purpose;
  /** The caller's roles; null: whichever the grant asks for. */
  roles: readonly string[] | null;
  /** Who calls; absent: whoever the grant asks for. */
  principal?: string;
  /** Whole seconds since 1970. */
  now: number;
}

/**
 * Why a call is allowed or refused, in the order in which it is decided. The steps are for a reader; the decision beside
 * them is the data path's own, and a test holds the two together.
 */
export function explain(facts: Facts, asked: Asked): Explained {
  const { entries, modelId } = facts;
  const terms = entries?.models.filter(({ id }) => id === modelId) ?? [];
  const holder = { ...assumed(terms, asked), ...given(asked) };
  const at = chosenOf(terms, holder, asked.now);
  const held =
    entries === null || standingOf(entries, asked.now) !== 'active'
      ? null
      : entitled(entries.models, holder, asked.now);
  const decision = held && decideModel(held, modelId, asked.action, asked.now);
  return { steps: stepsOf(facts, asked, terms[at], facts.held[at], holder), decision };
}

/** Which of a model's terms is the caller's; none: the first, of which it is said that it is not. */
function chosenOf(terms: readonly AllowedModel[], holder: Holder, now: number): number {
  const mine = (term: AllowedModel): boolean => entitled([term], holder, now).length > 0;
  const current = terms.findIndex((term) => mine(term) && !hasExpired(term, now));
  return Math.max(0, current >= 0 ? current : terms.findIndex(mine));
}

/** Whoever asks for nobody in particular is one of everyone, if there is a term for everyone. */
export function assumed(terms: readonly AllowedModel[], { now }: Pick<Asked, 'now'>): Holder {
  const current = terms.filter((term) => !hasExpired(term, now));
  const { roles = [], principals = [] } =
    current.find((term) => breadthOf(term) === EVERYONE) ?? current[0] ?? terms[0] ?? {};
  return { roles, principal: principals[0] ?? '' };
}

function given({ roles, principal }: Asked): Partial<Holder> {
  return { ...(roles === null ? {} : { roles }), ...(principal === undefined ? {} : { principal }) };
}

function stepsOf(...of: Parameters<typeof chain>): Step[] {
  const steps: Step[] = [];
  for (const step of chain(...of)) {
    steps.push(step);
    if (!step.yes) break;
  }
  return steps;
}

const STANDINGS: Readonly<Record<Standing, string>> = {
  active: 'it is not suspended',
  suspended: 'it is suspended',
  expired: 'its time is over',
  offboarded: 'it was off-boarded',
};

function underText({ guardrail, guardedBy, useCases }: AllowedModel): string {
  const whose = guardedBy === undefined ? 'a' : `the ${guardedBy}’s`;
  const names = Object.keys(useCases ?? {});
  return `${guardrail === undefined ? '' : ` under ${whose} guardrail`}${names.length === 0 ? '' : `, for ${names.join(' and ')} under its own`}`;
}

/** A generator, so that no step is asked whose ground the one before it has taken away. */
function* chain(
  { tenantId, modelId, alias, tenant, model, budgets, unusable, entries }: Facts,
  { action, roles: given, principal: asked, now }: Asked,
  entry: AllowedModel | undefined,
  held: Held | undefined,
  { roles, principal }: Holder,
): Generator<Step> {
  const grant = held?.grant;
  const grantItem = grant && grantKey(grant);
  const named = {
    tenant: `TENANT#${tenantId} TENANT`,
    grant: grantItem === undefined ? `TENANT#${tenantId} GRANT#${modelId}` : `${grantItem.pk} ${grantItem.sk}`,
    model: `MODEL#${modelId} MODEL`,
    budgets: `TENANT#${tenantId} BUDGETS`,
    aliases: 'STAGE ALIASES',
  };
  const faulty = (item: string): string | undefined => {
    const found = unusable.find(({ pk, sk }) => `${pk} ${sk}` === item);
    return found && `its item cannot be used: ${found.field}: ${found.reason}`;
  };
  const step = (
    question: string,
    yes: boolean,
    because: string,
    kind: keyof typeof named,
    version: number | undefined,
  ): Step => ({ question, yes, because, item: version === undefined ? null : named[kind], version: version ?? null });

  const there = tenant !== undefined;
  yield step(
    'Does the registry know the tenant?',
    there,
    there ? `cost centre ${tenant.costCenter}` : (faulty(named.tenant) ?? 'there is no such tenant'),
    'tenant',
    tenant?.version,
  );
  const standing = tenant === undefined ? 'suspended' : standingOf(tenant, now);
  yield step('May the tenant call at all?', standing === 'active', STANDINGS[standing], 'tenant', tenant?.version);
  const inForce = entries?.budgets.length ?? 0;
  yield step(
    'Can it be told what the tenant may use up?',
    entries !== null,
    entries === null
      ? (faulty(named.budgets) ?? faulty('STAGE BUDGETS') ?? faulty('STAGE DEFAULTS') ?? 'the data path cannot say')
      : `it is under ${inForce === 0 ? 'no budget' : inForce === 1 ? '1 budget' : `${inForce} budgets`}`,
    'budgets',
    budgets?.version,
  );
  if (alias !== undefined)
    yield step('Which model does the alias mean here?', true, `${modelId}: ${alias.says}`, 'aliases', alias.version);
  yield step(
    'Does the registry hold the model?',
    model !== undefined,
    model ? (model.displayName ?? modelId) : (faulty(named.model) ?? 'there is no such model'),
    'model',
    model?.version,
  );
  if (model?.lifecycle.status === 'draft')
    yield step(
      'Is the model more than a draft?',
      false,
      'it is a draft, and active for nobody yet',
      'model',
      model.version,
    );
  yield step(
    'Was the tenant granted the model?',
    grant !== undefined,
    grant
      ? `granted ${grant.model === undefined ? `with ${grantedName(grant)} ` : ''}${new Date(grant.grantedAt).toISOString()} by ${grant.grantedBy}`
      : (faulty(named.grant) ?? 'there is no grant'),
    'grant',
    grant?.version,
  );
  yield step(
    'Do grant and model fit together?',
    entry !== undefined,
    entry ? 'the session policy can be built' : (faulty(named.grant) ?? 'the data path does not use it'),
    'grant',
    grant?.version,
  );
  if (entry === undefined) return;
  if (entry.roles !== undefined)
    yield step(
      'Does the caller have a role that the grant asks for?',
      entry.roles.some((role) => roles.includes(role)),
      given === null ? `assumed: one of ${entry.roles.join(', ')}` : `one of ${entry.roles.join(', ')} is needed`,
      'grant',
      grant?.version,
    );
  if (entry.principals !== undefined)
    yield step(
      'Is the caller one of those whom the grant names?',
      entry.principals.includes(principal),
      asked === undefined ? `assumed: ${principal}` : `it names ${entry.principals.length}`,
      'grant',
      grant?.version,
    );
  if (entry.expiresAt !== undefined)
    yield step(
      'Is the grant still in force?',
      !hasExpired(entry, now),
      `it ends at ${isoSeconds(entry.expiresAt)}`,
      'grant',
      grant?.version,
    );
  yield step(
    `Does the grant allow ${action}?`,
    isFor(entry, action),
    `it allows ${entry.actions.join(', ')}${underText(entry)}`,
    'grant',
    grant?.version,
  );
  const { state, reason } = usability(entry.lifecycle, now);
  const { sunsetAt, successor } = entry.lifecycle;
  yield step(
    'Is the model still in use?',
    state !== 'retired',
    [
      reason.replaceAll('-', ' '),
      ...(sunsetAt === undefined ? [] : [`sunset ${isoSeconds(sunsetAt)}`]),
      ...(successor === undefined ? [] : [`successor ${successor}`]),
    ].join(', '),
    'model',
    model?.version,
  );
}
