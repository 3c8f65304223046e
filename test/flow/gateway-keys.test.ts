import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stack } from './stack.ts';

/** Keys over HTTP, with a broker: who verifies again accepts a key as the authorizer does. */
let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0', TOLLGATE_BROKER: '1' } });
});

afterAll(() => stack.remove());

async function make(name: string, ...more: string[]): Promise<string> {
  const { code, stdout, stderr } = await stack.cli('key', 'create', name, '--tenant', 'acme', ...more);
  expect(stderr).toContain('It is shown this once.');
  expect(code).toBe(0);
  return stdout.trim();
}

/** From another address of this machine. */
function from(localAddress: string, key: string): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const body = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'hi' }] }] });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  request(`${stack.gateway}/model/nova-lite/converse`, { method: 'POST', localAddress, headers }, (answer) => {
    answer.resume().once('end', () => resolve(answer.statusCode));
  })
    .once('error', reject)
    .end(body);
  return promise;
}

describe('a key', () => {
  test('serves the SDKs of OpenAI, Anthropic and AWS, through the broker, and is in no log', async () => {
    const key = await make('sdks');
    const openai = new OpenAI({ baseURL: `${stack.gateway}/v1`, apiKey: key, maxRetries: 0 });
    const chat = await openai.chat.completions.create({
      model: 'nova-lite',
      messages: [{ role: 'user', content: 'hi' }],
    });
    expect(chat.choices[0]?.message.content).toBe('echo: hi');
    const anthropic = new Anthropic({ baseURL: stack.gateway, apiKey: null, authToken: key, maxRetries: 0 });
    const message = await anthropic.messages.create({
      ...{ model: 'claude-sonnet-4-5', max_tokens: 10 },
      messages: [{ role: 'user', content: 'hi' }],
    });
    expect(message.content).toMatchObject([{ type: 'text', text: 'echo: hi' }]);
    const bedrock = new BedrockRuntimeClient({
      ...{ endpoint: stack.gateway, region: 'us-east-1', token: { token: key }, maxAttempts: 1 },
      authSchemePreference: ['httpBearerAuth'],
    });
    const messages = [{ role: 'user' as const, content: [{ text: 'hi' }] }];
    const { output } = await bedrock.send(new ConverseCommand({ modelId: 'nova-lite', messages }));
    expect(output?.message?.content).toEqual([{ text: 'echo: hi' }]);
    const id = key.slice(3, 15);
    const assumed = (await stack.upstream()).filter(({ operation }) => operation === 'AssumeRole');
    expect(assumed.length).toBeGreaterThan(0);
    const log = readFileSync(join(stack.dataDir, 'log.jsonl'), 'utf8');
    expect(log).toContain(`key:${id}`);
    expect(log + stack.stdout).not.toContain(key.slice(15));
    const { stdout } = await stack.cli('key', 'show', id, '--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ id, tenant: 'acme', state: 'active', lastUsedAt: expect.any(String) });
    expect(stdout).not.toContain(key.slice(15, 55));
  });

  test('ends when it is revoked, when its tenant is suspended, and with what its tenant holds', async () => {
    const key = await make('ends');
    const other = await make('goes-on');
    expect(await stack.converse(key, 'nova-lite', 'hi')).toBe(200);
    await stack.cli('key', 'revoke', 'ends', '--tenant', 'acme');
    expect(await stack.converse(key, 'nova-lite', 'hi')).toBe(401);
    await stack.cli('tenant', 'suspend', 'acme', '--yes');
    expect(await stack.converse(other, 'nova-lite', 'hi')).toBe(401);
    await stack.cli('tenant', 'resume', 'acme');
    expect(await stack.converse(other, 'nova-lite', 'hi')).toBe(200);
    await stack.cli('grant', 'revoke', 'acme', 'claude-v2', '--yes');
    expect(await stack.converse(other, 'claude-v2', 'hi')).toBe(403);
  });

  test('is for its networks, models and budget alone, and is handed no credentials; the container says the same', async () => {
    const bounds = ['--networks', '127.0.0.1', '--models', 'nova-lite', '--limit', '2', '--unit', 'requests'];
    const key = await make('narrow', ...bounds);
    await stack.cli('grant', 'acme', 'nova-lite', '--direct', '--yes');
    const door = await stack.serve();
    try {
      expect(await from('127.0.0.2', key)).toBe(403);
      expect(await from('127.0.0.1', key)).toBe(200);
      expect(await stack.converse(key, 'claude-sonnet-4-5', 'hi')).toBe(403);
      for (const url of [stack.gateway, door.url]) {
        const headers = { authorization: `Bearer ${key}` };
        expect((await fetch(`${url}/credentials?model=nova-lite`, { headers })).status).toBe(403);
      }
      const body = JSON.stringify({ model: 'nova-lite', messages: [{ role: 'user', content: 'hi' }] });
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const ask = () => fetch(`${door.url}/v1/chat/completions`, { method: 'POST', headers, body });
      expect((await ask()).status).toBe(200);
      expect((await ask()).status).toBe(429);
    } finally {
      await door.stop();
    }
  });
});
