import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFolder, isKey, isWithin } from '../../../contract/folder.ts';
import cases from '../../cases/async-input.json' with { type: 'json' };

const FOLDER = 's3://inputs/tenants/acme/';

describe('an object within a folder', () => {
  test.each(cases)('$id: $name', ({ input, expected }) => {
    expect(isWithin(FOLDER, input)).toBe(expected === 'taken');
  });

  test('is as long as SageMaker takes it, and no longer', () => {
    const long = `${FOLDER}${'a'.repeat(1_024 - FOLDER.length)}`;
    expect(isWithin(FOLDER, long)).toBe(true);
    expect(isWithin(FOLDER, `${long}a`)).toBe(false);
  });

  test('is in no other folder, however its name is read', () => {
    const part = fc.constantFrom(
      '..',
      '.',
      '',
      'a',
      '%2e%2e',
      '%2F',
      '\\',
      '?x',
      '#x',
      ' ',
      '\u0000',
      'é',
      '~',
      'acme',
      ':',
    );
    const rest = fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/'));
    fc.assert(
      fc.property(fc.oneof(rest, fc.string({ unit: 'binary' })), (key) => {
        const place = `${FOLDER}${key}`;
        if (!isWithin(FOLDER, place)) return;
        for (const read of [new URL(place).href, decodeURIComponent(place), place.normalize('NFKC')])
          expect(read).toBe(place);
        expect(new URL(place).pathname).toBe(`/tenants/acme/${key}`);
      }),
      { numRuns: 2_000 },
    );
  });

  test.each(['', 's3://', 's3:///', 's3://inputs', 'undefinedacme/', 's3://inputs/../', 's3://a b/'])(
    'is in none that is no folder: %j',
    (folder) => {
      expect(isFolder(folder)).toBe(false);
      expect(isWithin(folder, `${folder}a`)).toBe(false);
    },
  );
});

test.each([
  ['a', true],
  ['a/b.json', true],
  ['..', false],
  ['a/../b', false],
  ['a//b', false],
  ['/a', false],
  ['a/', false],
  ['', false],
  ['a b', false],
  ['%2e%2e', false],
])('%j is a key: %s', (key, expected) => {
  expect(isKey(key)).toBe(expected);
});
