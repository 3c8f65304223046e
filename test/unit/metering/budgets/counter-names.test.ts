import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUDGET_UNITS, PERIODS } from '../../../../contract/budget.ts';
import {
  callsAttribute,
  counterName,
  openAttribute,
  parseAttribute,
  principalCounters,
  principalOf,
  tenantCounters,
  totalAttribute,
} from '../../../../metering/budgets/counter-names.ts';
import { windowOf } from '../../../../metering/calendar.ts';

const names = fc
  .record({
    id: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/),
    unit: fc.constantFrom(...BUDGET_UNITS),
    period: fc.constantFrom(...PERIODS),
    at: fc.integer({ min: Date.UTC(1971, 0), max: Date.UTC(2100, 0) }),
    model: fc.option(fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/), { nil: undefined }),
  })
  .map(({ period, at, model, ...budget }) => counterName(budget, windowOf(period, at), model));

describe('names of counters', () => {
  test('tell all that they were made of', () => {
    fc.assert(
      fc.property(names, fc.nat(2_000_000), (name, epoch) => {
        expect(parseAttribute(totalAttribute(name))).toEqual({ kind: 'total', name });
        expect(parseAttribute(openAttribute(epoch, name))).toEqual({ kind: 'open', epoch, name });
        expect(parseAttribute(callsAttribute(epoch))).toEqual({ kind: 'calls', epoch });
      }),
    );
  });

  test('are different for different counters', () => {
    fc.assert(
      fc.property(names, names, (a, b) => {
        expect(totalAttribute(a) === totalAttribute(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  test.each([
    ...[
      '',
      't',
      't|',
      't|b',
      't|b|2026-11',
      't|b|2026-13|usd',
      't|b|2026-11|euros',
      't|b|2026-11|usd|m|n',
      'x|b|2026-11|usd',
    ],
    ...['o|b|2026-11|usd', 'o|-1|b|2026-11|usd', 'o|1.5|b|2026-11|usd', 'c', 'c|', 'c|x', 'c|1|2', 'expiresAt', 'pk'],
  ])('%j is none', (text) => {
    expect(parseAttribute(text)).toBeUndefined();
  });

  test('a principal called as the tenant’s own item is still a principal', () => {
    expect(principalCounters('acme', 'TENANT').sk).not.toBe(tenantCounters('acme').sk);
    expect(principalOf(principalCounters('acme', 'PRINCIPAL#x').sk)).toBe('PRINCIPAL#x');
    expect(principalOf(tenantCounters('acme').sk)).toBe('');
  });
});
