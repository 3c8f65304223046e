import { describe, expect, test } from 'vitest';
import type { TollgateError } from '../../../contract/errors.ts';
import { SESSION_POLICY_MAX_CHARS } from '../../../contract/limits/policies.ts';
import type { Action, Target, TargetOf } from '../../../contract/model.ts';
import { type SessionRestrictions, sessionPolicy } from '../../../policies/session.ts';
import cases from '../../cases/grant-policy.json' with { type: 'json' };

interface Case {
  id: string;
  name: string;
  input: { target: Target; actions: Action[]; restrictions: SessionRestrictions };
  expected: { statements: unknown[] } | { code: string; field: string; reason: string };
}

describe('the session policy under a grant', () => {
  test.each(cases as unknown as Case[])('$id: $name', ({ input: { target, actions, restrictions }, expected }) => {
    const build = () => sessionPolicy(target, actions, restrictions);
    if ('statements' in expected)
      expect(build().document).toStrictEqual({ Version: '2012-10-17', Statement: expected.statements });
    else expect(build).toThrow(expect.objectContaining(expected));
  });
});

const profileOf = (regions: number, name: number): TargetOf<'bedrock-profile'> => ({
  kind: 'bedrock-profile',
  modelId: `us.a.${'x'.repeat(name)}`,
  region: 'us-aeast-1',
  arn: `arn:aws:bedrock:us-aeast-1:111122223333:inference-profile/us.a.${'x'.repeat(name)}`,
  modelArns: Array.from(
    { length: regions },
    (_, i) => `arn:aws:bedrock:us-${'abcdefghijklm'[i]}east-1::foundation-model/a.${'x'.repeat(name)}`,
  ),
});

test('P7: the restrictions count: what fits without them may be refused under them, never shortened', () => {
  const guardrail = { arn: 'arn:aws:bedrock:us-aeast-1:111122223333:guardrail/demo', version: '1' };
  const sizes = Array.from({ length: 60 }, (_, name) => {
    const target = profileOf(13, name + 1);
    try {
      return sessionPolicy(target, ['invoke'], { guardrail }).text.length;
    } catch (error) {
      expect(error).toMatchObject({ code: 'policy_too_large', detail: { max: SESSION_POLICY_MAX_CHARS } });
      expect(() => sessionPolicy(target, ['invoke'])).not.toThrow();
      return (error as TollgateError).detail?.chars as number;
    }
  });
  const refused = sizes.filter((size) => size > SESSION_POLICY_MAX_CHARS);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThan(sizes.length);
});
