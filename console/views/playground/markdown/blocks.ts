/** A block of a document. Its text is still to be read for the markup within a line. */
export type Block =
  | { is: 'paragraph'; text: string }
  | { is: 'heading'; level: number; text: string }
  | { is: 'code'; language: string; text: string }
  | { is: 'quote'; blocks: Block[] }
  | { is: 'list'; isOrdered: boolean; start: number; isTight: boolean; items: Item[] }
  | { is: 'table'; align: Align[]; head: string[]; rows: string[][] }
  | { is: 'rule' };

export interface Item {
  /** Of a list of tasks. */
  checked?: boolean;
  blocks: Block[];
}

export type Align = 'left' | 'center' | 'right' | undefined;

const BLANK = /^[ \t]*$/;
const FENCE = /^( {0,3})(`{3,}|~{3,})[ \t]*([^`]*?)[ \t]*$/;
const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
const QUOTE = /^ {0,3}> ?/;
const MARKER = /^( {0,3})([-*+]|(\d{1,9})[.)])( {1,4}|\t|$)/;
const TASK = /^\[([ xX])\][ \t]+/;
const DELIMITERS = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;

/** Within each other; what is deeper is text. */
const DEPTH_MAX = 12;

/**
 * The blocks of a Markdown document, as CommonMark has them (https://spec.commonmark.org) with GitHub’s tables and tasks, but for HTML
 * and references, which are text. Of a document that is still being written the last block grows. Its time grows with the lines alone.
 */
export function blocksOf(source: string): Block[] {
  return read(source.replaceAll('\r\n', '\n').split('\n'), 0);
}

function read(lines: readonly string[], depth: number): Block[] {
  const blocks: Block[] = [];
  let paragraph: string[] = [];
  const end = (): void => {
    if (paragraph.length > 0) blocks.push({ is: 'paragraph', text: paragraph.join('\n') });
    paragraph = [];
  };
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? '';
    const begun = BLANK.test(line) ? undefined : (startsAt(lines, at, depth, paragraph.length > 0) ?? null);
    if (begun === undefined) {
      end();
      at++;
    } else if (begun === null) {
      paragraph.push(paragraph.length === 0 ? line.trimStart() : line.replace(/^[ \t]+/, ''));
      at++;
    } else {
      end();
      blocks.push(begun.block);
      at = begun.next;
    }
  }
  end();
  return blocks;
}

interface Begun {
  block: Block;
  /** The line behind it. */
  next: number;
}

/** @param isWithin whether a paragraph would be broken off */
function startsAt(lines: readonly string[], at: number, depth: number, isWithin: boolean): Begun | undefined {
  const line = lines[at] ?? '';
  const fence = FENCE.exec(line);
  if (fence !== null) return codeAt(lines, at, fence);
  const heading = HEADING.exec(line);
  if (heading !== null)
    return { block: { is: 'heading', level: heading[1]?.length ?? 1, text: heading[2] ?? '' }, next: at + 1 };
  if (RULE.test(line)) return { block: { is: 'rule' }, next: at + 1 };
  if (depth < DEPTH_MAX && QUOTE.test(line)) return quoteAt(lines, at, depth);
  const marker = depth < DEPTH_MAX ? MARKER.exec(line) : null;
  // A number within a paragraph is a number, and a mark with nothing behind it no item.
  if (marker !== null && !(isWithin && ((marker[3] ?? '1') !== '1' || line.trim() === marker[2])))
    return listAt(lines, at, depth, marker);
  if (!isWithin && line.includes('|') && DELIMITERS.test(lines[at + 1] ?? '')) return tableAt(lines, at);
  if (!isWithin && /^(?: {4}|\t)/.test(line)) return indentedAt(lines, at);
  return undefined;
}

function codeAt(
  lines: readonly string[],
  at: number,
  [, indent = '', fence = '', language = '']: RegExpExecArray,
): Begun {
  const text: string[] = [];
  let next = at + 1;
  for (; next < lines.length; next++) {
    const line = lines[next] ?? '';
    const [, , closes = ''] = /^( {0,3})(`{3,}|~{3,})[ \t]*$/.exec(line) ?? [];
    if (closes.length >= fence.length && closes.charAt(0) === fence.charAt(0)) break;
    text.push(indent !== '' && line.startsWith(indent) ? line.slice(indent.length) : line);
  }
  return { block: { is: 'code', language, text: text.join('\n') }, next: next + 1 };
}

function indentedAt(lines: readonly string[], at: number): Begun {
  let next = at;
  while (next < lines.length && (/^(?: {4}|\t)/.test(lines[next] ?? '') || BLANK.test(lines[next] ?? ''))) next++;
  while (BLANK.test(lines[next - 1] ?? '')) next--;
  const text = lines.slice(at, next).map((line) => line.replace(/^(?: {4}|\t| *$)/, ''));
  return { block: { is: 'code', language: '', text: text.join('\n') }, next };
}

function quoteAt(lines: readonly string[], at: number, depth: number): Begun {
  const inner: string[] = [];
  let next = at;
  for (; next < lines.length; next++) {
    const line = lines[next] ?? '';
    // A paragraph goes on without its mark.
    const isLazy = !QUOTE.test(line) && !BLANK.test(line) && !BLANK.test(inner.at(-1) ?? '') && !beginsAny(line);
    if (!QUOTE.test(line) && !isLazy) break;
    inner.push(line.replace(QUOTE, ''));
  }
  return { block: { is: 'quote', blocks: read(inner, depth + 1) }, next };
}

function beginsAny(line: string): boolean {
  return FENCE.test(line) || HEADING.test(line) || RULE.test(line) || MARKER.test(line);
}

function listAt(lines: readonly string[], at: number, depth: number, first: RegExpExecArray): Begun {
  const sign = signOf(first);
  const items: string[][] = [];
  let next = at;
  let isTight = true;
  let width = 0;
  let blanks = 0;
  for (; next < lines.length; next++) {
    const line = lines[next] ?? '';
    const item = items.at(-1);
    if (BLANK.test(line)) {
      blanks++;
      item?.push('');
      continue;
    }
    const marker = MARKER.exec(line);
    const indent = line.length - line.trimStart().length;
    if (item !== undefined && indent >= width) item.push(line.slice(width));
    else if (marker !== null && signOf(marker) === sign && !RULE.test(line)) {
      if (blanks > 0) isTight = false;
      // What a long gap stands before is code; the item begins behind one blank.
      width = marker[0].length || 2;
      if (line.trim() === marker[2]) width = (marker[1]?.length ?? 0) + (marker[2]?.length ?? 1) + 1;
      items.push([line.slice(width)]);
    } else if (item !== undefined && blanks === 0 && !beginsAny(line) && !QUOTE.test(line)) item.push(line.trimStart());
    else break;
    blanks = 0;
  }
  const { 3: number } = first;
  const block: Block = {
    ...{ is: 'list', isOrdered: number !== undefined, start: Number(number ?? 1), isTight },
    items: items.map((item) => itemOf(item, depth)),
  };
  return { block, next };
}

/** What tells lists apart: `-`, `*`, `+`, `.` or `)`. */
function signOf([, , mark = '']: RegExpExecArray): string {
  return mark.slice(-1);
}

function itemOf([line = '', ...rest]: readonly string[], depth: number): Item {
  const [task = '', mark] = TASK.exec(line) ?? [];
  const blocks = read([line.slice(task.length), ...rest], depth + 1);
  return mark === undefined ? { blocks } : { checked: mark !== ' ', blocks };
}

function tableAt(lines: readonly string[], at: number): Begun {
  const head = cellsOf(lines[at] ?? '');
  const align = cellsOf(lines[at + 1] ?? '').map((cell): Align => {
    const [left, right] = [cell.startsWith(':'), cell.endsWith(':')];
    return left && right ? 'center' : right ? 'right' : left ? 'left' : undefined;
  });
  const rows: string[][] = [];
  let next = at + 2;
  for (; next < lines.length && !BLANK.test(lines[next] ?? '') && !beginsAny(lines[next] ?? ''); next++) {
    const cells = cellsOf(lines[next] ?? '');
    // A cell too many is shown, too: it has been said.
    rows.push([...cells, ...head.slice(cells.length).map(() => '')]);
  }
  return { block: { is: 'table', align, head, rows }, next };
}

function cellsOf(line: string): string[] {
  const inner = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return inner.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
}
