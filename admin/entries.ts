import { isTollgateError, TollgateError } from '../contract/errors.ts';
import { differencesOf } from '../registry/difference.ts';
import { badEntries, problemsOf } from '../registry/fields.ts';
import type { AppliedPlan } from '../registry/file/apply.ts';
import type { Document } from '../registry/items.ts';
import { itemNamed } from '../registry/named.ts';
import { createWriter, type Writer } from '../registry/writer.ts';
import type { Query } from './asked.ts';
import { membersOf } from './body.ts';
import { checkHeld, checkOwn, checkSeen, ownOf } from './own.ts';
import { pageOf } from './page.ts';
import { HttpProblem } from './problem.ts';
import type { Collection } from './resources.ts';
import type { Act, Reply, Route } from './route.ts';

/** What can be done to the entries of a collection, the same for each. */

const PAGING = ['limit', 'cursor', 'prefix', 'q'] as const;

function versionIn(document: Document | null): number | undefined {
  return typeof document?.version === 'number' ? document.version : undefined;
}

/** Headers that say which version it is. */
export function etag(document: Document | null): Record<string, string> {
  const version = versionIn(document);
  return version === undefined ? {} : { etag: `"${version}"` };
}

/** And by which edit it is that; undefined: by none, it was that already. */
export function edited(document: Document | null, edit: number | undefined): Record<string, string> {
  return { ...etag(document), ...(edit === undefined ? {} : { 'x-tollgate-edit': String(edit) }) };
}

/** What an edit did, or would do. */
export function plannedBody({ changes, unchanged, left, findings }: AppliedPlan) {
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

/** Makes one entry what a body says; what is wrong is named as the body has it. @param there whether it has to be there already */
async function written(collection: Collection, act: Act, body: Document, there: boolean): Promise<Reply> {
  const { params, wanted, writer, query } = act;
  if (collection.name === 'grants') await checkHeld(act, params.model, body, () => found(collection, act));
  if (there) await collection.show(writer, params);
  // Of what one item holds, there being none is a version of the item: looked at first, so that nobody makes one in between.
  const version = collection.within && wanted === 0 ? await writer.versionNow(collection.named(params)) : wanted;
  if (collection.within && wanted !== undefined && wanted > 0 !== (await isThere(collection, act)))
    throw new HttpProblem(412, wanted === 0 ? 'There is one.' : 'There is no such entry any more.');
  const { value, at } = collection.file(params, version === undefined ? body : { ...body, version });
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
    headers: edited(await versioned(collection, act, document), edit),
  };
}

/** With the version that it is of, wherever that stands. */
async function versioned(collection: Collection, { writer, params }: Act, document: Document): Promise<Document> {
  return collection.within ? { version: await writer.versionNow(collection.named(params)) } : document;
}

async function isThere(collection: Collection, act: Act): Promise<boolean> {
  return (await found(collection, act)) !== undefined;
}

/** @returns undefined also for one that cannot be read as an entry: an edit makes it one. @throws TollgateError `unavailable` */
async function found(collection: Collection, { writer, params }: Act): Promise<Document | undefined> {
  try {
    return await collection.show(writer, params);
  } catch (error) {
    // What could not be asked is not known to be absent.
    if (!isTollgateError(error) || error.code === 'unavailable') throw error;
    return undefined;
  }
}

/**
 * @returns what edits the entry if it is still of the version that was seen, also when it is edited at once by somebody else
 * @throws HttpProblem 412 where it is another one; TollgateError `not_found`
 */
async function asWanted(collection: Collection, act: Act): Promise<Writer> {
  const { writer, params, wanted } = act;
  const document = await collection.show(writer, params);
  if (wanted === undefined) return writer;
  const version = versionIn(await versioned(collection, act, document));
  if (version !== undefined && version !== wanted)
    throw new HttpProblem(412, `The entry is of version ${version} now.`);
  return act.writerOf({ key: itemNamed(collection.named(params)).key, version: wanted });
}

/** What can be asked of a collection, and of one of its entries. @param base where it begins: `/admin/tenants` */
export function routesOf(collection: Collection, base: string): Route[] {
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
        await checkSeen(name, act);
        const then =
          query.at === undefined ? writer : createWriter({ ...(await writer.asOf(query.at)), clock, actor: 'nobody' });
        const document =
          query.version === undefined
            ? await collection.show(then, params)
            : await writer.version(collection.named(params), query.version);
        const [own] = await ownOf(name, act, [document]);
        if (own === undefined) throw new TollgateError('forbidden', { reason: 'not-held' });
        const past = query.at !== undefined || query.version !== undefined;
        return { body: document, headers: etag(past ? document : await versioned(collection, act, document)) };
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
    {
      ...common,
      ...{ method: 'get', path: `${one}/difference`, verb: 'read', parameters: ['version', 'with'], narrows: true },
      about: 'What one `version` of it has otherwise than the one before, or than the one that it is compared `with`.',
      async run(act) {
        const { writer, params, query } = act;
        await checkSeen(name, act);
        const { version } = query;
        if (version === undefined) throw badEntries([{ path: 'version', reason: 'missing' }]);
        const base = query.with ?? version - 1;
        const [before, after] = await Promise.all(
          [base, version].map((one) => (one === 0 ? null : writer.version(collection.named(params), one))),
        );
        if ((await ownOf(name, act, after ? [after] : [])).length === 0)
          throw new TollgateError('forbidden', { reason: 'not-held' });
        return { body: { with: base, version, differences: differencesOf(before, after) } };
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
          return written(collection, act, act.body, method === 'patch');
        },
      }),
    ),
    {
      ...common,
      ...{ method: 'post', path: `${one}/rollback`, verb: 'write', parameters: ['dryRun'] },
      about: 'Brings it back to the `version` that the body names.',
      async run(act) {
        const { params, body, rights } = act;
        if (rights.scopeOf(name, 'write') !== 'all') throw new TollgateError('forbidden', { reason: 'not-delegated' });
        const { version } = membersOf(body, { version: 'number' });
        if (version === undefined) throw badEntries([{ path: 'version', reason: 'missing' }]);
        // What has gone has no version that could be seen.
        const writer = act.wanted === undefined ? act.writer : await asWanted(collection, act);
        const { edit, after } = await writer.rollback(collection.named(params), version);
        return {
          body: after ?? {},
          headers: edited(after, edit),
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
        await remove(await asWanted(collection, act), act.params);
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
        const { edit } = (await run(await asWanted(collection, act), act.params, act.body)) as { edit?: number };
        const document = await collection.show(act.writer, act.params);
        return {
          body: document,
          headers: edited(document, edit),
        };
      },
    });
  routes.push({
    ...{ method: 'get', path: base, resource: name, verb: 'read', narrows: true, parameters: [...PAGING, ...filters] },
    about: `A page of ${name}, by id.`,
    async run(act) {
      const { page } = collection;
      const searched = ['q', ...filters].some((filter) => act.query[filter as keyof Query] !== undefined);
      if (page !== undefined && !searched && act.rights.scopeOf(name, 'read') === 'all')
        return { body: await page(act.writer, act.query) };
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
