import type { Command } from 'commander';

/** As the British and as the Americans write it. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['centre', 'center'],
  ['colour', 'color'],
  ['licence', 'license'],
  ['artefact', 'artifact'],
  ['catalogue', 'catalog'],
  ['behaviour', 'behavior'],
  ['favour', 'favor'],
  ['organis', 'organiz'],
  ['summaris', 'summariz'],
  ['authoris', 'authoriz'],
  ['anonymis', 'anonymiz'],
  ['normalis', 'normaliz'],
  ['labell', 'label'],
  ['cancell', 'cancel'],
];

/** The words with each option spelt as some command has it, if only its other spelling is known. */
export function respelled(args: readonly string[], program: Command): string[] {
  const known = new Set(optionsOf(program));
  const end = args.indexOf('--');
  return args.map((word, at) => {
    const [, name, rest = ''] = /^(--[a-z][a-z0-9-]*)(=.*)?$/s.exec(word) ?? [];
    if (name === undefined || known.has(name) || (end !== -1 && at > end)) return word;
    const other = otherSpellings(name).find((one) => known.has(one));
    return other === undefined ? word : other + rest;
  });
}

/** `cost-centre` for `cost-center`, and the other way. */
export function otherSpellings(word: string): string[] {
  return PAIRS.flatMap(([british, american]) => [
    ...(word.includes(british) ? [word.replace(british, american)] : []),
    ...(word.includes(american) ? [word.replace(american, british)] : []),
  ]);
}

function optionsOf(command: Command): string[] {
  return [...command.options.flatMap(({ long }) => long ?? []), ...command.commands.flatMap(optionsOf)];
}
