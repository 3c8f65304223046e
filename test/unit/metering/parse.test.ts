import { describe, expect, test } from 'vitest';
import { USAGE_LINE_MAX_CHARS } from '../../../contract/limits.ts';
import { parseUsageLine } from '../../../metering/parse.ts';
import cases from '../../cases/usage-lines.json' with { type: 'json' };
import { finished } from './support.ts';

describe('a raw line is a usage record, or is rejected with its reason', () => {
  test.each(cases)('$id: $name', ({ input, expected }) => {
    const line = typeof input === 'string' ? input : JSON.stringify({ usage: { ...finished(), ...input } });
    const { record, rejection } = parseUsageLine(line);
    expect(rejection ?? null).toEqual(expected);
    expect(record === undefined).toBe(expected !== null);
  });

  test('M4: a line that is too long is not even parsed', () => {
    const line = JSON.stringify({ usage: finished(), padding: 'x'.repeat(USAGE_LINE_MAX_CHARS) });
    expect(parseUsageLine(line).rejection).toEqual({ reason: 'too-long', field: '' });
  });
});
