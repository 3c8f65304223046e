import { html } from '../page/html.ts';

/**
 * Sorts a table by the column whose head is pressed: numbers by size, unknown ones last, names by the alphabet. It is the
 * only script of a page, which is complete without it.
 */
export const SORT_SCRIPT = html`
for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute('aria-sort', 'none');
    button.addEventListener('click', () => {
      const down = head.getAttribute('aria-sort') === 'none' ? head.className === 'n' : head.getAttribute('aria-sort') === 'ascending';
      heads.forEach((each) => each.setAttribute('aria-sort', 'none'));
      head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const sign = down ? -1 : 1;
      const valueOf = (row) => {
        const text = row.cells[column].dataset.v ?? row.cells[column].textContent;
        return head.className === 'n' ? (text === '' ? null : Number(text)) : text;
      };
      const rows = [...table.tBodies[0].rows].map((row) => [valueOf(row), row]);
      rows.sort(([a], [b]) => {
        if (a === null || b === null) return (a === null) - (b === null);
        return sign * (typeof a === 'number' ? a - b : a.localeCompare(b));
      });
      table.tBodies[0].append(...rows.map(([, row]) => row));
    });
  });
}
`;
