import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type AskTable, createAskTable } from '../../../aws/table.ts';
import { COUNTERS_ANSWER_MAX_BYTES, COUNTERS_ATTEMPTS } from '../../../contract/limits/budgets.ts';
import { serve } from '../invoke/loopback.ts';

const INPUT = { TableName: 'counters', Key: { pk: { S: 'COUNTERS#acme' }, sk: { S: 'TENANT' } } };

interface Request {
  method: string | undefined;
  url: string | undefined;
  headers: Record<string, string>;
  body: string;
}

/** @param answer to the nth request, from 1 */
async function asked<T>(
  answer: (nth: number) => { status?: number; body?: object | string } | undefined,
  use: (ask: AskTable, options: { abortSignal: AbortSignal }, abort: () => void) => Promise<T>,
) {
  const requests: Request[] = [];
  const controller = new AbortController();
  await using server = await serve(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method, url, headers } = request;
    const given = answer(requests.push({ method, url, headers: headers as Record<string, string>, body }));
    if (given === undefined) response.destroy();
    else {
      const { status = 200, body: text = {} } = given;
      response.writeHead(status).end(typeof text === 'string' ? text : JSON.stringify(text));
    }
  });
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', server.url);
  const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret', sessionToken: 'session' };
  const client = new DynamoDBClient({ region: 'eu-central-1', credentials });
  const transport = new NodeHttpHandler();
  const ask = createAskTable({ client, transport, clock: Date.now, random: () => 0 });
  const outcome = await use(ask, { abortSignal: controller.signal }, () => controller.abort()).then(
    (value) => ({ value }),
    (error: Error & { Item?: unknown }) => ({ error }),
  );
  transport.destroy();
  return { requests, outcome };
}

afterEach(() => vi.unstubAllEnvs());

const update: Parameters<typeof asked>[1] = (ask, options) => ask('UpdateItem', INPUT, options);
const refusal = (type: string, more = {}) => ({
  status: 400,
  body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, ...more },
});

describe('a question to a table, without its client', () => {
  test('goes where the client’s go, signed by the client’s session, in DynamoDB’s own JSON', async () => {
    const Item = { n: { N: '38' } };
    const { requests, outcome } = await asked(
      () => ({ body: { Item } }),
      (ask, options) => ask('GetItem', INPUT, options),
    );
    expect(outcome).toEqual({ value: { Item } });
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual(INPUT);
    expect(requests[0]).toMatchObject({
      method: 'POST',
      url: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': 'DynamoDB_20120810.GetItem',
        'x-amz-security-token': 'session',
        authorization: expect.stringMatching(/Credential=AKIATEST\/\d{8}\/eu-central-1\/dynamodb\/aws4_request/),
      },
    });
  });

  test.each([
    ['cut short', '{"Item": {'],
    ['no object', '7'],
    ['longer than any item', `{"Item": {"s": {"S": "${'x'.repeat(COUNTERS_ANSWER_MAX_BYTES)}"}}}`],
  ])('an answer that is %s is a failure, and not "nothing there"', async (_, body) => {
    const { outcome } = await asked(
      () => ({ body }),
      (ask, options) => ask('GetItem', INPUT, options),
    );
    expect(outcome).toMatchObject({ error: { name: 'UnreadableAnswer' } });
  });

  test('a condition that does not hold is told by the client’s name for it, with the item, and not asked again', async () => {
    const Item = { n: { N: '7' } };
    const { requests, outcome } = await asked(() => refusal('ConditionalCheckFailedException', { Item }), update);
    expect(outcome).toMatchObject({ error: { name: 'ConditionalCheckFailedException', Item } });
    expect(requests).toHaveLength(1);
  });

  test.each([
    ['throttled', () => refusal('ProvisionedThroughputExceededException')],
    ['not served', () => ({ status: 500, body: { __type: 'InternalServerError' } })],
    ['not answered', () => undefined],
  ])('is asked again where it was %s', async (_, failure) => {
    const { requests, outcome } = await asked((nth) => (nth === COUNTERS_ATTEMPTS ? {} : failure()), update);
    expect(outcome).toEqual({ value: {} });
    expect(requests).toHaveLength(COUNTERS_ATTEMPTS);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
  });

  test('is given up after its attempts, by the name of what was wrong', async () => {
    const { requests, outcome } = await asked(() => refusal('ThrottlingException'), update);
    expect(outcome).toMatchObject({ error: { name: 'ThrottlingException' } });
    expect(requests).toHaveLength(COUNTERS_ATTEMPTS);
  });

  test('what IAM denies is not asked again', async () => {
    const { requests, outcome } = await asked(() => refusal('AccessDeniedException'), update);
    expect(outcome).toMatchObject({ error: { name: 'AccessDeniedException' } });
    expect(requests).toHaveLength(1);
  });

  test('whom nobody waits for any more is not asked again', async () => {
    let abort = (): void => {};
    const { requests, outcome } = await asked(
      () => {
        abort();
        return undefined;
      },
      (ask, options, stop) => {
        abort = stop;
        return update(ask, options, stop);
      },
    );
    expect(outcome).toHaveProperty('error');
    expect(requests).toHaveLength(1);
  });
});
