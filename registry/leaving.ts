import { TollgateError } from '../contract/errors.ts';
import { type Prepared, prepare } from './edits/bulk.ts';
import type { EditOptions } from './edits/commit.ts';
import type { Edit } from './edits/types.ts';
import type { Document, Item, Items, Key } from './items.ts';
import { BUDGETS_SK, GRANT_SK_PREFIX, TENANT_SK, tenantKey, tenantPartition } from './keys.ts';
import { BUDGETS, CLIENT, GRANT, type Kind, read, TENANT } from './kinds.ts';
import { asTenantId } from './tenant.ts';

/** How a tenant goes: it is off-boarded, which ends all that it may do, and deleted later. What it used stays in the ledger. */
export interface LeavingWriter {
  /**
   * Marks the tenant, and takes back its grants and its clients; keys of a tenant that has left are none. A plan of its own,
   * whatever its size: undoing it is the one way back.
   * @throws TollgateError `not_found`; `bad_entry` of one that has left already
   */
  offboardTenant(id: string): Promise<Prepared>;
  /**
   * Takes away what is left of a tenant that was off-boarded: its budgets and its entry. Histories stay.
   * @throws TollgateError `not_found`; `bad_entry` of one that has not left
   */
  deleteTenant(id: string): Promise<Prepared>;
}

export function leavingWriter(options: EditOptions): LeavingWriter {
  const { items } = options;
  return {
    async offboardTenant(given) {
      const id = asTenantId(given, 'id');
      const [own, clients] = await Promise.all([partition(items, id), items.scan(CLIENT.sk)]);
      if (entryOf(own, id).offboarded === true)
        throw refused('is-offboarded', `The tenant ${id} was off-boarded already; \`undo\` of that is its way back.`);
      return asPlan(
        [
          ...ofKind(own, GRANT_SK_PREFIX).map(({ key }) => gone(GRANT, key, 'offboard')),
          ...clients.filter((item) => tenantOf(item) === id).map(({ key }) => gone(CLIENT, key, 'offboard')),
          {
            ...{ kind: TENANT as Kind<unknown>, key: tenantKey(id), change: 'offboard' },
            make: (_, before) => ({ ...before?.document, offboarded: true }) as Document,
          },
        ],
        options,
      );
    },
    async deleteTenant(given) {
      const id = asTenantId(given, 'id');
      const own = await partition(items, id);
      if (entryOf(own, id).offboarded !== true)
        throw refused('is-not-offboarded', `The tenant ${id} is to be off-boarded before it is deleted.`);
      return asPlan(
        [
          ...ofKind(own, GRANT_SK_PREFIX).map(({ key }) => gone(GRANT, key, 'delete')),
          ...ofKind(own, BUDGETS_SK).map(({ key }) => gone(BUDGETS, key, 'delete')),
          gone(TENANT, tenantKey(id), 'delete'),
        ],
        options,
      );
    },
  };
}

function refused(reason: string, message: string): TollgateError {
  return new TollgateError('bad_entry', { field: 'id', reason, message });
}

async function asPlan(edits: readonly Edit[], options: EditOptions): Promise<Prepared> {
  const { changes, make } = await prepare(edits, options);
  return { changes, make: (more) => make({ ...more, named: true }) };
}

function gone<Entry>(kind: Kind<Entry>, key: Key, change: string): Edit {
  return { kind: kind as Kind<unknown>, key, change, make: () => null };
}

const partition = (items: Items, id: ReturnType<typeof asTenantId>) => items.partition(tenantPartition(id));

function ofKind(found: readonly Item[], sk: string): Item[] {
  return found.filter(({ key }) => key.sk.startsWith(sk));
}

/** @throws TollgateError `not_found` */
function entryOf(found: readonly Item[], id: string): Document {
  const item = found.find(({ key }) => key.sk === TENANT_SK);
  if (item !== undefined) return item.document;
  throw new TollgateError('not_found', {
    field: 'tenant',
    reason: 'no-such-item',
    message: `There is no tenant ${id}.`,
  });
}

function tenantOf(item: Item): string | undefined {
  const found = read(item, CLIENT);
  return 'entry' in found ? found.entry.tenant : undefined;
}
