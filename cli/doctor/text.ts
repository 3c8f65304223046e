import { printable } from '../print.ts';
import type { Row, State } from './check.ts';

const WORDS: Readonly<Record<State, string>> = { ok: 'ok', warn: 'warn', wrong: 'WRONG', unread: 'not read' };

/** Characters of a column, where nobody says how wide a terminal is. */
const WIDE = 200;
const CELL_MIN = 24;
const GAP = '  ';

/**
 * A row a check; what is wrong has a line of its own, and beside it how to mend it. Cells are broken rather than cut: half a command mends
 * nothing.
 */
export function rowsText(rows: readonly Row[], width = WIDE): string {
  const checkWidth = Math.max('CHECK'.length, ...rows.map(({ check }) => check.length));
  const stateWidth = Math.max('STATE'.length, ...rows.map(({ state }) => WORDS[state].length));
  const room = width - checkWidth - stateWidth - 3 * GAP.length;
  const cell = Math.max(CELL_MIN, Math.floor(room / 2));
  const lines = [line(['CHECK', 'STATE', 'FOUND', 'MEND'], [checkWidth, stateWidth, cell])];
  for (const { check, state, found, mend } of rows)
    for (const [index, what] of found.entries()) {
      // What is well needs no mending: it may have the room.
      const [left, right] = [wrapped(what, mend.length === 0 ? room : cell), wrapped(mend[index] ?? '', cell)];
      for (let at = 0; at < Math.max(left.length, right.length); at++) {
        const first = index === 0 && at === 0;
        lines.push(
          line(
            [first ? check : '', first ? WORDS[state] : '', left[at] ?? '', right[at] ?? ''],
            [checkWidth, stateWidth, cell],
          ),
        );
      }
    }
  return lines.join('\n');
}

function line(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((text, column) => text.padEnd(widths[column] ?? 0))
    .join(GAP)
    .trimEnd();
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let now = '';
  for (const word of printable(text).split(' ')) {
    if (now !== '' && now.length + 1 + word.length > width) {
      lines.push(now);
      now = word;
    } else now = now === '' ? word : `${now} ${word}`;
  }
  return [...lines, now];
}
