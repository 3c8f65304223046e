import { describe, expect, test } from 'vitest';
import { explain, jsonText, lines, table } from '../../../cli/print.ts';
import { TollgateError } from '../../../contract/errors.ts';

describe('what is printed', () => {
  test('a table has columns as wide as their widest cell, and a dash for what is empty', () => {
    expect(
      table(
        ['id', 'name'],
        [
          ['nova-lite', ''],
          ['a', 'A'],
        ],
      ),
    ).toBe('ID         NAME\nnova-lite  -\na          A');
  });

  test('a document is a line a member', () => {
    expect(lines({ id: 'a', target: { arn: 'x' }, actions: ['invoke', 'count'], prices: [{ input: '1' }] })).toBe(
      'id               a\ntarget.arn       x\nactions          invoke, count\nprices[0].input  1',
    );
  });

  test('JSON is indented, and a long list of it a line an element', () => {
    const few = { name: 'a\nb', rows: [{ id: 1 }], nothing: undefined };
    expect(jsonText(few)).toBe(JSON.stringify(few, null, 2));
    const rows = Array.from({ length: 1_000 }, (_, id) => ({ id, of: ['x'] }));
    for (const many of [rows, { ...few, many: rows }]) {
      const text = jsonText(many);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(many)));
      expect(text.split('\n').filter((line) => line.includes('"of":["x"]'))).toHaveLength(1_000);
    }
    expect(jsonText({ ...few, many: rows })).toContain(JSON.stringify(few, null, 2).slice(0, -2));
  });

  test('no value moves the terminal’s cursor or starts a line of its own', () => {
    const hostile = 'a\u001b[2Jb\r\nc\u2028d\u202ee';
    for (const text of [
      table(['id'], [[hostile]]).split('\n')[1] ?? '',
      lines({ id: hostile }),
      explain(new Error(hostile)),
    ])
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
  });
});

describe('one line for an error', () => {
  test('says what a store answered when nothing could be decided', () => {
    const cause = Object.assign(new Error('no such table'), { name: 'ResourceNotFoundException' });
    const line = explain(new TollgateError('unavailable', { reason: 'registry-failed', cause }));
    expect(line).toContain('(ResourceNotFoundException: no such table)');
    expect(line).toMatch(/^the local gateway does not answer/);
  });

  test('says that nobody listens, which Node reports without a message', () => {
    const cause = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' });
    expect(explain(new TollgateError('unavailable', { cause }))).toContain('(ECONNREFUSED)');
  });

  test('names the field once', () => {
    const details = { field: 'id', reason: 'empty', message: 'The model id is wrong: id' };
    expect(explain(new TollgateError('bad_entry', details))).toBe('The model id is wrong: id');
    expect(explain(new TollgateError('conflict', { field: 'version', reason: 'changed-meanwhile' }))).toMatch(
      /try again\. \(version: changed-meanwhile\)$/,
    );
  });

  test('is given for whatever was thrown', () => {
    expect(explain('text')).toBe('text');
    expect(explain(undefined)).toBe('undefined');
    expect(explain(new TypeError('fetch failed'))).toBe('TypeError: fetch failed');
  });
});
