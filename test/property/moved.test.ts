import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MONITORED_ANSWERS } from '../../contract/limits/monitor.ts';
import { STOPS, type Stop } from '../../contract/usage.ts';
import { addCall, noTold, type ToldSums, toldCode } from '../../metering/ledger/told.ts';
import { measures } from '../../metering/monitor/moved.ts';

/** One answer: why it ended, its tokens and its milliseconds. */
type Draw = (random: () => number) => { stop: Stop; tokens: number; ms: number };

/** mulberry32: the same answers for the same seed, in any engine. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function answers(count: number, seed: number, draw: Draw): ToldSums {
  const random = randomOf(seed);
  const sums = noTold();
  for (let i = 0; i < count; i++) {
    const { stop, tokens, ms } = draw(random);
    addCall(sums, toldCode({ stop }), true, tokens, ms);
  }
  return sums;
}

const moved = (before: ToldSums, now: ToldSums): string[] =>
  measures(before, now)
    .filter((one) => one.moved)
    .map(({ name }) => name);

/** Lengths with a long tail, as of answers: log-normal. */
const long = (random: () => number, median: number, spread: number): number => {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.round(median * Math.exp(spread * normal));
};

interface Model {
  tokens: number;
  spread: number;
  ms: number;
  /** Of STOPS but the first, in thousandths. */
  rates: number[];
}

const drawOf =
  ({ tokens, spread, ms, rates }: Model): Draw =>
  (random) => {
    let left = random() * 1_000;
    const at = rates.findIndex((rate) => {
      left -= rate;
      return left < 0;
    });
    return { stop: STOPS[at + 1] ?? 'end', tokens: long(random, tokens, spread), ms: long(random, ms, spread / 2) };
  };

const model: fc.Arbitrary<Model> = fc.record({
  tokens: fc.integer({ min: 1, max: 4_000 }),
  spread: fc.double({ min: 0, max: 1.2, noNaN: true }),
  ms: fc.integer({ min: 20, max: 60_000 }),
  rates: fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 6, maxLength: 6 }),
});
const enough = fc.integer({ min: MONITORED_ANSWERS, max: 3_000 });
const seeds = fc.tuple(fc.nat(), fc.nat());

describe('a model that answers as it did', () => {
  test('moves in nothing, however long its answers are, however they end and however many there are', () => {
    fc.assert(
      fc.property(model, enough, enough, seeds, (of, n, m, [a, b]) => {
        const draw = drawOf(of);
        expect(moved(answers(n, a, draw), answers(m, b, draw))).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test('moves in nothing by less than it may, be it ever so certain', () => {
    const was = answers(50_000, 1, () => ({ stop: 'end', tokens: 100, ms: 1_000 }));
    const is = answers(50_000, 1, () => ({ stop: 'end', tokens: 120, ms: 1_400 }));
    expect(moved(was, is)).toEqual([]);
  });

  test('says nothing of fewer answers than that', () => {
    const some = (count: number, tokens: number) => answers(count, 1, () => ({ stop: 'end', tokens, ms: 1 }));
    expect(moved(some(MONITORED_ANSWERS - 1, 10), some(9_999, 99))).toEqual([]);
    expect(moved(some(9_999, 10), some(MONITORED_ANSWERS - 1, 99))).toEqual([]);
    expect(measures(noTold(), some(9_999, 99))).toEqual([]);
  });
});

describe('a model that answers otherwise', () => {
  const steady: Model = { tokens: 300, spread: 0.6, ms: 900, rates: [20, 30, 5, 5, 5, 0] };
  const many = fc.integer({ min: 2_000, max: 6_000 });

  test.each<[string, Partial<Model>, string[]]>([
    ['longer', { tokens: 450 }, ['answer_tokens']],
    ['shorter', { tokens: 200 }, ['answer_tokens']],
    ['later', { ms: 1_800 }, ['answer_ms']],
    ['sooner', { ms: 450 }, ['answer_ms']],
    ['with refusals', { rates: [20, 30, 50, 5, 5, 0] }, ['stop_refusal']],
    ['under a guardrail that intervenes', { rates: [20, 30, 5, 5, 60, 0] }, ['stop_guardrail']],
    ['cut off', { rates: [120, 30, 5, 5, 5, 0] }, ['stop_end', 'stop_length']],
  ])('%s: it is seen, and only that', (_, change, expected) => {
    fc.assert(
      fc.property(many, many, seeds, (n, m, [a, b]) => {
        const was = answers(n, a, drawOf(steady));
        const is = answers(m, b, drawOf({ ...steady, ...change }));
        // How much more often an answer ends otherwise, it ends the less often as ever: by odds that may be beyond, too.
        expect(moved(was, is).filter((name) => name !== 'stop_end' || expected.includes(name))).toEqual(expected);
        expect(moved(is, was).filter((name) => name !== 'stop_end' || expected.includes(name))).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  test('always the same, and then always another: nothing varies, and it is seen', () => {
    const same = (tokens: number) => answers(MONITORED_ANSWERS, 1, () => ({ stop: 'end', tokens, ms: 5 }));
    expect(moved(same(4), same(8))).toEqual(['answer_tokens']);
    expect(moved(same(0), same(8))).toEqual(['answer_tokens']);
    expect(moved(same(0), same(0))).toEqual([]);
  });

  test('what never happened before is seen', () => {
    const draw = (stop: Stop) => () => ({ stop, tokens: 1, ms: 1 });
    const is = answers(MONITORED_ANSWERS, 1, draw('refusal'));
    expect(moved(answers(MONITORED_ANSWERS, 1, draw('end')), is)).toEqual(['stop_end', 'stop_refusal']);
  });
});
