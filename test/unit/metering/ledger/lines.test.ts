import { createGunzip, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { USAGE_LINE_MAX_CHARS } from '../../../../contract/limits/metering.ts';
import { eachLine, linesOf } from '../../../../metering/ledger/lines.ts';

async function read(text: string): Promise<{ lines: string[]; most: number }> {
  const lines: string[] = [];
  let most = 0;
  const whole = gzipSync(text);
  for await (const block of linesOf(
    (async function* () {
      yield whole;
    })(),
    createGunzip(),
  )) {
    most = Math.max(most, block.length);
    eachLine(block, (from, to) => lines.push(block.toString('utf8', from, to)));
  }
  return { lines, most };
}

test.each([
  ['nothing', '', []],
  ['a line with its end', 'a\n', ['a']],
  ['a line without one', 'a', ['a']],
  ['lines that are empty', '\n\na\n\n', ['', '', 'a', '']],
])('%s is read as it is', async (_, text, lines) => {
  expect((await read(text)).lines).toEqual(lines);
});

test.each([
  ['x', 1],
  ['é', 2],
  ['€', 3],
])(
  'M7: of a line of 20 MB of %s no more is kept than tells that it is too long, and the next one is whole',
  async (char, bytes) => {
    const { lines, most } = await read(`{"before":1}\n${char.repeat(20_000_000 / bytes)}\n{"after":1}\n`);
    expect([lines[0], lines[2], lines.length]).toEqual(['{"before":1}', '{"after":1}', 3]);
    expect(lines[1]?.length).toBeGreaterThan(USAGE_LINE_MAX_CHARS);
    expect(most).toBeLessThan(4 * USAGE_LINE_MAX_CHARS);
  },
);

test.each(['x', 'é', '€'])('a line of as many %s as are allowed is whole', async (char) => {
  const line = char.repeat(USAGE_LINE_MAX_CHARS);
  expect((await read(`${line}\nafter\n`)).lines).toEqual([line, 'after']);
});
