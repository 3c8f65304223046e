import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Target } from '../../../../contract/model.ts';
import { demandOf } from '../../../../invoke/budgets/demand.ts';
import { usageOfAnswer } from '../../../../invoke/usage/answer.ts';
import { createLines } from '../../../../invoke/usage/lines.ts';
import { createStreamUsage } from '../../../../invoke/usage/stream.ts';
import { requestOf } from '../core.ts';

/** What calls of containers are counted as: before, by what is sent; afterwards, by what was said or came. */

const target: Target = {
  kind: 'sagemaker-endpoint',
  endpointName: 'e',
  region: 'us-east-1',
  arn: 'arn:aws:sagemaker:us-east-1:111122223333:endpoint/e',
};
const part = (text: string | Uint8Array) => {
  const payload = Buffer.from(text);
  return { bytes: payload, type: 'PayloadPart', payload };
};

describe('a stream of payload parts', () => {
  const usageOf = (...texts: (string | Uint8Array)[]) => {
    const usage = createStreamUsage(requestOf('invocations-response-stream', '12345678'), target, {});
    for (const text of texts) usage.see(part(text));
    return { ...usage.usage(), settled: usage.settled() };
  };
  const said = (content: string) => `data: ${JSON.stringify({ id: 'x', choices: [{ delta: { content } }] })}\n\n`;
  const told = 'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":9}}\n\n';

  test('U6: is what the container told, wherever its parts are cut', () => {
    const whole = Buffer.from(`${said('é€😀')}: silence\n\n${told}data: [DONE]\n\n`);
    fc.assert(
      fc.property(fc.array(fc.nat(whole.byteLength), { maxLength: 30 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), whole.byteLength];
        const { tokens, estimated, settled } = usageOf(...at.slice(1).map((end, i) => whole.subarray(at[i], end)));
        expect({ tokens, estimated, settled }).toMatchObject({
          tokens: { input: 7, output: 9 },
          estimated: false,
          settled: true,
        });
      }),
    );
  });

  test.each<[string, string[], number]>([
    ['what was said in OpenAI chunks, and not what it is wrapped in', [said('abcd'), said('efgh')], 2],
    ['the tokens of TGI', ['data:{"token":{"text":"abcdefgh"},"generated_text":"abcdefgh"}\n\n'], 2],
    ['a line of LMI that has no end', ['{"token":{"text":"abcd', 'efgh"}}'], 2],
    ['bytes that are nothing of this', ['abcd\nefgh\nijkl'], 3],
    ['what came after it was told', [told, said('abcd')], 10],
  ])('U2: is estimated by %s', (_, texts, output) => {
    expect(usageOf(...texts)).toMatchObject({ tokens: { output }, estimated: true, settled: false });
  });

  test('U3: a line without an end is not kept beyond its bound, and is counted', () => {
    const lines = createLines(10);
    expect(lines.push(Buffer.from('x'.repeat(8)))).toEqual([]);
    expect(lines.push(Buffer.from('y'.repeat(8)))).toEqual([`${'x'.repeat(8)}${'y'.repeat(8)}`]);
    expect(lines.rest()).toBe('');
  });
});

describe('a whole answer', () => {
  const usageOf = (body: unknown) =>
    usageOfAnswer(requestOf('invocations', { inputs: 'a' }), target, {}, Buffer.from(JSON.stringify(body)));

  test("is what OpenAI's usage says", () => {
    expect(usageOf({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 4 } })).toEqual({
      tokens: { input: 3, output: 4, cacheRead: 0, cacheWrite: 0 },
      estimated: false,
    });
  });

  test('Q5: is not what members say that a container may have from its caller', () => {
    for (const inWords of [{ inputTextTokenCount: 0, results: [{ tokenCount: 0, outputText: 'x'.repeat(80) }] }])
      expect(usageOf(inWords)).toMatchObject({ tokens: { output: 20 }, estimated: true });
  });

  test('of TEI is its vectors', () => {
    expect(usageOf([[0.1], [0.2]])).toMatchObject({ tokens: { output: 0, embeddings: 2 }, estimated: true });
  });
});

describe('what is reserved for a container', () => {
  const demand = (body: unknown, contentType = 'application/json', container?: 'tei') =>
    demandOf({ ...requestOf('invocations', body), contentType }, { target, ...(container && { container }) });

  test('Q5: whatever a member is called, and whatever the body is said to be, it is never less than the bytes', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.constantFrom('application/json', 'text/csv', 'application/x-npy'),
        (members, type) => {
          const { messages: _, ...body } = members;
          const bytes = Buffer.byteLength(JSON.stringify(body));
          expect(demand(body, type).input * 2).toBeGreaterThanOrEqual(bytes);
        },
      ),
    );
    const image = { type: 'image_url', image_url: { url: 'x'.repeat(8_000) } };
    expect(demand({ messages: [{ role: 'user', content: [image] }] }).input).toBeGreaterThanOrEqual(4_000);
    expect(demand(Buffer.from('x'.repeat(8_000)), 'image/png').input).toBeGreaterThanOrEqual(4_000);
  });

  test.each<[string, object, number]>([
    ['its limit, by either name', { inputs: 'a', parameters: { max_new_tokens: 90_000 } }, 90_000],
    ['its limit in messages', { messages: [], max_completion_tokens: 90_000 }, 90_000],
    ['as many as there are prompts', { inputs: ['a', 'b'], parameters: { max_new_tokens: 90_000 } }, 180_000],
    ['as many as are asked for', { prompt: ['a', 'b'], n: 3, max_tokens: 90_000 }, 540_000],
  ])('holds an answer of %s', (_, body, output) => {
    expect(demand(body)).toMatchObject({ output, lowerable: false });
  });

  test('holds no answer of TEI', () => {
    expect(demand({ inputs: 'a' }, 'application/json', 'tei').output).toBe(0);
  });
});
