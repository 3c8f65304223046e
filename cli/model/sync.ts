import { InvalidArgumentError } from 'commander';
import { TollgateError } from '../../contract/errors.ts';
import { targetsOf } from '../../contract/places.ts';
import { baseModelOf, nativeIdOf } from '../../policies/kinds.ts';
import { partitionOf } from '../../policies/partition.ts';
import { differenceText } from '../../registry/difference-text.ts';
import type { Document } from '../../registry/items.ts';
import type { ModelEntry } from '../../registry/model.ts';
import { FINDINGS, type Finding } from '../../registry/sync/findings.ts';
import { editDifferences, fileOf, type Proposal, propose } from '../../registry/sync/propose.ts';
import type { Writer } from '../../registry/writer.ts';
import type { Access } from '../../sync/access.ts';
import type { Unread } from '../../sync/read.ts';
import type { Answer } from '../answer.ts';
import { documentsCsv } from '../answer.ts';
import { counted, printable, save, warn } from '../print.ts';
import { progress } from '../progress.ts';
import { warnOf } from '../registry.ts';
import type { At, Noun } from '../verb.ts';

interface Options {
  regions?: string[];
  out?: string;
  apply?: true;
  yes?: true;
}

export function register(noun: Noun): void {
  noun.verb<Options>('sync', {
    about: 'what AWS has and the registry says otherwise, as a change set; writes nothing unless told to',
    options: (verb) =>
      verb
        .option('--regions <list>', 'where to look, if not in the stage’s and in those of its models', regionsOf)
        .option('--out <file>', 'write the change set for `tollgate apply`: YAML, or JSON if it ends in .json')
        .option('--apply', 'make the changes, once they are confirmed')
        .option('--yes', 'with --apply: do not ask'),
    more:
      '\nNew models become drafts, which nobody can call; nothing is granted, and what' +
      '\nAWS no longer has is only told.',
    run: async (options, at) => sync(options, at),
  });
}

function regionsOf(text: string): string[] {
  const regions = [...new Set(text.split(',').map((region) => region.trim()))];
  if (regions.some((region) => partitionOf(region) === undefined))
    throw new InvalidArgumentError('It must be regions, separated by commas: us-east-1,eu-west-1.');
  return regions;
}

async function sync({ regions: given, out, apply, yes }: Options, at: At): Promise<Answer> {
  const { clientConfig, region: own } = await at.target();
  const [registry, { readCatalog }, { readAccess, hasUseCase }] = await Promise.all([
    at.registry(),
    import('../../sync/read.ts'),
    import('../../sync/access.ts'),
  ]);
  const listing = await registry.listModels();
  warnOf(listing);
  const { entries } = listing;
  const called = entries.flatMap((entry) => targetsOf(entry).map(({ region }) => region));
  const regions = given ?? [...new Set([own, ...called])];
  progress(regions.join(', '));
  const { catalog, unread } = await readCatalog({ clientConfig, regions, entries });
  if (catalog.read.length === 0) throw nothingRead(unread);
  const proposal = propose(catalog, entries);
  const models = othersModels(entries, proposal, regions);
  const [access, useCase] = await Promise.all([
    readAccess(clientConfig, models),
    models.some(({ id }) => id.startsWith('anthropic.')) ? hasUseCase(clientConfig, own) : undefined,
  ]);
  for (const { what, region, reason } of unread) warn(`tollgate: not read: ${what} of ${region}: ${reason}`);
  const file = fileOf(proposal);
  if (out !== undefined) {
    save(out, await written(out, file));
    warn(`written: ${out}`);
  }
  const plan = { proposal, access, useCase };
  if (!apply) return answerOf(plan, { unread, file, applied: false });
  if (file.models.length > 0) await confirmed(plan, yes === true, at);
  await applied(registry, proposal);
  return answerOf(plan, { unread, file, applied: true });
}

interface Plan {
  proposal: Proposal;
  access: readonly Access[];
  useCase: boolean | undefined;
}

/** Foundation models of other vendors than Amazon, which an account may have to agree to, each in one region. */
function othersModels(entries: readonly ModelEntry[], { drafts }: Proposal, regions: readonly string[]) {
  const living = entries.filter(({ lifecycle }) => lifecycle.status !== 'retired');
  const targets = [...living, ...drafts.map(({ entry }) => entry)].flatMap(targetsOf);
  const found = new Map<string, { id: string; region: string }>();
  for (const target of targets) {
    const id = baseModelOf(target);
    if (id === '' || id.startsWith('amazon.') || !regions.includes(target.region) || found.has(id)) continue;
    found.set(id, { id, region: target.region });
  }
  return [...found.values()];
}

async function written(file: string, value: object): Promise<string> {
  if (file.endsWith('.json')) return JSON.stringify(value, null, 2);
  const { stringify } = await import('yaml');
  return stringify(value, { aliasDuplicateObjects: false });
}

/** All of it or nothing, and nothing where one of the models was edited since it was read. */
async function applied(registry: Writer, { drafts, edits }: Proposal): Promise<void> {
  const versioned = edits.map(({ entry: { version }, document }) => ({ ...document, version }));
  const plan = await registry.apply({ models: [...versioned, ...drafts.map(({ document }) => document)] });
  await plan.make({ onProgress: (made, of) => progress(`${made} of ${counted(of, 'model')}`) });
}

async function confirmed(plan: Plan, yes: boolean, at: At): Promise<void> {
  const { confirm } = await import('../confirm.ts');
  const hits = process.stdin.isTTY && !yes ? planText(plan).split('\n') : [];
  await confirm({ hits, question: 'Make these changes?', yes, strict: true }, await at.target());
}

interface Done {
  unread: readonly Unread[];
  file: { models: Document[] };
  applied: boolean;
}

function answerOf(plan: Plan, { unread, file, applied }: Done): Answer {
  const { drafts, edits, findings } = plan.proposal;
  const counts = { new: drafts.length, changed: edits.length, toDecide: findings.length };
  const changed = applied && file.models.length > 0;
  const { access, useCase } = plan;
  return {
    text: () => `${planText(plan)}${changed ? '; written' : '; nothing was written'}`,
    json: () => ({
      ...{ ...file, findings, counts, applied: changed, unread, access },
      ...(useCase === undefined ? {} : { useCase }),
    }),
    csv: () => documentsCsv(rowsOf(plan.proposal)),
    ids: () => [...new Set([...file.models.map(({ id }) => String(id)), ...findings.map(({ model }) => model)])],
  };
}

function rowsOf({ drafts, edits, findings }: Proposal): object[] {
  return [
    ...edits.flatMap((edit) =>
      editDifferences(edit).map((difference) => ({
        sign: '~',
        model: edit.entry.id,
        says: differenceText(difference),
      })),
    ),
    ...drafts.map(({ entry }) => ({ sign: '+', model: entry.id, says: draftText(entry) })),
    ...findings.map((finding) => ({ sign: '!', model: finding.model, says: findingText(finding) })),
  ];
}

/** What widens first, then what changes, what is new, and what is to be decided. */
function planText({ proposal, access, useCase }: Plan): string {
  const { drafts, edits, findings } = proposal;
  const widening = [...edits].sort((a, b) => Number(b.widens.length > 0) - Number(a.widens.length > 0));
  const lines = [
    ...widening.flatMap((edit) => [
      `~ model ${edit.entry.id}${edit.widens.length === 0 ? '' : ` (widens: calls may run in ${edit.widens.join(', ')})`}`,
      ...editDifferences(edit).map((difference) => `    ${differenceText(difference)}`),
    ]),
    ...drafts.map(({ entry }) => `+ model ${entry.id} (draft)  ${draftText(entry)}`),
    ...findings.map((finding) => `! model ${finding.model}: ${findingText(finding)}`),
    ...access
      .filter((one) => one.missing.length > 0)
      .map((one) => `? ${one.model} in ${one.region}: ${one.missing.join(', ')}`),
    ...(useCase === false ? ['? Anthropic’s form (the use case) is not filled in for this account'] : []),
  ];
  const sum = `${drafts.length} new, ${edits.length} to change, ${findings.length} to decide`;
  return [...lines.map(printable), sum].join('\n');
}

function draftText(entry: ModelEntry): string {
  return targetsOf(entry)
    .map((target) => `${nativeIdOf(target)} in ${target.region}`)
    .join(', ');
}

function findingText({ target, region, reason, detail }: Finding): string {
  return `${target} in ${region} ${FINDINGS[reason]}${detail === '' ? '' : `: ${detail}`}`;
}

function nothingRead(unread: readonly Unread[]): TollgateError {
  const each = unread.map(({ what, region, reason }) => `${what} of ${region}: ${reason}`);
  return new TollgateError('unavailable', {
    reason: 'nothing-read',
    message: `nothing of AWS could be read: ${each.join(', ')}`,
  });
}
