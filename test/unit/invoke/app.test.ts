import { describe, expect, test } from 'vitest';
import { BODY_MAX_BYTES } from '../../../contract/limits/contract.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { createAnswers } from '../../../invoke/answers/answers.ts';
import type { RestEvent } from '../../../invoke/edge/event.ts';
import { EFFORTS } from '../../../invoke/surfaces/means.ts';
import { ROUTES } from '../../../invoke/surfaces/routes.ts';
import { AUTHORIZATION, bound } from '../../seal.ts';
import { answersTable } from './answers-table.ts';
import {
  authorizer,
  call,
  caller,
  edge,
  event,
  lambda,
  mixtral,
  NOW,
  nova,
  post,
  ResponseStream,
  retired,
  whole,
} from './edge.ts';

const CHAT = { model: 'nova-lite', messages: [{ role: 'user', content: 'hi' }] };
const CONVERSE = { messages: [{ role: 'user', content: [{ text: 'hi' }] }] };
const ANSWER = {
  output: { message: { role: 'assistant', content: [{ text: 'ho' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
};

const OF_ANOTHER_TOKEN = await bound(caller, 'Bearer of-another');
const EXPIRED = await bound({ ...caller, exp: NOW / 1000 });

const withContext = (request: RestEvent, context: unknown): RestEvent => ({
  ...request,
  requestContext: { requestId: 'req-1', authorizer: context },
});

describe('the routes', () => {
  test.each(['/health', '/openapi.json'])('%s answers without a context', async (path) => {
    const { statusCode, headers } = await call(edge().app, withContext(event('GET', path), undefined));
    expect(statusCode).toBe(200);
    expect(headers['content-type']).toContain('application/json');
  });

  test('that another model may answer say how a caller keeps its own', async () => {
    const { paths } = (await call(edge().app, event('GET', '/openapi.json'))).json() as {
      paths: Record<string, Record<string, { parameters?: { name: string }[] }>>;
    };
    const keeps = (path: string) => paths[path]?.post?.parameters?.some(({ name }) => name === 'X-Tollgate-Fallback');
    for (const path of ['/v1/chat/completions', '/model/{modelId}/converse', '/v1/messages'])
      expect(keeps(path)).toBe(true);
    expect(keeps('/v1/messages/count_tokens') ?? false).toBe(false);
  });

  test('are all that the document lists, and it lists all of them', async () => {
    const document = (await call(edge().app, event('GET', '/openapi.json'))).json() as {
      paths: Record<string, Record<string, object>>;
    };
    const listed = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({
        method: method.toUpperCase(),
        path: path.replace(/\{\w+\}/, 'nova-lite'),
      })),
    );
    // Those of callers, and /health, /openapi.json and /docs.
    expect(listed).toHaveLength(ROUTES.length + 3);
    for (const { method, path } of listed) {
      const body = path.startsWith('/v1') ? CHAT : CONVERSE;
      const answers = createAnswers({ ask: answersTable().ask, table: 'a', ttlSeconds: 60, clock: () => NOW });
      await answers.keep(caller, 'nova-lite', '{"response":{"background":true}}');
      const model = path.startsWith('/endpoints') ? mixtral : nova;
      const { app } = edge(() => whole(nova, ANSWER), model, undefined, { answers: async () => answers });
      const answer = await call(
        app,
        method === 'POST' ? post(path, body) : event(method, path, { queryStringParameters: { model: 'nova-lite' } }),
      );
      // Not every path takes this model, or this body.
      expect(answer.statusCode, `${method} ${path}`).not.toBe(404);
    }
  });

  test.each([
    ['GET', '/', 'error'],
    ['GET', '/model/nova-lite/converse', 'message'],
    ['POST', '/model/nova-lite/destroy', 'message'],
    ['POST', '/model/nova-lite', 'message'],
    ['POST', '/model/a/b/c/converse', 'message'],
    ['POST', '/v1/audio/speech', 'error'],
    ['DELETE', '/v1/models/nova-lite', 'error'],
    ['GET', '/admin/models', 'error'],
    ['POST', '/V1/chat/completions', 'error'],
  ])('and %s %s is 404 in the shape of its surface', async (method, path, member) => {
    const { app, calls } = edge();
    const answer = await call(app, event(method, path));
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toHaveProperty(member);
    expect(answer.headers['x-request-id']).toBe('req-1');
    expect(calls).toEqual([]);
  });

  test('and what is Anthropic’s answers in Anthropic’s shape', async () => {
    const answer = await call(edge().app, post('/v1/complete', {}));
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ type: 'error', error: { type: 'not_found_error' } });
  });

  test('T4: an ARN reaches the pipeline decoded once, whichever way it arrived', async () => {
    const arn = 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0';
    for (const written of [encodeURIComponent(arn), arn]) {
      const { app, calls } = edge();
      await call(app, post(`/model/${written}/converse`, CONVERSE));
      expect(calls.map(({ call: { wanted } }) => wanted)).toEqual([arn]);
    }
  });

  test.each(['/model/../admin/x', '/model/%2e%2e/converse', '/model/x%00/converse', '/v1/models/a%252Fb'])(
    'T4: %s is refused with the shape of where it pointed',
    async (path) => {
      const answer = await call(edge().app, post(path, CONVERSE));
      expect(answer.statusCode).toBe(400);
      expect(answer.json()).toHaveProperty(path.startsWith('/model') ? 'message' : 'error');
    },
  );
});

describe('T2: without a context that the authorizer made, nothing is looked up or called', () => {
  const routes: RestEvent[] = [
    post('/model/nova-lite/converse', CONVERSE),
    post('/v1/chat/completions', CHAT),
    event('GET', '/v1/models'),
    event('GET', '/v1/models/nova-lite'),
    event('GET', '/v1/usage'),
    event('GET', '/credentials', { queryStringParameters: { model: 'nova-lite' } }),
  ];
  const contexts: [string, unknown][] = [
    ['missing', undefined],
    ['null', null],
    ['a list', []],
    ['of another version', { ...authorizer, v: '2' }],
    ['as the version before wrote it, without a seal', { ...authorizer, v: '2', key: undefined, mac: undefined }],
    ['without a seal', { ...authorizer, key: undefined, mac: undefined }],
    ['of another tenant under the seal of this one', { ...authorizer, tenant: 'globex' }],
    ['with a model more', { ...authorizer, models: JSON.stringify([nova, retired]) }],
    ['sealed for another token', OF_ANOTHER_TOKEN],
    ['sealed, and past its expiry', EXPIRED],
    ['sealed with a key that is not the stage’s', { ...authorizer, key: 'version-0' }],
    ['whose seal was cut', { ...authorizer, mac: authorizer.mac.slice(0, -1) }],
    ['whose seal is empty', { ...authorizer, mac: '' }],
    ['past its expiry', { ...authorizer, exp: '1' }],
    ['with a member more', { ...authorizer, tenantId: 'globex' }],
    ['with a tenant that is none', { ...authorizer, tenant: 'a/b' }],
  ];
  test.each(contexts)('%s', async (_, context) => {
    for (const route of routes) {
      const { app, calls, lines } = edge();
      const answer = await call(app, withContext(route, context));
      expect(answer.statusCode).toBe(403);
      expect(calls).toEqual([]);
      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({
        event: 'refused',
        code: 'forbidden',
        Refused: 1,
        Reason: 'forbidden',
      });
    }
  });

  test.each<[string, Partial<RestEvent>]>([
    ['another', { headers: { Authorization: 'Bearer of-another' } }],
    ['missing', { headers: null }],
    ['empty', { headers: { Authorization: '' } }],
    ['of another scheme', { headers: { Authorization: AUTHORIZATION.replace('Bearer', 'bearer') } }],
    ['there twice', { multiValueHeaders: { Authorization: [AUTHORIZATION, AUTHORIZATION] } }],
  ])('nor is it believed with an Authorization header that is %s', async (_, headers) => {
    for (const route of routes) {
      // Also where the same context was believed a moment ago.
      const { app, calls, lines } = edge(() => whole(nova, ANSWER));
      expect((await call(app, route)).statusCode).toBe(200);
      const before = [calls.length, lines.length] as const;
      expect((await call(app, { ...route, headers: null, ...headers })).statusCode).toBe(403);
      expect(calls).toHaveLength(before[0]);
      expect(lines.slice(before[1]).map((line) => JSON.parse(line).reason)).toEqual(['context-forged']);
    }
  });
});

describe('T1: the tenant is the context’s, whatever else names one', () => {
  test('headers and query', async () => {
    const { app, calls } = edge();
    await call(app, {
      ...post('/model/nova-lite/converse', CONVERSE, { 'x-tenant-id': 'globex', 'X-Amz-Tenant-Id': 'globex' }),
      queryStringParameters: { tenant: 'globex' },
    });
    expect(calls.map(({ call }) => call.caller)).toEqual([caller]);
    expect(JSON.stringify(calls[0]?.request)).not.toContain('globex');
  });
});

describe('a body', () => {
  const target = '/model/nova-lite/converse';
  const deep = `${'['.repeat(1_000)}${']'.repeat(1_000)}`;

  test.each<[string, RestEvent, number]>([
    ['that is not JSON', post(target, '{'), 400],
    ['that is empty', post(target, ''), 400],
    ['that is no object', post(target, '[]'), 400],
    ['T5: that has a member twice', post(target, '{"a":1,"a":2}'), 400],
    ['T5: that has a member twice, once escaped', post(target, '{"model":1,"\\u006dodel":2}'), 400],
    ['T5: with __proto__', post(target, '{"__proto__":{"polluted":true}}'), 400],
    ['T5: of depth 1,000', post(target, `{"a":${deep}}`), 400],
    ['T5: with NaN', post(target, '{"a":NaN}'), 400],
    ['T5: with half a surrogate pair', post(target, '{"a":"\\ud800"}'), 400],
    ['T5: of 7 MB', post(target, `{"a":"${'x'.repeat(7_000_000)}"}`), 413],
    ['T5: that is compressed', post(target, '{}', { 'content-encoding': 'gzip' }), 415],
    ['T5: that is text', post(target, '{}', { 'content-type': 'text/plain' }), 415],
    ['T5: that is a form', post(target, '{}', { 'content-type': 'application/x-www-form-urlencoded' }), 415],
    ['T5: in another charset', post(target, '{}', { 'content-type': 'application/json; charset=utf-16' }), 415],
    ['T5: of no type', { ...post(target, '{}'), headers: { authorization: AUTHORIZATION } }, 415],
  ])('%s is refused on both surfaces', async (_, request, status) => {
    for (const path of [target, '/v1/chat/completions']) {
      const { app, calls } = edge();
      const answer = await call(app, { ...request, path });
      expect(answer.statusCode, path).toBe(status);
      expect(answer.json()).toHaveProperty(path.startsWith('/v1') ? 'error' : 'message');
      expect(calls).toEqual([]);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('at its largest is taken', async () => {
    const { app, calls } = edge();
    const largest = `{"a":"${'x'.repeat(BODY_MAX_BYTES - 8)}"}`;
    expect((await call(app, post(target, largest))).statusCode).toBe(200);
    expect(calls[0]?.request.body.byteLength).toBe(BODY_MAX_BYTES);
    expect((await call(edge().app, post(target, `${largest} `))).statusCode).toBe(413);
  });
});

describe('GET /v1/models', () => {
  const plain = { dialects: ['converse'], structured_output: 'tool', reasoning_efforts: ['none'] };

  test('T3: lists what the tenant can call now by some path, and nothing else', async () => {
    const answer = await call(edge().app, event('GET', '/v1/models'));
    const { object, data } = answer.json() as { object: string; data: { id: string }[] };
    expect(object).toBe('list');
    expect(data.map(({ id }) => id)).toEqual(['nova-lite', 'claude-v2', 'mixtral-8x7b']);
    expect(data[0]).toEqual({
      id: 'nova-lite',
      object: 'model',
      created: 0,
      owned_by: 'amazon-bedrock',
      native_id: 'amazon.nova-lite-v1:0',
      paths: [
        '/model/{id}/converse',
        '/model/{id}/converse-stream',
        '/model/{id}/invoke',
        '/model/{id}/invoke-with-response-stream',
        '/model/{id}/count-tokens',
        '/v1/chat/completions',
        '/v1/responses',
        '/v1/messages',
        '/v1/messages/count_tokens',
      ],
      streaming: true,
      capabilities: plain,
    });
    expect(answer.text).not.toContain('arn:');
  });

  test('says what each can do, by its grant and its name', async () => {
    const target = (modelId: string): AllowedModel['target'] => ({
      kind: 'bedrock-model',
      modelId,
      region: 'us-east-1',
      arn: `arn:aws:bedrock:us-east-1::foundation-model/${modelId}`,
    });
    const arn = 'arn:aws:bedrock:us-east-1:111122223333:imported-model/abc';
    const held: AllowedModel[] = [
      { ...nova, id: 'whole-only', actions: ['invoke'], maxTokens: 100, expiresAt: NOW / 1000 + 60 },
      { ...nova, id: 'gone', expiresAt: NOW / 1000 },
      { ...nova, id: 'embeds', target: target('cohere.embed-english-v3'), direct: true },
      { ...nova, id: 'paints', target: target('amazon.nova-canvas-v1:0') },
      { ...nova, id: 'orders', target: target('cohere.rerank-v3-5:0') },
      { ...nova, id: 'imported', target: { kind: 'bedrock-model', modelId: arn, region: 'us-east-1', arn } },
      { ...mixtral, id: 'hosted', direct: true },
      {
        ...nova,
        id: 'reasons',
        target: target('anthropic.claude-sonnet-4-5-20250929-v1:0'),
        tiers: ['flex'],
        lifecycle: { status: 'active', sunsetAt: NOW / 1000 + 9 },
      },
    ];
    const context = await bound({ ...caller, models: held });
    const answer = await call(edge().app, withContext(event('GET', '/v1/models'), context));
    const { data } = answer.json() as { data: ({ id: string } & Record<string, unknown>)[] };
    const told = Object.fromEntries(data.map(({ id, object, created, owned_by, native_id, ...rest }) => [id, rest]));
    const invoke = '/model/{id}/invoke';
    const credentials = '/credentials?model={id}';
    expect(told).toEqual({
      'whole-only': {
        paths: ['/model/{id}/converse', invoke, '/v1/chat/completions', '/v1/responses', '/v1/messages'],
        streaming: false,
        capabilities: plain,
        max_output_tokens: 100,
        expires_at: NOW / 1000 + 60,
      },
      embeds: { paths: [invoke, '/v1/embeddings', credentials], streaming: false, output_modalities: ['EMBEDDING'] },
      paints: { paths: [invoke, '/v1/images/generations'], streaming: false, output_modalities: ['IMAGE'] },
      orders: { paths: [invoke, '/v1/rerank', '/v2/rerank'], streaming: false },
      imported: { paths: expect.arrayContaining(['/model/{id}/converse']), streaming: true, capabilities: plain },
      reasons: expect.objectContaining({
        capabilities: {
          dialects: ['anthropic', 'converse'],
          structured_output: 'model',
          reasoning_efforts: EFFORTS,
        },
        service_tiers: ['flex'],
        sunset_at: NOW / 1000 + 9,
      }),
      hosted: {
        paths: [
          '/endpoints/{id}/invocations',
          '/endpoints/{id}/invocations-response-stream',
          '/v1/chat/completions',
          '/v1/responses',
          '/v1/messages',
          credentials,
        ],
        streaming: true,
        capabilities: { dialects: ['openai', 'generate'] },
      },
    });
    expect(answer.text).not.toContain('arn:');
  });

  test('says of a deprecated model until when, and by what it is replaced', async () => {
    const answer = await call(edge().app, event('GET', '/v1/models/claude-v2'));
    expect(answer.json()).toMatchObject({ id: 'claude-v2', sunset_at: expect.any(Number), successor: 'nova-lite' });
    expect(answer.headers).toMatchObject({ deprecation: expect.stringMatching(/^@\d+$/), sunset: expect.any(String) });
  });

  test.each([
    'nova-lite',
    'amazon.nova-lite-v1:0',
    'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
  ])('shows one by %s', async (id) => {
    const answer = await call(edge().app, event('GET', `/v1/models/${encodeURIComponent(id)}`));
    expect(answer.json()).toMatchObject({ id: 'nova-lite' });
  });

  test('T3: one that is not granted and one that does not exist are the same 403', async () => {
    const [other, none] = await Promise.all(
      ['llama-3-3-70b', 'nonsense'].map((id) => call(edge().app, event('GET', `/v1/models/${id}`))),
    );
    expect(other?.statusCode).toBe(403);
    expect(other?.text).toBe(none?.text);
  });

  test('a retired one is 410 with its successor', async () => {
    const answer = await call(edge().app, event('GET', `/v1/models/${retired.id}`));
    expect(answer.statusCode).toBe(410);
    expect(answer.text).toContain('nova-lite');
  });
});

describe('where each tenant has an environment of its own', () => {
  const as = (tenantId: string, app: ReturnType<typeof edge>['app']) => async (request: RestEvent) => {
    const stream = new ResponseStream();
    await lambda(app)(request, stream, { tenantId });
    return stream.metadata.statusCode;
  };

  test("the environment's tenant is served", async () => {
    const { app, calls } = edge(() => whole(nova, ANSWER));
    expect(await as('acme', app)(post('/model/nova-lite/converse', CONVERSE))).toBe(200);
    expect(calls).toHaveLength(1);
  });

  test.each([
    ['/model/nova-lite/converse', CONVERSE],
    ['/v1/chat/completions', CHAT],
  ])('T1 another tenant is refused on %s, before anything is looked up', async (path, body) => {
    const { app, calls, lines } = edge(() => whole(nova, ANSWER));
    expect(await as('globex', app)(post(path, body))).toBe(403);
    expect(calls).toEqual([]);
    expect(lines.join()).toContain('environment-of-another-tenant');
  });

  test('what needs no token is served in any environment', async () => {
    expect(await as('_public', edge().app)(withContext(event('GET', '/health'), undefined))).toBe(200);
  });
});

test('a call carries the token where a broker verifies it again, and not otherwise', async () => {
  for (const [keepToken, carried] of [
    [true, AUTHORIZATION],
    [false, undefined],
  ] as const) {
    const { app, calls } = edge(() => whole(nova, ANSWER), nova, undefined, { keepToken });
    await lambda(app)(post('/model/nova-lite/converse', CONVERSE), new ResponseStream());
    expect(calls.map(({ call }) => call.token?.reveal())).toEqual([carried]);
  }
});
