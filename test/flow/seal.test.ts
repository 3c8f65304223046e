import { existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAwsJson } from '../../aws/json.ts';
import { encodeContext } from '../../contract/context.ts';
import { parsePrincipal, parseTenantId } from '../../contract/identity.ts';
import { createSeal } from '../../seal/seal.ts';
import { CONTEXT_KEY, KEYS } from '../seal.ts';
import { caller, nova } from '../unit/invoke/edge.ts';
import { Stack } from './stack.ts';

/** Who calls is the authorizer's to say: whoever may invoke the function, and writes its event, is nobody. */

const SECRET = 'tollgate-local-context-key';

let stack: Stack;
let lambda: LambdaClient;

const OPERATOR = { accessKeyId: 'tollgate-operator', secretAccessKey: 'tollgate-operator' };
const config = (credentials: object = OPERATOR) => ({
  endpoint: stack.aws,
  region: 'us-east-1',
  maxAttempts: 1,
  credentials: credentials as typeof OPERATOR,
});

beforeAll(async () => {
  stack = await Stack.start();
  lambda = new LambdaClient(config());
});

afterAll(async () => {
  lambda?.destroy();
  await stack?.remove();
});

/** Secrets Manager, as the operator asks it. */
const secrets = () =>
  createAwsJson({
    signedAs: new DynamoDBClient(config()).config,
    transport: new NodeHttpHandler(),
    service: 'secretsmanager',
    url: stack.aws,
    clock: Date.now,
  });

const ROUTES = [
  ['POST', '/model/nova-lite/converse', { messages: [{ role: 'user', content: [{ text: 'hi' }] }] }],
  ['POST', '/v1/chat/completions', { model: 'nova-lite', messages: [{ role: 'user', content: 'hi' }] }],
  ['GET', '/v1/models', undefined],
  ['GET', '/v1/models/nova-lite', undefined],
  ['GET', '/v1/usage', undefined],
  ['GET', '/credentials', undefined],
] as const;

/** A direct invocation with an event of the caller's own making. @returns its status */
async function invoke(
  [httpMethod, path, body]: (typeof ROUTES)[number],
  authorizer: unknown,
  authorization?: string,
): Promise<number> {
  const event = {
    path,
    httpMethod,
    headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
    multiValueHeaders: null,
    queryStringParameters: path === '/credentials' ? { model: 'nova-lite' } : null,
    body: body === undefined ? null : JSON.stringify(body),
    isBase64Encoded: false,
    requestContext: { requestId: 'forged', authorizer },
  };
  const Payload = Buffer.from(JSON.stringify(event));
  const answer = await lambda.send(new InvokeCommand({ FunctionName: 'tollgate-local-invoke', Payload }));
  const text = Buffer.from(answer.Payload ?? []).toString('latin1');
  return (JSON.parse(text.split('\0')[0] ?? '') as { statusCode: number }).statusCode;
}

const exp = Math.floor(Date.now() / 1000) + 600;
const victim = {
  ...caller,
  ...{ tenant: parseTenantId('globex'), principal: parsePrincipal('globex-app'), exp, models: [nova] },
};

describe('an event that the authorizer had no part in', () => {
  const encoded = encodeContext(victim);
  test.each<[string, () => unknown]>([
    ['without a context', () => undefined],
    ['with a context and no seal', () => encoded],
    ['with a context of the version before', () => ({ ...encoded, v: '2' })],
    ['with a seal that somebody made up', () => ({ ...encoded, key: CONTEXT_KEY.version, mac: 'A'.repeat(43) })],
    ['sealed with another key', () => createSeal({ keys: KEYS })(encoded, 'Bearer mine')],
  ])('%s is 403 on every route, and neither the table nor STS nor a model hears of it', async (_, context) => {
    const authorizer = await context();
    const before = await stack.mark();
    for (const route of ROUTES) expect(await invoke(route, authorizer, 'Bearer mine'), route[1]).toBe(403);
    const services = (await stack.calls(before)).map(({ service }) => service);
    expect(services.filter((service) => !['lambda', 'secretsmanager'].includes(service))).toEqual([]);
  });

  test('a real token beside it opens nothing either', async () => {
    const token = `Bearer ${await stack.token('acme-app')}`;
    expect(await stack.converse(token.slice(7), 'nova-lite', 'hello')).toBe(200);
    for (const route of ROUTES) expect(await invoke(route, encoded, token)).toBe(403);
  });

  test('what is made up costs Secrets Manager less than a request each', async () => {
    const before = await stack.mark();
    for (let n = 0; n < 30; n++)
      await invoke(ROUTES[4], { ...encoded, key: `version-${n}`, mac: 'A'.repeat(43) }, 'Bearer mine');
    const reads = (await stack.calls(before)).filter(({ service }) => service === 'secretsmanager');
    expect(reads.length).toBeLessThan(20);
  });
});

describe('the key', () => {
  test('can be read by nobody on this laptop but the two functions, and is in the folder for its owner alone', async () => {
    await expect(secrets()('GetSecretValue', { SecretId: SECRET })).rejects.toMatchObject({
      type: 'UnrecognizedClientException',
    });
    expect(statSync(join(stack.dataDir, 'secretsmanager.json')).mode & 0o777).toBe(0o600);
    const readers = (await stack.calls()).filter(({ operation }) => operation === 'GetSecretValue');
    expect(
      new Set(readers.filter(({ decision }) => decision === 'allowed').map(({ caller }) => caller?.sessionName)),
    ).toEqual(new Set(['tollgate-local-authorizer', 'tollgate-local-invoke']));
  });

  test('is made new without a call being refused: what was sealed before goes on, and so does what is sealed after', async () => {
    const before = await stack.token('acme-app');
    expect(await stack.converse(before, 'nova-lite', 'hello')).toBe(200);
    const { VersionId } = await secrets()('RotateSecret', { SecretId: SECRET });
    expect(VersionId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await stack.converse(before, 'nova-lite', 'hello')).toBe(200);
    expect(await stack.converse(await stack.token('globex-app'), 'nova-lite', 'hello')).toBe(200);
    const steps = (await stack.calls()).filter(({ caller }) => caller?.sessionName === 'tollgate-local-seal');
    expect(steps.map(({ operation, decision }) => [operation, decision])).toEqual([
      ['PutSecretValue', 'allowed'],
      ['DescribeSecret', 'allowed'],
      ['UpdateSecretVersionStage', 'allowed'],
    ]);
  });

  test('that cannot be asked for is 503, and only until it can', async () => {
    const unknown = { ...encodeContext(victim), key: 'version-x', mac: 'A'.repeat(43) };
    await stack.fault({ service: 'secretsmanager', fault: { status: 500, type: 'InternalServiceError' } });
    await expect.poll(() => invoke(ROUTES[2], unknown, 'Bearer mine')).toBe(503);
    // Who is known goes on meanwhile.
    expect(await stack.converse(await stack.token('acme-app'), 'nova-lite', 'hello')).toBe(200);
    await stack.clearFaults();
    await expect.poll(() => invoke(ROUTES[2], unknown, 'Bearer mine'), { timeout: 5_000 }).toBe(403);
  });

  test('is made for a data folder of an older version, in which there is none', async () => {
    await stack.stop();
    const { dataDir, port } = stack;
    rmSync(join(dataDir, 'secretsmanager.json'));
    stack = await Stack.start({ dataDir, port });
    expect(existsSync(join(dataDir, 'secretsmanager.json'))).toBe(true);
    expect(await stack.converse(await stack.token('acme-app'), 'nova-lite', 'hello')).toBe(200);
  });
});
