/** The identity provider's clients, as the demo promises them. A secret that everybody can read is no secret. */
export interface DemoClient {
  id: string;
  secret: string;
  /** The `tenant` claim. */
  tenant: string;
  /** The `roles` claim. */
  roles: readonly string[];
}

export const DEMO_CLIENTS: readonly DemoClient[] = Object.freeze([
  { id: 'acme-app', secret: 'acme-secret', tenant: 'acme', roles: [] },
  { id: 'globex-app', secret: 'globex-secret', tenant: 'globex', roles: [] },
  { id: 'ops', secret: 'ops-secret', tenant: 'ops', roles: ['admin'] },
  // Nobody onboarded this tenant: a good token is not yet a permission.
  { id: 'stranger-app', secret: 'stranger-secret', tenant: 'stranger', roles: [] },
]);
