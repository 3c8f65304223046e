import { describe, expect, test } from 'vitest';
import { TollgateError } from '../../../contract/errors.ts';
import { errorAnswer } from '../../../invoke/surfaces/errors.ts';
import { bound } from '../../seal.ts';
import { call, caller, edge, post } from './edge.ts';

const CHAT = { model: 'nova-lite', messages: [{ role: 'user', content: 'hi' }] };

describe('an error', () => {
  const failing = (error: unknown) =>
    edge(() => {
      throw error;
    });
  const paths = ['/model/nova-lite/converse', '/v1/chat/completions'];
  const ask = (error: unknown, path: string) => call(failing(error).app, post(path, CHAT));

  test.each([
    ['rate_limited', 429],
    ['upstream_throttled', 429],
    ['unavailable', 503],
    ['upstream_unavailable', 503],
  ] as const)('%s says when to come back', async (code, status) => {
    for (const path of paths) {
      expect(await ask(new TollgateError(code), path)).toMatchObject({
        statusCode: status,
        headers: { 'retry-after': '2' },
      });
      expect(await ask(new TollgateError(code, { retryAfterSeconds: 7 }), path)).toMatchObject({
        headers: { 'retry-after': '7' },
      });
    }
  });

  test('model_retired names the successor', async () => {
    for (const path of paths) {
      const answer = await ask(new TollgateError('model_retired', { successor: 'nova-lite' }), path);
      expect(answer.statusCode).toBe(410);
      expect(answer.text).toContain('nova-lite');
      expect(answer.headers.link).toBe('</v1/models/nova-lite>; rel="successor-version"');
    }
  });

  test('T3: of a model that is not granted, unknown, or refused by IAM is one answer', async () => {
    for (const path of paths) {
      const answers = await Promise.all([
        ask(new TollgateError('model_not_allowed', { field: 'model', reason: 'unknown-model' }), path),
        ask(new TollgateError('model_not_allowed', { reason: 'action-not-granted' }), path),
        ask(new TollgateError('denied_by_iam', { detail: { arn: 'arn:aws:bedrock:x' } }), path),
      ]);
      expect(
        new Set(answers.map(({ bytes, statusCode, headers }) => JSON.stringify([statusCode, headers, `${bytes}`])))
          .size,
      ).toBe(1);
      expect(answers[0]?.statusCode).toBe(403);
    }
  });

  test.each(['bad_arn', 'policy_too_large', 'bad_setting'] as const)(
    '%s is our fault and says nothing of itself',
    async (code) => {
      for (const path of paths) {
        const answer = await ask(
          new TollgateError(code, { message: 'arn:aws:bedrock:us-east-1:111122223333:x' }),
          path,
        );
        expect(answer.statusCode).toBe(500);
        expect(answer.text).not.toContain('arn:');
      }
    },
  );

  test('T7: nobody expected is 500, and neither the answer nor the log holds what it said', async () => {
    for (const path of paths) {
      const { app, lines } = failing(new SyntaxError('Unexpected token in "my secret prompt"'));
      const authorization = 'Bearer secret-token';
      const requestContext = { requestId: 'req-1', authorizer: await bound(caller, authorization) };
      const answer = await call(app, { ...post(path, CHAT, { authorization }), requestContext });
      expect(answer.statusCode).toBe(500);
      expect(answer.text).not.toContain('secret');
      expect(lines.join()).not.toContain('secret');
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', code: 'internal', cause: 'SyntaxError' });
    }
  });

  test('that is not even an Error is 500', async () => {
    for (const path of paths) expect((await ask('thrown text', path)).statusCode).toBe(500);
  });

  test('within the pipeline is counted there, and not once more here', async () => {
    const { app, lines } = failing(new TollgateError('model_not_allowed'));
    await call(app, post('/v1/chat/completions', CHAT));
    expect(JSON.parse(lines[0] ?? '')).not.toHaveProperty('Refused');
  });
});

describe('Anthropic’s shape', () => {
  test.each([
    ['unauthenticated', 'authentication_error'],
    ['model_not_allowed', 'permission_error'],
    ['not_found', 'not_found_error'],
    ['invalid_request', 'invalid_request_error'],
    ['model_retired', 'not_found_error'],
    ['too_large', 'request_too_large'],
    ['rate_limited', 'rate_limit_error'],
    ['upstream_failed', 'api_error'],
    ['unavailable', 'api_error'],
    ['deadline', 'timeout_error'],
    ['upstream_throttled', 'overloaded_error'],
    ['upstream_unavailable', 'overloaded_error'],
  ] as const)('calls %s %s', async (code, type) => {
    const answer = errorAnswer('/v1/messages', new TollgateError(code, { field: 'model' }), undefined, 'req-1');
    expect(JSON.parse(String(answer.body))).toEqual({
      type: 'error',
      error: { type, message: expect.any(String), details: { error_code: code, param: 'model' } },
      request_id: 'req-1',
    });
    expect(answer.headers['request-id']).toBe('req-1');
  });

  test.each([
    ['upstream_throttled', 529],
    ['upstream_unavailable', 529],
    ['rate_limited', 429],
    ['unavailable', 503],
  ] as const)(
    'has a model with too much to do apart from what is used up here: %s is %i, and says when to come back',
    (code, status) => {
      expect(errorAnswer('/v1/messages', new TollgateError(code))).toMatchObject({
        status,
        headers: { 'retry-after': '2' },
      });
    },
  );

  test('is that of the models’ list for who says that it is a client of Anthropic’s', () => {
    const asked = { get: (name: string) => (name === 'anthropic-version' ? '2023-06-01' : null) };
    const of = (headers?: typeof asked) =>
      JSON.parse(String(errorAnswer('/v1/models/x', new TollgateError('not_found'), headers as never).body));
    expect(of(asked)).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
    expect(of()).toMatchObject({ error: { code: 'not_found' } });
  });
});

test('a promise that failed behind an answer is in the log, without its message', () => {
  const { app, lines } = edge();
  app.failed(new Error('my secret prompt'), 'req-1');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    event: 'failed-in-background',
    requestId: 'req-1',
    cause: 'Error',
  });
  expect(lines.join()).not.toContain('secret');
});
