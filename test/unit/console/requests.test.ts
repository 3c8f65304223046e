import { expect, test } from 'vitest';
import { type Call, duration, joined, kindsOf, OUTCOMES, outcomeOf } from '../../../console/views/requests/call.ts';
import { OUTCOMES as ENDS } from '../../../contract/usage.ts';
import { UNENDED } from '../../../metering/calls/told.ts';

test('there are words for each way in which the API says that a call ended or stands, and for no other', () => {
  expect(Object.keys(OUTCOMES).sort()).toEqual([...ENDS, ...UNENDED].sort());
  expect(outcomeOf('newer')).toMatchObject({ label: 'newer', tone: 'neutral' });
});

test.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [1_000, '1.0 s'],
  [59_900, '59.9 s'],
  [185_000, '3 min 5 s'],
])('%d milliseconds are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test('of the kinds of tokens those are told that there are any of, input and output always', () => {
  expect(kindsOf({ input: 0, output: 2, cacheRead: 0, cacheWrite: 7 }).map(({ name }) => name)).toEqual([
    ...['Input', 'Output', 'Written to cache'],
  ]);
});

test('a call that is on two pages is a row once', () => {
  const calls = ['a', 'b', 'b', 'c'].map((request) => ({ request }) as Call);
  expect(joined(calls.slice(0, 2), calls.slice(2)).map(({ request }) => request)).toEqual(['a', 'b', 'c']);
});
