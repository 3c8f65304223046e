import type { Command } from 'commander';
import { Argument } from 'commander';
import { print } from './print.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

export function register(program: Command): void {
  program
    .command('completion')
    .description('a script that completes nouns, verbs, options, tenants and models')
    .addArgument(new Argument('<shell>', 'which').choices(SHELLS))
    .addHelpText(
      'after',
      '\nFor now, or in ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish for ever:' +
        '\n  source <(tollgate completion bash)' +
        '\n  source <(tollgate completion zsh)' +
        '\n  tollgate completion fish | source',
    )
    .action((shell: Shell) => print(completionScript(program, shell)));
}

/** What a shell is to read. @param program with all of its commands */
export function completionScript(program: Command, shell: Shell): string {
  const script = candidates(program);
  if (shell === 'bash') return `${script}\n${BASH}`;
  if (shell === 'zsh') return `#compdef tollgate\n${script}\n${ZSH}`;
  // Within a text of fish's, whose own language is none of the others'.
  const quoted = `${script}\n_tollgate_words "$@"`.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  return FISH.replace('SCRIPT', () => `'${quoted}'`);
}

const BASH = `_tollgate() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(_tollgate_words "\${COMP_WORDS[@]:1:COMP_CWORD}")" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _tollgate tollgate`;

const ZSH = `_tollgate() {
  local -a found
  found=(\${(f)"$(_tollgate_words "\${(@)words[2,CURRENT]}")"})
  if (( \${#found} )); then compadd -- $found; else _files; fi
}
compdef _tollgate tollgate`;

const FISH = `function __tollgate
  set -l said (commandline -opc)
  set -l found (sh -c SCRIPT sh $said[2..] (commandline -ct))
  test (count $found) -gt 0; and string join \\n -- $found; or __fish_complete_path (commandline -ct)
end
complete -c tollgate -f -a '(__tollgate)'`;

interface Path {
  /** `model show` */
  path: string;
  verbs: string[];
  options: string[];
  /** Of its words, those that are tenants or models; '' for others. */
  names: string[];
}

/** What an option's value is the name of. */
const NAMED: Readonly<Record<string, string>> = { '--tenant': 'tenant', '--model': 'model', '--successor': 'model' };

/** A function of any shell that is one: given the words, the last of them unfinished, a line for each that it may become. */
function candidates(program: Command): string {
  const paths = pathsOf(program, '');
  const valued = new Set(optionsOf(program).filter(takesValue).map(long));
  const choices = new Map<string, string[]>();
  for (const { path, option, values } of choicesOf(program, '')) {
    const key = values.join(' ');
    choices.set(key, [...(choices.get(key) ?? []), `'${path} ${option}'`]);
  }
  const slots = paths.flatMap(({ path, names }) => names.map((name, at) => ({ name, key: `'${path} ${at}'` })));
  const keysOf = (name: string) => slots.filter((slot) => slot.name === name).map(({ key }) => key);
  const globals = optionsOf(program, false).map(long);
  return `_tollgate_names() {
  if [ -n "$2" ]; then tollgate --stage "$2" "$1" list -q 2>/dev/null; else tollgate "$1" list -q 2>/dev/null; fi
}
_tollgate_words() {
  local path= count=0 prev= word= stage=
  while [ $# -gt 1 ]; do
    word=$1; shift
    if [ "$prev" = --stage ]; then stage=$word; fi
    case " ${[...valued].join(' ')} " in *" $prev "*) prev=; continue ;; esac
    prev=$word
    case "$word" in -*) continue ;; esac
    case "\${path:+$path }$word" in
      ${paths.map(({ path }) => `'${path}'`).join('|')}) path=\${path:+$path }$word ;;
      *) count=$((count + 1)) ;;
    esac
  done
  case "$path $prev" in
${[...choices].map(([values, keys]) => `    ${keys.join('|')}) printf '%s\\n' ${values}; return ;;`).join('\n')}
  esac
  case "$prev" in
${Object.entries(NAMED)
  .map(([option, name]) => `    ${option}) _tollgate_names ${name} "$stage"; return ;;`)
  .join('\n')}
    ${[...valued].filter((name) => !(name in NAMED)).join('|')}) return ;;
  esac
  case "$1" in
    -*) case "$path" in
      '') printf '%s\\n' ${globals.join(' ')} --help ;;
${paths.map(({ path, options }) => `      '${path}') printf '%s\\n' ${[...options, '--help'].join(' ')} ;;`).join('\n')}
    esac; return ;;
  esac
  case "$path $count" in
    ' 0') printf '%s\\n' ${program.commands.map((noun) => noun.name()).join(' ')} ;;
${paths
  .filter(({ verbs }) => verbs.length > 0)
  .map(({ path, verbs }) => `    '${path} 0') printf '%s\\n' ${verbs.join(' ')} ;;`)
  .join('\n')}
    ${keysOf('tenant').join('|')}) _tollgate_names tenant "$stage" ;;
    ${keysOf('model').join('|')}) _tollgate_names model "$stage" ;;
  esac
}`;
}

function pathsOf(command: Command, above: string): Path[] {
  return command.commands.flatMap((one) => {
    const path = `${above}${one.name()}`;
    return [
      {
        path,
        verbs: one.commands.map((verb) => verb.name()),
        options: optionsOf(one, false)
          .filter((option) => !option.hidden)
          .map(long),
        names: one.registeredArguments.map((argument) => argument.name()),
      },
      ...pathsOf(one, `${path} `),
    ];
  });
}

function choicesOf(command: Command, above: string): { path: string; option: string; values: string[] }[] {
  const own = command.options.flatMap((option) =>
    option.argChoices === undefined ? [] : [{ path: above, option: long(option), values: option.argChoices }],
  );
  return [
    ...own,
    ...command.commands.flatMap((one) => choicesOf(one, above === '' ? one.name() : `${above} ${one.name()}`)),
  ];
}

type AnOption = Command['options'][number];

function optionsOf(command: Command, below = true): AnOption[] {
  return [...command.options, ...(below ? command.commands.flatMap((one) => optionsOf(one)) : [])];
}

function takesValue({ required, optional }: AnOption): boolean {
  return required || optional;
}

function long(option: AnOption): string {
  return option.long ?? option.flags;
}
