import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Operation } from '../../invoke/call.ts';
import { inputParts } from '../../invoke/usage/input.ts';
import { modelOf, requestOf } from '../unit/invoke/core.ts';

/** Whatever a caller calls it, wherever it puts it: words are counted, every byte of them. */

const LABELS = [
  ...[
    'messages',
    'content',
    'system',
    'role',
    'type',
    'text',
    'image',
    'images',
    'image_url',
    'url',
    'source',
    'bytes',
  ],
  ...[
    'data',
    'format',
    'media_type',
    'document',
    'video',
    'audio',
    's3Location',
    'uri',
    'toolResult',
    'toolUse',
    'json',
  ],
  ...[
    'input',
    'toolUseId',
    'id',
    'cache_control',
    'cachePoint',
    'ttl',
    'guardContent',
    'reasoningContent',
    'citations',
  ],
  ...['inferenceConfig', 'additionalModelRequestFields', 'toolConfig', 'tools', 'prompt', 'inputImage', 'maskImage'],
  ...['imageGenerationConfig', 'thinking', 'signature', 'constructor', 'toString', '', 'x'],
];
const VALUES = [
  'image',
  'base64',
  'pdf',
  'txt',
  'png',
  'text',
  'user',
  'tool_result',
  'default',
  'iVBORw0KGgoAAAAA',
  'JVBERi0x',
];

const word = fc.constantFrom('secret', 'word', 'é', '漢').map((one) => `${one} `.repeat(40));
const label = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...LABELS) }, { weight: 1, arbitrary: word });
const { body } = fc.letrec<{ body: unknown }>((tie) => ({
  body: fc.oneof(
    { maxDepth: 7, withCrossShrink: true },
    fc.oneof(word, fc.constantFrom(...VALUES), fc.double(), fc.constant(null), fc.boolean()),
    { weight: 3, arbitrary: fc.dictionary(label, tie('body'), { maxKeys: 4 }) },
    fc.array(tie('body'), { maxLength: 4 }),
  ),
}));

const operation = fc.constantFrom<Operation>('converse', 'converse-stream', 'invoke', 'invoke-with-response-stream');
const model = fc.constantFrom(
  ...[
    'anthropic.claude-sonnet-4-5-20250929-v1:0',
    'anthropic.claude-v2:1',
    'amazon.nova-lite-v1:0',
    'amazon.titan-tg1-large',
  ],
  ...[
    'meta.llama3-2-90b-instruct-v1:0',
    'mistral.pixtral-large-2502-v1:0',
    'openai.gpt-oss-20b-1:0',
    'cohere.embed-v4:0',
  ],
  ...['amazon.nova-canvas-v1:0', 'new.model-v1:0'],
);

/** Bytes of every text that holds a space, which no base64 and no word of a schema does; names too. */
function wordBytes(value: unknown): number {
  if (typeof value === 'string') return value.includes(' ') ? Buffer.byteLength(value) : 0;
  if (value === null || typeof value !== 'object') return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + wordBytes(item), 0);
  return Object.entries(value).reduce((sum, [name, inner]) => sum + wordBytes(name) + wordBytes(inner), 0);
}

test('Q5 no label, member or place makes words cost less than their bytes', () => {
  fc.assert(
    fc.property(operation, model, body, (op, modelId, root) => {
      const request = requestOf(op, root);
      let bytes = 0;
      for (const part of inputParts(request, modelOf('m', modelId).target, root)) {
        if (part.is === 'text') bytes += part.bytes;
      }
      expect(bytes).toBeGreaterThanOrEqual(wordBytes(root));
    }),
    { numRuns: 1_000 },
  );
});
