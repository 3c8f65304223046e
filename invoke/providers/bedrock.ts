import { TollgateError } from '../../contract/errors.ts';
import type { Clock } from '../../contract/log.ts';
import { pathIdOf, runtimeOf } from '../../policies/kinds.ts';
import { bedrockEndpoint } from './endpoint.ts';
import type { Post } from './post.ts';
import type { Provider } from './provider.ts';
import { createRuntime, type RuntimeApi, segment } from './runtime.ts';

const API: RuntimeApi = {
  service: 'bedrock',
  endpointOf: bedrockEndpoint,
  pathOf(target, { operation, guardrail }) {
    if (runtimeOf(target) !== 'bedrock-runtime')
      throw new TollgateError('internal', { reason: 'not-a-bedrock-target' });
    if (guardrail !== undefined) return `/guardrail/${segment(guardrail.arn)}/version/${guardrail.version}/apply`;
    const id = pathIdOf(target, operation === 'count-tokens' ? 'count' : 'invoke');
    if (id === undefined) throw new TollgateError('invalid_request', { reason: 'cannot-count-tokens' });
    return `/model/${segment(id)}/${operation}`;
  },
  headersOf: (_, { headers, contentType, accept }) => ({ ...headers, 'content-type': contentType, accept }),
};

/** Bedrock Runtime. */
export function createBedrock(options: { post: Post; clock: Clock }): Provider {
  return createRuntime(API, options);
}
