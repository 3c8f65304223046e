import { isDeepStrictEqual } from 'node:util';
import type { Budget } from '../contract/budget.ts';
import type { Place } from '../contract/model.ts';
import type { AccessRequest } from './access-request.ts';
import type { Alias, AliasesEntry } from './alias.ts';
import type { BudgetsEntry } from './budget.ts';
import type { ClientEntry } from './client.ts';
import { valueText } from './difference-text.ts';
import type { Grant } from './grant.ts';
import type { Document } from './items.ts';
import type { ModelEntry } from './model.ts';
import type { TenantEntry } from './tenant.ts';
import {
  atMost,
  type Class,
  type Classes,
  demands,
  dropped,
  each,
  found,
  gives,
  lets,
  listOf,
  measures,
  members,
  membersOf,
  nameOf,
  names,
  namesOf,
  nothing,
  only,
  own,
  type Value,
  type Widening,
} from './widening/classes.ts';

export type { Widening };

/**
 * What of an edit lets somebody do more than before, or something else, for whoever is about to make it. A member of an entry that
 * has no class here does not compile.
 */

/** Whoever holds the model is answered by another one, or by it under another account’s role. */
const answers: Class = (before, after, at) => {
  if (at.holders.length === 0 || isDeepStrictEqual(whereOf(before), whereOf(after))) return [];
  const arns = listOf(after).map((place) => valueText(membersOf(membersOf(place).target).arn));
  return found('re-pointed', at, `calls of ${namesOf(at.holders)} go to ${arns.join(', ')}`);
};

const requirement: Class = (before, after, at) =>
  before === true && after === undefined ? found('dropped-restriction', at, `${nameOf(at)} is no longer required`) : [];

const isCallable = (lifecycle: Value): boolean => !['draft', 'retired'].includes(String(membersOf(lifecycle).status));

const lifecycle: Class = (before, after, at) =>
  at.holders.length > 0 && isCallable(after) && !isCallable(before)
    ? found('widened', at, `${namesOf(at.holders)} may call it`)
    : [];

/** One more is another guardrail to choose; one less leaves those that are there. */
const useCases: Class = (before, after, at) =>
  Object.entries(membersOf(after)).flatMap(([name, guardrail]) => {
    const was = own(membersOf(before), name);
    const there = { ...at, path: `${at.path}.${name}` };
    return was === undefined
      ? found('widened', there, `calls may be for ${name}, under ${valueText(guardrail)}`)
      : demands(was, guardrail, there);
  });

const stamps = { v: nothing, version: nothing, updatedAt: nothing, updatedBy: nothing };

/** Whether a call goes elsewhere, or under another role, when it changes; its share of the calls is no other place. */
const PLACE: { readonly [Member in keyof Place]-?: boolean } = {
  target: true,
  role: true,
  group: false,
  weight: false,
  priceRegion: false,
  drained: false,
};

const whereOf = (value: Value): unknown =>
  listOf(value).map((place) => Object.entries(membersOf(place)).filter(([name]) => own(PLACE, name) !== false));

type ModelDocument = Omit<ModelEntry, 'places'> & { targets: unknown };

const MODEL: Classes<ModelDocument> = {
  ...stamps,
  id: nothing,
  displayName: nothing,
  // One place is written as a target, and read as several of one.
  target: nothing,
  targets: answers,
  routing: nothing,
  // Only of what the caller holds as well.
  fallbacks: nothing,
  dialects: nothing,
  container: nothing,
  capabilities: nothing,
  limits: nothing,
  provenance: nothing,
  // To be asked for is not to be granted.
  askable: nothing,
  // No edit of an operator's: `eval take` and `eval record` write it.
  evaluated: nothing,
  requires: members({ approval: requirement, evaluation: requirement, region: only }),
  lifecycle,
  beforeRetirement: nothing,
  beforeDeprecation: nothing,
  prices: nothing,
};

type Term = Omit<Grant, 'tenant' | 'model' | 'bundle' | 'also' | 'version' | 'grantedAt' | 'grantedBy'>;

const TERM: Classes<Term> = {
  actions: gives,
  direct: lets,
  trace: lets,
  unguarded: lets,
  // Only of what the caller holds as well.
  fallbacks: nothing,
  guardrail: demands,
  useCases,
  maxTokens: atMost,
  regions: only,
  tiers: only,
  roles: only,
  principals: only,
  expiresAt: atMost,
};

const audienceOf = ({ roles, principals }: Document): string =>
  [...listOf(roles), ...listOf(principals)].join(',') || 'everyone';

const GRANT: Classes<Grant> = {
  ...stamps,
  ...TERM,
  tenant: nothing,
  model: nothing,
  bundle: nothing,
  also: each(audienceOf, members(TERM), {
    comes: (_, after, at) => found('widened', at, `also for them: ${valueText(after)}`),
    // What they have then is what everyone has, which may be more.
    goes: (before, _, at) => dropped(before, at),
  }),
  grantedAt: nothing,
  grantedBy: nothing,
};

const BUDGET: Classes<Budget> = {
  id: nothing,
  per: measures,
  only: measures,
  period: measures,
  unit: measures,
  limit: atMost,
  enforcement: (before, after, at) =>
    before === 'hard' && after !== 'hard' ? found('widened', at, `${nameOf(at)}: it refuses nothing any more`) : [],
  atLimit: demands,
};

const BUDGETS: Classes<BudgetsEntry> = {
  ...stamps,
  owner: nothing,
  budgets: each(({ id }) => String(id), members(BUDGET), { goes: (before, _, at) => dropped(before, at) }),
};

const ALIAS: Classes<Alias> = {
  id: nothing,
  models: (before, after, at) => names(Object.keys(membersOf(before)), Object.keys(membersOf(after)), at),
  by: nothing,
  // Only of what the caller holds as well.
  atEnd: nothing,
};

const ALIASES: Classes<AliasesEntry> = {
  ...stamps,
  aliases: each(({ id }) => String(id), members(ALIAS), {}),
};

const BOUNDS = { guardrail: demands, residency: only };

const TENANT: Classes<TenantEntry> = {
  ...stamps,
  ...BOUNDS,
  id: nothing,
  displayName: nothing,
  suspended: (before, after, at) =>
    before === true && after !== true ? found('widened', at, 'it may call again') : [],
  offboarded: (before, after, at) => (before === true && after !== true ? found('widened', at, 'it is back') : []),
  expiresAt: atMost,
  costCenter: nothing,
  owners: nothing,
  contacts: nothing,
  labels: nothing,
  issuers: only,
  spokeRole: (before, after, at) =>
    before === after
      ? []
      : found(
          're-pointed',
          at,
          `its calls run ${after === undefined ? 'in the stage’s own account' : `under ${valueText(after)}`}`,
        ),
  plan: members({
    unit: names,
    rate: atMost,
    burst: atMost,
    quota: members({ limit: atMost, period: measures }),
  }),
};

const CLIENT: Classes<ClientEntry> = { ...stamps, issuer: nothing, client: nothing, tenant: names };

const BUNDLE = {
  ...stamps,
  id: nothing,
  displayName: nothing,
  models: ((before, after, at) =>
    at.holders.length === 0
      ? []
      : gives(before, after, at).map((one) => ({ ...one, text: `${namesOf(at.holders)}: ${one.text}` }))) as Class,
};

/** To ask gives nothing, whatever becomes of it: the grant does. */
const REQUEST: Classes<AccessRequest & { expiresAt: number }> = {
  ...stamps,
  ...{ id: nothing, tenant: nothing, principal: nothing, model: nothing, why: nothing, status: nothing, note: nothing },
  ...{ askedAt: nothing, decidedAt: nothing, decidedBy: nothing, expiresAt: nothing },
};

/** By the name of the kind. */
const KINDS: { readonly [kind: string]: { readonly [member: string]: Class } } = {
  model: MODEL,
  grant: GRANT,
  budgets: BUDGETS,
  aliases: ALIASES,
  tenant: TENANT,
  client: CLIENT,
  bundle: BUNDLE,
  request: REQUEST,
  defaults: { ...stamps, ...BOUNDS },
  // Who is told may do nothing by it.
  alerts: { ...stamps, alerts: nothing },
  // What stands beside a model as it was judged is judged no other way by it.
  evaluations: { ...stamps, evaluations: nothing },
};

/** Of these an entry that is not there restricts nothing, so that its end is one of all that it said. */
const RESTRICTS: ReadonlySet<string> = new Set(['budgets', 'defaults']);

/** What is allowed by being there. */
const ALLOWS: { readonly [kind: string]: (document: Document) => string } = {
  grant: ({ tenant, model, bundle }) => `${valueText(tenant)} may use ${valueText(model ?? bundle)}`,
  client: ({ tenant, client }) => `tokens of ${valueText(client)} are ${valueText(tenant)}’s`,
};

/**
 * @param kind of the registry: `model`, `grant`, `budgets`
 * @param before as it is written; null: there is none
 * @param after null: it is removed
 * @param holders tenants that a model, or a bundle, is granted to
 */
export function wideningsOf(
  kind: string,
  before: Document | null,
  after: Document | null,
  holders: readonly string[] = [],
): Widening[] {
  const at = { path: '', holders };
  const allows = own(ALLOWS, kind);
  if (before === null) return after === null || allows === undefined ? [] : found('granted', at, allows(after));
  if (after === null && !RESTRICTS.has(kind)) return [];
  const read = kind === 'model' ? withPlaces : (document: Document) => document;
  return members(own(KINDS, kind) ?? stamps)(read(before), after === null ? undefined : read(after), at);
}

function withPlaces({ target, ...document }: Document): Document {
  return target === undefined ? document : { ...document, targets: [{ target }] };
}
