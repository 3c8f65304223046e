import type { Command } from 'commander';
import { warn } from './print.ts';

/**
 * What people call a verb elsewhere: of each group the first that the noun has is the one that is meant, and the other words of it
 * that the noun has not are known as it.
 */
const GROUPS: readonly (readonly string[])[] = [
  ['list', 'ls'],
  ['show', 'get', 'describe', 'view'],
  ['put', 'set', 'add', 'create', 'new', 'update', 'edit'],
  ['delete', 'remove', 'revoke', 'rm', 'del'],
];

/** Lets `tollgate tenant create` be `tollgate tenant put`, and says so. @param program with all of its commands */
export function synonyms(program: Command): void {
  for (const noun of program.commands) {
    const taken = new Set(noun.commands.flatMap((verb) => [verb.name(), ...verb.aliases()]));
    for (const group of GROUPS) {
      const verb = group
        .map((name) => noun.commands.find((one) => one.name() === name))
        .find((one) => one !== undefined);
      if (verb === undefined) continue;
      const others = group.filter((name) => !taken.has(name));
      verb.aliases(others);
      verb.hook('preAction', () => {
        const said = noun.args[0] ?? '';
        if (others.includes(said)) warn(`tollgate: \`${noun.name()} ${said}\` is \`${noun.name()} ${verb.name()}\``);
      });
    }
  }
}
