import { signed } from '../../aws/sigv4.ts';
import { TollgateError } from '../../contract/errors.ts';
import { RETRY_AFTER_SECONDS } from '../../contract/limits/contract.ts';
import { STALE_CONNECTION_MS } from '../../contract/limits/invoke.ts';
import type { Clock } from '../../contract/log.ts';
import type { Target } from '../../contract/model.ts';
import type { ProviderRequest } from '../call.ts';
import type { BasedEndpoint } from './endpoint.ts';
import type { Post } from './post.ts';
import type { Provider, ProviderReply } from './provider.ts';
import { isStaleConnection } from './transport.ts';

/** What there is to know of a runtime API of AWS to call what it runs. */
export interface RuntimeApi {
  /** As a signature names it. */
  service: string;
  /** Where it is in a region; asked once. */
  endpointOf(region: string): Promise<BasedEndpoint>;
  /** The path of a request, percent-encoded. @throws TollgateError where there is none */
  pathOf(target: Target, request: ProviderRequest): string;
  /** Its headers, by lower-case names. */
  headersOf(target: Target, request: ProviderRequest): Record<string, string>;
}

/**
 * A runtime API with the caller's own bytes, in both directions: a member newer than any SDK must survive.
 *
 * A call is signed here, with the session that it was given and with nothing else: no bearer token and no key of the
 * environment can take its place, as they can in the SDK's client (`AWS_BEARER_TOKEN_BEDROCK`).
 *
 * @param post shared by all sessions; its connections carry no credentials, each request does
 */
export function createRuntime(api: RuntimeApi, { post, clock }: { post: Post; clock: Clock }): Provider {
  // What the SDK says of a region holds for as long as the environment does.
  const endpoints = new Map<string, Promise<BasedEndpoint>>();
  const endpointOf = (region: string): Promise<BasedEndpoint> => {
    const known = endpoints.get(region);
    if (known !== undefined) return known;
    const found = api.endpointOf(region);
    endpoints.set(region, found);
    found.catch(() => endpoints.delete(region));
    return found;
  };

  return {
    async send({ target, request, credentials, traced, signal }) {
      const { region } = target;
      const native = api.pathOf(target, request);
      const endpoint = await endpointOf(region);
      const { body, method = 'POST', query } = request;
      const path = `${endpoint.base}${native}`;
      const once = (): Promise<ProviderReply> => {
        const unsigned = { method, host: endpoint.host, path, query, headers: api.headersOf(target, request), body };
        const headers = signed(unsigned, { service: api.service, region }, credentials, clock());
        return post(endpoint, {
          method,
          path: query === undefined ? path : `${path}?${query}`,
          // Not signed, as the SDK does not sign X-Ray's: what stands in between may go on with a part of its own.
          headers: traced === undefined ? headers : { ...headers, ...traced },
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

/** One segment of a path: an ARN holds `/` and `:`. The last five are reserved in RFC 3986 but left alone by the language. */
export function segment(name: string): string {
  return encodeURIComponent(name).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
