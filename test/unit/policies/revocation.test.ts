import { describe, expect, test } from 'vitest';
import { parsePrincipal, parseTenantId, type TenantId } from '../../../contract/identity.ts';
import {
  INLINE_POLICIES_MAX_CHARS,
  REVOCATION_KEPT_SECONDS,
  REVOKED_TENANTS_MAX,
} from '../../../contract/limits/policies.ts';
import { SESSION_SECONDS } from '../../../contract/limits/sessions.ts';
import { directSessionNames, sessionNames } from '../../../policies/name.ts';
import { parseRevocations, stillMatter, withRevocation } from '../../../policies/read-revocations.ts';
import { type Revocation, revocationPolicy } from '../../../policies/revocation.ts';
import { invokerRolePolicy } from '../../../policies/roles.ts';
import { evaluate } from '../../../policies/simulate/evaluate.ts';
import type { Policy } from '../../../policies/simulate/types.ts';

const NOW = Date.UTC(2026, 10, 21, 12) / 1000;
const acme = parseTenantId('acme');
const globex = parseTenantId('globex');
const of = (tenant: TenantId | null, before = NOW): Revocation => ({ tenant, before });

/** Whether a session may still call, with the revocations beside the invoker role's own policy. */
function allowed(
  revocations: readonly Revocation[],
  session: { tenant?: TenantId; issuedAt?: number; direct?: boolean },
): boolean {
  const { tenant = acme, issuedAt = NOW - 1, direct = true } = session;
  const principal = parsePrincipal('app');
  const { sessionName } = direct ? directSessionNames(tenant, principal) : sessionNames(tenant, principal);
  const role = invokerRolePolicy({ partition: 'aws', account: '111122223333', regions: ['us-east-1'] });
  return evaluate(
    { rolePolicies: [role, revocationPolicy(revocations)] as Policy[], sessionPolicy: null },
    {
      action: 'bedrock:InvokeModel',
      resource: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
      context: {
        'aws:userid': `AROAEXAMPLE:${sessionName}`,
        'aws:PrincipalTag/TenantId': tenant,
        'aws:TokenIssueTime': new Date(issuedAt * 1000).toISOString(),
      },
    },
  ).allowed;
}

describe('a revocation', () => {
  test.each([
    ["ends a tenant's sessions that were handed out before", [of(acme)], {}, false],
    ['and not one handed out at that moment or later', [of(acme)], { issuedAt: NOW }, true],
    ["nor another tenant's", [of(acme)], { tenant: globex }, true],
    ["nor the gateway's own", [of(acme)], { direct: false }, true],
    ["of all tenants ends each one's", [of(null)], { tenant: globex }, false],
    ["and never the gateway's own", [of(null)], { tenant: globex, direct: false }, true],
    [
      'of a tenant whose name begins like the mark reaches no session of the gateway',
      [of(null)],
      { tenant: parseTenantId('direct-x'), direct: false },
      true,
    ],
    [
      'of one tenant beside that of another: both hold',
      [of(acme), of(globex, NOW - 60)],
      { tenant: globex, issuedAt: NOW - 61 },
      false,
    ],
  ] as const)('%s', (_, revocations, session, expected) => {
    expect(allowed(revocations, session)).toBe(expected);
  });
});

describe('revocations one after the other', () => {
  test('are kept side by side, a later one of the same tenant in the place of the earlier', () => {
    const first = withRevocation([], of(acme, NOW - 60), NOW);
    const both = withRevocation(first, of(globex, NOW - 30), NOW);
    expect(withRevocation(both, of(acme), NOW)).toEqual([of(acme), of(globex, NOW - 30)]);
  });

  test('of all tenants takes the place of every earlier one, and is not lost to a later one of a tenant', () => {
    const all = withRevocation([of(acme, NOW - 60), of(globex, NOW - 30)], of(null), NOW);
    expect(all).toEqual([of(null)]);
    expect(withRevocation(all, of(acme, NOW + 10), NOW + 10)).toEqual([of(null), of(acme, NOW + 10)]);
  });

  test('that say no more than what is there already change nothing', () => {
    expect(withRevocation([of(acme)], of(acme, NOW - 5), NOW)).toEqual([of(acme)]);
    expect(withRevocation([of(null)], of(acme, NOW - 5), NOW)).toEqual([of(null)]);
  });

  test('are dropped only when no session that they end can live any more', () => {
    expect(REVOCATION_KEPT_SECONDS).toBeGreaterThan(SESSION_SECONDS + 300);
    const old = of(globex, NOW - REVOCATION_KEPT_SECONDS);
    const younger = of(acme, NOW - REVOCATION_KEPT_SECONDS + 1);
    expect(stillMatter([old, younger], NOW)).toEqual([younger]);
    expect(withRevocation([old, younger], of(null, NOW - 1_799), NOW)).toEqual([of(null, NOW - 1_799)]);
  });

  test('have room in the policies of a role; one more is refused, all at once is not', () => {
    const many = Array.from({ length: REVOKED_TENANTS_MAX }, (_, i) =>
      of(parseTenantId(`t${i}`.padEnd(64, 'x')), NOW - 60),
    );
    expect(JSON.stringify(revocationPolicy(many)).length).toBeLessThan(INLINE_POLICIES_MAX_CHARS);
    expect(() => withRevocation(many, of(acme), NOW)).toThrow('revoke all');
    expect(withRevocation(many, of(null), NOW)).toEqual([of(null)]);
  });

  test('are read back as they were written; what Tollgate did not write is left to a person', () => {
    const revocations = [of(null, NOW - 100), of(acme), of(globex, NOW - 30)];
    expect(parseRevocations(JSON.stringify(revocationPolicy(revocations)))).toEqual(revocations);
    const [statement] = revocationPolicy([of(acme)]).Statement;
    for (const foreign of [
      'no JSON',
      '{}',
      JSON.stringify({ Statement: [{ ...statement, Sid: 'mine' }] }),
      JSON.stringify({ Statement: [{ ...statement, Condition: { DateLessThan: { 'aws:TokenIssueTime': 'soon' } } }] }),
      JSON.stringify({
        Statement: [
          { ...statement, Condition: { ...statement?.Condition, StringEquals: { 'aws:PrincipalTag/TenantId': '*' } } },
        ],
      }),
    ])
      expect(() => parseRevocations(foreign)).toThrow(
        expect.objectContaining({ code: 'conflict', reason: 'foreign-policy' }),
      );
  });
});

test('names of sessions that are handed out are legal, differ by caller, and lead to the caller that the gateway names', () => {
  const tenants = ['a', 'direct', 'x'.repeat(64)].map((id) => parseTenantId(id));
  const pairs = tenants.flatMap((tenant) =>
    ['p', 'q'].map((principal) => [tenant, parsePrincipal(principal)] as const),
  );
  const names = pairs.map(([tenant, principal]) => directSessionNames(tenant, principal));
  for (const { sessionName } of names) expect(sessionName).toMatch(/^tg-[\w.-]{1,21}@direct-[0-9a-f]{32}$/);
  for (const { sessionName } of names) expect(sessionName.length).toBeLessThanOrEqual(64);
  expect(new Set(names.map(({ sessionName }) => sessionName)).size).toBe(pairs.length);
  expect(names.map(({ sourceIdentity }) => sourceIdentity)).toEqual(
    pairs.map(([tenant, principal]) => sessionNames(tenant, principal).sourceIdentity),
  );
});
