import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TIERS, type Tier, TOKEN_KINDS, type TokenKind } from '../../contract/usage.ts';
import { divide, formatMoney, parseMoney } from '../../metering/money.ts';
import { addTokens, costAt, costOf, createPriceBook, noTokens, type TokenSums } from '../../metering/price.ts';
import { type PriceVersion, RATE_KINDS } from '../../registry/price.ts';

const count = fc.nat(Number.MAX_SAFE_INTEGER).map(BigInt);
const tokens: fc.Arbitrary<TokenSums> = fc.record({
  input: count,
  output: count,
  cacheRead: count,
  cacheWrite: count,
  cacheWrite1h: count,
  reasoning: count,
  images: count,
  embeddings: count,
  searches: count,
  calls: count,
});

/** Units of 10^-12 dollars, 9 digits before the point and 12 behind it, and how the registry writes them. */
const rate = fc.bigInt(0n, 10n ** 21n - 1n);
const written = (units: bigint) => `${units / 10n ** 12n}.${String(units % 10n ** 12n).padStart(12, '0')}`;
const SALE = { model: 'm', region: 'us-east-1', tier: 'on-demand', at: 0 } as const;

describe('money', () => {
  test('what is written is read back, to the last unit', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 40n), (money) => {
        expect(parseMoney(formatMoney(money))).toBe(money);
      }),
    );
  });

  test('the cost is tokens times price and nothing else, however large or small', () => {
    const rates = fc.tuple(rate, rate, rate, rate, rate, rate, rate, rate);
    fc.assert(
      fc.property(tokens, rates, (used, [input, output, read, write, write1h, image, search, call]) => {
        const usdPerMillion = {
          input: written(input),
          output: written(output),
          cacheRead: written(read),
          cacheWrite: written(write),
          cacheWrite1h: written(write1h),
        };
        const prices = [
          {
            ...{ version: '1', from: 0, usdPerMillion, usdPerImage: written(image) },
            ...{ usdPerSearch: written(search), usdPerCall: written(call) },
          },
        ];
        const cost = costAt(createPriceBook([{ id: 'm', prices }]), SALE, used);
        // A token at 10^-12 dollars per 1,000,000 costs 10^-18 dollars; an image, a search or a call at 10^-12 dollars, a million of these.
        const cached = used.cacheRead * read + used.cacheWrite * write + used.cacheWrite1h * write1h;
        expect(cost).toEqual({
          input: used.input * input + cached + (used.searches * search + used.calls * call) * 1_000_000n,
          output: used.output * output + used.images * image * 1_000_000n,
        });
      }),
    );
  });

  test('pricing a sum is the same as summing the prices', () => {
    fc.assert(
      fc.property(fc.array(tokens, { minLength: 1, maxLength: 20 }), rate, (calls, units) => {
        const rates = {
          input: units,
          output: units + 1n,
          cacheRead: units / 2n,
          cacheWrite: units * 2n,
          cacheWrite1h: units * 3n,
          images: units * 5n,
          searches: units * 7n,
          calls: units * 11n,
        };
        const price = { version: '1', rates, perHour: null };
        const total = noTokens();
        const sum = { input: 0n, output: 0n };
        for (const used of calls) {
          addTokens(total, used);
          const cost = costOf(used, price);
          sum.input += cost?.input ?? 0n;
          sum.output += cost?.output ?? 0n;
        }
        expect(costOf(total, price)).toEqual(sum);
      }),
    );
  });

  test('a kind that was used and has no rate makes a call unpriced, unless it is tokens of what is sold by the call alone', () => {
    const billed = TOKEN_KINDS.filter((kind) => kind !== 'reasoning' && kind !== 'embeddings');
    const some = fc.subarray([...billed]);
    const isToken = (kind: TokenKind) => (RATE_KINDS as readonly TokenKind[]).includes(kind);
    fc.assert(
      fc.property(some, fc.subarray([...TOKEN_KINDS]), (withRate, used) => {
        const price = { version: '1', rates: Object.fromEntries(withRate.map((kind) => [kind, 1n])), perHour: null };
        const cost = costOf(Object.fromEntries(used.map((kind) => [kind, 1])), price);
        const byCall = used.includes('calls') && withRate.includes('calls') && !withRate.some(isToken);
        const missing = billed.some(
          (kind) => used.includes(kind) && !withRate.includes(kind) && !(byCall && isToken(kind)),
        );
        expect(cost === undefined).toBe(missing);
      }),
    );
  });
});

describe('which price a call pays', () => {
  const regions = ['eu-west-1', 'us-east-1'];
  const tiers = TIERS.filter((tier) => tier !== 'provisioned');
  const version = fc.record({
    from: fc.nat(1_000),
    region: fc.option(fc.constantFrom(...regions), { nil: undefined }),
    tier: fc.option(fc.constantFrom<Tier>(...tiers), { nil: undefined }),
  });
  const versions = fc.uniqueArray(version, { maxLength: 16, selector: (one) => JSON.stringify(one) });

  test('of its tier the latest that was in force, of its region if there is one, whatever the order', () => {
    fc.assert(
      fc.property(
        versions,
        fc.nat(1_200),
        fc.constantFrom(...regions),
        fc.constantFrom<Tier>(...tiers),
        (some, at, region, tier) => {
          const prices = some.map(({ region: where, tier: how, from }, i) => ({
            version: String(i),
            from,
            usdPerMillion: { input: '1' },
            ...(where === undefined ? {} : { region: where }),
            ...(how === undefined ? {} : { tier: how }),
          })) as PriceVersion[];
          // Sorted by what the rule says goes first, and the first taken: no list, no search, as the code has.
          const [paid] = prices
            .filter((price) => (price.tier ?? 'on-demand') === tier && price.from <= at)
            .filter((price) => price.region === undefined || price.region === region)
            .sort((a, b) => Number(b.region !== undefined) - Number(a.region !== undefined) || b.from - a.from);
          const found = createPriceBook([{ id: 'm', prices }]).priceOf({ model: 'm', region, tier, at });
          // One without a tier and one of tier on-demand may begin at once here; the registry allows no such pair.
          expect(found === undefined).toBe(paid === undefined);
          const of = (name: string | undefined) => prices.find((price) => price.version === name);
          expect([of(found?.version)?.from, of(found?.version)?.region]).toEqual([paid?.from, paid?.region]);
        },
      ),
    );
  });
});

describe('dividing an amount', () => {
  test('the parts add up to it, and none is a unit away from its exact share', () => {
    const weights = fc.array(fc.bigInt(0n, 2n ** 70n), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 24n), weights, (total, shares) => {
        const sum = shares.reduce((a, b) => a + b, 0n);
        const parts = divide(total, shares);
        expect(parts.reduce((a, b) => a + b, 0n)).toBe(sum === 0n ? 0n : total);
        parts.forEach((part, i) => {
          const difference = part * sum - total * (shares[i] ?? 0n);
          expect(difference > -sum - 1n && difference < sum + 1n).toBe(true);
        });
      }),
    );
  });
});
