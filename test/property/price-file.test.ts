import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { priceCsv, priceJson } from '../../cli/price/list.ts';
import { TIERS } from '../../contract/usage.ts';
import { canonicalDecimal, decimalFault, timesTenTo } from '../../registry/decimal.ts';
import { MODEL } from '../../registry/kinds.ts';
import type { GivenPrice, PriceVersion } from '../../registry/price.ts';
import { withPrices } from '../../registry/prices/edits.ts';
import { checkedPrices, parsePrice, priceDocument } from '../../registry/prices/entry.ts';
import { readPriceFile } from '../../registry/prices/import/file.ts';
import { parseTree, plainOf } from '../../registry/prices/import/tree.ts';
import { modelDocument } from '../unit/registry/documents.ts';

/** Units of 10^-12, as decimal text in its one form. */
const decimal = fc.bigInt(0n, 10n ** 21n - 1n).map((units) => text(units, 12));
/** Of the older form: what a thousand of it is still fits. */
const olderDecimal = fc.bigInt(0n, 10n ** 18n - 1n);
const text = (units: bigint, scale: number) => {
  const digits = units.toString().padStart(scale + 1, '0');
  return canonicalDecimal(`${digits.slice(0, -scale)}.${digits.slice(-scale)}`);
};

const rates = fc
  .record(
    { input: decimal, output: decimal, cacheRead: decimal, cacheWrite: decimal, cacheWrite1h: decimal },
    { requiredKeys: [] },
  )
  .filter((some) => Object.keys(some).length > 0);
const place = fc.record(
  { region: fc.constantFrom('us-east-1', 'eu-west-1', 'ap-northeast-1'), tier: fc.constantFrom(...TIERS) },
  { requiredKeys: [] },
);
const from = fc.date({ min: new Date('2020-01-01'), max: new Date('2035-01-01'), noInvalidDate: true }).map(Number);
const source = fc.option(fc.constantFrom('AWS', '=1+1', 'a "quoted", one', "'apostrophe"), { nil: undefined });

const price: fc.Arbitrary<PriceVersion> = fc
  .record({ where: place, from, usdPerMillion: rates, amount: decimal, image: fc.boolean(), source })
  .map(({ where, usdPerMillion, amount, image, ...rest }) => {
    const paid =
      where.tier === 'provisioned' ? { usdPerHour: amount } : image ? { usdPerImage: amount } : { usdPerMillion };
    const { from: at, source: said } = rest;
    const document = { version: `v${at}`, from: new Date(at).toISOString(), ...where, ...paid };
    return parsePrice(said === undefined ? document : { ...document, source: said });
  });
const prices = fc
  .uniqueArray(price, { maxLength: 12, selector: ({ from: at, region, tier }) => JSON.stringify([at, region, tier]) })
  .map(checkedPrices);

describe('decimals', () => {
  test('a thousand times is exactly that, digit by digit', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 40n), fc.nat(30), fc.nat(12), (units, scale, places) => {
        const product = timesTenTo(scale === 0 ? `${units}` : text(units, scale), places);
        const [whole = '', fraction = ''] = product.split('.');
        expect(BigInt(whole + fraction.padEnd(60, '0'))).toBe(units * 10n ** BigInt(60 + places - scale));
        expect(product).toBe(canonicalDecimal(product));
      }),
    );
  });

  test('whatever is no plain decimal has a fault, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.float().map(String), fc.anything()), (value) => {
        const plain = typeof value === 'string' && /^(0|[1-9]\d{0,8})(\.\d{1,12}0*)?$/.test(value);
        expect(decimalFault(value) === undefined).toBe(plain);
      }),
    );
  });
});

describe('prices', () => {
  test('the older form is a thousand times as much, exactly, and is written in the new one', () => {
    fc.assert(
      fc.property(olderDecimal, olderDecimal, fc.option(olderDecimal), (input, output, read) => {
        const written = { input: text(input, 12), output: text(output, 12) };
        const cached = read === null ? {} : { cacheRead: text(read, 12) };
        const model = MODEL.parse(
          modelDocument('m', { prices: [{ version: '1', from: '2026-01-01', ...written, ...cached }] }),
        );
        const expected = { input: text(input, 9), output: text(output, 9) };
        expect(model.prices[0]?.usdPerMillion).toEqual({
          ...expected,
          cacheRead: read === null ? expected.input : text(read, 9),
          cacheWrite: expected.input,
        });
        expect(MODEL.parse(MODEL.document(model))).toEqual(model);
      }),
    );
  });

  test('what is written is read back to the same, in an item and in both files', () => {
    fc.assert(
      fc.property(prices, (all) => {
        expect(checkedPrices(all.map((one) => parsePrice(priceDocument(one))))).toEqual(all);
        const models = [{ id: 'm', prices: all }];
        for (const file of [JSON.stringify(priceJson(models)), priceCsv(models)]) {
          const { found, bad } = readPriceFile(file, { now: 0, source: 'file' });
          expect(bad).toEqual([]);
          const own = found.map(({ price: { source: said, ...one } }) =>
            said === 'file' ? one : { ...one, source: said },
          );
          expect(own).toEqual(all.map((one) => ({ ...one })));
        }
      }),
    );
  });

  test('the same prices set again change nothing', () => {
    const unnamed = fc.array(
      price.map(({ version: _, ...one }): GivenPrice => one),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(prices, unnamed, (start, file) => {
        const keys = file.map(({ from: at, region, tier }) => JSON.stringify([at, region, tier]));
        fc.pre(new Set(keys).size === keys.length);
        const once = withPrices(start, file).prices;
        const again = withPrices(once, file);
        expect(again.prices).toEqual(once);
        expect(again.results.filter(({ outcome }) => outcome !== 'unchanged')).toEqual([]);
        expect(() => checkedPrices(once)).not.toThrow();
      }),
    );
  });
});

test('JSON with its lines is the JSON that JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(undefined, 1), (json, indent) => {
      const written = JSON.stringify(JSON.parse(json), null, indent);
      const numbers = (value: unknown): unknown =>
        JSON.parse(JSON.stringify(value), (_, inner) => {
          if (typeof inner !== 'number') return inner;
          return decimalFault(String(inner)) === undefined ? { number: String(inner) } : String(inner);
        });
      expect(JSON.stringify(plainOf(parseTree(written)))).toBe(JSON.stringify(numbers(JSON.parse(written))));
    }),
  );
});
