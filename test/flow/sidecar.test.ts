import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import {
  AccessDeniedException,
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sidecarSettings } from '../../sidecar/settings.ts';
import { type Sidecar, startSidecar } from '../../sidecar/start.ts';
import { Stack } from './stack.ts';

/** Unmodified clients pointed at a sidecar, which has the tenant's token from a file, and the gateway behind it. */

let stack: Stack;
let sidecar: Sidecar;
let onSocket: Sidecar;
const lines: string[] = [];
let token: string;

beforeAll(async () => {
  stack = await Stack.start();
  token = await stack.token('acme-app');
  const file = join(stack.dataDir, 'token');
  writeFileSync(file, `${token}\n`);
  mkdirSync(join(stack.dataDir, 'own'), { mode: 0o700 });
  const env = {
    ...{ TOLLGATE_URL: stack.gateway, TOLLGATE_TOKEN_FILE: file, PORT: '0', SIDECAR_METRICS: 'true' },
    SIDECAR_AUTHORIZATION_FILE: join(stack.dataDir, 'authorization'),
  };
  const write = (line: string): void => void lines.push(line);
  sidecar = await startSidecar(sidecarSettings(env), write);
  const socket = join(stack.dataDir, 'own/sidecar.sock');
  onSocket = await startSidecar(
    sidecarSettings({ ...env, SIDECAR_SOCKET: socket, SIDECAR_AUTHORIZATION_FILE: '' }),
    write,
  );
});

afterAll(async () => {
  await Promise.all([sidecar, onSocket].map((one) => one?.stop()));
  await stack.remove();
});

const SIGNED = { accessKeyId: 'AKIANOTHERE', secretAccessKey: 'none', sessionToken: 'none' };
const says = (text: string) => [{ role: 'user' as const, content: [{ text }] }];

describe('an unmodified client with any key calls as the tenant', () => {
  test('OpenAI, whole and streamed', async () => {
    const client = new OpenAI({ baseURL: `${sidecar.address}/v1`, apiKey: 'any', maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'a b c' }];
    const whole = await client.chat.completions.create({ model: 'nova-lite', messages });
    expect(whole.choices[0]?.message.content).toBe('echo: a b c');
    const texts: string[] = [];
    for await (const { choices } of await client.chat.completions.create({
      model: 'claude-sonnet-4-5',
      messages,
      stream: true,
    }))
      texts.push(choices[0]?.delta.content ?? '');
    expect(texts.join('')).toBe('echo: a b c');
  });

  test('Anthropic, by its key', async () => {
    const client = new Anthropic({ baseURL: sidecar.address, apiKey: 'any', maxRetries: 0 });
    const messages = [{ role: 'user' as const, content: 'a b' }];
    const { content } = await client.messages.create({ model: 'claude-sonnet-4-5', max_tokens: 99, messages });
    expect(content).toMatchObject([{ type: 'text', text: 'echo: a b' }]);
  });

  test('the AWS SDK, which signs, over HTTP/2', async () => {
    const client = new BedrockRuntimeClient({
      endpoint: sidecar.address,
      region: 'us-east-1',
      credentials: SIGNED,
      maxAttempts: 1,
      authSchemePreference: ['sigv4'],
    });
    const { output } = await client.send(new ConverseCommand({ modelId: 'nova-lite', messages: says('a b') }));
    expect(output?.message?.content).toEqual([{ text: 'echo: a b' }]);
    const { stream } = await client.send(new ConverseStreamCommand({ modelId: 'nova-lite', messages: says('x y z') }));
    const texts: string[] = [];
    for await (const event of stream ?? []) texts.push(event.contentBlockDelta?.delta?.text ?? '');
    expect(texts.join('')).toBe('echo: x y z');
    client.destroy();
  });

  test('SageMaker Runtime', async () => {
    const client = new SageMakerRuntimeClient({ endpoint: sidecar.address, region: 'us-east-1', credentials: SIGNED });
    const { Body } = await client.send(
      new InvokeEndpointCommand({
        EndpointName: 'mixtral-8x7b',
        ContentType: 'application/json',
        Body: JSON.stringify({ messages: [{ role: 'user', content: 'a b' }] }),
      }),
    );
    expect(JSON.parse(Body?.transformToString() ?? '').choices[0].message.content).toBe('echo: a b');
    client.destroy();
  });

  test('by a Unix socket, which is its owner’s alone', async () => {
    expect(statSync(onSocket.address).mode & 0o777).toBe(0o600);
    const { status, body } = await ask({ path: '/v1/models', socketPath: onSocket.address });
    expect(status).toBe(200);
    expect(body).toContain('nova-lite');
  });

  test('200 streams at once', async () => {
    const client = new OpenAI({ baseURL: `${sidecar.address}/v1`, apiKey: 'any', maxRetries: 0 });
    const streams = Array.from({ length: 200 }, async (_, index) => {
      const messages = [{ role: 'user' as const, content: `number ${index}` }];
      let text = '';
      for await (const { choices } of await client.chat.completions.create({
        model: 'nova-lite',
        messages,
        stream: true,
      }))
        text += choices[0]?.delta.content ?? '';
      return text;
    });
    expect(await Promise.all(streams)).toEqual(streams.map((_, index) => `echo: number ${index}`));
  });
});

interface Asked {
  path: string;
  method?: string;
  headers?: Record<string, string>;
  socketPath?: string;
}

/** A request with its target as it is written here. */
function ask({ path, method = 'GET', headers = {}, socketPath }: Asked) {
  const { port } = new URL(sidecar.address);
  const to = socketPath === undefined ? { host: '127.0.0.1', port } : { socketPath };
  return new Promise<{ status: number; fault: unknown; headers: Record<string, unknown>; body: string }>(
    (done, fail) => {
      request({ ...to, path, method, headers: { host: `127.0.0.1:${port}`, ...headers } }, (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        answer.once('error', fail).once('end', () => {
          const { statusCode: status = 0, headers: given } = answer;
          done({ status, fault: given['x-tollgate-sidecar'], headers: given, body });
        });
      })
        .once('error', fail)
        .end();
    },
  );
}

describe('what the sidecar refuses by itself, and says so', () => {
  const REFUSED: [string, Asked, number, string][] = [
    ['a foreign host', { path: '/v1/models', headers: { host: 'evil.example' } }, 403, 'host-refused'],
    ['another port', { path: '/v1/models', headers: { host: '127.0.0.1:1' } }, 403, 'host-refused'],
    [
      'a page of another origin',
      { path: '/v1/models', headers: { origin: 'https://evil.example' } },
      403,
      'origin-refused',
    ],
    ['another authority in the target', { path: 'http://evil.example/v1/models' }, 400, 'target-refused'],
    ['two slashes', { path: '//evil.example/v1/models' }, 400, 'target-refused'],
    ['dot segments', { path: '/v1/%2e%2e/health' }, 400, 'target-refused'],
    ['dot segments, encoded twice', { path: '/v1/%252e%252e/health' }, 400, 'target-refused'],
    ['TRACE', { path: '/v1/models', method: 'TRACE' }, 405, 'method-refused'],
    ['itself', { path: '/v1/models', headers: { via: '1.1 tollgate-sidecar' } }, 508, 'loop-refused'],
    ['a path of its own that is none', { path: '/_sidecar/token' }, 404, 'path-unknown'],
    [
      'a foreign host that wants credentials',
      { path: '/credentials?model=nova-lite', headers: { host: 'evil.example' } },
      403,
      'host-refused',
    ],
    ['credentials without its value', { path: '/credentials?model=nova-lite' }, 401, 'authorization-refused'],
    [
      'credentials for a token',
      { path: '/credentials?model=nova-lite', headers: { authorization: 'Bearer a' } },
      401,
      'authorization-refused',
    ],
    ['credentials, encoded', { path: '/%63redentials?model=nova-lite' }, 404, 'path-unknown'],
    ['credentials, as something else', { path: '/credentials/?model=nova-lite' }, 404, 'path-unknown'],
    ['credentials, of a stage', { path: '/prod/credentials?model=nova-lite' }, 404, 'path-unknown'],
  ];
  test.each(REFUSED)('%s', async (_, asked, status, fault) => {
    const mark = await stack.mark();
    expect(await ask(asked)).toMatchObject({ status, fault });
    expect(await stack.upstream(mark)).toEqual([]);
  });
});

test.each([
  ['whom a caller says it is', { authorization: 'Bearer other', 'x-tollgate-principal': 'root', 'x-api-key': 'k' }],
  ['where a caller says it goes', { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example;proto=http' }],
  ['what a caller says its path is', { 'x-original-url': '/credentials?model=a', 'x-rewrite-url': '/health' }],
  ['what a caller says its method is', { 'x-http-method-override': 'DELETE', 'x-http-method': 'DELETE' }],
])('%s does not matter', async (_, headers) => {
  const { body } = await ask({ path: '/v1/usage', headers });
  expect(JSON.parse(body)).toMatchObject({ tenant: 'acme' });
});

test('the gateway’s own refusals pass untouched', async () => {
  const refused = await ask({ path: '/nowhere' });
  expect(refused).toMatchObject({ status: 404, fault: undefined });
  expect(refused.headers['x-request-id']).toEqual(expect.any(String));
  const client = new BedrockRuntimeClient({ endpoint: sidecar.address, region: 'us-east-1', credentials: SIGNED });
  const call = client.send(new ConverseCommand({ modelId: 'nobodys', messages: says('a') }));
  await expect(call).rejects.toBeInstanceOf(AccessDeniedException);
  client.destroy();
});

test('it tells how it is, and nothing of the token', async () => {
  expect(JSON.parse((await ask({ path: '/_sidecar/health' })).body)).toMatchObject({ token: { valid: true } });
  expect(await ask({ path: '/_sidecar/ready' })).toMatchObject({ status: 200 });
  const { body } = await ask({ path: '/_sidecar/metrics' });
  expect(body).toMatch(/^tollgate_sidecar_answers_total\{status="200"\} \d+$/m);
  expect(`${body}${lines.join()}`).not.toContain(token.slice(0, 20));
});

test('without a token it answers 503 with the seconds to wait, and goes on when there is one', async () => {
  const file = join(stack.dataDir, 'late');
  const settings = sidecarSettings({ TOLLGATE_URL: stack.gateway, TOLLGATE_TOKEN_FILE: file, PORT: '0' });
  const late = await startSidecar(settings, () => {});
  try {
    const models = () => fetch(`${late.address}/v1/models`);
    const refused = await models();
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    writeFileSync(file, token);
    await expect.poll(async () => (await models()).status, { timeout: 10_000 }).toBe(200);
  } finally {
    await late.stop();
    rmSync(file, { force: true });
  }
});
