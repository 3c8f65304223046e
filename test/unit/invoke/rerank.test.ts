import { describe, expect, test } from 'vitest';
import { RERANKED_DOCUMENTS_MAX } from '../../../contract/limits/invoke.ts';
import type { Answer } from '../../../invoke/call.ts';
import cases from '../../cases/rerank.json' with { type: 'json' };
import { modelOf, tokensOf } from './core.ts';
import { call, edge, post, whole } from './edge.ts';

const COHERE = 'cohere.rerank-v3-5:0';

const ask = (body: object, path = '/v2/rerank') => post(path, { model: 'm', ...body });

const edgeOf = (name: string, body: object) => {
  const model = modelOf('m', name);
  return edge(
    () => ({ ...whole(model, body), tokens: { ...tokensOf(0, 0), searches: 3 } }) as Extract<Answer, { kind: 'whole' }>,
    model,
  );
};

describe('a request becomes a call in the form of its model', () => {
  test.each(cases)('$name', async ({ model = COHERE, input, answer = {}, expected }) => {
    const { app, calls } = edgeOf(model, answer);
    const given = await call(app, ask(input));
    if ('says' in expected) {
      const message = expect.stringContaining(expected.says ?? '?');
      expect(given.statusCode).toBe(400);
      expect(given.json()).toMatchObject({ message, error: { param: expected.param, message } });
      return;
    }
    expect(JSON.parse(Buffer.from(calls[0]?.request.body ?? []).toString())).toEqual(expected.body);
    expect(given.json()).toEqual({
      id: 'req-1',
      results: expected.results,
      meta: { api_version: { version: '2' }, billed_units: { search_units: 3 } },
    });
  });

  test('on the path of version 1 as well, which the answer then names', async () => {
    const { app } = edgeOf(COHERE, { results: [] });
    const given = await call(app, ask({ query: 'q', documents: ['a'] }, '/v1/rerank'));
    expect(given.json()).toMatchObject({ results: [], meta: { api_version: { version: '1' } } });
  });

  test('of a thousand documents at most', async () => {
    const documents = new Array(RERANKED_DOCUMENTS_MAX).fill('a');
    const { app } = edgeOf(COHERE, { results: [] });
    expect((await call(app, ask({ query: 'q', documents }))).statusCode).toBe(200);
    expect((await call(app, ask({ query: 'q', documents: [...documents, 'a'] }))).statusCode).toBe(400);
  });
});

test('an answer about documents that were not given is 502, and the log does not quote it', async () => {
  const bad = [
    { index: 1, relevance_score: 1 },
    { index: -1, relevance_score: 1 },
    { index: 0, relevance_score: 'private' },
    'private',
  ];
  for (const body of [...bad.map((result) => ({ results: [result] })), { private: 1 }]) {
    const { app, lines } = edgeOf(COHERE, body);
    expect((await call(app, ask({ query: 'q', documents: ['a'] }))).statusCode).toBe(502);
    expect(lines.join()).not.toContain('private');
  }
});
