import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTenantId } from '../../contract/identity.ts';
import { ACTIONS, type AllowedModel, type Target, type TargetKind } from '../../contract/model.ts';
import { documentOf } from '../../policies/document.ts';
import { calledOn } from '../../policies/place.ts';
import { type Holding, type ReviewInput, review } from '../../policies/review.ts';
import { invokerRolePolicy } from '../../policies/roles.ts';
import { sessionPolicy } from '../../policies/session.ts';
import { account, EVERY_KIND, REGIONS, targets } from './targets.ts';

const role = invokerRolePolicy({ partition: 'aws', account, regions: REGIONS, kinds: EVERY_KIND });
const yes = { allowed: true, reason: 'granted' };

/** One of each kind that there is, of which a tenant holds the one. */
const registry: fc.Arbitrary<{ id: string; target: Target }[]> = fc
  .tuple(...EVERY_KIND.map((kind) => targets[kind] as fc.Arbitrary<Target>))
  .map((all) => all.map((target) => ({ id: target.kind, target })))
  .filter((all) => new Set(all.map(({ target }) => calledOn(target))).size === all.length);

function reviewed(models: { id: string; target: Target }[], kind: TargetKind, build?: ReviewInput['build']) {
  const held = models.filter(({ id }) => id === kind);
  const holdings = held.map(({ id, target }): Holding => {
    const entry: AllowedModel = { id, target, actions: [...ACTIONS], lifecycle: { status: 'active' } };
    const decisions = { invoke: yes, stream: yes, count: yes, guard: yes, generate: yes, rerank: yes };
    return { tenant: parseTenantId('acme'), costCenter: 'cc', entry, decisions };
  });
  return review({ models, holdings, rolePolicies: [role as never], now: 1_800_000_000, ...(build && { build }) });
}

describe.each(EVERY_KIND)('a review of a stage with every kind, where a tenant holds %s', (kind) => {
  test('finds nothing, and lists its sessions with what each allows', () => {
    fc.assert(
      fc.property(registry, (models) => {
        const { sessions, policies, findings } = reviewed(models, kind);
        expect(findings).toEqual([]);
        expect(sessions.map(({ use }) => use)).toEqual([...ACTIONS]);
        expect(policies.length).toBeGreaterThan(0);
        for (const { allows } of policies) expect(allows.length).toBeGreaterThan(0);
      }),
      { numRuns: 8 },
    );
  });

  test('finds a policy that is wider than the grant', () => {
    fc.assert(
      fc.property(registry, (models) => {
        const wider: typeof sessionPolicy = (...of) => {
          const policy = sessionPolicy(...of);
          const Statement = policy.document.Statement.map(({ Condition: _, ...rest }) => ({
            ...rest,
            Resource: ['*'],
          }));
          return { ...policy, text: JSON.stringify(documentOf(Statement)) };
        };
        expect(reviewed(models, kind, wider).findings.length).toBeGreaterThan(0);
      }),
      { numRuns: 4 },
    );
  });
});
