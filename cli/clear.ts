import { type Command, InvalidArgumentError } from 'commander';

export interface ClearOptions {
  clear?: string[];
}

/**
 * `--clear <what>`, which may be said several times: what an entry then says nothing of any more.
 *
 * @param members by the option that gives one: `owner` for owners
 */
export function withClear(verb: Command, members: Readonly<Record<string, string>>): Command {
  const names = Object.keys(members);
  return verb.option(
    '--clear <what>',
    `take away ${names.join(', ')}; again for more`,
    (text, before: string[] = []) => {
      const member = Object.hasOwn(members, text) ? members[text] : Object.values(members).find((one) => one === text);
      if (member === undefined) throw new InvalidArgumentError(`Allowed choices are ${names.join(', ')}.`);
      return [...before, member];
    },
  );
}

/** The members that go, as the registry is told so. */
export function cleared({ clear = [] }: ClearOptions): Record<string, null> {
  return Object.fromEntries(clear.map((member) => [member, null]));
}

/** Of an option that may be said several times. */
export function again(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}
