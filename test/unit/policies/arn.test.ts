import { describe, expect, test } from 'vitest';
import { parseModelArn } from '../../../policies/arn.ts';

const provisioned = (id: string): string => `arn:aws:bedrock:us-east-1:111122223333:provisioned-model/${id}`;

describe('an ARN at the borders of its form', () => {
  test.each([
    ['P2: of 512 characters is judged by its form', `arn:${'a'.repeat(508)}`, 'shape'],
    ['P2: of 513 characters is not looked at', `arn:${'a'.repeat(509)}`, 'too-long'],
    ['P2: without parts has no form', 'arn', 'shape'],
    ['P2: that ends before its account has no form', 'arn:aws:bedrock:a/b', 'shape'],
    ['P2: without a type has no form', 'arn:aws:bedrock:us-east-1::/b', 'shape'],
    ['P2: with a type of one letter is of no type known here', 'arn:aws:bedrock:us-east-1::a/b', 'resource-type'],
    ['P2: without a partition is of none known here', 'arn::bedrock:us-east-1::foundation-model/a.b', 'partition'],
    ['P2: with 13 characters of a generated id is none', provisioned('a1b2c3d4e5f67'), 'resource-id'],
    ['P2: with a capital before a generated id is none', provisioned('Aa1b2c3d4e5f6'), 'resource-id'],
    ['P2: with a part after a generated id is none', provisioned('a1b2c3d4e5f6/x'), 'resource-id'],
  ])('%s', (_name, text, reason) => {
    expect(() => parseModelArn(text)).toThrow(expect.objectContaining({ code: 'bad_arn', field: 'arn', reason }));
  });

  test.each([['amazon.titan-text-express-v1:128k'], ['a.b:0'], ['a.b.c.d']])('names the model %s', (id) => {
    expect(parseModelArn(`arn:aws:bedrock:us-east-1::foundation-model/${id}`).resourceId).toBe(id);
  });
});
