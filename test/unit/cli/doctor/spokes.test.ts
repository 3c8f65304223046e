import { expect, test } from 'vitest';
import { spokes } from '../../../../cli/doctor/spokes.ts';
import { parseTenantId } from '../../../../contract/identity.ts';
import type { Policy } from '../../../../policies/simulate/types.ts';
import { spokesPolicy } from '../../../../policies/spoke.ts';

const roleOf = (name: string, account = '444455556666') => `arn:aws:iam::${account}:role/tollgate-dev-spoke-${name}`;
const invokerPolicies = [spokesPolicy([roleOf('*')]) as Policy];

/** What is said of acme's role, beside a tenant globex. */
function said(spokeRole: string, more: { offboarded?: true } = {}) {
  const tenants = [{ id: parseTenantId('acme'), spokeRole, ...more }, { id: parseTenantId('globex') }];
  return spokes.judge({ stage: 'dev', tenants, models: [], grants: [], invokerPolicies }, 0).problems;
}

test.each([
  ['a role that the stage lists', roleOf('acme'), {}, []],
  ['one that it does not', roleOf('acme', '777788889999'), {}, [['wrong', 'does not list']]],
  ['one that is named for another tenant', roleOf('globex'), {}, [['warn', 'is named for globex']]],
  ['of a tenant that has left, whatever', roleOf('globex', '777788889999'), { offboarded: true as const }, []],
])('%s', (_, role, more, expected) => {
  expect(said(role, more)).toMatchObject(
    expected.map(([state, what]) => ({ state, what: expect.stringContaining(`${what}`) })),
  );
});
