import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CountedBy, TenantId } from '../../contract/identity.ts';
import { defaultPlanName, tenantPlanName, unitPlanName, usageKey } from '../../policies/usage-key.ts';

const account = fc.stringMatching(/^[0-9]{12}$/);
const region = fc.constantFrom('us-east-1', 'us-west-2', 'eu-central-1', 'us-gov-west-1', 'cn-north-1');
const stage = fc.stringMatching(/^[a-z][a-z0-9-]{0,19}$/);
const tenant = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
  fc.constantFrom('null', 'default', 'tenant', 'acme', 'Acme', 'acme-', 'a.b'),
) as fc.Arbitrary<TenantId>;
const unit = stage.map((name) => ({ unit: name }));
const named = fc.record({ account, region, stage, tenant: fc.option(fc.oneof(tenant, unit)) });

interface Named {
  account: string;
  region: string;
  stage: string;
  tenant: CountedBy;
}

const keyOf = ({ tenant: whose, ...deployed }: Named) => usageKey(deployed, whose);

describe('the value of an API key', () => {
  test('is letters and digits, as many as API Gateway takes', () => {
    fc.assert(
      fc.property(named, (one) => {
        expect(keyOf(one)).toMatch(/^[A-Za-z0-9]{20,128}$/);
      }),
    );
  });

  test('is the same for the same stage and tenant and differs when anything differs', () => {
    fc.assert(
      fc.property(named, named, (one, other) => {
        const same = JSON.stringify(Object.values(one)) === JSON.stringify(Object.values(other));
        expect(keyOf(one) === keyOf(other)).toBe(same);
        expect(keyOf(one)).toBe(keyOf({ ...one }));
      }),
    );
  });

  test('of a tenant is never that of the tenants without a plan, nor a unit’s, whatever the tenant is called', () => {
    fc.assert(
      fc.property(named, tenant, unit, (one, any, its) => {
        for (const name of [any, its.unit as TenantId, JSON.stringify(its) as TenantId])
          for (const other of [null, its])
            expect(keyOf({ ...one, tenant: name })).not.toBe(keyOf({ ...one, tenant: other }));
      }),
    );
  });

  test('differs for every way to cut one text into stage and tenant', () => {
    const deployed = { account: '111122223333', region: 'us-east-1' };
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{2,20}$/), (whole) => {
        const cuts = Array.from({ length: whole.length - 1 }, (_, at) =>
          usageKey({ ...deployed, stage: whole.slice(0, at + 1) }, whole.slice(at + 1) as TenantId),
        );
        expect(new Set(cuts).size).toBe(cuts.length);
      }),
    );
  });
});

test('no two stages and tenants share the name of a plan', () => {
  fc.assert(
    fc.property(stage, tenant, stage, tenant, (oneStage, one, otherStage, other) => {
      const same = oneStage === otherStage && one === other;
      expect(tenantPlanName(oneStage, one) === tenantPlanName(otherStage, other)).toBe(same);
      expect(tenantPlanName(oneStage, one)).not.toBe(defaultPlanName(otherStage));
      expect(tenantPlanName(oneStage, one)).not.toBe(unitPlanName(otherStage, other));
      expect(unitPlanName(oneStage, one)).not.toBe(defaultPlanName(otherStage));
    }),
  );
});
