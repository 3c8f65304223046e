import type { Command } from 'commander';

/** What a list is asked for, of all that there is. */
export interface Filters {
  prefix?: string;
}

export function withPrefix(verb: Command): Command {
  return verb.option('--prefix <text>', 'only those whose name begins so');
}

/** @param nameOf what `--prefix` is of */
export function filtered<Entry extends object>(
  entries: readonly Entry[],
  { prefix = '' }: Filters,
  nameOf: (entry: Entry) => string = (entry) => (entry as { id: string }).id,
): Entry[] {
  return entries.filter((entry) => nameOf(entry).startsWith(prefix));
}
