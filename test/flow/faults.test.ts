import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createItems } from '../../registry/table.ts';
import { createWriter, type Writer } from '../../registry/writer.ts';
import cases from '../cases/faults.json' with { type: 'json' };
import { type Many, startMany } from './many.ts';

interface FaultCase {
  id: string;
  name: string;
  input: { faults: object[]; stream?: boolean };
  expected: {
    status: number;
    /** What the log says, or how that begins where two bounds are close. */
    reason?: string;
    /** Calls that reached STS; absent where their number is a matter of time. */
    sts?: number;
    /** Calls that reached the model. */
    model: number;
    /** A stream that has to end without its end marker. */
    broken?: boolean;
  };
}

/** Milliseconds. The longest bound of these is STS's 5 s; the rest is a busy machine. */
const ANSWERED_WITHIN_MS = 12_000;

let many: Many;
let writer: Writer;
let client: DynamoDBClient;

beforeAll(async () => {
  many = await startMany();
  client = new DynamoDBClient({
    endpoint: many.stack.aws,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a-test', secretAccessKey: 'a-test' },
  });
  writer = createWriter({
    items: createItems({ client, table: 'tollgate-registry' }),
    clock: Date.now,
    actor: 'test',
  });
});

afterEach(() => many.stack.clearFaults());

afterAll(async () => {
  client.destroy();
  await many.remove();
});

/** A tenant, a model and a token that nothing has been remembered of. */
async function newcomer(n: number): Promise<{ model: string; token: string }> {
  const [tenant, model] = [`newcomer-${n}`, `model-${n}`];
  const modelId = 'amazon.nova-lite-v1:0';
  await writer.putTenant({ id: tenant, costCenter: 'CC-0' });
  await writer.putModel({
    id: model,
    target: {
      kind: 'bedrock-model',
      modelId,
      region: 'us-east-1',
      arn: `arn:aws:bedrock:us-east-1::foundation-model/${modelId}`,
    },
    lifecycle: { status: 'active' },
    prices: [{ version: '2026-01', from: '2026-01-01', usdPerMillion: { input: '0.06', output: '0.24' } }],
  });
  await writer.grant(tenant, model);
  return { model, token: await many.tokenOf(tenant) };
}

async function call(token: string, model: string, stream: boolean): Promise<Response> {
  return fetch(`${many.stack.gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'one two three four' }] }),
  });
}

describe('what AWS can do to us', () => {
  test.each((cases as FaultCase[]).map((item, n) => ({ ...item, n })))('$id: $name', async ({ n, input, expected }) => {
    const { stack } = many;
    const { model, token } = await newcomer(n);
    const mark = await stack.mark();
    const log = (): string => {
      const file = join(stack.dataDir, 'log.jsonl');
      return existsSync(file) ? readFileSync(file, 'utf8') : '';
    };
    const logged = log().length;
    for (const fault of input.faults) await stack.fault(fault);

    const started = performance.now();
    const response = await call(token, model, input.stream === true);
    const text = await response.text();
    expect(performance.now() - started).toBeLessThan(ANSWERED_WITHIN_MS);
    expect(response.status, text).toBe(expected.status);
    if (expected.status === 503) expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    if (input.stream === true && expected.status === 200)
      expect(text.trimEnd().endsWith('data: [DONE]')).toBe(expected.broken !== true);
    expect(text).not.toMatch(/arn:|111122223333|ExpiredToken|registry|sts/);

    const upstream = await stack.upstream(mark);
    const count = (wanted: string): number => upstream.filter(({ service }) => service === wanted).length;
    expect(count('bedrock')).toBe(expected.model);
    if (expected.sts !== undefined) expect(count('sts')).toBe(expected.sts);
    if (expected.reason !== undefined)
      await vi.waitFor(() => expect(log().slice(logged)).toContain(`"reason":"${expected.reason}`), {
        timeout: 15_000,
      });

    // Nothing of it is kept: the same call succeeds as soon as AWS does.
    await stack.clearFaults();
    expect((await call(token, model, false)).status).toBe(200);
  });
});
