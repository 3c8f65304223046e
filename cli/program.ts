import { Command, CommanderError } from 'commander';
import { misspelt } from '../contract/variables.ts';
import { alsoBelow } from './also-below.ts';
import { explain, warn } from './print.ts';
import { respelled } from './spelling.ts';
import { synonyms } from './synonyms.ts';
import { resolveTarget, type Target, type TargetOptions } from './target.ts';
import { ownVersion } from './version.ts';

interface Noun {
  register(program: Command, target: () => Promise<Target>): void;
}

// One file a noun, and of what a noun needs of AWS it imports when it runs: nobody should wait for what is not asked for.
const NOUNS: Readonly<Record<string, () => Promise<Noun>>> = {
  status: () => import('./status.ts'),
  doctor: () => import('./doctor.ts'),
  token: () => import('./token.ts'),
  model: () => import('./model.ts'),
  eval: () => import('./eval.ts'),
  alias: () => import('./alias.ts'),
  bundle: () => import('./bundle.ts'),
  alert: () => import('./alert.ts'),
  tenant: () => import('./tenant.ts'),
  unit: () => import('./unit.ts'),
  default: () => import('./default.ts'),
  client: () => import('./client.ts'),
  key: () => import('./key.ts'),
  grant: () => import('./grant.ts'),
  access: () => import('./access.ts'),
  request: () => import('./request.ts'),
  budget: () => import('./budget.ts'),
  policy: () => import('./policy.ts'),
  audit: () => import('./audit.ts'),
  undo: () => import('./undo.ts'),
  direct: () => import('./direct.ts'),
  price: () => import('./price.ts'),
  meter: () => import('./meter.ts'),
  report: () => import('./report.ts'),
  usage: () => import('./usage.ts'),
  monitor: () => import('./monitor.ts'),
  call: () => import('./call.ts'),
  reconcile: () => import('./reconcile.ts'),
  athena: () => import('./athena.ts'),
  sidecar: () => import('./sidecar.ts'),
  apply: () => import('./apply.ts'),
  export: () => import('./export.ts'),
  completion: () => import('./completion.ts'),
};

/**
 * What `tollgate` does with its arguments; it writes to stdout and stderr.
 *
 * @returns the exit code: 0, 1 for what failed, 2 for what could not be understood
 */
export async function main(args: readonly string[]): Promise<number> {
  const [named] = args;
  const program = await programOf(named);
  for (const text of misspelt(process.env, 'cli')) warn(`tollgate: ${text}`);
  try {
    await program.parseAsync(respelled(args, program), { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed its own errors by now; 2 is a command that could not be understood.
    if (error instanceof CommanderError) return isHelp(error) ? 0 : 2;
    warn(`tollgate: ${explain(error, { ...program.opts<TargetOptions>(), profile: process.env.AWS_PROFILE })}`);
    return 1;
  }
}

/** The tree of commands: of a noun that is named it alone, otherwise all of them. */
export async function programOf(named = ''): Promise<Command> {
  const program = new Command('tollgate')
    .description('Operate a Tollgate: the local gateway that runs on this machine, or a deployed stage.')
    .option('--stage <name>', 'a deployed stage, with the AWS credentials of the environment')
    .option('--region <region>', 'its region, if AWS_REGION and the AWS profile do not say')
    .option('--bucket <name>', 'its usage bucket, if not the stage’s own (or TOLLGATE_BUCKET)')
    .version(ownVersion(), '--version', 'print the version of this program')
    .showHelpAfterError('(--help lists what there is)')
    // One name of each is shown: the others are for hands that are used to them.
    .configureHelp({
      subcommandTerm: (command) => `${command.name()} ${command.usage()}`,
      commandUsage: (command) => `${pathOf(command)} ${command.usage()}`,
    })
    .exitOverride();
  const target = (): Promise<Target> => resolveTarget(program.opts(), process.env);
  for (const noun of await Promise.all(wantedBy(named).map((load) => load()))) noun.register(program, target);
  synonyms(program);
  alsoBelow(program);
  return program;
}

/** Help, completion and what is misspelt are of all. */
function wantedBy(named: string): (() => Promise<Noun>)[] {
  if (named === '--version') return [];
  const noun = named === 'completion' ? undefined : new Map(Object.entries(NOUNS)).get(named);
  return noun === undefined ? Object.values(NOUNS) : [noun];
}

/** `tollgate model show` */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** Help that was asked for, by `--help` or `help`; a noun without its verb shows it as well, as an error. */
function isHelp({ code, exitCode }: CommanderError): boolean {
  return (
    code === 'commander.helpDisplayed' || code === 'commander.version' || (code === 'commander.help' && exitCode === 0)
  );
}
