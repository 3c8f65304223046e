import type { BedrockClient } from '@aws-sdk/client-bedrock';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { AwsJsonError, createAwsJson } from '../aws/json.ts';
import { CONNECT_TIMEOUT_MS } from '../contract/limits/contract.ts';
import { SYNC_ANSWER_MAX_BYTES, SYNC_ATTEMPTS, SYNC_PAGE, SYNC_RETRY_MS } from '../contract/limits/sync.ts';
import type { Endpoint } from '../registry/sync/catalog.ts';

/** The endpoints of one region: SageMaker's own client is larger than all others together, for these two operations. */
export interface Endpoints {
  /** Names of all that there are. */
  list(): Promise<string[]>;
  /** @returns undefined: there is none of that name */
  describe(name: string, region: string): Promise<Endpoint | undefined>;
}

/** @param signedAs whose credentials, region and url are its own, too */
export function endpointsOf({ config }: BedrockClient, url: string | undefined): Endpoints {
  const ask = createAwsJson({
    signedAs: { credentials: async () => await config.credentials(), region: async () => await config.region() },
    transport: new NodeHttpHandler({ connectionTimeout: CONNECT_TIMEOUT_MS }),
    service: 'sagemaker',
    url,
    maxBytes: SYNC_ANSWER_MAX_BYTES,
    clock: Date.now,
  });

  async function patiently(operation: string, input: object): Promise<Record<string, unknown>> {
    for (let attempt = 1; ; attempt++)
      try {
        return await ask(operation, input);
      } catch (error) {
        if (attempt === SYNC_ATTEMPTS || !isPassing(error)) throw error;
        const { promise, resolve } = Promise.withResolvers<void>();
        setTimeout(resolve, Math.random() * SYNC_RETRY_MS * 2 ** attempt);
        await promise;
      }
  }

  return {
    async list() {
      const names: string[] = [];
      let NextToken: unknown;
      do {
        const page = await patiently('ListEndpoints', { MaxResults: SYNC_PAGE, ...(NextToken ? { NextToken } : {}) });
        const listed = Array.isArray(page.Endpoints) ? (page.Endpoints as { EndpointName?: unknown }[]) : [];
        names.push(...listed.flatMap(({ EndpointName: name }) => (typeof name === 'string' ? name : [])));
        NextToken = page.NextToken;
      } while (NextToken);
      return names;
    },
    async describe(EndpointName, region) {
      try {
        const said = await patiently('DescribeEndpoint', { EndpointName });
        const { EndpointArn: arn, EndpointStatus: status, FailureReason: failure, AsyncInferenceConfig } = said;
        return {
          ...{ region, name: EndpointName, arn: String(arn), status: String(status) },
          ...(typeof failure === 'string' ? { failure } : {}),
          isAsync: AsyncInferenceConfig !== undefined,
        };
      } catch (error) {
        // The name is one that an ARN has, so there is nothing else for SageMaker to refuse in it.
        if (error instanceof AwsJsonError && error.type === 'ValidationException') return undefined;
        throw error;
      }
    },
  };
}

function isPassing(error: unknown): boolean {
  return !(error instanceof AwsJsonError) || error.status >= 500 || error.status === 429 || /Throttl/.test(error.type);
}
