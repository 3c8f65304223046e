import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { USAGE_LINE_MAX_CHARS } from '../../../contract/limits/metering.ts';
import { OUTCOMES, REQUIRED_KINDS, TIERS, TOKEN_KINDS } from '../../../contract/usage.ts';
import { usageLine } from '../../../metering/emf.ts';
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

  test('M1: whatever a call used, its line is read back as it was written', () => {
    const count = fc.nat();
    const counts = Object.fromEntries(TOKEN_KINDS.map((kind) => [kind, count]));
    const tokens = fc.record(counts, { requiredKeys: [...REQUIRED_KINDS] });
    const more = fc.record(
      {
        tokens,
        outcome: fc.constantFrom(...OUTCOMES),
        tier: fc.constantFrom(...TIERS),
        attempt: fc.integer({ min: 1, max: 9 }),
        awsRequestId: fc.uuid(),
        tenant: fc.string({ minLength: 1, maxLength: 64 }),
      },
      { requiredKeys: ['tokens', 'outcome', 'tenant'] },
    );
    fc.assert(
      fc.property(more, (members) => {
        const record = finished(members);
        expect(parseUsageLine(usageLine(record)).record).toEqual(record);
      }),
    );
  });
});
