import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Operation } from '../../../../invoke/call.ts';
import { usageOfAnswer } from '../../../../invoke/usage/answer.ts';
import { estimate } from '../../../../invoke/usage/estimate.ts';
import { usageOf } from '../../../../invoke/usage/report.ts';
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
  const canvas = modelOf('canvas', 'amazon.nova-canvas-v1:0').target;
  const paint = (body: object) => requestOf('invoke', body);

  test('has the counts of its headers', () => {
    expect(usageOfAnswer(requestOf('invoke'), target, headers, undefined)).toEqual({
      tokens: tokens(5, 7),
      estimated: false,
    });
  });

  test('is an estimate where the body alone says how long the cache keeps what was written', () => {
    const written = { ...headers, 'x-amzn-bedrock-cache-write-input-token-count': '30' };
    expect(usageOfAnswer(requestOf('invoke'), target, written, undefined)).toEqual({
      tokens: tokens(5, 7, 0, 30),
      estimated: true,
    });
  });

  test.each([
    ['as many images as were asked for', { imageGenerationConfig: { numberOfImages: 3 } }, 3],
    ['one image when it was not said how many', { taskType: 'TEXT_IMAGE' }, 1],
    ['one image for a number that is none', { imageGenerationConfig: { numberOfImages: -2 } }, 1],
  ])('is estimated as %s', (_, body, images) => {
    expect(usageOfAnswer(paint(body), canvas, {}, undefined)).toMatchObject({ tokens: { images }, estimated: true });
    expect(estimate(paint(body), canvas, 0)).toMatchObject({ tokens: { images }, estimated: true });
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
    expect(estimate(paint(body), canvas, 100)).toEqual({ tokens: { ...tokens(0, 0), images: 2 }, estimated: true });
  });

  test('of Stability AI is one image, of a model that makes text none', () => {
    const stability = modelOf('core', 'stability.stable-image-core-v1:1').target;
    expect(estimate(paint({ prompt: 'a cat' }), stability, 0).tokens.images).toBe(1);
    expect(estimate(paint({ prompt: 'a cat' }), target, 0).tokens).not.toHaveProperty('images');
    expect(estimate(requestOf('converse'), canvas, 0).tokens).not.toHaveProperty('images');
  });
});

describe('a report is never more than what was said', () => {
  const count = fc.oneof(
    fc.nat({ max: 100 }),
    fc.constantFrom(-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 'x', null, undefined),
  );
  const split = fc.option(
    fc.record({
      fiveMinutes: fc.oneof(fc.nat({ max: 100 }), fc.constant(Number.NaN)),
      oneHour: fc.oneof(fc.nat({ max: 100 }), fc.constant(Number.NaN)),
    }),
    { nil: undefined },
  );

  test('every kind is a count, what is cached adds up to its sum, reasoning is a part of the output', () => {
    fc.assert(
      fc.property(
        fc.record({ input: count, output: count, cacheRead: count, cacheWrite: count, split, reasoning: count }),
        (report) => {
          const usage = usageOf(report);
          if (usage === undefined) return;
          const { cacheWrite, cacheWrite1h = 0, reasoning = 0, output } = usage.tokens;
          for (const value of Object.values(usage.tokens)) expect(Number.isSafeInteger(value) && value >= 0).toBe(true);
          if (typeof report.cacheWrite === 'number') expect(cacheWrite + cacheWrite1h).toBe(report.cacheWrite);
          expect(reasoning).toBeLessThanOrEqual(output);
          if (!usage.estimated && report.split !== undefined) expect(cacheWrite1h).toBe(report.split.oneHour);
        },
      ),
    );
  });
});
