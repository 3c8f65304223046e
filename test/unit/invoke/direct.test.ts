import { describe, expect, test } from 'vitest';
import { type Budget, CREDENTIALS_SHARE } from '../../../contract/budget.ts';
import { TollgateError } from '../../../contract/errors.ts';
import type { AllowedModel, Place } from '../../../contract/model.ts';
import type { Routing } from '../../../contract/routing.ts';
import { createDirect, type Direct, type DirectOptions } from '../../../invoke/direct/direct.ts';
import { createEntries } from '../../../invoke/pipeline/entries.ts';
import type { RegistryReader, TenantEntries } from '../../../registry/reader.ts';
import { createStsIssuer } from '../../../sessions/assume.ts';
import { callOf, fakeSts, modelOf, NOW, ROLE } from './core.ts';
import { call, edge, event } from './edge.ts';

const direct = (id: string, more: Partial<AllowedModel> = {}): AllowedModel => ({
  ...modelOf(id),
  direct: true,
  ...more,
});

interface More {
  registry?: RegistryReader;
  tokenSeconds?: number;
  budgets?: Budget[];
  reserve?: DirectOptions['reserve'];
  routing?: Partial<Routing> | undefined;
}

function setUp(held: AllowedModel[], more: More = {}) {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  const sts = fakeSts();
  const clock = () => NOW;
  const entries = {
    id: 'acme',
    suspended: false,
    costCenter: 'cc-1',
    countedBy: null,
    models: held,
    budgets: more.budgets ?? [],
    unusable: 0,
  } as unknown as TenantEntries;
  const handOut: Direct = createDirect({
    entries: createEntries({
      registry: more.registry ?? { tenant: async () => entries },
      clock: Date.now,
      onUndecided: () => {},
    }),
    issue: createStsIssuer({ sts, roleArn: ROLE, clock, random: () => 0, write }),
    reserve: more.reserve ?? (async () => undefined),
    routing: more.routing,
    clock,
    write,
  });
  // What the authorizer remembers is another thing than what the registry says.
  const { caller } = callOf('converse', { models: [direct('remembered')] });
  const exp = NOW / 1000 + (more.tokenSeconds ?? 3_600);
  const ask = (wanted: string) =>
    handOut({ caller: { ...caller, exp }, token: undefined, requestId: 'request-1', wanted, waitUntil: () => {} });
  return { ask, sts, lines };
}

interface Policy {
  Statement: { Action: string[]; Resource: string[]; Condition: Record<string, Record<string, string>> }[];
}

describe('credentials that are handed out', () => {
  test('may do all that the grant allows on the one model, until the token ends', async () => {
    const { ask, sts } = setUp([direct('nova'), direct('other')], { tokenSeconds: 300 });
    await expect(ask('nova')).resolves.toMatchObject({ model: { id: 'nova' }, expiresAt: NOW + 300_000 });
    expect(JSON.parse(sts.inputs[0]?.Policy ?? '') as Policy).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['bedrock:CountTokens', 'bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'],
          Resource: ['arn:aws:bedrock:us-east-1::foundation-model/vendor.nova-v1:0'],
          Condition: {
            DateLessThan: { 'aws:CurrentTime': new Date(NOW + 300_000).toISOString().replace('.000Z', 'Z') },
          },
        },
      ],
    });
  });

  test('end with the grant, if that ends before the token', async () => {
    const { ask, sts } = setUp([direct('nova', { expiresAt: NOW / 1000 + 60 })]);
    await expect(ask('nova')).resolves.toMatchObject({ expiresAt: NOW + 60_000 });
    expect(sts.inputs[0]?.Policy).toContain(new Date(NOW + 60_000).toISOString().slice(0, 19));
  });

  test('end with the session, 15 minutes, for a token that lives longer', async () => {
    await expect(setUp([direct('nova')]).ask('nova')).resolves.toMatchObject({ expiresAt: NOW + 900_000 });
  });

  test('are for a place that calls may go to: neither drained nor a profile where those are not wanted', async () => {
    const model = direct('nova');
    const region = 'us-west-2';
    const there = { ...model.target, region, arn: `arn:aws:bedrock:${region}::foundation-model/vendor.nova-v1:0` };
    const arn = 'arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.vendor.nova-v1:0';
    const profile: Place = {
      target: {
        ...{ kind: 'bedrock-profile', modelId: 'us.vendor.nova-v1:0', region: 'us-east-1', arn },
        modelArns: [model.target.arn, there.arn],
      },
    };
    const of = async (places: Place[], more: Partial<AllowedModel>, stage?: Partial<Routing>) => {
      const { ask, sts } = setUp([{ ...model, places, ...more }], { routing: stage });
      return [(await ask('nova')).model.target.region, sts.inputs[0]?.Policy?.includes('inference-profile')];
    };
    const places = [profile, { target: there } as Place];
    await expect(of(places, {})).resolves.toEqual(['us-east-1', true]);
    await expect(of(places, { routing: { profiles: false } })).resolves.toEqual([region, false]);
    await expect(of(places, {}, { profiles: false })).resolves.toEqual([region, false]);
    await expect(of(places, { routing: { profiles: true } }, { profiles: false })).resolves.toEqual([
      'us-east-1',
      true,
    ]);
    const drained = [{ ...profile, drained: true as const }];
    await expect(of(drained, {})).rejects.toMatchObject({ code: 'upstream_unavailable', reason: 'no-place' });
  });

  test('are new each time, so that a revocation is not answered with what was revoked', async () => {
    const { ask, sts, lines } = setUp([direct('nova')]);
    const [one, two] = [await ask('nova'), await ask('nova')];
    expect(one.credentials.sessionToken).not.toBe(two.credentials.sessionToken);
    expect(sts.inputs).toHaveLength(2);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'credentials-issued', mode: 'direct', requestId: 'request-1', model: 'nova' },
      { event: 'credentials-issued', mode: 'direct' },
    ]);
    expect(lines.join()).not.toMatch(/secret-|token-|ASIA/);
  });

  test.each([
    ['a model that nobody knows', 'nonsense', 'unknown-model', undefined],
    ['a grant for the gateway alone', 'plain', 'direct-off', 'plain'],
    ['a grant with a cap on tokens, however it came to be direct', 'capped', 'direct-off', 'capped'],
    ['a grant that has ended', 'ended', 'grant-expired', 'ended'],
    ['an entry whose policy cannot be built', 'broken', 'unusable-entry', undefined],
    ['what the authorizer remembers and the registry no longer holds', 'remembered', 'unknown-model', undefined],
  ])('are refused, all in the same words: %s', async (_, wanted, reason, model) => {
    const broken = { ...modelOf('broken').target, arn: 'arn:aws:bedrock:us-east-1::foundation-model/*' };
    const { ask, sts } = setUp([
      modelOf('plain'),
      direct('capped', { maxTokens: 10 }),
      direct('ended', { expiresAt: NOW / 1000 }),
      direct('broken', { target: broken as AllowedModel['target'] }),
    ]);
    await expect(ask(wanted)).rejects.toMatchObject({
      code: 'model_not_allowed',
      reason,
      publicMessage: 'This model does not exist or is not granted to the calling tenant.',
      ...(model === undefined ? {} : { detail: { model } }),
    });
    expect(sts.inputs).toHaveLength(0);
  });

  test('of a retired model are refused, with its successor', async () => {
    const retired = direct('old', { lifecycle: { status: 'retired', successor: 'nova' } });
    await expect(setUp([retired, direct('nova')]).ask('old')).rejects.toMatchObject({
      code: 'model_retired',
      successor: 'nova',
    });
  });

  test('are not given when the registry cannot say, whatever the authorizer remembers', async () => {
    const registry = { tenant: () => Promise.reject(new Error('down')) };
    const { ask, sts } = setUp([], { registry });
    await expect(ask('remembered')).rejects.toMatchObject({ status: 500 });
    expect(sts.inputs).toHaveLength(0);
  });
});

describe('GET /credentials', () => {
  const get = (query: Record<string, string[]>) =>
    event('GET', '/credentials', { multiValueQueryStringParameters: query });

  test('answers in the format of a container credentials provider, not to be kept by anybody between', async () => {
    const answer = await call(edge().app, get({ model: ['nova-lite'] }));
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'content-type': 'application/json' });
    expect(answer.json()).toEqual({
      AccessKeyId: 'ASIAHANDEDOUT',
      SecretAccessKey: 'secret',
      Token: 'session',
      Expiration: new Date(NOW + 600_000).toISOString().replace('.000Z', 'Z'),
    });
  });

  test.each([
    ['no model', {}, 'missing'],
    ['an empty one', { model: [''] }, 'missing'],
    ['two', { model: ['nova-lite', 'claude-v2'] }, 'repeated'],
  ])('refuses %s, in the form that SDKs read, and says who asked in one line', async (_, query, reason) => {
    const { app, lines } = edge();
    const answer = await call(app, get(query));
    expect(answer.statusCode).toBe(400);
    expect(answer.headers).toMatchObject({ 'x-amzn-errortype': 'ValidationException', 'cache-control': 'no-store' });
    const { code, message, Code, Message } = answer.json();
    expect([code, Code]).toEqual(['ValidationException', 'ValidationException']);
    expect([message, Message]).toEqual([message, message]);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'refused', reason, tenant: 'acme', principal: 'acme-app', requestId: 'req-1', Refused: 1 },
    ]);
  });

  test('is asked by GET alone', async () => {
    expect((await call(edge().app, event('POST', '/credentials'))).statusCode).toBe(404);
  });
});

describe('what a tenant may be given', () => {
  const perMinute = (more: Partial<Budget>): Budget => ({ ...CREDENTIALS_SHARE, id: 'own', limit: '5', ...more });

  test.each<[string, Budget[], string[]]>([
    ['is the share that everybody has', [], ['_credentials']],
    ['is what its own budget says', [perMinute({})], ['own']],
    ['is both where its own is softer', [perMinute({ enforcement: 'soft' })], ['_credentials', 'own']],
    ['is both where its own is for a day', [perMinute({ period: 'day' })], ['_credentials', 'own']],
    ['is both where its own is for each principal', [perMinute({ per: 'principal' })], ['_credentials', 'own']],
    ['is not what a budget of calls says', [perMinute({ unit: 'requests' })], ['_credentials']],
  ])('%s', async (_, budgets, expected) => {
    const asked: string[][] = [];
    const { ask } = setUp([direct('nova')], {
      budgets,
      reserve: async (one) => void asked.push(one.budgets.map(({ id }) => id)),
    });
    await ask('nova');
    expect(asked).toEqual([expected]);
  });

  test('STS is asked for nothing where none is left, and a model that is not granted takes none', async () => {
    const refusal = new TollgateError('rate_limited', { retryAfterSeconds: 3 });
    let asked = 0;
    const { ask, sts } = setUp([direct('nova')], {
      reserve: async () => {
        asked++;
        return { refusal, standings: () => [] };
      },
    });
    await expect(ask('other')).rejects.toMatchObject({ code: 'model_not_allowed' });
    expect(asked).toBe(0);
    await expect(ask('nova')).rejects.toBe(refusal);
    expect(sts.inputs).toEqual([]);
  });
});
