import { describe, expect, test } from 'vitest';
import { allowStage, denyStage } from '../../../policies/gateway.ts';

const api = 'arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5/local';

describe('the answer to API Gateway', () => {
  test.each([
    ['the method asked for', `${api}/POST/model/amazon.nova-lite-v1:0/converse`],
    ['the root', `${api}/GET/`],
    ['a path with slashes, spaces and wildcards', `${api}/POST/a/../*?x y/\n`],
  ])('allowing covers the whole stage, because the answer is cached for all of it: %s', (_, methodArn) => {
    expect(allowStage(methodArn, 'tg-acme', { v: '1' })).toEqual({
      principalId: 'tg-acme',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['execute-api:Invoke'], Resource: [`${api}/*/*`] }],
      },
      context: { v: '1' },
    });
  });

  test('denying covers the whole stage and carries no context', () => {
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
    expect(() => allowStage(methodArn as string, 'x', {})).toThrow(
      expect.objectContaining({ code: 'forbidden', reason: 'method-arn' }),
    );
    expect(() => denyStage(methodArn as string, 'x')).toThrow(expect.objectContaining({ code: 'forbidden' }));
  });
});
