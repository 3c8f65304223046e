import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Charge,
  GUARDRAIL_POLICIES,
  OUTCOMES,
  REQUIRED_KINDS,
  STOPS,
  TIERS,
  TOKEN_KINDS,
  type UsageRecord,
} from '../../contract/usage.ts';
import { usageLine } from '../../metering/emf.ts';
import { PlainLines } from '../../metering/ledger/plain.ts';
import { parseUsage, parseUsageLine } from '../../metering/parse.ts';
import cases from '../cases/usage-lines.json' with { type: 'json' };
import { finished, started } from '../unit/metering/support.ts';

const plain = new PlainLines();

/** The line between others, as it lies in a block. */
function read(line: string): Record<string, unknown> | undefined {
  const bytes = Buffer.from(line);
  const block = Buffer.concat([Buffer.from('{}\n'), bytes, Buffer.from('\n{"usage":{}}\n')]);
  return plain.usage(block, 3, 3 + bytes.length);
}

/** Whatever is read out of the bytes is what JSON.parse makes of the line. @returns whether it was plain */
function agrees(line: string): boolean {
  const usage = read(line);
  if (usage === undefined) return false;
  // Through JSON, so that what is undefined is absent.
  expect(JSON.parse(JSON.stringify(usage))).toEqual(JSON.parse(line).usage);
  expect(JSON.parse(JSON.stringify(parseUsage(usage)))).toEqual(JSON.parse(JSON.stringify(parseUsageLine(line))));
  return true;
}

const count = fc.oneof(fc.nat(20), fc.maxSafeNat());
const text = fc.oneof(fc.uuid(), fc.constantFrom('acme', 'globex', ''), fc.string({ maxLength: 40 }));
const ascii = fc.stringMatching(/^[\w .:/-]{1,40}$/);
const ends = fc.record(
  {
    tokens: fc.record(Object.fromEntries(TOKEN_KINDS.map((kind) => [kind, count])), {
      requiredKeys: [...REQUIRED_KINDS],
    }),
    outcome: fc.constantFrom(...OUTCOMES),
    code: fc.constantFrom('', 'denied'),
    estimated: fc.boolean(),
    tier: fc.constantFrom(...TIERS),
    stop: fc.constantFrom(...STOPS),
    guardrail: fc.subarray([...GUARDRAIL_POLICIES], { minLength: 1 }).map(String),
    attempt: fc.integer({ min: 1, max: 9 }),
    awsRequestId: fc.uuid(),
    priceRegion: fc.constant('eu-west-1'),
    priceModel: fc.constant('m2'),
    wantedHash: fc.constant('0123456789abcdef'),
    account: fc.constant('444455556666'),
    firstByteMs: fc.integer({ min: -1, max: 5_000 }),
    charged: fc.constant<Charge>({ usd: '0.0012', to: ['tenant|monthly|2026-11', 'model|daily|2026-11-21'] }),
  },
  { requiredKeys: ['tokens', 'outcome'] },
);
const recordOf = (of: fc.Arbitrary<string>): fc.Arbitrary<UsageRecord> =>
  fc
    .tuple(fc.record({ invocationId: of, requestId: of, tenant: of, principal: of, costCenter: of, model: of }), ends)
    .chain(([names, end]) => fc.constantFrom<UsageRecord>(started(names), finished({ ...names, ...end })));
/** As the invoke function has it: what both lines carry, then the phase. */
const asWritten = (record: UsageRecord): UsageRecord => {
  const { phase, outcome, code, tokens, estimated, tier, stop, guardrail, ...rest } = record as UsageRecord &
    Record<string, unknown>;
  const { awsRequestId, durationMs, firstByteMs, charged, ...base } = rest;
  const end = {
    outcome,
    code,
    tokens,
    estimated,
    tier,
    stop,
    guardrail,
    awsRequestId,
    durationMs,
    firstByteMs,
    charged,
  };
  return { ...base, phase, ...end } as unknown as UsageRecord;
};

describe('a line that is read out of its bytes', () => {
  test('M4: of our own lines in ASCII every one is, whatever was used and in either order of its members', () => {
    fc.assert(
      fc.property(recordOf(ascii), (record) => {
        const largest = 'tokens' in record && Object.values(record.tokens).some((n) => n > 999_999_999_999_999);
        for (const line of [usageLine(record), usageLine(asWritten(record))]) expect(agrees(line)).toBe(!largest);
      }),
    );
  });

  test('M4: is what JSON.parse reads, whatever its texts hold', () => {
    fc.assert(fc.property(recordOf(text), (record) => void agrees(usageLine(record))));
  });

  test('M4: is what JSON.parse reads, or is left to it, whatever became of its bytes', () => {
    const pieces = ['"', '\\', ',', ':', '{', '}', '[', ']', '-', '0', '1', '.', 'e', ' ', '\t', '\r', 'null', 'true'];
    const more = ['"usage":{"v":1},', '"\\u0075sage":1,', '"v":2,', '"__proto__":{},', '{}', '[]', '""', 'é', '\u2028'];
    const edit = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.nat(12),
      put: fc.constantFrom('', ...pieces, ...more),
    });
    const lines = fc.tuple(recordOf(ascii), fc.array(edit, { minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(lines, ([record, edits]) => {
        let line = usageLine(record);
        for (const { at, cut, put } of edits) {
          const from = Math.floor(at * line.length);
          line = line.slice(0, from) + put + line.slice(from + cut);
        }
        agrees(line);
      }),
      { numRuns: 3_000 },
    );
  });

  test.each(cases)('$id: $name: is not taken for another than it is', ({ input }) => {
    agrees(typeof input === 'string' ? input : JSON.stringify({ usage: { ...finished(), ...input } }));
  });

  test.each([
    ['a second usage, which is the one that JSON has', (line: string) => line.replace(/}$/, ',"usage":{"v":1}}')],
    ['a second usage in an escape', (line: string) => line.replace(/}$/, ',"\\u0075sage":{"v":1}}')],
    ['a member that stands twice', (line: string) => line.replace('"tenant"', '"tenant":"globex","tenant"')],
    ['a member that we do not know', (line: string) => line.replace('"tenant"', '"later":1,"tenant"')],
    ['a kind of tokens that we do not know', (line: string) => line.replace('"output"', '"audio":1,"output"')],
    ['a number with a zero before it', (line: string) => line.replace('"input":10', '"input":010')],
    ['a number of minus zero', (line: string) => line.replace('"input":10', '"input":-0')],
    ['a fraction', (line: string) => line.replace('"input":10', '"input":10.5')],
    ['a number with an exponent', (line: string) => line.replace('"input":10', '"input":1e1')],
    ['a number that JavaScript may not hold', (line: string) => line.replace('"input":10', '"input":9007199254740993')],
    ['a blank', (line: string) => line.replace('"input":10', '"input": 10')],
    ['an escape', (line: string) => line.replace('acme', '\\u0061cme')],
    ['a byte beyond ASCII', (line: string) => line.replace('acme', 'zoë')],
    ['a line that is cut', (line: string) => line.slice(0, -1)],
    ['something behind its end', (line: string) => `${line}}`],
    ['a carriage return', (line: string) => `${line}\r`],
    [
      'lists in lists without an end',
      (line: string) => line.replace(/}$/, `,"x":${'['.repeat(1e5)}${']'.repeat(1e5)}}`),
    ],
    ['nothing', () => ''],
    ['an empty object', () => '{}'],
    ['usage that is empty', () => '{"usage":{}}'],
    ['usage inside of another member', (line: string) => `{"outer":${line}}`],
  ])('%s is left to JSON.parse', (_, change) => {
    const line = usageLine(finished());
    expect(agrees(line)).toBe(true);
    expect(change(line)).not.toBe(line);
    expect(read(change(line))).toBeUndefined();
  });
});
