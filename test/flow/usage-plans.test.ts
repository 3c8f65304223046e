import {
  APIGatewayClient,
  CreateApiKeyCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  GetApiKeysCommand,
  GetUsagePlansCommand,
  UpdateUsagePlanCommand,
} from '@aws-sdk/client-api-gateway';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import OpenAI, { RateLimitError } from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TenantId } from '../../contract/identity.ts';
import { unitPlanName, usageKey } from '../../policies/usage-key.ts';
import { Stack } from './stack.ts';

/** Seconds. Short, so that a test may wait for what an authorizer's answer still says. */
const TTL = 1;
const DEPLOYED = { account: '111122223333', region: 'us-east-1', stage: 'local' };

let stack: Stack;
let control: APIGatewayClient;

beforeAll(async () => {
  stack = await Stack.start({ env: { TOLLGATE_AUTHORIZER_TTL: String(TTL) } });
  const credentials = { accessKeyId: 'a-test', secretAccessKey: 'a-test' };
  control = new APIGatewayClient({ endpoint: stack.aws, region: 'us-east-1', credentials });
});

afterEach(() => {
  vi.unstubAllEnvs();
});

afterAll(async () => {
  control.destroy();
  await stack.remove();
});

const body = JSON.stringify({ model: 'nova-lite', messages: [{ role: 'user', content: 'hi' }] });

async function call(client: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${stack.gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await stack.token(client)}`, 'content-type': 'application/json', ...headers },
    body,
  });
}

/** How many of each status, all with one token that the authorizer has not seen before. */
async function statuses(client: string, times: number, headers: Record<string, string> = {}) {
  const authorization = `Bearer ${await stack.token(client)}`;
  const counts: Record<number, number> = {};
  for (let i = 0; i < times; i++) {
    const { status } = await call(client, { authorization, ...headers });
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

async function tollgate(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await stack.cli('tenant', ...args);
  // How long it waits is told where it waits, beside the answer.
  expect(stderr).toMatch(/^(tenant \w+: its API key goes in \d+ s; [^\n]+\n)?$/);
  expect(code).toBe(0);
  return stdout;
}

const SLOW = ['--rate', '0.001', '--burst', '3'];

/** The names of keys and plans: the stage's own and those of the tenant. */
async function deployed(tenant: string): Promise<string[]> {
  const keys = await control.send(new GetApiKeysCommand({}));
  const plans = await control.send(new GetUsagePlansCommand({}));
  const names = [...(keys.items ?? []), ...(plans.items ?? [])].map(({ name }) => name ?? '');
  return names.filter((name) => [...DEFAULTS, ...planOf(tenant)].includes(name)).sort();
}

const DEFAULTS = ['tollgate-local-default', 'tollgate-local-default'];
const planOf = (tenant: string): string[] => Array(2).fill(`tollgate-local-tenant.${tenant}`);

describe('giving and taking a plan', () => {
  test('makes one key and one plan, says nothing twice and takes both away; no call is refused for its key meanwhile', async () => {
    const givenAndTaken = async (tenant: string, ...limits: string[]): Promise<void> => {
      expect(await deployed(tenant)).toEqual(DEFAULTS);
      await tollgate('plan', tenant, ...limits);
      expect(await deployed(tenant)).toEqual([...DEFAULTS, ...planOf(tenant)]);
      expect(await tollgate('plan', tenant, ...limits)).toContain('nothing to change');
      expect(await deployed(tenant)).toEqual([...DEFAULTS, ...planOf(tenant)]);
      expect(await tollgate('plan', tenant, '--remove')).toContain('its API key and usage plan are gone');
      expect(await deployed(tenant)).toEqual(DEFAULTS);
      expect(await tollgate('plan', tenant, '--remove')).toContain('nothing to change');
    };
    const seen = new Set<number>();
    let ended = false;
    const calling = ['acme-app', 'acme-app', 'globex-app'].map(async (client) => {
      const authorization = `Bearer ${await stack.token(client)}`;
      while (!ended) seen.add((await call(client, { authorization })).status);
    });
    const ample = ['--rate', '10000', '--burst', '10000'];
    // Side by side, because most of it is waiting for the authorizer's remembered answers to end.
    await Promise.all([
      givenAndTaken('acme', ...ample),
      givenAndTaken('globex', ...ample, '--quota', '1000000', '--per', 'week'),
    ]).finally(() => {
      ended = true;
    });
    await Promise.all(calling);
    expect([...seen]).toEqual([200]);
  });

  test('broken off at any step, the tenant is served as before, and another run goes on from there', async () => {
    const steps = ['GetRestApis', 'GetAuthorizers', 'GetApiKeys', 'CreateApiKey', 'GetUsagePlans', 'CreateUsagePlan'];
    for (const operation of [...steps, 'GetUsagePlanKeys', 'CreateUsagePlanKey']) {
      await broken(operation, ...SLOW);
      expect(await statuses('acme-app', 5), operation).toEqual({ 200: 5 });
      expect(await tollgate('show', 'acme')).not.toContain('plan.');
    }
    await tollgate('plan', 'acme', ...SLOW);
    expect(await deployed('acme')).toEqual([...DEFAULTS, ...planOf('acme')]);
    expect(await statuses('acme-app', 5)).toEqual({ 200: 3, 429: 2 });
  });

  test('taken away and broken off at any step, the tenant is served, and another run goes on from there', async () => {
    await tollgate('plan', 'acme', ...SLOW);
    for (const operation of ['UpdateUsagePlan', 'DeleteUsagePlan', 'DeleteApiKey']) {
      await broken(operation, '--remove');
      expect(await statuses('acme-app', 5), operation).toEqual({ 200: 5 });
    }
    await tollgate('plan', 'acme', '--remove');
    expect(await deployed('acme')).toEqual(DEFAULTS);
  });

  async function broken(operation: string, ...options: string[]): Promise<void> {
    await stack.fault({ service: 'apigateway', operation, fault: { status: 403, type: 'AccessDeniedException' } });
    const { code, stderr } = await stack.cli('tenant', 'plan', 'acme', ...options);
    await stack.clearFaults();
    expect([code, stderr], operation).toEqual([1, expect.stringContaining('AccessDenied')]);
  }

  test.each([
    ['a rate that is no number', ['--rate', 'fast', '--burst', '1'], '--rate: '],
    ['a burst of nothing', ['--rate', '1', '--burst', '0'], '--burst: '],
    ['a quota below zero', ['--rate', '1', '--burst', '1', '--quota', '-1', '--per', 'day'], '--quota: '],
    ['a tenant that is not there', ['--rate', '1', '--burst', '1'], 'nobody'],
  ])('%s is refused by name, and nothing is made', async (what, options, named) => {
    const tenant = what.includes('tenant') ? 'nobody' : 'acme';
    const { code, stderr } = await stack.cli('tenant', 'plan', tenant, ...options);
    expect(code).toBe(1);
    expect(stderr).toContain(named);
    expect(await deployed(tenant)).toEqual(DEFAULTS);
  });

  test.each([
    [[]],
    [['--rate', '1']],
    [['--rate', '1', '--burst', '1', '--quota', '5']],
    [['--rate', '1', '--burst', '1', '--per', 'day']],
    [['--remove', '--rate', '1']],
    [['--unit', 'labs-dev', '--rate', '1', '--burst', '1']],
    [['--unit', 'labs-dev', '--remove']],
    [['--rate', '1', '--burst', '1', '--quota', '5', '--per', 'hour']],
  ])('%j is not a plan and not its removal', async (options) => {
    expect(await stack.cli('tenant', 'plan', 'acme', ...options)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('error: '),
    });
  });
});

describe('a unit’s key and plan, as its stack makes them', () => {
  const UNIT = { unit: 'labs-dev' };

  test('count the calls of all tenants that name it, together, and of nobody else', async () => {
    expect(await stack.cli('tenant', 'plan', 'acme', '--unit', 'labs-dev')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('No unit labs-dev has a key and plan'),
    });
    expect(await statuses('acme-app', 5)).toEqual({ 200: 5 });
    const name = unitPlanName(DEPLOYED.stage, UNIT.unit);
    const { id: keyId } = await control.send(
      new CreateApiKeyCommand({ name, value: usageKey(DEPLOYED, UNIT), enabled: true }),
    );
    const { id: usagePlanId } = await control.send(
      new CreateUsagePlanCommand({
        name,
        throttle: { rateLimit: 0.001, burstLimit: 3 },
        apiStages: [{ apiId: 'local', stage: 'local' }],
      }),
    );
    await control.send(new CreateUsagePlanKeyCommand({ usagePlanId, keyId, keyType: 'API_KEY' }));
    // One has a plan of its own before, which goes.
    await tollgate('plan', 'globex', '--rate', '100', '--burst', '100');
    const said = await Promise.all(['acme', 'globex'].map((tenant) => tollgate('plan', tenant, '--unit', 'labs-dev')));
    expect(said[0]).toMatch(
      /^tenant acme: counted by the plan of unit labs-dev; nothing to take away \(version \d+\)\n$/,
    );
    expect(said[1]).toMatch(/counted by the plan of unit labs-dev; its API key and usage plan are gone/);
    expect(await deployed('globex')).toEqual(DEFAULTS);
    expect(await tollgate('show', 'acme')).toMatch(/plan\.unit +labs-dev\n/);
    expect(await statuses('acme-app', 2)).toEqual({ 200: 2 });
    expect(await statuses('globex-app', 3)).toEqual({ 200: 1, 429: 2 });
    expect(await statuses('acme-app', 2)).toEqual({ 429: 2 });
    await Promise.all(['acme', 'globex'].map((tenant) => tollgate('plan', tenant, '--remove')));
    expect(await statuses('acme-app', 5)).toEqual({ 200: 5 });
  });
});

// Last, because its plan stays.
describe('a tenant with a usage plan', () => {
  const BURST = 3;

  beforeAll(async () => {
    const authorization = `Bearer ${await stack.token('acme-app')}`;
    expect((await call('acme-app', { authorization })).status).toBe(200);
    expect(await tollgate('plan', 'acme', '--rate', '0.001', '--burst', String(BURST))).toMatch(
      /^tenant acme: 0\.001 calls a second, 3 at once: written; in force within 1 s \(version \d+\)\n$/,
    );
    // With the token that the authorizer's answer is remembered for.
    const over = async () => expect((await call('acme-app', { authorization })).status).toBe(429);
    await vi.waitFor(over, { timeout: 10_000, interval: 50 });
  });

  beforeEach(async () => {
    await setLimits(1_000, 100);
    await vi.waitFor(async () => expect((await call('acme-app')).status).toBe(200), { timeout: 10_000 });
    await setLimits(0.001, BURST);
  });

  async function setLimits(rate: number, burst: number): Promise<void> {
    const { items = [] } = await control.send(new GetUsagePlansCommand({}));
    const usagePlanId = items.find(({ name }) => name === planOf('acme')[0])?.id;
    const patchOperations = [
      { op: 'replace' as const, path: '/throttle/rateLimit', value: String(rate) },
      { op: 'replace' as const, path: '/throttle/burstLimit', value: String(burst) },
    ];
    await control.send(new UpdateUsagePlanCommand({ usagePlanId, patchOperations }));
  }

  test('is answered 429 beyond its burst, while another tenant is untouched', async () => {
    const mark = await stack.mark();
    expect(await statuses('acme-app', 20)).toEqual({ 200: BURST, 429: 20 - BURST });
    expect(await statuses('globex-app', 20)).toEqual({ 200: 20 });
    // What is over the plan reaches neither the function nor a model.
    expect((await stack.upstream(mark)).filter(({ service }) => service === 'bedrock')).toHaveLength(20 + BURST);
    const refused = await call('acme-app');
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'retry-after': '2',
      'x-amzn-errortype': 'ThrottlingException',
      'x-request-id': expect.any(String),
    });
  });

  test('the unmodified SDKs raise their own class for it', async () => {
    await statuses('acme-app', BURST);
    vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_RUNTIME', stack.gateway);
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', await stack.token('acme-app'));
    vi.stubEnv('AWS_REGION', 'us-east-1');
    const baseURL = `${stack.gateway}/v1`;
    const openai = new OpenAI({ baseURL, apiKey: await stack.token('acme-app'), maxRetries: 0 });
    const asked = openai.chat.completions.create({ model: 'nova-lite', messages: [{ role: 'user', content: 'hi' }] });
    await expect(asked).rejects.toBeInstanceOf(RateLimitError);
    const bedrock = new BedrockRuntimeClient({ maxAttempts: 1 });
    const converse = { modelId: 'nova-lite', messages: [{ role: 'user' as const, content: [{ text: 'hi' }] }] };
    await expect(bedrock.send(new ConverseCommand(converse))).rejects.toMatchObject({
      name: 'ThrottlingException',
      $metadata: { httpStatusCode: 429 },
    });
    bedrock.destroy();
  });

  test('cannot choose whose plan counts its calls, by any header', async () => {
    const keys = [usageKey(DEPLOYED, null), usageKey(DEPLOYED, 'globex' as TenantId), 'x'];
    for (const key of keys)
      expect(await statuses('acme-app', 1, { 'x-api-key': key, usageidentifierkey: key })).toEqual({ 200: 1 });
    expect(await statuses('acme-app', 5, { 'x-api-key': keys[0] ?? '' })).toEqual({ 429: 5 });
    // Nor is another tenant counted, or refused, by this one's.
    const acme = usageKey(DEPLOYED, 'acme' as TenantId);
    expect(await statuses('globex-app', 10, { 'x-api-key': acme })).toEqual({ 200: 10 });
  });

  test('has its changed limits at once, and needs none on an open path', async () => {
    expect(await statuses('acme-app', BURST + 1)).toEqual({ 200: BURST, 429: 1 });
    expect((await fetch(`${stack.gateway}/health`)).status).toBe(200);
    await tollgate('plan', 'acme', '--rate', '1000', '--burst', '500');
    expect(await statuses('acme-app', 10)).toEqual({ 200: 10 });
  });

  test('is answered 429 when its quota is used up, whatever its rate', async () => {
    await tollgate('plan', 'acme', '--rate', '1000', '--burst', '500', '--quota', '5', '--per', 'month');
    expect(await statuses('acme-app', 8)).toEqual({ 200: 5, 429: 3 });
    const refused = await call('acme-app');
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(await refused.json()).toMatchObject({ error: { type: 'rate_limit_error', code: 'rate_limited' } });
    expect(await tollgate('show', 'acme')).toMatch(/plan\.quota\.limit +5\nplan\.quota\.period +month\n/);
    await tollgate('plan', 'acme', '--rate', '1000', '--burst', '500');
  });
});
