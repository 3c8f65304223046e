import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { TOKEN_TIME_MAX_SECONDS } from '../../../contract/limits/contract.ts';
import { SESSION_POLICY_MAX_CHARS } from '../../../contract/limits/policies.ts';
import type { Action, Target, TargetOf } from '../../../contract/model.ts';
import { parseModelArn } from '../../../policies/arn.ts';
import { sessionPolicy } from '../../../policies/session.ts';

const profileArn = 'arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.a.model';

function profile(modelArns: string[]): TargetOf<'bedrock-profile'> {
  return { kind: 'bedrock-profile', modelId: 'us.a.model', region: 'us-east-1', arn: profileArn, modelArns };
}

const model = (id: string): string => `arn:aws:bedrock:us-east-1::foundation-model/a.${id}`;

/** A target whose policy has exactly `chars` characters: many models, the last one's name stretched to fit. */
function targetOfSize(chars: number): TargetOf<'bedrock-profile'> {
  const arns = [model('m0'), model('m1')];
  const size = (list: string[]) => JSON.stringify(sessionPolicyUnchecked(list)).length;
  while (size([...arns, model('z'.repeat(62))]) < chars) arns.push(model(`m${arns.length}`));
  const padding = chars - size([...arns, model('')]);
  return profile([...arns, model('z'.repeat(padding))]);
}

function sessionPolicyUnchecked(modelArns: string[]): unknown {
  return {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: ['bedrock:InvokeModel'], Resource: [profileArn] },
      {
        Effect: 'Allow',
        Action: ['bedrock:InvokeModel'],
        Resource: modelArns,
        Condition: { StringEquals: { 'bedrock:InferenceProfileArn': profileArn } },
      },
    ],
  };
}

describe('the size of a session policy', () => {
  test('P7: the largest entry that fits is accepted', () => {
    expect(sessionPolicy(targetOfSize(SESSION_POLICY_MAX_CHARS), ['invoke']).text).toHaveLength(
      SESSION_POLICY_MAX_CHARS,
    );
  });

  test('P7: one character more is a typed error with both numbers, never a shorter policy', () => {
    expect(() => sessionPolicy(targetOfSize(SESSION_POLICY_MAX_CHARS + 1), ['invoke'])).toThrow(
      expect.objectContaining({
        code: 'policy_too_large',
        field: 'target',
        detail: { chars: SESSION_POLICY_MAX_CHARS + 1, max: SESSION_POLICY_MAX_CHARS },
      }),
    );
  });
});

describe('the bytes of a session policy', () => {
  test('the hash is the SHA-256 of the text that is sent', () => {
    const { text, hash } = sessionPolicy(profile([model('m')]), ['invoke']);
    expect(hash).toBe(createHash('sha256').update(text, 'utf8').digest('hex'));
  });

  test('P6: one ARN more gives another hash', () => {
    const one = sessionPolicy(profile([model('m')]), ['invoke']);
    const two = sessionPolicy(profile([model('m'), model('n')]), ['invoke']);
    expect(two.hash).not.toBe(one.hash);
  });

  test('P6: one action more gives another hash', () => {
    const target = profile([model('m')]);
    expect(sessionPolicy(target, ['invoke', 'stream']).hash).not.toBe(sessionPolicy(target, ['invoke']).hash);
  });

  test('the caller-visible message of a refused ARN holds nothing of the ARN', () => {
    const secret = 'arn:aws:bedrock:us-east-1:999988887777:inference-profile/*';
    expect(() => parseModelArn(secret)).toThrow(
      expect.objectContaining({ publicMessage: expect.not.stringContaining('999988887777') }),
    );
  });
});

describe('a target in another region than it is called in', () => {
  test.each<[string, Target]>([
    ['P2: a profile', { ...profile([model('m0')]), region: 'us-east-2' }],
    [
      'P2: an endpoint',
      {
        kind: 'sagemaker-endpoint',
        endpointName: 'x',
        region: 'us-east-2',
        arn: 'arn:aws:sagemaker:us-east-1:111122223333:endpoint/x',
      },
    ],
  ])('%s is refused', (_name, target) => {
    expect(() => sessionPolicy(target, ['invoke'])).toThrow(
      expect.objectContaining({ code: 'bad_arn', field: 'target.arn', reason: 'region-differs' }),
    );
  });
});

describe('at its borders', () => {
  test('an end may be the last that is a time, and no later', () => {
    const ending = (expiresAt: number) => () => sessionPolicy(profile([model('m0')]), ['invoke'], { expiresAt });
    expect(ending(TOKEN_TIME_MAX_SECONDS)().text).toContain('9999-12-31T23:59:59Z');
    expect(ending(TOKEN_TIME_MAX_SECONDS + 1)).toThrow(
      expect.objectContaining({ code: 'bad_entry', field: 'expiresAt', reason: 'not-a-time' }),
    );
  });

  test('P10: a guardrail may be applied as soon as one of the actions runs the model', () => {
    const guardrail = { arn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/abc', version: '1' };
    const actionsOf = (...actions: Action[]): string[] =>
      sessionPolicy(profile([model('m0')]), actions, { guardrail }).document.Statement.flatMap(({ Action }) => Action);
    expect(actionsOf('invoke', 'count')).toContain('bedrock:ApplyGuardrail');
    expect(actionsOf('count')).toEqual(['bedrock:CountTokens']);
  });

  test('who wants what a target does not have is told so', () => {
    const target: Target = {
      kind: 'sagemaker-endpoint',
      endpointName: 'x',
      region: 'us-east-1',
      arn: 'arn:aws:sagemaker:us-east-1:111122223333:endpoint/x',
    };
    expect(() => sessionPolicy(target, ['count'])).toThrow(
      expect.objectContaining({ publicMessage: 'This kind of model has none of the wanted actions.' }),
    );
  });
});
