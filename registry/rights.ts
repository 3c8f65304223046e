import { DELEGATES, type Delegate, MARKS, type TenantId } from '../contract/identity.ts';
import type { Guardrails } from '../contract/model.ts';
import type { Held } from './held.ts';
import { audienceOf, breadthOf, EVERYONE, type Term } from './term.ts';

/** What the registry's API lets whom see and change: a table, and nothing else decides it. */

export const RESOURCES = [
  ...['tenants', 'models', 'bundles', 'aliases', 'defaults', 'grants', 'keys', 'budgets', 'prices', 'clients'],
  ...['evaluations', 'audit', 'reports', 'access-requests'],
] as const satisfies readonly string[];
export type Resource =
  | 'tenants'
  | 'models'
  | 'bundles'
  | 'aliases'
  | 'defaults'
  | 'grants'
  | 'keys'
  | 'budgets'
  | 'prices'
  | 'clients'
  | 'evaluations'
  | 'audit'
  | 'reports'
  | 'access-requests';

export const VERBS = ['read', 'write'] as const;
export type Verb = (typeof VERBS)[number];

/** Of every tenant and of the stage; or of the caller's own tenant, and of models those that it holds. */
export type Scope = 'all' | 'own';

type Row = Partial<Record<Resource, Partial<Record<Verb, Scope>>>>;

const row = (resources: readonly string[], rights: Partial<Record<Verb, Scope>>): Row =>
  Object.fromEntries(resources.map((resource) => [resource, rights]));

export const RIGHTS: Readonly<Record<Delegate, Row>> = {
  admin: row(RESOURCES, { read: 'all', write: 'all' }),
  'tenant-admin': {
    ...row(['tenants', 'models', 'audit', 'reports'], { read: 'own' }),
    // Of budgets those of its principals, of grants what the tenant holds: `isBudgetOfPrincipals`, `isWithin`.
    ...row(['grants', 'keys', 'budgets', 'access-requests'], { read: 'own', write: 'own' }),
  },
  auditor: row(RESOURCES, { read: 'all' }),
  finance: {
    // Prices are models', and budgets tenants'.
    ...row(['models', 'tenants', 'reports'], { read: 'all' }),
    ...row(['prices', 'budgets'], { read: 'all', write: 'all' }),
  },
};

export interface Rights {
  /** The widest that any of the caller's roles gives; undefined: none. */
  scopeOf(resource: Resource, verb: Verb): Scope | undefined;
  /** @param tenant whose it is; undefined: nobody's, it is the stage's */
  may(resource: Resource, verb: Verb, tenant?: TenantId): boolean;
}

/** @param caller as the authorizer's context names it: marks of delegation are among the roles */
export function rightsOf({ tenant: own, roles }: { tenant: TenantId; roles: readonly string[] }): Rights {
  const held = DELEGATES.filter((delegate) => roles.includes(MARKS[delegate]));
  const scopeOf = (resource: Resource, verb: Verb): Scope | undefined => {
    const scopes = held.map((delegate) => RIGHTS[delegate][resource]?.[verb]);
    return scopes.find((scope) => scope === 'all') ?? scopes.find((scope) => scope !== undefined);
  };
  return {
    scopeOf,
    may: (resource, verb, tenant) => {
      const scope = scopeOf(resource, verb);
      return scope === 'all' || (scope === 'own' && tenant === own);
    },
  };
}

/** Whether who runs a tenant may set it: what the tenant itself may use up is the operator's to say. */
export function isBudgetOfPrincipals({ per }: { per: string }): boolean {
  return per === 'principal';
}

/**
 * Whether a term gives nothing that its tenant does not hold already: all of it is in one of those held for everyone of the tenant,
 * or for the same callers.
 *
 * @param held of the same tenant and model
 */
export function isWithin(term: Term, held: readonly Held[]): boolean {
  return held.some((one) => (breadthOf(one) === EVERYONE || audienceOf(one) === audienceOf(term)) && fits(term, one));
}

function same(guardrail: Guardrails | undefined, other: Guardrails | undefined): boolean {
  return JSON.stringify(guardrail) === JSON.stringify(other);
}

function fits(term: Term, within: Term): boolean {
  const part = (some: readonly string[] | undefined, of: readonly string[] | undefined): boolean =>
    of === undefined || (some?.every((one) => of.includes(one)) ?? false);
  const most = (some: number | undefined, of: number | undefined): boolean =>
    of === undefined || (some !== undefined && some <= of);
  return (
    part(term.actions, within.actions) &&
    (term.direct === undefined || within.direct === true) &&
    (term.trace === undefined || within.trace === true) &&
    (term.unguarded === undefined || within.unguarded === true) &&
    (within.guardrail === undefined || same(term.guardrail, within.guardrail)) &&
    Object.entries(term.useCases ?? {}).every(
      ([name, said]) =>
        within.guardrail === undefined || same(said, within.guardrail) || same(said, within.useCases?.[name]),
    ) &&
    most(term.maxTokens, within.maxTokens) &&
    part(term.regions, within.regions) &&
    part(term.tiers, within.tiers) &&
    most(term.expiresAt, within.expiresAt)
  );
}
