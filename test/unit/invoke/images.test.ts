import { describe, expect, test } from 'vitest';
import { ROUTES } from '../../../invoke/surfaces/routes.ts';
import { abilitiesOf } from '../../../invoke/surfaces/served.ts';
import cases from '../../cases/images.json' with { type: 'json' };
import { modelOf } from './core.ts';
import { call, edge, NOW, post, whole } from './edge.ts';

const CANVAS = 'amazon.nova-canvas-v1:0';

interface Body {
  seed?: unknown;
  imageGenerationConfig?: { seed?: unknown };
}

const ask = (body: object) => post('/v1/images/generations', { model: 'm', ...body });
const bodyOf = (request: { body: Uint8Array }): Body => JSON.parse(Buffer.from(request.body).toString());

describe('a request becomes calls in the form of its model', () => {
  test.each(cases)('$name', async ({ model: name = CANVAS, input, answers = [], expected }) => {
    const model = modelOf('m', name);
    const { app, calls } = edge(() => whole(model, answers[calls.length - 1] ?? {}), model);
    const given = await call(app, ask(input));
    if ('says' in expected) {
      expect(given.statusCode).toBe(400);
      expect(given.json()).toMatchObject({
        error: { param: expected.param, message: expect.stringContaining(expected.says ?? '?') },
      });
      return;
    }
    const sent = calls.map(({ request }) => bodyOf(request));
    for (const body of expected.bodies as Body[]) {
      const config = body.imageGenerationConfig ?? body;
      if (config.seed === 'any') config.seed = expect.any(Number);
    }
    expect(sent).toEqual(expected.bodies);
    expect(given.json()).toEqual({
      created: NOW / 1000,
      data: expected.pictures?.map((b64_json) => ({ b64_json })),
      output_format: 'output_format' in input ? input.output_format : 'png',
    });
  });

  test('whatever has such a form is shown with the path, and nothing else', () => {
    for (const { model = CANVAS, expected } of cases) {
      const { paths } = abilitiesOf(modelOf('m', model), ROUTES);
      expect(paths.includes('/v1/images/generations'), model).toBe(
        !('param' in expected && expected.param === 'model'),
      );
    }
  });
});

test('Nova Canvas, which repeats itself, is told another seed by each request and each of its calls', async () => {
  const model = modelOf('m', CANVAS);
  const { app, calls } = edge(() => whole(model, { images: ['QQ=='] }), model);
  const request = ask({ prompt: 'a cat', n: 10 });
  await call(app, request);
  const other = { ...request, requestContext: { ...request.requestContext, requestId: 'req-2' } };
  await call(app, other);
  const seeds = calls.map(({ request: sent }) => bodyOf(sent).imageGenerationConfig?.seed);
  expect(new Set(seeds).size).toBe(4);
  for (const seed of seeds) expect(seed).toBeLessThanOrEqual(858_993_459);
});

test('an answer that is none is 502', async () => {
  const model = modelOf('m', CANVAS);
  const { app } = edge(() => whole(model, { private: 1 }), model);
  expect((await call(app, ask({ prompt: 'x' }))).statusCode).toBe(502);
});
