import { describe, expect, test } from 'vitest';
import { PATH_MAX_CHARS } from '../../../contract/limits/invoke.ts';
import { canonicalPath } from '../../../invoke/edge/path.ts';
import cases from '../../cases/path.json' with { type: 'json' };

const accepted = cases.filter(({ expected }) => expected.startsWith('/'));
const refused = cases.filter(({ expected }) => !expected.startsWith('/'));

describe('a path is read in one way', () => {
  test.each(accepted)('$id: $name', ({ input, expected }) => {
    expect(canonicalPath(input)).toBe(expected);
  });
});

describe('a path that could be read in two ways is refused', () => {
  test.each(refused)('$id: $name', ({ input, expected }) => {
    expect(() => canonicalPath(input)).toThrowError(
      expect.objectContaining({
        code: expected === 'trailing-slash' ? 'not_found' : 'invalid_request',
        reason: expected,
      }),
    );
  });

  // Not in the data file: JSON readers differ on it.
  test('T4: half of a surrogate pair', () => {
    expect(() => canonicalPath('/model/\ud800/converse')).toThrowError(
      expect.objectContaining({ reason: 'forbidden-character' }),
    );
  });

  test('at its longest it passes, one character longer it does not', () => {
    const longest = `/${'a'.repeat(PATH_MAX_CHARS - 1)}`;
    expect(canonicalPath(longest)).toBe(longest);
    expect(() => canonicalPath(`${longest}a`)).toThrowError(expect.objectContaining({ reason: 'path-too-long' }));
  });
});
