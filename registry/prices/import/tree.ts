import { TollgateError } from '../../../contract/errors.ts';
import { endOfString } from '../../../contract/json.ts';
import { JSON_MAX_DEPTH } from '../../../contract/limits/contract.ts';
import { decimalFault } from '../../decimal.ts';

/**
 * JSON with the line of every value and with numbers as they are written. JSON.parse gives neither, and a price that went
 * through a binary fraction is another price.
 */
export type Tree = { line: number; at: string } & (
  | { is: 'object'; members: Map<string, Tree> }
  | { is: 'list'; items: Tree[] }
  | { is: 'text'; text: string }
  /** Also NaN and Infinity, which some writers put into JSON: the price is to be named, not the whole file refused. */
  | { is: 'number'; source: string }
  | { is: 'other'; value: null | boolean }
);

/** What is wrong with a part of a file. */
export interface BadPart {
  /** 0: no line of the file. */
  line: number;
  /** The JSON pointer of the entry; '' where there is none. */
  at: string;
  /** e.g. `usdPerMillion.input`, or a column. */
  field: string;
  /** e.g. `negative`. */
  reason: string;
}

const NUMBER = /-?(?:(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|Infinity)|NaN/y;
const SPACE = /[ \t\r\n]*/y;
const WORDS: Record<string, null | boolean> = { null: null, true: true, false: false };

/** What can be read on after: a member twice, `__proto__`, half of a surrogate pair, a number that JSON does not have. */
export type Slip = (line: number, reason: string) => void;

/**
 * @param text the file
 * @param slip is told of all of those; without it a member twice is refused, and of the others nothing is said
 * @returns its value; `at` is the JSON pointer (RFC 6901) of each part
 * @throws TollgateError `bad_entry` with reason not-json | too-deep | duplicate-member, its field the line
 */
export function parseTree(text: string, slip?: Slip): Tree {
  const reader = new Reader(text.startsWith('\uFEFF') ? text.slice(1) : text, slip);
  const tree = reader.value('', 0);
  reader.end();
  return tree;
}

class Reader {
  readonly #text: string;
  readonly #slip: Slip | undefined;
  #at = 0;
  #line = 1;

  constructor(text: string, slip: Slip | undefined) {
    this.#text = text;
    this.#slip = slip;
  }

  value(at: string, depth: number): Tree {
    this.#space();
    if (depth > JSON_MAX_DEPTH) throw this.#fault('too-deep');
    const line = this.#line;
    const first = this.#text[this.#at];
    if (first === '{') return { line, at, is: 'object', members: this.#members(at, depth) };
    if (first === '[') return { line, at, is: 'list', items: this.#items(at, depth) };
    if (first === '"') return { line, at, is: 'text', text: this.#string() };
    const source = this.#take(NUMBER);
    if (source !== undefined) {
      if (/[NI]/.test(source)) this.#slip?.(line, 'not-json');
      return { line, at, is: 'number', source };
    }
    for (const [word, value] of Object.entries(WORDS))
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return { line, at, is: 'other', value };
      }
    throw this.#fault('not-json');
  }

  end(): void {
    this.#space();
    if (this.#at < this.#text.length) throw this.#fault('not-json');
  }

  #members(at: string, depth: number): Map<string, Tree> {
    const members = new Map<string, Tree>();
    this.#list('}', () => {
      if (this.#text[this.#at] !== '"') throw this.#fault('not-json');
      const name = this.#string();
      if (members.has(name)) {
        if (this.#slip === undefined) throw this.#fault('duplicate-member');
        this.#slip(this.#line, 'duplicate-member');
      }
      if (name === '__proto__') this.#slip?.(this.#line, 'forbidden-member');
      this.#space();
      if (this.#text[this.#at++] !== ':') throw this.#fault('not-json');
      members.set(name, this.value(`${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, depth + 1));
    });
    return members;
  }

  #items(at: string, depth: number): Tree[] {
    const items: Tree[] = [];
    this.#list(']', () => items.push(this.value(`${at}/${items.length}`, depth + 1)));
    return items;
  }

  #list(close: string, one: () => void): void {
    this.#at++;
    this.#space();
    if (this.#text[this.#at] === close) {
      this.#at++;
      return;
    }
    for (;;) {
      this.#space();
      one();
      this.#space();
      const next = this.#text[this.#at++];
      if (next === close) return;
      if (next !== ',') throw this.#fault('not-json');
    }
  }

  #string(): string {
    const source = this.#text.slice(this.#at, endOfString(this.#text, this.#at));
    this.#at += source.length;
    try {
      const text = JSON.parse(source) as string;
      if (!text.isWellFormed()) this.#slip?.(this.#line, 'lone-surrogate');
      return text;
    } catch {
      throw this.#fault('not-json');
    }
  }

  #space(): void {
    const space = this.#take(SPACE) ?? '';
    for (const character of space) if (character === '\n') this.#line++;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #fault(reason: string): TollgateError {
    return new TollgateError('bad_entry', {
      field: `line ${this.#line}`,
      reason,
      message: `The file is not usable JSON: line ${this.#line}: ${reason.replaceAll('-', ' ')}.`,
    });
  }
}

/** The member of an object, if `tree` is one and has it. */
export function member(tree: Tree | undefined, name: string): Tree | undefined {
  return tree?.is === 'object' ? tree.members.get(name) : undefined;
}

/** The text of a member; undefined when it is absent or no text. */
export function textOf(tree: Tree | undefined, name: string): string | undefined {
  const found = member(tree, name);
  return found?.is === 'text' ? found.text : undefined;
}

/** The members of an object in their order; none when `tree` is no object. */
export function membersOf(tree: Tree | undefined): [string, Tree][] {
  return tree?.is === 'object' ? [...tree.members] : [];
}

/**
 * As JSON.parse would give it, but numbers as `{ number }` of their source, which no schema takes for text; one that would
 * be no price as text either is given as text, so that the worse fault is the one that is named.
 */
export function plainOf(tree: Tree): unknown {
  switch (tree.is) {
    case 'object':
      return Object.fromEntries([...tree.members].map(([name, value]) => [name, plainOf(value)]));
    case 'list':
      return tree.items.map(plainOf);
    case 'text':
      return tree.text;
    case 'number':
      return decimalFault(tree.source) === undefined ? { number: tree.source } : tree.source;
    case 'other':
      return tree.value;
  }
}
