import {
  BedrockRuntimeClient,
  InvokeModelCommand,
  type InvokeModelCommandInput,
} from '@aws-sdk/client-bedrock-runtime';
import { HttpRequest, HttpResponse } from '@smithy/core/protocols';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { TollgateError } from '../../contract/errors.ts';
import { RETRY_AFTER_SECONDS, STALE_CONNECTION_MS } from '../../contract/limits.ts';
import type { Clock } from '../../contract/log.ts';
import { type BedrockTarget, nativeIdOf, type Target } from '../../contract/model.ts';
import type { ScopedCredentials } from '../../sessions/session.ts';
import type { Operation, ProviderRequest } from '../call.ts';
import { isStaleConnection } from '../transport.ts';
import type { Provider, ProviderReply } from './provider.ts';

/**
 * Bedrock Runtime with the caller's own bytes. The SDK's client does what it does best (endpoint, SigV4, transport), but
 * its schemas are kept away from both bodies: a member newer than this SDK must survive.
 *
 * @param transport shared by all clients; its connections carry no credentials, each request does
 */
export function createBedrock({ transport, clock }: { transport: NodeHttpHandler; clock: Clock }): Provider {
  // A client is bound to one session. It lives as long as its credentials do and is collected with them, so that no
  // table has to be kept in step with the credentials' own.
  const clients = new WeakMap<ScopedCredentials, Map<string, BedrockRuntimeClient>>();

  const clientOf = (credentials: ScopedCredentials, region: string): BedrockRuntimeClient => {
    const regions = clients.get(credentials) ?? new Map<string, BedrockRuntimeClient>();
    clients.set(credentials, regions);
    const client = regions.get(region) ?? createClient(credentials, region, transport);
    regions.set(region, client);
    return client;
  };

  return {
    async send({ target, request, credentials, signal }) {
      const native = new NativeRequest(bedrockTarget(target), request);
      const client = clientOf(credentials, target.region);
      const once = (): Promise<ProviderReply> =>
        // The protocol below returns the reply itself; the command's own output type describes what it replaces.
        client.send(new InvokeModelCommand(native), { abortSignal: signal }) as unknown as Promise<ProviderReply>;
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

function createClient(
  credentials: ScopedCredentials,
  region: string,
  transport: NodeHttpHandler,
): BedrockRuntimeClient {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return new BedrockRuntimeClient({
    region,
    credentials: { accessKeyId, secretAccessKey, sessionToken },
    // Without it a bearer token in the environment overrides even these credentials, and scoping is bypassed.
    authSchemePreference: ['sigv4'],
    protocol: NATIVE,
    requestHandler: transport,
    // Whether a call may be repeated is the pipeline's decision; said here, so that no profile file is searched for it.
    maxAttempts: 1,
    retryMode: 'standard',
    defaultsMode: 'standard',
  });
}

/** IAM checks CountTokens on the model itself, so a profile's own id cannot be used for it. */
function pathModelOf(target: BedrockTarget, operation: Operation): string {
  if (operation !== 'count-tokens' || target.kind !== 'bedrock-profile') return nativeIdOf(target);
  const model = target.modelArns.find((arn) => arn.split(':')[3] === target.region);
  if (model === undefined) throw new TollgateError('invalid_request', { reason: 'cannot-count-tokens' });
  return model.slice(model.indexOf('/') + 1);
}

function bedrockTarget(target: Target): BedrockTarget {
  if (target.kind !== 'sagemaker-endpoint') return target;
  throw new TollgateError('internal', { reason: 'not-a-bedrock-target' });
}

/**
 * The input of every command sent. InvokeModel's command serves for all operations: what differs between them on the
 * wire is the path, and that is written here.
 */
class NativeRequest implements InvokeModelCommandInput {
  readonly modelId: string;
  readonly path: string;
  readonly request: ProviderRequest;

  constructor(target: BedrockTarget, request: ProviderRequest) {
    this.modelId = pathModelOf(target, request.operation);
    // One segment: an ARN holds `/` and `:`. The last five are reserved in RFC 3986 but left alone by the language.
    const segment = encodeURIComponent(this.modelId).replace(
      /[!'()*]/g,
      (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    );
    this.path = `/model/${segment}/${request.operation}`;
    this.request = request;
  }
}

/** A client protocol as the SDK's clients take one, which hands bytes through in both directions. */
const NATIVE = {
  getShapeId: () => 'tollgate#native',
  getRequestType: () => HttpRequest,
  getResponseType: () => HttpResponse,
  getPayloadCodec: (): never => {
    throw new Error('native bytes have no codec');
  },
  setSerdeContext: () => {},
  updateServiceEndpoint: (request: HttpRequest) => request,

  async serializeRequest(
    _schema: unknown,
    input: object,
    context: { endpoint(): Promise<{ protocol: string; hostname: string; port?: number; path: string }> },
  ): Promise<HttpRequest> {
    if (!(input instanceof NativeRequest)) throw new Error('not a native request');
    const { protocol, hostname, port, path } = await context.endpoint();
    const { body, contentType, accept, headers } = input.request;
    return new HttpRequest({
      method: 'POST',
      protocol,
      hostname,
      ...(port === undefined ? {} : { port }),
      path: `${path === '/' ? '' : path}${input.path}`,
      headers: { ...headers, 'content-type': contentType, accept },
      body,
    });
  },

  async deserializeResponse<Output>(_schema: unknown, _context: unknown, response: HttpResponse): Promise<Output> {
    const reply: ProviderReply = { status: response.statusCode, headers: response.headers, body: response.body };
    return { ...reply, $metadata: {} } as Output;
  },
};
