import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ResponseMetadata, StreamingHandler } from '../../../invoke/edge/lambda.ts';
import { bound, secretAnswer } from '../../seal.ts';
import { caller, event, post, ResponseStream } from './edge.ts';
import { serve } from './loopback.ts';

/** The module itself, started as Lambda starts it. */
async function load(env: Record<string, string>): Promise<StreamingHandler> {
  vi.resetModules();
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  vi.stubGlobal('awslambda', {
    streamifyResponse: (handler: StreamingHandler) => handler,
    HttpResponseStream: {
      from(stream: ResponseStream, metadata: ResponseMetadata) {
        stream.prelude = () => stream.put(Buffer.concat([Buffer.from(JSON.stringify(metadata)), Buffer.alloc(8)]));
        return stream;
      },
    },
  });
  const { handler } = await import('../../../invoke/handler.ts');
  return handler as StreamingHandler;
}

const ENV = {
  TOLLGATE_STAGE: 'test',
  TOLLGATE_TABLE: 'tollgate-registry',
  TOLLGATE_COUNTERS_TABLE: 'tollgate-counters',
  TOLLGATE_CONTEXT_KEY: 'tollgate-test-context-key',
  TOLLGATE_INVOKER_ROLE_ARN: 'arn:aws:iam::111122223333:role/tollgate-test-invoker',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'AKIATEST',
  AWS_SECRET_ACCESS_KEY: 'secret',
};

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('the handler as Lambda loads it', () => {
  test.each(['TOLLGATE_TABLE', 'TOLLGATE_COUNTERS_TABLE', 'TOLLGATE_CONTEXT_KEY', 'TOLLGATE_INVOKER_ROLE_ARN'])(
    'stops the start and names %s when it is missing',
    async (name) => {
      await expect(load({ ...ENV, [name]: '' })).rejects.toMatchObject({ code: 'bad_setting', field: name });
    },
  );

  test('refuses a direct invocation, and asks neither STS nor the table', async () => {
    const seen: string[] = [];
    await using server = await aws((path) => ({ type: 'text/plain', body: String(seen.push(path)) }));
    const handler = await load({ ...ENV, AWS_ENDPOINT_URL: server.url });
    vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const out = new ResponseStream();
    await handler({ ...post('/model/nova-lite/converse', {}), requestContext: {} }, out, { awsRequestId: 'direct' });
    expect(out.metadata.statusCode).toBe(403);
    expect(out.metadata.headers['x-request-id']).toBe('direct');
    expect(seen).toEqual([]);
    // The key is read at the start, whoever calls.
    await vi.waitFor(() => expect(server.secrets).toBe(2));
  });

  test('assumes the invoker role under a policy and then calls the model, each over its own connection; the session is counted aside', async () => {
    const seen: { path: string; body: string; auth: string }[] = [];
    await using server = await aws((path, body, auth) => {
      seen.push({ path, body, auth });
      if (auth.includes('/dynamodb/')) return { type: 'application/x-amz-json-1.0', body: '{}' };
      if (path !== '/') return { type: 'application/json', body: '{"usage":{"inputTokens":1,"outputTokens":2}}' };
      return { type: 'text/xml', body: ASSUMED };
    });
    const handler = await load({ ...ENV, AWS_ENDPOINT_URL: server.url });
    let written = '';
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written += text;
      return true;
    });
    const authorizer = await bound({ ...caller, exp: Math.floor(Date.now() / 1000) + 600 });
    const request = {
      ...post('/model/nova-lite/converse', { messages: [] }),
      requestContext: { requestId: 'r', authorizer },
    };
    const out = new ResponseStream();
    await handler(request, out, {});
    expect(out.metadata.statusCode).toBe(200);
    const counted = seen.filter(({ auth }) => auth.includes('/dynamodb/'));
    expect(counted.map(({ body }) => JSON.parse(body).TableName)).toEqual(['tollgate-counters']);
    const [assumed, called, ...more] = seen.filter((one) => !counted.includes(one));
    expect(more).toEqual([]);
    expect(new URLSearchParams(assumed?.body).get('Policy')).toContain('foundation-model/amazon.nova-lite-v1:0');
    expect(called?.path).toBe('/model/amazon.nova-lite-v1%3A0/converse');
    expect(called?.auth).toContain('Credential=ASIASESSION/');
    const told = written
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(told.map(({ usage, event }) => usage?.phase ?? event)).toEqual([
      'credentials-issued',
      'started',
      'finished',
    ]);
  });

  test('answers /health', async () => {
    await using server = await aws(() => ({ type: 'text/plain', body: '' }));
    const handler = await load({ ...ENV, AWS_ENDPOINT_URL: server.url });
    const out = new ResponseStream();
    await handler(event('GET', '/health'), out, {});
    expect(out.metadata.statusCode).toBe(200);
    await vi.waitFor(() => expect(server.secrets).toBe(2));
  });
});

const ASSUMED = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIASESSION</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;

/** STS and Bedrock on one port, and Secrets Manager, which no test has to think of. */
async function aws(
  answer: (path: string, body: string, auth: string) => { type: string; body: string },
): Promise<{ url: string; readonly secrets: number } & AsyncDisposable> {
  let secrets = 0;
  const server = await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [status, secret] = secretAnswer(request.headers['x-amz-target'], Buffer.concat(chunks).toString()) ?? [];
      if (status !== undefined) return void response.writeHead(status).end(JSON.stringify(secret), () => secrets++);
      const { type, body } = answer(
        request.url ?? '',
        Buffer.concat(chunks).toString(),
        request.headers.authorization ?? '',
      );
      response.writeHead(200, { 'content-type': type }).end(body);
    });
  });
  return {
    url: server.url,
    get secrets() {
      return secrets;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
