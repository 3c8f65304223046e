import { HttpRequest } from '@smithy/core/protocols';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { ERROR_BODY_MAX_BYTES } from '../contract/limits/invoke.ts';
import type { Clock } from '../contract/log.ts';
import { partitionOf } from '../policies/partition.ts';
import { type SigningCredentials, signed } from './sigv4.ts';

/** Services that speak AWS JSON, by their name in a host and in a signature: its version, and what an operation's target begins with. */
const SERVICES = {
  dynamodb: ['1.0', 'DynamoDB_20120810'],
  events: ['1.1', 'AWSEvents'],
  sagemaker: ['1.1', 'SageMaker'],
  secretsmanager: ['1.1', 'secretsmanager'],
} as const;

export interface AwsJsonOptions {
  /** Of another service's client: whose credentials and region requests are signed with. */
  signedAs: { credentials: () => Promise<SigningCredentials>; region: () => Promise<string> };
  transport: Pick<NodeHttpHandler, 'handle'>;
  service: keyof typeof SERVICES;
  /** Base URL where the service is elsewhere than in AWS. */
  url?: string | undefined;
  /** Of an answer; a longer one cannot be read. */
  maxBytes?: number;
  clock: Clock;
}

/** The service answered, and not with success. Without its message, which may quote what it was sent. */
export class AwsJsonError extends Error {
  override readonly name = 'AwsJsonError';
  readonly status: number;
  /** The service's own, e.g. `ResourceNotFoundException`; '' when it gave none. */
  readonly type: string;
  /** What DynamoDB shows of an item that was not as it was to be. */
  readonly item: unknown;

  constructor(operation: string, status: number, type: string, item?: unknown) {
    super(`${operation} answered ${status} ${type}`);
    this.status = status;
    this.type = type;
    this.item = item;
  }
}

/** @throws AwsJsonError when the service refuses; what the transport throws when it does not answer */
export type CallAws = (
  operation: string,
  input: object,
  options?: { abortSignal?: AbortSignal },
) => Promise<Record<string, unknown>>;

/**
 * One operation, signed and sent with what a bundle holds anyway: the service's own client would add a tenth to it, for an
 * operation or two. It makes one attempt.
 */
export function createAwsJson(options: AwsJsonOptions): CallAws {
  const { signedAs, transport, service, url, maxBytes = ERROR_BODY_MAX_BYTES, clock } = options;
  const [version, prefix] = SERVICES[service];
  return async (operation, input, sending = {}) => {
    const region = await signedAs.region();
    const target = new URL(
      url ?? `https://${service === 'sagemaker' ? 'api.' : ''}${service}.${region}.${suffixOf(region)}`,
    );
    const body = JSON.stringify(input);
    const headers = {
      'content-type': `application/x-amz-json-${version}`,
      'content-length': String(Buffer.byteLength(body)),
      'x-amz-target': `${prefix}.${operation}`,
    };
    const unsigned = { method: 'POST', host: target.host, path: target.pathname, headers, body };
    const request = new HttpRequest({
      method: 'POST',
      protocol: target.protocol,
      hostname: target.hostname,
      ...(target.port === '' ? {} : { port: Number(target.port) }),
      path: target.pathname,
      headers: signed(unsigned, { service, region }, await signedAs.credentials(), clock()),
      body,
    });
    const { response } = await transport.handle(request, sending);
    const answer = parsed(await textOf(response.body as AsyncIterable<Uint8Array>, maxBytes));
    if (response.statusCode === 200) {
      // An answer that cannot be read is not "nothing there": a counter of it would be 0.
      if (answer === undefined) throw new AwsJsonError(operation, 502, 'UnreadableAnswer');
      return answer;
    }
    const type = String(answer?.__type ?? response.headers['x-amzn-errortype'] ?? '')
      .split('#')
      .at(-1);
    throw new AwsJsonError(operation, response.statusCode, type ?? '', answer?.Item);
  };
}

/** What a region's hosts end in. */
export function suffixOf(region: string): string {
  return SUFFIX[partitionOf(region) ?? ''] ?? 'amazonaws.com';
}

const SUFFIX: Readonly<Record<string, string>> = { 'aws-cn': 'amazonaws.com.cn', 'aws-eusc': 'amazonaws.eu' };

/** @returns undefined for what is no JSON object; some operations answer with nothing at all */
function parsed(text: string): Record<string, unknown> | undefined {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** @returns what is no JSON where the body is longer */
async function textOf(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  return Buffer.from((await bytesOf(body, maxBytes)) ?? 'too long').toString('utf8');
}

/** A whole body, read to its end. @returns undefined where it is longer */
export async function bytesOf(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  return bytes > maxBytes ? undefined : Buffer.concat(chunks);
}
