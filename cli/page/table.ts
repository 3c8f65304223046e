import { type Content, type Html, html } from './html.ts';

/** A table whose first column names its rows; on a narrow screen it scrolls by itself, with the keyboard too. */
export function grid(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Content[])[],
  kind = 'list',
): Html {
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table class="${kind}">
<caption>${caption}</caption>
<thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${rows.map(
  ([first = '', ...rest]) =>
    html`<tr><th scope="row">${first}</th>${rest.map((cell) => html`<td>${cell}</td>`)}</tr>
`,
)}</tbody>
</table></div>`;
}

/** A moment to the second. @param iso ISO 8601 in UTC */
export function moment(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')}</time>`;
}

/** A text whose days do not break in their middle, as a browser would at a hyphen. */
export function dated(text: string): Html {
  return html`${text.split(/(\d{4}-\d{2}-\d{2})/).map((part, i) => (i % 2 === 1 ? html`<time>${part}</time>` : part))}`;
}
