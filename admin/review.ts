import { ADMIN_HEAVY } from '../contract/limits/admin.ts';
import type { Route } from './route.ts';

/** The security review. What it does is loaded when it is first asked for: most that is asked is of entries. */

const COMMON = { method: 'get', resource: 'audit', verb: 'read', cost: ADMIN_HEAVY } as const;

export const REVIEW_ROUTES: readonly Route[] = [
  {
    ...{ ...COMMON, path: '/review', parameters: ['limit', 'cursor', 'prefix', 'since'] },
    about:
      'Reviews a page of tenants: every session that each can get, its policy tried against every model; and the roles around them.',
    run: async (act) => (await import('./reviewing.ts')).reviewStage(act),
  },
  {
    ...{ ...COMMON, path: '/review/:tenant', parameters: ['since'] },
    tenantOf: ({ tenant }) => tenant,
    about: 'Reviews one tenant: its sessions, and the policy of each with what it allows of all that was tried.',
    run: async (act) => (await import('./reviewing.ts')).reviewTenant(act),
  },
  {
    ...{ ...COMMON, path: '/review/:tenant/:model', parameters: ['action', 'principal', 'roles'] },
    tenantOf: ({ tenant }) => tenant,
    about: 'Why a call of the model is allowed or refused, and under exactly which policies it would run.',
    run: async (act) => (await import('./reviewing.ts')).explainCall(act),
  },
];
