import { DELEGATES, MARKS } from '../contract/identity.ts';
import { RESOURCES, VERBS } from '../registry/rights.ts';
import type { Route } from './route.ts';

/** Who asks, and what the API would let it do: for programs that offer no more than that. Whoever signed in may know. */
export const ME_ROUTE: Route = {
  ...{ method: 'get', path: '/me', resource: 'me', verb: 'read' },
  about: 'Who asks, its roles of delegation, and what they let it see and change: `all`, or of its `own` tenant.',
  async run({ caller, rights, keys }) {
    const { tenant, principal, costCenter, exp } = caller;
    const held = RESOURCES.map((resource) => {
      const scopes = VERBS.map((verb) => [verb, rights.scopeOf(resource, verb)]).filter(([, scope]) => scope);
      return [resource, Object.fromEntries(scopes)] as const;
    });
    return {
      body: {
        ...{ tenant, principal, costCenter },
        expiresAt: new Date(exp * 1_000).toISOString(),
        roles: DELEGATES.filter((delegate) => caller.roles.includes(MARKS[delegate])),
        rights: Object.fromEntries(held.filter(([, verbs]) => Object.keys(verbs).length > 0)),
        keys: keys !== undefined,
      },
      headers: { 'cache-control': 'no-store' },
    };
  },
};
