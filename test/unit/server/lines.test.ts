import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLines } from '../../../server/lines.ts';

function setUp() {
  const writes: string[] = [];
  return { lines: createLines({ write: (text) => writes.push(text) }, 'dev'), writes };
}

test('lines that may wait share a write, in their order, within one turn of the event loop', async () => {
  const { lines, writes } = setUp();
  lines.write('{"a":1}');
  lines.write('{"b":2}');
  expect(writes).toEqual([]);
  await turn();
  expect(writes).toEqual(['{"a":1}\n{"b":2}\n']);
  await turn();
  expect(writes).toHaveLength(1);
});

test('a line that must be out is out at once, and takes along what waited before it', async () => {
  const { lines, writes } = setUp();
  lines.write('{"finished":1}');
  lines.writeNow('{"started":2}');
  expect(writes).toEqual(['{"finished":1}\n{"started":2}\n']);
  await turn();
  expect(writes).toHaveLength(1);
});
