/** The identity provider's clients, as the demo promises them. A secret that everybody can read is no secret. */
export interface DemoClient {
  id: string;
  /** How it says who it is: by a secret, by a key that is made at the first start, or not at all: then a person signs in for it. */
  by: { secret: string } | 'key' | 'person';
  /** The `tenant` claim. */
  tenant: string;
  /** The `roles` claim. */
  roles: readonly string[];
}

export const DEMO_CLIENTS: readonly DemoClient[] = Object.freeze([
  { id: 'acme-app', by: { secret: 'acme-secret' }, tenant: 'acme', roles: [] },
  { id: 'acme-key', by: 'key', tenant: 'acme', roles: [] },
  { id: 'acme-laptop', by: 'person', tenant: 'acme', roles: [] },
  { id: 'globex-app', by: { secret: 'globex-secret' }, tenant: 'globex', roles: [] },
  { id: 'ops', by: { secret: 'ops-secret' }, tenant: 'ops', roles: ['admin'] },
  // Nobody onboarded this tenant: a good token is not yet a permission.
  { id: 'stranger-app', by: { secret: 'stranger-secret' }, tenant: 'stranger', roles: [] },
]);

/** The client that a browser is, for which people sign in (people.ts): it has no secret, and no tenant of its own. */
export const CONSOLE_CLIENT = 'console';
