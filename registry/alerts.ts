import { isTollgateError, TollgateError } from '../contract/errors.ts';
import { type AlertsEntry, parseReceiver, type Receiver, sortedReceivers } from './alert.ts';
import { ALERTS } from './all-kinds.ts';
import type { Change, Edits } from './edit.ts';
import { badEntries, problemsOf } from './fields.ts';
import { ALERTS_KEY } from './keys.ts';

export interface AlertWriter {
  /** With what is secret of them. @throws TollgateError `bad_entry` naming the field of a malformed item */
  listReceivers(): Promise<readonly Receiver[]>;
  /**
   * Makes a receiver, or replaces the one of its id.
   *
   * @param receiver a Receiver, not trusted
   * @throws TollgateError `bad_entry` naming the member; `not_found` of a tenant that is not there
   */
  setReceiver(receiver: unknown): Promise<Change<AlertsEntry> & { receiver: Receiver }>;
  /** @throws TollgateError `not_found` */
  removeReceiver(id: string): Promise<Change<AlertsEntry>>;
  /** All of them, and the only way to be rid of a malformed item. @throws TollgateError `not_found` */
  removeReceivers(): Promise<Change<undefined>>;
}

export function alertWriter(edits: Edits): AlertWriter {
  const held = async (): Promise<AlertsEntry | undefined> => {
    try {
      return await edits.show(ALERTS, ALERTS_KEY);
    } catch (error) {
      if (isTollgateError(error, 'not_found')) return undefined;
      throw error;
    }
  };

  return {
    listReceivers: async () => (await held())?.alerts ?? [],

    async setReceiver(given) {
      const receiver = parseReceiver(given);
      const before = await held();
      try {
        const change =
          before === undefined
            ? await edits.put(ALERTS, ALERTS_KEY, ({ version, at, by }, now) => {
                if (now !== undefined)
                  throw new TollgateError('conflict', { field: 'version', reason: 'changed-meanwhile' });
                return ALERTS.document({ alerts: [receiver], version, updatedAt: at, updatedBy: by });
              })
            : await edits.alter(ALERTS, ALERTS_KEY, `set ${receiver.id}`, (entry) => ({
                ...entry,
                alerts: sortedReceivers([...entry.alerts.filter(({ id }) => id !== receiver.id), receiver]),
              }));
        return { ...change, receiver };
      } catch (error) {
        // It was given alone, and nobody who gave it counts those beside it.
        if (!isTollgateError(error, 'bad_entry')) throw error;
        throw badEntries(problemsOf(error).map((one) => ({ ...one, path: one.path.replace(/^alerts\[\d+\]\./, '') })));
      }
    },

    async removeReceiver(id) {
      if (!((await held())?.alerts ?? []).some((one) => one.id === id))
        throw new TollgateError('not_found', {
          field: 'alert',
          reason: 'no-such-alert',
          message: `There is no alert ${id}.`,
        });
      return edits.alter(ALERTS, ALERTS_KEY, `remove ${id}`, (entry) => ({
        ...entry,
        alerts: entry.alerts.filter((one) => one.id !== id),
      }));
    },

    removeReceivers: async () => edits.remove(ALERTS, ALERTS_KEY, 'remove'),
  };
}
