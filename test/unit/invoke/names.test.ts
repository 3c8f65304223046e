import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkGuardrailMember } from '../../../invoke/grants/guardrail.ts';
import { loggedField, shownName } from '../../../invoke/names.ts';
import { checkFields } from '../../../invoke/surfaces/fields.ts';
import { CHAT_FIELDS } from '../../../invoke/surfaces/openai/fields.ts';

describe('a name of the caller’s own', () => {
  test.each([
    ['messages[0].content[12].text', 'messages[0].content[12].text'],
    ['inferenceConfig.maxTokens', 'inferenceConfig.maxTokens'],
    ['x-amzn-bedrock-service-tier', 'x-amzn-bedrock-service-tier'],
    ['x-amzn-bedrock-sk-123', 'unknown'],
    ['messages[0].sk-123', 'messages[0].unknown'],
    ['messages[0].[sk]', 'messages[0].unknown'],
    ['messages[41111111]', 'messagesunknown'],
    ['4111', 'unknown'],
    ['', ''],
  ])('%s is logged as %s', (field, logged) => {
    expect(loggedField(field)).toBe(logged);
  });

  test('is in no log, whatever it is, and in its caller’s answer in one bounded line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 200 }), (name) => {
        fc.pre(loggedField(name) !== name);
        const thrown = [
          () => checkFields(CHAT_FIELDS, { [name]: 1 }),
          () =>
            checkGuardrailMember(
              { guardrailIdentifier: 'a', guardrailVersion: '1', [name]: 1 },
              { guardrail: { arn: 'a', version: '1' } },
            ),
        ].map((check) => {
          try {
            check();
          } catch (error) {
            return error as { field: string; publicMessage: string };
          }
          throw new Error('accepted');
        });
        for (const { field, publicMessage } of thrown) {
          expect(loggedField(field)).toMatch(/^(?:guardrailConfig\.)?unknown$/);
          expect(publicMessage.length).toBeLessThan(200);
          expect(publicMessage).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        }
        expect(shownName(name)).toMatch(/^[\p{L}\p{N}_$@?-]{1,64}$/u);
      }),
    );
  });
});
