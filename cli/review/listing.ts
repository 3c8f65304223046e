import { type Content, type Html, html } from '../page/html.ts';
import { pagedTable } from '../page/paged.ts';
import { grid } from '../page/table.ts';

/** Rows that a reader goes through by eye; of more a page is shown, and the rest is searched and leafed through. */
export const ROWS_MAX = 200;

/** Rows to a page then. */
const PAGE_ROWS = 50;

export interface Listing<Row> {
  caption: string;
  head: readonly string[];
  rows: readonly Row[];
  /** A row to be looked at, and, of a long list, the same in words alone. */
  cells(row: Row): readonly Content[];
  texts(row: Row): readonly string[];
}

/** A table as it stands where it is short; where it is long, rows as data, each name once, for the page's script. */
export function listing<Row>({ caption, head, rows, cells, texts }: Listing<Row>): Html {
  if (rows.length <= ROWS_MAX) return grid(caption, head, rows.map(cells));
  return pagedTable({
    caption,
    columns: head.map((name) => ({ name, kind: 'text' })),
    rows: rows.map(texts),
    page: PAGE_ROWS,
  });
}

/** Folded, unless it is short. */
export function folded(count: number, most: number, summary: string, content: Html): Html {
  return count <= most ? content : html`<details><summary>${summary}</summary>${content}</details>`;
}
