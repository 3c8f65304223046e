import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTollgateError } from '../../contract/errors.ts';
import { withoutBase } from '../../invoke/edge/event.ts';
import { canonicalPath } from '../../invoke/edge/path.ts';

/** Pieces that paths and attacks are made of, beside any text. */
const piece = fc.oneof(
  fc.constantFrom(
    '/',
    '..',
    '.',
    '%2e',
    '%2F',
    '%5c',
    '\\',
    '%25',
    '%',
    ';',
    '#',
    '?',
    'arn:',
    'model',
    'v1',
    '%C3%A8',
  ),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const anyPath = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);

function attempt(raw: string): string | undefined {
  try {
    return canonicalPath(raw);
  } catch (error) {
    if (isTollgateError(error, 'invalid_request') || isTollgateError(error, 'not_found')) return undefined;
    throw error;
  }
}

test('what is accepted is left alone by a URL parser, whatever the text was', () => {
  fc.assert(
    fc.property(anyPath, (raw) => {
      const path = attempt(raw);
      if (path !== undefined) expect(new URL(`https://gateway.invalid${path}`).pathname).toBe(path);
    }),
    { numRuns: 2_000 },
  );
});

test('what is accepted begins with the segment it was written with, so it is no other route', () => {
  fc.assert(
    fc.property(anyPath, (raw) => {
      const path = attempt(raw);
      if (path === undefined) return;
      expect(decodeURIComponent(path.split('/')[1] ?? '')).toBe(decodeURIComponent(raw.split('/')[1] ?? ''));
    }),
    { numRuns: 2_000 },
  );
});

test('reading the result again gives the same result', () => {
  fc.assert(
    fc.property(anyPath, (raw) => {
      const path = attempt(raw);
      if (path !== undefined) expect(canonicalPath(path)).toBe(path);
    }),
    { numRuns: 2_000 },
  );
});

test('any printable id, encoded as an SDK does it, comes back as it was', () => {
  const id = fc
    .string({ unit: 'grapheme-composite', minLength: 1, maxLength: 80 })
    .filter((text) => !/[\\;?#%/]|\p{C}|\p{Zl}|\p{Zp}/u.test(text) && text !== '.' && text !== '..');
  fc.assert(
    fc.property(id, (text) => {
      const segment = canonicalPath(`/model/${encodeURIComponent(text)}/converse`).split('/')[2];
      expect(decodeURIComponent(segment ?? '')).toBe(text);
    }),
  );
});

test('a base path changes nothing of what is below it, and nothing at all under the API’s own address', () => {
  const anyBase = fc.constantFrom('/ai', '/v1', '/model', '/a.b-c_d');
  fc.assert(
    fc.property(anyPath, anyBase, (path, base) => {
      const mapped = base + path;
      expect(withoutBase({ path: mapped, requestContext: { stage: 'dev', path: mapped } }, base).path).toBe(path);
      for (const own of [path, mapped]) {
        const event = { path: own, requestContext: { stage: 'dev', path: `/dev${own}` } };
        expect(withoutBase(event, base)).toBe(event);
      }
    }),
    { numRuns: 1_000 },
  );
});
