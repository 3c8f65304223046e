import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { ACTIONS, SERVICE_TIERS, type Target } from '../../contract/model.ts';
import { arnsOf, kindOf } from '../../policies/kinds.ts';
import { invokerRolePolicy, invokerTrustPolicy } from '../../policies/roles.ts';
import { sessionPolicy } from '../../policies/session.ts';
import { evaluate, evaluateTrust } from '../../policies/simulate/evaluate.ts';
import type { RequestContext } from '../../policies/simulate/types.ts';
import { hopPolicy } from '../../policies/spoke.ts';
import { built, expected, iamOf, others, shownWith } from './entry.ts';
import { ACCOUNT, loadOracle, type Oracle, type Question } from './oracle.ts';
import { account, actions, EVERY_KIND, REGIONS, target } from './targets.ts';

let oracle: Oracle | undefined;
beforeAll(async () => {
  oracle = await loadOracle();
}, 180_000);

const everything = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

/** Only the two that run a model can go through a profile, and no stream names a model behind an endpoint. */
const isAsked = (action: string, key: string): boolean =>
  key === 'sagemaker:TargetModel' ? action === 'sagemaker:InvokeEndpoint' : action.startsWith('bedrock:InvokeModel');

/** Every question that AWS could be asked about a target and its neighbours. */
async function* asked(other: Oracle, item: Target, neighbour: Target) {
  for (const resource of new Set([...arnsOf(item), ...others(item, neighbour)]))
    for (const action of ACTIONS) {
      const name = iamOf(item)[action];
      const about = { role: [everything], session: null, action: name, resource, context: {} };
      // No such request: the action is not known, or never takes such a resource.
      if (resource === '*' || (await other.objection(about)) !== undefined) continue;
      for (const context of shownWith(item, neighbour))
        if (Object.keys(context).every((key) => isAsked(name, key))) yield { action, name, resource, context };
    }
}

describe('a session policy before an IAM written by others', () => {
  test('P1 P4 P5: allows an ARN if and only if it is of the entry, for each action, and a model only through its profile', {
    timeout: 60_000,
  }, async (context) => {
    const other = oracle;
    if (other === undefined) return context.skip();
    let questions = 0;
    await fc.assert(
      fc.asyncProperty(target, target, actions, async (item, neighbour, granted) => {
        const policy = built(item, granted);
        for await (const ask of asked(other, item, neighbour)) {
          const question = { action: ask.name, resource: ask.resource, context: ask.context };
          const session = policy?.document ?? null;
          // Without a policy there is no AssumeRole, so nothing is asked.
          const allowed = session !== null && (await other.allows({ role: [everything], session, ...question }));
          expect(allowed, JSON.stringify(question)).toBe(
            expected(item, granted, ask.action, ask.resource, ask.context),
          );
          if (session !== null)
            expect(evaluate({ rolePolicies: [everything as never], sessionPolicy: session }, question).allowed).toBe(
              allowed,
            );
          questions++;
        }
      }),
      { numRuns: 80 },
    );
    expect(questions).toBeGreaterThan(1_000);
  });

  test('P8: under the role that is deployed, the narrower of role and session decides', {
    timeout: 60_000,
  }, async (context) => {
    const other = oracle;
    if (other === undefined) return context.skip();
    await fc.assert(
      fc.asyncProperty(target, actions, fc.subarray([...REGIONS], { minLength: 1 }), async (item, granted, regions) => {
        const policy = built(item, granted);
        if (policy === undefined) return;
        const role = invokerRolePolicy({ partition: 'aws', account, regions, kinds: EVERY_KIND });
        for await (const ask of asked(other, item, item)) {
          const question = { action: ask.name, resource: ask.resource, context: ask.context };
          const allowed = await other.allows({ role: [role], session: policy.document, ...question });
          const inRegions = regions.some((where) => ask.resource.includes(`:${where}:`));
          expect(allowed, JSON.stringify(question)).toBe(
            inRegions && expected(item, granted, ask.action, ask.resource, ask.context),
          );
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('a guardrail that a grant demands, before an IAM written by others', () => {
  const guardrailOf = (region: string, id = 'abc123', version = '1') => ({
    arn: `arn:aws:bedrock:${region}:${ACCOUNT}:guardrail/${id}`,
    version,
  });

  test('P10: a call without it, or with another, is denied; only it may be applied', {
    timeout: 60_000,
  }, async (context) => {
    const other = oracle;
    if (other === undefined) return context.skip();
    const called = target.filter((one) => kindOf(one).restrictedBy.includes('guardrail'));
    await fc.assert(
      fc.asyncProperty(called, actions, async (item, granted) => {
        const guardrail = guardrailOf(item.region);
        const identifier = `${guardrail.arn}:1`;
        if (built(item, granted) === undefined) return;
        const session = sessionPolicy(item, granted, { guardrail }).document;
        // The session's policy alone has to refuse; that the role lets through what it allows is asked by the applying of the guardrail.
        const role = invokerRolePolicy({ partition: 'aws', account, regions: REGIONS, kinds: EVERY_KIND });
        const allows = (action: string, resource: string, context: RequestContext, by: object = everything) =>
          other.allows({ role: [by], session, action, resource, context });
        for await (const { action, name, resource, context } of asked(other, item, item)) {
          const own = expected(item, granted, action, resource, context);
          if (action === 'count') {
            expect(await allows(name, resource, context)).toBe(own);
            continue;
          }
          for (const given of [undefined, identifier, guardrail.arn, `${guardrail.arn}:2`, `${identifier}0`]) {
            const asks = given === undefined ? context : { ...context, 'bedrock:GuardrailIdentifier': given };
            expect(await allows(name, resource, asks), `${name} ${resource} with ${given}`).toBe(
              own && given === identifier,
            );
          }
        }
        const applies = (arn: string): Promise<boolean> => allows('bedrock:ApplyGuardrail', arn, {}, role);
        expect(await applies(guardrail.arn)).toBe(granted.some((action) => action !== 'count'));
        expect(await applies(guardrailOf(item.region, 'abc124').arn)).toBe(false);
        const alone = sessionPolicy(item, ['guard'], { guardrail }).document;
        const byItself = (action: string, on: string, context: RequestContext, by: object = everything) =>
          other.allows({ role: [by], session: alone, action, resource: on, context });
        expect(await byItself('bedrock:ApplyGuardrail', guardrail.arn, {}, role)).toBe(true);
        expect(await byItself('bedrock:ApplyGuardrail', guardrailOf(item.region, 'abc124').arn, {})).toBe(false);
        for await (const { action, name, resource, context } of asked(other, item, item)) {
          const bears = action === 'count' ? {} : { 'bedrock:GuardrailIdentifier': identifier };
          expect(await byItself(name, resource, { ...context, ...bears })).toBe(false);
        }
      }),
      { numRuns: 12 },
    );
  });
});

describe('tiers that a grant demands, before an IAM written by others', () => {
  test('a call of another tier is denied, and one without a name where the default one is not of them', {
    timeout: 60_000,
  }, async (context) => {
    const other = oracle;
    if (other === undefined) return context.skip();
    const called = target.filter((one) => kindOf(one).restrictedBy.includes('tiers'));
    const some = fc.subarray([...SERVICE_TIERS], { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(called, actions, some, async (item, granted, tiers) => {
        if (built(item, granted) === undefined) return;
        const session = sessionPolicy(item, granted, { tiers }).document;
        for await (const { action, name, resource, context } of asked(other, item, item)) {
          if (action === 'count') continue;
          const own = expected(item, granted, action, resource, context);
          for (const tier of [undefined, ...SERVICE_TIERS]) {
            const asks = tier === undefined ? context : { ...context, 'bedrock:ServiceTier': tier };
            const allowed = await other.allows({ role: [everything], session, action: name, resource, context: asks });
            expect(allowed, `${name} ${resource} of ${tier} under ${tiers}`).toBe(
              own && tiers.includes(tier ?? 'default'),
            );
          }
        }
      }),
      { numRuns: 12 },
    );
  });
});

describe('the policy of hop 1 before an IAM written by others', () => {
  const spoke = 'arn:aws:iam::444455556666:role/tollgate-prod-spoke-acme';
  const one = hopPolicy(spoke, 'tollgate-prod-acme', 'acme').document;
  // What is asked in another account its role must allow, too; here that one lets in anybody, so that hop 1's policy decides.
  const anybody = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: '*', Resource: '*' }],
  };
  const words = fc.constantFrom('tollgate-prod-acme', 'tollgate-prod-globex', 'tollgate-prod', '');
  const tenant = fc.constantFrom('acme', 'globex', '*', '');
  const context = fc.record(
    { 'sts:ExternalId': words, 'aws:RequestTag/TenantId': tenant, 'sts:SourceIdentity': fc.constant('tg-acme-0') },
    { requiredKeys: [] },
  );

  /** Which of these keys a request for an action has (list_awssecuritytokenservice of the Service Authorization Reference). */
  const KEYS: Record<string, string[]> = {
    'sts:AssumeRole': ['sts:ExternalId', 'aws:RequestTag/TenantId', 'sts:SourceIdentity'],
    'sts:TagSession': ['aws:RequestTag/TenantId'],
    'sts:SetSourceIdentity': ['sts:SourceIdentity'],
  };

  test('P11: whatever the role allows, it assumes the one role for the one tenant under its words, and does nothing else', {
    timeout: 60_000,
  }, async (test) => {
    const other = oracle;
    if (other === undefined) return test.skip();
    const actions = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'];
    const action = fc.constantFrom(...actions, 'iam:PassRole', 'iam:GetRole');
    const resource = fc.constantFrom(
      spoke,
      `${spoke}x`,
      spoke.replace('acme', 'globex'),
      spoke.replace('4444', '7777'),
    );
    let open = 0;
    await fc.assert(
      fc.asyncProperty(action, resource, context, async (action, resource, given) => {
        const keys = (KEYS[action] ?? []).filter((key) => key in given);
        const context = Object.fromEntries(keys.map((key) => [key, given[key as keyof typeof given]]));
        const ours = context['aws:RequestTag/TenantId'] === 'acme';
        const may: Record<string, boolean> = {
          'sts:AssumeRole': ours && context['sts:ExternalId'] === 'tollgate-prod-acme',
          'sts:TagSession': ours,
          'sts:SetSourceIdentity': true,
        };
        const expected = resource === spoke && (may[action] ?? false);
        const asked = { action, resource, context: context as RequestContext };
        const question = { role: [everything], session: one, trust: anybody, ...asked };
        expect(await other.allows(question), JSON.stringify(asked)).toBe(expected);
        expect(evaluate({ rolePolicies: [everything as never], sessionPolicy: one }, asked).allowed).toBe(expected);
        if (expected) open++;
      }),
      { numRuns: 600 },
    );
    expect(open).toBeGreaterThan(10);
  });
});

describe('the invoker role’s trust policy before an IAM written by others', () => {
  const invoke = `arn:aws:iam::${ACCOUNT}:role/tollgate-invoke`;
  const resource = `arn:aws:iam::${ACCOUNT}:role/tollgate-invoker`;
  const trust = invokerTrustPolicy({ trustedRoleArn: invoke });
  const name = fc.constantFrom('tg-acme-0', 'tg-', 'acme', 'TG-acme', '');
  const tags = {
    'aws:RequestTag/TenantId': fc.constantFrom('acme', ''),
    'aws:RequestTag/CostCenter': fc.constantFrom('c', ''),
  };
  const tagKeys = {
    'aws:TagKeys': fc.constantFrom(
      ['TenantId', 'CostCenter'],
      ['TenantId'],
      ['TenantId', 'CostCenter', 'Admin'],
      ['Admin'],
    ),
  };
  // As our code asks, or with one member replaced: left to chance alone, hardly a request would be allowed.
  const ours = {
    'sts:RoleSessionName': 'tg-acme-0',
    'sts:SourceIdentity': 'tg-acme-0',
    'aws:RequestTag/TenantId': 'acme',
    'aws:RequestTag/CostCenter': 'c',
    'aws:TagKeys': ['TenantId', 'CostCenter'],
  };
  type Members = Record<string, string | readonly string[]>;
  const asked = (action: string, members: { [key: string]: fc.Arbitrary<string | readonly string[]> }) => {
    const some = fc.record(members, { requiredKeys: [] }) as fc.Arbitrary<Members>;
    const own = Object.fromEntries(Object.entries(ours).filter(([key]) => Object.hasOwn(members, key)));
    const nearlyOurs = fc
      .option(fc.oneof(...Object.entries(members).map(([key, value]) => value.map((to) => ({ [key]: to })))))
      .map((change): Members => ({ ...own, ...change }));
    return fc.record({ action: fc.constant(action), context: fc.oneof(some, nearlyOurs) });
  };
  const request = fc.oneof(
    asked('sts:AssumeRole', { 'sts:RoleSessionName': name, 'sts:SourceIdentity': name, ...tags, ...tagKeys }),
    asked('sts:TagSession', { ...tags, ...tagKeys }),
    asked('sts:SetSourceIdentity', { 'sts:SourceIdentity': name }),
  );

  test('our IAM decides each of the three actions alike, for our role and for others', async (context) => {
    const other = oracle;
    if (other === undefined) return context.skip();
    const seen = { allowed: 0, denied: 0 };
    const role = fc.constantFrom('tollgate-invoke', 'tollgate-invoke2', 'tollgate-metering');
    await fc.assert(
      fc.asyncProperty(request, role, async ({ action, context }, caller) => {
        const principal = `arn:aws:sts::${ACCOUNT}:assumed-role/${caller}/a-function`;
        const question: Question = { role: [everything], session: null, trust, principal, action, resource, context };
        const allowed = await other.allows(question);
        seen[allowed ? 'allowed' : 'denied']++;
        const callers = [`arn:aws:iam::${ACCOUNT}:role/${caller}`, principal];
        expect(evaluateTrust(trust, callers, { action, context }).allowed, JSON.stringify(question)).toBe(allowed);
      }),
      { numRuns: 1_500 },
    );
    expect(Math.min(seen.allowed, seen.denied), JSON.stringify(seen)).toBeGreaterThan(50);
  });
});
