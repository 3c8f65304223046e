import { signed } from '../../aws/sigv4.ts';
import { TollgateError } from '../../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../../contract/limits/contract.ts';
import { STALE_CONNECTION_MS } from '../../contract/limits/invoke.ts';
import type { Clock } from '../../contract/log.ts';
import type { Target } from '../../contract/model.ts';
import { pathIdOf, runtimeOf } from '../../policies/kinds.ts';
import type { Operation } from '../call.ts';
import { type BasedEndpoint, bedrockEndpoint } from './endpoint.ts';
import type { Post } from './post.ts';
import type { Provider, ProviderReply } from './provider.ts';
import { isStaleConnection } from './transport.ts';

/**
 * Bedrock Runtime with the caller's own bytes, in both directions: a member newer than any SDK must survive.
 *
 * A call is signed here, with the session that it was given and with nothing else: no bearer token and no key of the
 * environment can take its place, as they can in the SDK's client (`AWS_BEARER_TOKEN_BEDROCK`).
 *
 * @param post shared by all sessions; its connections carry no credentials, each request does
 */
export function createBedrock({ post, clock }: { post: Post; clock: Clock }): Provider {
  // What the SDK says of a region holds for as long as the environment does.
  const endpoints = new Map<string, Promise<BasedEndpoint>>();
  const endpointOf = (region: string): Promise<BasedEndpoint> => {
    const known = endpoints.get(region);
    if (known !== undefined) return known;
    const found = bedrockEndpoint(region);
    endpoints.set(region, found);
    found.catch(() => endpoints.delete(region));
    return found;
  };

  return {
    async send({ target, request, credentials, signal }) {
      const { region } = target;
      const native = pathOf(target, request.operation);
      const endpoint = await endpointOf(region);
      const { body, contentType, accept, headers } = request;
      const path = `${endpoint.base}${native}`;
      const once = (): Promise<ProviderReply> => {
        const given = { ...headers, 'content-type': contentType, accept };
        const unsigned = { method: 'POST', host: endpoint.host, path, headers: given, body };
        return post(endpoint, {
          path,
          headers: signed(unsigned, { service: 'bedrock', region }, credentials, clock()),
          body,
          signal,
        });
      };
      const began = clock();
      try {
        return await once().catch((error: unknown) => {
          if (signal.aborted || !isStaleConnection(error) || clock() - began > STALE_CONNECTION_MS) throw error;
          return once();
        });
      } catch (cause) {
        if (signal.aborted) throw signal.reason;
        throw new TollgateError('upstream_unavailable', {
          reason: 'upstream-unreachable',
          retryAfterSeconds: RETRY_AFTER_SECONDS,
          cause,
        });
      }
    },
  };
}

function pathOf(target: Target, operation: Operation): string {
  if (runtimeOf(target) !== 'bedrock-runtime') throw new TollgateError('internal', { reason: 'not-a-bedrock-target' });
  const id = pathIdOf(target, operation === 'count-tokens' ? 'count' : 'invoke');
  if (id === undefined) throw new TollgateError('invalid_request', { reason: 'cannot-count-tokens' });
  // One segment: an ARN holds `/` and `:`. The last five are reserved in RFC 3986 but left alone by the language.
  const segment = encodeURIComponent(id).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `/model/${segment}/${operation}`;
}
