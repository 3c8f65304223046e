import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { TollgateError } from '../../../contract/errors.ts';
import { DENIED_SESSION_RENEW_AFTER_MS } from '../../../contract/limits/sessions.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { createCredentials } from '../../../invoke/pipeline/credentials.ts';
import { sessionPolicy } from '../../../policies/session.ts';
import { createStsIssuer } from '../../../sessions/assume.ts';
import {
  awsError,
  besidesIssued,
  callOf,
  delta,
  fakeSts,
  frame,
  issued,
  memoryMeter,
  metadata,
  modelOf,
  NOW,
  ROLE,
  textsOf,
  type Upstream,
  upstream,
} from './core.ts';
import { answers, eventsOf, fails, NONE, setUp, streams, streamsOn, tokens, usage } from './whole-pipeline.ts';

let server: Upstream | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

describe('credentials', () => {
  test('S1 no session, no call: the model is not asked and nothing was started', async () => {
    server = await answers({ usage });
    const sts = fakeSts(() => {
      throw awsError('AccessDenied', 403);
    });
    const { run, meter } = setUp({}, sts);
    await expect(run(callOf('converse'))).rejects.toMatchObject({ code: 'internal', reason: 'sts-access-denied' });
    expect(meter.lines).toEqual([expect.objectContaining({ phase: 'finished', outcome: 'refused', tokens: NONE })]);
    expect(server.requests).toHaveLength(0);
  });

  test('S4 an expired session is refreshed once and the call is sent once more, each attempt with its own record', async () => {
    server = await upstream((_, response, count) =>
      count === 1
        ? response
            .writeHead(403, { 'x-amzn-errortype': 'ExpiredTokenException', 'x-amzn-requestid': 'aws-1' })
            .end('{"message":"old"}')
        : response.writeHead(200, { 'x-amzn-requestid': 'aws-2' }).end(JSON.stringify({ usage })),
    );
    const { run, meter, sts } = setUp();
    await expect(run(callOf('converse'))).resolves.toMatchObject({ status: 200 });
    expect(server.requests.map(({ headers }) => headers['x-amz-security-token'])).toEqual(['token-1', 'token-2']);
    expect(sts.inputs).toHaveLength(2);
    const first = { invocationId: 'id-1', requestId: 'request-1', at: NOW };
    const second = { ...first, invocationId: 'id-2', attempt: 2 };
    expect(meter.lines).toEqual([
      expect.objectContaining({ ...first, phase: 'started' }),
      expect.objectContaining({
        ...first,
        phase: 'finished',
        outcome: 'retried',
        code: 'upstream_failed',
        tokens: NONE,
        estimated: false,
        firstByteMs: -1,
        awsRequestId: 'aws-1',
      }),
      expect.objectContaining({ ...second, phase: 'started' }),
      expect.objectContaining({ ...second, phase: 'finished', outcome: 'ok', code: '', tokens, awsRequestId: 'aws-2' }),
    ]);
    expect(meter.lines.map(({ attempt }) => attempt)).toEqual([undefined, undefined, 2, 2]);
  });

  test('a session that cannot be refreshed ends the only attempt there was, with the reason of it', async () => {
    server = await fails(403, 'ExpiredTokenException');
    const sts = fakeSts((call) => {
      if (call > 1) throw awsError('Throttling', 400);
      return { Credentials: issued(call, NOW) };
    });
    const { run, meter } = setUp({}, sts);
    await expect(run(callOf('converse'))).rejects.toMatchObject({ code: 'unavailable' });
    expect(meter.lines).toEqual([
      expect.objectContaining({ phase: 'started', invocationId: 'id-1' }),
      expect.objectContaining({ invocationId: 'id-1', outcome: 'failed', code: 'unavailable', tokens: NONE }),
    ]);
  });

  test('a call says whether its session was remembered or issued for it, and a refreshed one says both', async () => {
    server = await upstream((_, response, count) =>
      count === 3
        ? response.writeHead(403, { 'x-amzn-errortype': 'ExpiredTokenException' }).end('{}')
        : response.end(JSON.stringify({ usage })),
    );
    const { run, meter } = setUp();
    for (let call = 0; call < 3; call++) await run(callOf('converse'));
    expect(meter.published).toEqual([
      { CredentialsCached: 0, CredentialsRenewed: 1 },
      { CredentialsCached: 1, CredentialsRenewed: 0 },
      { CredentialsCached: 1, CredentialsRenewed: 1 },
      { CredentialsCached: 0, CredentialsRenewed: 0 },
    ]);
  });

  test('S4 a session that stays expired is not refreshed a second time', async () => {
    server = await fails(403, 'ExpiredTokenException');
    const { run, sts, meter } = setUp();
    await expect(run(callOf('converse'))).rejects.toMatchObject({ code: 'upstream_failed' });
    expect([sts.inputs.length, server.requests.length]).toEqual([2, 2]);
    expect(meter.finishedLines().map(({ outcome }) => outcome)).toEqual(['retried', 'failed']);
  });

  describe('a session that IAM refuses', () => {
    const aged = (ageMs: number) => {
      const sts = fakeSts((call) => ({ Credentials: issued(call, call === 1 ? NOW - ageMs : NOW) }));
      return setUp({}, sts);
    };
    const refuses = (...tokens: string[]) =>
      upstream((request, response) =>
        tokens.includes(String(request.headers['x-amz-security-token']))
          ? response.writeHead(403, { 'x-amzn-errortype': 'AccessDeniedException' }).end('{"message":"older"}')
          : response.end(JSON.stringify({ usage })),
      );

    test('is replaced once when it is old enough to have been revoked, without an alarm', async () => {
      server = await refuses('token-1');
      const { run, meter, lines } = aged(DENIED_SESSION_RENEW_AFTER_MS);
      await expect(run(callOf('converse'))).resolves.toMatchObject({ status: 200 });
      expect(meter.finishedLines().map(({ outcome, code }) => [outcome, code])).toEqual([
        ['retried', 'denied_by_iam'],
        ['ok', ''],
      ]);
      expect(besidesIssued(lines)).toEqual([]);
    });

    test('is not replaced when it is fresh: the refusal is meant for the call', async () => {
      server = await refuses('token-1');
      const { run, sts } = aged(DENIED_SESSION_RENEW_AFTER_MS - 1);
      await expect(run(callOf('converse'))).rejects.toMatchObject({ code: 'denied_by_iam' });
      expect([sts.inputs.length, server.requests.length]).toEqual([1, 1]);
    });

    test('is replaced once and no more: the next call finds the new one, and is refused with it', async () => {
      server = await refuses('token-1', 'token-2');
      const { run, sts, lines } = aged(DENIED_SESSION_RENEW_AFTER_MS);
      for (const requests of [2, 3]) {
        await expect(run(callOf('converse'))).rejects.toMatchObject({ code: 'denied_by_iam' });
        expect([sts.inputs.length, server.requests.length]).toEqual([2, requests]);
      }
      expect(besidesIssued(lines).map((line) => JSON.parse(line).DeniedByIam)).toEqual([1, 1]);
    });
  });

  test('S3 a stream that outlives its session ends well, and the next call has a new one', async () => {
    const time = { now: NOW };
    const sts = fakeSts((call) => ({ Credentials: issued(call, time.now) }));
    const clock = () => time.now;
    const credentials = createCredentials({
      issue: createStsIssuer({ sts, roleArn: ROLE, clock, write: () => {} }),
      roleArn: ROLE,
      clock,
    });
    server = await streams(delta('hi'), metadata(1, 1));
    const { run, meter } = setUp({ credentials, clock });
    const answer = await run(callOf('converse-stream'));
    time.now += 1_000_000;
    expect(await textsOf(eventsOf(answer))).toHaveLength(2);
    await textsOf(eventsOf(await run(callOf('converse-stream'))));
    expect(server.requests.map(({ headers }) => headers['x-amz-security-token'])).toEqual(['token-1', 'token-2']);
    expect(meter.finishedLines().map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
  });
});

describe('the second wall', () => {
  test('IAM refuses what a broken decision allowed, and someone is told', async () => {
    const message =
      'User: arn:aws:sts::111122223333:assumed-role/x/y is not authorized to perform: bedrock:InvokeModel';
    server = await fails(403, 'AccessDeniedException', message);
    const secret = modelOf('secret');
    const { run, meter, lines, sts } = setUp({
      decide: () => ({ outcome: 'allowed', model: secret, deprecated: false }),
    });
    const refusal = await run(callOf('converse', { wanted: 'secret' })).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'denied_by_iam', status: 403 });
    expect(sts.inputs.map(({ Policy }) => Policy)).toEqual([sessionPolicy(modelOf('nova').target, ['invoke']).text]);
    expect((refusal as TollgateError).publicMessage).not.toContain('arn:');
    expect(meter.finishedLines()).toEqual([
      expect.objectContaining({ outcome: 'denied', code: 'denied_by_iam', tokens: NONE }),
    ]);
    const told = besidesIssued(lines);
    expect(told).toHaveLength(1);
    expect(JSON.parse(told[0] ?? '')).toMatchObject({
      event: 'denied-by-iam',
      DeniedByIam: 1,
      tenant: 'acme',
      model: 'secret',
      detail: { said: message },
    });
  });
});

describe('a model that its account has not enabled', () => {
  const message =
    'Model access is denied due to INVALID_PAYMENT_INSTRUMENT:A valid payment instrument must be provided.';
  test.each([
    ['before the stream', () => fails(403, 'AccessDeniedException', message)],
    ['as its first event', () => streams(frame('accessDeniedException', { message }, 'exception'))],
  ])('is no disagreement of the walls: who can mend it is told, said %s', async (_, start) => {
    server = await start();
    const { run, meter, lines } = setUp();
    const refusal = await run(callOf('converse-stream')).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'model_not_enabled', status: 503, retryAfterSeconds: 120 });
    expect(meter.finishedLines()).toEqual([expect.objectContaining({ outcome: 'failed', tokens: NONE })]);
    const told = besidesIssued(lines).map((line) => JSON.parse(line));
    expect(told).toEqual([
      expect.objectContaining({ event: 'model-not-subscribed', ModelNotSubscribed: 1, model: 'nova', tenant: 'acme' }),
    ]);
    expect(told[0]).toMatchObject({ region: 'us-east-1', detail: { said: message } });
  });
});

describe('the policy is of what the tenant holds, not of what was decided', () => {
  const allow = (model: AllowedModel) => ({
    decide: () => ({ outcome: 'allowed' as const, model, deprecated: false }),
  });

  test('an action that was not granted is not in it', async () => {
    server = await answers({ usage });
    const streamOnly: AllowedModel = { ...modelOf('nova'), actions: ['stream'] };
    const { run, sts } = setUp(allow(modelOf('nova')));
    await run(callOf('converse', { models: [streamOnly] }));
    expect(sts.inputs[0]?.Policy).toBe(sessionPolicy(streamOnly.target, ['stream']).text);
  });

  test('a tenant that holds nothing has no session at all', async () => {
    const { run, sts } = setUp(allow(modelOf('nova')));
    await expect(run(callOf('converse', { models: [] }))).rejects.toMatchObject({ code: 'model_not_allowed' });
    expect(sts.inputs).toHaveLength(0);
  });
});

test('M2 nothing is sent until the started line is out', async () => {
  server = await answers({ usage });
  const out = Promise.withResolvers<void>();
  const meter = memoryMeter();
  let begun = false;
  const started: typeof meter.started = (record) => {
    meter.started(record);
    begun = true;
    return out.promise;
  };
  const { run } = setUp({ meter: { ...meter, started } });
  const running = run(callOf('converse'));
  await vi.waitFor(() => expect(begun).toBe(true), { timeout: 15_000 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(server.requests).toEqual([]);
  out.resolve();
  await running;
  expect(server.requests).toHaveLength(1);
});

describe('U1 a model that does not answer', () => {
  test.each([
    [429, 'ThrottlingException', 'upstream_throttled', 'throttled', 7],
    [500, 'InternalServerException', 'upstream_failed', 'failed', undefined],
    [503, 'ServiceUnavailableException', 'upstream_unavailable', 'failed', 7],
    [408, 'ModelTimeoutException', 'deadline', 'failed', undefined],
    [400, 'ValidationException', 'upstream_rejected', 'refused', undefined],
    [404, 'ResourceNotFoundException', 'upstream_failed', 'failed', undefined],
  ] as const)('%i %s is %s', async (status, type, code, outcome, retryAfterSeconds) => {
    server = await fails(status, type, 'x', { 'retry-after': '7' });
    const { run, meter } = setUp();
    await expect(run(callOf('converse'))).rejects.toMatchObject({ code, retryAfterSeconds });
    expect(server.requests).toHaveLength(1);
    expect(meter.lines.map(({ phase }) => phase)).toEqual(['started', 'finished']);
    expect(meter.finishedLines()).toEqual([expect.objectContaining({ outcome, code, tokens: NONE, estimated: false })]);
  });

  const silent = () => upstream(() => {});
  const half = () =>
    upstream((_, response) => {
      response.write('{"output": "12345678');
    });
  const short = { firstByteMs: 5_000, streamIdleMs: 5_000, callTotalMs: 5_000 };

  test.each([
    ['before its first byte', silent, { ...short, firstByteMs: 30 }, 'first-byte', 0],
    ['in the middle of its answer', half, { ...short, streamIdleMs: 30 }, 'body-idle', 5],
    ['for the whole of the time', silent, { ...short, callTotalMs: 30 }, 'call-total', 0],
  ] as const)('U4 silent %s: a deadline, billed by estimate', async (_, answer, deadlines, reason, output) => {
    server = await answer();
    const { run, meter } = setUp({ deadlines });
    await expect(run(callOf('converse', { body: { system: [{ text: '12345678' }] } }))).rejects.toMatchObject({
      code: 'deadline',
      reason,
    });
    expect(meter.finishedLines()).toEqual([
      expect.objectContaining({ outcome: 'deadline', estimated: true, tokens: { ...NONE, input: 2, output } }),
    ]);
  });

  test('U2 an answer lost halfway ran all the same, and its headers say what it cost', async () => {
    server = await upstream((_, response: ServerResponse) => {
      response.writeHead(200, {
        'content-length': '100',
        'x-amzn-bedrock-input-token-count': '3',
        'x-amzn-bedrock-output-token-count': '5',
      });
      response.write('{', () => response.socket?.destroy());
    });
    const { run, meter } = setUp();
    await expect(run(callOf('invoke'))).rejects.toMatchObject({ code: 'upstream_failed', reason: 'connection-lost' });
    expect(meter.finishedLines()).toEqual([
      expect.objectContaining({ outcome: 'interrupted', estimated: false, tokens: { ...NONE, input: 3, output: 5 } }),
    ]);
  });

  test('U2 a stream broken over the wire is interrupted', async () => {
    server = await upstream((_, response) => {
      response.writeHead(200);
      response.write(delta('1234'), () => response.socket?.destroy());
    });
    const { run, meter } = setUp();
    const answer = await run(callOf('converse-stream'));
    await expect(textsOf(eventsOf(answer))).rejects.toMatchObject({ code: 'upstream_failed' });
    expect(meter.finishedLines()).toEqual([expect.objectContaining({ outcome: 'interrupted', estimated: true })]);
  });

  test('U5 a stream whose caller has gone is drained over the wire', async () => {
    const gone = Promise.withResolvers<void>();
    const rest = [delta('2'), frame('messageStop', {}), metadata(3, 5)];
    server = await streamsOn(gone.promise, [delta('1')], rest);
    const { run, meter } = setUp();
    const call = callOf('converse-stream');
    for await (const _ of eventsOf(await run(call))) break;
    gone.resolve();
    await Promise.all(call.kept);
    expect(meter.finishedLines()).toEqual([
      expect.objectContaining({ outcome: 'abandoned', estimated: false, tokens: { ...NONE, input: 3, output: 5 } }),
    ]);
  });
});
