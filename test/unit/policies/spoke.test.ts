import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { invokerRolePolicy, invokerTrustPolicy } from '../../../policies/roles.ts';
import { evaluate, evaluateTrust } from '../../../policies/simulate/evaluate.ts';
import type { Policy, RequestContext } from '../../../policies/simulate/types.ts';
import { hopPolicy, spokesPolicy } from '../../../policies/spoke.ts';

const HUB = '111122223333';
const SPOKE = '444455556666';
const ROLE = `arn:aws:iam::${SPOKE}:role/tollgate-prod-spoke-acme`;
const INVOKER = `arn:aws:iam::${HUB}:role/tollgate-prod-invoker`;

const NOVA = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0';

describe('P11 hop 1', () => {
  const session = hopPolicy(ROLE, 'tollgate-prod-acme', 'acme').document as Policy;
  const everything: Policy = { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
  const invoker = [
    invokerRolePolicy({ partition: 'aws', account: HUB, regions: ['us-east-1'] }),
    spokesPolicy([ROLE, `arn:aws:iam::${SPOKE}:role/tollgate-prod-spoke-globex`]),
  ] as Policy[];
  const ours = {
    'sts:ExternalId': 'tollgate-prod-acme',
    'sts:RoleSessionName': 'tg-acme-0',
    'sts:SourceIdentity': 'tg-acme-0',
    'aws:TagKeys': ['TenantId', 'CostCenter'],
    'aws:RequestTag/TenantId': 'acme',
    'aws:RequestTag/CostCenter': 'c',
  };
  const ask = (action: string, resource: string, context: RequestContext, role = invoker) =>
    evaluate({ rolePolicies: role, sessionPolicy: session }, { action, resource, context }).allowed;

  test.each<[string, string, string, RequestContext, boolean]>([
    ['assumes the one role', 'sts:AssumeRole', ROLE, ours, true],
    ['tags its session', 'sts:TagSession', ROLE, ours, true],
    ['says who it is', 'sts:SetSourceIdentity', ROLE, ours, true],
    ['and no other role of that account', 'sts:AssumeRole', ROLE.replace('acme', 'globex'), ours, false],
    ['nor the role of that name in another', 'sts:AssumeRole', ROLE.replace(SPOKE, '777788889999'), ours, false],
    ['nor the invoker role again', 'sts:AssumeRole', INVOKER, ours, false],
    ['nor for another tenant', 'sts:AssumeRole', ROLE, { ...ours, 'aws:RequestTag/TenantId': 'globex' }, false],
    ['nor tagged as another', 'sts:TagSession', ROLE, { ...ours, 'aws:RequestTag/TenantId': 'globex' }, false],
    ['nor under another’s words', 'sts:AssumeRole', ROLE, { ...ours, 'sts:ExternalId': 'tollgate-prod-globex' }, false],
    ['nor without any', 'sts:AssumeRole', ROLE, { 'aws:RequestTag/TenantId': 'acme' }, false],
    ['and calls no model', 'bedrock:InvokeModel', NOVA, {}, false],
  ])('%s', (_, action, resource, context, expected) => {
    expect(ask(action, resource, context)).toBe(expected);
  });

  test('of anything else that an administrator may do, nothing', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          'bedrock:InvokeModel',
          'sts:AssumeRoleWithSAML',
          'sts:GetFederationToken',
          'iam:PassRole',
          's3:GetObject',
          'sts:AssumeRole',
        ),
        fc.constantFrom('*', NOVA, INVOKER, 'arn:aws:s3:::b/k', `${ROLE}x`, `arn:aws:iam::${SPOKE}:role/Admin`),
        (action, resource) => {
          expect(ask(action, resource, ours, [everything])).toBe(false);
        },
      ),
    );
  });

  test('the invoker role may assume what is listed, and nothing else with that right', () => {
    const alone = { rolePolicies: [invoker[1] as Policy], sessionPolicy: null };
    const may = (action: string, resource: string) => evaluate(alone, { action, resource, context: {} }).allowed;
    expect(may('sts:AssumeRole', ROLE)).toBe(true);
    expect(may('sts:AssumeRole', `arn:aws:iam::${SPOKE}:role/tollgate-prod-spoke-other`)).toBe(false);
    expect(may('sts:GetFederationToken', ROLE)).toBe(false);
    expect(may('bedrock:InvokeModel', NOVA)).toBe(false);
  });

  test.each<[string, string, RequestContext, boolean]>([
    ['the invoker role, with the words and tags of its tenant', INVOKER, ours, true],
    [
      'not without the words',
      INVOKER,
      Object.fromEntries(Object.entries(ours).filter(([key]) => key !== 'sts:ExternalId')),
      false,
    ],
    ['not with another tenant’s words', INVOKER, { ...ours, 'sts:ExternalId': 'tollgate-prod-globex' }, false],
    ['not with the stage’s, which are for places', INVOKER, { ...ours, 'sts:ExternalId': 'tollgate-prod' }, false],
    ['not for another tenant', INVOKER, { ...ours, 'aws:RequestTag/TenantId': 'globex' }, false],
    ['not under a name that is not ours', INVOKER, { ...ours, 'sts:RoleSessionName': 'somebody' }, false],
    ['no other role of the hub', INVOKER.replace('invoker', 'invoke'), ours, false],
    ['nobody of another account', INVOKER.replace(HUB, '999999999999'), ours, false],
  ])('a tenant’s role lets in %s', (_, who, context, expected) => {
    const trust = invokerTrustPolicy({ trustedRoleArn: INVOKER }, { externalId: 'tollgate-prod-acme', tenant: 'acme' });
    expect(evaluateTrust(trust as Policy, [who], { action: 'sts:AssumeRole', context }).allowed).toBe(expected);
  });
});
