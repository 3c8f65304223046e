import { expect, test } from 'vitest';
import { csvOf } from '../../../console/csv.ts';
import { readCsv } from '../../../metering/csv.ts';

const COLUMNS = [
  { head: 'name', cell: ({ name }: { name: string; cost: string | null }) => ({ text: name }) },
  {
    head: 'cost',
    cell: ({ cost }: { name: string; cost: string | null }) => (cost === null ? null : { number: cost }),
  },
];

test.each([
  ['=HYPERLINK("http://x")', '"\'=HYPERLINK(""http://x"")"'],
  ['a, "b"', '"a, ""b"""'],
  ['a;=1', "a;'=1"],
  ['مرحبا 🦊', 'مرحبا 🦊'],
])('a file for a spreadsheet holds %j as text, and is read back by what reads the gateway’s own', (name, cell) => {
  const csv = csvOf(COLUMNS, [{ name, cost: '-0.00000114' }]);
  expect(csv).toBe(`name,cost\r\n${cell},-0.00000114\r\n`);
  expect(readCsv(csv)).toEqual([{ name, cost: '-0.00000114' }]);
});

test('what is not known is an empty cell, and a file without rows has its head', () => {
  expect(csvOf(COLUMNS, [{ name: 'x', cost: null }])).toBe('name,cost\r\nx,\r\n');
  expect(csvOf(COLUMNS, [])).toBe('name,cost\r\n');
});
