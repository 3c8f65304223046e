import { TollgateError } from '../contract/errors.ts';
import { ADMIN_READ_MS } from '../contract/limits/admin.ts';
import { differencesOf } from '../registry/difference.ts';
import { isOfTenant, itemText, type LoggedChange } from '../registry/edits/log-list.ts';
import type { Change } from '../registry/edits/types.ts';
import { edited } from './entries.ts';
import { decoded, encoded } from './page.ts';
import { HttpProblem } from './problem.ts';
import type { Act, Route } from './route.ts';

/** The trail: who edited what, from what to what; and how it is taken back. */

/** Where a page ends: at an edit, or, of those that are older than the log, after so many. */
interface End {
  edit: number;
  older: number;
}

function endOf(cursor: string | undefined): Partial<End> {
  if (cursor === undefined) return {};
  const [, edit, older = 0] = /^(\d{1,9})(?:\+(\d{1,9}))?$/.exec(decoded(cursor)) ?? [];
  if (edit === undefined) throw new HttpProblem(400, 'cursor must be the `next` of an earlier page.');
  return { edit: Number(edit), older: Number(older) };
}

function told({ before, after, ...change }: LoggedChange) {
  return { ...change, differences: differencesOf(before, after) };
}

/** What taking back comes to, as every `dryRun` says it. */
function wouldBe(changes: readonly Change<unknown>[]) {
  return {
    changes: changes
      .filter(({ changed }) => changed)
      .map(({ key, before, after }) => ({
        ...{ item: itemText(key), does: after === null ? 'remove' : before === null ? 'create' : 'change' },
        differences: differencesOf(before, after),
      })),
  };
}

/** Of whom the caller may see edits; undefined: of everybody. */
const seenOf = ({ rights, caller, query }: Act): string | undefined =>
  rights.scopeOf('audit', 'read') === 'own' ? caller.tenant : query.tenant;

const SEEN = { resource: 'audit', verb: 'read', narrows: true } as const;
const BACK = { method: 'post', resource: 'audit', verb: 'write', parameters: ['dryRun'] } as const;

export const AUDIT_ROUTES: readonly Route[] = [
  {
    ...{ ...SEEN, method: 'get', path: '/audit' },
    parameters: ['limit', 'cursor', 'since', 'until', 'by', 'tenant', 'of', 'plan', 'after'],
    about: 'Edits of the whole registry, the newest first, with what each changed.',
    async run(act) {
      const { limit = 0, cursor, since, until, by, of, plan, after: seen = 0 } = act.query;
      const { edit: below, older = 0 } = endOf(cursor);
      const wanted = { since, until, by, of, plan, tenant: seenOf(act), below };
      const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
      const began = act.clock();
      /** The edit at which it was enough, of so many that are of somebody else. */
      let cut: number | undefined;
      const enough = (edit: number): boolean => {
        // Whatever else is asked for: nothing further back is looked at.
        if (edit <= seen) return true;
        if (act.clock() - began <= ADMIN_READ_MS) return false;
        cut = edit;
        return true;
      };
      const items: unknown[] = [];
      let end: End = { edit: 1, older: 0 };
      for await (const change of act.writer.log({ ...given, enough })) {
        // They come the newest first; those of before the log have no number.
        const { edit } = change;
        if (seen > 0 && edit === undefined) break;
        if (edit === undefined && end.older < older) {
          end.older++;
          continue;
        }
        if (items.length === limit) return { body: { items, next: encoded(`${end.edit}+${end.older}`) } };
        items.push(told(change));
        end = edit === undefined ? { edit: 1, older: end.older + 1 } : { edit, older: 0 };
      }
      return { body: { items, ...(cut === undefined ? {} : { next: encoded(`${cut + 1}+0`) }) } };
    },
  },
  {
    ...{ ...SEEN, method: 'get', path: '/audit/:edit', about: 'One edit, by its number.' },
    async run(act) {
      const { edit: number = '' } = act.params;
      const edit = /^[1-9]\d{0,8}$/.test(number) ? Number(number) : 0;
      const tenant = seenOf(act);
      // The first that is read or none: whose it is decides only whether it is told, and not how much is read.
      const log = act.writer.log({ below: edit + 1, enough: (one) => one < edit });
      const { value: change } = edit > 0 ? await log.next() : { value: undefined };
      // Another tenant's is not told from one that there is not.
      if (change?.edit !== edit || (tenant !== undefined && !isOfTenant(change.item, tenant))) throw noSuchEdit(number);
      return { body: told(change) };
    },
  },
  {
    ...{ ...BACK, path: '/audit/:edit/undo' },
    about: 'Takes one edit back, if its item is still what it made of it.',
    async run({ writer, params, query }) {
      const change = await writer.undo(Number(params.edit));
      if (query.dryRun === true) return { body: wouldBe([change]) };
      const { edit, after } = change;
      return { body: after ?? {}, headers: edited(after, edit) };
    },
  },
  {
    ...{ ...BACK, path: '/changes/:plan/undo' },
    about: 'Takes back what a plan made, or what is in the table of one that was cut off.',
    async run({ writer, params, query }) {
      const { plan, changes } = await writer.undoPlan(params.plan ?? '');
      if (query.dryRun === true) return { body: wouldBe(changes) };
      return { body: { ...(plan === undefined ? {} : { plan }), edits: changes.flatMap(({ edit }) => edit ?? []) } };
    },
  },
];

function noSuchEdit(edit: string): TollgateError {
  return new TollgateError('not_found', {
    field: 'edit',
    reason: 'no-such-item',
    message: `There is no edit ${edit}.`,
  });
}
