import { describe, expect, test } from 'vitest';
import type { CallerContext } from '../../../contract/context.ts';
import { TollgateError } from '../../../contract/errors.ts';
import { type AnswersOptions, createAnswers } from '../../../server/answers.ts';
import { caller } from '../invoke/edge.ts';

function setUp(more: Partial<AnswersOptions> = {}) {
  const asked: string[] = [];
  const time = { now: 1_000_000 };
  const context: CallerContext = { ...caller, exp: 10_000 };
  const admit = createAnswers({
    ttlSeconds: 60,
    clock: () => time.now,
    async admit(authorization) {
      asked.push(authorization);
      if (authorization === 'bad') throw new TollgateError('unauthenticated');
      return { ...context };
    },
    ...more,
  });
  return { admit: (authorization: string) => admit(authorization, 'id'), asked, time };
}

describe('the authorizer’s answers in memory', () => {
  test('are kept by the whole header, for the time that is set', async () => {
    const { admit, asked, time } = setUp();
    const first = await admit('Bearer a');
    expect(await admit('Bearer a')).toBe(first);
    await admit('bearer a');
    expect(asked).toEqual(['Bearer a', 'bearer a']);
    time.now += 59_999;
    expect(await admit('Bearer a')).toBe(first);
    time.now += 1;
    await admit('Bearer a');
    expect(asked).toHaveLength(3);
  });

  test('never past the end of the token', async () => {
    const { admit, asked, time } = setUp();
    time.now = 9_999_000;
    await admit('x');
    time.now += 999;
    await admit('x');
    expect(asked).toHaveLength(1);
    time.now += 1;
    await admit('x');
    expect(asked).toHaveLength(2);
  });

  test('are asked for once by all who come together, and a failure is kept for nobody', async () => {
    const { admit, asked } = setUp();
    await Promise.all(Array.from({ length: 50 }, () => admit('x')));
    expect(asked).toHaveLength(1);
    const failed = await Promise.allSettled([admit('bad'), admit('bad')]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(admit('bad')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(asked).toEqual(['x', 'bad', 'bad']);
  });

  test('are not kept at all where the time is 0', async () => {
    const { admit, asked } = setUp({ ttlSeconds: 0 });
    await admit('x');
    await admit('x');
    expect(asked).toHaveLength(2);
  });

  test.each([
    ['count', { max: 2 }],
    ['size', { maxChars: 2 * JSON.stringify({ ...caller, exp: 10_000 }).length + 10 }],
  ])('are bounded by their %s: the one longest unused goes', async (_, bound) => {
    const { admit, asked } = setUp(bound);
    for (const header of ['a', 'b', 'a', 'c', 'a', 'b']) await admit(header);
    expect(asked).toEqual(['a', 'b', 'c', 'b']);
  });
});
