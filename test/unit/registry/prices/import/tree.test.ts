import { describe, expect, test } from 'vitest';
import { JSON_MAX_DEPTH } from '../../../../../contract/limits/contract.ts';
import { member, parseTree, plainOf } from '../../../../../registry/prices/import/tree.ts';

describe('JSON with its lines', () => {
  test('every value has its line and its pointer', () => {
    const tree = parseTree('{\n "a": [1,\n\n  {"b/c~": "x"}]\n}');
    const list = member(tree, 'a');
    expect(list).toMatchObject({ line: 2, at: '/a' });
    expect(list?.is === 'list' && list.items).toMatchObject([
      { line: 2, at: '/a/0', is: 'number', source: '1' },
      { line: 4, at: '/a/1', is: 'object' },
    ]);
    expect(list?.is === 'list' && member(list.items[1], 'b/c~')).toMatchObject({
      line: 4,
      at: '/a/1/b~1c~0',
      text: 'x',
    });
  });

  test.each(['0.1', '0.30000000000000004', '6e-05', '-0', '123456789012345678901234567890', 'NaN', '-Infinity'])(
    'the number %s is kept as it is written',
    (source) => expect(parseTree(` ${source} `)).toMatchObject({ is: 'number', source }),
  );

  test.each(['{"a":1,}', '[1 2]', '{"a" 1}', '{a:1}', '"a\nb"', '"\\x"', '[', '', '1 1', 'nul', '01', '+1', '"a'])(
    '%j is no JSON',
    (text) => expect(() => parseTree(text)).toThrow(expect.objectContaining({ code: 'bad_entry', reason: 'not-json' })),
  );

  test('a member twice is refused with its line: two readers would not agree on it', () => {
    expect(() => parseTree('{"a":1,\n"\\u0061":2}')).toThrow(
      expect.objectContaining({ field: 'line 2', reason: 'duplicate-member' }),
    );
  });

  test('a file of brackets does not reach the end of the stack', () => {
    const deep = '['.repeat(JSON_MAX_DEPTH + 2);
    expect(() => parseTree(deep.repeat(1_000))).toThrow(expect.objectContaining({ reason: 'too-deep' }));
  });

  test('what JSON.parse reads it reads alike, but for numbers', () => {
    const text = '{"a":[true,false,null,"\\u00e9\\n\\"",{}],"__proto__":"x","b":""}';
    const plain = plainOf(parseTree(text));
    expect(JSON.stringify(plain)).toBe(JSON.stringify(JSON.parse(text)));
    expect(plainOf(parseTree('{"a":3}'))).toEqual({ a: { number: '3' } });
  });
});
