import { format, inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from '../../../contract/secret.ts';

test('a secret is shown nowhere but where it is asked for', () => {
  const secret = new Secret('Bearer token');
  const holder = { secret };
  for (const shown of [`${secret}`, JSON.stringify(holder), inspect(holder), format('%o', holder), String(secret)])
    expect(shown).not.toContain('token');
  expect(Object.values(secret)).toEqual([]);
  expect(secret.reveal()).toBe('Bearer token');
});
