import { ADMIN_HEAVY } from '../contract/limits/admin.ts';
import type { Route } from './route.ts';

/** What a model’s entry does not say of it: who would miss it, how its places answer, and what AWS says of it otherwise. Loaded when it is first asked for. */

export const MODEL_STATE: readonly Route[] = [
  {
    ...{ method: 'get', path: '/models/:model/impact', resource: 'grants', verb: 'read', cost: ADMIN_HEAVY },
    parameters: ['limit', 'cursor'],
    about: 'Who holds the model, who used it in the last days and for how much, and what would answer in its place.',
    run: async (act) => (await import('./model-told.ts')).impact(act),
  },
  {
    ...{ method: 'get', path: '/models/:model/targets', resource: 'models', verb: 'read', cost: ADMIN_HEAVY },
    parameters: ['minutes'],
    about: 'The places of the model: which cool, and what became of their latest calls.',
    run: async (act) => (await import('./model-told.ts')).targets(act),
  },
  {
    ...{ method: 'get', path: '/sync', resource: 'models', verb: 'read', cost: ADMIN_HEAVY },
    about:
      'What AWS has and the registry says otherwise. Each proposal is a `document` of the version that was read, which `POST /admin/changes` takes.',
    run: async (act) => (await import('./model-told.ts')).proposals(act),
  },
];
