import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blocksOf } from '../../../../console/views/playground/markdown/read.ts';

// Its types are those of a browser, which the tests’ are not.
const DRAWN = '../../../../console/views/playground/markdown/markdown.tsx';
const { default: Markdown }: { default: Draw } = await import(DRAWN);

type Draw = ((props: Props) => unknown) & { prototype?: { render?: unknown } };
type Props = Record<string, unknown> & { children?: unknown };
interface VNode {
  type: string | Draw;
  props: Props;
}

/** As a person sees it and as it would be written in HTML, without what stands around it all. */
const shown = (text: string): string => html(Markdown({ text })).replace(/^<div dir="auto">(.*)<\/div>$/s, '$1');

function html(node: unknown): string {
  if (Array.isArray(node)) return node.map(html).join('');
  if (typeof node === 'string') return node;
  if (typeof node !== 'object' || node === null) return '';
  const { type, props } = node as VNode;
  if (typeof type === 'string') {
    const told = ['class', 'href', 'start', 'title', 'rel', 'dir', 'src'].filter(
      (name) => !/^md|^$/.test(`${props[name] ?? ''}`),
    );
    return `<${type}${told.map((name) => ` ${name}="${props[name]}"`).join('')}>${html(props.children)}</${type}>`;
  }
  if (type.name === 'CopyButton') return '';
  const { render } = type.prototype ?? {};
  return html(typeof render === 'function' ? render(props) : type(props));
}

const link = (href: string, text = href): string => `<a href="${href}" rel="noopener noreferrer">${text}</a>`;

const LINES: [string, string][] = [
  ['**bold** and *leaning*', '<strong>bold</strong> and <em>leaning</em>'],
  ['***both***', '<em><strong>both</strong></em>'],
  ['**bold with *leaning* in it**', '<strong>bold with <em>leaning</em> in it</strong>'],
  ['*leaning with **bold** in it*', '<em>leaning with <strong>bold</strong> in it</em>'],
  ['~~struck~~, and ~100 to ~200', '<s>struck</s>, and ~100 to ~200'],
  ['snake_case_name and 2 * 3 * 4', 'snake_case_name and 2 * 3 * 4'],
  ['_leaning_ and __bold__', '<em>leaning</em> and <strong>bold</strong>'],
  ['**not closed', '**not closed'],
  ['not *closed **either', 'not *closed **either'],
  ['`code with **stars**`', '<code>code with **stars**</code>'],
  ['`` a ` in code ``', '<code>a ` in code</code>'],
  ['`not closed', '`not closed'],
  ['\\*a star\\*', '*a star*'],
  ['a\\\nb', 'a<br></br>b'],
  ['a  \nb', 'a<br></br>b'],
  ['a<br>b', 'a<br></br>b'],
  ['a\nb', 'a\nb'],
  [
    '[text](https://example.com "title")',
    '<a href="https://example.com" title="title" rel="noopener noreferrer">text</a>',
  ],
  ['[**bold**](https://example.com/a_(b))', link('https://example.com/a_(b)', '<strong>bold</strong>')],
  ['see https://example.com/a_b_c.', `see ${link('https://example.com/a_b_c')}.`],
  ['<https://example.com>', link('https://example.com')],
  ['a@example.com', link('mailto:a@example.com', 'a@example.com')],
  // Nothing that a page would run, or fetch.
  ['![alt](https://example.com/a.png)', link('https://example.com/a.png', 'alt')],
  ['![](https://example.com/a.png)', link('https://example.com/a.png')],
  ['![alt](data:image/png;base64,AA)', '![alt](data:image/png;base64,AA)'],
  ['[x](javascript:alert(1))', '[x](javascript:alert(1))'],
  ['[x](data:text/html,1)', '[x](data:text/html,1)'],
  ['[x](&#106;avascript:alert(1))', '[x](&#106;avascript:alert(1))'],
  ['[x](//example.com)', '[x](//example.com)'],
  ['[x](#/keys)', '[x](#/keys)'],
  ['<javascript:alert(1)>', '<javascript:alert(1)>'],
  ['<b onclick="alert(1)">x</b>', '<b onclick="alert(1)">x</b>'],
  ['a <!-- hidden --> b', 'a <!-- hidden --> b'],
  // No link has another in it.
  [
    '[![alt](https://a.example/a.png)](https://b.example)',
    link('https://b.example', '![alt](https://a.example/a.png)'),
  ],
  ['[a https://b.example](https://c.example)', link('https://c.example', 'a https://b.example')],
];

describe('a line of an answer', () => {
  test.each(LINES)('%s', (source, expected) => {
    expect(shown(source)).toBe(`<p>${expected}</p>`);
  });
});

const code = (text: string, language = ''): string =>
  `<div><div><span>${language}</span></div><pre dir="ltr"><code>${text}</code></pre></div>`;
const task = (isDone: boolean): string =>
  isDone ? '<span>☑ </span><span class="unseen">Done: </span>' : '<span>☐ </span><span class="unseen">To do: </span>';

const DOCUMENTS: [string, string, string][] = [
  ['paragraphs', 'a\nb\n\nc', '<p>a\nb</p><p>c</p>'],
  ['a heading', '## A *b* ##\ntext', '<h3 class="level-2">A <em>b</em></h3><p>text</p>'],
  ['a number sign that heads nothing', '#hash', '<p>#hash</p>'],
  ['code', '```ts\nconst a = `b`;\n\n# c\n```\nd', `${code('const a = `b`;\n\n# c', 'ts')}<p>d</p>`],
  ['code that is still being written', 'a\n~~~\nb\n```', `<p>a</p>${code('b\n```')}`],
  ['code by its indent', '    a\n\n      b', code('a\n\n  b')],
  ['a list', '- a\n- b', '<ul><li>a</li><li>b</li></ul>'],
  ['a list with room', '- a\n\n- b', '<ul><li><p>a</p></li><li><p>b</p></li></ul>'],
  ['a list that begins at another number', '3) a\n4) b', '<ol start="3"><li>a</li><li>b</li></ol>'],
  ['a list in a list', '1. a\n   - b\n2. c', '<ol start="1"><li>a<ul><li>b</li></ul></li><li>c</li></ol>'],
  ['code in a list', '- a\n  ```\n  b\n    c\n  ```', `<ul><li>a${code('b\n  c')}</li></ul>`],
  ['tasks', '- [x] a\n- [ ] b', `<ul><li class="task">${task(true)}a</li><li class="task">${task(false)}b</li></ul>`],
  ['a year at the beginning of a line', 'It was in\n1999. And so on', '<p>It was in\n1999. And so on</p>'],
  ['a quote', '> a\nb\n>\n> - c\n\nd', '<blockquote><p>a\nb</p><ul><li>c</li></ul></blockquote><p>d</p>'],
  [
    'a table',
    '| a | b |\n|:-:|--:|\n| *1* | x \\| y |\n| 2 |',
    '<div><table><thead><tr><th class="align-center">a</th><th class="align-right">b</th></tr></thead><tbody>' +
      '<tr><td class="align-center"><em>1</em></td><td class="align-right">x | y</td></tr>' +
      '<tr><td class="align-center">2</td><td class="align-right"></td></tr></tbody></table></div>',
  ],
  [
    'a table with a cell too many, which is kept',
    'a | b\n-|-\n1 | 2 | *3*',
    '<div><table><thead><tr><th>a</th><th>b</th></tr></thead>' +
      '<tbody><tr><td>1</td><td>2</td><td><em>3</em></td></tr></tbody></table></div>',
  ],
  ['a bar that begins no table', 'a | b', '<p>a | b</p>'],
  ['rules', 'a\n\n---\n* * *', '<p>a</p><hr></hr><hr></hr>'],
  [
    'what a reference would refer to',
    '[a]: https://a.example\n\n[a]',
    `<p>[a]: ${link('https://a.example')}</p><p>[a]</p>`,
  ],
  ['HTML, which is text', '<script>alert(1)</script>', '<p><script>alert(1)</script></p>'],
  ['more of it', '<div>\n**a**\n</div>\n\nb', '<p><div>\n**a**\n</div></p><p>b</p>'],
  ['lines of another system', 'a\r\n\r\nb', '<p>a</p><p>b</p>'],
];

describe('an answer that has', () => {
  test.each(DOCUMENTS)('%s', (_, source, expected) => {
    expect(shown(source)).toBe(expected);
  });
});

const MARKUP = fc.constantFrom(
  ...['*', '**', '_', '`', '``', '~~', '[', ']', '(', ')', '](https://a.example)', '!', '<', '>', '\\', '|', '|-|-|'],
  ...['#', '- ', '1. ', '> ', '```', '    ', '\n', '\n\n', ' ', '\t', 'w', 'word', 'é', '🙂', 'https://b.example'],
  ...['- [ ] ', '---', ']: ', '<b>', '<!--', '-->', '&amp;', 'a | b\n-|-\n'],
);
const written = fc.array(MARKUP, { maxLength: 60 }).map((parts) => parts.join(''));

describe('whatever a model writes', () => {
  test('every word of it is there', () => {
    fc.assert(
      fc.property(written, (source) => {
        const all = shown(source);
        for (const word of ['word', 'é', '🙂'])
          expect(count(all, word), source).toBeGreaterThanOrEqual(count(source, word));
      }),
    );
  });

  test('while it is being written, what came before its last blocks stays as it is', () => {
    const answer = DOCUMENTS.map(([, source]) => source).join('\n\n');
    let drawn = 0;
    let former: string[] = [];
    for (let end = 1; end <= answer.length; end++) {
      const blocks = blocksOf(answer.slice(0, end));
      drawn += blocks.filter((block, at) => block !== former[at]).length;
      former = blocks;
    }
    expect(drawn).toBeLessThan(answer.length * 1.2);
  });

  test.each([
    ...[
      '[',
      '*a',
      '**a*',
      '_a_',
      '_a_ _b\n',
      '`a``',
      '> ',
      '- ',
      '1. ',
      '> - ',
      '![',
      '|',
      '~~a',
      '<a',
      '1. a\n',
      '\\',
    ],
    ...['a \n', '](', '*_~', '[a](', '[a]: b\n', '&a', 'a@b', '<!-- a\n', 'a|b\n-|-\n', '> > > > > > > > a\nb\n'],
  ])('it is read to its end within a moment, however often it has %j', (part) => {
    const start = performance.now();
    expect(shown(part.repeat(20_000 / part.length))).not.toBe('');
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('it is drawn to its end, however deep it is nested', () => {
    const deep = `${'*a **b '.repeat(200)}word${' b** a*'.repeat(200)}`;
    expect(shown(deep)).toContain('word');
  });
});

function count(text: string, word: string): number {
  return text.split(word).length - 1;
}
