import { Component, type ComponentChildren } from 'preact';
import { CopyButton } from '../../../ui/text.tsx';
import { type Align, type Block, blocksOf } from './blocks.ts';
import { inlinesOf } from './inline.ts';
import type { Inline } from './pieces.ts';

/**
 * A model’s text, as it is meant to be read. Elements are made of it one by one, and never markup of a string: HTML in it is text, a
 * link opens elsewhere, and a picture is its address.
 */
export default function Markdown({ text }: { text: string }) {
  return (
    <div class="md" dir="auto">
      {blocksOf(text).map((block, at) => (
        <Kept key={at} block={block} />
      ))}
    </div>
  );
}

/** Drawn anew when it reads otherwise: of an answer that grows, its last block. */
class Kept extends Component<{ block: Block }> {
  #drawn = '';

  override shouldComponentUpdate({ block }: { block: Block }): boolean {
    return JSON.stringify(block) !== this.#drawn;
  }

  override render({ block }: { block: Block }) {
    this.#drawn = JSON.stringify(block);
    return drawn(block);
  }
}

function drawn(block: Block): ComponentChildren {
  switch (block.is) {
    case 'paragraph':
      return <p>{inlines(block.text)}</p>;
    case 'heading':
      // One level for all, below the answer’s own heading: a page’s order is not the model’s to break.
      return <h3 class={`level-${block.level}`}>{inlines(block.text)}</h3>;
    case 'code':
      return <CodeBlock language={block.language} text={block.text} />;
    case 'quote':
      return <blockquote>{block.blocks.map(drawn)}</blockquote>;
    case 'list': {
      const items = block.items.map(({ checked, blocks }) => (
        <li class={checked === undefined ? undefined : 'task'}>
          {checked !== undefined && <span aria-hidden="true">{checked ? '☑ ' : '☐ '}</span>}
          {checked !== undefined && <span class="unseen">{checked ? 'Done: ' : 'To do: '}</span>}
          {blocks.map((one) => (block.isTight && one.is === 'paragraph' ? inlines(one.text) : drawn(one)))}
        </li>
      ));
      return block.isOrdered ? <ol start={block.start}>{items}</ol> : <ul>{items}</ul>;
    }
    case 'table':
      return <TableBlock {...block} />;
    case 'rule':
      return <hr />;
  }
}

function CodeBlock({ language, text }: { language: string; text: string }) {
  return (
    <div class="md-code">
      <div class="md-code-head">
        <span>{language}</span>
        <CopyButton text={text} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <pre dir="ltr" tabIndex={0}>
        <code>{text}</code>
      </pre>
    </div>
  );
}

function TableBlock({ align, head, rows }: { align: readonly Align[]; head: string[]; rows: string[][] }) {
  const look = (column: number): string | undefined => align[column] && `align-${align[column]}`;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <div class="md-table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((cell, column) => (
              <th scope="col" class={look(column)}>
                {inlines(cell)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {row.map((cell, column) => (
                <td class={look(column)}>{inlines(cell)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function inlines(text: string): ComponentChildren {
  return inlinesOf(text).map(inline);
}

function inline(one: Inline): ComponentChildren {
  if (typeof one === 'string') return one;
  switch (one.is) {
    case 'strong':
      return <strong>{one.children.map(inline)}</strong>;
    case 'emphasis':
      return <em>{one.children.map(inline)}</em>;
    case 'struck':
      return <s>{one.children.map(inline)}</s>;
    case 'code':
      return <code>{one.text}</code>;
    case 'link':
      return (
        <a href={one.href} target="_blank" rel="noopener noreferrer">
          {one.children.map(inline)}
        </a>
      );
    case 'break':
      return <br />;
  }
}
