import { HttpRequest } from '@smithy/core/protocols';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { ERROR_BODY_MAX_BYTES } from '../contract/limits/invoke.ts';
import type { Clock } from '../contract/log.ts';
import { partitionOf } from '../policies/arn.ts';
import { type SigningCredentials, signed } from './sigv4.ts';

/** Services that speak AWS JSON 1.1, by their name in a host and in a signature, with what an operation's target begins with. */
const SERVICES = { events: 'AWSEvents', secretsmanager: 'secretsmanager' } as const;

export interface AwsJsonOptions {
  /** Of another service's client: whose credentials and region requests are signed with. */
  signedAs: { credentials: () => Promise<SigningCredentials>; region: () => Promise<string> };
  transport: Pick<NodeHttpHandler, 'handle'>;
  service: keyof typeof SERVICES;
  /** Base URL where the service is elsewhere than in AWS. */
  url?: string | undefined;
  clock: Clock;
}

/** The service answered, and not with success. Without its message, which may quote what it was sent. */
export class AwsJsonError extends Error {
  override readonly name = 'AwsJsonError';
  readonly status: number;
  /** The service's own, e.g. `ResourceNotFoundException`; '' when it gave none. */
  readonly type: string;

  constructor(operation: string, status: number, type: string) {
    super(`${operation} answered ${status} ${type}`);
    this.status = status;
    this.type = type;
  }
}

/** @throws AwsJsonError when the service refuses; what the transport throws when it does not answer */
export type CallAws = (operation: string, input: object) => Promise<Record<string, unknown>>;

/**
 * One operation, signed and sent with what a bundle holds anyway: the service's own client would add a tenth to it, for an
 * operation or two. It makes one attempt.
 */
export function createAwsJson({ signedAs, transport, service, url, clock }: AwsJsonOptions): CallAws {
  return async (operation, input) => {
    const region = await signedAs.region();
    const target = new URL(
      url ?? `https://${service}.${region}.${SUFFIX[partitionOf(region) ?? ''] ?? 'amazonaws.com'}`,
    );
    const body = JSON.stringify(input);
    const headers = {
      'content-type': 'application/x-amz-json-1.1',
      'content-length': String(Buffer.byteLength(body)),
      'x-amz-target': `${SERVICES[service]}.${operation}`,
    };
    const unsigned = { method: 'POST', host: target.host, path: '/', headers, body };
    const request = new HttpRequest({
      method: 'POST',
      protocol: target.protocol,
      hostname: target.hostname,
      ...(target.port === '' ? {} : { port: Number(target.port) }),
      path: '/',
      headers: signed(unsigned, { service, region }, await signedAs.credentials(), clock()),
      body,
    });
    const { response } = await transport.handle(request);
    const answer = parsed(await textOf(response.body as AsyncIterable<Uint8Array>));
    if (response.statusCode === 200) return answer;
    throw new AwsJsonError(
      operation,
      response.statusCode,
      String(answer.__type ?? '')
        .split('#')
        .at(-1) ?? '',
    );
  };
}

const SUFFIX: Readonly<Record<string, string>> = { 'aws-cn': 'amazonaws.com.cn', 'aws-eusc': 'amazonaws.eu' };

/** What is no JSON object holds nothing. */
function parsed(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes <= ERROR_BODY_MAX_BYTES) chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
