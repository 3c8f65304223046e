import { HttpRequest, HttpResponse } from '@smithy/core/protocols';
import type { Endpoint } from './post.ts';

export interface BasedEndpoint extends Endpoint {
  /** What comes before each path; '' for AWS itself. */
  base: string;
  /** As the Host header names it. */
  host: string;
}

/**
 * Where Bedrock Runtime is in a region, by the SDK's own rules: partitions, FIPS and dual-stack endpoints, and what the
 * environment says (`AWS_ENDPOINT_URL_BEDROCK_RUNTIME`). Found once per region by a request that is caught before it is sent.
 */
export async function bedrockEndpoint(region: string): Promise<BasedEndpoint> {
  // Loaded for this question alone, which is asked once per region.
  const { BedrockRuntimeClient, InvokeModelCommand } = await import('@aws-sdk/client-bedrock-runtime');
  let caught: HttpRequest | undefined;
  const client = new BedrockRuntimeClient({
    region,
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
    authSchemePreference: ['sigv4'],
    // Said here, so that no profile file is searched for it.
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard',
    requestHandler: {
      async handle(request: unknown) {
        caught = request as HttpRequest;
        return { response: new HttpResponse({ statusCode: 200, headers: {} }) };
      },
    },
  });
  await client.send(new InvokeModelCommand({ modelId: MODEL, body: '' }));
  if (!HttpRequest.isInstance(caught)) throw new Error('the SDK made no request');
  const { protocol, hostname, port, path } = caught;
  if (protocol !== 'http:' && protocol !== 'https:') throw new Error(`the SDK speaks ${protocol}`);
  return {
    protocol,
    hostname,
    port,
    host: port === undefined ? hostname : `${hostname}:${port}`,
    base: path.slice(0, path.lastIndexOf(`/model/${MODEL}/`)),
  };
}

const MODEL = 'x';
