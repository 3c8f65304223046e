import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Document } from '../../../registry/items.ts';
import { wideningsOf } from '../../../registry/widening.ts';

interface Case {
  name: string;
  kind: string;
  holders?: string[];
  before: Document | null;
  after: Document | null;
  expected: [path: string, kind: string, text: string][];
}

const cases = JSON.parse(readFileSync(new URL('../../cases/widening.json', import.meta.url), 'utf8')) as Case[];

describe('what of an edit lets somebody do more', () => {
  test.each(cases)('$kind: $name', ({ kind, holders = [], before, after, expected }) => {
    const found = wideningsOf(kind, before, after, holders);
    expect(found.map(({ path, kind, text }) => [path, kind, text])).toEqual(expected);
  });

  test('an edit that changes nothing is none, of whatever kind', () => {
    for (const { kind, before, after, holders } of cases)
      for (const document of [before, after])
        if (document !== null) expect(wideningsOf(kind, document, { ...document, version: 9 }, holders)).toEqual([]);
  });

  test('of thousands of holders some are named and the others counted', () => {
    const holders = Array.from({ length: 2_000 }, (_, index) => `t${index}`);
    const [found] = wideningsOf('bundle', { models: [] }, { models: ['m1'] }, holders);
    expect(found?.text).toMatch(/^t0, .*t9 and 1990 more: models: also m1$/);
  });
});
