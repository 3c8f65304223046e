import { expect, test } from 'vitest';
import { byOption, namedByOption } from '../../../cli/naming.ts';
import { PLAN_OPTIONS } from '../../../cli/tenant/plan.ts';
import { TollgateError } from '../../../contract/errors.ts';
import { parsePlan } from '../../../registry/plan.ts';

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

test.each([
  [{ rate: -1, burst: 1 }, /^--rate: too small; it must be a number of calls a second from 0\.001 to 100000\.$/],
  [{ rate: Number.NaN, burst: 1 }, /^--rate: not a number; /],
  [{ rate: 1, burst: 1.5 }, /^--burst: not whole; it must be a whole number of calls from 1 to 100000\.$/],
  [{ rate: 1, burst: 1, quota: { limit: 0, period: 'day' } }, /^--quota: too small; /],
])('a usage plan of %j is refused by the option at fault', async (plan, said) => {
  const publicMessage = expect.stringMatching(said);
  await expect(namedByOption(() => parsePlan(plan), PLAN_OPTIONS)).rejects.toMatchObject({ publicMessage });
});
