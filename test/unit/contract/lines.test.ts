import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLines } from '../../../contract/lines.ts';

function setUp(alone?: () => boolean) {
  const writes: string[] = [];
  return { lines: createLines({ write: (text) => writes.push(text) }, 'dev', alone), writes };
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

test('lines that are waited for are out when they are said to be, in one write with what waited before them', async () => {
  const { lines, writes } = setUp();
  lines.write('{"finished":1}');
  const seen = ['{"started":2}', '{"started":3}'].map((line) =>
    Promise.resolve(lines.writeOut(line)).then(() => [...writes]),
  );
  await Promise.resolve();
  expect(writes).toEqual([]);
  const once = ['{"finished":1}\n{"started":2}\n{"started":3}\n'];
  expect(await Promise.all(seen)).toEqual([once, once]);
  await lines.writeOut('{"started":4}');
  expect(writes).toEqual([...once, '{"started":4}\n']);
});

test('what waits is out at once when it must be, and those who wait for it go on', async () => {
  const { lines, writes } = setUp();
  const started = lines.writeOut('{"started":1}');
  lines.flush();
  expect(writes).toEqual(['{"started":1}\n']);
  await started;
  await turn();
  expect(writes).toHaveLength(1);
});

test('where one call alone is under way its started line is out at once, and its finished one when that is asked for', async () => {
  let calls = 1;
  const { lines, writes } = setUp(() => calls === 1);
  expect(lines.writeOut('{"started":1}')).toBeUndefined();
  expect(writes).toEqual(['{"started":1}\n']);
  lines.write('{"finished":1}');
  expect(writes).toHaveLength(1);
  expect(lines.out()).toBeUndefined();
  expect(writes).toEqual(['{"started":1}\n', '{"finished":1}\n']);
  expect(lines.out()).toBeUndefined();
  calls = 2;
  lines.write('{"finished":2}');
  await lines.out();
  expect(writes).toHaveLength(3);
  await turn();
  expect(writes).toHaveLength(3);
});
