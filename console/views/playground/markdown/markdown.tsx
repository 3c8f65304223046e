import type { MarkedToken, Token, Tokens } from 'marked';
import type { ComponentChildren } from 'preact';
import { CopyButton } from '../../../ui/text.tsx';
import { memo } from '../memo.tsx';
import { blocksOf, tokensOf } from './read.ts';

/** Nothing that a page would run: the address is only ever that of a link. */
const SAFE = /^(?:https?:\/\/|mailto:)/i;
const BREAK = /^<br *\/?>$/i;
/** Tokens within each other; what is deeper is text. */
const DEPTH_MAX = 50;

/**
 * A model’s text, as it is meant to be read. Elements are made of it one by one, and never markup of a string: HTML in it is text, a
 * link opens elsewhere, and a picture is its address.
 */
export default function Markdown({ text }: { text: string }) {
  return (
    <div class="md" dir="auto">
      {blocksOf(text).map((source, at) => (
        <Block key={at} source={source} />
      ))}
    </div>
  );
}

/** Read and drawn anew when its source is another: of an answer that grows, its last block. */
const Block = memo(function Block({ source }: { source: string }) {
  return <>{all(tokensOf(source), { depth: 0, isLink: false })}</>;
});

interface Within {
  depth: number;
  /** A link has no other in it. */
  isLink: boolean;
}

function all(tokens: readonly Token[], { depth, isLink }: Within): ComponentChildren[] {
  const within = { depth: depth + 1, isLink };
  return tokens.map((token) => (depth < DEPTH_MAX ? drawn(token as MarkedToken, within) : token.raw));
}

function drawn(token: MarkedToken, within: Within): ComponentChildren {
  switch (token.type) {
    case 'space':
      return null;
    case 'paragraph':
      return <p>{all(token.tokens, within)}</p>;
    case 'heading':
      // One level for all, below the answer’s own heading: a page’s order is not the model’s to break.
      return <h3 class={`level-${token.depth}`}>{all(token.tokens, within)}</h3>;
    case 'code':
      return <CodeBlock language={token.lang ?? ''} text={token.text} />;
    case 'blockquote':
      return <blockquote>{all(token.tokens, within)}</blockquote>;
    case 'list': {
      const items = token.items.map((item) => (
        <li class={item.task ? 'task' : undefined}>{all(item.tokens, within)}</li>
      ));
      return token.ordered ? <ol start={Number(token.start)}>{items}</ol> : <ul>{items}</ul>;
    }
    case 'checkbox':
      return (
        <>
          <span aria-hidden="true">{token.checked ? '☑ ' : '☐ '}</span>
          <span class="unseen">{token.checked ? 'Done: ' : 'To do: '}</span>
        </>
      );
    case 'table':
      return <TableBlock table={token} within={within} />;
    case 'hr':
      return <hr />;
    case 'text':
      return token.tokens === undefined ? token.text : all(token.tokens, within);
    case 'escape':
      return token.text;
    case 'strong':
      return <strong>{all(token.tokens, within)}</strong>;
    case 'em':
      return <em>{all(token.tokens, within)}</em>;
    case 'del':
      return <s>{all(token.tokens, within)}</s>;
    case 'codespan':
      return <code>{token.text}</code>;
    case 'br':
      return <br />;
    case 'link':
    case 'image':
      return <Link token={token} within={within} />;
    default:
      return BREAK.test(token.raw) ? <br /> : 'block' in token && token.block ? <p>{token.raw}</p> : token.raw;
  }
}

/** A picture is a link to it: none is fetched from anywhere. */
function Link({
  token: { raw, href, title, text, tokens },
  within,
}: {
  token: Tokens.Link | Tokens.Image;
  within: Within;
}) {
  if (within.isLink || !SAFE.test(href)) return <>{raw}</>;
  return (
    <a href={href} title={title ?? undefined} target="_blank" rel="noopener noreferrer">
      {text === '' ? href : all(tokens, { ...within, isLink: true })}
    </a>
  );
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

function TableBlock({ table: { header, rows }, within }: { table: Tokens.Table; within: Within }) {
  const look = ({ align }: Tokens.TableCell): string | undefined => (align === null ? undefined : `align-${align}`);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <div class="md-table" tabIndex={0}>
      <table>
        <thead>
          <tr>
            {header.map((cell) => (
              <th scope="col" class={look(cell)}>
                {all(cell.tokens, within)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {row.map((cell) => (
                <td class={look(cell)}>{all(cell.tokens, within)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
