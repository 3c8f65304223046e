import { suffixOf } from '../../aws/json.ts';
import { TollgateError } from '../../contract/errors.ts';
import type { Clock } from '../../contract/log.ts';
import type { BasedEndpoint } from './endpoint.ts';
import type { Post } from './post.ts';
import type { Provider } from './provider.ts';
import { createRuntime, type RuntimeApi } from './runtime.ts';

/**
 * Bedrock's agent runtime: knowledge bases, agents, flows. Its own client would be loaded for nothing but where it is, which is
 * the same in every region that has it (https://docs.aws.amazon.com/general/latest/gr/bedrock.html).
 *
 * @param url base URL where it is not AWS's own
 */
export function createAgents(options: { post: Post; clock: Clock }, url: string | undefined): Provider {
  const api: RuntimeApi = {
    service: 'bedrock',
    endpointOf: async (region) => endpointAt(url ?? `https://bedrock-agent-runtime.${region}.${suffixOf(region)}`),
    pathOf(target, { native }) {
      if (native === undefined) throw new TollgateError('internal', { reason: 'not-a-resource' });
      return native(target);
    },
    headersOf: (_, { headers, contentType, accept }) => ({ ...headers, 'content-type': contentType, accept }),
  };
  return createRuntime(api, options);
}

function endpointAt(url: string): BasedEndpoint {
  const { protocol, hostname, port, host, pathname } = new URL(url);
  return {
    protocol: protocol === 'http:' ? 'http:' : 'https:',
    hostname,
    port: port === '' ? undefined : Number(port),
    host,
    base: pathname === '/' ? '' : pathname,
  };
}
