import { describe, expect, test } from 'vitest';
import { PreludeReader } from '../../../../local/gateway/prelude.ts';

const bytes = (metadata: object, body = '') => Buffer.from(`${JSON.stringify(metadata)}${'\0'.repeat(8)}${body}`);

describe('the prelude of a streamed answer', () => {
  test('is read from any split of its bytes', () => {
    const all = bytes({ statusCode: 200, headers: { 'content-type': 'text/plain' } }, 'body');
    for (let at = 0; at <= all.length; at++) {
      const reader = new PreludeReader();
      const first = reader.push(all.subarray(0, at));
      const begun = first ?? reader.push(all.subarray(at));
      const rest = Buffer.concat([begun?.rest ?? Buffer.alloc(0), first ? all.subarray(at) : Buffer.alloc(0)]);
      expect(begun?.prelude).toEqual({ statusCode: 200, headers: [['content-type', 'text/plain']] });
      expect(rest.toString()).toBe('body');
    }
  });

  test('takes the multi-valued form where both are given, and cookies as set-cookie', () => {
    const metadata = { statusCode: 201, headers: { A: '1' }, multiValueHeaders: { a: ['1', '2'] }, cookies: ['c=1'] };
    expect(new PreludeReader().push(bytes(metadata))?.prelude.headers).toEqual([
      ['a', ['1', '2']],
      ['set-cookie', ['c=1']],
    ]);
  });

  test.each([{}, { statusCode: '200' }, { statusCode: 99 }, { statusCode: 600 }])('%j is no prelude', (metadata) => {
    expect(() => new PreludeReader().push(bytes(metadata))).toThrow('status code');
  });

  test('an answer without its delimiter is given up, not collected without end', () => {
    expect(() => new PreludeReader().push(Buffer.alloc(70_000, 'x'))).toThrow('no prelude');
  });
});
