import { describe, expect, test } from 'vitest';
import { isTollgateError } from '../../../contract/errors.ts';
import { parseIssuers } from '../../../contract/issuer.ts';
import {
  adminSettings,
  authorizerSettings,
  brokerSettings,
  invokeSettings,
  meteringSettings,
} from '../../../contract/settings.ts';

const issuer = { issuer: 'https://login.example.com', audience: 'tollgate', tenantClaim: 'tenant' };
const env = {
  TOLLGATE_STAGE: 'prod',
  TOLLGATE_TABLE: 'tollgate-registry',
  TOLLGATE_COUNTERS_TABLE: 'tollgate-counters',
  TOLLGATE_BUCKET: 'tollgate-usage',
  TOLLGATE_INVOKER_ROLE_ARN: 'arn:aws:iam::111122223333:role/tollgate-local-invoker',
  TOLLGATE_ISSUERS: JSON.stringify([issuer]),
};

function fieldOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (isTollgateError(error, 'bad_setting')) {
      expect(error.publicMessage).toContain(error.field);
      return error.field;
    }
    throw error;
  }
  return undefined;
}

describe('settings', () => {
  test('a complete environment is accepted and frozen', () => {
    expect(authorizerSettings(env).issuers[0]).toMatchObject({ principalClaims: ['sub'], audience: ['tollgate'] });
    expect(invokeSettings(env).callTotalMs).toBeGreaterThan(0);
    expect(Object.isFrozen(meteringSettings(env))).toBe(true);
  });

  test.each([
    [undefined, 5_000],
    ['300', 5_000],
    ['5', 5_000],
    ['1', 1_000],
    ['0', 0],
  ])('the registry is remembered no longer than the authorizer is: TTL %s makes %i ms', (ttl, ms) => {
    for (const read of [authorizerSettings, invokeSettings])
      expect(read({ ...env, TOLLGATE_AUTHORIZER_TTL: ttl }).registryMemoryMs).toBe(ms);
  });

  test('a base path is one segment, which no proxy and no client writes in two ways', () => {
    for (const read of [adminSettings, invokeSettings]) {
      expect(read(env).basePath).toBe('');
      expect(read({ ...env, TOLLGATE_BASE_PATH: 'ai-1.b_C' }).basePath).toBe('/ai-1.b_C');
      for (const wrong of ['/ai', 'ai/', 'a/b', '.', '..', '.a', 'a%20', 'a b', 'é', 'ping', 'sping', 'a'.repeat(65)])
        expect(fieldOf(() => read({ ...env, TOLLGATE_BASE_PATH: wrong }))).toBe('TOLLGATE_BASE_PATH');
    }
  });

  test('the registry’s API tells of use where it is told the bucket', () => {
    expect(adminSettings(env).bucket).toBe('tollgate-usage');
    expect(adminSettings({ ...env, TOLLGATE_BUCKET: '' }).bucket).toBeUndefined();
    expect(adminSettings({ ...env, TOLLGATE_COUNTERS_TABLE: 'c' }).countersTable).toBe('c');
    expect(adminSettings({ ...env, TOLLGATE_COUNTERS_TABLE: '' }).countersTable).toBeUndefined();
  });

  test.each([
    ['authorizer', authorizerSettings, 'TOLLGATE_STAGE'],
    ['broker', brokerSettings, 'TOLLGATE_STAGE'],
    ['invoke', invokeSettings, 'TOLLGATE_STAGE'],
    ['metering', meteringSettings, 'TOLLGATE_STAGE'],
    ['authorizer', authorizerSettings, 'TOLLGATE_TABLE'],
    ['authorizer', authorizerSettings, 'TOLLGATE_ISSUERS'],
    ['broker', brokerSettings, 'TOLLGATE_TABLE'],
    ['broker', brokerSettings, 'TOLLGATE_ISSUERS'],
    ['broker', brokerSettings, 'TOLLGATE_INVOKER_ROLE_ARN'],
    ['invoke', invokeSettings, 'TOLLGATE_TABLE'],
    ['invoke', invokeSettings, 'TOLLGATE_INVOKER_ROLE_ARN'],
    ['metering', meteringSettings, 'TOLLGATE_TABLE'],
    ['invoke', invokeSettings, 'TOLLGATE_COUNTERS_TABLE'],
    ['metering', meteringSettings, 'TOLLGATE_COUNTERS_TABLE'],
    ['metering', meteringSettings, 'TOLLGATE_BUCKET'],
  ] as const)('%s without %3$s names it', (_function, read, name) => {
    expect(fieldOf(() => read({ ...env, [name]: undefined }))).toBe(name);
    expect(fieldOf(() => read({ ...env, [name]: ' ' }))).toBe(name);
  });

  test.each([
    ['TOLLGATE_BROKER_FUNCTION', invokeSettings, 'a function?'],
    ['TOLLGATE_EVENT_BUS', invokeSettings, 'a bus?'],
    ['TOLLGATE_EVENT_BUS', invokeSettings, 'aws.partner/example.com/x'],
    ['TOLLGATE_EVENT_BUS', invokeSettings, 'arn:aws:events:us-east-1:111122223333:event-bus/x'],
    ['TOLLGATE_ISSUERS', authorizerSettings, 'not json'],
    ['TOLLGATE_ISSUERS', authorizerSettings, '[]'],
    ['TOLLGATE_ISSUERS', authorizerSettings, '{}'],
    ['TOLLGATE_INVOKER_ROLE_ARN', invokeSettings, 'arn:aws:iam::111122223333:user/someone'],
    ['TOLLGATE_AUTHORIZER_TTL', authorizerSettings, '301'],
    ['TOLLGATE_AUTHORIZER_TTL', invokeSettings, '-1'],
    ['TOLLGATE_AUTHORIZER_TTL', invokeSettings, '0.5'],
    ['TOLLGATE_CALL_TOTAL_MS', invokeSettings, '0'],
    ['TOLLGATE_CALL_TOTAL_MS', invokeSettings, '1e9'],
    ['TOLLGATE_STREAM_IDLE_MS', invokeSettings, '-1'],
  ] as const)('%s set to %3$s names itself', (name, read, value) => {
    expect(fieldOf(() => read({ ...env, [name]: value }))).toBe(name);
  });
});

test.each([
  [undefined, 'default'],
  ['', 'default'],
  ['finance.budgets', 'finance.budgets'],
])('the event bus %j is %s', (given, name) => {
  expect(invokeSettings({ ...env, TOLLGATE_EVENT_BUS: given }).eventBus).toBe(name);
});

describe('trusted issuers', () => {
  test.each([
    ['no tenant claim', { ...issuer, tenantClaim: undefined }, '[0].tenantClaim'],
    ['an issuer that is no URL', { ...issuer, issuer: 'login' }, '[0].issuer'],
    ['plain http away from loopback', { ...issuer, issuer: 'http://login.example.com' }, '[0].issuer'],
    ['a host that only begins like loopback', { ...issuer, issuer: 'http://127.0.0.1.example.com' }, '[0].issuer'],
    ['credentials in its URL', { ...issuer, issuer: 'https://a:b@login.example.com' }, '[0].issuer'],
    ['keys over plain http', { ...issuer, jwksUri: 'http://login.example.com/jwks' }, '[0].jwksUri'],
    ['neither audience nor client ids', { ...issuer, audience: null }, '[0].clientIds'],
    ['an empty list of audiences', { ...issuer, audience: [] }, '[0].audience'],
    ['a shared-secret algorithm', { ...issuer, algorithms: ['HS256'] }, '[0].algorithms'],
    ['the algorithm none', { ...issuer, algorithms: ['none'] }, '[0].algorithms'],
    ['a misspelt setting', { ...issuer, audiance: 'tollgate' }, '[0].audiance'],
  ])('%s is refused by name', (_name, value, field) => {
    expect(fieldOf(() => parseIssuers([value]))).toBe(`TOLLGATE_ISSUERS${field}`);
  });

  test('a stage that has no table for answers keeps none, and one that has one keeps them for an hour', () => {
    expect(invokeSettings(env).answers).toBeUndefined();
    expect(invokeSettings({ ...env, TOLLGATE_ANSWERS_TABLE: 'a' }).answers).toEqual({
      table: 'a',
      ttlSeconds: 3_600,
      storesResponses: false,
    });
    const more = { TOLLGATE_ANSWERS_TABLE: 'a', TOLLGATE_ANSWER_MINUTES: '5', TOLLGATE_STORE_RESPONSES: 'true' };
    expect(invokeSettings({ ...env, ...more }).answers).toEqual({ table: 'a', ttlSeconds: 300, storesResponses: true });
    for (const [name, value] of [
      ['TOLLGATE_ANSWER_MINUTES', '0'],
      ['TOLLGATE_STORE_RESPONSES', 'yes'],
    ] as const)
      expect(fieldOf(() => invokeSettings({ ...env, ...more, [name]: value }))).toBe(name);
  });

  test('models of several places are routed as everywhere, quietly, each process by itself, unless the stage says otherwise', () => {
    expect(invokeSettings(env)).toMatchObject({ routing: {}, tellsRoute: false, sharesHealth: false });
    const more = { TOLLGATE_ROUTING: '{"maxAttempts":3}', TOLLGATE_TELL_ROUTE: 'true', TOLLGATE_SHARED_HEALTH: 'true' };
    expect(invokeSettings({ ...env, ...more })).toMatchObject({
      routing: { maxAttempts: 3 },
      tellsRoute: true,
      sharesHealth: true,
    });
    for (const [name, value, field] of [
      ['TOLLGATE_ROUTING', '{"maxAttempts":0}', '.maxAttempts'],
      ['TOLLGATE_ROUTING', '[]', ''],
      ['TOLLGATE_TELL_ROUTE', 'yes', ''],
      ['TOLLGATE_SHARED_HEALTH', '1', ''],
    ] as const)
      expect(fieldOf(() => invokeSettings({ ...env, [name]: value }))).toBe(`${name}${field}`);
  });

  test.each(['Prod', '-prod', 'a'.repeat(21), 'a/b', 'a"b'])('a stage %j is refused: it names metrics', (stage) => {
    expect(fieldOf(() => invokeSettings({ ...env, TOLLGATE_STAGE: stage }))).toBe('TOLLGATE_STAGE');
  });

  test('one issuer twice is refused', () => {
    expect(fieldOf(() => parseIssuers([issuer, issuer]))).toBe('TOLLGATE_ISSUERS[1].issuer');
  });

  test('http on loopback is accepted', () => {
    expect(parseIssuers([{ ...issuer, issuer: 'http://127.0.0.1:8788' }])).toHaveLength(1);
  });
});
