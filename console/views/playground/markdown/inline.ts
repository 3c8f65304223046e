import { joined } from './emphasis.ts';
import type { Inline, Piece, Run } from './pieces.ts';

/** What is written with a backslash before it stands for itself. */
const ESCAPED = /^\\[!-/:-@[-`{-~]/;
const TEXT = /^[^\\`*_~[!<\n h]+/;
/** Nothing that a page would run: the address is only ever that of a link. */
const SAFE = /^(?:https?:\/\/|mailto:)[^\s<>]*$/i;
/** Characters of a link’s text and of its address. */
const LINK_MAX = 500;

/**
 * The markup of one paragraph, heading or cell: emphasis, code, links, breaks, as CommonMark has them (https://spec.commonmark.org),
 * but for HTML, which is text. Its time grows with the text’s length alone.
 */
export function inlinesOf(source: string): Inline[] {
  return joined(piecesOf(source, false));
}

/** @param isLink whether it is a link’s text, in which there is no other */
function piecesOf(source: string, isLink: boolean): Piece[] {
  const pieces: Piece[] = [];
  /** Runs of backticks that nothing closes, by their length: not to be looked for again. */
  const unclosed = new Set<number>();
  let at = 0;
  const text = (said: string): void => {
    const last = pieces.at(-1);
    if (typeof last === 'string') pieces[pieces.length - 1] = last + said;
    else pieces.push(said);
    at += said.length;
  };
  while (at < source.length) {
    const rest = source.slice(at, at + LINK_MAX * 3);
    const sign = rest.charAt(0);
    if (ESCAPED.test(rest)) {
      text(rest.charAt(1));
      at++;
    } else if (sign === '`') {
      const [fence = ''] = /^`+/.exec(rest) ?? [];
      const end = unclosed.has(fence.length) ? -1 : closing(source, at + fence.length, fence.length);
      if (end < 0) {
        unclosed.add(fence.length);
        text(fence);
      } else {
        pieces.push({ is: 'code', text: trimmed(source.slice(at + fence.length, end)) });
        at = end + fence.length;
      }
    } else if (sign === '*' || sign === '_' || sign === '~') {
      const run = runAt(source, at);
      if (run.opens || run.closes) {
        pieces.push(run);
        at += run.count;
      } else text(run.mark.repeat(run.count));
    } else if (!isLink && (sign === '[' || (sign === '!' && rest.charAt(1) === '['))) {
      const link = linkIn(sign === '!' ? rest.slice(1) : rest);
      if (link === undefined) text(sign);
      else {
        // A picture is its address: none is fetched from anywhere.
        pieces.push({ is: 'link', href: link.href, children: joined(piecesOf(link.text || link.href, true)) });
        at += link.length + (sign === '!' ? 1 : 0);
      }
    } else if (!isLink && sign === '<') {
      const [whole = '', href = ''] = /^<([a-z][a-z0-9+.-]*:[^\s<>]{1,500})>/i.exec(rest) ?? [];
      if (SAFE.test(href)) {
        pieces.push({ is: 'link', href, children: [href] });
        at += whole.length;
      } else text(sign);
    } else if (sign === '\n' || (sign === ' ' && /^ +\n/.test(rest))) {
      const [end = ''] = /^ *\n/.exec(rest) ?? [];
      const last = pieces.at(-1);
      const isHard = end.length > 2 || (typeof last === 'string' && last.endsWith('\\'));
      if (typeof last === 'string') pieces[pieces.length - 1] = last.replace(/\\$/, '');
      pieces.push(isHard ? { is: 'break' } : '\n');
      at += end.length;
    } else if (!isLink && sign === 'h' && !/\w/.test(source.charAt(at - 1))) {
      const [address] = /^https?:\/\/[^\s<>"`*]{1,500}/.exec(rest) ?? [];
      const href = address?.replace(/[.,:;!?'")\]]+$/, '');
      if (href === undefined) text(sign);
      else {
        pieces.push({ is: 'link', href, children: [href] });
        at += href.length;
      }
    } else text(TEXT.exec(rest)?.[0] ?? sign);
  }
  return pieces;
}

/** @returns where a run of so many backticks begins, no longer one; -1: nowhere */
function closing(source: string, from: number, count: number): number {
  const runs = /`+/g;
  runs.lastIndex = from;
  for (let found = runs.exec(source); found !== null; found = runs.exec(source))
    if (found[0].length === count) return found.index;
  return -1;
}

function trimmed(code: string): string {
  const line = code.replaceAll('\n', ' ');
  return /^ .*[^ ].* $/.test(line) || /^ [^ ] $/.test(line) ? line.slice(1, -1) : line;
}

const SPACE = /[\s\u00a0]|^$/;
const PUNCTUATION = /[\p{P}\p{S}]/u;

/** https://spec.commonmark.org/0.31.2/#left-flanking-delimiter-run */
function runAt(source: string, at: number): Run {
  const mark = source.charAt(at);
  let count = 1;
  while (source.charAt(at + count) === mark) count++;
  const [before, after] = [source.charAt(at - 1), source.charAt(at + count)];
  const left = !SPACE.test(after) && (!PUNCTUATION.test(after) || SPACE.test(before) || PUNCTUATION.test(before));
  const right = !SPACE.test(before) && (!PUNCTUATION.test(before) || SPACE.test(after) || PUNCTUATION.test(after));
  if (mark === '~') return { mark, count, opens: left && count === 2, closes: right && count === 2 };
  if (mark === '*') return { mark, count, opens: left, closes: right };
  // Not within a word: snake_case is a name.
  return {
    ...{ mark, count },
    opens: left && (!right || PUNCTUATION.test(before)),
    closes: right && (!left || PUNCTUATION.test(after)),
  };
}

/** @param source begins with `[` */
function linkIn(source: string): { text: string; href: string; length: number } | undefined {
  const end = matching(source, '[', ']');
  if (end < 0 || source.charAt(end + 1) !== '(') return undefined;
  const behind = source.slice(end + 1);
  const close = matching(behind, '(', ')');
  if (close < 0) return undefined;
  const [, href = ''] = /^\(\s*<?([^\s<>]*?)>?(?:\s+(?:"[^"]*"|'[^']*'))?\s*$/.exec(behind.slice(0, close)) ?? [];
  if (!SAFE.test(href)) return undefined;
  return { text: source.slice(1, end), href, length: end + 1 + close + 1 };
}

/** @returns where what is opened at the beginning is closed; -1: nowhere near */
function matching(source: string, open: string, close: string): number {
  let depth = 0;
  for (let at = 0; at < Math.min(source.length, LINK_MAX); at++) {
    const sign = source.charAt(at);
    if (sign === '\\') at++;
    else if (sign === open) depth++;
    else if (sign === close && --depth === 0) return at;
  }
  return -1;
}
