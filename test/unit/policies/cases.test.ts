import { describe, expect, test } from 'vitest';
import type { Purpose, Target } from '../../../contract/model.ts';
import { parseModelArn } from '../../../policies/arn.ts';
import { type Part, type SessionRestrictions, sessionPolicy } from '../../../policies/session.ts';
import cases from '../../cases/session-policy.json' with { type: 'json' };

interface ArnCase {
  id: string;
  name: string;
  input: { arn: unknown };
  expected: { reason: string } | Record<string, string>;
}

interface PolicyCase {
  id: string;
  name: string;
  input: { target: Target; actions: Purpose[]; restrictions?: SessionRestrictions; beside?: Part[] };
  expected: { statements: unknown[] } | { code: string; field: string; reason: string };
}

const all = cases as unknown as (ArnCase | PolicyCase)[];
const isArnCase = (item: ArnCase | PolicyCase): item is ArnCase => 'arn' in item.input;
const isPolicyCase = (item: ArnCase | PolicyCase): item is PolicyCase => 'target' in item.input;

describe('an ARN that a policy may name', () => {
  test.each(all.filter(isArnCase))('$id: $name', ({ input, expected }) => {
    if ('reason' in expected)
      expect(() => parseModelArn(input.arn, 'here')).toThrow(
        expect.objectContaining({ code: 'bad_arn', field: 'here', reason: expected.reason }),
      );
    else expect(parseModelArn(input.arn)).toMatchObject({ text: input.arn, ...expected });
  });
});

describe('the session policy of one target', () => {
  test.each(all.filter(isPolicyCase))('$id: $name', ({ input, expected }) => {
    if ('statements' in expected)
      expect(sessionPolicy(input.target, input.actions, input.restrictions, input.beside).document).toStrictEqual({
        Version: '2012-10-17',
        Statement: expected.statements,
      });
    else
      expect(() => sessionPolicy(input.target, input.actions, input.restrictions, input.beside)).toThrow(
        expect.objectContaining(expected),
      );
  });
});
