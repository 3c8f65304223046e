import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTollgateError } from '../../contract/errors.ts';
import { createSplitter, readEvent } from '../../invoke/providers/frames.ts';
import { frame } from '../unit/invoke/core.ts';

const messages = fc.array(
  fc.record({ type: fc.stringMatching(/^[a-zA-Z]{1,20}$/), text: fc.string({ unit: 'grapheme', maxLength: 200 }) }),
  { minLength: 1, maxLength: 8 },
);

test('U3 events come out whole and untouched wherever the bytes were cut, also within a character', () => {
  fc.assert(
    fc.property(messages, fc.array(fc.nat(), { maxLength: 40 }), (wanted, cuts) => {
      const frames = wanted.map(({ type, text }) => frame(type, { text }));
      const bytes = Buffer.concat(frames);
      const at = [0, ...cuts.map((cut) => cut % bytes.byteLength).sort((a, b) => a - b), bytes.byteLength];
      const splitter = createSplitter();
      const found = at.slice(1).flatMap((end, i) => splitter.push(bytes.subarray(at[i], end)));
      expect(Buffer.concat(found).equals(bytes)).toBe(true);
      expect(splitter.pending()).toBe(0);
      const events = found.map(readEvent);
      expect(events.map(({ type }) => type)).toEqual(wanted.map(({ type }) => type));
      expect(events.map(({ payload }) => JSON.parse(Buffer.from(payload).toString()))).toEqual(
        wanted.map(({ text }) => ({ text })),
      );
    }),
  );
});

test('U3 one byte changed anywhere is a typed error or an event not yet whole, never another event', () => {
  fc.assert(
    fc.property(messages, fc.nat(), fc.integer({ min: 1, max: 255 }), (wanted, where, by) => {
      const frames = wanted.map(({ type, text }) => frame(type, { text }));
      const bytes = Buffer.concat(frames);
      const at = where % bytes.byteLength;
      bytes[at] = (bytes[at] ?? 0) ^ by;
      const read: string[] = [];
      try {
        for (const message of createSplitter().push(bytes)) read.push(readEvent(message).type);
      } catch (error) {
        expect(isTollgateError(error, 'upstream_failed')).toBe(true);
        expect(read).toEqual(wanted.slice(0, read.length).map(({ type }) => type));
        return;
      }
      expect(read.length).toBeLessThan(wanted.length);
    }),
  );
});

test('U3 random bytes never crash it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      try {
        for (const message of createSplitter().push(bytes)) readEvent(message);
      } catch (error) {
        expect(isTollgateError(error, 'upstream_failed')).toBe(true);
      }
    }),
  );
});
