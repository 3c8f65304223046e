import { printable } from '../print.ts';

/** Markup that may stand in a page as it is. Only `html` makes it, so that nothing reaches a page unescaped. */
export class Html {
  readonly #text: string;

  constructor(key: typeof OURS, text: string) {
    if (key !== OURS) throw new TypeError('only html`` makes markup');
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

const OURS = Symbol('html');

export type Content = Html | string | number | readonly Content[];

/**
 * Markup with values in it. Every value is escaped, wherever it stands (text, or an attribute in double quotes), unless it
 * is markup itself; what would move a cursor or turn the direction of writing is replaced.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(
    OURS,
    strings.reduce((text, part, index) => text + shown(values[index - 1] ?? '') + part),
  );
}

/** Data for the page's script, in an element that no browser runs: it stands in no attribute and ends at its own end. */
export function printedJson(value: unknown): Html {
  const text = JSON.stringify(value, (_, inner) => (typeof inner === 'string' ? printable(inner) : inner));
  return new Html(OURS, `<script type="application/json">${text.replaceAll('<', '\\u003c')}</script>`);
}

function shown(value: Content): string {
  if (value instanceof Html) return value.toString();
  if (typeof value === 'object') return value.map(shown).join('');
  return escaped(String(value));
}

function escaped(text: string): string {
  return text
    .split('\n')
    .map(printable)
    .join('\n')
    .replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}
