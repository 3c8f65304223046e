import { describe, expect, test } from 'vitest';
import { TollgateError } from '../../../contract/errors.ts';
import { EMBEDDED_TEXTS_MAX, PARTS_AT_ONCE } from '../../../contract/limits/invoke.ts';
import type { AllowedModel } from '../../../contract/model.ts';
import type { Answer } from '../../../invoke/call.ts';
import { ROUTES } from '../../../invoke/surfaces/routes.ts';
import { abilitiesOf } from '../../../invoke/surfaces/served.ts';
import cases from '../../cases/embeddings.json' with { type: 'json' };
import { modelOf, tokensOf } from './core.ts';
import { call, edge, post, whole } from './edge.ts';

const TITAN = 'amazon.titan-embed-text-v2:0';

const answer = (model: AllowedModel, body: object, input = 2): Answer => ({
  ...(whole(model, body) as Extract<Answer, { kind: 'whole' }>),
  tokens: tokensOf(input, 0),
});

const ask = (body: object) => post('/v1/embeddings', { model: 'm', encoding_format: 'float', ...body });

/** The text that a call to Titan is for. */
const textIn = (body: Uint8Array): string => JSON.parse(Buffer.from(body).toString()).inputText;

describe('a request becomes calls in the form of its model', () => {
  test.each(cases)('$name', async ({ model: name = TITAN, input, answers = [], expected }) => {
    const model = modelOf('m', name);
    const { app, calls } = edge(() => answer(model, answers[calls.length - 1] ?? {}), model);
    const given = await call(app, ask(input));
    if ('says' in expected) {
      expect(given.statusCode).toBe(400);
      expect(given.json()).toMatchObject({
        error: { param: expected.param, message: expect.stringContaining(expected.says ?? '?') },
      });
      return;
    }
    expect(calls.map(({ request }) => JSON.parse(Buffer.from(request.body).toString()))).toEqual(expected.bodies);
    expect(new Set(calls.map(({ request }) => request.operation))).toEqual(new Set(['invoke']));
    const tokens = 2 * answers.length;
    expect(given.json()).toEqual({
      object: 'list',
      data: expected.vectors?.map((embedding, index) => ({ object: 'embedding', index, embedding })),
      model: 'm',
      usage: { prompt_tokens: tokens, total_tokens: tokens },
    });
  });

  test('whatever has such a form is shown with the path, and nothing else', () => {
    for (const { model = TITAN, expected } of cases) {
      const { paths } = abilitiesOf(modelOf('m', model), ROUTES);
      const shown = paths.includes('/v1/embeddings');
      expect(shown, model).toBe(!('param' in expected && expected.param === 'model' && model !== TITAN));
    }
  });
});

test('base64 is 32-bit floats, little-endian', async () => {
  const model = modelOf('m', TITAN);
  const { app } = edge(() => answer(model, { embedding: [1, -0.5] }), model);
  const { data } = (await call(app, ask({ input: 'a', encoding_format: 'base64' }))).json() as {
    data: { embedding: string }[];
  };
  expect(Buffer.from(data[0]?.embedding ?? '', 'base64').toString('hex')).toBe('0000803f000000bf');
});

describe('a list that takes several calls', () => {
  const model = modelOf('m', TITAN);
  const texts = (count: number) => Array.from({ length: count }, (_, i) => `text ${i}`);

  test('a few are under way at a time, and every vector is at its text’s place', async () => {
    let under = 0;
    let most = 0;
    const { app, calls } = edge(async ({ body }) => {
      most = Math.max(most, ++under);
      const number = Number(textIn(body).split(' ')[1]);
      // The later ones are answered first.
      for (let turn = 0; turn < 9 - (number % 8); turn++) await Promise.resolve();
      under--;
      return answer(model, { embedding: [number] });
    }, model);
    const given = await call(app, ask({ input: texts(EMBEDDED_TEXTS_MAX) }));
    const { data, usage } = given.json() as { data: { index: number; embedding: number[] }[]; usage: object };
    expect(data.map(({ index, embedding }) => [index, embedding[0]])).toEqual(
      texts(EMBEDDED_TEXTS_MAX).map((_, i) => [i, i]),
    );
    expect(usage).toMatchObject({ prompt_tokens: 2 * EMBEDDED_TEXTS_MAX });
    expect(calls).toHaveLength(EMBEDDED_TEXTS_MAX);
    expect(most).toBe(PARTS_AT_ONCE);
    expect((await call(app, ask({ input: texts(EMBEDDED_TEXTS_MAX + 1) }))).statusCode).toBe(400);
  });

  test('over Cohere is cut by 96', async () => {
    const cohere = modelOf('m', 'cohere.embed-v4:0');
    const { app, calls } = edge(({ body }) => {
      const { texts: sent } = JSON.parse(Buffer.from(body).toString()) as { texts: string[] };
      return answer(cohere, { embeddings: { float: sent.map((text) => [Number(text.split(' ')[1])]) } });
    }, cohere);
    const { data } = (await call(app, ask({ input: texts(200) }))).json() as { data: { embedding: number[] }[] };
    expect(data.map(({ embedding }) => embedding[0])).toEqual(texts(200).map((_, i) => i));
    expect(calls.map(({ request }) => JSON.parse(Buffer.from(request.body).toString()).texts.length)).toEqual([
      96, 96, 8,
    ]);
  });

  test('fails whole by the first that fails: none is begun after it, and its text is named', async () => {
    const { app, calls } = edge(({ body }) => {
      if (textIn(body) === 'text 3') throw new TollgateError('upstream_rejected', { message: 'too long' });
      return answer(model, { embedding: [1] });
    }, model);
    const given = await call(app, ask({ input: texts(1_000) }));
    expect(given.statusCode).toBe(400);
    expect(given.json()).toMatchObject({
      error: { code: 'upstream_rejected', message: 'too long', param: 'input[3]' },
    });
    expect(calls.length).toBeLessThan(4 * PARTS_AT_ONCE);
  });

  test('what fails for another reason keeps its code', async () => {
    const { app } = edge(() => {
      throw new TollgateError('upstream_throttled', { retryAfterSeconds: 7 });
    }, model);
    const given = await call(app, ask({ input: texts(20) }));
    expect(given).toMatchObject({ statusCode: 429, headers: { 'retry-after': '7' } });
  });

  test('is never the work of two models, when the registry is edited meanwhile', async () => {
    let now = model;
    const { app } = edge(() => answer(model, { embedding: [1] }), model, undefined, {
      run: async (asked) => {
        asked.prepare(now);
        now = { ...model, target: { ...model.target, arn: `${model.target.arn}x` } };
        return answer(model, { embedding: [1] });
      },
    });
    expect((await call(app, ask({ input: texts(20) }))).statusCode).toBe(503);
  });
});

test('an answer with another number of vectors, or that is none, is 502, and the log does not quote it', async () => {
  const model = modelOf('m', 'cohere.embed-v4:0');
  for (const body of [
    { embeddings: { float: [[1]] } },
    { embeddings: { float: [['private'], [1]] } },
    { private: 1 },
  ]) {
    const { app, lines } = edge(() => answer(model, body), model);
    expect((await call(app, ask({ input: ['a', 'b'] }))).statusCode).toBe(502);
    expect(lines.join()).not.toContain('private');
  }
});
