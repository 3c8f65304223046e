import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Block, blocksOf } from '../../../../console/views/playground/markdown/blocks.ts';
import { inlinesOf } from '../../../../console/views/playground/markdown/inline.ts';
import type { Inline } from '../../../../console/views/playground/markdown/pieces.ts';

/** As it would be written in HTML, for people who read a test. */
function shown(inlines: readonly Inline[]): string {
  return inlines
    .map((one) => {
      if (typeof one === 'string') return one;
      switch (one.is) {
        case 'code':
          return `<code>${one.text}</code>`;
        case 'link':
          return `<a ${one.href}>${shown(one.children)}</a>`;
        case 'break':
          return '<br>';
        default:
          return `<${one.is}>${shown(one.children)}</${one.is}>`;
      }
    })
    .join('');
}

const LINES: [string, string][] = [
  ['**bold** and *leaning*', '<strong>bold</strong> and <emphasis>leaning</emphasis>'],
  ['***both***', '<emphasis><strong>both</strong></emphasis>'],
  ['**bold with *leaning* in it**', '<strong>bold with <emphasis>leaning</emphasis> in it</strong>'],
  ['*leaning with **bold** in it*', '<emphasis>leaning with <strong>bold</strong> in it</emphasis>'],
  ['~~struck~~, and ~one~', '<struck>struck</struck>, and ~one~'],
  ['snake_case_name and 2 * 3 * 4', 'snake_case_name and 2 * 3 * 4'],
  ['_leaning_ and __bold__', '<emphasis>leaning</emphasis> and <strong>bold</strong>'],
  ['**not closed', '**not closed'],
  ['not *closed **either', 'not *closed **either'],
  ['`code with **stars**`', '<code>code with **stars**</code>'],
  ['`` a ` in code ``', '<code>a ` in code</code>'],
  ['`not closed', '`not closed'],
  ['\\*a star\\*', '*a star*'],
  ['a\\\nb', 'a<br>b'],
  ['a  \nb', 'a<br>b'],
  ['a\nb', 'a\nb'],
  ['[text](https://example.com "title")', '<a https://example.com>text</a>'],
  ['[**bold**](https://example.com/a_(b))', '<a https://example.com/a_(b)><strong>bold</strong></a>'],
  ['![alt](https://example.com/a.png)', '<a https://example.com/a.png>alt</a>'],
  ['see https://example.com/a_b_c.', 'see <a https://example.com/a_b_c>https://example.com/a_b_c</a>.'],
  ['<https://example.com>', '<a https://example.com>https://example.com</a>'],
  // Nothing that a page would run, or fetch.
  ['[x](javascript:alert(1))', '[x](javascript:alert(1))'],
  ['[x](data:text/html,1)', '[x](data:text/html,1)'],
  ['<javascript:alert(1)>', '<javascript:alert(1)>'],
  ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
  ['[a [b](https://b.example) c](https://c.example)', '<a https://c.example>a [b](https://b.example) c</a>'],
];

describe('a line of an answer', () => {
  test.each(LINES)('%s', (source, expected) => {
    expect(shown(inlinesOf(source))).toBe(expected);
  });
});

const paragraph = (text: string): Block => ({ is: 'paragraph', text });
const list = (...items: Block[][]): Partial<Block> => ({ is: 'list', items: items.map((blocks) => ({ blocks })) });

const DOCUMENTS: [string, string, object[]][] = [
  ['paragraphs', 'a\nb\n\nc', [paragraph('a\nb'), paragraph('c')]],
  ['a heading', '## A *b* ##\ntext', [{ is: 'heading', level: 2, text: 'A *b*' }, paragraph('text')]],
  ['a number sign that heads nothing', '#hash', [paragraph('#hash')]],
  [
    'code',
    '```ts\nconst a = `b`;\n\n# c\n```\nd',
    [{ is: 'code', language: 'ts', text: 'const a = `b`;\n\n# c' }, paragraph('d')],
  ],
  [
    'code that is still being written',
    'a\n~~~\nb\n```',
    [paragraph('a'), { is: 'code', language: '', text: 'b\n```' }],
  ],
  ['code by its indent', '    a\n\n      b\n', [{ is: 'code', language: '', text: 'a\n\n  b' }]],
  ['a list', '- a\n- b', [{ ...list([paragraph('a')], [paragraph('b')]), isOrdered: false, isTight: true }]],
  ['a list with room', '- a\n\n- b', [{ ...list([paragraph('a')], [paragraph('b')]), isTight: false }]],
  [
    'a list that begins at another number',
    '3) a\n4) b',
    [{ ...list([paragraph('a')], [paragraph('b')]), isOrdered: true, start: 3 }],
  ],
  [
    'a list in a list',
    '1. a\n   - b\n   - c\n2. d',
    [list([paragraph('a'), expect.objectContaining(list([paragraph('b')], [paragraph('c')]))], [paragraph('d')])],
  ],
  [
    'code in a list',
    '- a\n  ```\n  b\n    c\n  ```',
    [list([paragraph('a'), { is: 'code', language: '', text: 'b\n  c' }])],
  ],
  [
    'tasks',
    '- [x] a\n- [ ] b',
    [
      {
        is: 'list',
        items: [
          { checked: true, blocks: [paragraph('a')] },
          { checked: false, blocks: [paragraph('b')] },
        ],
      },
    ],
  ],
  ['a year at the beginning of a line', 'It was in\n1999. And so on', [paragraph('It was in\n1999. And so on')]],
  [
    'a quote',
    '> a\nb\n>\n> - c\n\nd',
    [{ is: 'quote', blocks: [paragraph('a\nb'), expect.objectContaining(list([paragraph('c')]))] }, paragraph('d')],
  ],
  [
    'a table',
    '| a | b |\n|:-:|--:|\n| 1 | x \\| y |\n| 2 |',
    [
      {
        is: 'table',
        align: ['center', 'right'],
        head: ['a', 'b'],
        rows: [
          ['1', 'x | y'],
          ['2', ''],
        ],
      },
    ],
  ],
  ['a bar that begins no table', 'a | b', [paragraph('a | b')]],
  ['rules', 'a\n\n---\n* * *', [paragraph('a'), { is: 'rule' }, { is: 'rule' }]],
  ['HTML, which is text', '<script>alert(1)</script>', [paragraph('<script>alert(1)</script>')]],
  ['lines of another system', 'a\r\n\r\nb', [paragraph('a'), paragraph('b')]],
];

describe('an answer that has', () => {
  test.each(DOCUMENTS)('%s', (_, source, expected) => {
    expect(blocksOf(source)).toMatchObject(expected);
  });
});

/** Everything that a person would read. */
function read(block: Block): string {
  const line = (text: string): string => words(inlinesOf(text));
  switch (block.is) {
    case 'code':
      return `${block.language} ${block.text}`;
    case 'quote':
      return block.blocks.map(read).join('\n');
    case 'list':
      return block.items.flatMap(({ blocks }) => blocks.map(read)).join('\n');
    case 'table':
      return [block.head, ...block.rows].flat().map(line).join('\n');
    case 'rule':
      return '';
    default:
      return line(block.text);
  }
}

function words(inlines: readonly Inline[]): string {
  return inlines
    .map((one) => {
      if (typeof one === 'string') return one;
      if (one.is === 'break') return '';
      if (one.is === 'code') return one.text;
      const text = words(one.children);
      return one.is === 'link' && one.href !== text ? `${text} ${one.href}` : text;
    })
    .join('');
}

const MARKUP = fc.constantFrom(
  ...['*', '**', '_', '`', '``', '~~', '[', ']', '(', ')', '](https://a.example)', '!', '<', '>', '\\', '|', '|-|-|'],
  ...[
    '#',
    '- ',
    '1. ',
    '> ',
    '```',
    '    ',
    '\n',
    '\n\n',
    ' ',
    'w',
    'word',
    'é',
    '🙂',
    'https://b.example',
    '- [ ] ',
    '---',
  ],
);
const written = fc.array(MARKUP, { maxLength: 60 }).map((parts) => parts.join(''));

describe('whatever a model writes', () => {
  test('every word of it is there', () => {
    fc.assert(
      fc.property(written, (source) => {
        const all = blocksOf(source).map(read).join('\n');
        for (const word of ['word', 'é', '🙂']) expect(count(all, word), source).toBe(count(source, word));
      }),
    );
  });

  test('it is read to its end, however it is nested', () => {
    const long = 20_000;
    for (const part of [
      '[',
      '*a',
      '**a*',
      '`a``',
      '> ',
      '- ',
      '![',
      '|',
      '~~a',
      '<a',
      '1. a\n',
      '\\',
      ' \n',
      '](',
      '*_~',
    ])
      expect(
        blocksOf(part.repeat(long / part.length))
          .map(read)
          .join('').length,
      ).toBeGreaterThanOrEqual(0);
  });
});

function count(text: string, word: string): number {
  return text.split(word).length - 1;
}
