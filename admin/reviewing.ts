import { isTollgateError, TollgateError } from '../contract/errors.ts';
import type { TenantId } from '../contract/identity.ts';
import { ADMIN_REVIEW_QUESTIONS } from '../contract/limits/admin.ts';
import { PURPOSES } from '../contract/model.ts';
import { roleName } from '../contract/names.ts';
import { badEntry, isoMilliseconds } from '../registry/fields.ts';
import { idAt } from '../registry/keys.ts';
import { readSnapshotOf, type Snapshot } from '../registry/snapshot.ts';
import { asTenantId } from '../registry/tenant.ts';
import { explanationOf, type PolicyShown, type SessionShown } from '../review/explanation.ts';
import { assemble, isOpen, type Review } from '../review/gather.ts';
import { lastRecord, type PastReview } from '../review/record.ts';
import { assumedRoles, type Roles } from '../review/roles.ts';
import { spokeRolesOf } from '../review/spokes.ts';
import { ofTenants, tenantReview, tenantsReviewed, withinQuestions } from '../review/tenants.ts';
import { decoded, encoded } from './page.ts';
import type { Act, Reply } from './route.ts';
import { stageOf } from './stage.ts';

/** The security review, a page of tenants at a time, so that what one request does is bounded whatever the stage holds. */

/** What a review rests on beside the registry. */
interface Ground {
  previous: PastReview | undefined;
  roles(snapshot: Snapshot): Roles;
  notes: readonly string[];
}

async function groundOf(act: Act): Promise<Ground> {
  const notes: string[] = [];
  const previous = await previousOf(act, notes);
  const { name, region: regionOf } = stageOf(act);
  const region = await regionOf();
  return {
    previous,
    notes,
    roles: ({ models, tenants }) =>
      previous?.roles ??
      assumedRoles((what) => roleName(name, what, region), models, spokeRolesOf(tenants, models), [NOT_READ]),
  };
}

const NOT_READ =
  'This API may not read IAM, and no review was recorded with the roles as they are (`tollgate policy review --record`)';

async function previousOf(act: Act, notes: string[]): Promise<PastReview | undefined> {
  const { since } = act.query;
  try {
    return await lastRecord(await act.usage(), since === undefined ? undefined : isoMilliseconds(since));
  } catch (error) {
    // What changed is then told from the beginning on: more to read, and nothing hidden.
    // What AWS says of a refusal names roles and accounts.
    const { name, message } = error as Error;
    notes.push(
      `earlier reviews could not be read (${isTollgateError(error) ? message : name}), so every change is listed`,
    );
    return undefined;
  }
}

async function reviewOf(act: Act, snapshot: Snapshot, holds: (tenant: string) => boolean): Promise<Review> {
  const { clock, caller, query } = act;
  const { name: stage, region: regionOf } = stageOf(act);
  const [ground, region] = await Promise.all([groundOf(act), regionOf()]);
  return assemble({
    ...{ now: clock(), by: `${caller.tenant}/${caller.principal}`, stage, region, snapshot },
    roles: ground.roles(snapshot),
    previous: ofTenants(ground.previous, holds),
    since: query.since === undefined ? undefined : isoMilliseconds(query.since),
    notes: ground.notes,
  });
}

/** As many of the tenants as one request can try the policies of: of those that many share there are few. */
async function pageOf(
  { items, clock }: Act,
  tenants: readonly TenantId[],
): Promise<{ page: readonly TenantId[]; snapshot: Snapshot }> {
  const snapshot = await readSnapshotOf(tenants, items, clock);
  const page = withinQuestions(snapshot, tenants, ADMIN_REVIEW_QUESTIONS);
  return { page, snapshot: page.length === tenants.length ? snapshot : await readSnapshotOf(page, items, clock) };
}

/** A page of tenants. */
export async function reviewStage(act: Act): Promise<Reply> {
  const { writer, query, clock } = act;
  const { limit = 0, cursor, prefix = '' } = query;
  const after = cursor === undefined ? '' : decoded(cursor);
  // The first page alone tells how many there are: the others read no more than themselves.
  const listing = await (cursor === undefined
    ? writer.listTenants()
    : writer.pageOfTenants({ prefix, after, limit: limit + 1 }));
  const usable = new Map(listing.entries.map(({ id }) => [String(id), id]));
  const left = [...usable.keys(), ...listing.unusable.map(idAt)]
    .filter((id) => id.startsWith(prefix) && id > after)
    .sort();
  const wanted = left.slice(0, limit);
  const tenants = wanted.flatMap((id) => usable.get(id) ?? []);
  const { page, snapshot: read } = await pageOf(act, tenants);
  const cut = page.length < tenants.length;
  const last = cut ? page.at(-1) : wanted.at(-1);
  const more = cut || left.length > limit;
  // What an earlier review knew of a tenant that is gone stands on the page on which that would be.
  const holds = (id: string) => id.startsWith(prefix) && id > after && (!more || id <= (last ?? ''));
  const review = await reviewOf(act, read, holds);
  const { findings, reviewed, rolesReviewed, roles, snapshot } = review;
  return {
    body: {
      ...{ at: review.at, by: review.by, stage: review.stage, region: review.region },
      closed: !isOpen(review),
      ...(cursor === undefined ? { tenants: { of: listing.entries.length, unusable: listing.unusable.length } } : {}),
      counts: {
        tenants: page.length,
        models: snapshot.models.length,
        sessions: reviewed.sessions.length,
        policies: reviewed.policies.length,
        questions: reviewed.policies.reduce((sum, { questions }) => sum + questions, 0),
      },
      items: tenantsReviewed(review, Math.floor(clock() / 1000)),
      findings,
      risks: review.risks,
      roles: {
        ...{ source: roles.source, assumers: roles.assumers, invoker: roles.invoker, functions: roles.functions },
        ...{ trust: rolesReviewed.trust, tried: rolesReviewed.functions },
      },
      ...{ since: review.since, policyChanges: review.policyChanges, notes: review.notes },
      ...(more && last !== undefined ? { next: encoded(last) } : {}),
    },
  };
}

/** One tenant. */
export async function reviewTenant(act: Act): Promise<Reply> {
  const tenant = await existing(act);
  const { items, clock } = act;
  const snapshot = await readSnapshotOf([tenant], items, clock);
  const review = await reviewOf(act, snapshot, (id) => id === tenant);
  const body = tenantReview(review, tenant, await knows(act, tenant));
  return { body: seesRoles(act) ? body : { ...body, notes: [] } };
}

/** One call. */
export async function explainCall(act: Act): Promise<Reply> {
  const { params, query, items, clock } = act;
  const tenant = asTenantId(params.tenant ?? '', 'tenant');
  const model = params.model ?? '';
  const may = await knows(act, tenant);
  // Which models there are is nobody's to know who holds none of them.
  if (!may(model)) throw new TollgateError('forbidden', { reason: 'not-held' });
  const action = PURPOSES.find((one) => one === (query.action ?? 'invoke'));
  if (action === undefined) throw badEntry('action', 'unknown-action');
  const [snapshot, ground] = await Promise.all([readSnapshotOf([tenant], items, clock), groundOf(act)]);
  const explanation = explanationOf(
    { tenant, model, action, principal: query.principal, roles: query.roles?.split(',') ?? null },
    snapshot,
    ground.roles(snapshot),
    clock(),
    stageOf(act).name,
  );
  const { session } = explanation;
  return { body: session === null ? explanation : { ...explanation, session: shownTo(act, session, may) } };
}

/** @throws TollgateError `not_found` */
async function existing({ writer, params }: Act): Promise<TenantId> {
  const { id } = await writer.showTenant(params.tenant ?? '');
  return id;
}

/** Of which models the caller may know: who sees its own tenant alone, of those that it holds. */
async function knows({ rights, writer }: Act, tenant: TenantId): Promise<(model: string) => boolean> {
  if (rights.scopeOf('models', 'read') === 'all') return () => true;
  const held = new Set((await writer.holdings(tenant)).map(({ model }) => model));
  return (model) => held.has(model);
}

/** Roles are the stage's: who sees its own tenant alone sees neither them, nor how they were read. */
function seesRoles({ rights }: Act): boolean {
  return rights.scopeOf('audit', 'read') === 'all';
}

/** Nor what was tried of others' models. */
function shownTo(act: Act, session: SessionShown, may: (model: string) => boolean): object {
  if (seesRoles(act)) return session;
  const own = <Shown extends PolicyShown>(shown: Shown): Shown => ({
    ...shown,
    simulated: shown.simulated.filter(({ model }) => may(model)),
  });
  const { role: _, elsewhere, ...rest } = session;
  return { ...own(rest), notes: [], ...(elsewhere === undefined ? {} : { elsewhere: elsewhere.map(own) }) };
}
