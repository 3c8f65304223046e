import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessDeniedException, BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { Stack } from './stack.ts';

const NOVA = 'amazon.nova-lite-v1:0';
const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';

let stack: Stack;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollgate-direct-'));
  // Nothing is remembered, so that every edit of the registry is in force at once.
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0' } });
});

afterEach(() => {
  vi.unstubAllEnvs();
});

afterAll(async () => {
  await stack.remove();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (text = 'hello') => ({ messages: [{ role: 'user' as const, content: [{ text }] }] });

/** An unmodified client that finds its credentials by its default chain and calls AWS, not the gateway. */
function direct(token: string, { aws, gateway } = stack): BedrockRuntimeClient {
  const file = join(folder, 'token');
  writeFileSync(file, `Bearer ${token}`);
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'])
    vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', devNull);
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', devNull);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_RUNTIME', aws);
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${gateway}/credentials?model=nova-lite`);
  vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', file);
  return new BedrockRuntimeClient({});
}

async function get(query: string, client = 'acme-app'): Promise<Response> {
  const token = await stack.token(client);
  return fetch(`${stack.gateway}/credentials${query}`, { headers: { authorization: `Bearer ${token}` } });
}

async function throughGateway(): Promise<number> {
  const { status } = await fetch(`${stack.gateway}/model/nova-lite/converse`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await stack.token('acme-app')}`, 'content-type': 'application/json' },
    body: JSON.stringify(ask()),
  });
  return status;
}

async function cli(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await stack.cli(...args);
  expect(code, stderr).toBe(0);
  return stdout;
}

test('is off unless the grant says so, and reads like a model that was never granted; STS hears of neither', async () => {
  const mark = await stack.mark();
  const answers = await Promise.all(['nova-lite', 'llama-3-3-70b', 'nonsense'].map((model) => get(`?model=${model}`)));
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
  const [off, ...others] = await Promise.all(answers.map((answer) => answer.text()));
  expect(others).toEqual([off, off]);
  expect(JSON.parse(off ?? '')).toMatchObject({ code: 'AccessDeniedException', Code: 'AccessDeniedException' });
  expect(await stack.upstream(mark)).toEqual([]);
});

test('needs a token like everything else', async () => {
  expect((await fetch(`${stack.gateway}/credentials?model=nova-lite`)).status).toBe(401);
});

test.each([
  [['--max-tokens', '10'], 'not with max tokens'],
  [['--guardrail', 'arn:aws:bedrock:us-east-1:111122223333:guardrail/demo:1'], 'not with guardrail'],
])('cannot be combined with %j, of which only the gateway enforces a part', async (options, reason) => {
  const { code, stderr } = await stack.cli('grant', 'acme', 'nova-lite', '--direct', ...options);
  expect(code).toBe(1);
  expect(stderr).toContain(`direct: ${reason}`);
});

describe('once the grant says so', () => {
  beforeAll(async () => {
    expect(await cli('grant', 'acme', 'nova-lite', '--direct')).toContain('direct');
  });

  test('credentials end with the token at the latest, for IAM too, and are kept by nobody between', async () => {
    const token = await stack.token('acme-app');
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number };
    const mark = await stack.mark();
    const answer = await fetch(`${stack.gateway}/credentials?model=${NOVA}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { Expiration, ...rest } = (await answer.json()) as Record<string, string>;
    expect(Object.keys(rest).sort()).toEqual(['AccessKeyId', 'SecretAccessKey', 'Token']);
    expect(Date.parse(Expiration ?? '')).toBeLessThanOrEqual(exp * 1000);
    expect((await stack.upstream(mark)).map(({ operation }) => operation)).toEqual(['AssumeRole']);
  });

  test("the tenant's unmodified SDK calls AWS by itself: that model, under its own name, and no other", async () => {
    const token = await stack.token('acme-app');
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp: number };
    const client = direct(token);
    const mark = await stack.mark();
    const { output } = await client.send(new ConverseCommand({ modelId: NOVA, ...ask() }));
    expect(output?.message?.content?.[0]?.text).toBe('echo: hello');
    // acme holds this one, too; the credentials are for the other.
    for (const modelId of [SONNET, 'amazon.titan-embed-text-v2:0', 'us.meta.llama3-3-70b-instruct-v1:0'])
      await expect(client.send(new ConverseCommand({ modelId, ...ask() }))).rejects.toBeInstanceOf(
        AccessDeniedException,
      );
    const [assumed, called] = await stack.upstream(mark);
    expect([assumed?.operation, called?.operation]).toEqual(['AssumeRole', 'Converse']);
    expect(called?.caller).toMatchObject({
      sessionName: expect.stringMatching(/^tg-acme@direct-[0-9a-f]{32}$/),
      sourceIdentity: expect.stringMatching(/^tg-acme-[0-9a-f]{32}$/),
      tags: { TenantId: 'acme' },
    });
    const until = new Date(exp * 1000).toISOString().replace('.000Z', 'Z');
    expect(JSON.stringify(called?.caller?.sessionPolicy)).toContain(`{"aws:CurrentTime":"${until}"}`);
  });

  test('each hand-out and each refusal leaves one line that says who, and no credential is in any', async () => {
    const answers = await Promise.all([get('?model=nova-lite'), get('?model=claude-v2'), get('?model=nonsense')]);
    const [given, held, unknown] = answers.map(({ headers }) => headers.get('x-request-id'));
    const { AccessKeyId, SecretAccessKey, Token } = (await answers[0].json()) as Record<string, string>;
    await fetch(`${stack.aws}/_local/flush`, { method: 'POST' });
    const all = () => {
      const text = readFileSync(join(stack.dataDir, 'log.jsonl'), 'utf8');
      for (const id of [given, held, unknown]) expect(text).toContain(id);
      return text;
    };
    const log = await vi.waitFor(all, { timeout: 15_000 });
    for (const secret of [AccessKeyId, SecretAccessKey, Token]) expect(log + stack.stdout).not.toContain(secret);
    const lines = log
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const of = (id: string | null | undefined) => lines.filter(({ requestId }) => requestId === id);
    const who = { tenant: 'acme', principal: 'acme-app' };
    expect(of(given)).toEqual([
      expect.objectContaining({
        ...who,
        event: 'credentials-issued',
        mode: 'direct',
        model: 'nova-lite',
        CredentialsIssued: 1,
      }),
    ]);
    const refused = { ...who, event: 'refused', code: 'model_not_allowed', Refused: 1 };
    expect(of(held)).toEqual([
      expect.objectContaining({ ...refused, reason: 'direct-off', detail: { model: 'claude-v2' } }),
    ]);
    expect(of(unknown)).toEqual([expect.objectContaining({ ...refused, reason: 'unknown-model' })]);
    expect(JSON.stringify(of(unknown))).not.toContain('nonsense');
  });

  test('a tenant is given as many a minute as its budget says, by HEAD too, and then STS hears of none', async () => {
    const told = await get('?model=nova-lite');
    expect(told.headers.get('ratelimit-policy')).toBe('"_credentials";q=300;qu="credentials";w=60');
    await cli('budget', 'set', 'acme', 'own', '--limit', '2', '--unit', 'credentials', '--period', 'minute');
    try {
      const head = async (): Promise<Response> => {
        const headers = { authorization: `Bearer ${await stack.token('acme-app')}` };
        return fetch(`${stack.gateway}/credentials?model=nova-lite`, { method: 'HEAD', headers });
      };
      await vi.waitFor(
        async () => {
          const mark = await stack.mark();
          const given = [await get('?model=nova-lite'), await head(), await get('?model=nova-lite'), await head()];
          // Another minute may begin between two of them.
          expect(given.map(({ status }) => status)).toEqual([200, 200, 429, 429]);
          const [, , refused] = given;
          expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
          expect(await refused?.json()).toMatchObject({
            code: 'ThrottlingException',
            message: expect.stringMatching(/^The budget own is used up; it is reset at .*Z\.$/),
          });
          const assumed = (await stack.upstream(mark)).filter(({ operation }) => operation === 'AssumeRole');
          expect(assumed).toHaveLength(2);
        },
        { timeout: 120_000, interval: 5_000 },
      );
      expect(await throughGateway()).toBe(200);
    } finally {
      await cli('budget', 'remove', 'acme', 'own');
    }
  }, 180_000);

  test('another tenant, whose grant does not say so, gets none', async () => {
    expect((await get('?model=nova-lite', 'globex-app')).status).toBe(403);
  });

  test('a revocation ends what was handed out, by one command; the gateway goes on, and so does whoever asks anew', async () => {
    const client = direct(await stack.token('acme-app'));
    const call = () => client.send(new ConverseCommand({ modelId: NOVA, ...ask() }));
    await call();
    expect(await throughGateway()).toBe(200);
    expect(await cli('direct', 'revoke', '--tenant', 'globex')).toContain('credentials of globex');
    await call();
    const mark = await stack.mark();
    expect(await cli('direct', 'revoke', '--tenant', 'acme')).toContain('credentials of acme');
    await expect(call()).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining('the role policy explicitly denies it'),
    });
    expect(await throughGateway()).toBe(200);
    // The gateway's own session was not touched, so none was made anew.
    expect((await stack.upstream(mark)).map(({ operation }) => operation)).toEqual(['Converse', 'Converse']);
    const listed = JSON.parse(await cli('direct', 'revoked', '--format', 'json')) as { tenant: string }[];
    expect(listed.map(({ tenant }) => tenant)).toEqual(['acme', 'globex']);
    await vi.waitFor(
      async () => {
        const fresh = direct(await stack.token('acme-app'));
        await fresh.send(new ConverseCommand({ modelId: NOVA, ...ask() }));
      },
      { timeout: 15_000, interval: 200 },
    );
    expect(await cli('direct', 'tidy')).toContain('0 taken away, 2 kept');
  });

  test('revoking all is one statement in the place of all others', async () => {
    expect(await cli('direct', 'revoke', '--all')).toContain('credentials of all tenants');
    const listed = JSON.parse(await cli('direct', 'revoked', '--format', 'json')) as { tenant: string | null }[];
    expect(listed.map(({ tenant }) => tenant)).toEqual([null]);
  });

  test.each([[[]], [['--tenant', 'acme', '--all']]])(
    'a revocation of nobody or of two reaches is not understood: %j',
    async (args) => {
      expect((await stack.cli('direct', 'revoke', ...args)).code).toBe(2);
    },
  );

  test('taken back from the grant, no more are handed out', async () => {
    expect((await stack.cli('grant', 'revoke', 'acme', 'nova-lite')).code).toBe(0);
    await cli('grant', 'acme', 'nova-lite');
    expect((await get('?model=nova-lite')).status).toBe(403);
    expect(await throughGateway()).toBe(200);
  });
});

test('with a broker it is the broker that decides and issues, and the invoke function only passes on', async () => {
  const brokered = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0', TOLLGATE_BROKER: '1' } });
  try {
    const token = await brokered.token('acme-app');
    const headers = { authorization: `Bearer ${token}` };
    const off = await fetch(`${brokered.gateway}/credentials?model=nova-lite`, { headers });
    expect(off.status).toBe(403);
    expect((await brokered.cli('grant', 'acme', 'nova-lite', '--direct')).code).toBe(0);
    const client = direct(token, brokered);
    await client.send(new ConverseCommand({ modelId: NOVA, ...ask() }));
    await expect(client.send(new ConverseCommand({ modelId: SONNET, ...ask() }))).rejects.toBeInstanceOf(
      AccessDeniedException,
    );
    const [assumed, called] = await brokered.upstream();
    expect(assumed?.caller?.sessionName).toBe('tollgate-local-broker');
    expect(called?.caller?.sessionName).toMatch(/^tg-acme@direct-/);
  } finally {
    await brokered.remove();
  }
});
