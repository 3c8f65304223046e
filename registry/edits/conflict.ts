import { TollgateError } from '../../contract/errors.ts';
import type { Items, Key } from '../items.ts';
import { historyOf } from './history.ts';
import { changedMembers, versionOf } from './same.ts';
import type { HistoryRecord } from './types.ts';

/**
 * The refusal of an edit whose item is not the one that its editor saw; it says who changed what since.
 *
 * @param version the one that the editor saw; 0: none
 */
export async function changedMeanwhile(
  items: Pick<Items, 'partition'>,
  { key, at }: { key: Key; at?: string },
  version: number,
  cause?: unknown,
): Promise<TollgateError> {
  const since = (await historyOf(items, key)).filter((record) => versionAfter(record) > version);
  const told = since.map(sentenceOf).join(' ');
  return new TollgateError('conflict', {
    field: at ?? 'version',
    reason: 'changed-meanwhile',
    message: `It was changed since it was read. ${told || 'Its history does not say by whom.'} Nothing was written: reload it and try again.`,
    detail: { changes: since },
    cause,
  });
}

function versionAfter({ before, after }: HistoryRecord): number {
  return after === null ? versionOf({ document: before ?? {} }) + 1 : versionOf({ document: after });
}

function sentenceOf({ edit, at, by, change, before, after }: HistoryRecord): string {
  const members = before === null || after === null ? [] : changedMembers(before, after);
  const what = members.length === 0 ? '' : ` (${members.join(', ')})`;
  return `${change}${what} by ${by} at ${at}${edit === undefined ? '' : `, edit ${edit}`}.`;
}
