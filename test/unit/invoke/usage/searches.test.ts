import { describe, expect, test } from 'vitest';
import { usageOfAnswer } from '../../../../invoke/usage/answer.ts';
import { searchesAsked } from '../../../../invoke/usage/searches.ts';
import { modelOf, requestOf } from '../core.ts';

const { target } = modelOf('m', 'cohere.rerank-v3-5:0');
const ask = (body: object) => requestOf('invoke', { query: 'q', ...body });
const texts = (count: number, text = 'short') => new Array(count).fill(text);
const results = Buffer.from('{"results":[]}');

describe('searches are counted as they are sold', () => {
  test.each([
    ['one document', { documents: texts(1) }, 1],
    ['a hundred', { documents: texts(100) }, 1],
    ['a hundred and one', { documents: texts(101) }, 2],
    ['three hundred and fifty', { documents: texts(350) }, 4],
    [
      'a few long ones, that are one search however long their tokens are',
      { documents: texts(9, 'x'.repeat(5_000)) },
      1,
    ],
    ['none', { documents: [] }, 1],
  ])('%s', (_, body, searches) => {
    const usage = usageOfAnswer(ask(body), target, {}, results);
    expect(usage).toMatchObject({ estimated: false, tokens: { input: 0, output: 0, searches } });
  });

  test('of long documents by an estimate, which is marked, and reserved by the most that it may be', () => {
    const request = ask({ documents: texts(100, 'x'.repeat(4_000)) });
    expect(usageOfAnswer(request, target, {}, results)).toMatchObject({ estimated: true, tokens: { searches: 2 } });
    expect(searchesAsked(request, target)).toEqual({ least: 1, likely: 2, most: 8 });
  });

  test('what the model says itself is believed', () => {
    const body = Buffer.from('{"results":[],"meta":{"billed_units":{"search_units":5}}}');
    const usage = usageOfAnswer(ask({ documents: texts(1) }), target, {}, body);
    expect(usage).toMatchObject({ estimated: false, tokens: { searches: 5 } });
  });

  test('also where its answer was lost', () => {
    expect(usageOfAnswer(ask({ documents: texts(101) }), target, {}, results, false).tokens.searches).toBe(2);
  });

  test('Q5 and no name of a member hides a document', () => {
    const hidden = { documents: texts(1), passages: 'x'.repeat(512 * 100) };
    expect(searchesAsked(ask(hidden), target)).toMatchObject({ most: 2 });
    expect(searchesAsked(ask({ documents: [{ text: 'x'.repeat(512 * 100) }] }), target)).toMatchObject({ most: 2 });
    expect(searchesAsked(requestOf('invoke', Buffer.from('no JSON')), target)).toMatchObject({ most: 1 });
  });

  test('and are no other model’s', () => {
    expect(searchesAsked(ask({ documents: texts(9) }), modelOf('m', 'amazon.nova-lite-v1:0').target)).toBeUndefined();
  });
});
