import { describe, expect, test } from 'vitest';
import { cachedFor } from '../../../invoke/surfaces/caching.ts';
import type { CachePoint, ConverseRequest } from '../../../invoke/surfaces/converse.ts';
import { modelOf } from './core.ts';

const HOUR: CachePoint = { cachePoint: { type: 'default', ttl: '1h' } };
const PLAIN: CachePoint = { cachePoint: { type: 'default' } };
const TOOL = { toolSpec: { name: 'look', inputSchema: { json: {} } } };

const request = (point: CachePoint[], inTools: CachePoint[] = point): ConverseRequest => ({
  system: [{ text: 'be kind' }, ...point],
  messages: [
    { role: 'user', content: [{ text: 'a' }, ...point, { text: 'b' }] },
    { role: 'assistant', content: [{ text: 'c' }] },
  ],
  toolConfig: { tools: [TOOL, ...inTools] },
});
const of = (modelId: string) => {
  const model = modelOf('x');
  const arn = `arn:aws:bedrock:us-east-1::foundation-model/${modelId}`;
  return { ...model, target: { kind: 'bedrock-model' as const, modelId, region: 'us-east-1', arn } };
};

describe('the cache points of a request are those that its model has', () => {
  test.each<[string, CachePoint[], CachePoint[]]>([
    ['anthropic.claude-sonnet-4-5-20250929-v1:0', [HOUR], [HOUR]],
    ['amazon.nova-lite-v1:0', [PLAIN], []],
    ['meta.llama3-3-70b-instruct-v1:0', [], []],
  ])('%s', (modelId, kept, inTools) => {
    expect(cachedFor(request([HOUR]), of(modelId))).toEqual(request(kept, inTools));
  });

  test('and what has none is as it was', () => {
    const plain = request([]);
    expect(cachedFor(plain, of('meta.llama3-3-70b-instruct-v1:0'))).toEqual(plain);
  });
});
