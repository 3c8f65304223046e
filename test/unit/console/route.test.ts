import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { href, parseRoute } from '../../../console/route.ts';

describe('where the page is', () => {
  test.each([
    ['', { path: '/', segments: [], query: {} }],
    ['#/', { path: '/', segments: [], query: {} }],
    [
      '#/models/nova-lite?tab=prices',
      { path: '/models/nova-lite', segments: ['models', 'nova-lite'], query: { tab: 'prices' } },
    ],
    ['#/keys?q=a?b', { path: '/keys', segments: ['keys'], query: { q: 'a?b' } }],
    ['#/a%2Fb', { path: '/a%2Fb', segments: ['a/b'], query: {} }],
    ['#/100%', { path: '/100%', segments: ['100%'], query: {} }],
  ])('%s', (hash, route) => expect(parseRoute(hash)).toEqual(route));

  test('is written so that whatever it names is read again', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(fc.array(text), fc.dictionary(text, text), (parts, query) => {
        const { segments, query: asked } = parseRoute(href(parts, query));
        expect(segments).toEqual(parts);
        expect({ ...asked }).toEqual({ ...query });
      }),
    );
  });

  test('leaves out what is not asked', () => expect(href(['a'], { b: undefined, c: '' })).toBe('#/a'));
});
