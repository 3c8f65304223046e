import { describe, expect, test } from 'vitest';
import type { PriceVersion } from '../../../../registry/price.ts';
import { pricesAt, versionName, withoutPrice, withPrice, withPrices } from '../../../../registry/prices/edits.ts';

const rates = (input: string) => ({ usdPerMillion: { input } });
const NOV: PriceVersion = { version: 'nov', from: 100, ...rates('1') };
const DEC: PriceVersion = { version: 'dec', from: 200, ...rates('2') };

describe('setting a price', () => {
  test('a new one is added and named by its date', () => {
    const from = Date.UTC(2026, 11, 1);
    const { prices, outcome, price } = withPrice([NOV], { from, ...rates('3') });
    expect({ outcome, price }).toEqual({ outcome: 'added', price: { version: '2026-12-01', from, ...rates('3') } });
    expect(prices).toEqual([NOV, price]);
  });

  test('the same price again is no new version, at its own moment or later', () => {
    for (const from of [100, 150]) {
      const { prices, outcome, price } = withPrice([NOV, DEC], { from, ...rates('1') });
      expect({ prices, outcome, price }).toEqual({ prices: [NOV, DEC], outcome: 'unchanged', price: NOV });
    }
  });

  test('a price that was in force before and is not any more is a new version', () => {
    expect(withPrice([NOV, DEC], { from: 250, ...rates('1') })).toMatchObject({ outcome: 'added' });
  });

  test('another price at the same moment corrects the one that is there, under its name', () => {
    const { prices, outcome } = withPrice([NOV, DEC], { from: 100, ...rates('9') });
    expect(outcome).toBe('corrected');
    expect(prices).toEqual([{ ...NOV, ...rates('9') }, DEC]);
  });

  test('a rate more is another price', () => {
    const more = { usdPerMillion: { input: '1', cacheRead: '0.1' } };
    expect(withPrice([NOV], { from: 100, ...more })).toMatchObject({ outcome: 'corrected', price: more });
  });

  test('another name is given when one is asked for', () => {
    expect(withPrice([NOV], { from: 100, version: 'q4', ...rates('1') })).toMatchObject({
      outcome: 'corrected',
      prices: [{ version: 'q4' }],
    });
  });

  test.each([{ region: 'eu-west-1' }, { tier: 'batch' as const }])('a price of %j is its own', (place) => {
    const { prices, outcome } = withPrice([NOV], { from: 100, ...place, ...rates('1') });
    expect({ outcome, count: prices.length }).toEqual({ outcome: 'added', count: 2 });
  });

  test('a name that is taken by another moment gets a number', () => {
    const from = Date.UTC(2026, 11, 1);
    const taken: PriceVersion = { version: '2026-12-01', from: 5, ...rates('7') };
    const { prices, price } = withPrice([taken], { from, ...rates('3') });
    expect(price.version).toBe('2026-12-01-2');
    expect(withPrice([...prices, DEC], { from: from + 1, ...rates('4') }).price.version).not.toBe('2026-12-01');
  });

  test('several are set from the earliest on, and told in the order given', () => {
    const given = [
      { from: 300, ...rates('3') },
      { from: 200, ...rates('3') },
    ];
    expect(withPrices([NOV], given).results.map(({ outcome }) => outcome)).toEqual(['unchanged', 'added']);
  });

  test('twice the same is the same as once', () => {
    const given = [
      { from: 300, ...rates('3') },
      { from: 200, ...rates('2') },
    ];
    const once = withPrices([NOV], given).prices;
    const twice = withPrices(once, given);
    expect(twice.prices).toEqual(once);
    expect(twice.results.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged']);
  });
});

test('a price is removed by name, region and tier', () => {
  const batch: PriceVersion = { ...NOV, tier: 'batch' };
  expect(withoutPrice([NOV, batch], { version: 'nov' })).toEqual([batch]);
  expect(withoutPrice([NOV, batch], { version: 'nov', tier: 'batch' })).toEqual([NOV]);
  expect(withoutPrice([NOV, batch], { version: 'nov', region: 'eu-west-1' })).toBeUndefined();
});

test('in force at a moment is the latest of each region and tier', () => {
  const eu: PriceVersion = { ...NOV, region: 'eu-west-1' };
  expect(pricesAt([NOV, DEC, eu], 99)).toEqual([]);
  expect(pricesAt([DEC, NOV, eu], 199)).toEqual([NOV, eu]);
  expect(pricesAt([DEC, NOV, eu], 200)).toEqual([DEC, eu]);
});

test('a version is named by its date, and by its time unless that is midnight', () => {
  expect(versionName(Date.UTC(2026, 10, 1))).toBe('2026-11-01');
  expect(versionName(Date.UTC(2026, 10, 1, 12, 30))).toBe('20261101T123000Z');
});
