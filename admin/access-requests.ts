import { TollgateError } from '../contract/errors.ts';
import type { TenantId } from '../contract/identity.ts';
import { type AccessRequest, accessRequestDocument, REQUEST_STATUSES } from '../registry/access-request.ts';
import { noSuchRequest } from '../registry/access-requests.ts';
import { catalogueOf } from '../registry/catalogue.ts';
import type { Change } from '../registry/edit.ts';
import { badEntries, badEntry, isoSeconds } from '../registry/fields.ts';
import type { Given } from '../registry/granting.ts';
import type { Document } from '../registry/items.ts';
import type { Verb } from '../registry/rights.ts';
import { edited, etag, plannedBody } from './entries.ts';
import { checkHeld, checkOwn } from './own.ts';
import { pageOf } from './page.ts';
import type { Act, Reply, Route } from './route.ts';

/** Requests for access. Whoever may sign in asks for itself; who may write grants of the tenant decides. */

const common = { resource: 'access-requests', narrows: true, own: true } as const;

/** Whether the caller sees it as one of those who decide, or who may look at everything of its tenant. */
function sees({ rights }: Act, verb: Verb, tenant: TenantId): boolean {
  return rights.may('access-requests', verb, tenant);
}

/** As the caller may see it: who decided for the operator is nobody that a tenant knows of. */
function shown(act: Act, entry: AccessRequest): Document {
  const { expiresAt, ...document } = accessRequestDocument(entry);
  const told: Document = { ...document, keptUntil: isoSeconds(Number(expiresAt)) };
  if (act.rights.scopeOf('access-requests', 'read') === 'all') return told;
  const own = (by: unknown): boolean => typeof by === 'string' && by.startsWith(`${act.caller.tenant}/`);
  const hidden = (['decidedBy', 'updatedBy'] as const).filter((name) => told[name] !== undefined && !own(told[name]));
  return { ...told, ...Object.fromEntries(hidden.map((name) => [name, 'an operator'])) };
}

function isOwn({ caller }: Act, { tenant, principal }: AccessRequest): boolean {
  return caller.narrowed === undefined && caller.tenant === tenant && caller.principal === principal;
}

const nameIn = ({ params }: Act) => ({ tenant: params.tenant ?? '', id: params.request ?? '' });

/** @throws TollgateError `not_found` for one that is not the caller’s to see, in the words of one that is not there */
async function requestNamed(act: Act, verb: Verb): Promise<AccessRequest> {
  const { caller, rights } = act;
  const { tenant } = nameIn(act);
  if (tenant !== caller.tenant && rights.scopeOf('access-requests', verb) !== 'all') throw noSuchRequest();
  const found = await act.writer.showRequest(nameIn(act));
  if (sees(act, verb, found.tenant) || isOwn(act, found)) return found;
  throw noSuchRequest();
}

/** Who decides may write grants of the tenant. @throws TollgateError `not_found`, `forbidden` */
async function toDecide(act: Act): Promise<AccessRequest> {
  const found = await requestNamed(act, 'read');
  if (act.rights.may('grants', 'write', found.tenant) && sees(act, 'write', found.tenant)) return found;
  throw new TollgateError('forbidden', {
    reason: 'not-delegated',
    message: 'A request is decided by those who may grant what it asks for.',
  });
}

function madeOf(act: Act, { entry, changed, edit, before, after }: Change<AccessRequest>): Reply {
  if (act.query.dryRun === true) return { body: { changed, before, after } };
  return { body: shown(act, entry), headers: edited(accessRequestDocument(entry), edit) };
}

function noMore(body: Document, ...names: readonly string[]): void {
  const more = Object.keys(body).filter((name) => !names.includes(name));
  if (more.length > 0) throw badEntries(more.map((path) => ({ path, reason: 'unknown-member' })));
}

/** @throws TollgateError `forbidden` where a key asks: what it may use its maker says */
function signedIn({ caller }: Act): void {
  if (caller.narrowed !== undefined)
    throw new TollgateError('forbidden', { reason: 'key-asks', message: 'A key can ask for nothing.' });
}

export const ACCESS_REQUEST_ROUTES: readonly Route[] = [
  {
    ...common,
    ...{ method: 'get', path: '/catalogue', verb: 'read', about: 'The models that may be asked for, granted or not.' },
    parameters: ['limit', 'cursor', 'prefix'],
    async run({ writer, clock, query }) {
      const { entries } = await writer.listModels();
      return { body: pageOf(catalogueOf(entries, Math.floor(clock() / 1000)), ({ id }) => String(id), query) };
    },
  },
  {
    ...common,
    ...{ method: 'get', path: '/access-requests', verb: 'read' },
    parameters: ['limit', 'cursor', 'prefix', 'tenant', 'model', 'principal', 'status'],
    about:
      'A page of requests for access, by when they were asked: the caller’s own, or those that it may decide or see.',
    async run(act) {
      const { rights, caller, query, writer } = act;
      const scope = rights.scopeOf('access-requests', 'read');
      const status = REQUEST_STATUSES.find((one) => one === query.status);
      if (query.status !== undefined && status === undefined) throw badEntry('status', 'unknown-status');
      const of = { model: query.model, principal: query.principal, status };
      const { entries } = await writer.listRequests({
        ...of,
        ...(scope === 'all' ? { tenant: query.tenant } : { tenant: caller.tenant }),
        ...(scope === undefined ? { principal: caller.principal } : {}),
      });
      // By when they were asked, and of one moment by id.
      const idOf = ({ askedAt, tenant, id }: Document) => `${askedAt}/${tenant}/${id}`;
      const { status: _, ...paging } = query;
      return {
        body: pageOf(
          entries.map((entry) => shown(act, entry)),
          idOf,
          paging,
        ),
      };
    },
  },
  {
    ...common,
    ...{ method: 'post', path: '/access-requests', verb: 'write', parameters: ['dryRun'] },
    about: 'Asks for the `model`, and says `why`; asked again it is the same request.',
    async run(act) {
      signedIn(act);
      const { body, caller, writer } = act;
      noMore(body, 'model', 'why');
      const missing = (['model', 'why'] as const).filter((name) => body[name] === undefined);
      if (missing.length > 0) throw badEntries(missing.map((path) => ({ path, reason: 'missing' })));
      const { model, why } = body;
      if (typeof model !== 'string') throw badEntry('model', 'not-text');
      const { tenant, principal, roles } = caller;
      const change = await writer.askAccess({ tenant, principal, roles, model, why });
      const reply = madeOf(act, change);
      return change.before === null && act.query.dryRun !== true ? { ...reply, status: 201 } : reply;
    },
  },
  {
    ...common,
    ...{ method: 'get', path: '/access-requests/:tenant/:request', verb: 'read', about: 'One request for access.' },
    async run(act) {
      const found = await requestNamed(act, 'read');
      return { body: shown(act, found), headers: etag(accessRequestDocument(found)) };
    },
  },
  {
    ...common,
    ...{ method: 'delete', path: '/access-requests/:tenant/:request', verb: 'write', parameters: ['dryRun'] },
    about: 'Takes one’s own request back.',
    async run(act) {
      signedIn(act);
      const found = await requestNamed(act, 'write');
      if (!isOwn(act, found))
        throw new TollgateError('forbidden', { reason: 'not-yours', message: 'Who asked takes it back.' });
      return madeOf(act, await act.writer.withdrawRequest(found, act.wanted));
    },
  },
  {
    ...common,
    ...{ method: 'post', path: '/access-requests/:tenant/:request/approve', verb: 'write', parameters: ['dryRun'] },
    about:
      'Makes the grant, `to` the `principal` who asked or the whole `tenant`, with the members of a grant that `grant` has; a `note` goes to who asked.',
    async run(act) {
      const found = await toDecide(act);
      const { body, wanted, writer, query } = act;
      noMore(body, 'to', 'grant', 'note');
      const { to = 'principal', grant = {}, note } = body;
      if (to !== 'principal' && to !== 'tenant') throw badEntry('to', 'not-principal-or-tenant');
      if (grant === null || typeof grant !== 'object' || Array.isArray(grant)) throw badEntry('grant', 'not-an-object');
      await checkHeld(act, found.model, grant as Given, async () => ({}));
      const plan = await writer.approveRequest(found, { to, grant: grant as Given, note, base: wanted });
      await checkOwn('grants', act, { ...plan, changes: plan.changes.filter(({ kind }) => kind === 'grant') });
      if (query.dryRun === true) return { body: plannedBody(plan) };
      const { plan: id, changes } = await plan.make();
      const now = await writer.showRequest(found);
      return {
        body: { ...shown(act, now), ...(id === undefined ? {} : { plan: id }) },
        headers: edited(accessRequestDocument(now), changes.at(-1)?.edit),
      };
    },
  },
  {
    ...common,
    ...{ method: 'post', path: '/access-requests/:tenant/:request/decline', verb: 'write', parameters: ['dryRun'] },
    about: 'Declines it; a `note` goes to who asked.',
    async run(act) {
      const found = await toDecide(act);
      noMore(act.body, 'note');
      return madeOf(act, await act.writer.declineRequest(found, { note: act.body.note, base: act.wanted }));
    },
  },
];
