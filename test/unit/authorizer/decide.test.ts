import { describe, expect, test } from 'vitest';
import { admit, identify, whoCalls } from '../../../authorizer/decide.ts';
import { TollgateError } from '../../../contract/errors.ts';
import { parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import { parseIssuers } from '../../../contract/issuer.ts';
import type { Json } from '../../../contract/json.ts';
import { modelOf } from '../invoke/core.ts';
import { ISSUER } from './tokens.ts';
import { entries, knowing, SETTINGS } from './world.ts';

const EXP = 2_000_000_000;

function identified(claims: Record<string, Json>, settings: object = {}) {
  const [issuer] = parseIssuers([{ ...SETTINGS, ...settings }]);
  if (issuer === undefined) throw new Error('no issuer');
  return identify({ issuer, claims: { tenant: 'acme', sub: 'app', ...claims }, exp: EXP });
}

const byClient = { tenantClaim: undefined, tenants: { 'client-1': 'acme' } };
const joined = { principalClaim: ['tid', 'oid'] };

describe('who is calling', () => {
  test('is what the claims say, in the issuer’s words for it', () => {
    expect(identified({})).toStrictEqual({
      ...{ tenant: 'acme', principal: 'app', roles: [], exp: EXP },
      issuer: ISSUER,
    });
    expect(identified({ client_id: 'client-1' }, byClient)).toMatchObject({ tenant: 'acme' });
    expect(identified({ tid: 'a', oid: 'b' }, joined)).toMatchObject({ principal: 'a/b' });
  });

  test.each<[string, string, Record<string, Json>, object]>([
    ['T1: a tenant that is no tenant’s name', 'tenant-claim', { tenant: 'a:b' }, {}],
    ['T1: no tenant', 'tenant-claim', { tenant: null }, {}],
    ['T1: a client that no tenant has', 'tenant-client', { client_id: 'client-2' }, byClient],
    ['a principal that is no text', 'principal-claim', { sub: 5 }, {}],
    ['half a principal', 'principal-claim', { tid: 'a' }, joined],
    ['a principal with an empty half', 'principal-claim', { tid: '', oid: 'b' }, joined],
    ['a principal with a half that is a list', 'principal-claim', { tid: ['a'], oid: 'b' }, joined],
    ['a principal with a half that is a number', 'principal-claim', { tid: 5, oid: 'b' }, joined],
    ['a principal that could be cut in two ways', 'principal-claim', { tid: 'a/b', oid: 'c' }, joined],
    ['roles that are no list', 'roles-claim', { groups: 5 }, { rolesClaim: 'groups' }],
    ['a role that is no text', 'roles-claim', { groups: ['a', 5] }, { rolesClaim: 'groups' }],
    ['a role without a name', 'roles-claim', { groups: [''] }, { rolesClaim: 'groups' }],
    ['more roles than a context holds', 'roles-too-many', { groups: ['r'.repeat(1_100)] }, { rolesClaim: 'groups' }],
  ])('is not known by %s', (_name, reason, claims, settings) => {
    expect(() => identified(claims, settings)).toThrow(
      expect.objectContaining({ code: 'unauthenticated', reason, detail: { issuer: ISSUER } }),
    );
  });

  test('has the roles of the claim that the settings name and of no other, whatever it is called', () => {
    const claims = { groups: ['writer'], null: ['admin'] };
    expect(identified(claims).roles).toEqual([]);
    expect(identified(claims, { rolesClaim: 'groups' }).roles).toEqual(['writer']);
  });
});

describe('whose client it is, where the registry says so', () => {
  const ask = (claims: Record<string, Json>, settings: object, registry = knowing({ 'client-1': 'acme' })) => {
    const [issuer] = parseIssuers([{ ...SETTINGS, tenantClaim: undefined, tenants: 'registry', ...settings }]);
    if (issuer === undefined) throw new Error('no issuer');
    return whoCalls({ issuer, claims: { sub: 'app', tenant: 'globex', ...claims }, exp: EXP }, registry);
  };
  const unasked = { clientTenant: () => Promise.reject(new Error('asked')) };

  test('is whose the token is, whatever else it says', async () => {
    expect(await ask({ client_id: 'client-1' }, {})).toMatchObject({ tenant: 'acme', principal: 'app' });
    expect(await ask({ cid: 'client-1', client_id: 'x' }, { clientClaim: 'cid' })).toMatchObject({ tenant: 'acme' });
  });

  test.each<[string, Record<string, Json>]>([
    ['that nobody has', { client_id: 'client-2' }],
    ['by a name that every object has', { client_id: 'constructor' }],
    ['that is no text', { client_id: ['client-1'] }],
  ])('is nobody where it is one %s', async (_name, claims) => {
    await expect(ask(claims, {})).rejects.toMatchObject({ code: 'unauthenticated', reason: 'tenant-client' });
  });

  test('is not asked for a token without a client, nor for an issuer whose settings say it', async () => {
    await expect(ask({}, {}, unasked)).rejects.toMatchObject({ reason: 'tenant-client' });
    const own = await ask({}, { tenants: undefined, tenantClaim: 'tenant' }, unasked);
    expect(own).toMatchObject({ tenant: 'globex' });
  });

  test('D1 is undecided where the registry does not answer', async () => {
    const down = { clientTenant: () => Promise.reject(new TollgateError('unavailable')) };
    await expect(ask({ client_id: 'client-1' }, {}, down)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a tenant', () => {
  const who = { tenant: parseTenantId('acme'), principal: parsePrincipal('app'), roles: ['writer'], exp: EXP };
  const identity = { ...who, issuer: 'https://sso.example' };
  const now = (EXP - 60) * 1000;

  test.each([
    ['that the registry does not have', null, 'tenant-unknown'],
    ['D7: that is suspended', entries('acme', { suspended: true }), 'tenant-suspended'],
    ['that was off-boarded', entries('acme', { suspended: true, offboarded: true }), 'tenant-offboarded'],
    ['whose time is over', entries('acme', { expiresAt: EXP - 60 }), 'tenant-expired'],
    ['that trusts other issuers', entries('acme', { issuers: ['https://sso.example/'] }), 'tenant-issuer'],
    ['D6: that is another than the token’s', entries('globex'), 'tenant-mismatch'],
  ])('%s is not admitted', (_name, found, reason) => {
    expect(admit(identity, found, now)).toStrictEqual({ admitted: false, reason });
  });

  test('that the registry has is admitted with what it holds', () => {
    expect(admit(identity, entries('acme', { issuers: ['https://sso.example'] }), now)).toStrictEqual({
      admitted: true,
      context: { ...who, costCenter: 'cc-1', models: [], budgets: [] },
      countedBy: null,
    });
  });

  test('whose time ends before the token’s is let in until then, by whoever remembers the answer', () => {
    const found = admit(identity, entries('acme', { expiresAt: EXP - 30 }), now);
    expect(found).toMatchObject({ admitted: true, context: { exp: EXP - 30 } });
    expect(admit(identity, entries('acme', { expiresAt: EXP + 30 }), now)).toMatchObject({ context: { exp: EXP } });
  });

  test('is told of the principals of a grant the caller alone', () => {
    const models = [
      { ...modelOf('a'), principals: ['app', 'boss'] },
      { ...modelOf('b'), principals: ['boss'] },
    ];
    const found = admit(identity, entries('acme', { models }), now);
    expect(found).toMatchObject({ context: { models: [{ id: 'a', principals: ['app'] }] } });
    expect(found.admitted && found.context.models?.length).toBe(1);
  });
});
