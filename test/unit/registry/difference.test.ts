import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { differencesOf } from '../../../registry/difference.ts';
import { differenceText } from '../../../registry/difference-text.ts';
import type { Document } from '../../../registry/items.ts';

interface Case {
  name: string;
  input: { before: Document | null; after: Document | null };
  expected: { paths: string[]; texts: string[] };
}

const cases = JSON.parse(readFileSync(new URL('../../cases/difference.json', import.meta.url), 'utf8')) as Case[];

describe('a difference', () => {
  test.each(cases)('$name', ({ input: { before, after }, expected }) => {
    const found = differencesOf(before, after);
    expect(found.map(({ path }) => path)).toEqual(expected.paths);
    expect(found.map(differenceText)).toEqual(expected.texts);
  });

  test('the other way round is the same with before and after exchanged', () => {
    for (const { input } of cases) {
      const back = differencesOf(input.after, input.before).map(({ path, before, after }) => ({
        path,
        before: after,
        after: before,
      }));
      expect(new Set(back)).toEqual(new Set(differencesOf(input.before, input.after)));
    }
  });
});

test('two documents differ exactly if a difference is found', () => {
  const document = fc.dictionary(
    fc.constantFrom('a', 'b', '__proto__', 'list'),
    fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(0, 1, 'x', true, null),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('id', 'model', 'x'), tie('value')),
      ),
    })).value,
  ) as fc.Arbitrary<Document>;
  const sorted = (value: unknown): unknown =>
    JSON.stringify(value, (_, inner) =>
      inner !== null && typeof inner === 'object' && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    );
  fc.assert(
    fc.property(document, document, (before, after) => {
      expect(differencesOf(before, after).length > 0).toBe(sorted(before) !== sorted(after));
    }),
  );
});
