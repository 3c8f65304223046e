import { describe, expect, test } from 'vitest';
import { parsePrincipal, parseTenantId } from '../../../contract/identity.ts';
import { SESSION_SECONDS } from '../../../contract/limits/sessions.ts';
import { createCredentials } from '../../../invoke/pipeline/credentials.ts';
import { sessionNames } from '../../../policies/name.ts';
import { sessionPolicy } from '../../../policies/session.ts';
import { hopPolicy } from '../../../policies/spoke.ts';
import { createStsIssuer, type StsIssuerOptions } from '../../../sessions/assume.ts';
import type { Scope, ScopedCredentials } from '../../../sessions/session.ts';
import { createSpokeIssuer } from '../../../sessions/spoke.ts';
import { awsError, type FakeSts, fakeSts, issued, modelOf, NOW, ROLE } from './core.ts';

const SPOKE = 'arn:aws:iam::444455556666:role/tollgate-prod-spoke-acme';
const acme = parseTenantId('acme');
const principal = parsePrincipal('app');

const scopeOf = (more: Partial<Scope> & { model?: string } = {}): Scope => ({
  tenant: acme,
  principal,
  costCenter: 'cc-1',
  policy: sessionPolicy(modelOf(more.model ?? 'nova').target, ['invoke']),
  spoke: { role: SPOKE, shared: false },
  ...more,
});

/** @param second STS as it is asked by sessions of hop 1; each of them has its own answers counted together */
function setUp({ first = fakeSts(), second = fakeSts(), remembers = true, listed = true } = {}) {
  const lines: Record<string, unknown>[] = [];
  const time = { now: NOW };
  const clock = () => time.now;
  const by: ScopedCredentials[] = [];
  const spokes = async (own: StsIssuerOptions) =>
    createSpokeIssuer(own, {
      stage: 'prod',
      roles: ['arn:aws:iam::444455556666:role/tollgate-prod-spoke-*'],
      stsOf: (credentials) => {
        by.push(credentials);
        return second;
      },
      ...(remembers ? { remember: (issue) => createCredentials({ issue, roleArn: ROLE, clock }) } : {}),
    });
  const issue = createStsIssuer({
    ...{ sts: first, roleArn: ROLE, clock, random: () => 0 },
    write: (line) => lines.push(JSON.parse(line)),
    ...(listed ? { spokes } : {}),
  });
  return { issue, credentials: createCredentials({ issue, roleArn: ROLE, clock }), first, second, lines, time, by };
}

const denied = (calls: number): FakeSts =>
  fakeSts((call) => {
    if (call <= calls) throw awsError('AccessDenied', 403);
    return { Credentials: issued(call, NOW) };
  });

describe('a session of another account', () => {
  test('is made by a session that can do nothing but make it, under the policy of the model and the same names', async () => {
    const { issue, first, second, by } = setUp();
    const scope = scopeOf();
    await issue(scope);
    const same = {
      RoleSessionName: sessionNames(acme, principal).sessionName,
      SourceIdentity: sessionNames(acme, principal).sourceIdentity,
      DurationSeconds: SESSION_SECONDS,
      Tags: [
        { Key: 'TenantId', Value: 'acme' },
        { Key: 'CostCenter', Value: 'cc-1' },
      ],
    };
    expect(first.inputs).toEqual([
      { RoleArn: ROLE, Policy: hopPolicy(SPOKE, 'tollgate-prod-acme', 'acme').text, ...same },
    ]);
    expect(second.inputs).toEqual([
      { RoleArn: SPOKE, Policy: scope.policy.text, ExternalId: 'tollgate-prod-acme', ...same },
    ]);
    expect(by).toMatchObject([{ sessionToken: 'token-1' }]);
  });

  test('of a place’s role has the stage’s words, whoever the tenant is', async () => {
    const { issue, second } = setUp();
    await issue(scopeOf({ spoke: { role: SPOKE, shared: true } }));
    expect(second.inputs).toMatchObject([{ ExternalId: 'tollgate-prod' }]);
  });

  test('that is handed out is named so; the one that made it is not, and leaves the gateway nowhere', async () => {
    const { issue, first, second } = setUp();
    await issue(scopeOf({ direct: true }));
    expect(first.inputs[0]?.RoleSessionName).toMatch(/^tg-acme-/);
    expect(second.inputs[0]?.RoleSessionName).toMatch(/^tg-acme@direct-/);
  });

  test('of the next model takes one AssumeRole more, another tenant’s or role’s two', async () => {
    const { credentials, first, second } = setUp();
    await credentials(scopeOf());
    await credentials(scopeOf({ model: 'titan' }));
    await credentials(scopeOf({ model: 'titan' }));
    expect([first.inputs.length, second.inputs.length]).toEqual([1, 2]);
    await credentials(scopeOf({ tenant: parseTenantId('globex') }));
    await credentials(scopeOf({ spoke: { role: `${SPOKE}2`, shared: false } }));
    await credentials(scopeOf({ spoke: { role: SPOKE, shared: true } }));
    expect([first.inputs.length, second.inputs.length]).toEqual([4, 5]);
  });

  test('is never given where the call is one of the stage’s own account, nor the reverse', async () => {
    const { credentials, first, second } = setUp();
    const there = await credentials(scopeOf());
    const { spoke: _, ...home } = scopeOf();
    expect(await credentials(home)).not.toBe(there);
    expect([first.inputs.length, second.inputs.length]).toEqual([2, 1]);
  });

  test('takes both hops each time where nothing is remembered, as in the broker', async () => {
    const { issue, first, second } = setUp({ remembers: false });
    await issue(scopeOf());
    await issue(scopeOf());
    expect([first.inputs.length, second.inputs.length]).toEqual([2, 2]);
  });

  test('leaves a line for each hop, with the role', async () => {
    const { issue, lines } = setUp();
    await issue(scopeOf());
    expect(lines).toMatchObject([
      { event: 'credentials-issued', policyHash: hopPolicy(SPOKE, 'tollgate-prod-acme', 'acme').hash },
      { event: 'credentials-issued', policyHash: scopeOf().policy.hash, spokeRole: SPOKE },
    ]);
  });
});

describe('T10 a role that', () => {
  test.each([
    [
      'the stage does not list',
      { listed: true },
      { role: SPOKE.replace('444455556666', '777788889999'), shared: false },
    ],
    ['is another stage’s', { listed: true }, { role: SPOKE.replace('prod', 'dev'), shared: false }],
  ])('%s is not asked for, and its model is as one that was not granted', async (_, more, spoke) => {
    const { issue, first, second, lines } = setUp(more);
    await expect(issue(scopeOf({ spoke }))).rejects.toMatchObject({
      code: 'model_not_allowed',
      reason: 'spoke-not-listed',
    });
    expect([...first.inputs, ...second.inputs]).toEqual([]);
    expect(lines).toMatchObject([{ event: 'credentials-refused', reason: 'spoke-not-listed', spokeRole: spoke.role }]);
  });

  test('is named where there is nothing to ask for it with is not asked for either', async () => {
    const { issue, first } = setUp({ listed: false });
    await expect(issue(scopeOf())).rejects.toMatchObject({ code: 'model_not_allowed', reason: 'spoke-not-listed' });
    expect(first.inputs).toEqual([]);
  });

  test('does not trust us is IAM’s refusal: 403, and the alarm of one', async () => {
    const { issue, lines } = setUp({ second: denied(9) });
    await expect(issue(scopeOf())).rejects.toMatchObject({ code: 'denied_by_iam', reason: 'spoke-denied' });
    expect(lines.at(-1)).toMatchObject({
      event: 'credentials-refused',
      reason: 'sts-access-denied',
      CredentialsRefused: 1,
    });
  });

  test('refuses a remembered session is asked again by a new one, once, and a young one is not', async () => {
    const { issue, first, second, time } = setUp({ second: denied(2) });
    await expect(issue(scopeOf())).rejects.toMatchObject({ code: 'denied_by_iam' });
    expect([first.inputs.length, second.inputs.length]).toEqual([1, 1]);
    time.now += 60_000;
    await issue(scopeOf());
    expect([first.inputs.length, second.inputs.length]).toEqual([2, 3]);
  });

  test('cannot be asked for because STS does not answer is 503, whichever hop it is', async () => {
    const silent = fakeSts(() => {
      throw awsError('ServiceUnavailable', 503);
    });
    await expect(setUp({ first: silent }).issue(scopeOf())).rejects.toMatchObject({ code: 'unavailable' });
    await expect(setUp({ second: silent }).issue(scopeOf())).rejects.toMatchObject({ code: 'unavailable' });
  });
});
