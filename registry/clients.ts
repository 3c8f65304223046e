import { type ClientEntry, type ClientName, checkClientName } from './client.ts';
import type { Change, Edits, HistoryRecord, Listing } from './edit.ts';
import { isoMilliseconds, SCHEMA_VERSION } from './fields.ts';
import type { Items } from './items.ts';
import { CLIENT_SK, clientKey } from './keys.ts';
import { CLIENT } from './kinds.ts';
import { asTenantId } from './tenant.ts';

/** Every method throws TollgateError `bad_entry` for an issuer or a client id that is none. */
export interface ClientWriter {
  /** Everybody's, or those of one tenant. */
  listClients(of?: { tenant?: string }): Promise<Listing<ClientEntry>>;
  /**
   * Says whose a client's tokens are.
   * @throws TollgateError `not_found` when there is no such tenant
   */
  putClient(client: ClientName & { tenant: string }): Promise<Change<ClientEntry>>;
  /** Its tokens are refused from the authorizer's cache time on. @throws TollgateError `not_found` */
  removeClient(client: ClientName): Promise<Change<undefined>>;
  /** Every edit of one, oldest first. */
  clientHistory(client: ClientName): Promise<HistoryRecord[]>;
}

export function clientWriter(edits: Edits, items: Items): ClientWriter {
  const keyOf = (name: ClientName) => {
    checkClientName(name);
    return clientKey(name);
  };

  return {
    async listClients({ tenant } = {}) {
      const wanted = tenant === undefined ? undefined : asTenantId(tenant);
      const { entries, unusable } = await edits.list(CLIENT, items.list(CLIENT_SK));
      // Their keys have no order that anybody could read.
      const sorted = entries.sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
      return { entries: sorted.filter((entry) => wanted === undefined || entry.tenant === wanted), unusable };
    },
    async putClient({ issuer, client, tenant }) {
      const key = keyOf({ issuer, client });
      asTenantId(tenant);
      return edits.put(CLIENT, key, ({ version, at, by }) => ({
        ...{ v: SCHEMA_VERSION, issuer, client, tenant, version },
        ...{ updatedAt: isoMilliseconds(at), updatedBy: by },
      }));
    },
    removeClient: async (name) => edits.remove(CLIENT, keyOf(name), 'remove'),
    clientHistory: async (name) => edits.history(keyOf(name)),
  };
}

function nameOf({ tenant, issuer, client }: ClientEntry): string {
  return JSON.stringify([tenant, issuer, client]);
}
