import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Target } from '../../../../contract/model.ts';
import type { Operation, ProviderRequest } from '../../../../invoke/call.ts';
import { usageOfAnswer } from '../../../../invoke/usage/answer.ts';
import { NOTHING_SEEN, usageOf } from '../../../../invoke/usage/report.ts';
import type { Told } from '../../../../invoke/usage/told.ts';
import type { Usage } from '../../../../invoke/usage/usage.ts';
import cases from '../../../cases/usage.json' with { type: 'json' };
import { modelOf, requestOf, tokensOf as tokens } from '../core.ts';

interface Case {
  id: string;
  name: string;
  input: { operation: Operation; request?: string; headers?: Record<string, string>; body: string };
  expected: Usage;
}

const { target } = modelOf('nova');
describe('what an answer in one piece cost', () => {
  test.each((cases as unknown as Case[]).map((item) => [`${item.id} ${item.name}`, item] as const))(
    '%s',
    (_, { input, expected }) => {
      const request = requestOf(input.operation, Buffer.from(input.request ?? '{}'));
      expect(usageOfAnswer(request, target, input.headers ?? {}, Buffer.from(input.body))).toEqual(expected);
    },
  );

  test('a body nested a hundred thousand levels deep is estimated without a crash', () => {
    const deep = Buffer.from(`${'['.repeat(100_000)}"12345678"${']'.repeat(100_000)}`);
    expect(usageOfAnswer(requestOf('converse', deep), target, {}, Buffer.from('{}')).estimated).toBe(true);
  });
});

describe('an answer whose body was lost', () => {
  const headers = { 'x-amzn-bedrock-input-token-count': '5', 'x-amzn-bedrock-output-token-count': '7' };
  const LOST = new Uint8Array();
  const unanswered = (request: ProviderRequest, of: Target) => usageOf(request, of, {}, NOTHING_SEEN);
  const canvas = modelOf('canvas', 'amazon.nova-canvas-v1:0').target;
  const paint = (body: object) => requestOf('invoke', body);

  test('has the counts of its headers', () => {
    expect(usageOfAnswer(requestOf('invoke'), target, headers, LOST, false)).toEqual({
      tokens: tokens(5, 7),
      estimated: false,
    });
  });

  test('is an estimate where the body alone says how long the cache keeps what was written', () => {
    const written = { ...headers, 'x-amzn-bedrock-cache-write-input-token-count': '30' };
    expect(usageOfAnswer(requestOf('invoke'), target, written, LOST, false)).toEqual({
      tokens: tokens(5, 7, 0, 30),
      estimated: true,
    });
  });

  test.each([
    ['as many images as were asked for', { imageGenerationConfig: { numberOfImages: 3 } }, 3],
    ['one image when it was not said how many', { taskType: 'TEXT_IMAGE' }, 1],
    ['one image for a number that is none', { imageGenerationConfig: { numberOfImages: -2 } }, 1],
  ])('is estimated as %s', (_, body, images) => {
    expect(usageOfAnswer(paint(body), canvas, {}, LOST, false)).toMatchObject({ tokens: { images }, estimated: true });
    expect(unanswered(paint(body), canvas)).toMatchObject({ tokens: { images }, estimated: true });
  });

  test('an image that was asked for and filtered is none, as it was reported', () => {
    const filtered = Buffer.from('{"images":[null],"error":"blocked"}');
    expect(usageOfAnswer(paint({ taskType: 'TEXT_IMAGE' }), canvas, {}, filtered)).toEqual({
      tokens: tokens(0, 0),
      estimated: false,
    });
  });

  test('images are estimated without tokens, which would have no price beside them', () => {
    const body = { textToImageParams: { text: '12345678' }, imageGenerationConfig: { numberOfImages: 2 } };
    expect(unanswered(paint(body), canvas)).toEqual({ tokens: { ...tokens(0, 0), images: 2 }, estimated: true });
  });

  test('of Stability AI is one image, of a model that makes text none', () => {
    const stability = modelOf('core', 'stability.stable-image-core-v1:1').target;
    expect(unanswered(paint({ prompt: 'a cat' }), stability).tokens.images).toBe(1);
    expect(unanswered(paint({ prompt: 'a cat' }), target).tokens).not.toHaveProperty('images');
    expect(unanswered(requestOf('converse'), canvas).tokens).not.toHaveProperty('images');
  });
});

describe('what was told', () => {
  const count = fc.nat({ max: 100 });
  const told: fc.Arbitrary<Told> = fc.record(
    Object.fromEntries(
      ['input', 'output', 'begun', 'cacheRead', 'cacheWrite', 'fiveMinutes', 'oneHour', 'reasoning', 'cachedInput'].map(
        (kind) => [kind, count],
      ),
    ),
    { requiredKeys: [] },
  );
  const seen = fc.record({ textBytes: count, whole: fc.boolean() });

  test('is in the usage as it was told; what is cached adds up to its sum, reasoning is a part of the output', () => {
    fc.assert(
      fc.property(told, seen, (said, { textBytes, whole }) => {
        const { tokens, estimated } = usageOf(requestOf('converse'), target, said, {
          ...NOTHING_SEEN,
          textBytes,
          whole,
        });
        const { input, output, cacheRead, cacheWrite, cacheWrite1h = 0, reasoning = 0 } = tokens;
        for (const value of Object.values(tokens)) expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
        if (said.input !== undefined && said.cacheRead !== undefined)
          expect([input, cacheRead]).toEqual([said.input, said.cacheRead]);
        else if (said.input !== undefined) expect(input + cacheRead).toBe(said.input);
        if (said.output !== undefined) expect(output).toBe(said.output + Math.ceil(textBytes / 4));
        expect(output).toBeGreaterThanOrEqual(Math.ceil(textBytes / 4));
        if (said.cacheWrite !== undefined) expect(cacheWrite + cacheWrite1h).toBe(said.cacheWrite);
        expect(reasoning).toBeLessThanOrEqual(output);
        if (!estimated)
          expect([said.input, said.output, textBytes]).toEqual([expect.any(Number), expect.any(Number), 0]);
        if (!estimated && said.oneHour !== undefined) expect(cacheWrite1h).toBe(said.oneHour);
      }),
    );
  });
});
