import { afterEach, describe, expect, test } from 'vitest';
import { encodeContext } from '../../../contract/context.ts';
import { type Functions, startFunctions } from '../../../local/functions.ts';
import { caller, event } from '../invoke/edge.ts';

/** The real invoke handler in its environments; the endpoint behind it is not needed for what it refuses or lists. */

let functions: Functions;
afterEach(() => functions.stop());

const exp = Math.floor(Date.now() / 1000) + 600;
const asks = JSON.stringify(
  event('GET', '/v1/models', { requestContext: { requestId: 'r', authorizer: encodeContext({ ...caller, exp }) } }),
);

function start(tenantIsolation: boolean, broker = false): void {
  functions = startFunctions({
    credentialsFor: () => ({ accessKeyId: 'ASIA', secretAccessKey: 's', sessionToken: 't' }),
    surroundings: {
      awsUrl: 'http://127.0.0.1:1',
      account: '111122223333',
      region: 'us-east-1',
      issuers: [],
      authorizerTtlSeconds: 60,
      broker,
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
