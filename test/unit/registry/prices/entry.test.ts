import { describe, expect, test } from 'vitest';
import { MODEL } from '../../../../registry/kinds.ts';
import { parsePrice, priceDocument } from '../../../../registry/prices/entry.ts';
import cases from '../../../cases/price-entries.json' with { type: 'json' };
import { modelDocument } from '../documents.ts';

const named = { version: '1', from: '2026-11-01' };
const FROM = Date.UTC(2026, 10, 1);

function modelWith(...prices: object[]) {
  return MODEL.parse(modelDocument('m1', { prices: prices.map((price) => ({ ...named, ...price })) }));
}

describe('a price', () => {
  test.each(cases)('$name', ({ price, expected, field, reason }) => {
    const parse = () => parsePrice({ ...named, ...price });
    if (expected !== undefined) expect(parse()).toStrictEqual({ version: '1', from: FROM, ...expected });
    else expect(parse).toThrow(expect.objectContaining({ code: 'bad_entry', field, reason }));
  });

  test.each(cases.filter(({ expected }) => expected !== undefined))('of a model: $name', ({ price, expected }) => {
    const entry = modelWith(price);
    expect(entry.prices).toEqual([{ version: '1', from: FROM, ...expected }]);
    // Always written in the one form, whichever it was read in.
    expect(MODEL.document(entry).prices).toEqual([{ version: '1', from: '2026-11-01T00:00:00.000Z', ...expected }]);
    expect(MODEL.parse(MODEL.document(entry))).toEqual(entry);
  });

  test.each(cases.filter(({ field }) => field !== undefined))(
    'of a model, the third: $name',
    ({ price, field, reason }) => {
      const good = { usdPerMillion: { input: '1' } };
      const prices = [
        { ...good, version: 'a', from: '2024-01-01' },
        { ...good, version: 'b', from: '2025-01-01' },
      ];
      expect(() => modelWith(...prices, price)).toThrow(
        expect.objectContaining({ code: 'bad_entry', field: `prices[2].${field}`, reason }),
      );
    },
  );

  test.each([
    ['is null', null],
    ['is a number', 5],
    ['is a text', 'input'],
  ])('that %s is refused as an entry', (_, document) => {
    expect(() => parsePrice(document)).toThrow(expect.objectContaining({ code: 'bad_entry' }));
  });

  test.each(['input', 'output', 'cacheRead', 'cacheWrite'])(
    'with %s alone is of the older form, which needs more',
    (old) => {
      const missing = old === 'input' ? 'output' : 'input';
      expect(() => parsePrice({ ...named, [old]: '1' })).toThrow(expect.objectContaining({ field: missing }));
    },
  );

  test.each([
    ['version', 5, 'not-text'],
    ['version', 'a b', 'not-a-name'],
    ['region', 5, 'not-text'],
  ])('whose %s is %j is refused: %s', (field, value, reason) => {
    const price = { ...named, usdPerMillion: { input: '1' }, [field]: value };
    expect(() => parsePrice(price)).toThrow(expect.objectContaining({ field, reason }));
  });

  test('of images alone has no rates, not an empty list of them', () => {
    const price = parsePrice({ ...named, usdPerMillion: {}, usdPerImage: '2' });
    expect(price).toStrictEqual({ version: '1', from: FROM, usdPerImage: '2' });
  });

  test('on demand is said by no tier as well as by its name, and not both', () => {
    const rates = { usdPerMillion: { input: '1' } };
    expect(modelWith({ ...rates, tier: 'on-demand' }).prices).toEqual([{ version: '1', from: FROM, ...rates }]);
    expect(() => modelWith(rates, { ...rates, tier: 'on-demand', version: '2' })).toThrow(
      expect.objectContaining({ field: 'prices[1].from', reason: 'listed-twice' }),
    );
  });

  test('a name and a moment are unique within a region and tier, and may be repeated in another', () => {
    const rates = { usdPerMillion: { input: '1' } };
    const places = [{}, { region: 'eu-west-1' }, { tier: 'batch' }, { region: 'eu-west-1', tier: 'batch' }];
    expect(modelWith(...places.map((place) => ({ ...rates, ...place }))).prices).toHaveLength(4);
    for (const place of places) {
      const twice = (other: object) => modelWith({ ...rates, ...place }, { ...rates, ...place, ...other });
      const refused = (field: string) => expect.objectContaining({ field, reason: 'listed-twice' });
      expect(() => twice({ from: '2026-12-01' })).toThrow(refused('prices[1].version'));
      expect(() => twice({ version: '2' })).toThrow(refused('prices[1].from'));
    }
  });

  test('the order is that of dates, then regions, then tiers, however they were written', () => {
    const rates = { usdPerMillion: { input: '1' } };
    const places = [{}, { tier: 'batch' }, { region: 'eu-west-1' }, { region: 'us-east-1' }];
    const prices = [...places.map((place) => ({ ...rates, ...place })), { ...rates, version: '0', from: '2026-01-01' }];
    const written = MODEL.document(modelWith(...prices)).prices;
    expect(MODEL.document(modelWith(...prices.reverse())).prices).toEqual(written);
    expect(written).toMatchObject([{ version: '0' }, ...places]);
  });

  test('its written form is read back to the same', () => {
    const price = parsePrice({ ...named, region: 'eu-west-1', usdPerMillion: { input: '1' }, usdPerImage: '2' });
    expect(parsePrice(priceDocument(price))).toEqual(price);
  });
});
