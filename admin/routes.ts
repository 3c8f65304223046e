import { TollgateError } from '../contract/errors.ts';
import { ADMIN_CHANGES_MAX } from '../contract/limits/admin.ts';
import { accessOf } from '../registry/access.ts';
import { modelKey } from '../registry/keys.ts';
import { DEFAULTS } from '../registry/kinds.ts';
import { givenPrices } from '../registry/prices/entry.ts';
import { termDocument } from '../registry/term.ts';
import { ACCESS_REQUEST_ROUTES } from './access-requests.ts';
import { AUDIT_ROUTES } from './audit.ts';
import { membersOf } from './body.ts';
import { edited, etag, plannedBody, routesOf } from './entries.ts';
import { KEY_ROUTES } from './keys.ts';
import { ME_ROUTE } from './me.ts';
import { MODEL_STATE } from './model-state.ts';
import { openapi } from './openapi.ts';
import { HttpProblem } from './problem.ts';
import { REPORT_ROUTES } from './reports.ts';
import { REQUEST_ROUTES } from './requests.ts';
import { BUNDLE_GRANTS, COLLECTIONS } from './resources.ts';
import { REVIEW_ROUTES } from './review.ts';
import type { Route } from './route.ts';
import { STANDING_ROUTES } from './standing.ts';

/** Every path of the API, with what it does. */

const REGISTRY: readonly Route[] = [
  {
    ...{
      method: 'get',
      path: '/defaults',
      resource: 'defaults',
      verb: 'read',
      about: 'What holds of every tenant that does not say it itself.',
    },
    async run({ writer }) {
      const entry = await writer.showDefaults();
      const document = entry === undefined ? null : DEFAULTS.document(entry);
      return { body: document ?? {}, headers: etag(document) };
    },
  },
  {
    ...{ method: 'put', path: '/defaults', resource: 'defaults', verb: 'write', parameters: ['dryRun'] },
    about: 'Changes what the body names of it; null takes a member away.',
    async run({ writer, body, query, wanted }) {
      const plan = await writer.apply({ defaults: wanted === undefined ? body : { ...body, version: wanted } });
      if (query.dryRun === true) return { body: plannedBody(plan) };
      const [change] = (await plan.make()).changes;
      return { body: change?.after ?? {}, headers: edited(change?.after ?? null, change?.edit) };
    },
  },
  {
    ...{
      method: 'post',
      path: '/tenants/:tenant/offboard',
      resource: 'tenants',
      verb: 'write',
      parameters: ['dryRun'],
    },
    about: 'Ends its grants and shuts it out; what it used stays in the ledger.',
    tenantOf: ({ tenant }) => tenant,
    async run({ writer, params, query, keys, rights, body }) {
      if (rights.scopeOf('tenants', 'write') !== 'all')
        throw new TollgateError('forbidden', { reason: 'not-delegated' });
      membersOf(body, {});
      const tenant = params.tenant ?? '';
      const prepared = await writer.offboardTenant(tenant);
      if (query.dryRun !== true) {
        // First, so that what fails in between can be asked again.
        await keys?.revokeKeysOf(tenant);
        await prepared.make();
      }
      return { body: { edits: prepared.changes.filter(({ changed }) => changed).length } };
    },
  },
  {
    ...{ method: 'get', path: '/prices/:model', resource: 'prices', verb: 'read', about: 'The prices of a model.' },
    async run({ writer, params }) {
      const { prices, version } = await writer.showModel(params.model ?? '');
      return { body: { prices }, headers: etag({ version }) };
    },
  },
  {
    ...{ method: 'put', path: '/prices/:model', resource: 'prices', verb: 'write', parameters: ['dryRun'] },
    about: 'Sets the `prices` that the body lists; others stay.',
    async run({ writer, writerOf, params, body, wanted }) {
      const prices = givenPrices(body);
      let seen = writer;
      if (wanted !== undefined) {
        const { version } = await writer.showModel(params.model ?? '');
        if (version !== wanted) throw new HttpProblem(412, `The entry is of version ${version} now.`);
        seen = writerOf({ key: modelKey(params.model ?? ''), version });
      }
      const { entry, edit, results } = await seen.setPrices(params.model ?? '', prices);
      return {
        body: { prices: entry.prices, results },
        headers: edited({ version: entry.version }, edit),
      };
    },
  },
  {
    ...{ method: 'get', path: '/access/:tenant', resource: 'grants', verb: 'read' },
    parameters: ['principal', 'roles', 'at'],
    tenantOf: ({ tenant }) => tenant,
    about: 'Who can use what, or could on a day, and by which edit.',
    async run({ writer, params, query, clock }) {
      const at = query.at ?? clock();
      const { principal, roles } = query;
      const who = { tenant: params.tenant ?? '', principal, roles: roles?.split(',') };
      const access = await accessOf(await writer.asOf(at), who, at);
      return {
        body: {
          items: access.map(({ model, state, held, by }) => ({
            ...{ model, state, ...termDocument(held) },
            ...(by === undefined ? {} : { edit: by.edit, at: by.at, by: by.by, change: by.change }),
          })),
        },
      };
    },
  },
  {
    ...{ method: 'post', path: '/changes', resource: 'audit', verb: 'write', parameters: ['dryRun', 'prune'] },
    about: `Makes what a file of entries asks for, up to ${ADMIN_CHANGES_MAX} edits, all of it or nothing.`,
    async run({ writer, body, query }) {
      const plan = await writer.apply(body, { prune: query.prune === true });
      if (plan.changes.length > ADMIN_CHANGES_MAX)
        throw new HttpProblem(
          413,
          `These are ${plan.changes.length} edits; at most ${ADMIN_CHANGES_MAX} are made at once.`,
        );
      if (query.dryRun === true) return { body: plannedBody(plan) };
      const { plan: id, changes } = await plan.make();
      return {
        body: {
          ...(id === undefined ? {} : { plan: id }),
          edits: changes.flatMap(({ edit }) => edit ?? []),
          ...plannedBody(plan),
        },
      };
    },
  },
];

export const ROUTES: readonly Route[] = [
  ...COLLECTIONS.flatMap((collection) => routesOf(collection, `/${collection.name}`)),
  ...routesOf(BUNDLE_GRANTS, '/bundle-grants'),
  ...REGISTRY,
  ...AUDIT_ROUTES,
  ME_ROUTE,
  ...MODEL_STATE,
  ...REVIEW_ROUTES,
  ...KEY_ROUTES,
  ...REPORT_ROUTES,
  ...ACCESS_REQUEST_ROUTES,
  ...STANDING_ROUTES,
  ...REQUEST_ROUTES,
  {
    ...{ method: 'get', path: '/openapi.json', resource: 'models', verb: 'read', narrows: true, about: 'This.' },
    run: async () => ({ body: openapi(ROUTES) }),
  },
];
