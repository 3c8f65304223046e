/** Code in the place of a value: it is written as it stands. */
export class Verbatim {
  readonly code: string;

  constructor(code: string) {
    this.code = code;
  }
}

/** Characters up to which a list or an object stands on one line. */
const LINE = 76;

/** How a language writes what JSON can hold. */
interface Language {
  text(value: string): string;
  member(name: string): string;
  constants: { true: string; false: string; null: string };
}

const SINGLE = (value: string): string =>
  `'${JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;

const JAVASCRIPT: Language = {
  text: SINGLE,
  // Written like the others, this one would be the object's prototype.
  member: (name) => (name === '__proto__' ? `['__proto__']` : /^[A-Za-z_$][\w$]*$/.test(name) ? name : SINGLE(name)),
  constants: { true: 'true', false: 'false', null: 'null' },
};

const PYTHON: Language = {
  // JSON's escapes are Python's, but for pairs of surrogates: those are written as they are.
  text: (value) => JSON.stringify(value),
  member: (name) => JSON.stringify(name),
  constants: { true: 'True', false: 'False', null: 'None' },
};

/** @param level of the line that it begins on: each is two blanks */
export const javascript = (value: unknown, level = 0): string => written(value, level, JAVASCRIPT, '  ');

/** @param level likewise, of four blanks */
export const python = (value: unknown, level = 0): string => written(value, level, PYTHON, '    ');

/** Members as arguments of a call are written: `model="nova-lite",`. */
export function pythonArguments(value: Readonly<Record<string, unknown>>): string {
  return Object.entries(value)
    .map(([name, one]) => `    ${name}=${python(one, 1)},\n`)
    .join('');
}

function written(value: unknown, level: number, language: Language, indent: string): string {
  if (value instanceof Verbatim) return value.code;
  if (typeof value === 'string') return language.text(value);
  if (typeof value === 'number') return String(value);
  if (value === null || value === undefined) return language.constants.null;
  if (typeof value === 'boolean') return language.constants[value ? 'true' : 'false'];
  const isList = Array.isArray(value);
  const [open, close] = isList ? '[]' : '{}';
  const inner = (at: number): string[] =>
    isList
      ? value.map((one) => written(one, at, language, indent))
      : Object.entries(value).map(([name, one]) => `${language.member(name)}: ${written(one, at, language, indent)}`);
  const short = inner(level);
  if (short.length === 0) return `${open}${close}`;
  const line = isList ? `${open}${short.join(', ')}${close}` : `${open} ${short.join(', ')} ${close}`;
  if (line.length + level * indent.length <= LINE && !line.includes('\n')) return line;
  const lines = inner(level + 1).map((one) => `${indent.repeat(level + 1)}${one},\n`);
  return `${open}\n${lines.join('')}${indent.repeat(level)}${close}`;
}
