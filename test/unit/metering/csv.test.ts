import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { csvRows } from '../../../contract/csv.ts';
import { readCsv, writeCsv } from '../../../metering/csv.ts';
import cases from '../../cases/csv.json' with { type: 'json' };

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

  test.each(cases)('M4: no formula begins in a cell: $name', ({ text, written }) => {
    const quoted = /["\r\n,]/.test(written) ? `"${written.replaceAll('"', '""')}"` : written;
    const csv = writeCsv(['a'], [[{ text }]]);
    expect(csv).toBe(`a\r\n${quoted}\r\n`);
    expect(readCsv(csv)).toEqual([{ a: text }]);
  });

  test('M4: in no reading of a file, whatever parts its cells, does one begin with a formula', () => {
    const hostile = fc.string({
      unit: fc.constantFrom(
        ...['=', '+', '-', '@', '\uff1d', ' ', '\u3000', '\u200b', "'", '"', ',', ';', '\t', '\r', '\n', 'a'],
      ),
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(hostile, hostile), { maxLength: 4 }), (rows) => {
        const csv = writeCsv(
          ['a', 'b'],
          rows.map((row) => row.map((text) => ({ text }))),
        );
        // As it is written, and to readers for whom a quote within a line means nothing.
        const cells = [...csvRows(csv)].flatMap((row) => row.cells);
        const others = [/[;\r\n]/, /[\t\r\n]/].flatMap((parting) => csv.split(parting));
        for (const cell of [...cells, ...others]) expect(cell).not.toMatch(/^["\p{Z}\p{C}]*[=+\-@\uff1d]/u);
        expect(readCsv(csv)).toEqual(rows.map(([a, b]) => ({ a, b })));
      }),
      { numRuns: 500 },
    );
  });

  test('a file of an earlier version, with an apostrophe at the beginning alone, is read as it was', () => {
    expect(readCsv("a,b\r\n'=1,''x\r\nx;'y,'\t=1\r\n")).toEqual([
      { a: '=1', b: "'x" },
      { a: "x;'y", b: '\t=1' },
    ]);
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
