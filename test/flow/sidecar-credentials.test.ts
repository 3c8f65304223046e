import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AccessDeniedException, BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { fromHttp } from '@aws-sdk/credential-provider-http';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { allSettings } from '../../sidecar/settings.ts';
import { type Sidecar, startSidecars } from '../../sidecar/start.ts';
import { compileCache } from './command.ts';
import { Stack } from './stack.ts';

/** A sidecar as a process, as it is started; what its own words say is what the unmodified SDKs are told. */

const NOVA = 'amazon.nova-lite-v1:0';
const run = promisify(execFile);

let stack: Stack;
let sidecar: ReturnType<typeof spawn>;
let said = '';
/** The process's environment, and that of whoever is to find it. */
let env: Record<string, string | undefined>;

const told = (name: string): string => new RegExp(`^${name}[= ](.+)$`, 'm').exec(said)?.[1] ?? '';

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: '0' } });
  for (const model of ['nova-lite', 'mixtral-8x7b'])
    expect(await stack.cli('grant', 'acme', model, '--direct')).toMatchObject({ code: 0 });
  for (const client of ['acme-app', 'globex-app'])
    writeFileSync(join(stack.dataDir, client), await stack.token(client), { mode: 0o600 });
  writeFileSync(join(stack.dataDir, 'acme-secret'), 'acme-secret', { mode: 0o600 });
  mkdirSync(join(stack.dataDir, 'own'), { mode: 0o700 });
  env = {
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE: compileCache,
    // Where its value is written when nothing says another place.
    TMPDIR: join(stack.dataDir, 'own'),
    TOLLGATE_URL: stack.gateway,
    TOLLGATE_ISSUER: stack.issuer,
    TOLLGATE_CLIENT_ID: 'acme-app',
    TOLLGATE_CLIENT_SECRET_FILE: join(stack.dataDir, 'acme-secret'),
    PORT: '0',
  };
  sidecar = spawn(process.execPath, ['cli/tollgate.mjs', 'sidecar'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  sidecar.stdout?.on('data', (text) => {
    said += text;
  });
  await vi.waitFor(() => expect(told('ready')).toMatch(/^http:/), { timeout: 10_000 });
  env.PORT = new URL(told('ready')).port;
});

afterEach(() => {
  vi.unstubAllEnvs();
});

afterAll(async () => {
  sidecar?.kill();
  await stack.remove();
});

const says = (text: string) => ({ messages: [{ role: 'user' as const, content: [{ text }] }] });

/** What an SDK is told by its environment, and nothing that the machine has. */
function environment(variables: Record<string, string>): void {
  const none = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'];
  for (const name of [...none, 'AWS_BEARER_TOKEN_BEDROCK']) vi.stubEnv(name, undefined);
  const files = { AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull, AWS_REGION: 'us-east-1' };
  for (const [name, value] of Object.entries({ ...files, ...variables })) vi.stubEnv(name, value);
}

const container = (model: string) => ({
  AWS_CONTAINER_CREDENTIALS_FULL_URI: told('AWS_CONTAINER_CREDENTIALS_FULL_URI').replace(/ID$/, model),
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: told('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'),
});

const operations = async (mark: number) => (await stack.upstream(mark)).map(({ operation }) => operation);

describe('credentials for direct calls', () => {
  test('reach an unmodified SDK by its container provider: for that model, and no other', async () => {
    environment({ ...container('nova-lite'), AWS_ENDPOINT_URL_BEDROCK_RUNTIME: stack.aws });
    const mark = await stack.mark();
    const clients = Array.from({ length: 5 }, () => new BedrockRuntimeClient({}));
    const calls = clients.map((client) => client.send(new ConverseCommand({ modelId: NOVA, ...says('a b') })));
    for (const { output } of await Promise.all(calls))
      expect(output?.message?.content).toEqual([{ text: 'echo: a b' }]);
    const refused = clients[0]?.send(new ConverseCommand({ modelId: 'amazon.titan-embed-text-v2:0', ...says('a') }));
    await expect(refused).rejects.toBeInstanceOf(AccessDeniedException);
    for (const client of clients) client.destroy();
    // One session for all five, and the gateway was in none of the calls.
    expect((await operations(mark)).filter((one) => one === 'AssumeRole')).toHaveLength(1);
    const called = (await stack.upstream(mark)).find(({ operation }) => operation === 'Converse');
    expect(called?.caller?.sessionName).toMatch(/^tg-acme@direct-/);
  });

  test('reach it by credential_process, too', async () => {
    const config = join(stack.dataDir, 'config');
    const [program, ...args] = [process.execPath, 'cli/tollgate.mjs', 'sidecar', 'credentials', '--model', 'nova-lite'];
    writeFileSync(config, `[profile nova]\ncredential_process = ${[program, ...args].join(' ')}\n`);
    for (const name of ['PORT', 'TMPDIR']) vi.stubEnv(name, env[name]);
    environment({ AWS_CONFIG_FILE: config, AWS_PROFILE: 'nova', AWS_ENDPOINT_URL_BEDROCK_RUNTIME: stack.aws });
    const client = new BedrockRuntimeClient({});
    const { output } = await client.send(new ConverseCommand({ modelId: NOVA, ...says('a b') }));
    expect(output?.message?.content).toEqual([{ text: 'echo: a b' }]);
    client.destroy();
  });

  test('are not for who does not know the value, and the SDK says why', async () => {
    const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file } =
      container('nova-lite');
    const awsContainerCredentialsFullUri = uri;
    const wrong = { awsContainerCredentialsFullUri, awsContainerAuthorizationToken: 'wrong', maxRetries: 0 };
    const mark = await stack.mark();
    await expect(fromHttp({ ...wrong, timeout: 5_000 })()).rejects.toMatchObject({
      message: 'Server responded with status: 401',
      Code: 'UnrecognizedClientException',
      Message: expect.stringContaining('authorization file'),
    });
    expect(await operations(mark)).toEqual([]);
    expect(said).not.toContain(readFileSync(file, 'utf8'));
  });

  test.each<[string, string, Record<string, string>, string]>([
    ['a model that is not granted so', 'claude-v2', {}, 'not'],
    ['no sidecar', 'nova-lite', { PORT: '1' }, 'no sidecar of yours gives credentials here'],
    ['a socket that is none', 'nova-lite', { SIDECAR_SOCKET: '/nowhere/s' }, '/nowhere/s.authorization cannot be read'],
  ])('%s is said on stderr with exit code 1, and nothing on stdout', async (_, model, more, message) => {
    const args = ['cli/tollgate.mjs', 'sidecar', 'credentials', '--model', model];
    const failed = run(process.execPath, args, { env: { ...env, ...more } });
    await expect(failed).rejects.toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(message) });
  });
});

const PYTHON = ['/usr/bin/python3', 'python3'].find((one) => existsSync(one)) ?? 'python3';

/** Of 2022 where it is Debian's: before bearer tokens, and before the file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE. */
const BOTO3 = `
import boto3, json, os
def say(endpoint, **more):
    client = boto3.client("sagemaker-runtime", region_name="us-east-1", endpoint_url=endpoint, **more)
    body = json.dumps({"messages": [{"role": "user", "content": "a b"}]})
    answer = client.invoke_endpoint(EndpointName="mixtral-8x7b", ContentType="application/json", Body=body)
    print(json.loads(answer["Body"].read())["choices"][0]["message"]["content"])
say(os.environ["SIDECAR"], aws_access_key_id="AKIANOTHERE", aws_secret_access_key="none")
say(os.environ["AWS"])
`;

test('boto3 calls through it signed as it is, and directly with the credentials that it hands out', async ({
  skip,
}) => {
  const has = await run(PYTHON, ['-c', 'import boto3; print(boto3.__version__)']).catch(() => undefined);
  if (has === undefined) return skip('this machine has no boto3');
  const { AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file } =
    container('mixtral-8x7b');
  const mark = await stack.mark();
  const { stdout } = await run(PYTHON, ['-c', BOTO3], {
    env: {
      ...{ PATH: process.env.PATH, HOME: stack.dataDir, SIDECAR: told('ready'), AWS: stack.aws },
      AWS_CONTAINER_CREDENTIALS_FULL_URI,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: readFileSync(file, 'utf8'),
    },
  });
  expect(stdout).toBe('echo: a b\necho: a b\n');
  const sessions = (await stack.upstream(mark)).flatMap(({ operation, caller }) =>
    operation === 'InvokeEndpoint' ? [caller?.sessionName] : [],
  );
  expect(sessions).toEqual([expect.stringMatching(/^tg-acme-/), expect.stringMatching(/^tg-acme@direct-/)]);
});

test('AWS_ENDPOINT_URL and any keys in the environment are all that an SDK needs', async () => {
  environment({ AWS_ENDPOINT_URL: told('ready'), AWS_ACCESS_KEY_ID: 'AKIANOTHERE', AWS_SECRET_ACCESS_KEY: 'none' });
  const bedrock = new BedrockRuntimeClient({});
  const { output } = await bedrock.send(new ConverseCommand({ modelId: 'nova-lite', ...says('a b') }));
  expect(output?.message?.content).toEqual([{ text: 'echo: a b' }]);
  const sagemaker = new SageMakerRuntimeClient({});
  const Body = JSON.stringify({ messages: [{ role: 'user', content: 'a b' }] });
  const endpoint = { EndpointName: 'mixtral-8x7b', ContentType: 'application/json', Body };
  const answer = await sagemaker.send(new InvokeEndpointCommand(endpoint));
  expect(answer.Body?.transformToString()).toContain('echo: a b');
  for (const client of [bedrock, sagemaker]) client.destroy();
});

describe('several clients in one process', () => {
  let sidecars: readonly Sidecar[];
  const lines: string[] = [];
  const socket = (name: string) => join(stack.dataDir, 'own', `${name}.sock`);

  beforeAll(async () => {
    const client = (name: string) => ({
      SIDECAR_SOCKET: socket(name),
      TOLLGATE_TOKEN_FILE: join(stack.dataDir, `${name}-app`),
    });
    const table = join(stack.dataDir, 'clients.json');
    writeFileSync(table, JSON.stringify({ acme: client('acme'), globex: client('globex') }));
    const shared = { TOLLGATE_URL: stack.gateway, SIDECAR_METRICS: 'true', SIDECAR_CLIENTS: table };
    sidecars = await startSidecars(allSettings(shared), (line) => lines.push(line));
  });

  afterAll(() => Promise.all((sidecars ?? []).map((one) => one.stop())));

  function ask(name: string, path: string, headers: Record<string, string> = {}) {
    return new Promise<{ status: number | undefined; body: string }>((done, fail) => {
      request({ socketPath: socket(name), path, headers }, (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        answer.once('end', () => done({ status: answer.statusCode, body }));
      })
        .once('error', fail)
        .end();
    });
  }

  test.each(['acme', 'globex'])('%s is who has its socket, whatever a caller says', async (name) => {
    const others = { authorization: 'Bearer x', 'x-tollgate-principal': 'root', 'x-tenant-id': 'ops' };
    expect(JSON.parse((await ask(name, '/v1/usage', others)).body)).toMatchObject({ tenant: name });
  });

  test.each(['acme', 'globex'])('%s is named where it is told how it is', async (name) => {
    expect(JSON.parse((await ask(name, '/_sidecar/health')).body)).toMatchObject({ status: 'ok', client: name });
    expect(JSON.parse((await ask(name, '/_sidecar/ready')).body)).toMatchObject({ status: 'ready', client: name });
    const { body } = await ask(name, '/_sidecar/metrics');
    const samples = body.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(samples.every((line) => line.includes(`{client="${name}"`))).toBe(true);
    const named = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(named).toContainEqual(expect.objectContaining({ event: 'token-renewed', client: name }));
  });

  test('the one’s value opens nothing of the other’s', async () => {
    const value = (name: string) => readFileSync(`${socket(name)}.authorization`, 'utf8');
    expect(statSync(`${socket('acme')}.authorization`).mode & 0o777).toBe(0o600);
    const [own, other] = ['acme', 'globex'].map((name) => ({ authorization: value(name) }));
    expect((await ask('acme', '/credentials?model=nova-lite', other)).status).toBe(401);
    expect((await ask('acme', '/credentials?model=nova-lite', own)).status).toBe(200);
    // The grant is acme's: the gateway refuses the other, whose value is right.
    expect((await ask('globex', '/credentials?model=nova-lite', other)).status).toBe(403);
    expect(lines.join()).not.toContain(value('acme'));
  });

  test('and one that cannot be is none that runs', async () => {
    const [first] = allSettings({
      TOLLGATE_URL: stack.gateway,
      TOLLGATE_TOKEN_FILE: devNull,
      SIDECAR_SOCKET: socket('x'),
    });
    const both = [first, first && { ...first, at: { socket: socket('acme') } }].flatMap((one) => one ?? []);
    await expect(startSidecars(both, () => {})).rejects.toMatchObject({ field: 'SIDECAR_SOCKET' });
    await expect(ask('x', '/_sidecar/health')).rejects.toThrow();
    expect(existsSync(`${socket('x')}.authorization`)).toBe(false);
  });
});

test('a sidecar that has got its token and passed calls on holds under 80 MB', async () => {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(sidecar.pid)]);
  expect(Number(stdout) * 1_024).toBeLessThan(80_000_000);
});

test('the value’s file goes with the process', async () => {
  const file = told('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE');
  expect(file).toBe(join(env.TMPDIR ?? '', `tollgate-sidecar-${process.getuid?.()}`, env.PORT ?? ''));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const ended = new Promise((done) => sidecar.once('exit', done));
  sidecar.kill('SIGTERM');
  expect(await ended).toBe(0);
  expect(existsSync(file)).toBe(false);
});
