import { type Command, Option } from 'commander';

/**
 * Lets the program's own options, which say where a command acts, stand behind its verb as well as in front of its noun. What a
 * verb itself calls the same is its own there: of `--region eu-west-1 model drain m --region us-west-2` the first is the stage's.
 *
 * @param program with all of its commands
 */
export function alsoBelow(program: Command, above = program): void {
  above.enablePositionalOptions();
  for (const command of above.commands) {
    for (const { flags, long } of program.options) {
      // Of the program alone: a price has one, too.
      if (long === '--version') continue;
      if (command.options.some((own) => own.long === long)) continue;
      const option = new Option(flags).hideHelp();
      command.addOption(option);
      command.on(`option:${option.name()}`, (value: unknown) => program.setOptionValue(option.attributeName(), value));
    }
    alsoBelow(program, command);
  }
}
