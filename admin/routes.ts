import { TollgateError } from '../contract/errors.ts';
import { ADMIN_CHANGES_MAX } from '../contract/limits/admin.ts';
import { accessOf } from '../registry/access.ts';
import { differencesOf } from '../registry/difference.ts';
import { badEntries, problemsOf } from '../registry/fields.ts';
import type { AppliedPlan } from '../registry/file/apply.ts';
import type { Document } from '../registry/items.ts';
import { DEFAULTS } from '../registry/kinds.ts';
import { termDocument } from '../registry/term.ts';
import { createWriter } from '../registry/writer.ts';
import { KEY_ROUTES } from './keys.ts';
import { openapi } from './openapi.ts';
import { checkOwn, ownOf } from './own.ts';
import { decoded, encoded, pageOf } from './page.ts';
import { HttpProblem } from './problem.ts';
import { BUNDLE_GRANTS, COLLECTIONS, type Collection } from './resources.ts';
import type { Act, Reply, Route } from './route.ts';

/** Every path of the API, with what it does. */

const PAGING = ['limit', 'cursor', 'prefix'] as const;

function versionIn(document: Document | null): number | undefined {
  return typeof document?.version === 'number' ? document.version : undefined;
}

function etag(document: Document | null): Record<string, string> {
  const version = versionIn(document);
  return version === undefined ? {} : { etag: `"${version}"` };
}

/** What an edit did, or would do. */
function plannedBody({ changes, unchanged, left, findings }: AppliedPlan) {
  return {
    // What it lets somebody do more, before what it does.
    findings,
    unchanged,
    ...(left.length === 0 ? {} : { left }),
    changes: changes.map(({ item, does, at, before, after }) => ({
      ...{ item, does, ...(at === undefined ? {} : { at }) },
      differences: differencesOf(before, after),
    })),
  };
}

/** Makes one entry what a body says; what is wrong is named as the body has it. */
async function written(collection: Collection, act: Act, body: Document): Promise<Reply> {
  const { params, wanted, writer, query } = act;
  const { value, at } = collection.file(params, wanted === undefined ? body : { ...body, version: wanted });
  let plan: AppliedPlan;
  try {
    plan = await writer.apply(value);
  } catch (error) {
    const problems = problemsOf(error);
    if (problems.length === 0) throw error;
    const [first] = problems;
    // A tenant without a cost centre is one that is not there: neither a grant nor a budget makes it.
    if (collection.name !== 'tenants' && first?.path === 'tenants[0].costCenter')
      throw new TollgateError('not_found', {
        field: 'tenant',
        reason: 'no-such-item',
        message: `There is no tenant ${params.tenant ?? params.owner}.`,
      });
    throw badEntries(
      problems.map((one) => ({
        ...one,
        path: one.path.startsWith(`${at}.`) ? one.path.slice(at.length + 1) : one.path === at ? 'entry' : one.path,
      })),
    );
  }
  const [change] = plan.changes;
  if (
    wanted !== undefined &&
    wanted > 0 &&
    (change?.before === null || (change === undefined && !(await isThere(collection, act))))
  )
    throw new HttpProblem(412, 'There is no such entry any more.');
  await checkOwn(collection.name, act, plan);
  if (query.dryRun === true) return { body: plannedBody(plan) };
  const { changes } = await plan.make();
  const edit = changes.find(({ changed }) => changed)?.edit;
  const document = await collection.show(writer, params);
  return {
    status: change?.does === 'create' ? 201 : 200,
    body: document,
    headers: { ...etag(document), ...(edit === undefined ? {} : { 'x-tollgate-edit': String(edit) }) },
  };
}

async function isThere(collection: Collection, { writer, params }: Act): Promise<boolean> {
  return collection.show(writer, params).then(
    () => true,
    () => false,
  );
}

/** @throws HttpProblem 412 where the entry is another than the one that was seen; TollgateError `not_found` */
async function asWanted(collection: Collection, { writer, params, wanted }: Act): Promise<Document> {
  const document = await collection.show(writer, params);
  const version = versionIn(document);
  if (wanted !== undefined && version !== undefined && version !== wanted)
    throw new HttpProblem(412, `The entry is of version ${version} now.`);
  return document;
}

function routesOf(collection: Collection, base: string): Route[] {
  const { name, item, filters, tenantOf } = collection;
  const one = `${base}${item.map((part) => `/:${part}`).join('')}`;
  const common = { resource: name, tenantOf: (params: Readonly<Record<string, string>>) => tenantOf(params) };
  const routes: Route[] = [
    {
      ...common,
      ...{
        method: 'get',
        path: one,
        verb: 'read',
        about: `One of ${name}; in one of its versions, or as it was on a day.`,
      },
      parameters: ['version', 'at'],
      narrows: true,
      async run(act) {
        const { writer, params, query, clock } = act;
        const then =
          query.at === undefined ? writer : createWriter({ ...(await writer.asOf(query.at)), clock, actor: 'nobody' });
        const document =
          query.version === undefined
            ? await collection.show(then, params)
            : await writer.version(collection.named(params), query.version);
        const [own] = await ownOf(name, act, [document]);
        if (own === undefined) throw new TollgateError('forbidden', { reason: 'not-held' });
        return { body: document, headers: etag(document) };
      },
    },
    {
      ...common,
      ...{ method: 'get', path: `${one}/history`, verb: 'read', about: 'Every edit of it, oldest first.' },
      async run({ writer, params }) {
        const history = await writer.history(collection.named(params));
        return {
          body: {
            items: history.map((record) => ({ ...record, differences: differencesOf(record.before, record.after) })),
          },
        };
      },
    },
    ...(['put', 'patch'] as const).map(
      (method): Route => ({
        ...common,
        ...{ method, path: one, verb: 'write', parameters: ['dryRun'] },
        about:
          method === 'put'
            ? 'Makes it, or changes what the body names of it; null takes a member away.'
            : 'The same of one that is there.',
        async run(act) {
          if (method === 'patch') await collection.show(act.writer, act.params);
          return written(collection, act, act.body);
        },
      }),
    ),
    {
      ...common,
      ...{ method: 'post', path: `${one}/rollback`, verb: 'write', parameters: ['dryRun'] },
      about: 'Brings it back to the `version` that the body names.',
      async run(act) {
        const { writer, params, body, rights } = act;
        if (rights.scopeOf(name, 'write') !== 'all') throw new TollgateError('forbidden', { reason: 'not-delegated' });
        if (typeof body.version !== 'number')
          throw badEntries([{ path: 'version', reason: body.version === undefined ? 'missing' : 'not-a-number' }]);
        const { edit, after } = await writer.rollback(collection.named(params), body.version);
        return {
          body: after ?? {},
          headers: { ...etag(after), ...(edit === undefined ? {} : { 'x-tollgate-edit': String(edit) }) },
        };
      },
    },
  ];
  const { remove, actions = {} } = collection;
  if (remove !== undefined)
    routes.push({
      ...common,
      ...{ method: 'delete', path: one, verb: 'write', parameters: ['dryRun'] },
      about: 'Takes it away. What holds it up is named where it cannot go.',
      async run(act) {
        if (act.rights.scopeOf(name, 'write') !== 'all') await checkOwn(name, act, undefined);
        await asWanted(collection, act);
        await remove(act.writer, act.params);
        return {};
      },
    });
  for (const [verb, run] of Object.entries(actions))
    routes.push({
      ...common,
      ...{
        method: 'post',
        path: `${one}/${verb}`,
        verb: 'write',
        parameters: ['dryRun'],
        about: `${verb[0]?.toUpperCase()}${verb.slice(1)} it.`,
      },
      async run(act) {
        await asWanted(collection, act);
        const { edit } = (await run(act.writer, act.params, act.body)) as { edit?: number };
        const document = await collection.show(act.writer, act.params);
        return {
          body: document,
          headers: { ...etag(document), ...(edit === undefined ? {} : { 'x-tollgate-edit': String(edit) }) },
        };
      },
    });
  routes.push({
    ...{ method: 'get', path: base, resource: name, verb: 'read', narrows: true, parameters: [...PAGING, ...filters] },
    about: `A page of ${name}, by id.`,
    async run(act) {
      const query =
        act.rights.scopeOf(name, 'read') === 'own' && filters.includes('tenant')
          ? { ...act.query, tenant: act.caller.tenant }
          : act.query;
      const documents = await ownOf(name, act, await collection.list(act.writer, query));
      return { body: pageOf(documents, collection.idOf, query) };
    },
  });
  return routes;
}

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
      const { defaults } = await writer.export();
      return { body: defaults ?? {} };
    },
  },
  {
    ...{ method: 'put', path: '/defaults', resource: 'defaults', verb: 'write', parameters: ['dryRun'] },
    about: 'Changes what the body names of it; null takes a member away.',
    async run({ writer, body, query }) {
      const plan = await writer.apply({ defaults: body });
      if (query.dryRun === true) return { body: plannedBody(plan) };
      const { changes } = await plan.make();
      return { body: changes[0]?.after === null ? {} : DEFAULTS.document(changes[0]?.entry as never) };
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
    async run({ writer, params, query, keys, rights }) {
      if (rights.scopeOf('tenants', 'write') !== 'all')
        throw new TollgateError('forbidden', { reason: 'not-delegated' });
      const tenant = params.tenant ?? '';
      const prepared = await writer.offboardTenant(tenant);
      if (query.dryRun !== true) {
        await prepared.make();
        await keys?.revokeKeysOf(tenant);
      }
      return { body: { edits: prepared.changes.filter(({ changed }) => changed).length } };
    },
  },
  {
    ...{ method: 'get', path: '/prices/:model', resource: 'prices', verb: 'read', about: 'The prices of a model.' },
    async run({ writer, params }) {
      const { prices, version } = await writer.showModel(params.model ?? '');
      return { body: { prices }, headers: { etag: `"${version}"` } };
    },
  },
  {
    ...{ method: 'put', path: '/prices/:model', resource: 'prices', verb: 'write', parameters: ['dryRun'] },
    about: 'Sets the `prices` that the body lists; others stay.',
    async run({ writer, params, body }) {
      const { prices } = body;
      if (!Array.isArray(prices)) throw badEntries([{ path: 'prices', reason: 'not-a-list' }]);
      const { entry, edit, results } = await writer.setPrices(params.model ?? '', prices as never);
      return {
        body: { prices: entry.prices, results },
        headers: { etag: `"${entry.version}"`, ...(edit === undefined ? {} : { 'x-tollgate-edit': String(edit) }) },
      };
    },
  },
  {
    ...{ method: 'get', path: '/audit', resource: 'audit', verb: 'read', narrows: true },
    parameters: ['limit', 'cursor', 'since', 'until', 'by', 'tenant', 'of'],
    about: 'Edits of the whole registry, the newest first, with what each changed.',
    async run({ writer, query, rights, caller }) {
      const { limit = 0, cursor, since, until, by, of } = query;
      const tenant = rights.scopeOf('audit', 'read') === 'own' ? caller.tenant : query.tenant;
      const from = cursor === undefined ? undefined : Number(decoded(cursor));
      const wanted = Object.fromEntries(
        Object.entries({ since, until, by, of, tenant }).filter(([, value]) => value !== undefined),
      );
      const items: unknown[] = [];
      for await (const { before, after, ...change } of writer.log(wanted)) {
        if (from !== undefined && (change.edit ?? 0) >= from) continue;
        if (items.length === limit)
          return { body: { items, next: encoded(String((items.at(-1) as { edit: number }).edit)) } };
        items.push({ ...change, differences: differencesOf(before, after) });
      }
      return { body: { items } };
    },
  },
  {
    ...{ method: 'post', path: '/audit/:edit/undo', resource: 'audit', verb: 'write', parameters: ['dryRun'] },
    about: 'Takes one edit back, if its item is still what it made of it.',
    async run({ writer, params }) {
      const { edit, after } = await writer.undo(Number(params.edit));
      return { body: after ?? {}, headers: edit === undefined ? {} : { 'x-tollgate-edit': String(edit) } };
    },
  },
  {
    ...{ method: 'get', path: '/access/:tenant', resource: 'grants', verb: 'read', parameters: ['principal', 'at'] },
    tenantOf: ({ tenant }) => tenant,
    about: 'Who can use what, or could on a day, and by which edit.',
    async run({ writer, params, query, clock }) {
      const at = query.at ?? clock();
      const access = await accessOf(
        await writer.asOf(at),
        { tenant: params.tenant ?? '', principal: query.principal },
        at,
      );
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
  {
    ...{ method: 'post', path: '/changes/:plan/undo', resource: 'audit', verb: 'write', parameters: ['dryRun'] },
    about: 'Takes back what a plan made, or what is in the table of one that was cut off.',
    async run({ writer, params }) {
      const { plan, changes } = await writer.undoPlan(params.plan ?? '');
      return { body: { ...(plan === undefined ? {} : { plan }), edits: changes.flatMap(({ edit }) => edit ?? []) } };
    },
  },
];

export const ROUTES: readonly Route[] = [
  ...COLLECTIONS.flatMap((collection) => routesOf(collection, `/${collection.name}`)),
  ...routesOf(BUNDLE_GRANTS, '/bundle-grants'),
  ...REGISTRY,
  ...KEY_ROUTES,
  {
    ...{ method: 'get', path: '/openapi.json', resource: 'models', verb: 'read', narrows: true, about: 'This.' },
    run: async () => ({ body: openapi(ROUTES) }),
  },
];
