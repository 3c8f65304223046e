import { expect, test } from 'vitest';
import { Turns } from '../../../../local/runtime/turns.ts';

test('turns are taken in the order in which they were asked for, so many at once, also after a failure', async () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const held = Array.from({ length: 5 }, () => Promise.withResolvers<number>());
  const taken = held.map(({ promise }, i) =>
    turns.take(() => {
      begun.push(i);
      return promise;
    }),
  );
  expect(begun).toEqual([0, 1]);
  held[1]?.reject(new Error('first to end, and badly'));
  await expect(taken[1]).rejects.toThrow('badly');
  expect(begun).toEqual([0, 1, 2]);
  for (const [i, one] of held.entries()) one.resolve(i);
  expect(await Promise.all([taken[0], ...taken.slice(2)])).toEqual([0, 2, 3, 4]);
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  expect(await turns.take(async () => 'free again')).toBe('free again');
});

test('who waits may be told to begin, and then nobody else does before as many have ended', async () => {
  const turns = new Turns(1);
  const begun: number[] = [];
  const held = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const take = (i: number) =>
    turns.take(() => {
      begun.push(i);
      return held[i]?.promise ?? Promise.resolve();
    });
  const taken = [0, 1, 2].map(take);
  expect(turns.waiting).toBe(2);
  turns.hurry();
  expect(turns.waiting).toBe(0);
  await Promise.resolve();
  expect(begun).toEqual([0, 1, 2]);
  const last = take(3);
  held[0]?.resolve();
  held[1]?.resolve();
  await Promise.all(taken.slice(0, 2));
  expect(begun).toEqual([0, 1, 2]);
  held[2]?.resolve();
  held[3]?.resolve();
  await Promise.all([...taken, last]);
  expect(begun).toEqual([0, 1, 2, 3]);
});
