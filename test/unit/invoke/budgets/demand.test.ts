import { describe, expect, test } from 'vitest';
import type { Target } from '../../../../contract/model.ts';
import { demandOf } from '../../../../invoke/budgets/demand.ts';
import type { Operation } from '../../../../invoke/call.ts';
import { NOTHING_SEEN, usageOf } from '../../../../invoke/usage/report.ts';
import { turned } from '../../../../invoke/usage/traces.ts';
import { modelOf, requestOf } from '../core.ts';

const targetOf = (modelId: string): Target => modelOf('m', modelId).target;

function demand(body: unknown, modelId = 'amazon.nova-lite-v1:0', operation: Operation = 'converse') {
  return demandOf(requestOf(operation, body), { target: targetOf(modelId) });
}

const said = (...content: unknown[]) => ({ messages: [{ role: 'user', content }] });
/** 3,000 bytes each. */
const BASE64 = 'A'.repeat(4_000);
const PNG = BASE64.replace(/^.{11}/, 'iVBORw0KGgo');
const PDF = BASE64.replace(/^.{8}/, 'JVBERi0x');
const JPEG_URL = `data:image/jpeg;base64,${BASE64.replace(/^.{4}/, '/9j/')}`;
const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0';

describe('input that is reserved', () => {
  test.each<[string, unknown, number]>([
    ['half of the bytes of the text', said({ text: 'x'.repeat(100) }), 50],
    ['at least one for each text', said({ text: 'a' }, { text: 'b' }, { text: 'c' }), 3],
    ['bytes, not characters', said({ text: 'é'.repeat(10) }), 10],
    ['the system prompt, too', { system: [{ text: 'x'.repeat(20) }], ...said({ text: 'x'.repeat(20) }) }, 20],
    ['of a tool all that describes it', { toolConfig: { tools: ['x'.repeat(81)] }, messages: [] }, 48],
    ['5,000 for a picture', said({ image: { format: 'png', source: { bytes: PNG } } }), 5_000],
    [
      '5,000 for a picture that a tool answered with',
      said({ toolResult: { status: 'success', content: [{ image: { source: { bytes: PNG } } }] } }),
      5_000,
    ],
    ['half of the bytes of a PDF', said({ document: { format: 'pdf', source: { bytes: PDF } } }), 1_500],
    ['all of a document of text', said({ document: { format: 'txt', source: { bytes: PNG } } }), 2_000],
    ['5,000 for what is only pointed to', said({ video: { source: { s3Location: { uri: 's3://a/b' } } } }), 5_009],
    ['nothing for what the schema calls things', said({ cachePoint: { type: 'default', ttl: '1h' } }), 0],
    ['nothing for how the model is to answer', { inferenceConfig: { temperature: 0.5, maxTokens: 7 } }, 0],
    ['nothing for the guardrail of the grant', { guardrailConfig: { guardrailIdentifier: 'x'.repeat(80) } }, 0],
    ['what stands where a name is expected', { messages: [{ role: 'x'.repeat(65), content: [] }] }, 33],
    ['a member that the schema does not have, with its name', { mine: 1 }, 5],
    ['how long numbers are written', Buffer.from(`{"toolConfig":[${'1.000000000,'.repeat(99)}1e0]}`), 597],
    ['how long a number is written that none can hold', Buffer.from(`{"toolConfig":[1e${'9'.repeat(98)}]}`), 51],
  ])('is %s', (_, body, input) => {
    expect(demand(body).input).toBe(input);
  });

  const block = (source: object, type = 'image') => said({ type, source });
  test.each<[string, string, unknown, number]>([
    [
      '5,000 for a picture of Anthropic’s',
      CLAUDE,
      block({ type: 'base64', media_type: 'image/png', data: PNG }),
      5_000,
    ],
    ['half of the bytes of a PDF of Anthropic’s', CLAUDE, block({ type: 'base64', data: PDF }, 'document'), 1_500],
    ['all of Anthropic’s plain text, attached', CLAUDE, block({ type: 'text', data: PNG }, 'document'), 2_000],
    [
      'nothing of what no text is',
      CLAUDE,
      { anthropic_version: 'bedrock-2023-05-31', max_tokens: 5, ...said({ type: 'text', text: '' }) },
      0,
    ],
    ['5,000 for a picture of Nova’s', 'amazon.nova-lite-v1:0', said({ image: { source: { bytes: PNG } } }), 5_000],
    [
      '5,000 for a picture in a data URL',
      'mistral.pixtral-large-2502-v1:0',
      said({ type: 'image_url', image_url: { url: JPEG_URL } }),
      5_000,
    ],
    ['5,000 for each picture of Meta’s', 'meta.llama3-2-90b-instruct-v1:0', { prompt: '', images: [PNG, PNG] }, 10_000],
    [
      '5,000 for a picture that becomes a vector',
      'amazon.titan-embed-image-v1',
      { inputText: '', inputImage: PNG },
      5_000,
    ],
    ['5,000 for a picture that becomes a vector of Cohere’s', 'cohere.embed-english-v3', { images: [JPEG_URL] }, 5_000],
  ])('is %s', (_, model, body, input) => {
    expect(demand(body, model, 'invoke').input).toBe(input);
  });

  test('is 5,000 for each picture, wherever it is, of a model that paints', () => {
    const body = { inPaintingParams: { image: PNG, maskImage: PNG } };
    const { input } = demand(body, 'amazon.nova-canvas-v1:0', 'invoke');
    expect(input).toBeGreaterThanOrEqual(10_000);
    expect(input).toBeLessThan(10_100);
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

/** What is no picture by the operation's own schema is counted in full, whoever calls it one. */
describe('Q5 no label makes text cheap', () => {
  const text = 'word '.repeat(20_000);
  const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: text, bytes: text } };
  test.each<[string, string, Operation, unknown]>([
    ['what a tool answered', CLAUDE, 'converse', said({ toolResult: { type: 'image', content: [{ text }] } })],
    [
      'what a tool answered, streamed',
      CLAUDE,
      'converse-stream',
      said({ toolResult: { type: 'image', content: [{ json: image }] } }),
    ],
    [
      'a member of the body',
      'amazon.nova-lite-v1:0',
      'converse',
      { ...said({ text: 'a' }), type: 'image', words: text },
    ],
    ['the whole body', CLAUDE, 'invoke', { type: 'image', source: { data: text }, prompt: text }],
    ['a block', CLAUDE, 'converse', said({ type: 'image', text })],
    ['a picture that is none', CLAUDE, 'converse', said({ image: { format: 'png', source: { bytes: text } } })],
    ['a picture that is none, in Anthropic’s form', CLAUDE, 'invoke', said(image)],
    ['a picture with words beside it', CLAUDE, 'converse', said({ image: { caption: text, source: { bytes: PNG } } })],
    ['a member’s name', CLAUDE, 'converse', { [text]: 1 }],
    ['a member without a name', CLAUDE, 'converse', { '': text }],
    ['an id', CLAUDE, 'converse', said({ toolUse: { toolUseId: text, name: 'n', input: {} } })],
    ['a role', CLAUDE, 'converse', { messages: [{ role: text, content: [{ text: 'a' }] }] }],
    ['a reference', CLAUDE, 'converse', said({ image: { source: { s3Location: { uri: text } } } })],
    [
      'a picture for a model that sees none',
      'openai.gpt-oss-120b-1:0',
      'invoke',
      said({ type: 'image_url', image_url: { url: text } }),
    ],
    [
      'base64 for a model that sees none',
      'meta.llama3-3-70b-instruct-v1:0',
      'invoke',
      { prompt: '', images: [PNG.repeat(50).replaceAll('=', '')] },
    ],
    [
      'a drawing for a model that paints none',
      'amazon.nova-lite-v1:0',
      'invoke',
      { imageGenerationConfig: { numberOfImages: 1 }, ...said({ text }) },
    ],
    ['a picture for a model that is not known', 'new.model-v1:0', 'invoke', said(image)],
    ['a setting', CLAUDE, 'converse', { inferenceConfig: { temperature: text } }],
    ['a list where there is one thing', CLAUDE, 'converse', said({ image: [{ source: { bytes: text } }] })],
    [
      'text with an escape in its label',
      CLAUDE,
      'converse',
      Buffer.from(JSON.stringify(said({ type: 'image', words: text })).replace('image', 'im\\u0061ge')),
    ],
  ])('%s', (_, model, operation, body) => {
    const request = requestOf(operation, body);
    expect(demandOf(request, { target: targetOf(model) }).input).toBeGreaterThanOrEqual(50_000);
    const { tokens, estimated } = usageOf(request, targetOf(model), {}, NOTHING_SEEN);
    expect(tokens.input).toBeGreaterThanOrEqual(25_000);
    expect(tokens).not.toHaveProperty('images');
    expect(estimated).toBe(true);
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

  test('of a turn with an agent is that of a model which is told what is sent, and one call', () => {
    const request = requestOf('invoke-agent', { inputText: 'x'.repeat(1_000) });
    const input = 4_000 + Math.ceil(request.body.byteLength / 2);
    const { target } = modelOf('m');
    expect(demandOf({ ...request, uses: turned(request.body) }, { target })).toMatchObject({
      ...{ input, output: 4_096, lowerable: false, calls: 1 },
    });
    expect(demand({ inputText: 'x' }, undefined, 'invoke-flow')).toMatchObject({ input: 0, output: 0, calls: 1 });
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
