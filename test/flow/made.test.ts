import OpenAI, { BadRequestError, PermissionDeniedError, RateLimitError } from 'openai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { grantModels, ofBedrock, type Wanted } from './granted.ts';
import { finishedOf, RawUsage } from './raw-usage.ts';
import { Stack } from './stack.ts';

/** What models answer with that is no text, by the vendors' own SDKs. */

const MADE_HERE = {
  'titan-embed-v1': 'amazon.titan-embed-text-v1',
  'titan-embed-image': 'amazon.titan-embed-image-v1',
  'nova-embed': 'amazon.nova-2-multimodal-embeddings-v1:0',
  'cohere-embed-v3': 'cohere.embed-english-v3',
  'cohere-embed-v4': 'cohere.embed-v4:0',
  'nova-canvas': 'amazon.nova-canvas-v1:0',
  'titan-image': 'amazon.titan-image-generator-v2:0',
  'stable-image': 'stability.stable-image-core-v1:1',
  'cohere-rerank': 'cohere.rerank-v3-5:0',
  'amazon-rerank': 'amazon.rerank-v1:0',
};

let stack: Stack;
let raw: RawUsage;
let token: string;
let openai: OpenAI;

beforeAll(async () => {
  stack = await Stack.start();
  raw = new RawUsage(stack);
  const tei = ['embed-tei', 'order-rerank'].map((id): Wanted => {
    const arn = `arn:aws:sagemaker:us-east-1:111122223333:endpoint/${id}`;
    const target = { kind: 'sagemaker-endpoint', endpointName: id, region: 'us-east-1', arn } as const;
    return { id, target, container: 'tei' };
  });
  await grantModels(stack, [...Object.entries(MADE_HERE).map(ofBedrock), ...tei]);
  token = await stack.token('acme-app');
  openai = new OpenAI({ baseURL: `${stack.gateway}/v1`, apiKey: token, maxRetries: 0 });
});

afterEach(() => stack.clearFaults());

afterAll(async () => {
  raw.close();
  await stack.remove();
});

/** What a request was answered with, and the records of its calls. */
async function recorded(path: string, body: object, calls: number) {
  const mark = await stack.mark();
  const response = await fetch(`${stack.gateway}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  const records = finishedOf(await raw.ofCall(response.headers.get('x-request-id') ?? '', calls));
  const upstream = (await stack.calls(mark)).filter(({ service }) => service === 'bedrock');
  return { response, answer, records, upstream };
}

describe('the unmodified OpenAI SDK embeds', () => {
  test.each([
    ['titan-embed-v2', 1024, 512],
    ['titan-embed-v1', 1536, 1536],
    ['titan-embed-image', 1024, 384],
    ['nova-embed', 1024, 3072],
    ['cohere-embed-v3', 1024, 1024],
    ['cohere-embed-v4', 1024, 256],
  ])('over %s, in base64 as it asks for by itself, and in floats', async (model, usual, dimensions) => {
    const input = ['hello world', ' ', '👩‍👩‍👧 héllo', 'hello world'];
    const { data, usage } = await openai.embeddings.create({ model, input });
    expect(data.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(data.map(({ embedding }) => embedding.length)).toEqual(new Array(4).fill(usual));
    expect(data[3]?.embedding).toEqual(data[0]?.embedding);
    expect(data[1]?.embedding).not.toEqual(data[0]?.embedding);
    expect(usage).toEqual({ prompt_tokens: 6, total_tokens: 6 });
    const floats = await openai.embeddings.create({ model, input: 'hello world', encoding_format: 'float' });
    const [same] = floats.data;
    expect([...Float32Array.from(same?.embedding ?? [])]).toEqual(data[0]?.embedding);
    expect(Math.hypot(...(same?.embedding ?? []))).toBeCloseTo(1, 6);
    const short = await openai.embeddings.create({ model, input: 'hello world', dimensions });
    expect(short.data[0]?.embedding).toHaveLength(dimensions);
  });

  test('and raises its own classes: which text was too long, a model of another tenant, one that is throttled', async () => {
    const model = 'titan-embed-v2';
    const tooLong = openai.embeddings.create({ model, input: ['fits', 'word '.repeat(8_193)] });
    await expect(tooLong).rejects.toBeInstanceOf(BadRequestError);
    await expect(tooLong).rejects.toMatchObject({ param: 'input[1]', code: 'upstream_rejected' });
    const fits = await openai.embeddings.create({ model, input: 'word '.repeat(8_192) });
    expect(fits.usage.prompt_tokens).toBe(8_192);
    await expect(openai.embeddings.create({ model: 'llama-3-3-70b', input: 'a' })).rejects.toBeInstanceOf(
      PermissionDeniedError,
    );
    await stack.fault({ service: 'bedrock', fault: { status: 429, type: 'ThrottlingException' } });
    await expect(openai.embeddings.create({ model, input: ['a', 'b'] })).rejects.toBeInstanceOf(RateLimitError);
  });
});

describe('M1: each call of a list is on the record by itself, as the model counted it', () => {
  test('over Titan a call a text', async () => {
    const input = ['one', 'two words', 'three of them'];
    const { answer, records, upstream } = await recorded('/v1/embeddings', { model: 'titan-embed-v2', input }, 3);
    expect(upstream.map(({ operation, usage }) => [operation, usage?.inputTokens]).sort()).toEqual([
      ['InvokeModel', 1],
      ['InvokeModel', 2],
      ['InvokeModel', 3],
    ]);
    expect(records.map(({ tokens }) => tokens.input).sort()).toEqual([1, 2, 3]);
    for (const record of records)
      expect(record).toMatchObject({ surface: 'openai', outcome: 'ok', estimated: false, tokens: { embeddings: 1 } });
    expect(new Set(records.map(({ awsRequestId }) => awsRequestId)).size).toBe(3);
    expect(answer).toMatchObject({ usage: { prompt_tokens: 6 } });
  });

  test('over a container of TEI a call for 32 texts, whose tokens are an estimate', async () => {
    const input = Array.from({ length: 40 }, (_, i) => `text ${i}`);
    const { answer, records } = await recorded('/v1/embeddings', { model: 'embed-tei', input }, 2);
    expect((answer as { data: object[] }).data).toHaveLength(40);
    expect(records.map(({ tokens }) => tokens.embeddings).sort()).toEqual([32, 8]);
    for (const record of records) expect(record).toMatchObject({ outcome: 'ok', estimated: true });
    const { paths } = await openai.models
      .retrieve('embed-tei')
      .then((model) => model as unknown as { paths: string[] });
    expect(paths).toContain('/v1/embeddings');
  });

  test('over Cohere a call for 96 texts', async () => {
    const input = Array.from({ length: 100 }, (_, i) => `text ${i}`);
    const { records } = await recorded('/v1/embeddings', { model: 'cohere-embed-v4', input }, 2);
    expect(records.map(({ tokens }) => [tokens.input, tokens.embeddings]).sort()).toEqual([
      [192, 96],
      [8, 4],
    ]);
  });

  test('Q2 and a budget counts each: with one request left of it, a list of two is refused', async () => {
    const set = await stack.cli(
      'budget',
      'set',
      'globex',
      'few',
      '--limit',
      '1',
      '--unit',
      'requests',
      '--period',
      'day',
    );
    expect(set.code, set.stderr).toBe(0);
    const theirs = new OpenAI({
      baseURL: `${stack.gateway}/v1`,
      apiKey: await stack.token('globex-app'),
      maxRetries: 0,
    });
    const model = 'titan-embed-v2';
    await expect(theirs.embeddings.create({ model, input: ['a', 'b'] })).rejects.toBeInstanceOf(RateLimitError);
  });
});

/** Width and height, as a PNG says them (https://www.w3.org/TR/png-3/#11IHDR). */
function sizeOf(base64: string | undefined): [number, number] {
  const bytes = Buffer.from(base64 ?? '', 'base64');
  expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

describe('the unmodified OpenAI SDK paints', () => {
  test.each([
    ['nova-canvas', '1792x1024', [1792, 1024]],
    ['titan-image', '512x512', [512, 512]],
    // Its pictures have a million pixels, and the ratio that is asked for.
    ['stable-image', '1536x1024', [1254, 836]],
  ] as const)('over %s: as many as asked for, each another one', async (model, size, expected) => {
    const { data = [], created } = await openai.images.generate({ model, prompt: 'a cat', n: 7, size });
    expect(new Set(data.map(({ b64_json }) => b64_json)).size).toBe(7);
    expect(sizeOf(data[0]?.b64_json)).toEqual(expected);
    expect(Math.abs(created - Date.now() / 1000)).toBeLessThan(60);
    const [one, same] = await Promise.all(
      [0, 1].map(() => openai.images.generate({ model, prompt: 'a cat', ...{ seed: 5 } })),
    );
    expect(one?.data).toEqual(same?.data);
  });

  test('and raises its own class, which says what there is instead', async () => {
    const asked = openai.images.generate({ model: 'nova-canvas', prompt: 'a cat', response_format: 'url' });
    await expect(asked).rejects.toBeInstanceOf(BadRequestError);
    await expect(asked).rejects.toMatchObject({
      param: 'response_format',
      message: expect.stringContaining('b64_json'),
    });
  });

  test('M1 every picture is on the record, call by call', async () => {
    const body = { model: 'nova-canvas', prompt: 'a cat', n: 6 };
    const { records } = await recorded('/v1/images/generations', body, 2);
    expect(records.map(({ tokens }) => tokens.images).sort()).toEqual([1, 5]);
    for (const record of records)
      expect(record).toMatchObject({ outcome: 'ok', estimated: false, tokens: { input: 0, output: 0 } });
  });
});

describe('documents are ordered', () => {
  const query = 'capital of France';
  const documents = ['Rome is in Italy', 'Paris is the capital of France', { text: 'a capital idea' }];

  test.each([
    ['cohere-rerank', '/v2/rerank'],
    ['cohere-rerank', '/v1/rerank'],
    ['amazon-rerank', '/v2/rerank'],
  ])('over %s, at %s, and the searches are on the record', async (model, path) => {
    const body = { model, query, documents, top_n: 2, return_documents: true };
    const { answer, records, upstream } = await recorded(path, body, 1);
    expect(answer).toMatchObject({
      id: expect.any(String),
      results: [
        { index: 1, relevance_score: 1, document: { text: 'Paris is the capital of France' } },
        { index: 2, document: { text: 'a capital idea' } },
      ],
      meta: { billed_units: { search_units: 1 } },
    });
    expect(upstream.map(({ operation }) => operation)).toEqual(['InvokeModel']);
    expect(records).toMatchObject([{ outcome: 'ok', estimated: false, tokens: { input: 0, output: 0, searches: 1 } }]);
    expect(upstream[0]?.usage?.searches).toBe(1);
  });

  test('over a container of TEI', async () => {
    const body = { model: 'order-rerank', query: 'capital of France', documents, top_n: 1 };
    const { answer, records } = await recorded('/v2/rerank', body, 1);
    expect(answer).toMatchObject({ results: [{ index: 1, relevance_score: expect.any(Number) }] });
    expect(records).toMatchObject([{ outcome: 'ok', estimated: true }]);
  });

  test('M5 at the price of a search, which the report has', async () => {
    const set = ['price', 'set', 'cohere-rerank', '--search', '0.002', '--from', '2026-01-01'];
    expect((await stack.cli(...set)).code).toBe(0);
    const many = { model: 'cohere-rerank', query, documents: new Array(250).fill('text') };
    const { answer } = await recorded('/v2/rerank', many, 1);
    expect(answer).toMatchObject({ meta: { billed_units: { search_units: 3 } } });
    expect((await stack.cli('meter', 'run')).code).toBe(0);
    const report = await stack.cli('report', '--by', 'model', '--format', 'json');
    const rows = JSON.parse(report.stdout) as Record<string, unknown>[];
    const row = rows.find(({ model_id }) => model_id === 'cohere-rerank');
    expect(row).toMatchObject({ searches: 5, unpriced: 0, total_cost: '0.01' });
  });

  test('what is refused has the sentence where Cohere has it, and where OpenAI has it', async () => {
    const { response, answer, upstream } = await recorded('/v2/rerank', { model: 'nova-lite', query, documents }, 1);
    expect(response.status).toBe(400);
    expect(answer).toMatchObject({ message: expect.any(String), error: { param: 'model', code: 'invalid_request' } });
    expect(upstream).toEqual([]);
  });
});
