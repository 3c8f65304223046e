import type { Difference } from '../registry/difference.ts';
import { differenceText, valueText } from '../registry/difference-text.ts';
import type { HistoryRecord } from '../registry/edit.ts';
import type { Document } from '../registry/items.ts';
import type { Named } from '../registry/named.ts';
import type { Writer } from '../registry/writer.ts';
import { type Answer, changesOf, edited, listed, plainDifference } from './answer.ts';
import { widening } from './dangers.ts';
import { printable } from './print.ts';
import { versionGiven } from './registry.ts';
import type { Noun, Verb } from './verb.ts';

/**
 * What each noun can be asked of its past: `history`, `diff` and `rollback`.
 *
 * @param args what names one of it: `<tenant> <model>`
 * @param more of its verbs: options without which it is not named
 */
export function past<Given extends object>(
  noun: Noun,
  args: string,
  named: (given: Given) => Named,
  more: Pick<Verb<Given>, 'options' | 'instead'> = {},
): void {
  const what = noun.command.name();
  const words = args === '' ? '' : `${args} `;

  noun.verb<Given>('history', {
    ...more,
    about: `who changed the ${what}, when, and from what to what`,
    args,
    run: async (given, { registry }) => historyOf(await (await registry()).history(named(given))),
  });

  noun.verb<Given & { a: string; b?: string }>('diff', {
    ...more,
    about: 'what one version has otherwise than another, or than what is there now',
    args: `${words}<a> [b]`,
    run: async ({ a, b, ...given }, { registry }) => {
      const writer = await registry();
      const of = named(given as unknown as Given);
      const [before, after] = await Promise.all([
        writer.version(of, versionGiven(a, '<a>')),
        b === undefined ? latest(writer, of) : writer.version(of, versionGiven(b, '[b]')),
      ]);
      return differing(changesOf(before, after));
    },
  });

  noun.verb<Given & { version: string }>('rollback', {
    ...more,
    about: 'bring it back to one of its versions, as an edit of its own',
    args: `${words}<version>`,
    edits: true,
    hits: async ({ version, ...given }, { target }) => {
      const { itemNamed } = await import('../registry/named.ts');
      const of = named(given as unknown as Given);
      const number = versionGiven(version, '<version>');
      return widening(await target(), itemNamed(of).kind.name, (writer) => writer.rollback(of, number));
    },
    run: async ({ version, ...given }, { registry }) => {
      const of = named(given as unknown as Given);
      const number = versionGiven(version, '<version>');
      const change = await (await registry()).rollback(of, number);
      return edited({
        ...names(of),
        change,
        what: `${what} ${idOf(of)}`.trim(),
        done: `as in version ${number} again`,
      });
    },
  });
}

async function latest(writer: Writer, of: Named): Promise<Document | null> {
  return (await writer.history(of)).at(-1)?.after ?? null;
}

function names(of: Named): { id: string; tenant?: string } {
  return 'tenant' in of ? { id: idOf(of), tenant: of.tenant } : { id: idOf(of) };
}

/** The last thing that names it: of a grant what was granted. */
function idOf(of: Named): string {
  if ('client' in of) return of.client.client;
  const { model, bundle, budgetsOf, tenant } = of as Partial<Record<string, string>>;
  return model ?? bundle ?? budgetsOf ?? tenant ?? '';
}

function differing(differences: readonly Difference[]): Answer {
  return {
    ...listed({
      head: ['path', 'before', 'after'],
      rows: differences.map(({ path, before, after }) => [path, textOf(before), textOf(after)]),
      documents: differences.map(plainDifference),
    }),
    text: () => differences.map((one) => printable(differenceText(one))).join('\n') || 'nothing differs',
  };
}

function textOf(value: Difference['before']): string {
  return value === undefined ? '' : valueText(value);
}

/** The history of one item, oldest first. */
export function historyOf(records: readonly HistoryRecord[]): Answer {
  return listed({
    head: ['edit', 'at', 'by', 'change', 'what'],
    rows: records.map((record) => [
      String(record.edit ?? ''),
      atText(record),
      record.by,
      record.change,
      changesText(record),
    ]),
    documents: records.map((record) => ({
      ...record,
      differences: changesOf(record.before, record.after).map(plainDifference),
    })),
  });
}

/** By the table’s clock; that the editor’s own said something else is a remark. */
export function atText({ at, clock }: Pick<HistoryRecord, 'at' | 'clock'>): string {
  return clock === undefined ? at : `${at} (by the editor’s clock ${clock})`;
}

export function changesText({ before, after }: Pick<HistoryRecord, 'before' | 'after'>): string {
  return changesOf(before, after).map(differenceText).join('; ');
}
