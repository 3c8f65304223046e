import type { Budget } from '../contract/budget.ts';
import { ACTIONS } from '../contract/model.ts';
import { eachTarget, targetsOf } from '../contract/places.ts';
import { arnsOf } from '../policies/kinds.ts';
import { calledOn } from '../policies/place.ts';
import type { AliasesEntry } from './alias.ts';
import { type BudgetsEntry, budgetsInForce, EVERY_TENANT } from './budget.ts';
import { hasExpired } from './entitled.ts';
import { notPassed } from './evaluation/standing.ts';
import { isoSeconds } from './fields.ts';
import type { Held } from './held.ts';
import type { Unusable } from './kinds.ts';
import { usability } from './lifecycle.ts';
import type { ModelEntry } from './model.ts';
import { isDirect, lostWhenDirect } from './restrictions.ts';
import type { TenantEntry } from './tenant.ts';

/** What is allowed as it stands, and what somebody should want to look at. */
export interface Risk {
  /** In kebab-case. */
  kind: string;
  level: 'high' | 'medium' | 'low';
  /** A sentence. */
  what: string;
  /** `acme nova-lite`, `acme`, or an item's key: what it is true of, in order. */
  of: string[];
}

export interface Registered {
  tenants: readonly TenantEntry[];
  models: readonly ModelEntry[];
  held: readonly Held[];
  budgets: readonly BudgetsEntry[];
  aliases: readonly AliasesEntry[];
  unusable: readonly Unusable[];
  /** Whole seconds since 1970. */
  now: number;
}

/** Regions from which on an entry is called a wide one: more than the largest country's own in-country profile spans. */
const MANY_REGIONS = 4;

/** The same, found by name: a registry has ten thousands of grants. */
interface Known extends Registered {
  model(id: string): ModelEntry | undefined;
  isTenant(id: string): boolean;
  /** What a tenant holds, by model. */
  heldBy(tenant: string): ReadonlySet<string>;
  budgetsOf(tenant: string): Budget[];
}

function knownOf(registered: Registered): Known {
  const models = new Map(registered.models.map((model) => [model.id, model]));
  const tenants = new Set<string>(registered.tenants.map(({ id }) => id));
  const held = new Map(
    [...Map.groupBy(registered.held, ({ tenant }) => String(tenant))].map(([tenant, own]) => [
      tenant,
      new Set(own.map(({ model }) => model)),
    ]),
  );
  const budgets = new Map(registered.budgets.map((entry) => [String(entry.owner), entry.budgets]));
  const none = new Set<string>();
  return {
    ...registered,
    model: (id) => models.get(id),
    isTenant: (id) => tenants.has(id),
    heldBy: (tenant) => held.get(tenant) ?? none,
    budgetsOf: (tenant) => budgetsInForce(budgets.get(tenant) ?? [], budgets.get(EVERY_TENANT) ?? []),
  };
}

/** @returns those that there are, the worst first; each names everything that it is true of */
export function risks(registered: Registered): Risk[] {
  const order = ['high', 'medium', 'low'];
  const known = knownOf(registered);
  return RULES.map(({ of, ...rule }) => ({ ...rule, of: [...new Set(of(known))].sort() }))
    .filter(({ of }) => of.length > 0)
    .sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}

const nameOf = ({ tenant, model }: Pick<Held, 'tenant' | 'model'>): string => `${tenant} ${model}`;

const grantsWhere =
  (holds: (grant: Held, known: Known) => boolean) =>
  (known: Known): string[] =>
    known.held.filter((grant) => holds(grant, known)).map(nameOf);

function stateOf(grant: Held, { model: modelOf, now }: Known): string | undefined {
  const model = modelOf(grant.model);
  return model && usability(model.lifecycle, now).state;
}

const RULES: readonly (Omit<Risk, 'of'> & { of: (known: Known) => string[] })[] = [
  {
    kind: 'unusable-item',
    level: 'high',
    what: 'The item cannot be used: what it was meant to allow is refused, and what it was meant to forbid is not known.',
    of: ({ unusable }) => unusable.map(({ pk, sk, field, reason }) => `${pk} ${sk} (${field}: ${reason})`),
  },
  {
    kind: 'direct-mode',
    level: 'high',
    what: 'Credentials are handed out: calls made with them pass by the gateway, its budgets, caps and metering.',
    of: grantsWhere(isDirect),
  },
  {
    kind: 'direct-past-budgets',
    level: 'high',
    what: 'Credentials are handed out to a tenant under hard budgets, which neither count nor stop calls made with them.',
    of: ({ held, budgetsOf }) =>
      held.filter(isDirect).flatMap((grant) => {
        const hard = budgetsOf(grant.tenant).filter(boundsCalls);
        return hard.length === 0 ? [] : [`${nameOf(grant)} (${hard.map(({ id }) => id).join(', ')})`];
      }),
  },
  {
    kind: 'direct-not-honoured',
    level: 'medium',
    what: 'The grant says that credentials are handed out, and demands what those would be free of: none are.',
    of: ({ held }) =>
      held
        .filter((grant) => grant.direct === true && !isDirect(grant))
        .map((grant) => `${nameOf(grant)} (${lostWhenDirect(grant).join(', ')})`),
  },
  {
    kind: 'every-model',
    level: 'medium',
    what: 'The tenant is granted every model of the registry.',
    of: ({ tenants, models, heldBy }) =>
      models.length < 2
        ? []
        : tenants.map(({ id }) => id).filter((id) => models.every((model) => heldBy(id).has(model.id))),
  },
  {
    kind: 'retired-model',
    level: 'medium',
    what: 'The model is retired and still granted: restoring it gives it back to this tenant.',
    of: grantsWhere((grant, registered) => stateOf(grant, registered) === 'retired'),
  },
  {
    kind: 'deprecated-model',
    level: 'medium',
    what: 'The model is near its end and still granted.',
    of: grantsWhere((grant, registered) => stateOf(grant, registered) === 'deprecated'),
  },
  {
    kind: 'not-evaluated',
    level: 'medium',
    what: 'The model requires an evaluation that its version has not passed, and is still granted.',
    of: grantsWhere(({ model }, { model: modelOf }) => {
      const found = modelOf(model);
      return found !== undefined && notPassed(found) !== undefined;
    }),
  },
  {
    kind: 'retired-share',
    level: 'medium',
    what: 'The alias names a model that is retired, or that the registry does not hold: its share falls to the others.',
    of: ({ aliases, model: modelOf, now }) =>
      aliases
        .flatMap((entry) => entry.aliases)
        .flatMap((alias) =>
          Object.keys(alias.models)
            .filter((id) => {
              const model = modelOf(id);
              return model === undefined || usability(model.lifecycle, now).state === 'retired';
            })
            .map((id) => `${alias.id} (${id})`),
        ),
  },
  {
    kind: 'missing-model',
    level: 'medium',
    what: 'The grant is of a model that the registry does not hold: whoever adds one of that name gives it to this tenant.',
    of: grantsWhere(
      ({ model }, { model: modelOf, unusable }) =>
        modelOf(model) === undefined && !unusable.some(({ pk }) => pk === `MODEL#${model}`),
    ),
  },
  {
    kind: 'missing-tenant',
    level: 'medium',
    what: 'The grant is of a tenant that the registry does not hold: whoever adds one of that name gives it this model.',
    of: grantsWhere(
      ({ tenant }, { isTenant, unusable }) =>
        !isTenant(tenant) && !unusable.some(({ pk, sk }) => pk === `TENANT#${tenant}` && sk === 'TENANT'),
    ),
  },
  {
    kind: 'suspended-tenant',
    level: 'medium',
    what: 'The tenant is suspended and keeps its grants: resuming it gives them back.',
    of: ({ tenants, heldBy }) =>
      tenants.filter(({ id, suspended }) => suspended && heldBy(id).size > 0).map(({ id }) => id),
  },
  {
    kind: 'no-hard-budget',
    level: 'medium',
    what: 'No hard budget ends what the tenant may use up.',
    of: ({ tenants, heldBy, budgetsOf }) =>
      tenants
        .map(({ id }) => id)
        .filter((id) => heldBy(id).size > 0)
        .filter((id) => !budgetsOf(id).some(boundsCalls)),
  },
  {
    kind: 'shared-resource',
    level: 'medium',
    what: 'The entries name one resource: to IAM a grant of one is a grant of the other, without the other’s restrictions.',
    of: ({ models }) => sharing(models),
  },
  {
    kind: 'global-profile',
    level: 'medium',
    what: 'The model may run in any region that AWS chooses.',
    of: ({ models }) => models.filter((model) => regionsOf(model).has('')).map(({ id }) => id),
  },
  {
    kind: 'expired-grant',
    level: 'low',
    what: 'The grant has expired and can be revoked.',
    of: ({ held, now }) =>
      held
        .filter((grant) => hasExpired(grant, now))
        .map((grant) => `${nameOf(grant)} (${isoSeconds(grant.expiresAt ?? 0)})`),
  },
  {
    kind: 'many-regions',
    level: 'low',
    what: `The model may run in ${MANY_REGIONS} regions or more.`,
    of: ({ models }) => models.filter((model) => regionsOf(model).size >= MANY_REGIONS).map(({ id }) => id),
  },
  {
    kind: 'no-expiry',
    level: 'low',
    what: 'The grant has no end.',
    of: grantsWhere(({ expiresAt }) => expiresAt === undefined),
  },
  {
    kind: 'all-actions',
    level: 'low',
    what: 'The grant is of every action.',
    of: grantsWhere(({ actions }) => ACTIONS.every((action) => actions.includes(action))),
  },
  {
    kind: 'idle-tenant',
    level: 'low',
    what: 'The tenant has no grant: its tokens open nothing.',
    of: ({ tenants, heldBy }) => tenants.map(({ id }) => id).filter((id) => heldBy(id).size === 0),
  },
];

function regionsOf(model: ModelEntry): Set<string> {
  return new Set(targetsOf(model).flatMap((target) => arnsOf(target).map((arn) => arn.split(':')[3] ?? '')));
}

/** By what a call is authorised on first; a profile's models are bound to the profile. */
function sharing(models: readonly ModelEntry[]): string[] {
  const byArn = new Map<string, string[]>();
  for (const { id, target } of eachTarget(models)) {
    const key = calledOn(target);
    byArn.set(key, [...(byArn.get(key) ?? []), id]);
  }
  return [...byArn.values()].filter((ids) => ids.length > 1).map((ids) => ids.sort().join(' = '));
}

/** How many credentials are handed out says nothing of what is done with them. */
function boundsCalls({ enforcement, unit }: Budget): boolean {
  return enforcement === 'hard' && unit !== 'credentials';
}
