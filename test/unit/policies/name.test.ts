import { describe, expect, test } from 'vitest';
import type { Principal, TenantId } from '../../../contract/identity.ts';
import { directSessionNames, sessionNames } from '../../../policies/name.ts';
import { readSessionName } from '../../../policies/read-name.ts';

const names = (tenant: string, principal: string) => sessionNames(tenant as TenantId, principal as Principal);

describe('the name of a session', () => {
  test('shows the tenant and hashes the principal, which may be an e-mail address', () => {
    const { sessionName } = names('acme', 'ann@example.com');
    expect(sessionName).toMatch(/^tg-acme-[0-9a-f]{32}$/);
    expect(sessionName).not.toContain('ann');
  });

  test('shows a character that STS does not take as a dash', () => {
    expect(names('a:b/c d.e_f', 'app').sessionName).toMatch(/^tg-a-b-c-d\.e_f-[0-9a-f]{32}$/);
  });

  test('is as long as STS takes, for the longest tenant, whichever way the session is used', () => {
    const tenant = 'a'.repeat(64) as TenantId;
    const { sessionName, sourceIdentity } = directSessionNames(tenant, 'app' as Principal);
    expect(sessionName).toMatch(/^tg-a{21}@direct-[0-9a-f]{32}$/);
    expect(sessionName).toHaveLength(64);
    expect(sourceIdentity).toBe(names(tenant, 'app').sessionName);
    expect(sourceIdentity).toHaveLength(64);
  });

  test('source identity is the same name, which a chained session cannot shed', () => {
    const { sessionName, sourceIdentity } = names('acme', 'app');
    expect(sourceIdentity).toBe(sessionName);
  });

  test('is the same for the same caller', () => {
    expect(names('acme', 'app')).toEqual(names('acme', 'app'));
  });

  test.each([
    ['the border between tenant and principal moved', ['ab', 'c'], ['a', 'bc']],
    ['the same beyond what the readable part shows', [`${'a'.repeat(28)}b`, 'c'], ['a'.repeat(28), 'bc']],
    ['a digit moved into the length', ['1', '1:x'], ['11', ':x']],
    ['long tenants that begin alike', [`${'a'.repeat(63)}b`, 'x'], [`${'a'.repeat(63)}c`, 'x']],
    ['characters that become the same in the readable part', ['a/b', 'x'], ['a:b', 'x']],
    ['halves of surrogate pairs, which UTF-8 cannot tell apart', ['a', '\ud800'], ['a', '\ud801']],
    ['composed and decomposed letters', ['a', '\u00e9'], ['a', 'e\u0301']],
    ['upper and lower case', ['Acme', 'x'], ['acme', 'x']],
  ])('P9: differs for %s', (_, [t1 = '', p1 = ''], [t2 = '', p2 = '']) => {
    expect(names(t1, p1).sessionName).not.toBe(names(t2, p2).sessionName);
  });
});

describe('a name that is read again', () => {
  const hash = '0123456789abcdef'.repeat(2);

  test.each([
    ['-', 27, { whole: true, direct: false }],
    ['-', 28, { whole: false, direct: false }],
    ['-', 29, undefined],
    ['@direct-', 20, { whole: true, direct: true }],
    ['@direct-', 21, { whole: false, direct: true }],
    ['@direct-', 22, undefined],
  ])('before %j tells as much of a tenant as was written: %i characters', (mark, length, told) => {
    const tenant = 'a'.repeat(length);
    expect(readSessionName(`tg-${tenant}${mark}${hash}`)).toEqual(told && { tenant, ...told });
  });
});
