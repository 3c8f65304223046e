import { describe, expect, test } from 'vitest';
import type { Target } from '../../../../contract/model.ts';
import { demandOf } from '../../../../invoke/budgets/demand.ts';
import type { Operation } from '../../../../invoke/call.ts';
import { modelOf, requestOf } from '../core.ts';

const targetOf = (modelId: string): Target => modelOf('m', modelId).target;

function demand(body: unknown, modelId = 'amazon.nova-lite-v1:0', operation: Operation = 'converse') {
  return demandOf(requestOf(operation, body), targetOf(modelId));
}

const said = (...content: unknown[]) => ({ messages: [{ role: 'user', content }] });
/** 3,000 bytes. */
const BASE64 = 'A'.repeat(4_000);

describe('input that is reserved', () => {
  test.each<[string, unknown, number]>([
    ['half of the bytes of the text', said({ text: 'x'.repeat(100) }), 50],
    ['at least one for each text', said({ text: 'a' }, { text: 'b' }, { text: 'c' }), 3],
    ['bytes, not characters', said({ text: 'é'.repeat(10) }), 10],
    ['the system prompt, too', { system: [{ text: 'x'.repeat(20) }], ...said({ text: 'x'.repeat(20) }) }, 20],
    ['of a tool all that describes it', { toolConfig: { tools: ['x'.repeat(81)] }, messages: [] }, 48],
    ['5,000 for a picture', said({ image: { format: 'png', source: { bytes: BASE64 } } }), 5_000],
    [
      '5,000 for a picture in Anthropic’s format',
      said({ type: 'image', source: { type: 'base64', data: BASE64 } }),
      5_000,
    ],
    ['5,000 for each picture of a list', { images: [BASE64, BASE64] }, 10_000],
    ['half of the bytes of a document', said({ document: { source: { bytes: BASE64 } } }), 1_500],
    ['5,000 for what is only pointed to', said({ video: { source: { s3Location: { uri: 's3://a/b' } } } }), 5_000],
    ['nothing for names', said({ type: 'text', text: '' }), 0],
    ['nothing for numbers', { temperature: 0.5, messages: [] }, 0],
    ['what a name is too long for', said({ type: 'x'.repeat(65), role: 'x'.repeat(64) }), 33],
    ['what stands where a name is expected', said({ id: { text: 'x'.repeat(100) } }), 50],
    ['half of the bytes of plain text, attached', said({ source: { type: 'text', data: '漢'.repeat(10) } }), 15],
  ])('is %s', (_, body, input) => {
    expect(demand(body).input).toBe(input);
  });

  /** A caller may write there what it likes, and the model reads all of it. */
  test.each<[string, (free: unknown) => unknown]>([
    ['what a tool was called with', (input) => said({ toolUse: { toolUseId: 'a', name: 't', input } })],
    ['what a tool answered', (json) => said({ toolResult: { toolUseId: 'a', content: [{ json }] } })],
    ['what a tool takes', (json) => ({ toolConfig: { tools: [{ toolSpec: { inputSchema: { json } } }] } })],
    [
      'what a tool was called with, in OpenAI’s format',
      (a) => ({ messages: [{ tool_calls: [{ function: { arguments: a } }] }] }),
    ],
    [
      'the form that an answer is to have',
      (schema) => ({ response_format: { type: 'json_schema', json_schema: { schema } } }),
    ],
    ['a document of Cohere’s', (document) => ({ message: 'a', documents: [document] })],
    ['what a tool of Cohere’s answered', (output) => ({ tool_results: [{ call: {}, outputs: [output] }] })],
  ])('is all of %s, whatever it looks like', (_, bodyWith) => {
    const text = 'x'.repeat(10_000);
    const free = [
      ...['id', 'type', 'role', 'format', 'image', 'images', 'data', text].map((name) => ({ [name]: text })),
      { type: 'image', source: { text: `${text}x` } },
      { numbers: Array(5_000).fill(1) },
      Array(2_000).fill({ id: '' }),
    ];
    for (const one of free) expect(demand(bodyWith(one)).input).toBeGreaterThan(5_000);
  });
});

describe('output that is reserved', () => {
  const body = said({ text: 'a' });
  test.each<[string, object, string, Operation, { output: number; lowerable: boolean }]>([
    [
      'what Converse asks for',
      { inferenceConfig: { maxTokens: 7 } },
      'amazon.nova-lite-v1:0',
      'converse',
      { output: 7, lowerable: true },
    ],
    ['4,096 where nothing is asked for', {}, 'amazon.nova-lite-v1:0', 'converse', { output: 4_096, lowerable: true }],
    [
      'the highest of several',
      { inferenceConfig: { maxTokens: 7 }, additionalModelRequestFields: { max_tokens: 9_000 } },
      'amazon.nova-lite-v1:0',
      'converse-stream',
      { output: 9_000, lowerable: true },
    ],
    [
      'what the vendor’s own body asks for',
      { max_tokens: 50 },
      'anthropic.claude-v2:1',
      'invoke',
      { output: 50, lowerable: true },
    ],
    ['4,096 of a vendor that is not known', {}, 'new.model-v1:0', 'invoke', { output: 4_096, lowerable: false }],
    [
      'no less where it names what may not be its limit',
      { maxTokens: 1, max_gen_len: 2 },
      'new.model-v1:0',
      'invoke',
      { output: 4_096, lowerable: false },
    ],
    [
      'more where it names more',
      { max_tokens: 9_000 },
      'new.model-v1:0',
      'invoke',
      { output: 9_000, lowerable: false },
    ],
    [
      'that of every answer of several',
      { max_tokens: 50, n: 16 },
      'ai21.jamba-1-5-large-v1:0',
      'invoke',
      { output: 800, lowerable: true },
    ],
    [
      'so of Cohere’s',
      { num_generations: 5 },
      'cohere.command-text-v14',
      'invoke',
      { output: 20_480, lowerable: true },
    ],
    [
      'and through Converse',
      { inferenceConfig: { maxTokens: 7 }, additionalModelRequestFields: { n: 3 } },
      'ai21.jamba-1-5-large-v1:0',
      'converse',
      { output: 21, lowerable: true },
    ],
    [
      'nothing of a model that answers with vectors',
      {},
      'amazon.titan-embed-text-v2:0',
      'invoke',
      { output: 0, lowerable: false },
    ],
    ['nothing of a model that paints', {}, 'amazon.nova-canvas-v1:0', 'invoke', { output: 0, lowerable: false }],
    [
      '4,096 where the limit is none',
      { inferenceConfig: { maxTokens: '7' } },
      'amazon.nova-lite-v1:0',
      'converse',
      { output: 4_096, lowerable: true },
    ],
  ])('is %s', (_, more, modelId, operation, expected) => {
    expect(demand({ ...body, ...more }, modelId, operation)).toMatchObject(expected);
  });

  test('is never more than a counter holds, whatever is asked for', () => {
    expect(demand({ ...body, inferenceConfig: { maxTokens: 1e300 } }).output).toBe(Number.MAX_SAFE_INTEGER);
  });

  test('leaves room for what the model is to think, which it would refuse a limit below', () => {
    const thinking = { thinking: { type: 'enabled', budget_tokens: 2_000 } };
    const claude = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
    expect(demand({ ...body, additionalModelRequestFields: thinking }, claude)).toMatchObject({
      output: 6_096,
      least: 2_001,
    });
    expect(demand({ ...body, ...thinking, max_tokens: 3_000 }, claude, 'invoke')).toMatchObject({
      ...{ output: 3_000, least: 2_001, lowerable: true },
    });
    expect(demand(body, claude).least).toBe(1);
  });

  test('says how many pictures are asked for, and whether input may be cached', () => {
    const paints = { taskType: 'TEXT_IMAGE', imageGenerationConfig: { numberOfImages: 3 } };
    expect(demand(paints, 'amazon.nova-canvas-v1:0', 'invoke')).toMatchObject({ images: 3, caches: false });
    expect(demand(said({ text: 'a' }, { cachePoint: { type: 'default' } }))).toMatchObject({ images: 0, caches: true });
    expect(demand({ messages: [], system: [{ cache_control: {} }] }).caches).toBe(true);
    const escaped = Buffer.from(JSON.stringify(said({ cachePoint: {} })).replace('cacheP', 'cache\\u0050'));
    expect(demand(escaped).caches).toBe(true);
    expect(demand(Buffer.from('{"a": "\\u0050"}')).caches).toBe(false);
  });
});
