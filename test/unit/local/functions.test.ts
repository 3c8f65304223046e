import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Functions, startFunctions } from '../../../local/functions.ts';
import { bound, secretAnswer } from '../../seal.ts';
import { caller, event } from '../invoke/edge.ts';
import { serve } from '../invoke/loopback.ts';

/** The real invoke handler in its environments; of the endpoint behind it only the key is needed for what it refuses or lists. */

let functions: Functions;
let aws: Awaited<ReturnType<typeof serve>>;
afterEach(() => functions.stop());

beforeAll(async () => {
  aws = await serve(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const [status, secret] = secretAnswer(request.headers['x-amz-target'], body) ?? [404, {}];
    response.writeHead(status).end(JSON.stringify(secret));
  });
});
afterAll(() => aws[Symbol.asyncDispose]());

const exp = Math.floor(Date.now() / 1000) + 600;
const asks = JSON.stringify(
  event('GET', '/v1/models', { requestContext: { requestId: 'r', authorizer: await bound({ ...caller, exp }) } }),
);

function start(tenantIsolation: boolean, broker = false): void {
  functions = startFunctions({
    credentialsFor: () => ({ accessKeyId: 'ASIA', secretAccessKey: 's', sessionToken: 't' }),
    surroundings: {
      awsUrl: aws.url,
      account: '111122223333',
      region: 'us-east-1',
      issuers: [],
      authorizerTtlSeconds: 60,
      broker,
      corsOrigins: [],
      basePath: '',
    },
    tenantIsolation,
    onLine: () => {},
    cacheDir: undefined,
  });
}

/** The status of a call of acme's in the environment that Lambda gave to `tenantId`. */
async function statusIn(tenantId: string): Promise<number> {
  let text = '';
  await functions.invoke.stream(
    asks,
    'r',
    {
      chunk(bytes, taken) {
        text += Buffer.from(bytes).toString('latin1');
        taken();
      },
      ended: () => {},
      failed: (error) => {
        text = error.message;
      },
    },
    tenantId,
  );
  return (JSON.parse(text.split('\0')[0] ?? '') as { statusCode: number }).statusCode;
}

describe('the invoke function', () => {
  test('with tenant isolation serves a tenant in its own environment and in no other', async () => {
    start(true);
    expect(await statusIn('acme')).toBe(200);
    expect(await statusIn('globex')).toBe(403);
  });

  test('without it, serves all in one', async () => {
    start(false);
    expect(await statusIn('acme')).toBe(200);
    expect(await statusIn('globex')).toBe(200);
  });
});

test.each([true, false])('a broker is there only where it is asked for: %s', (broker) => {
  start(false, broker);
  expect(functions.broker?.name).toBe(broker ? 'tollgate-local-broker' : undefined);
});
