import { describe, expect, test } from 'vitest';
import { trustIssuers } from '../../../authorizer/issuers.ts';
import { createVerifier } from '../../../authorizer/verify.ts';
import { createBroker } from '../../../broker/broker.ts';
import type { BrokerAnswer } from '../../../contract/broker.ts';
import { TollgateError } from '../../../contract/errors.ts';
import { parseIssuers } from '../../../contract/issuer.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { sessionPolicy } from '../../../policies/session.ts';
import type { RegistryReader } from '../../../registry/reader.ts';
import { createStsIssuer } from '../../../sessions/assume.ts';
import cases from '../../cases/broker.json' with { type: 'json' };
import { NOW, rsaKey, token } from '../authorizer/tokens.ts';
import { entries, JWKS_URI, json, knowing, SETTINGS } from '../authorizer/world.ts';
import { awsError, type FakeSts, fakeSts, modelOf, ROLE } from '../invoke/core.ts';

const key = rsaKey('known');
const otherKey = rsaKey('known');

const broken: AllowedModel = {
  ...modelOf('broken'),
  target: { kind: 'bedrock-model', modelId: 'x', region: 'us-east-1', arn: 'arn:aws:bedrock:us-east-1::model/*' },
};
const GUARDRAIL = { arn: 'arn:aws:bedrock:us-east-1:111122223333:guardrail/abc123', version: '1' };
const FLOW = {
  kind: 'bedrock-flow',
  region: 'us-east-1',
  arn: 'arn:aws:bedrock:us-east-1:111122223333:flow/FLOW123456/alias/ALIAS12345',
} as const;
const MANUAL = {
  kind: 'bedrock-knowledge-base',
  region: 'us-east-1',
  arn: 'arn:aws:bedrock:us-east-1:111122223333:knowledge-base/KB12345678',
} as const;
const TENANTS = [
  entries('acme', {
    models: [
      modelOf('nova'),
      { ...modelOf('invoke-only'), actions: ['invoke'] },
      { ...modelOf('retired'), lifecycle: { status: 'retired', successor: 'nova' } },
      { ...modelOf('for-admins'), roles: ['admin'] },
      { ...modelOf('expired-grant'), expiresAt: NOW },
      { ...modelOf('guarded'), guardrail: GUARDRAIL, expiresAt: NOW + 3_600 },
      { ...modelOf('for-drafts'), guardrail: GUARDRAIL, useCases: { drafts: { ...GUARDRAIL, version: '2' } } },
      { ...modelOf('handed-out'), direct: true },
      { ...modelOf('chain'), target: FLOW, actions: ['invoke'] },
      { ...modelOf('manual'), target: MANUAL, actions: ['invoke'] },
      { ...modelOf('in-west'), target: { ...modelOf('in-west').target, region: 'us-west-2' } },
      broken,
    ],
  }),
  entries('globex', {
    models: [modelOf('globex-model'), { ...modelOf('chain'), target: FLOW, actions: ['invoke'] }],
  }),
  entries('suspended', { models: [modelOf('nova')], suspended: true }),
];

function setUp(more: { sts?: FakeSts; registry?: RegistryReader; keys?: () => Response; issuer?: object } = {}) {
  const lines: string[] = [];
  const clock = () => NOW * 1000;
  const write = (line: string) => lines.push(line);
  const sts = more.sts ?? fakeSts(undefined, clock);
  const keys = more.keys ?? (() => json({ keys: [key.jwk] }));
  const trust = trustIssuers(parseIssuers([{ ...SETTINGS, jwksUri: JWKS_URI, ...more.issuer }]), {
    fetch: async () => keys(),
    clock,
    report: () => {},
  });
  const broker = createBroker({
    verify: createVerifier({ issuers: trust, clock }),
    registry: {
      ...knowing({ 'client-1': 'acme' }),
      ...(more.registry ?? { tenant: async (id) => TENANTS.find((tenant) => tenant.id === id) ?? null }),
    },
    issue: createStsIssuer({ sts, roleArn: ROLE, clock, random: () => 0, write }),
    clock,
    write,
  });
  return { broker, sts, lines, log: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

const question = (more: object = {}, authorization = `Bearer ${token(key)}`) => ({
  v: 1,
  requestId: 'request-1',
  authorization,
  model: 'nova',
  action: 'invoke',
  ...more,
});

const refusedOf = (answer: BrokerAnswer) => ('refused' in answer ? answer.refused : undefined);

describe('credentials are issued', () => {
  test('to the tenant that the registry says the client is of, and to no other client', async () => {
    const { broker, sts } = setUp({ issuer: { tenantClaim: undefined, tenants: 'registry' } });
    const asking = (client: string) =>
      broker(question({}, `Bearer ${token(key, { client_id: client, tenant: 'globex' })}`));
    expect(await asking('client-1')).toMatchObject({ issued: { tenant: 'acme' } });
    expect(refusedOf(await asking('client-2'))).toMatchObject({ code: 'unauthenticated', reason: 'tenant-client' });
    expect(sts.inputs).toHaveLength(1);
  });

  test("for the token's tenant and principal, under the broker's own policy for the one model and action", async () => {
    const { broker, sts } = setUp();
    const answer = await broker(question());
    const policy = sessionPolicy(modelOf('nova').target, ['invoke']);
    expect(answer).toEqual({
      v: 1,
      issued: {
        tenant: 'acme',
        principal: 'service-1',
        policyHash: policy.hash,
        accessKeyId: 'ASIA0000000000000001',
        secretAccessKey: 'secret-1',
        sessionToken: 'token-1',
        expiresAt: NOW * 1000 + 900_000,
      },
    });
    expect(sts.inputs).toEqual([
      expect.objectContaining({
        RoleArn: ROLE,
        Policy: policy.text,
        Tags: [
          { Key: 'TenantId', Value: 'acme' },
          { Key: 'CostCenter', Value: 'cc-1' },
        ],
      }),
    ]);
  });

  test("under the grant's own restrictions, as IAM can hold them up", async () => {
    const { broker, sts } = setUp();
    await broker(question({ model: 'guarded' }));
    expect(sts.inputs[0]?.Policy).toContain('"bedrock:GuardrailIdentifier"');
    expect(sts.inputs[0]?.Policy).toContain('"aws:CurrentTime"');
  });

  test('under that of the use case, which the grant must list', async () => {
    const { broker, sts } = setUp();
    await broker(question({ model: 'for-drafts', useCase: 'drafts' }));
    expect(sts.inputs[0]?.Policy).toContain(`"bedrock:GuardrailIdentifier":"${GUARDRAIL.arn}:2"`);
    for (const more of [
      { model: 'for-drafts', useCase: 'other' },
      { model: 'guarded', useCase: 'drafts' },
    ])
      expect(refusedOf(await broker(question(more)))).toMatchObject({
        code: 'model_not_allowed',
        reason: 'unknown-use-case',
      });
    expect(refusedOf(await broker(question({ useCase: 1 })))).toMatchObject({ code: 'invalid_request' });
    expect(sts.inputs).toHaveLength(1);
  });

  test('for its guardrail alone, where the call is for that', async () => {
    const { broker, sts } = setUp();
    expect(await broker(question({ model: 'guarded', action: 'guard' }))).toHaveProperty('issued');
    const { Statement } = JSON.parse(sts.inputs[0]?.Policy ?? '{}') as { Statement: object[] };
    expect(Statement).toMatchObject([{ Action: ['bedrock:ApplyGuardrail'], Resource: [GUARDRAIL.arn] }]);
  });

  test('for what a call uses together, each by its own grant, and not where one of them is not granted', async () => {
    const { broker, sts } = setUp();
    const asked = (model: string, actions: string[] = ['generate']) =>
      question({ model: 'manual', action: 'generate', beside: [{ model, actions }] });
    await broker(asked('invoke-only'));
    const [nova, manual] = [modelOf('invoke-only'), { ...modelOf('manual'), target: MANUAL }];
    const both = [{ target: nova.target, actions: ['generate'] as const }];
    expect(sts.inputs.map(({ Policy }) => Policy)).toEqual([
      sessionPolicy(manual.target, ['generate'], manual, both).text,
    ]);
    for (const [model, actions, reason] of [
      ['globex-model', ['generate'], 'unknown-model'],
      ['no-such-model', ['generate'], 'unknown-model'],
      ['invoke-only', ['generate', 'stream'], 'action-not-granted'],
      ['expired-grant', ['generate'], 'grant-expired'],
    ] as const)
      expect(refusedOf(await broker(asked(model, [...actions])))).toEqual({ code: 'model_not_allowed', reason });
    for (const beside of [
      [],
      [{ model: 'nova' }],
      [{ model: 'nova', actions: ['guard'] }],
      'nova',
      [null],
      [{ model: 'nova', actions: ['invoke'], policy: '*' }],
      [1, 2, 3].map(() => ({ model: 'nova', actions: ['invoke'] })),
    ])
      expect(refusedOf(await broker(question({ beside })))).toMatchObject({ code: 'invalid_request' });
    const elsewhere = question({
      model: 'manual',
      action: 'generate',
      beside: [{ model: 'in-west', actions: ['generate'] }],
    });
    expect(refusedOf(await broker(elsewhere))).toMatchObject({ code: 'invalid_request', reason: 'another-region' });
    expect(sts.inputs).toHaveLength(1);
  });

  test("for one execution of a flow: the token's tenant's own of that name, and no other", async () => {
    const { broker, sts } = setUp();
    const resourcesFor = async (tenant: string, execution: string): Promise<string[]> => {
      const asked = question({ model: 'chain', execution }, `Bearer ${token(key, { tenant })}`);
      expect(await broker(asked)).toHaveProperty('issued.tenant', tenant);
      const { Statement } = JSON.parse(sts.inputs.at(-1)?.Policy ?? '{}') as { Statement: { Resource: string[] }[] };
      return Statement.flatMap(({ Resource }) => Resource);
    };
    const own = await resourcesFor('acme', 'nightly');
    expect(own).toEqual([FLOW.arn.split('/alias/')[0], FLOW.arn, expect.stringMatching(/\/execution\/[0-9a-f]{32}$/)]);
    expect(await resourcesFor('acme', 'nightly')).toEqual(own);
    expect((await resourcesFor('globex', 'nightly'))[2]).not.toBe(own[2]);
    expect((await resourcesFor('globex', own[2]?.slice(-32) ?? ''))[2]).not.toBe(own[2]);
  });

  test('each leaves one audit line, which says for whom and for what', async () => {
    const { broker, log } = setUp();
    await broker(question());
    expect(log()).toEqual([
      expect.objectContaining({
        event: 'credentials-issued',
        requestId: 'request-1',
        tenant: 'acme',
        principal: 'service-1',
        model: 'nova',
        policyHash: sessionPolicy(modelOf('nova').target, ['invoke']).hash,
        mode: 'gateway',
        CredentialsIssued: 1,
      }),
    ]);
  });

  test('to be handed out, only where the grant says so, and named as such', async () => {
    const { broker, sts, log } = setUp();
    expect(await broker(question({ model: 'handed-out', action: 'direct' }))).toHaveProperty('issued');
    expect(log().at(-1)).toMatchObject({ event: 'credentials-issued', mode: 'direct' });
    expect(refusedOf(await broker(question({ action: 'direct' })))?.code).toBe('model_not_allowed');
    expect(sts.inputs).toHaveLength(1);
  });

  test('anew for each question: nothing is remembered of a token or a session', async () => {
    const { broker, sts } = setUp();
    await broker(question());
    await broker(question());
    expect(sts.inputs).toHaveLength(2);
  });
});

describe('credentials are refused, and STS is not asked', () => {
  test.each(cases.map((item) => [`${item.id} ${item.name}`, item] as const))('%s', async (_, item) => {
    const { broker, sts, log, lines } = setUp();
    const claims = { ...item.claims, ...(item.claims?.exp === undefined ? {} : { exp: NOW + item.claims.exp }) };
    const given = token(item.signer === 'other' ? otherKey : key, claims, item.header);
    const asked = question(item.question, `Bearer ${given}`);
    if (asked.authorization === 'LONG') asked.authorization = `Bearer ${'a'.repeat(1_000_000)}`;
    expect(refusedOf(await broker(asked))).toMatchObject(item.expected);
    expect(sts.inputs).toEqual([]);
    expect(log().at(-1)).toMatchObject({ event: 'broker-refused', code: item.expected.code, BrokerRefused: 1 });
    expect(lines.join()).not.toContain(given.slice(0, 40));
  });

  test.each([null, undefined, 'text', [], {}])('an event that is no question: %j', async (event) => {
    const { broker, sts } = setUp();
    expect(refusedOf(await broker(event))).toMatchObject({ code: 'invalid_request' });
    expect(sts.inputs).toEqual([]);
  });
});

describe('what cannot be decided is 503 for the caller, and counted', () => {
  const unavailable = new TollgateError('unavailable', { reason: 'registry-timeout', retryAfterSeconds: 2 });

  test.each([
    ['the registry does not answer', { registry: { tenant: () => Promise.reject(unavailable) } }, 'registry-timeout'],
    ["the issuer's keys cannot be had", { keys: () => new Response('', { status: 500 }) }, 'jwks-status'],
  ])('D1 %s', async (_, more, reason) => {
    const { broker, sts, log } = setUp(more);
    expect(refusedOf(await broker(question()))).toEqual({ code: 'unavailable', reason, retryAfterSeconds: 2 });
    expect(sts.inputs).toEqual([]);
    expect(log().at(-1)).toMatchObject({ event: 'broker-refused', level: 'error', Undecided: 1 });
  });

  test('S1 STS throttles: it is counted once', async () => {
    const throttled = fakeSts(() => {
      throw awsError('Throttling', 400);
    });
    const { broker, lines } = setUp({ sts: throttled });
    expect(refusedOf(await broker(question()))).toMatchObject({ code: 'unavailable', reason: 'sts-throttled' });
    expect(lines.filter((line) => line.includes('"Undecided":1'))).toHaveLength(1);
  });

  test('S1 STS refuses the deployment: its text, with ARNs in it, is not passed on', async () => {
    const denied = fakeSts(() => {
      throw awsError('AccessDenied', 403);
    });
    const { broker } = setUp({ sts: denied });
    const answer = await broker(question());
    expect(answer).toEqual({ v: 1, refused: { code: 'internal', reason: 'sts-access-denied' } });
  });
});

test('no line holds a credential or a token', async () => {
  const { broker, lines } = setUp();
  const asked = question();
  await broker(asked);
  for (const secret of ['secret-1', 'token-1', asked.authorization.slice(7, 60)])
    expect(lines.join()).not.toContain(secret);
});
