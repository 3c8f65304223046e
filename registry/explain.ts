import type { AllowedModel, Purpose } from '../contract/model.ts';
import type { BudgetsEntry } from './budget.ts';
import { type Decision, decideModel, isFor } from './decide.ts';
import { entitled, hasExpired } from './entitled.ts';
import { isoSeconds } from './fields.ts';
import type { Grant } from './grant.ts';
import type { Unusable } from './kinds.ts';
import { usability } from './lifecycle.ts';
import type { ModelEntry } from './model.ts';
import type { TenantEntries } from './reader.ts';
import type { TenantEntry } from './tenant.ts';

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
  grant: Grant | undefined;
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
  /** Whole seconds since 1970. */
  now: number;
}

/**
 * Why a call is allowed or refused, in the order in which it is decided. The steps are for a reader; the decision beside
 * them is the data path's own, and a test holds the two together.
 */
export function explain(facts: Facts, asked: Asked): Explained {
  const { entries, modelId } = facts;
  const entry = entries?.models.find(({ id }) => id === modelId);
  const roles = asked.roles ?? entry?.roles ?? [];
  const held = entries === null || entries.suspended ? null : entitled(entries.models, roles);
  const decision = held && decideModel(held, modelId, asked.action, asked.now);
  return { steps: stepsOf(facts, asked, entry, roles), decision };
}

function stepsOf(facts: Facts, asked: Asked, entry: AllowedModel | undefined, roles: readonly string[]): Step[] {
  const steps: Step[] = [];
  for (const step of chain(facts, asked, entry, roles)) {
    steps.push(step);
    if (!step.yes) break;
  }
  return steps;
}

/** A generator, so that no step is asked whose ground the one before it has taken away. */
function* chain(
  { tenantId, modelId, alias, tenant, model, grant, budgets, unusable, entries }: Facts,
  { action, roles: given, now }: Asked,
  entry: AllowedModel | undefined,
  roles: readonly string[],
): Generator<Step> {
  const named = {
    tenant: `TENANT#${tenantId} TENANT`,
    grant: `TENANT#${tenantId} GRANT#${modelId}`,
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
  yield step(
    'May the tenant call at all?',
    tenant?.suspended === false,
    tenant?.suspended === false ? 'it is not suspended' : 'it is suspended',
    'tenant',
    tenant?.version,
  );
  const inForce = entries?.budgets.length ?? 0;
  yield step(
    'Can it be told what the tenant may use up?',
    entries !== null,
    entries === null
      ? (faulty(named.budgets) ?? faulty('STAGE BUDGETS') ?? 'the data path cannot say')
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
      ? `granted ${new Date(grant.grantedAt).toISOString()} by ${grant.grantedBy}`
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
    `it allows ${entry.actions.join(', ')}${entry.guardrail === undefined ? '' : ' under a guardrail'}`,
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
