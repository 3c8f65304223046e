import { describe, expect, test } from 'vitest';
import { type Invoked, LambdaError } from '../../../aws/lambda.ts';
import type { BrokerAnswer } from '../../../contract/broker.ts';
import { Secret } from '../../../contract/secret.ts';
import { createBrokerIssuer } from '../../../invoke/direct/broker.ts';
import { type CallScope, createCredentials } from '../../../invoke/pipeline/credentials.ts';
import { sessionPolicy } from '../../../policies/session.ts';
import { awsError, callOf, modelOf, NOW, ROLE } from './core.ts';

const TOKEN = 'Bearer header.payload.signature';
const { tenant, principal, costCenter } = callOf('converse').caller;
const policy = sessionPolicy(modelOf('nova').target, ['invoke']);

const scopeOf = (more: Partial<CallScope> = {}): CallScope => ({
  tenant,
  principal,
  costCenter,
  policy,
  asked: { token: new Secret(TOKEN), model: 'nova', action: 'invoke', requestId: 'request-1' },
  ...more,
});

const issued = {
  tenant: 'acme',
  principal: 'app',
  policyHash: policy.hash,
  accessKeyId: 'ASIA1',
  secretAccessKey: 'secret-1',
  sessionToken: 'token-1',
  expiresAt: NOW + 900_000,
};

type Given = BrokerAnswer | { [member: string]: unknown } | Error | Partial<Invoked> | Promise<never>;

function setUp(answer: (call: number) => Given = () => ({ v: 1, issued }), timeoutMs = 1_000) {
  const inputs: string[] = [];
  const lines: string[] = [];
  const issue = createBrokerIssuer({
    async invoke(payload) {
      inputs.push(payload);
      const given = await answer(inputs.length);
      if (given instanceof Error) throw given;
      const output = 'payload' in given ? given : { payload: Buffer.from(JSON.stringify(given)) };
      return { failed: false, ...output } as Invoked;
    },
    clock: () => NOW,
    write: (line) => lines.push(line),
    timeoutMs,
  });
  return { issue, inputs, lines };
}

describe('what the broker is asked', () => {
  test('credentials for this token, model and action, and nothing else', async () => {
    const { issue, inputs, lines } = setUp();
    await expect(issue(scopeOf())).resolves.toEqual({
      accessKeyId: 'ASIA1',
      secretAccessKey: 'secret-1',
      sessionToken: 'token-1',
      expiresAt: NOW + 900_000,
    });
    expect(inputs).toHaveLength(1);
    expect(JSON.parse(inputs[0] ?? '')).toEqual({
      v: 1,
      requestId: 'request-1',
      authorization: TOKEN,
      model: 'nova',
      action: 'invoke',
    });
    expect(lines).toEqual([]);
  });

  test.each([
    ['without a token', { token: undefined, model: 'nova', action: 'invoke', requestId: 'r' } as const],
    ['by code that knows of no broker', undefined],
  ])('nothing, %s: that is 401', async (_, asked) => {
    const { issue, inputs } = setUp();
    const { asked: __, ...scope } = scopeOf();
    await expect(issue(asked === undefined ? scope : { ...scope, asked })).rejects.toMatchObject({
      code: 'unauthenticated',
      reason: 'token-missing',
    });
    expect(inputs).toEqual([]);
  });
});

describe('what it answers', () => {
  test.each([
    [{ code: 'unauthenticated', reason: 'expired' }, 401],
    [{ code: 'forbidden', reason: 'tenant-suspended' }, 403],
    [{ code: 'model_not_allowed', reason: 'unknown-model' }, 403],
    [{ code: 'model_retired', reason: 'retired', successor: 'next' }, 410],
    [{ code: 'unavailable', reason: 'sts-throttled', retryAfterSeconds: 2 }, 503],
    [{ code: 'internal', reason: 'sts-access-denied' }, 500],
  ] as const)(
    'a refusal is raised as it was given: %j is %i, and counted by the broker alone',
    async (refused, status) => {
      const { issue, lines } = setUp(() => ({ v: 1, refused }));
      await expect(issue(scopeOf())).rejects.toMatchObject({ ...refused, status });
      expect(lines).toEqual([]);
    },
  );

  test.each<[string, () => Given, string, string]>([
    [
      "another tenant's credentials",
      () => ({ v: 1, issued: { ...issued, tenant: 'globex' } }),
      'forbidden',
      'token-differs',
    ],
    ["another principal's", () => ({ v: 1, issued: { ...issued, principal: 'other' } }), 'forbidden', 'token-differs'],
    [
      'ones that have ended',
      () => ({ v: 1, issued: { ...issued, expiresAt: NOW } }),
      'internal',
      'broker-answer-expired',
    ],
    [
      'ones without a session token',
      () => ({ v: 1, issued: { ...issued, sessionToken: '' } }),
      'internal',
      'broker-answer',
    ],
    ['ones without an end', () => ({ v: 1, issued: { ...issued, expiresAt: '1' } }), 'internal', 'broker-answer'],
    ['nothing', () => ({ payload: new Uint8Array() }), 'internal', 'broker-answer'],
    ['what is not JSON', () => ({ payload: Buffer.from('{') }), 'internal', 'broker-answer'],
    ['another version', () => ({ v: 2, issued }), 'internal', 'broker-answer'],
    ['a code nobody knows', () => ({ v: 1, refused: { code: 'toString' } }), 'internal', 'broker-answer'],
    [
      'that the question was malformed',
      () => ({ v: 1, refused: { code: 'invalid_request' } }),
      'internal',
      'broker-question',
    ],
    ['an exception', () => ({ failed: true, payload: Buffer.from('{}') }), 'unavailable', 'broker-failed'],
    ['that it is busy', () => new LambdaError('TooManyRequestsException', 429), 'unavailable', 'broker-throttled'],
    ['a refused connection', () => awsError('ECONNREFUSED'), 'unavailable', 'broker-unreachable'],
    ['a failure of Lambda', () => new LambdaError('ServiceException', 500), 'unavailable', 'broker-unreachable'],
    ['that invoke may not ask it', () => new LambdaError('AccessDeniedException', 403), 'internal', 'broker-rejected'],
    ['that it is not there', () => new LambdaError('ResourceNotFoundException', 404), 'internal', 'broker-rejected'],
    ['silence', () => new Promise<never>(() => {}), 'unavailable', 'broker-timeout'],
  ])('%s: refused, logged and counted, with no secret in the line', async (_, answer, code, reason) => {
    const { issue, lines } = setUp(answer, 30);
    await expect(issue(scopeOf())).rejects.toMatchObject({ code, reason });
    expect(lines).toHaveLength(1);
    const metric = code === 'unavailable' ? 'Undecided' : 'CredentialsRefused';
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'credentials-refused', reason, tenant, [metric]: 1 });
    for (const secret of ['secret-1', 'token-1', 'payload', 'arn:']) expect(lines[0]).not.toContain(secret);
  });

  test("credentials under a newer entry's policy are used, and the difference is noted", async () => {
    const { issue, lines } = setUp(() => ({ v: 1, issued: { ...issued, policyHash: 'f'.repeat(64) } }));
    await expect(issue(scopeOf())).resolves.toMatchObject({ accessKeyId: 'ASIA1' });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'broker-policy-differs', policyHash: policy.hash });
  });
});

test('behind the memory of credentials, warm calls ask the broker once, and a refusal is not remembered', async () => {
  const { issue, inputs } = setUp((call) =>
    call === 1 ? { v: 1, refused: { code: 'unavailable', reason: 'jwks-timeout' } } : { v: 1, issued },
  );
  const credentials = createCredentials({ issue, roleArn: ROLE, clock: () => NOW });
  await expect(credentials(scopeOf())).rejects.toMatchObject({ reason: 'jwks-timeout' });
  await Promise.all([credentials(scopeOf()), credentials(scopeOf())]);
  await credentials(scopeOf());
  expect(inputs).toHaveLength(2);
});
