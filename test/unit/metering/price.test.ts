import { describe, expect, test } from 'vitest';
import { formatMoney, MONEY_SCALE, parseDecimal, parseMoney } from '../../../metering/money.ts';
import { costOf, createPriceBook } from '../../../metering/price.ts';
import data from '../../cases/price.json' with { type: 'json' };

const book = createPriceBook(
  data.models.map(({ id, prices }) => ({
    id,
    prices: prices.map((price) => ({ ...price, from: Date.parse(price.from) })),
  })),
);

describe('what a call costs', () => {
  test.each(data.cases)('$id: $name', ({ input, expected }) => {
    const price = book.priceOf(input.model, Date.parse(input.at));
    expect(price?.version ?? null).toBe(expected?.version ?? null);
    if (!price || !expected) return;
    const [a = 0n, b = 0n, c = 0n, d = 0n] = input.tokens.map(BigInt);
    const cost = costOf({ input: a, output: b, cacheRead: c, cacheWrite: d }, price.rates);
    expect(formatMoney(cost.input)).toBe(expected.input);
    expect(formatMoney(cost.output)).toBe(expected.output);
  });

  test('M6: versions count by their date, whatever their order in the registry', () => {
    const late = { version: 'late', from: 200, usdPerMillion: { input: '2', output: '2' } };
    const early = { version: 'early', from: 100, usdPerMillion: { input: '1', output: '1' } };
    const { priceOf } = createPriceBook([{ id: 'm', prices: [late, early] }]);
    expect([99, 100, 199, 200].map((at) => priceOf('m', at)?.version)).toEqual([undefined, 'early', 'early', 'late']);
  });
});

describe('decimal text', () => {
  test.each([
    ['0', 0n],
    ['0.01102', 11_020_000_000_000n],
    ['12', 12_000_000_000_000_000n],
    ['1.50', 1_500_000_000_000_000n],
    ['007', 7_000_000_000_000_000n],
  ])('%s is read exactly', (text, units) => expect(parseDecimal(text, MONEY_SCALE)).toBe(units));

  test.each(['', '.5', '5.', '-1', '+1', '1e3', '1,5', ' 1', '1 ', '0x1', 'NaN', 'Infinity', '1.0000000000000001'])(
    '%j is refused',
    (text) => expect(parseDecimal(text, MONEY_SCALE)).toBeUndefined(),
  );

  test.each(['0', '0.02697696', '1', '10', '0.000000000000001', '9007199254740990999990.992800745259009'])(
    '%s is written as it is read',
    (text) => expect(formatMoney(parseMoney(text) ?? -1n)).toBe(text),
  );
});
