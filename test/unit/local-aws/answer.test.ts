import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answer } from '../../../local/aws/answer/answer.ts';
import { createPromptCache } from '../../../local/aws/answer/cache.ts';
import { embedding } from '../../../local/aws/answer/embedding.ts';
import { cachePoint, type Prompt, textPart } from '../../../local/aws/answer/prompt.ts';
import { countTokens, pieces } from '../../../local/aws/answer/tokens.ts';

const NONE = { input: 0, cacheRead: 0, cacheWrite: 0, cacheWrite1h: 0 };
const TOOLS = [
  { name: 'clock', schema: {} },
  {
    name: 'weather',
    schema: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer', minimum: 1 } } },
  },
];
const prompt = (text: string, more: Partial<Prompt> = {}): Prompt => ({
  parts: [textPart(text)],
  lastUserText: text,
  tools: [],
  toolChoice: 'auto',
  maxTokens: undefined,
  stop: [],
  ...more,
});

describe('tokens', () => {
  test('are the runs of characters that are not white space', () => {
    expect(countTokens('')).toBe(0);
    expect(countTokens(' \n\t ')).toBe(0);
    expect(countTokens(' one  two\nthree ')).toBe(3);
  });

  test('the pieces of a text are one a token and join to the text again', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(' ', '\n', 'a', 'b', 'é', '😀') }), (text) => {
        expect(pieces(text).join('')).toBe(text);
        expect(pieces(text)).toHaveLength(Math.max(1, countTokens(text)));
      }),
    );
  });
});

describe('the answer', () => {
  test('echoes the last user text to the letter', () => {
    expect(answer(prompt(' two  words '), NONE)).toMatchObject({
      blocks: [{ kind: 'text', text: 'echo:  two  words ' }],
      stop: 'end',
      usage: { outputTokens: 3 },
    });
  });

  test.each([
    [4, 'echo: a b c', 'end', 4],
    [3, 'echo: a b', 'max-tokens', 3],
    [1, 'echo:', 'max-tokens', 1],
  ] as const)('limited to %i tokens is %j', (maxTokens, text, stop, outputTokens) => {
    expect(answer(prompt('a b c', { maxTokens }), NONE)).toMatchObject({
      blocks: [{ kind: 'text', text }],
      stop,
      usage: { outputTokens },
    });
  });

  test('ends before the first stop sequence, unless the limit comes earlier', () => {
    const stop = ['never', ' c', 'b '];
    expect(answer(prompt('a b c', { stop }), NONE)).toMatchObject({
      blocks: [{ kind: 'text', text: 'echo: a ' }],
      stop: 'stop-sequence',
      stopSequence: 'b ',
      usage: { outputTokens: 2 },
    });
    expect(answer(prompt('a b c', { stop, maxTokens: 1 }), NONE)).toMatchObject({
      stop: 'max-tokens',
      stopSequence: null,
    });
  });

  test('calls the tools that the text marks, if tools were given', () => {
    const text = 'go [[tool:weather {"city":"Bern","days":[[1],[2]]}]] and [[tool:clock]]';
    expect(answer(prompt(text, { tools: TOOLS }), NONE)).toMatchObject({
      blocks: [
        { kind: 'tool', name: 'weather', input: { city: 'Bern', days: [[1], [2]] } },
        { kind: 'tool', name: 'clock', input: {} },
      ],
      stop: 'tool',
    });
    expect(answer(prompt(text), NONE).blocks[0]).toEqual({ kind: 'text', text: `echo: ${text}` });
    const broken = '[[tool:weather {"city":]]';
    expect(answer(prompt(broken, { tools: TOOLS }), NONE).blocks[0]).toEqual({ kind: 'text', text: `echo: ${broken}` });
  });

  const [CLOCK = { name: '', schema: {} }, WEATHER = CLOCK] = TOOLS;
  const MARKED = '[[tool:clock {"at":1}]]';
  test.each([
    ['any tool, and marks one', MARKED, { toolChoice: 'any' }, [['clock', { at: 1 }]]],
    ['any tool, and marks none: the first', 'hi', { toolChoice: 'any' }, [['clock', 'echo: hi']]],
    ['one tool, and marks none', 'hi', { toolChoice: WEATHER }, [['weather', { city: 'echo: hi', days: 1 }]]],
    [
      'one tool, and marks another',
      MARKED,
      { toolChoice: WEATHER },
      [['weather', { city: `echo: ${MARKED}`, days: 1 }]],
    ],
    ['one tool, and marks it too', MARKED, { toolChoice: CLOCK }, [['clock', { at: 1 }]]],
    ['no tool, and marks one', MARKED, { toolChoice: 'none' }, []],
    ['none in particular, and marks none', 'hi', { toolChoice: 'auto' }, []],
  ] as const)('to who asks for %s', (_, text, more, expected) => {
    const { blocks, stop, usage } = answer(prompt(text, { tools: TOOLS, ...more }), NONE);
    const calls = blocks.flatMap((block) => (block.kind === 'tool' ? [[block.name, block.input]] : []));
    expect(calls).toEqual(expected);
    expect(stop).toBe(expected.length > 0 ? 'tool' : 'end');
    for (const [name, input] of expected)
      expect(usage.outputTokens).toBe(countTokens(`${name} ${JSON.stringify(input)}`));
  });

  test('is JSON that fits the schema, cut at the limit like any text', () => {
    const { schema } = WEATHER;
    const fits = answer(prompt('a b', { schema }), NONE);
    expect(fits.blocks).toEqual([{ kind: 'text', text: '{"city":"echo: a b","days":1}' }]);
    expect(fits.usage.outputTokens).toBe(3);
    expect(answer(prompt('a b', { schema, maxTokens: 2 }), NONE)).toMatchObject({ stop: 'max-tokens' });
  });

  test('begins with reasoning that the request asks for, which is output within its limit', () => {
    const asked = (more: Partial<Prompt>) => answer(prompt('why', { reasoning: true, ...more }), NONE);
    expect(asked({}).blocks.map(({ kind }) => kind)).toEqual(['reasoning', 'text']);
    expect(asked({}).usage).toMatchObject({ outputTokens: 7, totalTokens: 7 });
    expect(asked({}).usage).not.toHaveProperty('reasoningTokens');
    expect(asked({ maxTokens: 6 })).toMatchObject({
      blocks: [{ kind: 'reasoning' }, { text: 'echo:' }],
      stop: 'max-tokens',
      usage: { outputTokens: 6 },
    });
    expect(asked({ maxTokens: 3 })).toMatchObject({
      blocks: [{ kind: 'reasoning', text: 'The answer repeats' }],
      stop: 'max-tokens',
      usage: { outputTokens: 3 },
    });
  });

  test('begins with reasoning if the text asks for it, which changes no count', () => {
    const { blocks, usage } = answer(prompt('[[reasoning]] why'), NONE);
    expect(blocks.map(({ kind }) => kind)).toEqual(['reasoning', 'text']);
    expect(usage.outputTokens).toBe(3);
    expect(usage).not.toHaveProperty('reasoningTokens');
  });

  test('counts reasoning where it stands in the text, and tells it apart', () => {
    const { usage } = answer(prompt('[[reasoning]] why', { reasoningTold: true }), NONE);
    expect(usage).toMatchObject({ outputTokens: 8, reasoningTokens: 5, totalTokens: 8 });
  });
});

describe('the prompt cache', () => {
  test('writes what stands before a cache point the first time and reads it after', () => {
    const cache = createPromptCache();
    const parts = [textPart('a b c'), cachePoint(), textPart('d')];
    expect(cache('m', parts)).toEqual({ ...NONE, input: 1, cacheRead: 0, cacheWrite: 3 });
    expect(cache('m', parts)).toEqual({ ...NONE, input: 1, cacheRead: 3, cacheWrite: 0 });
    expect(cache('other', parts)).toEqual({ ...NONE, input: 1, cacheRead: 0, cacheWrite: 3 });
  });

  test('reads the longest prefix it knows and writes the rest up to the last point', () => {
    const cache = createPromptCache();
    const first = [textPart('a b'), cachePoint()];
    cache('m', first);
    expect(cache('m', [...first, textPart('c d e'), cachePoint(), textPart('f')])).toEqual({
      ...NONE,
      input: 1,
      cacheRead: 2,
      cacheWrite: 3,
    });
    expect(cache('m', [textPart('a X'), cachePoint()])).toEqual({ ...NONE, input: 0, cacheRead: 0, cacheWrite: 2 });
  });
});

describe('a prompt cached for different times', () => {
  test('writes each part for as long as the first point behind it says', () => {
    const cache = createPromptCache();
    const parts = [textPart('a b c d'), cachePoint('1h'), textPart('e f'), cachePoint('5m'), textPart('g')];
    expect(cache('m', parts)).toEqual({ input: 1, cacheRead: 0, cacheWrite: 2, cacheWrite1h: 4 });
    expect(cache('m', parts)).toEqual({ ...NONE, input: 1, cacheRead: 6 });
    const longer = [...parts, textPart('h i'), cachePoint('1h')];
    expect(cache('m', longer)).toEqual({ ...NONE, cacheRead: 6, cacheWrite1h: 3 });
  });

  test('is reported in one sum and by time, the longer one first', () => {
    const { usage } = answer(prompt('x'), { input: 1, cacheRead: 5, cacheWrite: 2, cacheWrite1h: 4 });
    expect(usage).toMatchObject({ inputTokens: 1, cacheReadInputTokens: 5, cacheWriteInputTokens: 6, totalTokens: 14 });
    expect(usage.cacheDetails).toEqual([
      { ttl: '1h', inputTokens: 4 },
      { ttl: '5m', inputTokens: 2 },
    ]);
    expect(answer(prompt('x'), NONE).usage).not.toHaveProperty('cacheDetails');
  });
});

describe('an embedding', () => {
  test('is a unit vector that only its text decides', () => {
    const one = embedding('hello', 256);
    expect(one).toHaveLength(256);
    expect(Math.hypot(...one)).toBeCloseTo(1, 12);
    expect(embedding('hello', 256)).toEqual(one);
    expect(embedding('hello!', 256)).not.toEqual(one);
    expect(Math.hypot(...embedding('hello', 1024, false))).toBeGreaterThan(2);
  });
});
