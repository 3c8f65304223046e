import { caughtRequest } from '../../aws/caught.ts';
import type { Endpoint } from './post.ts';

export interface BasedEndpoint extends Endpoint {
  /** What comes before each path; '' for AWS itself. */
  base: string;
  /** As the Host header names it. */
  host: string;
}

/**
 * Where Bedrock Runtime is in a region, by the SDK's own rules and by what the environment says
 * (`AWS_ENDPOINT_URL_BEDROCK_RUNTIME`).
 */
export async function bedrockEndpoint(region: string): Promise<BasedEndpoint> {
  // Loaded for this question alone, which is asked once per region.
  const { BedrockRuntimeClient, InvokeModelCommand } = await import('@aws-sdk/client-bedrock-runtime');
  const { protocol, hostname, port, path } = await caughtRequest((requestHandler) => {
    const client = new BedrockRuntimeClient({
      region,
      credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
      authSchemePreference: ['sigv4'],
      // Said here, so that no profile file is searched for it.
      maxAttempts: 1,
      retryMode: 'standard',
      defaultsMode: 'standard',
      requestHandler,
    });
    return client.send(new InvokeModelCommand({ modelId: MODEL, body: '' }));
  });
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
