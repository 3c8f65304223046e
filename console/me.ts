import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

export type Scope = 'all' | 'own';
export type Verb = 'read' | 'write';

/** Who is signed in, as `GET /admin/me` says. It decides what the page offers, and nothing else: what is allowed, the API says. */
export interface Me {
  tenant: string;
  principal: string;
  /** Delegations: `admin`, `tenant-admin`, `auditor`, `finance`. */
  roles: readonly string[];
  rights: Readonly<Record<string, Readonly<Partial<Record<Verb, Scope>>>>>;
  /** Whether the stage has keys of its own. */
  keys: boolean;
  /** Whether the gateway has `/admin`, and it answered. */
  admin: boolean;
}

/** Whether any of it may be seen or changed: of some tenant. */
export function may(me: Me, resource: string, verb: Verb = 'read'): boolean {
  return me.rights[resource]?.[verb] !== undefined;
}

/** Whether all of it may be: of every tenant. */
export function mayAll(me: Me, resource: string, verb: Verb = 'read'): boolean {
  return me.rights[resource]?.[verb] === 'all';
}

/** Whether the tenant’s own may be: of one’s own, or of any where one sees all. */
export function mayOf(me: Me, resource: string, tenant: string, verb: Verb = 'read'): boolean {
  const scope = me.rights[resource]?.[verb];
  return scope === 'all' || (scope === 'own' && tenant === me.tenant);
}

export const MeContext = createContext<Me | undefined>(undefined);

/** @returns who is signed in; only below the shell, where somebody is */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === undefined) throw new Error('Nobody is signed in here.');
  return me;
}
