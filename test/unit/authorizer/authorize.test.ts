import { describe, expect, test } from 'vitest';
import type { Budget } from '../../../contract/budget.ts';
import { CONTEXT_KEYS, decodeContext, readContext, SEAL_KEYS } from '../../../contract/context.ts';
import { TollgateError } from '../../../contract/errors.ts';
import type { CountedBy, TenantId } from '../../../contract/identity.ts';
import { ROLES_MAX_BYTES } from '../../../contract/limits/authorizer.ts';
import { CONTEXT_MAX_BYTES, PRINCIPAL_MAX_CHARS } from '../../../contract/limits/contract.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { usageKey } from '../../../policies/usage-key.ts';
import type { RegistryReader } from '../../../registry/reader.ts';
import { ISSUER, NOW, rsaKey, token } from './tokens.ts';
import { bearer, createWorld, entries, json, METHOD_ARN, SETTINGS, statusOf, type WorldOptions } from './world.ts';

const DAILY: Budget = { id: 'daily', per: 'tenant', period: 'day', unit: 'usd', limit: '5', enforcement: 'hard' };

const key = rsaKey('rsa');
const answer = () => json({ keys: [key.jwk] });
const worldWith = (more: Partial<WorldOptions> = {}) =>
  createWorld({ answer, tenants: [entries('acme', { models: [model(1)], budgets: [DAILY] })], ...more });

function model(n: number): AllowedModel {
  const modelId = `amazon.model-${n}-v1:0`;
  const arn = `arn:aws:bedrock:us-east-1::foundation-model/${modelId}`;
  return {
    id: `model-${n}`,
    target: { kind: 'bedrock-model', modelId, region: 'us-east-1', arn },
    actions: ['invoke', 'stream'],
    lifecycle: { status: 'active' },
  };
}

describe('J1: a valid token of a known tenant', () => {
  test('gets an Allow for the whole stage and a context of exactly the agreed keys', async () => {
    const world = worldWith({ issuers: [{ ...SETTINGS, rolesClaim: 'roles' }] });
    const { policyDocument, context } = await world.authorize(bearer(token(key, { roles: ['admin', 'admin', 'dev'] })));
    expect(policyDocument.Statement).toEqual([
      expect.objectContaining({
        Effect: 'Allow',
        Resource: ['arn:aws:execute-api:us-east-1:111122223333:local/local/*/*'],
      }),
    ]);
    expect(Object.keys(context).sort()).toEqual([...CONTEXT_KEYS, ...SEAL_KEYS].sort());
    expect(Object.values(context).every((value) => typeof value === 'string')).toBe(true);
    expect(decodeContext(readContext(context), world.clock.now)).toEqual({
      tenant: 'acme',
      principal: 'service-1',
      roles: ['admin', 'dev'],
      costCenter: 'cc-1',
      exp: NOW + 900,
      models: [model(1)],
      budgets: [DAILY],
    });
    expect(world.log).toEqual([]);
    expect(world.looked).toEqual(['acme']);
  });

  test('takes roles from words apart by spaces, and none where the token has none', async () => {
    const rolesOf = async (claims: object) => {
      const world = worldWith({ issuers: [{ ...SETTINGS, rolesClaim: 'scope' }] });
      const { context } = await world.authorize(bearer(token(key, claims)));
      return decodeContext(readContext(context), world.clock.now).roles;
    };
    expect(await rolesOf({ scope: 'read  write read' })).toEqual(['read', 'write']);
    expect(await rolesOf({ scope: '' })).toEqual([]);
    expect(await rolesOf({})).toEqual([]);
  });

  test('never takes roles from a token whose issuer has no claim for them', async () => {
    const world = worldWith();
    const { context } = await world.authorize(bearer(token(key, { roles: ['admin'] })));
    expect(decodeContext(readContext(context), world.clock.now).roles).toEqual([]);
  });

  test('gets the API key of its tenant if that has a usage plan, of its unit if that has one, and otherwise the one of the stage', async () => {
    const keyOf = async (countedBy: CountedBy) => {
      const world = worldWith({ tenants: [entries('acme', { countedBy })] });
      const event = {
        ...bearer(token(key)),
        headers: { ...bearer(token(key)).headers, 'x-api-key': 'of-somebody-else' },
      };
      return (await world.authorize(event)).usageIdentifierKey;
    };
    const stage = { account: '111122223333', region: 'us-east-1', stage: 'local' };
    for (const countedBy of ['acme' as TenantId, { unit: 'labs-dev' }, null])
      expect(await keyOf(countedBy)).toBe(usageKey(stage, countedBy));
  });

  test('asks nothing twice of the issuer and nothing less of the registry', async () => {
    const world = worldWith();
    for (let i = 0; i < 5; i++) await world.authorize(bearer(token(key)));
    expect(world.fetched).toHaveLength(1);
    expect(world.looked).toHaveLength(5);
  });
});

describe('a context', () => {
  const sizeOf = (context: object) => Buffer.byteLength(JSON.stringify(context));

  test('of a tenant with 200 models stays below the bound, and says that the models are to be looked up', async () => {
    const models = Array.from({ length: 200 }, (_, n) => model(n));
    const world = worldWith({ tenants: [entries('acme', { models })] });
    const { context } = await world.authorize(bearer(token(key)));
    expect(sizeOf(context)).toBeLessThanOrEqual(CONTEXT_MAX_BYTES);
    expect(decodeContext(readContext(context), world.clock.now)).toMatchObject({ tenant: 'acme', models: null });
  });

  test('holds either all models of a tenant or none, at every number of them', async () => {
    const seen = new Set<string>();
    for (let count = 0; count <= 40; count++) {
      const models = Array.from({ length: count }, (_, n) => model(n));
      const world = worldWith({ tenants: [entries('acme', { models })] });
      const { context } = await world.authorize(bearer(token(key)));
      expect(sizeOf(context)).toBeLessThanOrEqual(CONTEXT_MAX_BYTES);
      const decoded = decodeContext(readContext(context), world.clock.now).models;
      seen.add(decoded === null ? 'none' : 'all');
      expect(decoded === null || decoded.length === count).toBe(true);
    }
    expect(seen).toEqual(new Set(['all', 'none']));
  });

  test('of the longest principal, roles and cost centre stays below the bound', async () => {
    const roles = ['\\'.repeat(Math.floor((ROLES_MAX_BYTES - 8) / 4))];
    const sub = '語'.repeat(PRINCIPAL_MAX_CHARS);
    const world = worldWith({
      issuers: [{ ...SETTINGS, rolesClaim: 'roles' }],
      tenants: [
        entries('acme', { costCenter: 'c'.repeat(256), models: Array.from({ length: 200 }, (_, n) => model(n)) }),
      ],
    });
    const { context } = await world.authorize(bearer(token(key, { roles, sub })));
    expect(sizeOf(context)).toBeLessThanOrEqual(CONTEXT_MAX_BYTES);
    expect(decodeContext(readContext(context), world.clock.now)).toMatchObject({ roles, principal: sub, models: null });
  });
});

describe('J16: a refusal', () => {
  const failure = async (promise: Promise<unknown>) => {
    const thrown = await promise.then(
      () => 'answered',
      (error: unknown) => error,
    );
    return thrown instanceof Error ? { ...thrown, message: thrown.message, cause: thrown.cause } : thrown;
  };

  test('is the same for every token that does not hold, whatever is wrong with it', async () => {
    const world = worldWith();
    const good = token(key);
    const tokens = [token(key, { exp: NOW - 1 }), `${good.slice(0, -6)}AAAAAA`, token(key, { tenant: 'a*' }), 'x'];
    const answers = await Promise.all(tokens.map((one) => failure(world.authorize(bearer(one)))));
    for (const one of answers) expect(one).toEqual({ message: 'Unauthorized' });
  });

  test('is the same Deny, without a context, for a tenant that is unknown, suspended or mixed up', async () => {
    const world = worldWith({ tenants: [entries('acme', { suspended: true })] });
    const mixedUp = worldWith({ registry: { tenant: async () => entries('globex') } });
    for (const [where, tenant] of [
      [world, 'acme'],
      [world, 'stranger'],
      [mixedUp, 'acme'],
    ] as const) {
      const answer = await where.authorize(bearer(token(key, { tenant })));
      expect(answer).toEqual({
        principalId: tenant,
        policyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Deny',
              Action: ['execute-api:Invoke'],
              Resource: ['arn:aws:execute-api:us-east-1:111122223333:local/local/*/*'],
            },
          ],
        },
        context: {},
      });
    }
  });
});

describe('what cannot be decided', () => {
  const registryThat = (tenant: RegistryReader['tenant']) => worldWith({ registry: { tenant } });

  test('because the registry is unavailable is 503, and the next call asks again', async () => {
    let down = true;
    const world = registryThat(async () => {
      if (down) throw new TollgateError('unavailable', { reason: 'registry-timeout' });
      return entries('acme');
    });
    expect(await statusOf(world, bearer(token(key)))).toBe(503);
    expect(world.log).toEqual([
      expect.objectContaining({
        event: 'authorizer-undecided',
        reason: 'registry-timeout',
        tenant: 'acme',
        Undecided: 1,
      }),
    ]);
    down = false;
    expect(await statusOf(world, bearer(token(key)))).toBe(200);
  });

  test('because of a fault in our own code is 503 and leaves its text in the log', async () => {
    const world = registryThat(async () => {
      throw new TypeError('entry is not iterable');
    });
    expect(await statusOf(world, bearer(token(key)))).toBe(503);
    expect(world.log[0]).toMatchObject({ code: 'internal', fault: 'TypeError: entry is not iterable', Undecided: 1 });
  });

  test('because the keys cannot be had is 503 without a look at the registry', async () => {
    const world = worldWith({ answer: () => new Response('', { status: 500 }) });
    expect(await statusOf(world, bearer(token(key)))).toBe(503);
    expect(world.looked).toEqual([]);
    expect(world.log.at(-1)).toMatchObject({ reason: 'jwks-status', issuer: ISSUER, Undecided: 1 });
  });

  test('because the event is not of a stage is 503, for known and unknown tenants', async () => {
    const world = worldWith();
    for (const tenant of ['acme', 'stranger'])
      expect(await statusOf(world, { ...bearer(token(key, { tenant })), methodArn: '*' })).toBe(503);
  });

  test('one issuer that is down does not take the other with it', async () => {
    const other = { ...SETTINGS, issuer: 'https://other.example', jwksUri: 'https://other.example/keys' };
    const world = worldWith({
      issuers: [SETTINGS, other],
      answer: (url) => (url.startsWith(ISSUER) ? new Response('', { status: 503 }) : answer()),
    });
    expect(await statusOf(world, bearer(token(key)))).toBe(503);
    expect(await statusOf(world, bearer(token(key, { iss: other.issuer })))).toBe(200);
  });
});

describe('the moment of the decision', () => {
  test('is when the keys have come, not when they were asked for', async () => {
    const world = worldWith({
      answer: () => {
        world.clock.now += 1_500;
        return answer();
      },
    });
    expect(await statusOf(world, bearer(token(key, { exp: NOW + 1 })))).toBe(401);
    expect(world.log.at(-1)).toMatchObject({ reason: 'expired' });
  });

  test('comes before any fetch for a token that is already stale', async () => {
    const world = worldWith();
    expect(await statusOf(world, bearer(token(key, { exp: NOW })))).toBe(401);
    expect(world.fetched).toEqual([]);
  });
});

test('the log of a refusal names reason, trusted issuer, verified tenant and request, and counts it', async () => {
  const world = worldWith();
  await statusOf(world, bearer(token(key, { exp: NOW })));
  await statusOf(world, bearer(token(key, { iss: 'https://attacker.example' })));
  await statusOf(world, bearer(token(key, { tenant: 'stranger' })));
  const [expired, untrusted, stranger] = world.log;
  expect(expired).toMatchObject({ reason: 'expired', issuer: ISSUER, requestId: 'request-1', AuthorizerRefused: 1 });
  expect(expired).not.toHaveProperty('tenant');
  expect(untrusted).toMatchObject({ reason: 'issuer', AuthorizerRefused: 1 });
  expect(JSON.stringify(untrusted)).not.toContain('attacker');
  expect(stranger).toMatchObject({
    code: 'forbidden',
    reason: 'tenant-unknown',
    tenant: 'stranger',
    principal: 'service-1',
  });
});

test('an issuer that is listed twice stops the start', () => {
  expect(() => worldWith({ issuers: [SETTINGS, SETTINGS] })).toThrow(
    expect.objectContaining({ code: 'bad_setting', field: 'TOLLGATE_ISSUERS[1].issuer' }),
  );
});

test('headers that only one of the two forms reports are read, and two forms that differ are refused', async () => {
  const world = worldWith();
  const value = `Bearer ${token(key)}`;
  const base = { methodArn: METHOD_ARN };
  expect(await statusOf(world, { ...base, headers: { Authorization: value } })).toBe(200);
  expect(await statusOf(world, { ...base, headers: null, multiValueHeaders: { authorization: [value] } })).toBe(200);
  const differing = { headers: { Authorization: 'Bearer x.y.z' }, multiValueHeaders: { Authorization: [value] } };
  expect(await statusOf(world, { ...base, ...differing })).toBe(401);
  expect(await statusOf(world, base)).toBe(401);
});
