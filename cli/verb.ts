import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Named } from '../registry/named.ts';
import type { Writer } from '../registry/writer.ts';
import { type Answer, FORMATS, type Format, say } from './answer.ts';
import { confirm } from './confirm.ts';
import { beginProgress } from './progress.ts';
import { once, openRegistry, registryAt, registryOfVersion } from './registry.ts';
import type { Target } from './target.ts';

/**
 * How a noun says its verbs, so that all of them are one grammar, `tollgate <noun> <verb> [name] [--tenant T]`:
 *
 *     const noun = nounOf(program, target, { name: 'alias', about: 'names for several models: list, show, set' });
 *     noun.verb<{ alias: string }>('show', {
 *       about: 'one alias',
 *       args: '<alias>',
 *       run: async ({ alias }, { registry }) => shown(alias, aliasDocument(await (await registry()).showAlias(alias))),
 *     });
 *
 * Each verb then has `--format table|json|csv` and `-q`, which print the answer that `run` returns (answer.ts makes them:
 * `listed`, `shown`, `edited`), tells on a terminal that it is still at work, and an edit has `--yes`. An argument that is a
 * tenant or a model may be given by `--tenant` and `--model` as well, and the words then fill the others. `create`, `rm`, `ls`
 * and the like are known by what a noun’s verbs are called (synonyms.ts). What `run` is given has the arguments and the options,
 * by name.
 */
export interface Verb<Given> {
  /** Its line in the help. */
  about: string;
  /** `<tenant> [model]`, `<share...>`; or each with its line in the help. */
  args?: string | Readonly<Record<string, string>>;
  options?: (verb: Command) => Command;
  /** It changes something: it has --dry-run, under which the registry that it is given writes nothing, and --yes. */
  edits?: true;
  /** Lines that say whom it hits, which are told and asked about before it is run; none: nobody. */
  hits?: (given: Given, at: At) => Promise<readonly string[]>;
  /** What it does does not come back by another edit. */
  forGood?: boolean;
  /** It can be asked what was: it has --at, under which the registry that it is given is the one of then. */
  reads?: true;
  /** Which item it shows: it has --version, too. */
  of?: (given: Given) => Named;
  /** What the noun does without a verb. */
  isDefault?: true;
  /** Other names of it. */
  same?: readonly string[];
  /** At the end of its help. */
  more?: string;
  /** It says itself what it does while it does it. */
  live?: true;
  /** Of the options, what stands in an argument’s place: `--default` for a tenant. */
  instead?: (given: Given, at: At) => object;
  /** @returns nothing when it has printed by itself */
  run(given: Given & Asked, at: At): Promise<Answer | undefined>;
}

/** What every verb may be asked for. */
export interface Asked {
  format: Format;
  quiet?: true;
  yes?: true;
  dryRun?: true;
  at?: string;
}

/** Where a verb acts, each part opened when it is first asked for. */
export interface At {
  target(): Promise<Target>;
  registry(): Promise<Writer>;
  /** Ends the command: it could not be understood (exit 2). */
  refuse(message: string): never;
}

export interface Noun {
  command: Command;
  verb<Given extends object>(name: string, verb: Verb<Given>): Command;
}

export function nounOf(
  program: Command,
  target: () => Promise<Target>,
  { name, about, more }: { name: string; about: string; more?: string },
): Noun {
  const command = program.command(name).description(about);
  if (more !== undefined) command.addHelpText('after', more);
  return { command, verb: (verb, what) => verbOf(command, target, verb, what) };
}

/** A verb of a noun, or a command that has no other: `tollgate usage`. */
export function verbOf<Given extends object>(
  noun: Command,
  target: () => Promise<Target>,
  name: string,
  {
    about,
    args = {},
    options,
    edits,
    reads,
    of,
    isDefault,
    same = [],
    more,
    live,
    instead,
    hits,
    forGood = false,
    run,
  }: Verb<Given>,
): Command {
  const verb = noun
    .command(name, { isDefault: isDefault === true })
    .description(about)
    .aliases([...same]);
  const title = titleOf(verb);
  verb.showHelpAfterError(`(${title} --help says more)`);
  options?.(verb);
  const required = verb.options.filter(({ mandatory }) => mandatory);
  // Commander would speak of it before it names the misspelt one that was to be it.
  for (const option of required) option.makeOptionMandatory(false);
  const slots = slotsOf(args);
  for (const slot of slots) {
    verb.argument(slot.many ? `[${slot.name}...]` : `[${slot.name}]`, slot.about);
    const said = SAID_BY_OPTION[slot.name];
    if (said !== undefined && !has(verb, `--${slot.name}`)) verb.option(`--${slot.name} <${slot.name}>`, said);
  }
  verb.usage(['[options]', ...slots.map(({ word }) => word)].join(' '));
  if (edits) {
    if (!has(verb, '--dry-run')) verb.option('--dry-run', 'say what would be changed, and change nothing');
    verb.option('--yes', 'do not ask');
  }
  if (reads) verb.option('--at <date>', 'as it was then, UTC: 2026-12-31 or 2026-12-31T18:00:00Z');
  if (of !== undefined) verb.option('--version <number>', 'as it was written in this version');
  const ownFormat = has(verb, '--format');
  if (!ownFormat) verb.addOption(formatOption()).option('-q, --quiet', 'ids only');
  if (more !== undefined) verb.addHelpText('after', more);

  const refuse = (message: string): never => verb.error(`error: ${message}`, { exitCode: 2 });
  return verb.action(async () => {
    const given = { ...verb.opts<Given & Asked>() };
    const missing = required.find((option) => verb.opts()[option.attributeName()] === undefined);
    if (missing !== undefined) refuse(`required option '${missing.flags}' not specified`);
    const at: At = {
      target,
      registry: once(async () => registryOf(await target(), given, { reads, of })),
      refuse,
    };
    Object.assign(given, instead?.(given, at));
    fill(given, slots, verb.args, refuse, title);
    if (hits !== undefined && (!given.yes || given.dryRun))
      await brake(title, await hits(given, at), forGood, given, await target());
    const end = live ? () => {} : beginProgress(title);
    let answer: Answer | undefined;
    try {
      answer = await run(given, at);
    } finally {
      end();
    }
    if (answer === undefined) return;
    const { format, quiet = false, dryRun = false } = given;
    say(answer, { verb: title.slice(title.indexOf(' ') + 1), dryRun: dryRun && edits === true, format, quiet });
    if (answer.failure !== undefined) throw answer.failure;
  });
}

/** Tells what it hits, and asks; of what nobody is hit by nothing is asked. */
async function brake(
  title: string,
  hits: readonly string[],
  strict: boolean,
  { dryRun, yes }: Asked,
  where: Target,
): Promise<void> {
  if (hits.length === 0) return;
  const lines = [`${title}:`, ...hits.map((line) => `  ${line}`)];
  await confirm({ hits: lines, question: `${title}: go on?`, yes: yes === true || dryRun === true, strict }, where);
}

/** The registry for the verb: as it is, as it was, or one that writes nothing. */
async function registryOf<Given extends object>(
  where: Target,
  given: Given & Asked,
  { reads, of }: { reads?: true | undefined; of?: Verb<Given>['of'] },
): Promise<Writer> {
  const writer = await openRegistry(where, { dryRun: given.dryRun === true });
  const { version } = given as { version?: string };
  if (of !== undefined && version !== undefined) return registryOfVersion(writer, of(given), version);
  return reads && given.at !== undefined ? registryAt(writer, given.at) : writer;
}

/** What is named in the same way wherever it is an argument. */
const SAID_BY_OPTION: Readonly<Record<string, string>> = {
  tenant: 'in place of the argument',
  model: 'in place of the argument',
};

export function formatOption(): Option {
  return new Option('--format <format>', 'how to print')
    .choices(FORMATS)
    .default('table')
    .argParser((text) => {
      // What a text was called before all verbs had the same forms.
      const format = text === 'text' ? 'table' : text;
      if (!(FORMATS as readonly string[]).includes(format))
        throw new InvalidArgumentError(`Allowed choices are ${FORMATS.join(', ')}.`);
      return format;
    });
}

interface Slot {
  name: string;
  /** As the usage shows it: `<model>`. */
  word: string;
  about: string;
  needed: boolean;
  many: boolean;
}

function slotsOf(args: string | Readonly<Record<string, string>>): Slot[] {
  const words =
    typeof args === 'string' ? args.split(' ').map((word): [string, string] => [word, '']) : Object.entries(args);
  return words.map(([word, about]) => ({
    name: word.replace(/^[<[]|(\.\.\.)?[>\]]$/g, ''),
    word,
    about,
    needed: word.startsWith('<'),
    many: word.includes('...'),
  }));
}

/** The words, in order, into the arguments that no option has given. */
function fill(
  given: object,
  slots: readonly Slot[],
  words: readonly string[],
  refuse: (message: string) => never,
  title: string,
): void {
  const left = [...words];
  const into = given as Record<string, unknown>;
  for (const { name, needed, many, word } of slots) {
    if (into[name] !== undefined) continue;
    const value = many ? left.splice(0) : left.shift();
    if (needed && (value === undefined || (value.length === 0 && many)))
      refuse(`missing required argument ${word}: ${title} ${slots.map((slot) => slot.word).join(' ')}`);
    into[name] = value;
  }
  if (left.length > 0) refuse(`too many arguments: ${left.join(' ')}`);
}

function has(verb: Command, long: string): boolean {
  return verb.options.some((option) => option.long === long);
}

function titleOf(verb: Command): string {
  return verb.parent === null ? verb.name() : `${titleOf(verb.parent)} ${verb.name()}`;
}
