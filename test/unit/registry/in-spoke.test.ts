import { describe, expect, test } from 'vitest';
import type { Place, Target } from '../../../contract/model.ts';
import { inSpoke } from '../../../registry/in-spoke.ts';

const HUB = '111122223333';
const SPOKE = '444455556666';
const ROLE = `arn:aws:iam::${SPOKE}:role/tollgate-prod-spoke-acme`;

const bedrock = (resource: string, account = HUB, partition = 'aws') =>
  `arn:${partition}:bedrock:us-east-1:${account}:${resource}`;
const NOVA = bedrock('foundation-model/amazon.nova-lite-v1:0', '');
const PROFILE = 'us.amazon.nova-lite-v1:0';

function target(kind: Target['kind'], members: object): Target {
  return { kind, region: 'us-east-1', ...members } as Target;
}

const model = (arn: string) => target('bedrock-model', { modelId: arn, arn });
const profile = (arn: string, modelId = PROFILE) => target('bedrock-profile', { modelId, arn, modelArns: [NOVA] });
const endpoint = (account: string) =>
  target('sagemaker-endpoint', {
    endpointName: 'pool',
    arn: `arn:aws:sagemaker:us-east-1:${account}:endpoint/pool`,
  });

describe('what a call is authorised on in another account', () => {
  test.each<[string, Target, Target | string]>([
    ['a foundation model, which is of none', model(NOVA), model(NOVA)],
    [
      'a system profile, of whoever calls',
      profile(bedrock(`inference-profile/${PROFILE}`)),
      profile(bedrock(`inference-profile/${PROFILE}`, SPOKE)),
    ],
    [
      'one that is called by its ARN',
      profile(bedrock(`inference-profile/${PROFILE}`), bedrock(`inference-profile/${PROFILE}`)),
      profile(bedrock(`inference-profile/${PROFILE}`, SPOKE), bedrock(`inference-profile/${PROFILE}`, SPOKE)),
    ],
    [
      'an application profile of that account',
      profile(bedrock('application-inference-profile/abcdefghijkl', SPOKE)),
      profile(bedrock('application-inference-profile/abcdefghijkl', SPOKE)),
    ],
    [
      'an application profile of the stage’s',
      profile(bedrock('application-inference-profile/abcdefghijkl')),
      'account-differs',
    ],
    ['bought capacity of the stage’s', model(bedrock('provisioned-model/abcdefghijkl')), 'account-differs'],
    [
      'bought capacity of that account',
      model(bedrock('provisioned-model/abcdefghijkl', SPOKE)),
      model(bedrock('provisioned-model/abcdefghijkl', SPOKE)),
    ],
    [
      'an own model that is deployed at the stage’s',
      model(bedrock('custom-model-deployment/abcdefghijkl')),
      'account-differs',
    ],
    ['an imported model of the stage’s', model(bedrock('imported-model/abcdefghijkl')), 'account-differs'],
    ['an endpoint of the stage’s', endpoint(HUB), 'account-differs'],
    ['an endpoint of that account', endpoint(SPOKE), endpoint(SPOKE)],
    [
      'an endpoint of Marketplace of the stage’s',
      target('bedrock-endpoint', { arn: `arn:aws:sagemaker:us-east-1:${HUB}:endpoint/e` }),
      'account-differs',
    ],
    [
      'what is of another partition',
      model('arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/a.b'),
      'partition-differs',
    ],
  ])('%s', (_, given, expected) => {
    const place: Place = { target: given, weight: 2 };
    if (typeof expected === 'string')
      expect(() => inSpoke(place, ROLE)).toThrow(
        expect.objectContaining({ code: 'bad_entry', field: 'target.arn', reason: expected }),
      );
    else {
      const there = inSpoke(place, ROLE);
      expect(there).toEqual({ target: expected, weight: 2, role: ROLE });
      expect(inSpoke(there, ROLE)).toEqual(there);
    }
  });

  test('a guardrail is of the account that calls', () => {
    const guardrail = (account: string) => ({ arn: bedrock('guardrail/abc', account), version: '1' });
    expect(inSpoke({ target: model(NOVA) }, ROLE, [guardrail(SPOKE)])).toMatchObject({ role: ROLE });
    expect(() => inSpoke({ target: model(NOVA) }, ROLE, [guardrail(HUB)])).toThrow(
      expect.objectContaining({ field: 'guardrail.arn', reason: 'guardrail-account' }),
    );
  });
});
