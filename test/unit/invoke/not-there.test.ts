import { describe, expect, test } from 'vitest';
import cases from '../../cases/not-there.json' with { type: 'json' };
import slips from '../../cases/slips.json' with { type: 'json' };
import { call, edge, event, post } from './edge.ts';

/** The sentence, where the SDK of such paths looks for it. */
function awsMessage(answer: Awaited<ReturnType<typeof call>>, type: string): string {
  expect(answer.headers['x-amzn-errortype']).toBe(type);
  expect(Object.keys(answer.json() as object)).toEqual(['message']);
  return (answer.json() as { message: string }).message;
}

const READ: Record<string, (answer: Awaited<ReturnType<typeof call>>) => unknown> = {
  aws: (answer) => awsMessage(answer, 'ResourceNotFoundException'),
  // It has no name for what is not there.
  sagemaker: (answer) => awsMessage(answer, 'ValidationError'),
  openai: (answer) => {
    const { error } = answer.json() as { error: Record<string, unknown> };
    expect(error).toEqual({ message: error.message, type: 'not_found_error', code: 'not_found', param: null });
    return error.message;
  },
  anthropic: (answer) => {
    const { error } = answer.json() as { error: Record<string, unknown> };
    expect(answer.json()).toMatchObject({ type: 'error', error: { type: 'not_found_error' }, request_id: 'req-1' });
    return error.message;
  },
};

describe('a path that is not there is 404 in the form of its SDK, and says what would work', () => {
  test.each(cases)('$id: $name', async ({ input, expected: { form, names } }) => {
    for (const request of [post(input, {}), event('GET', input)]) {
      const { app, calls } = edge();
      const answer = await call(app, request);
      expect(answer.statusCode).toBe(404);
      expect(READ[form]?.(answer)).toContain(names);
      expect(calls).toEqual([]);
    }
  });
});

describe('a path that is nearly right is 404, and the right one is named in a sentence and in a header', () => {
  test.each(slips)('%s: %s', async (input, meant) => {
    for (const method of ['GET', 'POST', 'HEAD']) {
      const { headers, statusCode, text } = await call(edge().app, event(method, input));
      expect(statusCode).toBe(404);
      const [, path = ''] = meant.split(' ');
      const related = path.includes('{') ? '' : `, <${path}>; rel="related"`;
      expect(headers.link).toBe(`</docs>; rel="service-doc", </openapi.json>; rel="service-desc"${related}`);
      if (method === 'HEAD') expect(text).toBe('');
      else expect(text).toContain(`Did you mean ${meant}?`);
    }
  });

  test.each([
    '/',
    '/nope',
    '/v1',
    '/v1/files',
    '/model/nova-lite/destroy',
    `/${'v1/'.repeat(500)}x`,
    '/{id}',
    '/a/{id}',
  ])('%s is near to none', async (input) => {
    const { headers, statusCode, text } = await call(edge().app, event('GET', encodeURI(input)));
    expect(statusCode).toBe(404);
    expect(headers.link).toBe('</docs>; rel="service-doc", </openapi.json>; rel="service-desc"');
    expect(text).not.toContain('Did you mean');
  });

  test('the root says what is here', async () => {
    expect((await call(edge().app, event('GET', '/'))).text).toContain('GET /docs');
  });
});

describe('a method that a path has not is 404, and the ones that it has are named', () => {
  test.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['PUT', '/model/nova-lite/converse', 'POST'],
    ['POST', '/v1/models', 'GET'],
    ['DELETE', '/v1/models/nova-lite', 'GET'],
    ['POST', '/credentials', 'GET'],
    ['OPTIONS', '/v1/usage', 'GET'],
  ])('%s %s: %s', async (method, path, allowed) => {
    const answer = await call(edge().app, event(method, path));
    expect(answer.statusCode).toBe(404);
    expect(answer.headers.allow).toBe(allowed);
    expect(answer.text).toContain(`This path takes ${allowed} only.`);
  });

  test('and HEAD is answered wherever GET is', async () => {
    for (const path of ['/v1/models', '/health'])
      expect(await call(edge().app, event('HEAD', path))).toMatchObject({ statusCode: 200, text: '' });
  });
});
