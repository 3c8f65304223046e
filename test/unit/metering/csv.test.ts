import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readCsv, writeCsv } from '../../../metering/csv.ts';

const one = (text: string) => writeCsv(['a'], [[{ text }]]).split(/(?<=^a\r\n)/)[1];

describe('CSV', () => {
  test.each([
    ['plain', 'plain\r\n'],
    ['', '\r\n'],
    ['a,b', '"a,b"\r\n'],
    ['say "hi"', '"say ""hi"""\r\n'],
    ['two\nlines', '"two\nlines"\r\n'],
  ])('%j is written as RFC 4180 says', (text, written) => {
    expect(one(text)).toBe(written);
  });

  test.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', "'quoted"])('M4: %j is no formula', (text) => {
    expect(one(text)).toBe(`'${text}\r\n`);
  });

  test('M4: a carriage return in front is no formula either', () => {
    expect(one('\r=1')).toBe(`"'\r=1"\r\n`);
  });

  test('numbers are left as they are', () => {
    expect(writeCsv(['n'], [[{ number: '-1.5' }]])).toBe('n\r\n-1.5\r\n');
  });

  test('whatever is written is read back', () => {
    const cell = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('=', "'=", "''", '"', '\r', '\n', ',', '\r\n'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 10 }), (rows) => {
        const csv = writeCsv(
          ['a', 'b'],
          rows.map((row) => row.map((text) => ({ text }))),
        );
        expect(readCsv(csv)).toEqual(rows.map(([a, b]) => ({ a, b })));
      }),
    );
  });

  test('a file that someone saved with bare line feeds, or without the last one, is read too', () => {
    expect(readCsv('a,b\n1,2\n3,')).toEqual([
      { a: '1', b: '2' },
      { a: '3', b: '' },
    ]);
    expect(readCsv('')).toEqual([]);
  });
});
