import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Action, type Guardrail, SERVICE_TIERS, type Target } from '../../contract/model.ts';
import { parseGuardrail } from '../../policies/guardrail.ts';
import { arnsOf, kindOf } from '../../policies/kinds.ts';
import { invokerRolePolicy } from '../../policies/roles.ts';
import { type SessionRestrictions, sessionPolicy } from '../../policies/session.ts';
import { evaluate } from '../../policies/simulate/evaluate.ts';
import type { RequestContext } from '../../policies/simulate/types.ts';
import { account, actions, EVERY_KIND, REGIONS, target } from './targets.ts';

/** Against the simulator, which shares no code with what builds the policies. */

const CALLS = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'] as const;
const restrictedBy = (name: 'guardrail' | 'tiers') => target.filter((one) => kindOf(one).restrictedBy.includes(name));
const tiered = restrictedBy('tiers');
const guardable = restrictedBy('guardrail');
const guardrailIn = (region: string): fc.Arbitrary<Guardrail> =>
  fc.record({
    arn: fc.stringMatching(/^[a-z0-9]{1,12}$/).map((id) => `arn:aws:bedrock:${region}:${account}:guardrail/${id}`),
    version: fc.oneof(fc.constant('DRAFT'), fc.integer({ min: 1, max: 99_999_999 }).map(String)),
  });
const guarded = guardable.chain((item) => fc.tuple(fc.constant(item), guardrailIn(item.region), actions));
const role = invokerRolePolicy({ partition: 'aws', account, regions: REGIONS, kinds: EVERY_KIND });

/** What a session of this grant is answered; its policy is built once. */
function session(item: Target, granted: readonly Action[], restrictions?: SessionRestrictions) {
  const policy = built(item, granted, restrictions);
  return (action: string, resource: string, context: RequestContext = {}): boolean =>
    policy !== undefined &&
    evaluate({ rolePolicies: [role], sessionPolicy: policy.document }, { action, resource, context }).allowed;
}

function built(item: Target, granted: readonly Action[], restrictions?: SessionRestrictions) {
  try {
    return sessionPolicy(item, granted, restrictions);
  } catch (error) {
    // Counting alone may be something that the target does not have.
    if ((error as { reason?: string }).reason === 'action-not-available') return undefined;
    throw error;
  }
}

describe('P10: any entry under any guardrail', () => {
  test('is allowed what it was allowed without one under this very guardrail, and else nothing', () => {
    fc.assert(
      fc.property(guarded, fc.string(), ([item, guardrail, granted], text) => {
        const { identifier, id } = parseGuardrail(guardrail);
        const others = [undefined, '', id, text, `${identifier}0`, identifier.toUpperCase(), guardrail.arn, '*'];
        const without = session(item, granted);
        const under = session(item, granted, { guardrail });
        const through = { 'bedrock:InferenceProfileArn': item.arn };
        for (const resource of arnsOf(item))
          for (const action of CALLS) {
            const given = (other: string) => ({ ...through, 'bedrock:GuardrailIdentifier': other });
            expect(under(action, resource, given(identifier))).toBe(without(action, resource, through));
            for (const other of others.filter((one) => one !== identifier))
              expect(under(action, resource, other === undefined ? through : given(other)), `${other}`).toBe(false);
          }
      }),
      { numRuns: 200 },
    );
  });

  test('may apply this one guardrail and no other', () => {
    fc.assert(
      fc.property(guarded, fc.stringMatching(/^[a-z0-9]{1,12}$/), ([item, guardrail, granted], id) => {
        fc.pre(granted.some((action) => action !== 'count'));
        const apply = 'bedrock:ApplyGuardrail';
        const other = `arn:aws:bedrock:${item.region}:${account}:guardrail/${id}`;
        const under = session(item, granted, { guardrail });
        expect(under(apply, guardrail.arn)).toBe(true);
        expect(under(apply, other)).toBe(other === guardrail.arn);
        expect(session(item, granted)(apply, guardrail.arn)).toBe(false);
      }),
    );
  });
});

describe('any entry under tiers', () => {
  test('is allowed what it was allowed in one of these, the default one unnamed, and else nothing', () => {
    const some = fc.subarray([...SERVICE_TIERS], { minLength: 1 });
    fc.assert(
      fc.property(tiered, actions, some, fc.string(), (item, granted, tiers, text) => {
        const without = session(item, granted);
        const under = session(item, granted, { tiers });
        const through = { 'bedrock:InferenceProfileArn': item.arn };
        for (const resource of arnsOf(item)) {
          for (const action of CALLS)
            for (const tier of [undefined, ...SERVICE_TIERS, text, 'DEFAULT', '']) {
              const asks = tier === undefined ? through : { ...through, 'bedrock:ServiceTier': tier };
              const within = (tiers as (string | undefined)[]).includes(tier ?? 'default');
              expect(under(action, resource, asks), `${tiers} ${tier}`).toBe(
                within && without(action, resource, through),
              );
            }
          expect(under('bedrock:CountTokens', resource)).toBe(without('bedrock:CountTokens', resource));
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('any entry under an expiry', () => {
  test('is allowed until that second, and not from it on', () => {
    fc.assert(
      fc.property(guardable, actions, fc.integer({ min: 1_000, max: 4_000_000_000 }), (item, granted, expiresAt) => {
        const at = (seconds: number) => ({
          'bedrock:InferenceProfileArn': item.arn,
          'aws:CurrentTime': new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'),
        });
        const { 'aws:CurrentTime': _, ...timeless } = at(0);
        const without = session(item, granted);
        const until = session(item, granted, { expiresAt });
        for (const resource of arnsOf(item))
          for (const action of [...CALLS, 'bedrock:CountTokens']) {
            const expected = without(action, resource, timeless);
            expect(until(action, resource, at(expiresAt - 1))).toBe(expected);
            expect(until(action, resource, at(expiresAt))).toBe(false);
            // A request always has the key; were it ever absent, it is denied.
            expect(until(action, resource, timeless)).toBe(false);
          }
      }),
    );
  });
});

describe('R1: any entry under a residency', () => {
  test('has a policy that names regions of the list alone, or none', () => {
    fc.assert(
      fc.property(target, actions, fc.subarray([...REGIONS]), (item, granted, regions) => {
        const where = [item.region, ...arnsOf(item).map((arn) => arn.split(':')[3] ?? '')];
        try {
          const { text } = sessionPolicy(item, granted, { regions });
          expect(text).toBe(sessionPolicy(item, granted).text);
          expect(where.every((region) => (regions as string[]).includes(region))).toBe(true);
        } catch (error) {
          const { reason } = error as { reason?: string };
          if (reason === 'action-not-available') return;
          expect(reason).toBe('outside-residency');
          expect(where.every((region) => (regions as string[]).includes(region))).toBe(false);
        }
      }),
    );
  });
});

test('P6: no restrictions, in any way of saying so, give the bytes of none; others give other bytes', () => {
  fc.assert(
    fc.property(guarded, ([item, guardrail, granted]) => {
      fc.pre(granted.some((action) => action !== 'count'));
      const plain = sessionPolicy(item, granted);
      expect(sessionPolicy(item, granted, {}).text).toBe(plain.text);
      expect(sessionPolicy(item, granted, { guardrail }).hash).not.toBe(plain.hash);
      expect(sessionPolicy(item, granted, { expiresAt: 1_800_000_000 }).hash).not.toBe(plain.hash);
    }),
  );
});
