import { HttpRequest, HttpResponse } from '@smithy/core/protocols';

/** The SDK's transport, as far as it is asked. */
export interface Catching {
  handle(request: unknown): Promise<{ response: HttpResponse }>;
}

/**
 * The request that a client of the SDK makes, caught before it is sent: it says where the client's calls go, by the SDK's own
 * rules of partitions, FIPS and dual-stack endpoints, and by what the environment says.
 *
 * @param send makes one call with the transport that it is given
 */
export async function caughtRequest(send: (transport: Catching) => Promise<unknown>): Promise<HttpRequest> {
  let caught: unknown;
  await send({
    async handle(request) {
      caught = request;
      return { response: new HttpResponse({ statusCode: 200, headers: {} }) };
    },
  });
  if (!HttpRequest.isInstance(caught)) throw new Error('the SDK made no request');
  return caught;
}
