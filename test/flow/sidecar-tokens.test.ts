import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Environment } from '../../contract/read-setting.ts';
import { DEMO_CLIENTS } from '../../local/clients.ts';
import { type Identity, startIdentity } from '../../local/identity.ts';
import { sidecarSettings } from '../../sidecar/settings.ts';
import { type Sidecar, startSidecar } from '../../sidecar/start.ts';
import { tokenSettings } from '../../sidecar/token/settings.ts';
import { createSource } from '../../sidecar/token/source.ts';
import { systemTime } from '../../sidecar/token/time.ts';
import type { HeldToken, TokenSource } from '../../sidecar/token/token.ts';
import { freePorts } from './ports.ts';
import { Stack } from './stack.ts';

/** Where the sidecar's tokens are from, and how it keeps them: by the laptop's identity provider, and by one whose tokens live for 3 s. */

const folder = mkdtempSync(join(tmpdir(), 'tollgate-sidecar-tokens-'));
const secret = join(folder, 'secret');
const told: string[] = [];
const lines: string[] = [];
let stack: Stack;
let shortPort: number;
/** Whose tokens live for 3 s. */
let short: Identity | undefined;

const startShort = async (clients = DEMO_CLIENTS): Promise<void> => {
  const onError = (error: Error): never => {
    throw error;
  };
  short = await startIdentity({ port: shortPort, dataDir: join(folder, 'short'), clients, tokenSeconds: 3, onError });
};
const stopShort = async (): Promise<void> => {
  await short?.close(0);
  short = undefined;
};

beforeAll(async () => {
  writeFileSync(secret, 'acme-secret\n');
  shortPort = await freePorts(1);
  const issuer = `http://127.0.0.1:${shortPort}`;
  const trusted = { issuer, jwksUri: `${issuer}/jwks`, audience: 'tollgate', tenantClaim: 'tenant' };
  // A client's key that is there before the provider is: of another kind than the one it would make.
  mkdirSync(join(folder, 'short'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(folder, 'short/acme-key.pem'), privateKey.export({ format: 'pem', type: 'pkcs1' }));
  [stack] = await Promise.all([Stack.start({ env: { TOLLGATE_ISSUERS: JSON.stringify([trusted]) } }), startShort()]);
});

afterAll(async () => {
  await stopShort();
  await stack.remove();
  rmSync(folder, { recursive: true });
});

afterEach(() => vi.restoreAllMocks());

function sourceOf(env: Environment): TokenSource {
  return createSource(tokenSettings(env), { fetch, time: systemTime, tell: (text) => told.push(text) });
}

function got(source: TokenSource): Promise<HeldToken> {
  return source(AbortSignal.timeout(20_000));
}

/** Whose the gateway says that a token is. */
async function tenantOf({ token }: HeldToken): Promise<unknown> {
  const answer = await fetch(`${stack.gateway}/v1/usage`, { headers: { authorization: `Bearer ${token}` } });
  return ((await answer.json()) as { tenant?: unknown }).tenant;
}

const client = (more: Environment = {}, id = 'acme-app'): Environment => ({
  TOLLGATE_ISSUER: stack.issuer,
  TOLLGATE_CLIENT_ID: id,
  ...more,
});
const bySecret = (issuer: string): Environment => ({
  TOLLGATE_ISSUER: issuer,
  TOLLGATE_CLIENT_ID: 'acme-app',
  TOLLGATE_CLIENT_SECRET_FILE: secret,
});

describe('a token comes from', () => {
  const from: [string, () => Environment | Promise<Environment>][] = [
    ['a secret in a file', () => client({ TOLLGATE_CLIENT_SECRET_FILE: secret })],
    [
      'a secret in Secrets Manager',
      () =>
        client({
          TOLLGATE_CLIENT_SECRET_ARN: 'arn:aws:secretsmanager:us-east-1:111122223333:secret:acme-app-LoCaL1',
          AWS_ENDPOINT_URL: stack.aws,
          AWS_ACCESS_KEY_ID: 'tollgate-operator',
          AWS_SECRET_ACCESS_KEY: 'tollgate-operator',
        }),
    ],
    ['a key on a curve', () => client({ TOLLGATE_CLIENT_KEY_FILE: join(stack.dataDir, 'acme-key.pem') }, 'acme-key')],
    [
      'an RSA key',
      () => ({
        TOLLGATE_ISSUER: `http://127.0.0.1:${shortPort}`,
        TOLLGATE_CLIENT_ID: 'acme-key',
        TOLLGATE_CLIENT_KEY_FILE: join(folder, 'short/acme-key.pem'),
      }),
    ],
    [
      'the exchange of a token in a file',
      async () => {
        const subject = join(folder, 'subject');
        writeFileSync(subject, await stack.token('stranger-app'));
        return client({ TOLLGATE_CLIENT_SECRET_FILE: secret, TOLLGATE_SUBJECT_TOKEN_FILE: subject });
      },
    ],
    [
      'a file',
      async () => {
        const file = join(folder, 'token');
        writeFileSync(file, `${await stack.token('acme-app')}\n`);
        return { TOLLGATE_TOKEN_FILE: file };
      },
    ],
    [
      'a program that prints an answer of an issuer, without a shell',
      async () => {
        const token = await stack.token('acme-app');
        writeFileSync(join(folder, 'a $file'), JSON.stringify({ access_token: token, expires_in: 900 }));
        return { TOLLGATE_TOKEN_COMMAND: `cat '${join(folder, 'a $file')}'` };
      },
    ],
    [
      'a shell',
      async () => {
        writeFileSync(join(folder, 'printed'), await stack.token('acme-app'));
        return { TOLLGATE_TOKEN_COMMAND: `sh -c 'cat ${join(folder, 'printed')} | cat; echo noise >&2'` };
      },
    ],
    [
      'a job of GitHub Actions',
      async () => {
        const token = await stack.token('acme-app');
        const url = await serve((req, res) => {
          const isRight = req.headers.authorization === 'Bearer of-the-job' && req.url === '/?v=1&audience=tollgate';
          res.end(JSON.stringify({ value: isRight ? token : '' }));
        });
        return {
          TOLLGATE_TOKEN_FROM: 'github-actions',
          TOLLGATE_AUDIENCE: 'tollgate',
          ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/?v=1`,
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-job',
        };
      },
    ],
  ];
  test.each(from)('%s', async (_, env) => {
    const held = await got(sourceOf(await env()));
    expect(await tenantOf(held)).toBe('acme');
    expect(held.expiresAt).toBeGreaterThan(Date.now());
  });

  test('a person at a terminal, who is asked once: the next is from the refresh token', async () => {
    told.length = 0;
    const source = sourceOf(client({ TOLLGATE_TOKEN_FROM: 'device' }, 'acme-laptop'));
    const first = got(source);
    await expect.poll(() => told.join(''), { timeout: 10_000 }).toContain('enter the code');
    const [, url = '', code = ''] = /open (\S+) and enter the code (\S+)/.exec(told.join('')) ?? [];
    expect(url).toContain(stack.issuer);
    const body = new URLSearchParams({ user_code: code });
    expect((await fetch(url, { method: 'POST', body })).status).toBe(200);
    expect(await tenantOf(await first)).toBe('acme');
    const second = await got(source);
    expect(second.token).not.toBe((await first).token);
    expect(await tenantOf(second)).toBe('acme');
    expect(told.join('').match(/enter the code/g)).toHaveLength(1);
  }, 30_000);

  test('a secret that is replaced while it runs', async () => {
    const file = join(folder, 'rotated');
    writeFileSync(file, 'the one before');
    const source = sourceOf(client({ TOLLGATE_CLIENT_SECRET_FILE: file }));
    await expect(got(source)).rejects.toMatchObject({ reason: 'refused', error: 'invalid_client' });
    writeFileSync(file, 'acme-secret');
    expect(await tenantOf(await got(source))).toBe('acme');
  });

  test('a token to exchange that the issuer does not take: its own code says so', async () => {
    const subject = join(folder, 'forged');
    writeFileSync(subject, `${(await stack.token('stranger-app')).slice(0, -8)}AAAAAAAA`);
    const source = sourceOf(client({ TOLLGATE_CLIENT_SECRET_FILE: secret, TOLLGATE_SUBJECT_TOKEN_FILE: subject }));
    await expect(got(source)).rejects.toMatchObject({ reason: 'refused', error: 'invalid_grant' });
  });
});

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });
}

/** A sidecar whose log lines are those of `lines`. */
function sidecarOf(tokens: Environment): Promise<Sidecar> {
  lines.length = 0;
  const env = { TOLLGATE_URL: stack.gateway, PORT: '0', SIDECAR_AUTHORIZATION_FILE: join(folder, 'auth'), ...tokens };
  return startSidecar(sidecarSettings(env), (line) => lines.push(line));
}

const events = (name: string) =>
  lines.map((line) => JSON.parse(line)).filter(({ event }: { event: string }) => event === name);

async function call({ address }: Sidecar): Promise<{ status: number; retryAfter: number; text: string }> {
  const answer = await fetch(`${address}/v1/usage`);
  const text = await answer.text();
  return { status: answer.status, retryAfter: Number(answer.headers.get('retry-after')), text };
}

async function health({ address }: Sidecar): Promise<Record<string, unknown>> {
  return ((await (await fetch(`${address}/_sidecar/health`)).json()) as { token: Record<string, unknown> }).token;
}

describe('tokens of 3 s are kept', () => {
  let sidecar: Sidecar;

  beforeAll(async () => {
    sidecar = await sidecarOf(bySecret(`http://127.0.0.1:${shortPort}`));
  });

  afterAll(() => sidecar?.stop());

  test('under load, without one call that fails, and asked for once each', async () => {
    const statuses = new Map<number, number>();
    const callers = Array.from({ length: 8 }, async () => {
      while (events('token-renewed').length < 4) {
        const { status } = await call(sidecar);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    await Promise.all(callers);
    expect([...statuses.keys()]).toEqual([200]);
    expect(statuses.get(200)).toBeGreaterThan(20);
    expect(events('token-not-renewed')).toEqual([]);
  }, 30_000);

  test('while the issuer is down: the last one until it ends, then 503 with the seconds to wait; and on when it is back', async () => {
    await stopShort();
    const seen: number[] = [];
    let refused = await call(sidecar);
    for (; refused.status === 200; refused = await call(sidecar)) {
      seen.push(refused.status);
      await after(20);
    }
    expect(seen.length).toBeGreaterThan(0);
    expect(refused).toMatchObject({ status: 503, text: expect.stringContaining('ECONNREFUSED') });
    expect(refused.retryAfter).toBeGreaterThan(0);
    expect(refused.retryAfter).toBeLessThanOrEqual(30);
    const failed = events('token-not-renewed');
    expect(failed[0]).toMatchObject({ level: 'warn', reason: 'unreachable', error: 'ECONNREFUSED' });
    await startShort();
    await expect.poll(async () => (await call(sidecar)).status, { timeout: 15_000 }).toBe(200);
    expect(await health(sidecar)).toMatchObject({ valid: true, failures: events('token-not-renewed').length });
    expect((await health(sidecar)).fault).toBeUndefined();
  }, 40_000);

  test('until its client is revoked, which the state, one line and the caller’s answer say', async () => {
    await stopShort();
    await startShort(DEMO_CLIENTS.filter(({ id }) => id !== 'acme-app'));
    await expect.poll(async () => (await health(sidecar)).fault, { timeout: 15_000 }).toBe('invalid_client');
    await expect
      .poll(() => call(sidecar), { timeout: 15_000 })
      .toMatchObject({ status: 503, text: expect.stringContaining('invalid_client') });
    const refused = events('token-not-renewed').filter(({ reason }) => reason === 'refused');
    expect(refused.map(({ error }) => error)).toEqual(refused.map(() => 'invalid_client'));
    // It is asked slowly: nothing but a person changes what it says.
    expect(refused.length).toBeLessThanOrEqual(2);
    await stopShort();
    await startShort();
  }, 40_000);

  test('and neither they nor the secret stand in a line', async () => {
    const said = lines.join('\n');
    expect(said).toContain('token-renewed');
    expect(said).not.toMatch(/eyJ/);
    expect(said).not.toContain(readFileSync(secret, 'utf8').trim());
  });
});

describe('a clock that is not the issuer’s', () => {
  test.each([
    ['ten minutes behind', -600_000],
    ['an hour ahead', 3_600_000],
  ])(
    '%s changes nothing: how long a token lives is told, and a signed assertion is dated as the issuer sees it',
    async (_, ms) => {
      const now = Date.now;
      vi.spyOn(Date, 'now').mockImplementation(() => now() + ms);
      for (const tokens of [
        bySecret(stack.issuer),
        client({ TOLLGATE_CLIENT_KEY_FILE: join(stack.dataDir, 'acme-key.pem') }, 'acme-key'),
      ]) {
        const sidecar = await sidecarOf(tokens);
        try {
          expect(await call(sidecar)).toMatchObject({ status: 200 });
          const { lifeSeconds } = events('token-renewed')[0];
          expect(lifeSeconds).toBeGreaterThan(890);
          expect(lifeSeconds).toBeLessThanOrEqual(900);
        } finally {
          await sidecar.stop();
        }
      }
    },
  );
});

test('a token that the gateway refuses is renewed once, however many calls meet it', async () => {
  const file = join(folder, 'refused');
  // As whole as it looks: another's signature.
  writeFileSync(file, `${(await stack.token('acme-app')).slice(0, -8)}AAAAAAAA`);
  const sidecar = await sidecarOf({ TOLLGATE_TOKEN_FILE: file });
  try {
    const refused = await Promise.all(Array.from({ length: 8 }, () => call(sidecar)));
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 401));
    expect(events('token-refused-by-gateway')).toHaveLength(1);
    writeFileSync(file, await stack.token('acme-app'));
    await expect.poll(async () => (await call(sidecar)).status, { timeout: 10_000 }).toBe(200);
  } finally {
    await sidecar.stop();
  }
});
