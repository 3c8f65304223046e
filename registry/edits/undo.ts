import { TollgateError } from '../../contract/errors.ts';
import { kindNamed } from '../all-kinds.ts';
import { contentOf } from '../difference.ts';
import type { Document, Items, Key } from '../items.ts';
import { historyKey } from '../keys.ts';
import type { Kind } from '../kinds.ts';
import { changedMeanwhile } from './conflict.ts';
import { historyOf, recordOf } from './history.ts';
import { logBackwards, loggedEdit } from './log.ts';
import { nameOf, versionOf } from './same.ts';
import type { Edit, LoggedEdit } from './types.ts';

/**
 * The edit that takes one back: the item becomes what it was before, if it is still what that edit made of it.
 *
 * @param edit its number in the log
 * @throws TollgateError `not_found` where there is no such edit; `bad_entry` for one that changed no item; `conflict` where the item
 *   was changed since, telling by what
 */
export async function undoing(items: Items, edit: number): Promise<Edit> {
  const logged = await loggedEdit(items, edit);
  if (logged === undefined)
    throw new TollgateError('not_found', {
      field: 'edit',
      reason: 'no-such-edit',
      message: `There is no edit ${edit}.`,
    });
  const { key, change } = logged;
  const [found] = await items.batch([historyKey(key, edit)]);
  const { before, after } = found === undefined ? { before: null, after: null } : recordOf(found);
  if (versionOf({ document: before ?? {} }) + versionOf({ document: after ?? {} }) === 0)
    throw new TollgateError('bad_entry', {
      field: 'edit',
      reason: 'nothing-to-undo',
      message: `Edit ${edit} (${change}) changed no entry of the registry: there is nothing to take back.`,
    });
  const made = after === null ? 0 : versionOf({ document: after });
  const [item] = await items.batch([key]);
  if (versionOf(item) !== made)
    throw await changedMeanwhile(items, { key }, made || versionOf({ document: before ?? {} }) + 1);
  return { kind: kindNamed(logged.kind), key, change: `undo ${edit}`, make: () => before && contentOf(before) };
}

/**
 * The edit that brings an item back to what it was at one of its versions.
 *
 * @param version as the history has it; of an item that was removed and made again the latest that has the number
 * @throws TollgateError `not_found` where its history has no such version
 */
export async function rollingBack(items: Items, kind: Kind<unknown>, key: Key, version: number): Promise<Edit> {
  const document = await documentAt(items, key, version);
  return {
    ...{ kind, key, change: `rollback to ${version}` },
    make: (_, now) => {
      const { evaluated: _then, ...content } = contentOf(document);
      // What was measured of a model is not an operator's to take back.
      const { evaluated } = now?.document ?? {};
      return { ...content, ...(evaluated === undefined ? {} : { evaluated }) };
    },
  };
}

/** @throws TollgateError `not_found` */
export async function documentAt(items: Pick<Items, 'partition'>, key: Key, version: number): Promise<Document> {
  const found = (await historyOf(items, key)).findLast(({ after }) => after?.version === version);
  if (found?.after) return found.after;
  throw new TollgateError('not_found', {
    field: 'version',
    reason: 'no-such-version',
    message: `Its history has no version ${version}.`,
  });
}

/**
 * The edits that take back what is in the table of a plan, the last of it first.
 *
 * @returns none where the log has no such plan
 */
export async function unmaking(items: Items, plan: string): Promise<Edit[]> {
  const logged: LoggedEdit[] = [];
  for await (const edit of logBackwards(items)) {
    if (edit.plan?.id === plan) logged.push(edit);
    // Its parts follow one another, with at most a few edits of others between: part 1 is the beginning.
    else if (logged.at(-1)?.plan?.part === 1) break;
  }
  const records = await items.batch(logged.map(({ key, edit }) => historyKey(key, edit)));
  const found = new Map(records.map((item) => [nameOf(item.key), recordOf(item)]));
  return logged.map(({ key, kind, edit }) => {
    const { before, after } = found.get(nameOf(historyKey(key, edit))) ?? { before: null, after: null };
    const made = after === null ? 0 : versionOf({ document: after });
    return {
      ...{ kind: kindNamed(kind), key, change: `undo ${edit}`, base: made === 0 ? undefined : made },
      make: (_, now) => {
        // Removed by the plan, and made again by somebody since.
        if (made === 0 && now !== undefined) return undefined;
        return before && contentOf(before);
      },
    };
  });
}
