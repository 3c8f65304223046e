import { caughtRequest } from '../../aws/caught.ts';
import type { Endpoint } from './post.ts';

export interface BasedEndpoint extends Endpoint {
  /** What comes before each path; '' for AWS itself. */
  base: string;
  /** As the Host header names it. */
  host: string;
}

/**
 * Where a runtime API is in a region, by its SDK's own rules and by what the environment says
 * (`AWS_ENDPOINT_URL_BEDROCK_RUNTIME`, `AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME`). The SDK is loaded for this question alone, which
 * is asked once per region.
 */
export async function bedrockEndpoint(region: string): Promise<BasedEndpoint> {
  const { BedrockRuntimeClient, InvokeModelCommand } = await import('@aws-sdk/client-bedrock-runtime');
  return based(`/model/${NAME}/`, (requestHandler) => {
    const client = new BedrockRuntimeClient({ ...TOLD, authSchemePreference: ['sigv4'], region, requestHandler });
    return client.send(new InvokeModelCommand({ modelId: NAME, body: '' }));
  });
}

/** What is called there, by name. */
export const NAME = 'x';

export const TOLD = {
  credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
  // Said here, so that no profile file is searched for it.
  maxAttempts: 1,
  retryMode: 'standard',
  defaultsMode: 'standard',
} as const;

/** @param native the beginning of the paths that the API itself has */
export async function based(native: string, ask: Parameters<typeof caughtRequest>[0]): Promise<BasedEndpoint> {
  const { protocol, hostname, port, path } = await caughtRequest(ask);
  if (protocol !== 'http:' && protocol !== 'https:') throw new Error(`the SDK speaks ${protocol}`);
  return {
    protocol,
    hostname,
    port,
    host: port === undefined ? hostname : `${hostname}:${port}`,
    base: path.slice(0, path.lastIndexOf(native)),
  };
}
