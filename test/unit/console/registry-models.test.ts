import { describe, expect, test } from 'vitest';
import { bodyOf, textOf } from '../../../console/views/registry-models/entry.ts';
import { type Price, placesOf, priceNow } from '../../../console/views/registry-models/model.ts';

describe('an entry that is edited as JSON', () => {
  const entry = { v: 1, id: 'm', version: 3, updatedBy: 'ann', displayName: 'M', fallbacks: ['n'], prices: [] };

  test('is shown without what nobody edits, and sent back as it is where nothing was changed', () => {
    expect(JSON.parse(textOf(entry))).toEqual({ displayName: 'M', fallbacks: ['n'], prices: [] });
    expect(bodyOf(textOf(entry), entry)).toEqual({ displayName: 'M', fallbacks: ['n'], prices: [] });
  });

  test('loses what is left out of it, and nothing of what nobody edits', () => {
    expect(bodyOf('{"displayName":"N"}', entry)).toEqual({ displayName: 'N', fallbacks: null, prices: null });
    expect(bodyOf('{"displayName":"N"}', {})).toEqual({ displayName: 'N' });
  });

  test.each(['{', '[]', '"text"', 'null', ''])('that is %j is not sent', (text) => {
    expect(typeof bodyOf(text, entry)).toBe('string');
  });
});

describe('what a model costs now', () => {
  const price = (version: string, from: string, more: Partial<Price> = {}): Price => ({ version, from, ...more });
  const now = Date.parse('2026-06-01');

  test.each([
    ['none where it has none', [], undefined],
    ['the last that has begun', [price('a', '2026-01-01'), price('b', '2026-05-01'), price('c', '2027-01-01')], 'b'],
    [
      'that of no region before one of a region',
      [price('a', '2026-01-01'), price('b', '2026-02-01', { region: 'us-east-1' })],
      'a',
    ],
    ['that of a region where there is no other', [price('b', '2026-02-01', { region: 'us-east-1' })], 'b'],
    ['never that of a tier', [price('a', '2026-01-01'), price('b', '2026-02-01', { tier: 'batch' })], 'a'],
    ['none before the first begins', [price('c', '2027-01-01')], undefined],
  ])('is %s', (_, prices, version) => {
    expect(priceNow({ prices }, now)?.version).toBe(version);
  });
});

test('a model of one target has one place', () => {
  const target = { kind: 'bedrock-model', region: 'us-east-1', arn: 'arn:a' };
  expect(placesOf({ target })).toEqual([{ target }]);
  expect(placesOf({ targets: [{ target, drained: true }] })).toEqual([{ target, drained: true }]);
  expect(placesOf({})).toEqual([]);
});
