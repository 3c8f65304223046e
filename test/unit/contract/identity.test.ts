import { describe, expect, test } from 'vitest';
import { parsePrincipal, parseTenantId } from '../../../contract/identity.ts';

describe('tenant ids', () => {
  test.each(['acme', 'A1', '7f3c0d1e-6b1f-4a53-9f0e-0123456789ab', 'a.b_c-d', 'x'.repeat(64)])('%s is one', (id) => {
    expect(parseTenantId(id)).toBe(id);
  });

  test.each([
    '',
    'x'.repeat(65),
    '*',
    'a/b',
    'a:b',
    'a#b',
    'a\nb',
    'a b',
    '${aws:username}',
    '-a',
    '.',
    'аcme',
    'acmе',
    'a\u200bcme',
    ['acme'],
    null,
    undefined,
    7,
  ])('J12: %j is none', (value) => {
    expect(() => parseTenantId(value)).toThrowError(
      expect.objectContaining({ code: 'invalid_request', field: 'tenant' }),
    );
  });
});

describe('principals', () => {
  test.each(['acme-app', 'auth0|5f7c', 'repo:octo/x:ref:refs/heads/main', 'Zoë Łuk', '日本'])('%s is one', (value) => {
    expect(parsePrincipal(value)).toBe(value);
  });

  test.each(['', 'x'.repeat(257), 'a\nb', 'a\u0000', 'a\u202eb', '\ud800', 5])('%j is none', (value) => {
    expect(() => parsePrincipal(value)).toThrow();
  });
});
