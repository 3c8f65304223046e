import type { IncomingMessage } from 'node:http';
import { beforeEach, describe, expect, test } from 'vitest';
import { createAuthorizer } from '../../../../local/gateway/authorizers.ts';
import { receive } from '../../../../local/gateway/event.ts';

const api = { apiId: 'local', accountId: '111122223333', region: 'us-east-1', stage: 'local', domainName: 'x' };
const EVERYTHING = 'arn:aws:execute-api:us-east-1:111122223333:local/local/*/*';

function request(headers: string[], url = '/v1/models') {
  const req = { url, method: 'GET', rawHeaders: headers, socket: {} } as unknown as IncomingMessage;
  return receive(req, 'id', 0);
}

const policy = (resource: string, effect = 'Allow') => ({
  Version: '2012-10-17',
  Statement: [{ Effect: effect, Action: ['execute-api:Invoke'], Resource: [resource] }],
});

let now: number;
let calls: number;
let failures: unknown[];
let answer: () => unknown;

function authorizer(ttlSeconds = 60) {
  return createAuthorizer({
    api,
    call: async () => {
      calls++;
      return answer();
    },
    ttlSeconds,
    clock: () => now,
    onFailure: (error) => failures.push(error),
  });
}

beforeEach(() => {
  now = 1_000_000;
  calls = 0;
  failures = [];
  answer = () => ({ principalId: 'p', policyDocument: policy(EVERYTHING), context: { tenant: 'acme', exp: '999999' } });
});

describe('the authorizer of the local API', () => {
  test.each([[[]], [['Authorization', '']], [['Authorization', '  ']]])(
    'a request with the headers %j is 401 without a call',
    async (headers) => {
      expect(await authorizer()(request(headers), '/{proxy+}')).toEqual({ ok: false, response: 'UNAUTHORIZED' });
      expect(calls).toBe(0);
    },
  );

  test('hands on the context as strings, with the principal', async () => {
    answer = () => ({ principalId: 'p', policyDocument: policy(EVERYTHING), context: { n: 7, b: true } });
    expect(await authorizer()(request(['authorization', 'Bearer a']), '/{proxy+}')).toEqual({
      ok: true,
      context: { n: '7', b: 'true', principalId: 'p' },
      usageKey: undefined,
    });
  });

  test('hands on the API key that the authorizer names, remembered with its answer, and no other', async () => {
    const named = answer() as object;
    answer = () => ({ ...named, usageIdentifierKey: `the-key-${calls}` });
    const authorize = authorizer(60);
    const keyOf = async () => {
      const found = await authorize(request(['Authorization', 'Bearer a', 'x-api-key', 'mine']), '/{proxy+}');
      return found.ok ? found.usageKey : undefined;
    };
    expect([await keyOf(), await keyOf()]).toEqual(['the-key-1', 'the-key-1']);
    now += 60_000;
    expect(await keyOf()).toBe('the-key-2');
  });

  test('asks once for the same header within the TTL, and again after it', async () => {
    const authorize = authorizer(60);
    await authorize(request(['Authorization', 'Bearer a']), '/{proxy+}');
    await authorize(request(['authorization', 'Bearer a'], '/model/x/converse'), '/{proxy+}');
    expect(calls).toBe(1);
    now += 60_000;
    await authorize(request(['Authorization', 'Bearer a']), '/{proxy+}');
    expect(calls).toBe(2);
  });

  test('asks anew for a header that differs in one letter, or in a second value', async () => {
    const authorize = authorizer(60);
    await authorize(request(['Authorization', 'Bearer a']), '/{proxy+}');
    await authorize(request(['Authorization', 'bearer a']), '/{proxy+}');
    await authorize(request(['Authorization', 'Bearer a', 'Authorization', 'Bearer b']), '/{proxy+}');
    expect(calls).toBe(3);
  });

  test('asks once for requests with the same header that arrive together, and again after a failure', async () => {
    const authorize = authorizer(60);
    const together = () =>
      Promise.all([1, 2, 3].map(() => authorize(request(['Authorization', 'Bearer a']), '/{proxy+}')));
    answer = () => Promise.reject(new Error('no registry'));
    expect(await together()).toEqual(Array(3).fill({ ok: false, response: 'AUTHORIZER_FAILURE' }));
    expect(calls).toBe(1);
    answer = () => ({ principalId: 'p', policyDocument: policy(EVERYTHING), context: {} });
    expect((await together()).every(({ ok }) => ok)).toBe(true);
    expect(calls).toBe(2);
  });

  test('does not keep an answer past the token', async () => {
    answer = () => ({ principalId: 'p', policyDocument: policy(EVERYTHING), context: { exp: String(now / 1000 + 5) } });
    const authorize = authorizer(60);
    await authorize(request(['Authorization', 'Bearer a']), '/{proxy+}');
    now += 5_000;
    await authorize(request(['Authorization', 'Bearer a']), '/{proxy+}');
    expect(calls).toBe(2);
  });

  test('with a TTL of 0 asks every time', async () => {
    const authorize = authorizer(0);
    await authorize(request(['Authorization', 'Bearer a']), '/{proxy+}');
    await authorize(request(['Authorization', 'Bearer a']), '/{proxy+}');
    expect(calls).toBe(2);
  });

  test('evaluates a kept answer for the method at hand', async () => {
    answer = () => ({
      principalId: 'p',
      policyDocument: policy(`${EVERYTHING.slice(0, -3)}GET/v1/models`),
      context: {},
    });
    const authorize = authorizer(60);
    const headers = ['Authorization', 'Bearer a'];
    expect((await authorize(request(headers), '/{proxy+}')).ok).toBe(true);
    expect(await authorize(request(headers, '/model/x'), '/{proxy+}')).toEqual({
      ok: false,
      response: 'ACCESS_DENIED',
    });
    expect(calls).toBe(1);
  });

  test('answers 403 to a Deny, and keeps it', async () => {
    answer = () => ({ principalId: 'p', policyDocument: policy(EVERYTHING, 'Deny'), context: {} });
    const authorize = authorizer(60);
    for (let i = 0; i < 2; i++)
      expect(await authorize(request(['Authorization', 'Bearer a']), '/{proxy+}')).toEqual({
        ok: false,
        response: 'ACCESS_DENIED',
      });
    expect(calls).toBe(1);
  });

  test('answers 401 to exactly "Unauthorized", 503 to any other error, and keeps neither', async () => {
    const authorize = authorizer(60);
    answer = () => Promise.reject(new Error('Unauthorized'));
    expect(await authorize(request(['Authorization', 'Bearer a']), '/{proxy+}')).toEqual({
      ok: false,
      response: 'UNAUTHORIZED',
    });
    answer = () => Promise.reject(new Error('unauthorized'));
    expect(await authorize(request(['Authorization', 'Bearer a']), '/{proxy+}')).toEqual({
      ok: false,
      response: 'AUTHORIZER_FAILURE',
    });
    expect(calls).toBe(2);
    expect(failures).toHaveLength(1);
  });

  test.each([
    undefined,
    'Allow',
    { policyDocument: policy(EVERYTHING) },
    { principalId: 'p' },
    { principalId: 'p', policyDocument: policy(EVERYTHING), context: { models: [] } },
  ])('an answer that API Gateway would not accept is 500: %j', async (value) => {
    answer = () => value;
    expect(await authorizer()(request(['Authorization', 'Bearer a']), '/{proxy+}')).toEqual({
      ok: false,
      response: 'AUTHORIZER_CONFIGURATION_ERROR',
    });
  });
});
