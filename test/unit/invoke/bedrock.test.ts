import type { ServerResponse } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import { Sha256 } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { TollgateError } from '../../../contract/errors.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import { createBedrock } from '../../../invoke/providers/bedrock.ts';
import { createPost } from '../../../invoke/providers/post.ts';
import type { Provider, ProviderReply } from '../../../invoke/providers/provider.ts';
import type { ScopedCredentials } from '../../../sessions/session.ts';
import { modelOf, NOW, requestOf, type Upstream, upstream } from './core.ts';

let server: Upstream | undefined;
const post = createPost();
// Each with a server of its own: where Bedrock is, is asked once.
let provider: Provider;
beforeEach(() => {
  provider = createBedrock({ post, clock: () => NOW });
});
const alive = () => new AbortController().signal;

const scoped = (serial = 1): ScopedCredentials => ({
  accessKeyId: `ASIASCOPED${serial}`,
  secretAccessKey: `scoped-secret-${serial}`,
  sessionToken: `scoped-token-${serial}`,
  expiresAt: NOW + 900_000,
});

async function bodyOf({ body }: ProviderReply): Promise<Buffer> {
  const read: Uint8Array[] = [];
  for await (const piece of body) read.push(piece);
  return Buffer.concat(read);
}

const ok = (_: unknown, response: ServerResponse) => response.end('{}');

afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
  server = undefined;
});

describe('native bytes', () => {
  test('a request and its answer arrive byte for byte, with members that no SDK knows', async () => {
    const sent = Buffer.from('{ "messages" : [],\n  "unknown2031": {"b":1,"a":1.0e2} }');
    const answered = Buffer.from('{"output":{ } ,"brandNew":"\\u00e9","usage":{"inputTokens":1}}');
    server = await upstream((_, response) => response.writeHead(200, { 'x-new': 'kept' }).end(answered));
    const reply = await provider.send({
      target: modelOf('nova').target,
      request: { ...requestOf('converse', sent), headers: { 'x-amzn-bedrock-trace': 'ENABLED' } },
      credentials: scoped(),
      signal: alive(),
    });
    expect(reply.status).toBe(200);
    expect(reply.headers['x-new']).toBe('kept');
    expect((await bodyOf(reply)).equals(answered)).toBe(true);
    expect(server.requests[0]?.body.equals(sent)).toBe(true);
    expect(server.requests[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'application/json',
      'x-amzn-bedrock-trace': 'ENABLED',
    });
  });

  test('an error answer is handed over as it is, after one attempt', async () => {
    server = await upstream((_, response) =>
      response.writeHead(500, { 'x-amzn-errortype': 'InternalServerException' }).end('{"message":"no"}'),
    );
    const { target } = modelOf('nova');
    const reply = await provider.send({
      target,
      request: requestOf('converse'),
      credentials: scoped(),
      signal: alive(),
    });
    expect(reply.status).toBe(500);
    expect((await bodyOf(reply)).toString()).toBe('{"message":"no"}');
    expect(server.requests).toHaveLength(1);
  });

  const profile: AllowedModel['target'] = {
    kind: 'bedrock-profile',
    modelId: 'arn:aws:bedrock:us-west-2:111122223333:application-inference-profile/ab12',
    region: 'us-west-2',
    arn: 'arn:aws:bedrock:us-west-2:111122223333:application-inference-profile/ab12',
    modelArns: [
      'arn:aws:bedrock:us-east-1::foundation-model/vendor.big-v1:0',
      'arn:aws:bedrock:us-west-2::foundation-model/vendor.big-v1:0',
    ],
  };

  test.each([
    ['a short id keeps its colon encoded', modelOf('nova').target, 'converse', '/model/vendor.nova-v1%3A0/converse'],
    [
      'an ARN is one segment',
      profile,
      'converse-stream',
      '/model/arn%3Aaws%3Abedrock%3Aus-west-2%3A111122223333%3Aapplication-inference-profile%2Fab12/converse-stream',
    ],
    ['tokens of a profile are counted on its model', profile, 'count-tokens', '/model/vendor.big-v1%3A0/count-tokens'],
    [
      'characters that a path reserves are encoded',
      modelOf('x', "a'b(c)!*").target,
      'invoke',
      '/model/a%27b%28c%29%21%2A/invoke',
    ],
  ] as const)('%s', async (_, target, operation, path) => {
    server = await upstream(ok);
    await bodyOf(
      await provider.send({ target, request: requestOf(operation), credentials: scoped(), signal: alive() }),
    );
    expect(server.requests[0]?.path).toBe(path);
  });
});

describe('whose rights', () => {
  test('the signature is valid, is of the scoped session, and is for Bedrock in the target region', async () => {
    server = await upstream(ok);
    const credentials = scoped(7);
    await bodyOf(
      await provider.send({
        target: { ...modelOf('nova').target, region: 'eu-west-1' },
        request: requestOf('converse', { text: 'héllo' }),
        credentials,
        signal: alive(),
      }),
    );
    const [request] = server.requests;
    const authorization = String(request?.headers.authorization);
    const [, names = ''] = /SignedHeaders=([^,]+)/.exec(authorization) ?? [];
    const { hostname, port } = new URL(server.url);
    const date = String(request?.headers['x-amz-date']);
    const signed = await new SignatureV4({
      service: 'bedrock',
      region: 'eu-west-1',
      credentials,
      sha256: Sha256,
      // A header of its own for the body's hash is S3's alone; the signature covers it anyway.
      applyChecksum: false,
    }).sign(
      new HttpRequest({
        method: 'POST',
        protocol: 'http:',
        hostname,
        port: Number(port),
        path: request?.path ?? '',
        headers: Object.fromEntries(names.split(';').map((name) => [name, String(request?.headers[name])])),
        body: request?.body,
      }),
      { signingDate: new Date(date.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3:$4:$5Z')) },
    );
    expect(authorization).toBe(signed.headers.authorization);
    expect(authorization).toContain('Credential=ASIASCOPED7/');
    expect(authorization).toContain('/eu-west-1/bedrock/aws4_request');
    expect(request?.headers['x-amz-security-token']).toBe('scoped-token-7');
  });

  test('a bearer token or keys in the environment never take the place of the scoped session', async () => {
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', 'bedrock-api-key-of-the-account');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAOFTHEFUNCTION');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-of-the-function');
    vi.stubEnv('AWS_AUTH_SCHEME_PREFERENCE', 'httpBearerAuth');
    server = await upstream(ok);
    await bodyOf(
      await provider.send({
        target: modelOf('nova').target,
        request: requestOf('converse'),
        credentials: scoped(8),
        signal: alive(),
      }),
    );
    const headers = server.requests[0]?.headers;
    expect(headers?.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=ASIASCOPED8\//);
    expect(JSON.stringify(headers)).not.toMatch(/bedrock-api-key|AKIAOFTHEFUNCTION/);
  });

  test('two sessions at once never sign for each other', async () => {
    server = await upstream(ok);
    await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const request = {
          ...requestOf('converse', { who: i % 4 }),
          headers: { 'x-amzn-bedrock-trace': String(i % 4) },
        };
        const { target } = modelOf('nova');
        await bodyOf(await provider.send({ target, request, credentials: scoped(i % 4), signal: alive() }));
      }),
    );
    for (const { headers } of server.requests)
      expect(headers['x-amz-security-token']).toBe(`scoped-token-${headers['x-amzn-bedrock-trace']}`);
  });
});

describe('transport', () => {
  const send = (signal = alive()) =>
    provider.send({ target: modelOf('nova').target, request: requestOf('converse'), credentials: scoped(), signal });

  test('a refused connection is upstream_unavailable with a time to come back', async () => {
    server = await upstream(ok);
    const gone = server.url;
    await server.close();
    process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME = gone;
    await expect(send()).rejects.toMatchObject({ code: 'upstream_unavailable', retryAfterSeconds: 2 });
  });

  test('an aborted call ends with the reason of its signal, whether it waits for headers or for the body', async () => {
    server = await upstream((_, response, count) => {
      if (count === 2) response.write('{');
    });
    const reason = new TollgateError('deadline', { reason: 'test' });
    const first = new AbortController();
    const waiting = send(first.signal);
    await vi.waitFor(() => expect(server?.requests).toHaveLength(1), { timeout: 15_000 });
    first.abort(reason);
    await expect(waiting).rejects.toBe(reason);

    const second = new AbortController();
    const reply = await send(second.signal);
    const reading = bodyOf(reply);
    second.abort(reason);
    await expect(reading).rejects.toThrow();
  });

  test('a connection that died while it was kept is replaced, once', async () => {
    server = await upstream((_, response, count) => {
      if (count === 2) response.socket?.destroy();
      else response.end('{}');
    });
    await bodyOf(await send());
    // It is kept from the next turn on: the answer is not made to wait for that.
    await turn();
    expect((await send()).status).toBe(200);
    expect(server.requests).toHaveLength(3);
  });

  test('a new connection that is reset is not tried again', async () => {
    server = await upstream((_, response) => response.socket?.destroy());
    await expect(send()).rejects.toMatchObject({ code: 'upstream_unavailable', reason: 'upstream-unreachable' });
    expect(server.requests).toHaveLength(1);
  });
});
