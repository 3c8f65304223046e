import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTollgateError } from '../../../contract/errors.ts';
import { parseJson, parseJsonObject } from '../../../contract/json.ts';
import cases from '../../cases/json.json' with { type: 'json' };

function reasonOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (isTollgateError(error, 'invalid_request')) return error.reason;
    throw error;
  }
  return undefined;
}

interface Case {
  name: string;
  text: string;
  value?: unknown;
  reason?: string;
}

describe('JSON that two readers cannot read differently', () => {
  test.each(cases as Case[])('$name', ({ text, value, reason }) => {
    if (reason === undefined) expect(parseJson(text)).toEqual(value);
    else expect(reasonOf(() => parseJson(text))).toBe(reason);
  });

  test('bytes that are not UTF-8 are refused', () => {
    expect(reasonOf(() => parseJson(new Uint8Array([0x22, 0xc0, 0xaf, 0x22])))).toBe('not-utf8');
  });

  test('a million brackets are refused before the parser recurses', () => {
    expect(reasonOf(() => parseJson('['.repeat(1_000_000)))).toBe('too-deep');
    expect(reasonOf(() => parseJson(`${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`))).toBe('too-deep');
  });

  test('a string, a list and null are no object', () => {
    for (const text of ['"a"', '[]', 'null', '1']) expect(reasonOf(() => parseJsonObject(text))).toBe('not-an-object');
  });

  test('no prototype is changed by any text', () => {
    reasonOf(() => parseJson('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'));
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test('whatever JSON.stringify writes is read back unchanged', () => {
    const safe = fc.jsonValue().filter((value) => !JSON.stringify(value).includes('__proto__'));
    fc.assert(
      fc.property(safe, (value) => {
        expect(parseJson(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('whatever is accepted is what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]",:\\ au01') }), (text) => {
        if (reasonOf(() => parseJson(text)) === undefined) expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 5_000 },
    );
  });
});
