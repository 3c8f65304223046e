import { type Html, html, printedJson } from './html.ts';
import { dated } from './table.ts';

/**
 * `text` is searched, and sorted by the alphabet; all else are numbers: a whole one, one that is shown as it is written, one that
 * is shown otherwise, and a bar of so many thousandths.
 */
export interface PagedColumn {
  name: string;
  kind: 'text' | 'count' | 'exact' | 'shown' | 'bar';
}

/** Of kind `shown`: what it is sorted by, and what is seen. A number that is not known is ''. */
export type PagedCell = string | number | readonly [value: string, shown: string];

export interface Paged {
  caption: string;
  columns: readonly PagedColumn[];
  /** In the order in which they are shown until a head is pressed. */
  rows: readonly (readonly PagedCell[])[];
  /** Rows to a page. */
  page: number;
  /** Which column the rows come sorted by, from the greatest down. */
  sortedBy?: number | undefined;
}

/**
 * A table of any size: the first page of it as markup, which is all that a reader without scripts sees, and every row as data,
 * through which PAGED_SCRIPT leafs, searches and sorts.
 */
export function pagedTable({ caption, columns, rows, page, sortedBy }: Paged): Html {
  const more =
    rows.length > page ? html`<p class="soft">The first ${page} of ${grouped(rows.length)} rows.</p>` : html``;
  return html`<div class="paged"><div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption><span>${dated(caption)}</span></caption>
<thead><tr>${columns.map((column, i) => headOf(column, i === sortedBy))}</tr></thead>
<tbody>
${rows.slice(0, page).map(
  (
    row,
  ) => html`<tr>${columns.map(({ kind }, i) => (i === 0 ? html`<th scope="row">${cellOf(kind, row[i])}</th>` : html`<td class="${CLASS[kind]}">${cellOf(kind, row[i])}</td>`))}</tr>
`,
)}</tbody></table></div>
${more}${dataOf(columns, rows, page)}</div>`;
}

const CLASS = { text: '', count: 'n', exact: 'n', shown: 'n', bar: 'bar' } as const;

function headOf({ name, kind }: PagedColumn, sorted: boolean): Html {
  if (kind === 'bar') return html`<td class="bar"></td>`;
  return html`<th scope="col" class="${CLASS[kind]}" aria-sort="${sorted ? 'descending' : 'none'}">${name}</th>`;
}

function cellOf(kind: PagedColumn['kind'], cell: PagedCell = ''): Html {
  if (typeof cell === 'object') return html`${cell[1]}`;
  if (kind === 'bar') return barOf(Number(cell));
  if (kind === 'text' && cell === '') return html`<span class="none">none</span>`;
  return html`${kind === 'count' ? grouped(cell) : cell}`;
}

/** Its length is an attribute of the drawing: a style of an element's own is what the page's policy forbids. */
function barOf(thousandths: number): Html {
  return html`<svg viewBox="0 0 1000 1" preserveAspectRatio="none" aria-hidden="true"><rect width="${thousandths}" height="1"/></svg>`;
}

/** `1234567` -> `1,234,567` */
function grouped(count: string | number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Every text once, since the same names stand in many rows. */
function dataOf(columns: readonly PagedColumn[], rows: Paged['rows'], page: number): Html {
  const names = new Map<string, number>();
  const numberOf = (name: string): number => {
    const known = names.get(name) ?? names.size;
    names.set(name, known);
    return known;
  };
  const kinds = columns.map(({ kind }) => kind);
  const written = rows.map((row) =>
    row.map((cell, i) => {
      if (kinds[i] === 'text') return numberOf(String(cell));
      return kinds[i] === 'count' && Number.isSafeInteger(Number(cell)) && cell !== '' ? Number(cell) : cell;
    }),
  );
  return printedJson({ page, kinds, names: [...names.keys()], rows: written });
}

/** For every table of pagedTable. It writes texts alone, never markup. */
export const PAGED_SCRIPT = html`
for (const box of document.querySelectorAll('.paged')) {
  const { page, kinds, names, rows } = JSON.parse(box.querySelector('script').textContent);
  const table = box.querySelector('table');
  const heads = [...table.tHead.rows[0].cells];
  const collator = new Intl.Collator('en', { numeric: true });
  const ranks = [];
  names.map((_, name) => name).sort((a, b) => collator.compare(names[a], names[b])).forEach((name, rank) => { ranks[name] = rank; });
  const lower = names.map((name) => name.toLowerCase());
  const texts = kinds.flatMap((kind, column) => (kind === 'text' ? [column] : []));
  let sorted = rows;
  let found = rows;
  let first = 0;

  const grouped = (count) => String(count).replace(/\\B(?=(\\d{3})+$)/g, ',');
  const valueOf = (row, column) => {
    if (kinds[column] === 'text') return ranks[row[column]];
    const value = kinds[column] === 'shown' ? row[column][0] : row[column];
    return value === '' ? null : Number(value);
  };
  const made = (name, className, ...inside) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...inside);
    return element;
  };
  const barOf = (thousandths) => {
    const [svg, rect] = ['svg', 'rect'].map((name) => document.createElementNS('http://www.w3.org/2000/svg', name));
    svg.setAttribute('viewBox', '0 0 1000 1');
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    rect.setAttribute('width', thousandths);
    rect.setAttribute('height', '1');
    svg.append(rect);
    return svg;
  };
  const insideOf = (kind, cell) => {
    if (kind === 'text') return names[cell] || made('span', 'none', 'none');
    if (kind === 'bar') return barOf(cell);
    return kind === 'shown' ? cell[1] : kind === 'count' ? grouped(cell) : cell;
  };
  const lineOf = (row) => {
    const line = made('tr', '');
    kinds.forEach((kind, column) => {
      const cell = made(column === 0 ? 'th' : 'td', column === 0 || kind === 'text' ? '' : kind === 'bar' ? 'bar' : 'n', insideOf(kind, row[column]));
      if (column === 0) cell.scope = 'row';
      line.append(cell);
    });
    return line;
  };

  const button = (text, to) => {
    const one = made('button', '', text);
    one.type = 'button';
    one.addEventListener('click', () => { first = to(); draw(); });
    return one;
  };
  const last = () => Math.max(0, Math.floor((found.length - 1) / page) * page);
  const back = [button('First', () => 0), button('Previous', () => Math.max(0, first - page))];
  const on = [button('Next', () => Math.min(last(), first + page)), button('Last', last)];
  const where = made('span', '');
  where.setAttribute('role', 'status');
  const draw = () => {
    table.tBodies[0].replaceChildren(...found.slice(first, first + page).map(lineOf));
    where.textContent = found.length === 0 ? 'No row has that.' : grouped(first + 1) + ' to ' + grouped(Math.min(first + page, found.length)) + ' of ' + grouped(found.length);
    for (const one of back) one.disabled = first === 0;
    for (const one of on) one.disabled = first >= last();
  };

  const search = made('input', '');
  search.type = 'search';
  search.placeholder = 'Search';
  search.setAttribute('aria-label', 'Search ' + table.caption.textContent);
  const find = () => {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    found = sorted.filter((row) => words.every((word) => texts.some((column) => lower[row[column]].includes(word))));
    first = 0;
    draw();
  };
  search.addEventListener('input', find);

  heads.forEach((head, column) => {
    if (kinds[column] === 'bar') return;
    const press = made('button', '', ...head.childNodes);
    press.type = 'button';
    head.append(press);
    press.addEventListener('click', () => {
      const now = head.getAttribute('aria-sort');
      const down = now === 'none' ? kinds[column] !== 'text' : now === 'ascending';
      for (const each of heads) if (each.hasAttribute('aria-sort')) each.setAttribute('aria-sort', 'none');
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const sign = down ? -1 : 1;
      const keyed = rows.map((row) => [valueOf(row, column), row]);
      keyed.sort(([a], [b]) => (a === null || b === null ? (a === null) - (b === null) : sign * (a - b)));
      sorted = keyed.map(([, row]) => row);
      find();
    });
  });

  if (rows.length > page) {
    box.querySelector('p')?.remove();
    const controls = made('div', 'pager', search, ...back, where, ...on);
    box.prepend(controls);
    draw();
  }
}
`;

/** The style of it. Figures never break in their middle. */
export const PAGED_STYLE = html`<style>
.paged .scroll { margin-bottom: .25rem; }
.paged caption span { position: sticky; left: .7rem; display: inline-block; max-width: calc(100vw - 5rem); }
.paged td, .paged tbody th { white-space: nowrap; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.bar { min-width: 3rem; width: 22%; vertical-align: middle; }
td.bar svg { display: block; width: 100%; height: .8em; fill: var(--link); }
.paged thead td { background: var(--raised); }
.pager { display: flex; flex-wrap: wrap; align-items: baseline; gap: .4rem .6rem; margin: .75rem 0 .25rem; font-size: .88rem; }
.pager input, .pager button { font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--line); border-radius: 4px; padding: .15rem .6rem; }
.pager input { flex: 1 1 10rem; max-width: 24rem; min-width: 0; }
.pager button { cursor: pointer; }
.pager button:disabled { color: var(--soft); cursor: default; }
.pager span { white-space: nowrap; font-variant-numeric: tabular-nums; }
th button { all: unset; cursor: pointer; }
th button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
th button::after { content: "\\00a0↕"; color: var(--soft); font-weight: 400; }
th[aria-sort=ascending] button::after { content: "\\00a0↑"; color: inherit; }
th[aria-sort=descending] button::after { content: "\\00a0↓"; color: inherit; }
@media (max-width: 44rem) { .paged .bar { display: none; } }
@media print {
  .pager { display: none; }
  .paged table { font-size: 7pt; }
  .paged th, .paged td { padding: 2px 3px; }
  .paged thead th, .paged td:not(.n), .paged tbody th { white-space: normal; }
  td.bar svg { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  th button::after { content: "" !important; }
}
</style>
`;
