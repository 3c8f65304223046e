import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SESSION_POLICY_MAX_CHARS } from '../../contract/limits/policies.ts';
import { ACTIONS } from '../../contract/model.ts';
import { parseModelArn } from '../../policies/arn.ts';
import { documentOf, type PolicyDocument } from '../../policies/document.ts';
import { arnsOf } from '../../policies/kinds.ts';
import { pathsAround, pathsOf } from '../../policies/questions.ts';
import { invokerRolePolicy } from '../../policies/roles.ts';
import { sessionPolicy } from '../../policies/session.ts';
import { allows } from '../unit/policies/evaluator.ts';
import { BESIDE, built, expected, iamOf, others, shownBy, shownWith, TAKES_NONE } from './entry.ts';
import { account, actions, EVERY_KIND, foundation, modelId, profile, REGIONS, target, targets } from './targets.ts';

describe('the session policy of any entry', () => {
  test('P1: allows an ARN if and only if it is of the entry, for each action, and P4: models only through the profile', () => {
    fc.assert(
      fc.property(target, target, actions, (item, other, granted) => {
        const policy = built(item, granted);
        for (const arn of [...arnsOf(item), ...others(item, other)])
          for (const action of ACTIONS)
            for (const context of shownWith(item, other)) {
              const ask = { action: iamOf(item)[action], resource: arn, context };
              const decision = policy !== undefined && allows(policy.document, ask);
              expect(decision, JSON.stringify(ask)).toBe(expected(item, granted, action, arn, context));
            }
      }),
      { numRuns: 300 },
    );
  });

  test('P5: holds no wildcard, no negation, no principal and no action beside the ones that call', () => {
    fc.assert(
      fc.property(target, actions, (item, granted) => {
        const policy = built(item, granted);
        if (policy === undefined) return;
        const { Statement } = policy.document;
        // An action that takes no resource is bound by what it shows.
        const bound = Statement.filter(({ Resource }) => Resource[0] === '*');
        for (const { Action, Resource, Condition } of bound) {
          expect(Resource).toEqual(['*']);
          expect(TAKES_NONE).toEqual(expect.arrayContaining([...Action]));
          expect(Condition?.StringEquals).toMatchObject({ 'aws:RequestedRegion': item.region });
        }
        const rest = Statement.map((one) => (bound.includes(one) ? { ...one, Resource: [] } : one));
        expect(JSON.stringify(rest)).not.toMatch(/[*?$]|NotAction|NotResource|Principal/);
        for (const { Effect, Action } of Statement) {
          expect(Effect).toBe('Allow');
          for (const name of Action)
            expect([...Object.values(iamOf(item)), ...(BESIDE[item.kind] ?? [])]).toContain(name);
        }
      }),
    );
  });

  test('P5: an inline agent is called by its own name, where it is called, and by no other', () => {
    fc.assert(
      fc.property(targets['bedrock-inline-agent'], target, actions, (item, other, granted) => {
        fc.pre(granted.some((action) => action !== 'count'));
        const allowed = (document: PolicyDocument | undefined, agentName: string, region: string) =>
          document !== undefined &&
          allows(document, {
            action: 'bedrock:InvokeInlineAgent',
            resource: '*',
            context: { 'aws:RequestedRegion': region, 'bedrock:InlineAgentName': agentName },
          });
        const own = built(item, granted)?.document;
        const { agentName, region } = item;
        expect(allowed(own, agentName, region)).toBe(true);
        for (const name of [`${agentName}x`, agentName.slice(0, -1), agentName.toUpperCase(), '', '*'])
          expect(allowed(own, name, region), name).toBe(name === agentName);
        for (const where of REGIONS) expect(allowed(own, agentName, where)).toBe(where === region);
        if (other.kind !== 'bedrock-inline-agent' || other.agentName !== agentName)
          expect(allowed(built(other, granted)?.document, agentName, region)).toBe(false);
      }),
    );
  });

  test('P6: the same set in any order, with repeats, gives the same bytes', () => {
    const jumbled = <T>(list: readonly T[]) =>
      fc.array(fc.constantFrom(...list), { maxLength: 6 }).chain((repeats) =>
        fc.shuffledSubarray([...list, ...repeats], {
          minLength: list.length + repeats.length,
        }),
      );
    fc.assert(
      fc.property(
        fc
          .tuple(profile, actions)
          .chain(([item, granted]) =>
            fc.tuple(fc.constant(item), fc.constant(granted), jumbled(item.modelArns), jumbled(granted)),
          ),
        ([item, granted, modelArns, again]) => {
          const first = built(item, granted);
          const second = built({ ...item, modelArns }, again);
          expect(second?.text).toBe(first?.text);
          expect(second?.hash).toBe(first?.hash);
        },
      ),
    );
  });

  test('P6: another set gives other bytes', () => {
    fc.assert(
      fc.property(target, target, actions, (item, other, granted) => {
        fc.pre(JSON.stringify([...arnsOf(item)].sort()) !== JSON.stringify([...arnsOf(other)].sort()));
        const one = built(item, granted);
        const two = built(other, granted);
        fc.pre(one !== undefined && two !== undefined && granted.some((action) => action !== 'count'));
        expect(one?.hash).not.toBe(two?.hash);
      }),
    );
  });

  test('P7: is never longer than STS takes', () => {
    fc.assert(
      fc.property(profile, fc.array(modelId, { maxLength: 60 }), actions, (item, ids, granted) => {
        const modelArns = [...item.modelArns, ...ids.map((id) => foundation('us-east-1', id))];
        try {
          expect(sessionPolicy({ ...item, modelArns }, granted).text.length).toBeLessThanOrEqual(
            SESSION_POLICY_MAX_CHARS,
          );
        } catch (error) {
          expect(['policy_too_large', 'bad_entry']).toContain((error as { code?: string }).code);
        }
      }),
    );
  });

  test('P8: the narrower of role and session decides', () => {
    fc.assert(
      fc.property(target, actions, fc.subarray([...REGIONS], { minLength: 1 }), (item, granted, regions) => {
        const policy = built(item, granted) ?? { document: documentOf([]) };
        const role = invokerRolePolicy({ partition: 'aws', account, regions, kinds: EVERY_KIND });
        for (const arn of arnsOf(item))
          for (const action of ACTIONS) {
            const ask = { action: iamOf(item)[action], resource: arn, context: shownBy(item) };
            const both = allows(role, ask) && allows(policy.document, ask);
            const inRegions = regions.some((where) => arn.includes(`:${where}:`));
            expect(both).toBe(inRegions && expected(item, granted, action, arn, shownBy(item)));
          }
      }),
    );
  });
});

test('what a review asks about any entry is what its session policy allows, pair by pair', () => {
  fc.assert(
    fc.property(target, fc.constantFrom(...ACTIONS), (item, action) => {
      const document = built(item, [action])?.document ?? documentOf([]);
      const paths = pathsOf(item, action);
      const asked = new Set(paths.flat().map(({ action: name, resource }) => `${name} ${resource}`));
      const named = document.Statement.flatMap(({ Action, Resource }) =>
        Action.flatMap((name) => Resource.map((resource) => `${name} ${resource}`)),
      );
      expect([...asked].sort()).toEqual([...named].sort());
      for (const ask of paths.flat()) expect(allows(document, ask)).toBe(true);
      for (const ask of pathsAround(item, action).flat()) expect(allows(document, ask)).toBe(false);
    }),
    { numRuns: 300 },
  );
});

describe('any text as an ARN', () => {
  test('P2: is refused with a typed error, or is free of all that a policy would interpret', () => {
    const part = fc.constantFrom(
      ...['arn', 'aws', 'bedrock', 'sagemaker', 'us-east-1', '', account, 'foundation-model/a.b', 'endpoint/x'],
      ...['*', '?', '${x}', ' ', 'A', '/', 'aws-cn', 'inference-profile/us.a.b', 'provisioned-model/a1b2c3d4e5f6'],
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part, { minLength: 4, maxLength: 8 }).map((parts) => parts.join(':')),
      fc.tuple(target, fc.string({ maxLength: 3 }), fc.nat(90)).map(([item, inserted, at]) => {
        const arn = item.arn;
        return arn.slice(0, at) + inserted + arn.slice(at);
      }),
    );
    fc.assert(
      fc.property(text, (value) => {
        try {
          const arn = parseModelArn(value);
          expect(arn.text).toBe(value);
          expect(value).toMatch(/^[A-Za-z0-9:/.-]+$/);
          expect(value.split(':').length).toBeLessThanOrEqual(7);
          expect(value).toBe(
            `arn:${arn.partition}:${arn.service}:${arn.region}:${arn.account}:${arn.resourceType}/${arn.resourceId}`,
          );
        } catch (error) {
          if ((error as { code?: string }).code !== 'bad_arn') throw error;
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
