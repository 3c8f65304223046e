/** Who may sign in to the console on this machine. Nobody has a password: one says who one is. */
export interface DemoPerson {
  /** The `sub` claim. */
  id: string;
  /** The `name` claim of the ID token. */
  name: string;
  /** What this person can show, for the page on which one chooses. */
  about: string;
  /** The `tenant` claim. */
  tenant: string;
  /** The `roles` claim. */
  roles: readonly string[];
}

export const DEMO_PEOPLE: readonly DemoPerson[] = Object.freeze([
  { id: 'ann', name: 'Ann', about: 'a developer of acme', tenant: 'acme', roles: [] },
  { id: 'tom', name: 'Tom', about: 'administers acme, and no other tenant', tenant: 'acme', roles: ['tenant-admin'] },
  { id: 'bea', name: 'Bea', about: 'a developer of globex', tenant: 'globex', roles: [] },
  { id: 'olga', name: 'Olga', about: 'operates the gateway', tenant: 'ops', roles: ['admin'] },
  { id: 'aki', name: 'Aki', about: 'an auditor: sees everything, changes nothing', tenant: 'ops', roles: ['auditor'] },
  { id: 'flo', name: 'Flo', about: 'finance: prices, budgets and reports', tenant: 'ops', roles: ['finance'] },
  { id: 'sam', name: 'Sam', about: 'of a tenant that nobody onboarded', tenant: 'stranger', roles: [] },
]);
