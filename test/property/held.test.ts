import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTenantId } from '../../contract/identity.ts';
import { ACTIONS } from '../../contract/model.ts';
import { entitled } from '../../registry/entitled.ts';
import { type Grant, parseGrant, termsOf } from '../../registry/grant.ts';
import { grantsOf } from '../../registry/held.ts';
import { audienceOf } from '../../registry/term.ts';
import { modelOf } from '../unit/invoke/core.ts';

const TENANT = parseTenantId('acme');
const REGIONS = ['eu-central-1', 'eu-west-1', 'us-east-1'] as const;
const NOW = 1_000;

const some = <T extends string>(...of: T[]) => fc.option(fc.subarray(of, { minLength: 1 }), { nil: undefined });
const term = fc
  .record({
    actions: fc.subarray([...ACTIONS], { minLength: 1 }),
    roles: some('writer', 'editor'),
    principals: some('alice', 'bob'),
    regions: some(...REGIONS),
    maxTokens: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
    expiresAt: fc.option(fc.constantFrom(NOW - 1, NOW, NOW + 1), { nil: undefined }),
  })
  .map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));

const grant = fc
  .record({
    of: fc.constantFrom({ model: 'a' }, { model: 'b' }, { bundle: 'one' }, { bundle: 'two' }, { bundle: 'gone' }),
    terms: fc.uniqueArray(term, { minLength: 1, maxLength: 4, selector: audienceOf }),
  })
  .map(({ of, terms: [first, ...also] }) => {
    const stamps = { tenant: TENANT, version: 1, grantedAt: 0, grantedBy: 'ops' };
    return { ...of, ...first, ...(also.length === 0 ? {} : { also }), ...stamps } as unknown as Grant;
  });
const grants = fc.uniqueArray(grant, { maxLength: 5, selector: (one) => one.model ?? `bundle ${one.bundle}` });

const BUNDLES = new Map([
  ['one', ['a', 'b']],
  ['two', ['b', 'c']],
]);
const who = fc.record({
  roles: fc.subarray(['writer', 'editor']),
  principal: fc.constantFrom('alice', 'bob', 'carol'),
});
const bounds = fc.record({ residency: some(...REGIONS) }).map(({ residency }) => (residency ? { residency } : {}));

/** The rule as docs/grants.md tells it, said independently of how it is decided: every way is tried, the best is taken. */
function told(all: readonly Grant[], model: string, { roles, principal }: { roles: string[]; principal: string }) {
  const ways = all.flatMap((one) => {
    const isOf = one.model === model || (BUNDLES.get(one.bundle ?? '') ?? []).includes(model);
    return isOf ? termsOf(one).map((given, at) => ({ one, given, at })) : [];
  });
  const mine = ways.filter(
    ({ given }) =>
      (given.principals?.includes(principal) ?? true) &&
      (given.roles?.some((role) => roles.includes(role)) ?? true) &&
      (given.expiresAt ?? NOW + 1) > NOW,
  );
  const rank = ({ one, given, at }: (typeof ways)[number]) => [
    one.model === undefined ? 1 : 0,
    given.principals !== undefined ? 0 : given.roles !== undefined ? 1 : 2,
    one.bundle === 'two' ? 1 : 0,
    at,
  ];
  const better = (a: number[], b: number[]): number => {
    const differs = a.findIndex((value, index) => value !== b[index]);
    return differs < 0 ? 0 : (a[differs] ?? 0) - (b[differs] ?? 0);
  };
  return mine.sort((a, b) => better(rank(a), rank(b)))[0]?.given;
}

describe('what a caller holds of a model that its tenant was granted several times over', () => {
  test('is the most specific term that is for it: by name before by bundle, callers before roles before everyone', () => {
    fc.assert(
      fc.property(grants, who, fc.constantFrom('a', 'b', 'c'), (all, holder, model) => {
        const held = grantsOf(all, BUNDLES, {}).map((one) => ({ ...modelOf(one.model), ...one, id: one.model }));
        const mine = entitled(held, holder, NOW).find(({ id }) => id === model);
        const rule = told(all, model, holder);
        if (mine !== undefined && (mine.expiresAt ?? NOW + 1) <= NOW) expect(rule).toBeUndefined();
        else if (rule === undefined) expect(mine).toBeUndefined();
        else expect(mine).toMatchObject(rule);
      }),
      { numRuns: 1000 },
    );
  });

  test('is never outside of the tenant’s residency, whatever a grant lists', () => {
    fc.assert(
      fc.property(grants, bounds, (all, within) => {
        for (const { regions } of grantsOf(all, BUNDLES, within))
          for (const region of regions ?? REGIONS) expect(within.residency ?? REGIONS).toContain(region);
      }),
    );
  });

  test('does not depend on the order in which the grants are read', () => {
    fc.assert(
      fc.property(grants, (all) => {
        expect(grantsOf(all.toReversed(), BUNDLES, {})).toEqual(grantsOf(all, BUNDLES, {}));
      }),
    );
  });
});

test('a grant is for one audience once', () => {
  const document = { v: 1, tenant: 'acme', model: 'a', version: 1, grantedAt: '2026-01-01', grantedBy: 'ops' };
  const also = [{ actions: ['count'], roles: ['b', 'a'] }];
  expect(parseGrant({ ...document, actions: ['invoke'], also }).also).toEqual([
    { actions: ['count'], roles: ['a', 'b'] },
  ]);
  expect(() => parseGrant({ ...document, actions: ['invoke'], roles: ['a', 'b'], also })).toThrow('also[0].roles');
  expect(() => parseGrant({ ...document, bundle: 'x', actions: ['invoke'] })).toThrow('bundle');
});
