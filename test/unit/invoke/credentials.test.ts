import { describe, expect, test } from 'vitest';
import { parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import { CREDENTIALS_CACHE_MAX, SESSION_SECONDS } from '../../../contract/limits/sessions.ts';
import { createCredentials } from '../../../invoke/pipeline/credentials.ts';
import { createTransport } from '../../../invoke/providers/transport.ts';
import { sessionNames } from '../../../policies/name.ts';
import { sessionPolicy } from '../../../policies/session.ts';
import { createSts, createStsIssuer } from '../../../sessions/assume.ts';
import type { Scope } from '../../../sessions/session.ts';
import cases from '../../cases/sts.json' with { type: 'json' };
import { awsError, type FakeSts, fakeSts, issued, modelOf, NOW, ROLE, upstream } from './core.ts';

const scopeOf = (more: { tenant?: string; principal?: string; costCenter?: string; model?: string } = {}): Scope => ({
  tenant: parseTenantId(more.tenant ?? 'acme'),
  principal: parsePrincipal(more.principal ?? 'app'),
  costCenter: more.costCenter ?? 'cc-1',
  policy: sessionPolicy(modelOf(more.model ?? 'nova').target, ['invoke']),
});

function setUp(sts: FakeSts = fakeSts(), more: { timeoutMs?: number } = {}) {
  const lines: string[] = [];
  const time = { now: NOW };
  const clock = () => time.now;
  const write = (line: string) => lines.push(line);
  const issue = createStsIssuer({ sts, roleArn: ROLE, clock, random: () => 0, write, ...more });
  const credentials = createCredentials({ issue, roleArn: ROLE, clock });
  return { credentials, lines, time, sts };
}

describe('what STS is asked for', () => {
  test('the role, under the policy of the one model, named and tagged for the caller', async () => {
    const { credentials, sts } = setUp();
    const scope = scopeOf();
    await expect(credentials(scope)).resolves.toEqual({
      accessKeyId: issued(1, NOW).AccessKeyId,
      secretAccessKey: 'secret-1',
      sessionToken: 'token-1',
      expiresAt: NOW + 900_000,
    });
    const { sessionName, sourceIdentity } = sessionNames(scope.tenant, scope.principal);
    expect(sts.inputs).toEqual([
      {
        RoleArn: ROLE,
        RoleSessionName: sessionName,
        SourceIdentity: sourceIdentity,
        DurationSeconds: SESSION_SECONDS,
        Policy: scope.policy.text,
        Tags: [
          { Key: 'TenantId', Value: 'acme' },
          { Key: 'CostCenter', Value: 'cc-1' },
        ],
      },
    ]);
  });

  test.each([
    ['gateway', {}, /^tg-acme-[0-9a-f]{32}$/],
    ['direct', { direct: true }, /^tg-acme@direct-[0-9a-f]{32}$/],
  ] as const)('and each session leaves one audit line: %s', async (mode, more, sessionName) => {
    const { credentials, sts, lines } = setUp();
    const scope = { ...scopeOf(), ...more, audit: { requestId: 'request-1', model: 'nova' } };
    await credentials(scope);
    await credentials(scope);
    expect(sts.inputs[0]?.RoleSessionName).toMatch(sessionName);
    expect(sts.inputs[0]?.SourceIdentity).toBe(sessionNames(scope.tenant, scope.principal).sourceIdentity);
    expect(lines).toHaveLength(1);
    const { _aws, ...line } = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
    expect(line).toEqual({
      at: NOW,
      level: 'info',
      event: 'credentials-issued',
      requestId: 'request-1',
      model: 'nova',
      tenant: 'acme',
      principal: 'app',
      sessionName: sts.inputs[0]?.RoleSessionName,
      policyHash: scope.policy.hash,
      expiration: new Date(NOW + 900_000).toISOString(),
      mode,
      CredentialsIssued: 1,
    });
    expect(JSON.stringify(_aws)).toContain('"Dimensions":[[],["mode"]]');
  });

  test('nothing, when there is no policy: STS would give all that the role may', async () => {
    const { credentials, sts } = setUp();
    const scope = scopeOf();
    await expect(credentials({ ...scope, policy: { ...scope.policy, text: ' ' } })).rejects.toMatchObject({
      code: 'internal',
      reason: 'policy-missing',
    });
    expect(sts.inputs).toHaveLength(0);
  });
});

describe('what STS answers', () => {
  test.each(cases.map((item) => [`${item.id} ${item.name}`, item] as const))('%s', async (_, { input, expected }) => {
    const errors = 'errors' in input ? (input.errors ?? []) : [];
    const sts = fakeSts((call) => {
      const error = errors[call - 1];
      if (error !== undefined) throw awsError(String(error[0]), (error[1] as number | null) ?? undefined);
      if ('credentials' in input && input.credentials === null) return {};
      const found = issued(call, 'expiresInMs' in input ? NOW + Number(input.expiresInMs) - 900_000 : NOW);
      return { Credentials: { ...found, ...('credentials' in input ? input.credentials : {}) } as typeof found };
    });
    const { credentials, lines } = setUp(sts);
    const scope = scopeOf();
    const asked = credentials(scope);
    if (expected.code === undefined) {
      await expect(asked).resolves.toMatchObject({ expiresAt: NOW + 900_000 });
      expect(lines.map((line) => JSON.parse(line).event)).toEqual(['credentials-issued']);
    } else {
      const { code, reason } = expected;
      await expect(asked).rejects.toMatchObject({
        code,
        reason,
        retryAfterSeconds: code === 'unavailable' ? 2 : undefined,
      });
      expect(lines).toHaveLength(1);
      const line = JSON.parse(lines[0] ?? '') as Record<string, unknown>;
      expect(line).toMatchObject({ reason, tenant: 'acme', policyHash: scope.policy.hash, [expected.metric]: 1 });
      expect(lines[0]).not.toContain('foundation-model');
    }
    expect(sts.inputs).toHaveLength(expected.attempts);
  });

  test('S2 silence ends in bounded time, and what it says later is ignored', async () => {
    const silent = fakeSts(() => new Promise<never>(() => {}));
    const { credentials } = setUp(silent, { timeoutMs: 20 });
    await expect(credentials(scopeOf())).rejects.toMatchObject({ code: 'unavailable', reason: 'sts-timeout' });
    expect(silent.inputs).toHaveLength(1);
  });

  test('a failure is not remembered', async () => {
    const sts = fakeSts((call) => {
      if (call === 1) throw awsError('AccessDenied', 403);
      return { Credentials: issued(call, NOW) };
    });
    const { credentials } = setUp(sts);
    await expect(credentials(scopeOf())).rejects.toMatchObject({ reason: 'sts-access-denied' });
    await expect(credentials(scopeOf())).resolves.toMatchObject({ sessionToken: 'token-2' });
  });
});

describe('how long and for whom they are kept', () => {
  test('S3 a hundred cold calls at once for one scope make one AssumeRole', async () => {
    const { credentials, sts } = setUp();
    const all = await Promise.all(Array.from({ length: 100 }, () => credentials(scopeOf())));
    expect(new Set(all).size).toBe(1);
    expect(sts.inputs).toHaveLength(1);
  });

  test('S3 a hundred calls that wait for a failure all fail, after one AssumeRole', async () => {
    const sts = fakeSts(() => {
      throw awsError('AccessDenied', 403);
    });
    const { credentials } = setUp(sts);
    const all = await Promise.allSettled(Array.from({ length: 100 }, () => credentials(scopeOf())));
    expect(all.every(({ status }) => status === 'rejected')).toBe(true);
    expect(sts.inputs).toHaveLength(1);
  });

  test('S3 they are renewed 60 s before they expire and not sooner', async () => {
    const { credentials, sts, time } = setUp(fakeSts(undefined, () => time.now));
    const first = await credentials(scopeOf());
    time.now = NOW + 900_000 - 60_001;
    await expect(credentials(scopeOf())).resolves.toBe(first);
    time.now += 1;
    const second = await credentials(scopeOf());
    expect(second).not.toBe(first);
    expect(second.expiresAt).toBe(time.now + 900_000);
    expect(sts.inputs).toHaveLength(2);
  });

  test.each([
    ['S5 another tenant', { tenant: 'globex' }],
    ['another principal of the tenant, because the session is named for it', { principal: 'other' }],
    ['another cost centre, because it is a tag of the session', { costCenter: 'cc-2' }],
    ['S5 another model', { model: 'titan' }],
  ])('%s has a session of its own', async (_, other) => {
    const { credentials, sts } = setUp();
    expect(await credentials(scopeOf())).not.toBe(await credentials(scopeOf(other)));
    expect(sts.inputs).toHaveLength(2);
  });

  test('S5 an edited entry makes a new session under the new policy', async () => {
    const { credentials, sts } = setUp();
    await credentials(scopeOf());
    const edited = sessionPolicy(modelOf('nova', 'vendor.nova-v2:0').target, ['invoke']);
    await credentials({ ...scopeOf(), policy: edited });
    expect(sts.inputs[1]?.Policy).toBe(edited.text);
  });

  test('no two scopes share a key, whatever characters they hold', async () => {
    const { credentials, sts } = setUp();
    await credentials(scopeOf({ principal: 'a","b', costCenter: 'c' }));
    await credentials(scopeOf({ principal: 'a', costCenter: 'b","c' }));
    expect(sts.inputs).toHaveLength(2);
  });

  test('S4 ones that AWS called expired are replaced once, for everyone who held them', async () => {
    const { credentials, sts } = setUp();
    const old = await credentials(scopeOf());
    const fresh = await Promise.all([
      credentials(scopeOf(), { expired: old }),
      credentials(scopeOf(), { expired: old }),
      credentials(scopeOf()),
    ]);
    expect(new Set(fresh).size).toBe(1);
    expect(fresh[0]).not.toBe(old);
    await expect(credentials(scopeOf(), { expired: old })).resolves.toBe(fresh[0]);
    expect(sts.inputs).toHaveLength(2);
  });

  test('memory is bounded: the least recently used goes first', async () => {
    const { credentials, sts } = setUp();
    const keep = await credentials(scopeOf({ principal: 'keep' }));
    await credentials(scopeOf({ principal: 'drop' }));
    for (let i = 0; i < CREDENTIALS_CACHE_MAX - 1; i++) {
      await credentials(scopeOf({ principal: 'keep' }));
      await credentials(scopeOf({ principal: `p${i}` }));
    }
    const asked = sts.inputs.length;
    await expect(credentials(scopeOf({ principal: 'keep' }))).resolves.toBe(keep);
    expect(sts.inputs).toHaveLength(asked);
    await credentials(scopeOf({ principal: 'drop' }));
    expect(sts.inputs).toHaveLength(asked + 1);
  });
});

test("the client's one attempt reaches STS and its wire errors are told apart", async () => {
  const codes = ['PackedPolicyTooLarge', 'AccessDenied', 'Throttling', 'Throttling', 'Throttling'];
  const server = await upstream((_, response, count) =>
    response
      .writeHead(codes[count - 1] === 'AccessDenied' ? 403 : 400, { 'content-type': 'text/xml' })
      .end(
        `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${codes[count - 1]}</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>`,
      ),
  );
  process.env.AWS_ENDPOINT_URL_STS = server.url;
  Object.assign(process.env, { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' });
  try {
    const sts = createSts(createTransport());
    const clock = () => NOW;
    const issue = createStsIssuer({ sts, roleArn: ROLE, clock, random: () => 0, write: () => {} });
    const credentials = createCredentials({ issue, roleArn: ROLE, clock });
    await expect(credentials(scopeOf())).rejects.toMatchObject({ reason: 'sts-policy-too-large' });
    await expect(credentials(scopeOf())).rejects.toMatchObject({ reason: 'sts-access-denied' });
    await expect(credentials(scopeOf())).rejects.toMatchObject({ reason: 'sts-throttled' });
    expect(server.requests).toHaveLength(5);
  } finally {
    await server.close();
    delete process.env.AWS_ENDPOINT_URL_STS;
  }
});
