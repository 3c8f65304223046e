import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Membership } from '../../contract/sign-in.ts';
import { decide } from '../../pool/decide.ts';
import { valuesOf } from '../../pool/groups.ts';

/** As Cognito keeps several values: form-encoded but for letters, digits and `.-*_`, in brackets. */
const kept = (values: readonly string[]): string =>
  `[${values.map((value) => new URLSearchParams({ a: value }).toString().slice(2)).join(',')}]`;

const value = fc.oneof(
  fc.string({ minLength: 1, unit: 'grapheme' }),
  fc.constantFrom('a,b', '[a]', '["a"]', 'a%2Cb', ' a ', 'true', '1', 'constructor', '__proto__'),
);
const tenant = fc.constantFrom('acme', 'globex', 'Acme', 'a/b', '');
const membership: fc.Arbitrary<Membership> = fc.record({
  tenant: fc.option(tenant, { nil: undefined }),
  roles: fc.option(fc.array(fc.constantFrom('admin', 'auditor')), { nil: undefined }),
});

test('each value of a list is read as it was said, whatever is in it', () => {
  fc.assert(
    fc.property(fc.array(value), (values) => {
      expect(valuesOf(kept(values))).toEqual(values);
    }),
  );
});

describe('whose somebody is', () => {
  const person = fc.record({
    table: fc.dictionary(value, membership),
    said: fc.array(value),
    pool: fc.array(
      fc.oneof(
        tenant.map((id) => `tenant:${id}`),
        fc.constantFrom('role:admin', 'staff', 'xtenant:acme'),
      ),
    ),
    identities: fc.constantFrom(['Entra'], ['Entra', 'Okta'], ['Okta'], []),
    status: fc.constantFrom('EXTERNAL_PROVIDER', 'CONFIRMED'),
  });
  type Person = typeof person extends fc.Arbitrary<infer P> ? P : never;
  const decided = ({ table, said, pool, identities, status }: Person) =>
    decide(
      {
        triggerSource: 'TokenGeneration_HostedAuth',
        request: {
          userAttributes: {
            ...{ 'cognito:user_status': status, 'custom:groups': kept(said) },
            identities: JSON.stringify(identities.map((providerName) => ({ providerName }))),
          },
          groupConfiguration: { groupsToOverride: pool },
        },
      },
      { Entra: { claim: 'groups', groups: table } },
    );

  test('is the one tenant that all of it says, or nobody’s', () => {
    fc.assert(
      fc.property(person, (one) => {
        const counts = one.status === 'EXTERNAL_PROVIDER' && one.identities.join() === 'Entra';
        const means = counts ? one.said.flatMap((name) => (Object.hasOwn(one.table, name) ? one.table[name] : [])) : [];
        const tenants = new Set([
          ...one.pool.filter((name) => name.startsWith('tenant:')).map((name) => name.slice(7)),
          ...means.flatMap((meant) => meant?.tenant ?? []),
        ]);
        const decision = decided(one);
        if (tenants.size !== 1) expect(decision.tenant).toBeNull();
        else expect([null, ...tenants]).toContain(decision.tenant);
        if (decision.tenant === null) return;
        expect(decision.tenant).toMatch(/^[A-Za-z0-9]+$/);
        const roles = means.flatMap((meant) => meant?.roles ?? []);
        expect(new Set(decision.roles)).toEqual(
          new Set([...roles, ...(one.pool.includes('role:admin') ? ['admin'] : [])]),
        );
      }),
    );
  });

  test('does not depend on the order in which it is said', () => {
    fc.assert(
      fc.property(person, (one) => {
        const other = { ...one, said: one.said.toReversed(), pool: one.pool.toReversed() };
        expect(decided(other).tenant).toBe(decided(one).tenant);
      }),
    );
  });
});
