import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retold } from '../../invoke/providers/sentence.ts';

/** Ways of writing a text so that a list of what is forbidden would not find it. */
const DISGUISES: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.toUpperCase(),
  (text) => encodeURIComponent(text),
  (text) => encodeURIComponent(encodeURIComponent(text)),
  (text) => [...text].map((c) => `%${c.charCodeAt(0).toString(16)}`).join(''),
  (text) => [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  (text) => [...text].map((c) => `&#${c.charCodeAt(0)};`).join(''),
  (text) => [...text].map((c) => c.charCodeAt(0)).join(' '),
  (text) => Buffer.from(text).toString('base64'),
  (text) => Buffer.from(text).toString('base64url'),
  (text) => Buffer.from(text).toString('hex'),
  (text) => text.replace(/[:/-]/g, '_'),
  (text) => text.replace(/[:/-]/g, ' '),
  (text) => text.replace(/[:/-]/g, '.'),
  (text) => text.replace(/\d{4}/g, '$& '),
  (text) => text.replace(/\d{4}/g, '$&-'),
  (text) => text.replace(/\d{3}/g, '$&.'),
  (text) => text.replace(/\d{3}/g, '$&,'),
  (text) => text.replace(/\d/g, '$& '),
  (text) => text.replace(/\d{4}/g, '$& and '),
  (text) => text.replace(/\d{6}/g, '$& of '),
  (text) => text.replace(/\d{2}/g, 'messages.$& '),
  (text) => [...text].join(' '),
  (text) => [...text].reverse().join(''),
  (text) => text.replace(/\d/g, (c) => String.fromCodePoint(0xff10 + Number(c))),
  (text) => [...text].join('\u200b'),
];

const account = fc.stringMatching(/^[0-9]{12}$/);
const harmless = fc
  .array(fc.constantFrom('the', 'value', 'at', 'messages.1.content:', 'is', 'not', 'valid', '>', 'maximum', '4096'))
  .map((words) => words.join(' '));
const disguised = fc
  .tuple(
    fc.oneof(
      account,
      account.map((digits) => `arn:aws:bedrock:us-east-1:${digits}:inference-profile/us.x`),
      account.map((digits) => `arn:aws:sts::${digits}:assumed-role/x`),
    ),
    fc.constantFrom(...DISGUISES),
    fc.constantFrom(...DISGUISES),
  )
  .map(([text, one, other]) => other(one(text)));

test('however an ARN or an account is written, no answer holds it: neither twelve digits nor a word of it', () => {
  fc.assert(
    fc.property(harmless, disguised, harmless, (before, text, after) => {
      const told = retold(`${before} ${text} ${after}`) ?? '';
      expect(told.replace(/\P{Nd}/gu, '').length).toBeLessThan(12);
      expect(told).toMatch(/^[\x20-\x7e]*$/);
      expect(told).not.toMatch(/\b(?:arn|aws|bedrock|sts|assumed)\b/i);
    }),
    { numRuns: 5_000 },
  );
});

test('whatever is said, only words of the list, punctuation and few digits are told', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), harmless), (said) => {
      const told = retold(said) ?? '';
      expect(told.replace(/[^0-9]/g, '').length).toBeLessThan(12);
      // Told again it says the same: nothing in it is blanked a second time.
      if (told !== '') expect(retold(told)).toBe(told);
    }),
    { numRuns: 2_000 },
  );
});
