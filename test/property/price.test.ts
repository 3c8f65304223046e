import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatMoney, parseMoney } from '../../metering/money.ts';
import { costOf, createPriceBook } from '../../metering/price.ts';

const count = fc.nat(Number.MAX_SAFE_INTEGER).map(BigInt);
const tokens = fc.record({ input: count, output: count, cacheRead: count, cacheWrite: count });

/** Units of 10^-9 dollars per 1,000,000 tokens, and how the registry writes them. */
const rate = fc.bigInt(0n, 10n ** 21n - 1n);
const written = (units: bigint) => `${units / 10n ** 9n}.${String(units % 10n ** 9n).padStart(9, '0')}`;

describe('money', () => {
  test('what is written is read back, to the last unit', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 40n), (money) => {
        expect(parseMoney(formatMoney(money))).toBe(money);
      }),
    );
  });

  test('the cost is tokens times price and nothing else, however large or small', () => {
    fc.assert(
      fc.property(tokens, fc.tuple(rate, rate, rate, rate), (used, [input, output, read, write]) => {
        const version = {
          version: '1',
          from: 0,
          usdPerMillion: {
            input: written(input),
            output: written(output),
            cacheRead: written(read),
            cacheWrite: written(write),
          },
        };
        const price = createPriceBook([{ id: 'm', prices: [version] }]).priceOf('m', 0);
        if (!price) throw new Error('no price');
        // 10^-9 dollars per 1,000,000 tokens are 10^-15 dollars per token: the scale of money.
        expect(costOf(used, price.rates)).toEqual({
          input: used.input * input + used.cacheRead * read + used.cacheWrite * write,
          output: used.output * output,
        });
      }),
    );
  });

  test('pricing a sum is the same as summing the prices', () => {
    fc.assert(
      fc.property(fc.array(tokens, { minLength: 1, maxLength: 20 }), rate, (calls, units) => {
        const rates = { input: units, output: units + 1n, cacheRead: units / 2n, cacheWrite: units * 2n };
        const total = { input: 0n, output: 0n, cacheRead: 0n, cacheWrite: 0n };
        const sum = { input: 0n, output: 0n };
        for (const used of calls) {
          for (const kind of ['input', 'output', 'cacheRead', 'cacheWrite'] as const) total[kind] += used[kind];
          const cost = costOf(used, rates);
          sum.input += cost.input;
          sum.output += cost.output;
        }
        expect(costOf(total, rates)).toEqual(sum);
      }),
    );
  });

  test('a call pays the latest price that was in force when it began', () => {
    const versions = fc.uniqueArray(fc.nat(1_000), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(versions, fc.nat(1_200), (froms, at) => {
        const prices = froms.map((from) => ({ version: String(from), from, usdPerMillion: { input: '1', output: '1' } }));
        const inForce = Math.max(...froms.filter((from) => from <= at));
        const found = createPriceBook([{ id: 'm', prices }]).priceOf('m', at)?.version;
        expect(found).toBe(Number.isFinite(inForce) ? String(inForce) : undefined);
      }),
    );
  });
});
