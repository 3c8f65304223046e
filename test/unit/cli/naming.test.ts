import { expect, test } from 'vitest';
import { byOption, namedByOption } from '../../../cli/naming.ts';
import { TollgateError } from '../../../contract/errors.ts';

const OPTIONS = { limit: { name: '--limit', hint: 'a whole number' }, label: { name: '--label' } };

test.each([
  ['limit', 'not-whole', '--limit: not whole; it must be a whole number.'],
  ['label', 'too-long', '--label: too long.'],
])('what is wrong with %s is said by its option', async (field, reason, message) => {
  const error = new TollgateError('bad_entry', { field, reason });
  expect(byOption(error, OPTIONS)).toMatchObject({ code: 'bad_entry', reason, publicMessage: message, cause: error });
  await expect(namedByOption(() => Promise.reject(error), OPTIONS)).rejects.toMatchObject({ publicMessage: message });
});

test.each([
  new TollgateError('bad_entry', { field: 'prices[3].version', reason: 'twice' }),
  new TollgateError('not_found', { field: 'limit' }),
  new Error('the store is down'),
])('anything else stays what it is: %s', (error) => {
  expect(byOption(error, OPTIONS)).toBe(error);
});
