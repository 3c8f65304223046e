import type { AllowedModel } from '../../contract/model.ts';
import { baseModelOf } from '../../policies/kinds.ts';
import type { CachePoint, ConverseRequest } from './converse.ts';

/**
 * The cache points of a request that its model has. Bedrock refuses the others, and none changes an answer: it is what a call
 * costs that they are for, and where they can do nothing they are left out.
 */

/** Models that cache, by the beginning of their names (https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html). */
const CACHES: readonly [prefix: string, has: { ttl: boolean; tools: boolean }][] = [
  ['anthropic.', { ttl: true, tools: true }],
  // It has no choice of how long, and none among its tools.
  ['amazon.nova-', { ttl: false, tools: false }],
];

/** @returns the same request where there is nothing to leave out */
export function cachedFor<T extends Pick<ConverseRequest, 'messages' | 'system' | 'toolConfig'>>(
  request: T,
  { target }: Pick<AllowedModel, 'target'>,
): T {
  const base = baseModelOf(target);
  const [, has] = CACHES.find(([prefix]) => base.startsWith(prefix)) ?? [];
  if (has?.ttl) return request;
  const { system, toolConfig } = request;
  return {
    ...request,
    messages: request.messages.map((message) => ({ ...message, content: points(message.content, has !== undefined) })),
    ...(system === undefined ? {} : { system: points(system, has !== undefined) }),
    ...(toolConfig === undefined ? {} : { toolConfig: { ...toolConfig, tools: points(toolConfig.tools, has?.tools) } }),
  };
}

const POINT: CachePoint = { cachePoint: { type: 'default' } };

/** @param kept without their time, or left out */
function points<Block extends object>(blocks: (Block | CachePoint)[], kept = false): (Block | CachePoint)[] {
  if (!blocks.some((block) => 'cachePoint' in block)) return blocks;
  const all = blocks.map((block) => ('cachePoint' in block ? POINT : block));
  return kept ? all : all.filter((block) => block !== POINT);
}
