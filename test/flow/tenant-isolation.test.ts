import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stack } from './stack.ts';

/** Both options at once: they stand beside each other. */

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({
    env: { TOLLGATE_BROKER: '1', TOLLGATE_TENANT_ISOLATION: '1', TOLLGATE_AUTHORIZER_TTL: '0' },
  });
});

afterAll(() => stack.remove());

async function converse(client: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${stack.gateway}/model/nova-lite/converse`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await stack.token(client)}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify({ messages: [{ role: 'user', content: [{ text: `from ${client}` }] }] }),
  });
  expect(response.status).toBe(200);
  const { output } = (await response.json()) as { output: { message: { content: { text: string }[] } } };
  return output.message.content[0]?.text ?? '';
}

const tenantsOf = async (after: number) =>
  (await stack.upstream(after))
    .filter(({ service }) => service === 'bedrock')
    .map(({ caller }) => caller?.tags.TenantId)
    .sort();

describe('an environment per tenant', () => {
  test('two tenants at once get their own answers, sessions and bills', async () => {
    const mark = await stack.mark();
    const clients = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 'acme-app' : 'globex-app'));
    const answers = await Promise.all(clients.map((client) => converse(client)));
    expect(answers).toEqual(clients.map((client) => `echo: from ${client}`));
    expect(await tenantsOf(mark)).toEqual([...Array(10).fill('acme'), ...Array(10).fill('globex')]);
  });

  test.each(['X-Amz-Tenant-Id', 'x-amzn-tenant-id', 'X-Tenant-Id'])(
    "T1 a caller's own %s changes nothing",
    async (name) => {
      const mark = await stack.mark();
      expect(await converse('globex-app', { [name]: 'acme' })).toBe('echo: from globex-app');
      expect(await tenantsOf(mark)).toEqual(['globex']);
    },
  );

  test.each(['/health', '/openapi.json'])('%s, which is of no tenant, is served as ever', async (path) => {
    expect((await fetch(`${stack.gateway}${path}`, { headers: { 'X-Amz-Tenant-Id': 'acme' } })).status).toBe(200);
  });

  test('every call of both is on the bill once', async () => {
    expect((await stack.cli('meter', 'run')).code).toBe(0);
    const { stdout } = await stack.cli('report', '--format', 'json');
    const rows = JSON.parse(stdout) as { tenant_id: string; model_id: string; invocations: number }[];
    const found = Object.fromEntries(rows.map(({ tenant_id, invocations }) => [tenant_id, Number(invocations)]));
    expect(found).toEqual({ acme: 10, globex: 13 });
  });
});

describe('P10 the guardrail that nobody has to ask for, and the one of a use case', () => {
  const TALK = [{ role: 'user' as const, content: 'hi' }];
  const CONVERSE = { messages: [{ role: 'user', content: [{ text: 'hi' }] }] };
  const PATHS: [path: string, body: object][] = [
    ['/model/nova-lite/converse', CONVERSE],
    ['/model/nova-lite/converse-stream', CONVERSE],
    ['/model/nova-lite/invoke', CONVERSE],
    ['/model/nova-lite/invoke-with-response-stream', CONVERSE],
    ['/v1/chat/completions', { model: 'nova-lite', messages: TALK }],
    ['/v1/chat/completions', { model: 'nova-lite', messages: TALK, stream: true }],
    ['/v1/responses', { model: 'nova-lite', input: 'hi', store: false }],
    ['/v1/messages', { model: 'nova-lite', messages: TALK, max_tokens: 9 }],
    ['/v1/messages', { model: 'claude-sonnet-4-5', messages: TALK, max_tokens: 9, stream: true }],
  ];
  let arn: string;

  const cli = async (...args: string[]): Promise<void> => {
    const { code, stderr } = await stack.cli(...args, '--yes');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  };
  async function post(path: string, body: object, headers: Record<string, string> = {}) {
    const response = await fetch(`${stack.gateway}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await stack.token('acme-app')}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body),
    });
    return {
      status: response.status,
      text: await response.text(),
      under: response.headers.get('x-tollgate-guardrail'),
    };
  }
  /** Whose guardrail each path is under, by what its caller is told, and that its session demands it. */
  async function underOn(paths: typeof PATHS, headers: Record<string, string> = {}) {
    const mark = await stack.mark();
    const told: (string | null)[] = [];
    for (const [path, body] of paths) {
      const { status, text, under } = await post(path, body, headers);
      expect(status, `${path} ${text}`).toBe(200);
      told.push(under);
    }
    const calls = (await stack.upstream(mark)).filter(({ service }) => service === 'bedrock');
    expect(calls).toHaveLength(paths.length);
    for (const { caller, resources } of calls) {
      expect(JSON.stringify(caller?.sessionPolicy)).toContain(`"bedrock:GuardrailIdentifier":"${arn}`);
      expect(resources.at(-1)).toBe(arn);
    }
    return [...new Set(told)];
  }

  beforeAll(async () => {
    const { stdout } = await stack.cli('model', 'show', 'claude-sonnet-4-5', '--format', 'json');
    arn = `arn:aws:bedrock:us-east-1:${/us-east-1:(\d{12}):/.exec(stdout)?.[1]}:guardrail/demo`;
  });
  afterAll(async () => {
    await cli('default', 'remove');
  });

  test('is the stage’s, on every path and stream, and embeddings go on without', async () => {
    await cli('default', 'put', '--guardrail', `${arn}:1,${arn.replace('us-east-1', 'eu-west-1')}:1`);
    expect(await underOn(PATHS)).toEqual(['demo; version=1; by=stage']);
    const embedded = await post('/v1/embeddings', { model: 'titan-embed-v2', input: 'hi' });
    expect(embedded).toMatchObject({ status: 200, under: null });
  });

  test('is the tenant’s where it has one, shown while it is judged if it says so, and a caller may be stricter', async () => {
    await cli('tenant', 'put', 'acme', '--guardrail', `${arn}:DRAFT:async`);
    const shown = 'demo; version=DRAFT; by=tenant';
    expect(await underOn(PATHS)).toEqual([shown, `${shown}; mode=async`]);
    const own = { guardrailIdentifier: 'demo', guardrailVersion: 'DRAFT', streamProcessingMode: 'sync' };
    const strict = await post('/model/nova-lite/converse-stream', { ...CONVERSE, guardrailConfig: own });
    expect(strict).toMatchObject({ status: 200, under: shown });
  });

  test('is the use case’s that a caller names of those which its grant lists', async () => {
    await cli('grant', 'acme', 'nova-lite', '--use-case', `drafts=${arn}:1`);
    await cli('grant', 'acme', 'claude-sonnet-4-5', '--use-case', `drafts=${arn}:1`);
    expect(await underOn(PATHS, { 'x-tollgate-use-case': 'drafts' })).toEqual(['demo; version=1; by=use-case']);
    expect(await underOn(PATHS.slice(0, 1))).toEqual(['demo; version=DRAFT; by=tenant']);
    const mark = await stack.mark();
    for (const [path, body] of PATHS) {
      const { status, text } = await post(path, body, { 'x-tollgate-use-case': 'Drafts' });
      expect([status, text]).toEqual([400, expect.stringContaining('x-tollgate-use-case must be one of drafts')]);
    }
    const none = await post(
      '/v1/embeddings',
      { model: 'titan-embed-v2', input: 'hi' },
      { 'x-tollgate-use-case': 'drafts' },
    );
    expect([none.status, none.text]).toEqual([400, expect.stringContaining('lists no use cases')]);
    const stranger = { ...CONVERSE, model: 'llama-3-3-70b', messages: TALK };
    expect((await post('/v1/chat/completions', stranger, { 'x-tollgate-use-case': 'drafts' })).status).toBe(403);
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('T6 is turned off by nothing that a caller can say', async () => {
    const mark = await stack.mark();
    const off = { guardrailIdentifier: 'other', guardrailVersion: '1' };
    const steer = { 'amazon-bedrock-guardrailConfig': { streamProcessingMode: 'ASYNCHRONOUS', tagSuffix: 'x' } };
    const guarded = { messages: [{ role: 'user', content: [{ guardContent: { text: { text: 'hi' } } }] }] };
    for (const stream of ['', '-stream'])
      for (const body of [{ ...CONVERSE, guardrailConfig: off }, { ...CONVERSE, guardrailConfig: null }, guarded])
        expect((await post(`/model/nova-lite/converse${stream}`, body)).status).toBe(400);
    for (const verb of ['invoke', 'invoke-with-response-stream']) {
      expect((await post(`/model/nova-lite/${verb}`, { ...CONVERSE, ...steer })).status).toBe(400);
      const headers = { 'x-amzn-bedrock-guardrailidentifier': 'other', 'x-amzn-bedrock-guardrailversion': '1' };
      expect((await post(`/model/nova-lite/${verb}`, CONVERSE, headers)).status).toBe(400);
    }
    for (const [path, body] of PATHS.slice(4))
      expect((await post(path, { ...body, guardrailConfig: off, ...steer })).status, path).toBe(400);
    expect(await stack.upstream(mark)).toEqual([]);
  });

  test('what it stopped ends as each format says that, in its own SDK', async () => {
    const said = 'a [[blocked]] word';
    const token = await stack.token('acme-app');
    const openai = new OpenAI({ apiKey: token, baseURL: `${stack.gateway}/v1`, maxRetries: 0 });
    const asked = { model: 'nova-lite', messages: [{ role: 'user' as const, content: said }] };
    const stopped = { finish_reason: 'content_filter', message: { content: 'blocked by the guardrail' } };
    expect((await openai.chat.completions.create(asked)).choices).toMatchObject([stopped]);
    const reasons: unknown[] = [];
    for await (const { choices } of await openai.chat.completions.create({ ...asked, stream: true }))
      reasons.push(choices[0]?.finish_reason);
    expect(reasons.filter((reason) => reason != null)).toEqual(['content_filter']);
    const response = { model: 'nova-lite', input: said, store: false };
    const incomplete = { status: 'incomplete', incomplete_details: { reason: 'content_filter' } };
    expect(await openai.responses.create(response)).toMatchObject(incomplete);
    const events: string[] = [];
    for await (const event of await openai.responses.create({ ...response, stream: true })) {
      events.push(event.type);
      if (event.type === 'response.incomplete') expect(event.response).toMatchObject(incomplete);
    }
    expect(events.at(-1)).toBe('response.incomplete');
    const anthropic = new Anthropic({ authToken: token, apiKey: null, baseURL: stack.gateway, maxRetries: 0 });
    const message = { ...asked, max_tokens: 99 };
    expect(await anthropic.messages.create(message)).toMatchObject({ stop_reason: 'refusal' });
    expect(await anthropic.messages.stream(message).finalMessage()).toMatchObject({ stop_reason: 'refusal' });
  });
});
