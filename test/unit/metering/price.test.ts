import { describe, expect, test } from 'vitest';
import type { Tier } from '../../../contract/usage.ts';
import { divide, formatAmount, formatMoney, MONEY_SCALE, parseDecimal, parseMoney } from '../../../metering/money.ts';
import { costAt, createPriceBook, type Sale, type TokenCounts } from '../../../metering/price.ts';
import type { PriceVersion } from '../../../registry/price.ts';
import data from '../../cases/price.json' with { type: 'json' };

interface Case {
  id: string;
  name: string;
  input: { model: string; at: string; region?: string; tier?: string; tokens: TokenCounts };
  expected: { version: string; input: string; output: string } | null;
}

const book = createPriceBook(
  data.models.map(({ id, prices }) => ({
    id,
    prices: prices.map((price) => ({ ...price, from: Date.parse(price.from) }) as PriceVersion),
  })),
);

function saleOf({ model, at, region = 'us-east-1', tier = 'on-demand' }: Case['input']): Sale {
  return { model, region, tier: tier as Tier, at: Date.parse(at) };
}

describe('what a call costs', () => {
  test.each(data.cases as Case[])('$id: $name', ({ input, expected }) => {
    const cost = costAt(book, saleOf(input), input.tokens);
    expect(cost && { input: formatMoney(cost.input), output: formatMoney(cost.output) }).toEqual(
      expected ? { input: expected.input, output: expected.output } : undefined,
    );
    if (expected) expect(book.priceOf(saleOf(input))?.version).toBe(expected.version);
  });

  test('M6: versions count by their date, whatever their order in the registry', () => {
    const late = { version: 'late', from: 200, usdPerMillion: { input: '2', output: '2' } };
    const early = { version: 'early', from: 100, usdPerMillion: { input: '1', output: '1' } };
    const { priceOf } = createPriceBook([{ id: 'm', prices: [late, early] }]);
    const at = (moment: number) => priceOf(saleOf({ model: 'm', at: new Date(moment).toISOString(), tokens: {} }));
    expect([99, 100, 199, 200].map((moment) => at(moment)?.version)).toEqual([undefined, 'early', 'early', 'late']);
  });

  test('sums of many calls are priced as the calls are, beyond what a number holds', () => {
    const tokens = { input: 3n * 2n ** 53n + 1n, output: 0n };
    const cost = costAt(book, saleOf({ model: 'plain', at: '2026-11-21T12:00:00.000Z', tokens: {} }), tokens);
    expect(formatMoney(cost?.input ?? 0n)).toBe('81064793292.668931');
  });
});

describe('decimal text', () => {
  test.each([
    ['0', 0n],
    ['0.01102', 11_020_000_000_000_000n],
    ['12', 12_000_000_000_000_000_000n],
    ['1.50', 1_500_000_000_000_000_000n],
    ['1.50000000000000000000', 1_500_000_000_000_000_000n],
    ['007', 7_000_000_000_000_000_000n],
  ])('%s is read exactly', (text, units) => expect(parseDecimal(text, MONEY_SCALE)).toBe(units));

  test.each(['', '.5', '5.', '-1', '+1', '1e3', '1,5', ' 1', '1 ', '0x1', 'NaN', 'Infinity', '1.0000000000000000001'])(
    '%j is refused',
    (text) => expect(parseDecimal(text, MONEY_SCALE)).toBeUndefined(),
  );

  test.each(['0', '0.02697696', '1', '10', '0.000000000000000001', '9007199254740990999.990992800745259009'])(
    '%s is written as it is read',
    (text) => expect(formatMoney(parseMoney(text) ?? -1n)).toBe(text),
  );

  test.each([
    ['less by a part of a dollar', -1_500_000_000_000_000_000n, 'usd', '-1.5'],
    ['less by the least there is', -1n, 'usd', '-0.000000000000000001'],
    ['a count', 12n, 'tokens', '12'],
    ['a count that is less', -12n, 'requests', '-12'],
  ])('%s is written in its unit, below nothing too', (_, amount, unit, text) =>
    expect(formatAmount(amount, unit)).toBe(text),
  );
});

describe('dividing an amount', () => {
  test.each([
    ['what divides evenly', 100n, [1n, 1n, 2n], [25n, 25n, 50n]],
    ['a unit that is left goes to the largest remainder', 10n, [1n, 2n, 4n], [1n, 3n, 6n]],
    ['of equal remainders to the earlier one', 2n, [1n, 1n, 1n], [1n, 1n, 0n]],
    ['who has no weight gets nothing', 7n, [0n, 3n, 0n], [0n, 7n, 0n]],
    ['without any weight nobody does', 7n, [0n, 0n], [0n, 0n]],
  ])('%s', (_, total, weights, parts) => expect(divide(total, weights)).toEqual(parts));
});
