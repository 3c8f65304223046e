import { Command, CommanderError } from 'commander';
import * as athena from './athena.ts';
import * as budget from './budget.ts';
import * as client from './client.ts';
import * as direct from './direct.ts';
import * as grant from './grant.ts';
import * as meter from './meter.ts';
import * as model from './model.ts';
import * as policy from './policy.ts';
import * as price from './price.ts';
import { explain } from './print.ts';
import * as reconcile from './reconcile.ts';
import * as report from './report.ts';
import * as sidecar from './sidecar.ts';
import { resolveTarget, type Target } from './target.ts';
import * as tenant from './tenant.ts';
import * as token from './token.ts';
import * as usage from './usage.ts';

// One file a noun. What a noun needs of AWS it imports when it runs: `tollgate --help` should not wait for five SDKs.
const NOUNS = [
  token,
  model,
  tenant,
  client,
  grant,
  budget,
  policy,
  direct,
  price,
  meter,
  report,
  usage,
  reconcile,
  athena,
  sidecar,
];

/**
 * What `tollgate` does with its arguments; it writes to stdout and stderr.
 *
 * @returns the exit code: 0, 1 for what failed, 2 for what could not be understood
 */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('tollgate')
    .description('Operate a Tollgate: the local gateway that runs on this machine, or a deployed stage.')
    .option('--stage <name>', 'a deployed stage, with the AWS credentials of the environment')
    .option('--region <region>', 'its region, if AWS_REGION and the AWS profile do not say')
    .option('--bucket <name>', 'its usage bucket, if not the stage’s own (or TOLLGATE_BUCKET)')
    .showHelpAfterError('(--help lists what there is)')
    .exitOverride();
  const target = (): Promise<Target> => resolveTarget(program.opts(), process.env);
  for (const noun of NOUNS) noun.register(program, target);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed its own errors by now; 2 is a command that could not be understood.
    if (error instanceof CommanderError) return isHelp(error) ? 0 : 2;
    process.stderr.write(`tollgate: ${explain(error)}\n`);
    return 1;
  }
}

/** Help that was asked for, by `--help` or `help`; a noun without its verb shows it as well, as an error. */
function isHelp({ code, exitCode }: CommanderError): boolean {
  return code === 'commander.helpDisplayed' || (code === 'commander.help' && exitCode === 0);
}
