import type { Command } from 'commander';
import { differencesOf } from '../registry/difference.ts';
import { differenceText } from '../registry/difference-text.ts';
import type { AppliedPlan, Finding, PlannedChange } from '../registry/file/apply.ts';
import type { Writer } from '../registry/writer.ts';
import { type Answer, shown } from './answer.ts';
import { bytesOf, type Read, readEntries, whereItStands } from './file.ts';
import { counted } from './print.ts';
import { progress } from './progress.ts';
import type { Target } from './target.ts';
import { verbOf } from './verb.ts';

interface Given {
  file: string;
  prune?: true;
  dryRun?: true;
}

export function register(program: Command, target: () => Promise<Target>): void {
  verbOf<Given>(program, target, 'apply', {
    about: 'make the registry what a file says: a plan first, then all of it or nothing',
    args: {
      '<file>': 'of entries, YAML or JSON as `tollgate export` writes it, or a CSV of tenants; - reads standard input',
    },
    options: (verb) =>
      verb
        .option('--dry-run', 'the plan only')
        .option('--prune', 'also take away grants, budgets, clients, aliases and alerts that the file does not name'),
    edits: true,
    more:
      '\nWhat the file leaves out stays as it is, of the registry and of each entry;' +
      '\nnull takes a member away.' +
      '\nApplied again it changes nothing.',
    run: async ({ file, prune, dryRun, yes }, at) => {
      const read = await readGiven(file);
      const writer = await at.registry();
      const plan = await whereItStands(file, read, () => writer.apply(read.value, { prune: prune === true }));
      if (dryRun || plan.changes.length === 0) return planAnswer(plan, {});
      await confirmed(plan, yes === true, prune === true, await at.target());
      // Before they are written: nothing is counted under them yet, so nothing is counted twice.
      const starts = await startsOf(plan, writer, await at.target());
      const { plan: id, changes } = await plan.make({
        onProgress: (made, of) => progress(`${made} of ${counted(of, 'edit')}`),
        // A file is taken back whole; of one edit its number does.
        named: plan.changes.length > 1,
      });
      const edits = changes.flatMap(({ edit }) => edit ?? []);
      return planAnswer(plan, { ...(id === undefined ? {} : { id }), edits, starts });
    },
  });
}

async function readGiven(file: string): Promise<Read> {
  if (!file.toLowerCase().endsWith('.csv')) return readEntries(file);
  const bytes = bytesOf(file);
  const { tenantsOfCsv } = await import('../registry/file/tenants-csv.ts');
  const text = new TextDecoder('utf-8', { ignoreBOM: false }).decode(bytes);
  return whereItStands(file, { lineOf: () => undefined }, async () => {
    const { value, lines } = tenantsOfCsv(text);
    return { value, lineOf: (path) => lines[Number(/^tenants\[(\d+)\]/.exec(path)?.[1])] };
  });
}

async function confirmed(plan: AppliedPlan, yes: boolean, strict: boolean, where: Target): Promise<void> {
  const removals = plan.changes.filter(({ does }) => does === 'remove').length;
  const { confirm } = await import('./confirm.ts');
  if (!process.stdin.isTTY && removals === 0 && plan.findings.length === 0 && where.kind === 'local') return;
  const hits = process.stdin.isTTY && !yes ? [planText(plan)] : firstOf(plan.findings.map(findingText));
  await confirm({ hits, question: `Make ${summary(plan)}?`, yes, strict }, where);
}

/** What the answer tells all of. */
function firstOf(told: readonly string[]): string[] {
  const more = told.length - TOLD_MAX;
  return more > 0 ? [...told.slice(0, TOLD_MAX), `and ${more} more`] : [...told];
}

const TOLD_MAX = 20;

function findingText({ item, kind, text }: Finding): string {
  return `! ${item}: ${kind}: ${text}`;
}

interface Started {
  rows: object[];
  lines: string[];
}

/** What the plan's budgets begin with. */
async function startsOf({ changes }: AppliedPlan, writer: Writer, where: Target): Promise<Started> {
  const edited = changes.filter(({ kind, after }) => kind === 'budgets' && after !== null);
  if (edited.length === 0) return { rows: [], lines: [] };
  // What reads the ledger is loaded by who sets a budget.
  const [{ startsOf, startText }, { budgetsIn, EVERY_TENANT }] = await Promise.all([
    import('./budget/start.ts'),
    import('../registry/budget.ts'),
  ]);
  const given = edited.map(({ before, after }) => ({
    owner: String(after?.owner),
    before: budgetsIn(before),
    after: budgetsIn(after),
  }));
  const starts = await startsOf(where, writer, given);
  return {
    rows: starts.flatMap(({ budget: { id }, rows }) => rows.map((row) => ({ budget: id, ...row }))),
    lines: starts.flatMap(({ budget, rows }) =>
      startText(budget, rows, EVERY_TENANT).map((line) => `budget ${budget.id}: ${line}`),
    ),
  };
}

interface Made {
  /** The plan's, where it took more than a transaction. */
  id?: string;
  edits?: readonly number[];
  starts?: Started;
}

function planAnswer(plan: AppliedPlan, { id, edits, starts }: Made): Answer {
  const done = edits === undefined ? undefined : doneText(plan, id, edits);
  const document = {
    ...(id === undefined ? {} : { plan: id }),
    made: edits?.length ?? 0,
    unchanged: plan.unchanged,
    left: plan.left,
    findings: plan.findings,
    ...(starts === undefined ? {} : { starts: starts.rows }),
    changes: plan.changes.map(({ item, kind, at, does, before, after }) => ({
      ...{ item, kind, ...(at === undefined ? {} : { at }), does },
      differences: differencesOf(before, after),
    })),
  };
  return {
    ...shown(id ?? '', document, () => [planText(plan), ...(starts?.lines ?? []), done].filter(Boolean).join('\n')),
    ids: () => plan.changes.map(({ item }) => item),
  };
}

function planText(plan: AppliedPlan): string {
  const signs = { create: '+', change: '~', remove: '-' } as const;
  const lines = plan.changes.flatMap((change) => [`${signs[change.does]} ${change.item}`, ...fieldsOf(change)]);
  const left =
    plan.left.length === 0 ? [] : [`left alone, though the file does not name them: ${plan.left.join(', ')}`];
  return [...plan.findings.map(findingText), ...lines, ...left, `Plan: ${summary(plan)}.`].join('\n');
}

function fieldsOf({ does, before, after }: PlannedChange): string[] {
  return does === 'remove' ? [] : differencesOf(before, after).map((one) => `    ${differenceText(one)}`);
}

function summary({ changes, unchanged }: AppliedPlan): string {
  const count = (wanted: PlannedChange['does']): number => changes.filter(({ does }) => does === wanted).length;
  if (changes.length === 0) return `nothing to change, ${unchanged} as the file says`;
  return `${count('create')} to make, ${count('change')} to change, ${count('remove')} to remove, ${unchanged} as they are`;
}

function doneText({ changes }: AppliedPlan, id: string | undefined, edits: readonly number[]): string {
  const [first] = edits;
  const undo = id ?? (edits.length === 1 ? String(first) : undefined);
  return `${counted(changes.length, 'entry').replace('entrys', 'entries')} applied, ${edits.length === 1 ? `edit ${first}` : `edits ${first} to ${edits.at(-1)}`}${undo === undefined ? '' : `; tollgate undo ${undo} takes it back`}`;
}
