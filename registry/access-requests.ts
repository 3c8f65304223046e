import { TollgateError } from '../contract/errors.ts';
import { REQUESTS_PER_CALLER_MAX, REQUESTS_PER_TENANT_MAX } from '../contract/limits/access-requests.ts';
import { type AccessRequest, keptUntil, type RequestStatus, requestIdOf } from './access-request.ts';
import { REQUEST } from './all-kinds.ts';
import { createEdits, type EditOptions, type Listing } from './edit.ts';
import type { Change, Edit, Stamp } from './edits/types.ts';
import { entitled } from './entitled.ts';
import { badEntry } from './fields.ts';
import { type AppliedPlan, planned } from './file/apply.ts';
import { approvingGrant, type Given } from './granting.ts';
import type { Document, Key } from './items.ts';
import { REQUEST_SK, requestKey, requestsOf } from './keys.ts';
import { GRANT, type Kind } from './kinds.ts';
import { createLookup } from './lookup.ts';
import { itemNamed, type RequestName } from './named.ts';
import { asTenantId } from './tenant.ts';

/** Who asks for what, and why. */
export interface Asking {
  tenant: string;
  principal: string;
  /** Those that the caller has: by one of them it may hold the model already. */
  roles: readonly string[];
  model: string;
  why: unknown;
}

/** How a request is decided. */
export interface Deciding {
  /** What is said to it. */
  note?: unknown;
  /** The version that whoever decides saw; another one is a conflict. */
  base?: number | undefined;
}

export interface Approving extends Deciding {
  /** Whom the model is granted to: who asked, or everyone of its tenant. */
  to: 'principal' | 'tenant';
  /** Members of the grant, as its document has them; what is not said is as the tenant's own grant of the model has it, if there is one. */
  grant: Given;
}

/** Every method throws TollgateError `bad_entry` naming the member, and `not_found` where there is no such request. */
export interface AccessRequestWriter {
  /** All that are kept, or those of a tenant, of a caller in it, of a status; the one asked first is the first. */
  listRequests(of?: {
    tenant?: string | undefined;
    principal?: string | undefined;
    model?: string | undefined;
    status?: RequestStatus | undefined;
  }): Promise<Listing<AccessRequest>>;
  showRequest(name: RequestName): Promise<AccessRequest>;
  /**
   * Asks for a model, or asks again for one that was refused or taken away. It gives nothing.
   *
   * @throws TollgateError `bad_entry`: `model` `not-askable` of one that may not be asked for and of one that is not there, which
   *   nobody may tell apart; `already-granted`; `tenant` or `principal` `has-too-many-requests`
   */
  askAccess(asking: Asking): Promise<Change<AccessRequest>>;
  /** Takes it back. @throws TollgateError `conflict` of one that was decided */
  withdrawRequest(name: RequestName, base?: number): Promise<Change<AccessRequest>>;
  /** @throws TollgateError `conflict` of one that is not open */
  declineRequest(name: RequestName, how?: Deciding): Promise<Change<AccessRequest>>;
  /**
   * Decides that the model is granted, and makes nothing yet; `make` of the plan makes the grant and notes it in the request, both or
   * neither.
   *
   * @throws TollgateError `conflict` of a request that is not open; what a grant of that kind throws
   */
  approveRequest(name: RequestName, how: Approving): Promise<AppliedPlan>;
}

export function accessRequestWriter(options: EditOptions): AccessRequestWriter {
  const { items, clock } = options;
  const edits = createEdits(options);

  const isKept = (entry: AccessRequest): boolean => keptUntil(entry) * 1000 > clock();

  const listRequests: AccessRequestWriter['listRequests'] = async ({ tenant, principal, model, status } = {}) => {
    const under = tenant === undefined ? undefined : requestsOf(asTenantId(tenant));
    const asked = Object.entries({ principal, model, status }).filter(([, value]) => value !== undefined);
    // Before they are parsed: few of all that are kept are open.
    const found = (await items.list(REQUEST_SK, under)).filter(({ document }) =>
      asked.every(([member, value]) => document[member] === value),
    );
    const { entries, unusable } = await edits.list(REQUEST, Promise.resolve(found));
    const wanted = entries.filter(isKept).sort((a, b) => a.askedAt - b.askedAt);
    return { entries: wanted, unusable };
  };

  const showRequest = async (name: RequestName): Promise<AccessRequest> => {
    const entry = await edits.show(REQUEST, keyOf(name));
    if (isKept(entry)) return entry;
    throw noSuchRequest();
  };

  async function checkRoom(id: string, tenant: string, principal: string): Promise<void> {
    const { entries } = await listRequests({ tenant, status: 'open' });
    const others = entries.filter((one) => one.id !== id);
    if (others.filter((one) => one.principal === principal).length >= REQUESTS_PER_CALLER_MAX)
      throw badEntry('principal', 'has-too-many-requests');
    if (others.length >= REQUESTS_PER_TENANT_MAX) throw badEntry('tenant', 'has-too-many-requests');
  }

  async function checkNotHeld({ tenant, principal, roles, model }: Asking): Promise<void> {
    const entries = await createLookup({ items, clock, onUnusable: () => {} }).tenant(asTenantId(tenant));
    const held = entitled(entries?.models ?? [], { principal, roles }, clock() / 1000);
    if (held.some(({ id }) => id === model)) throw badEntry('model', 'already-granted');
  }

  const deciding = (name: RequestName, status: RequestStatus, { note, base }: Deciding): Edit<AccessRequest> => ({
    ...{ kind: REQUEST, key: keyOf(name), change: VERB[status], base },
    make: (stamp, before) => decided(before?.document, status, stamp, note),
  });

  return {
    listRequests,
    showRequest,

    async askAccess(asking) {
      const { tenant, principal, model, why } = asking;
      const of = { tenant: asTenantId(tenant), principal, model } as AccessRequest;
      const id = requestIdOf(of);
      // What is wrong with what was asked comes before what it is asked of.
      REQUEST.parse(document({ ...of, id, why } as AccessRequest, STAMP));
      await Promise.all([checkNotHeld(asking), checkRoom(id, tenant, principal)]);
      return edits.put(REQUEST, requestKey({ tenant: of.tenant, id }), (stamp, before) => {
        const open = before?.status === 'open' && before.why === why;
        // Asked twice it was asked when it was first.
        return open ? before : document({ ...of, id, why } as AccessRequest, stamp);
      });
    },

    withdrawRequest: async (name, base) => one(deciding(name, 'withdrawn', { base })),
    declineRequest: async (name, how = {}) => one(deciding(name, 'declined', how)),

    async approveRequest(name, how) {
      const { tenant, principal, model, status, version } = await showRequest(name);
      if (status !== 'open') throw notOpen(status);
      const grant = approvingGrant({ tenant, principal, model }, how.to, how.grant);
      const plan = await planned(
        [
          {
            ...{ kind: GRANT as Kind<unknown>, key: grant.key, change: 'approve', at: '' },
            make: (stamp, before) => grant.make(stamp, before?.document),
          },
          { ...(deciding(name, 'approved', { ...how, base: how.base ?? version }) as Edit), at: '' },
        ],
        options,
      );
      // Both are one thing that was done, and are undone as one.
      return { ...plan, make: (more) => plan.make({ ...more, named: true }) };
    },
  };

  async function one(edit: Edit<AccessRequest>): Promise<Change<AccessRequest>> {
    const [change] = await edits.commit([edit as Edit]);
    return change as Change<AccessRequest>;
  }
}

/** What it is called in the history. */
const VERB: Readonly<Record<RequestStatus, string>> = {
  open: 'ask',
  approved: 'approve',
  declined: 'decline',
  withdrawn: 'withdraw',
};

const STAMP: Stamp = { version: 1, at: 0, by: 'nobody yet' };

/** As it is when it is asked. */
function document({ id, tenant, principal, model, why }: AccessRequest, { version, at, by }: Stamp): Document {
  const status = 'open' as const;
  return REQUEST.document({
    ...{ id, tenant, principal, model, why, status },
    ...{ askedAt: at, version, updatedAt: at, updatedBy: by },
  });
}

/** The same words whether there is none or it is not the caller’s to see. */
export function noSuchRequest(): TollgateError {
  return new TollgateError('not_found', {
    field: 'request',
    reason: 'no-such-item',
    message: 'There is no such request.',
  });
}

/** @throws TollgateError `not_found`; `conflict` of one that is not open */
function decided(before: Document | undefined, status: RequestStatus, { at, by }: Stamp, note: unknown): Document {
  if (before === undefined) throw noSuchRequest();
  const entry = REQUEST.parse(before);
  if (entry.status !== 'open') throw notOpen(entry.status);
  const { note: _, ...rest } = entry;
  return REQUEST.document({
    ...{ ...rest, status, decidedAt: at, decidedBy: by },
    ...(note === undefined ? {} : { note: note as string }),
  });
}

function notOpen(status: RequestStatus): TollgateError {
  return new TollgateError('conflict', {
    field: 'status',
    reason: 'not-open',
    message: `The request is not open any more: it was ${status}.`,
  });
}

/** @throws TollgateError `bad_entry` */
function keyOf(request: RequestName): Key {
  return itemNamed({ request }).key;
}
