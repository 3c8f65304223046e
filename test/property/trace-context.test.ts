import fc from 'fast-check';
import { expect, test } from 'vitest';
import { traceContextOf, traceHeaders } from '../../contract/trace-context.ts';

const headersOf = (all: Record<string, string>) => ({ get: (name: string) => all[name] ?? null });
const hex = (digits: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits });
const SPAN_ID = '00f067aa0ba902b7';

/** Near to what is one, so that both sides of the border are met. */
const nearly = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc
    .tuple(fc.constantFrom('00', '01', 'ff', '0'), hex(32), hex(16), hex(2), fc.constantFrom('', '-', '-x', 'x', '\n'))
    .map(([version, trace, span, flags, more]) => `${version}-${trace}-${span}-${flags}${more}`),
);
const state = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 900 }),
  fc
    .array(fc.tuple(fc.string({ unit: 'grapheme-ascii', maxLength: 12 }), fc.string({ maxLength: 300 })), {
      maxLength: 40,
    })
    .map((pairs) => pairs.map(([key, value]) => `${key}=${value}`).join()),
  fc
    .array(fc.stringMatching(/^[a-z][a-z0-9]{0,8}=[!-+]{1,140}$/), { maxLength: 36 })
    .map((members) => members.join(', ')),
);
const xray = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 120 }),
  fc.tuple(hex(8), hex(24), hex(16)).map(([a, b, c]) => `Root=1-${a}-${b};Parent=${c};Sampled=1`),
);

test('whatever a caller writes, what goes on is of the recommendation’s form, and is read again as the same', () => {
  fc.assert(
    fc.property(nearly, state, xray, (traceparent, tracestate, trace) => {
      const context = traceContextOf(headersOf({ traceparent, tracestate, 'x-amzn-trace-id': trace }));
      if (context === undefined) return;
      const onward = traceHeaders(context, SPAN_ID);
      expect(onward.traceparent).toMatch(/^00-(?!0{32})[0-9a-f]{32}-00f067aa0ba902b7-0[01]$/);
      const { tracestate: rest = '' } = onward;
      expect(rest.length).toBeLessThanOrEqual(512);
      expect(rest).toMatch(/^[\x20-\x7e]*$/);
      expect(rest.split(',').length).toBeLessThanOrEqual(32);
      const again = traceContextOf(headersOf(onward));
      expect(again).toEqual({ ...context, parentId: SPAN_ID, sampled: context.sampled === true });
    }),
    { numRuns: 2_000 },
  );
});
