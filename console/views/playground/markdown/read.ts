import { Lexer, type MarkedToken, type Token, Tokenizer, type Tokens } from 'marked';

/** Lists and quotes within each other, and emphasis and links; what is deeper is text. */
const BLOCKS_MAX = 8;
/** Characters of one paragraph or cell in which markup is looked for: that takes longer than the text is long. */
const INLINE_MAX = 4000;

/** A bar that parts cells: behind an even number of backslashes. */
const BAR = /(?<=(?<!\\)(?:\\\\)*)\|/;

/** GitHub’s Markdown, of which no word is lost, and no block needs another one to be read. */
class AnswerTokenizer extends Tokenizer {
  #depth = 0;

  /** What a reference refers to may be far away, and would be gone from where it stands. */
  override def(): undefined {
    return undefined;
  }

  override blockquote(source: string): Tokens.Blockquote | undefined {
    return this.#within(() => super.blockquote(source));
  }

  override list(source: string): Tokens.List | undefined {
    return this.#within(() => super.list(source));
  }

  /** A cell too many is kept, too: it has been said. */
  override table(source: string): Tokens.Table | undefined {
    const table = super.table(source);
    const lines = table?.raw.split('\n').slice(2) ?? [];
    for (const [at, row] of table?.rows.entries() ?? []) {
      const cells = (lines[at] ?? '').split(BAR);
      if (cells[0]?.trim() === '') cells.shift();
      for (const cell of cells.slice(row.length).map((one) => one.trim().replaceAll('\\|', '|')))
        if (cell !== '') row.push({ text: cell, tokens: this.lexer.inline(cell), header: false, align: null });
    }
    return table;
  }

  #within<T>(read: () => T | undefined): T | undefined {
    if (this.#depth >= BLOCKS_MAX) return undefined;
    this.#depth++;
    try {
      return read();
    } finally {
      this.#depth--;
    }
  }
}

class AnswerLexer extends Lexer {
  constructor() {
    super({ gfm: true, tokenizer: new AnswerTokenizer() });
  }

  override inlineTokens(source: string, tokens: Token[] = []): Token[] {
    if (source.length <= INLINE_MAX) return super.inlineTokens(source, tokens);
    tokens.push({ type: 'text', raw: source, text: source });
    return tokens;
  }
}

/** @returns the source of each block of a document, which can be read by itself. Of one that is being written the last one grows. */
export function blocksOf(source: string): string[] {
  const blocks = new AnswerLexer().blockTokens(source.replace(/\r\n?/g, '\n'));
  return blocks.filter(({ type }) => type !== 'space').map(({ raw }) => raw);
}

/** @param block one of `blocksOf` */
export function tokensOf(block: string): MarkedToken[] {
  return new AnswerLexer().lex(block) as MarkedToken[];
}
