import { describe, expect, test } from 'vitest';
import type { Lifecycle, Published } from '../../../contract/model.ts';
import { lifecycleHeaders, usability } from '../../../registry/lifecycle.ts';

const NOW = 1_000;

const cases: [name: string, lifecycle: Lifecycle, state: string, reason: string][] = [
  ['a draft is none of these, whatever its dates', { status: 'draft', sunsetAt: 1 }, 'draft', 'draft'],
  ['an active model is usable', { status: 'active' }, 'usable', 'active'],
  ['an active model with a successor is usable', { status: 'active', successor: 'b' }, 'usable', 'active'],
  ['a deprecation to come is announced', { status: 'active', deprecatedAt: 1_001 }, 'deprecated', 'announced'],
  ['a deprecation comes by itself', { status: 'active', deprecatedAt: 1_000 }, 'deprecated', 'deprecated'],
  ['a sunset to come is announced', { status: 'active', sunsetAt: 1_001 }, 'deprecated', 'announced'],
  ['a status alone deprecates', { status: 'deprecated' }, 'deprecated', 'deprecated'],
  ['a sunset comes by itself', { status: 'active', sunsetAt: 1_000 }, 'retired', 'sunset-passed'],
  ['a sunset of long ago', { status: 'deprecated', sunsetAt: 1 }, 'retired', 'sunset-passed'],
  ['a status alone retires', { status: 'retired' }, 'retired', 'retired'],
  ['a sunset to come does not keep a retired model', { status: 'retired', sunsetAt: 9_999 }, 'retired', 'retired'],
];

describe('whether a model may be called', () => {
  test.each(cases)('L2 %s', (_, lifecycle, state, reason) => {
    expect(usability(lifecycle, NOW)).toEqual({ state, reason });
  });
});

describe('the headers that tell of an end', () => {
  test('L2 a model without an end has none', () => {
    expect(lifecycleHeaders({ lifecycle: { status: 'active', successor: 'b' } }, NOW)).toEqual({});
  });

  test('L2 a deprecated model has a structured date, an HTTP date and a link to its successor', () => {
    const lifecycle: Lifecycle<Published> = {
      status: 'deprecated',
      deprecatedAt: 1_688_169_599,
      sunsetAt: 1_719_792_000,
      successor: 'claude-sonnet-4-5',
    };
    expect(lifecycleHeaders({ lifecycle }, 1_700_000_000)).toEqual({
      deprecation: '@1688169599',
      sunset: 'Mon, 01 Jul 2024 00:00:00 GMT',
      link: '</v1/models/claude-sonnet-4-5>; rel="successor-version"',
    });
  });

  test('L2 only what is known is said', () => {
    expect(lifecycleHeaders({ lifecycle: { status: 'active', sunsetAt: 1_719_792_000 } }, NOW)).toEqual({
      sunset: 'Mon, 01 Jul 2024 00:00:00 GMT',
    });
  });
});
