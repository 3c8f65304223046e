import { readFileSync } from 'node:fs';

/** Of `npx tollgate`; what came after `<<'END'` is the file that `-` stands for. */
export interface Command {
  words: string[];
  input?: string;
}

/** What docs/components.md shows of one component, to be done as it stands there. */
export interface Shown {
  title: string;
  commands: Command[];
  /** The program, without the lines that bring the client. */
  program: string;
  /** What it prints, as its comments say. */
  prints: string[];
  /** As a shell takes it. */
  curl: string;
  /** The statements of the session policy. */
  policy: unknown;
  /** The record's outcome, what of its `tokens` is not 0, and whether that is an estimate. */
  recorded: object;
}

const page = readFileSync(new URL('../../docs/components.md', import.meta.url), 'utf8');

const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block = '']) => block);

const sections = page.split(/^## /m).slice(1);

/** Of `client.mjs`. */
export const client =
  sections.flatMap((text) => blocks(text, 'js')).find((code) => code.includes('export const')) ?? '';

/** The same in Python, with a call. */
export const [python = ''] = blocks(page, 'python');

export const shown: Shown[] = sections.filter((text) => blocks(text, 'json').length > 0).map(read);

function read(text: string): Shown {
  const shell = blocks(text, 'sh');
  const [commands = '', curl = ''] = ['npx ', 'curl '].map((program) =>
    shell.find((block) => block.startsWith(program)),
  );
  const [program = ''] = blocks(text, 'js');
  return {
    title: text.slice(0, text.indexOf('\n')),
    commands: commandsOf(commands),
    program,
    prints: [...program.matchAll(/console\.log.* \/\/ (.*)$/gm)].map(([, said = '']) => said),
    curl,
    policy: JSON.parse(blocks(text, 'json')[0] ?? ''),
    recorded: JSON.parse(/\*\*Recorded\*\*: `(.*?)`/.exec(text)?.[1] ?? ''),
  };
}

/** Those of a block, or of a page, one of whose lines is no more than one command. */
export function commandsOf(block: string): Command[] {
  const found = block.matchAll(/^npx tollgate ([^&\n]*?)(?: <<'END'\n(.*?)^END)?$/gms);
  return [...found].map(([, line = '', input]) => ({
    words: line.split(' '),
    ...(input === undefined ? {} : { input }),
  }));
}
