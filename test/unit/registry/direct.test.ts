import { describe, expect, test } from 'vitest';
import { ACTIONS, type Action, type AllowedModel, type TargetOf } from '../../../contract/model.ts';
import { sessionPolicy } from '../../../policies/session.ts';
import { decideDirect } from '../../../registry/direct.ts';
import { checkTogether } from '../../../registry/restrictions.ts';

const NOW = 1_795_262_400;

const model = (id: string, more: Partial<AllowedModel> = {}): AllowedModel => ({
  id,
  target: {
    kind: 'bedrock-model',
    modelId: 'vendor.same-v1:0',
    region: 'us-east-1',
    arn: 'arn:aws:bedrock:us-east-1::foundation-model/vendor.same-v1:0',
  },
  actions: ['stream'],
  lifecycle: { status: 'active' },
  ...more,
});

describe('whether credentials may be handed out', () => {
  test('any one granted action will do', () => {
    for (const action of ACTIONS) {
      const held = [model('m', { direct: true, actions: [action] as Action[] })];
      expect(decideDirect(held, 'm', NOW)).toMatchObject({ outcome: 'allowed', model: { id: 'm' } });
    }
  });

  test('of two entries under one native id it is the direct one', () => {
    const held = [model('a'), model('b', { direct: true })];
    expect(decideDirect(held, 'vendor.same-v1:0', NOW)).toMatchObject({ outcome: 'allowed', model: { id: 'b' } });
  });

  test('a model that is granted for the gateway alone, retired or not, is told from one that is not, in the log alone', () => {
    for (const lifecycle of [{ status: 'active' }, { status: 'retired' }] as const)
      expect(decideDirect([model('m', { lifecycle })], 'm', NOW)).toMatchObject({
        code: 'model_not_allowed',
        reason: 'direct-off',
        model: { id: 'm' },
      });
    expect(decideDirect([model('m', { direct: true })], 'x', NOW)).toEqual({
      outcome: 'refused',
      code: 'model_not_allowed',
      reason: 'unknown-model',
    });
  });
});

test('a direct grant whose policy has no room for the end of a token is refused when it is written', () => {
  const profile = (length: number): TargetOf<'bedrock-profile'> => ({
    kind: 'bedrock-profile',
    modelId: `us.v.${'x'.repeat(length)}`,
    region: 'us-east-1',
    arn: `arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.v.${'x'.repeat(length)}`,
    modelArns: 'abcdefghijklm'
      .split('')
      .map((letter) => `arn:aws:bedrock:us-${letter}east-1::foundation-model/v.${'x'.repeat(length)}`),
  });
  const fits = (length: number): boolean => {
    try {
      return sessionPolicy(profile(length), ACTIONS).text !== '';
    } catch {
      return false;
    }
  };
  const length = Array.from({ length: 63 }, (_, i) => 63 - i).find(fits) ?? 0;
  expect(length).toBeGreaterThan(1);
  expect(() => checkTogether({ actions: [...ACTIONS] }, profile(length))).not.toThrow();
  expect(() => checkTogether({ actions: [...ACTIONS], direct: true }, profile(length))).toThrow(
    expect.objectContaining({ code: 'policy_too_large' }),
  );
  expect(() => checkTogether({ actions: [...ACTIONS], direct: true }, profile(5))).not.toThrow();
});
