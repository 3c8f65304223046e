import { describe, expect, test } from 'vitest';
import type { TenantId } from '../../../contract/identity.ts';
import { allowStage, denyStage } from '../../../policies/gateway.ts';
import { usageKey } from '../../../policies/usage-key.ts';

const api = 'arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/local';
const stage = { account: '111122223333', region: 'us-east-1', stage: 'local' };

describe('the answer to API Gateway', () => {
  test.each([
    ['the method asked for', `${api}/POST/model/amazon.nova-lite-v1:0/converse`],
    ['the root', `${api}/GET/`],
    ['a path with slashes, spaces and wildcards', `${api}/POST/a/../*?x y/\n`],
  ])('allowing covers the whole stage, because the answer is cached for all of it: %s', (_, methodArn) => {
    expect(allowStage(methodArn, 'tg-acme', { v: '1' }, null)).toEqual({
      principalId: 'tg-acme',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['execute-api:Invoke'], Resource: [`${api}/*/*`] }],
      },
      context: { v: '1' },
      usageIdentifierKey: usageKey(stage, null),
    });
  });

  test('names the API key of the tenant with a plan, of the stage that was asked, whatever the path says', () => {
    const keyOf = (methodArn: string, planned: string) =>
      allowStage(methodArn, 'x', {}, planned as TenantId).usageIdentifierKey;
    expect(keyOf(`${api}/GET/x`, 'acme')).toBe(usageKey(stage, 'acme' as TenantId));
    expect(keyOf(`${api}/GET/${api.replace('local', 'prod')}/GET/`, 'acme')).toBe(keyOf(`${api}/GET/x`, 'acme'));
    expect(keyOf(`${api.replace('local', 'prod')}/GET/x`, 'acme')).not.toBe(keyOf(`${api}/GET/x`, 'acme'));
  });

  test('denying covers the whole stage and carries no context and no API key', () => {
    expect(denyStage(`${api}/GET/v1/models`, 'unknown')).toEqual({
      principalId: 'unknown',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Deny', Action: ['execute-api:Invoke'], Resource: [`${api}/*/*`] }],
      },
      context: {},
    });
  });

  test.each([
    ['nothing', ''],
    ['not a string', undefined],
    ['a wildcard for the API', 'arn:aws:execute-api:us-east-1:111122223333:*/local/GET/'],
    ['a wildcard for the stage', 'arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/*/GET/'],
    ['no method', `${api}`],
    ['no path', `${api}/GET`],
    ['an account of eleven digits', 'arn:aws:execute-api:us-east-1:11112222333:a1b2c3d4e5/local/GET/'],
    ['another service', 'arn:aws:lambda:us-east-1:111122223333:a1b2c3d4e5/local/GET/'],
    ['an unknown partition', 'arn:aws-moon:execute-api:us-east-1:111122223333:a1b2c3d4e5/local/GET/'],
    ['a line before it', `x\n${api}/GET/`],
  ])('a method ARN that does not parse is refused: %s', (_, methodArn) => {
    expect(() => allowStage(methodArn as string, 'x', {}, null)).toThrow(
      expect.objectContaining({ code: 'forbidden', reason: 'method-arn' }),
    );
    expect(() => denyStage(methodArn as string, 'x')).toThrow(expect.objectContaining({ code: 'forbidden' }));
  });
});
