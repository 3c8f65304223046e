import { describe, expect, test } from 'vitest';
import { decidePolicy } from '../../../../local/gateway/policy.ts';
import cases from '../../../cases/gateway-policy.json' with { type: 'json' };

describe('the policy that an authorizer returned, for one method', () => {
  test.each(cases)('$id: $name', ({ input, expected }) => {
    expect(decidePolicy({ Version: '2012-10-17', Statement: input.statements }, input.arn)).toBe(expected);
  });

  test.each([undefined, null, 'Allow', 7, {}, []])('a document that is %j denies', (document) => {
    expect(decidePolicy(document, 'arn:x')).toBe('deny');
  });
});
