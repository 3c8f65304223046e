import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TollgateError } from '../../contract/errors.ts';
import { createAnswers } from '../../server/answers.ts';
import { caller } from '../unit/invoke/edge.ts';

const MAX = 3;
const TTL_SECONDS = 60;

const ask = fc.record({
  header: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'bad'),
  /** Seconds that pass before it. */
  after: fc.nat(40),
  /** How many ask at once. */
  together: fc.integer({ min: 1, max: 3 }),
  /** Seconds for which the token that is asked about still holds. */
  left: fc.integer({ min: 1, max: 120 }),
});

test('whoever asks in whichever order: once for all together, for no longer than TTL and token, of the last few, never of a failure', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(ask, { maxLength: 40 }), async (asks) => {
      const time = { now: 1_000_000_000 };
      let asked = 0;
      let left = 0;
      const admit = createAnswers({
        ttlSeconds: TTL_SECONDS,
        clock: () => time.now,
        max: MAX,
        async admit(header) {
          asked++;
          if (header === 'bad') throw new TollgateError('unauthenticated');
          return { ...caller, exp: time.now / 1_000 + left };
        },
      });
      /** By header, until when: the one longest unused is first. */
      const model = new Map<string, number>();
      for (const { header, after, together, left: seconds } of asks) {
        time.now += after * 1_000;
        left = seconds;
        const before = asked;
        const until = model.get(header) ?? 0;
        const isKept = until > time.now;
        const answers = await Promise.allSettled(Array.from({ length: together }, () => admit(header, 'id')));
        expect(asked - before).toBe(isKept ? 0 : 1);
        expect(new Set(answers.map(({ status }) => status))).toEqual(
          new Set([header === 'bad' ? 'rejected' : 'fulfilled']),
        );
        for (const answer of answers)
          if (answer.status === 'fulfilled') expect(answer.value.exp * 1_000).toBeGreaterThan(time.now);
        model.delete(header);
        if (header === 'bad') continue;
        model.set(header, isKept ? until : time.now + Math.min(TTL_SECONDS, seconds) * 1_000);
        for (const oldest of model.keys()) if (model.size > MAX) model.delete(oldest);
      }
    }),
  );
});
