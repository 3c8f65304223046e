import { describe, expect, test } from 'vitest';
import { parseIssuers, type TrustedIssuer } from '../../../contract/issuer.ts';
import cases from '../../cases/issuers.json' with { type: 'json' };

const COGNITO = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123';
const ENTRA = 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0';

function parse(issuer: object): TrustedIssuer {
  const [parsed] = parseIssuers([issuer]);
  if (parsed === undefined) throw new Error('nothing was parsed');
  return parsed;
}

test.each(cases)('refused by name: $name', ({ input, expected }) => {
  expect(() => parseIssuers([input])).toThrow(
    expect.objectContaining({
      code: 'bad_setting',
      field: `TOLLGATE_ISSUERS[0].${expected.field}`,
      publicMessage: expect.stringContaining(expected.field),
    }),
  );
});

describe('a preset', () => {
  test('is oidc where none is named, with what that always was', () => {
    const written = { issuer: 'https://login.example.com', audience: 'tollgate', tenantClaim: 'tenant' };
    expect(parse(written)).toEqual({
      issuer: 'https://login.example.com',
      audience: ['tollgate'],
      audienceList: false,
      clientClaim: null,
      clientIds: null,
      tenant: { by: 'claim', claim: 'tenant' },
      principalClaims: ['sub'],
      rolesClaim: null,
      adminRoles: ['admin'],
      delegates: { 'tenant-admin': ['tenant-admin'], auditor: ['auditor'], finance: ['finance'] },
      requiredClaims: new Map(),
      overageClaims: [],
      algorithms: ['RS256', 'ES256', 'EdDSA'],
      tokenUse: null,
    });
    expect(parse({ ...written, preset: 'oidc' })).toEqual(parse(written));
  });

  test('may leave its clients to the registry, which is enough where there is no audience', () => {
    for (const issuer of [
      { issuer: 'https://login.example.com', audience: 'a' },
      { preset: 'cognito', issuer: COGNITO },
    ])
      expect(parse({ ...issuer, tenants: 'registry' })).toMatchObject({ clientIds: null, tenant: { by: 'registry' } });
  });

  test('gives way to every member that is written', () => {
    const members = {
      jwksUri: 'https://keys.example/k',
      audience: ['a'],
      audienceList: true,
      clientClaim: 'app',
      clientIds: ['c'],
      rolesClaim: 'groups',
      adminRoles: ['x'],
      overageClaims: [],
      algorithms: ['ES256'],
      tokenUse: null,
    };
    const parsed = parse({
      preset: 'cognito',
      issuer: COGNITO,
      tenantClaim: 't',
      principalClaim: 'username',
      ...members,
    });
    expect(parsed).toMatchObject({ ...members, principalClaims: ['username'] });
    const delegated = { tenantAdminRoles: ['lead'], auditorRoles: [] };
    expect(parse({ issuer: 'https://a.example', audience: 'a', tenantClaim: 't', ...delegated }).delegates).toEqual({
      ...{ 'tenant-admin': ['lead'], auditor: [], finance: ['finance'] },
    });
    expect(
      parse({ preset: 'cognito', issuer: COGNITO, tenants: { c: 'acme' }, rolesClaim: null }).rolesClaim,
    ).toBeNull();
  });

  test('keeps the claims it demands beside those that are written, unless one is taken back by name', () => {
    const written = { preset: 'entra', issuer: ENTRA, audience: 'a', tenant: 'acme' };
    const tid = ['tid', ['11111111-2222-3333-4444-555555555555']];
    expect([...parse(written).requiredClaims]).toEqual([['ver', ['2.0']], ['azp', null], tid]);
    expect([...parse({ ...written, claims: { azp: null, idtyp: 'app' } }).requiredClaims]).toEqual([
      ['ver', ['2.0']],
      tid,
      ['idtyp', ['app']],
    ]);
  });
});

test('a table of clients is also the list of those that are accepted, unless a list says otherwise', () => {
  const written = { preset: 'cognito', issuer: COGNITO, tenants: { a: 'acme', b: 'globex' } };
  expect(parse(written).clientIds).toEqual(['a', 'b']);
  expect(parse({ ...written, clientIds: ['a'] }).clientIds).toEqual(['a']);
});
