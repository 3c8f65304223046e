import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { bytesOf, suffixOf } from '../../aws/json.ts';
import { SYNC_ATTEMPTS, SYNC_RETRY_MS } from '../../contract/limits/sync.ts';
import { bedrockIn, type ClientConfig } from '../read.ts';

/**
 * Requests of Bedrock's evaluation jobs and of S3's objects, signed by the signer of the SDK: the client of S3 would be a fifth of what
 * the daily look is deployed with, and Bedrock's own for these operations 35 kB of its start, where most stages evaluate nothing.
 */
export interface Asked {
  service: 'bedrock' | 's3';
  region: string;
  method: 'GET' | 'POST';
  /** Its segments, not encoded. */
  path: readonly string[];
  query?: Readonly<Record<string, string>>;
  body?: object;
  /** Of the answer; a longer one is an error. */
  maxBytes: number;
}

/** AWS refused. The name is its own for it, and so are the words, which are for an operator. */
export class AwsRestError extends Error {
  readonly status: number;

  constructor(name: string, status: number, said: string) {
    super(said || `it answered ${status}`);
    this.name = name;
    this.status = status;
  }
}

/** @returns the answer's body @throws AwsRestError; what the transport throws when there is no answer */
export type Send = (asked: Asked) => Promise<string>;

/** @param clientConfig as of every client of AWS; with an `endpoint` everything is there */
export function createSend(clientConfig: ClientConfig): Send {
  const clients = new Map<string, ReturnType<typeof bedrockIn>>();
  return async (asked) => {
    const client = clients.get(asked.region) ?? bedrockIn(clientConfig, asked.region);
    clients.set(asked.region, client);
    for (let attempt = 1; ; attempt++)
      try {
        return await sendOnce(asked, client, clientConfig.endpoint);
      } catch (error) {
        const { status } = error as Partial<AwsRestError>;
        if (attempt === SYNC_ATTEMPTS || (status !== undefined && status < 500 && status !== 429)) throw error;
        const { promise, resolve } = Promise.withResolvers<void>();
        setTimeout(resolve, Math.random() * SYNC_RETRY_MS * 2 ** attempt);
        await promise;
      }
  };
}

async function sendOnce(
  { service, region, method, path, query = {}, body, maxBytes }: Asked,
  { config }: ReturnType<typeof bedrockIn>,
  endpoint: string | undefined,
): Promise<string> {
  const target = new URL(endpoint ?? `https://${service}.${region}.${suffixOf(region)}`);
  const content = body === undefined ? undefined : JSON.stringify(body);
  const signer = new SignatureV4({
    ...{ service, region, sha256: config.sha256, credentials: config.credentials },
    // S3's path is signed as it goes out (https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
    uriEscapePath: service !== 's3',
    applyChecksum: true,
  });
  const request = new HttpRequest({
    ...{ method, protocol: target.protocol, hostname: target.hostname, query: { ...query } },
    ...(target.port === '' ? {} : { port: Number(target.port) }),
    path: `/${path.map(encoded).join('/')}`,
    headers: {
      host: target.host,
      ...(content === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(content)) }),
    },
    ...(content === undefined ? {} : { body: content }),
  });
  const { response } = await config.requestHandler.handle((await signer.sign(request)) as HttpRequest);
  const bytes = await bytesOf(response.body as AsyncIterable<Uint8Array>, maxBytes);
  if (bytes === undefined) throw new AwsRestError('AnswerTooLong', 413, `an answer has more than ${maxBytes} bytes`);
  const said = Buffer.from(bytes).toString('utf8');
  if (response.statusCode < 300) return said;
  throw refused(response.statusCode, response.headers, said);
}

/** A segment with every character encoded that RFC 3986 reserves, as signatures want it. */
function encoded(segment: string): string {
  return encodeURIComponent(segment).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Bedrock says it in a header and as JSON, S3 as XML. */
function refused(status: number, headers: Readonly<Record<string, string>>, said: string): AwsRestError {
  const [, code] = /<Code>([^<]*)</.exec(said) ?? [];
  const type = headers['x-amzn-errortype']?.split(/[:#]/)[0];
  const [, message = ''] = /<Message>([^<]*)<|"[mM]essage"\s*:\s*"([^"]*)"/.exec(said)?.filter(Boolean) ?? [];
  return new AwsRestError(type ?? code ?? `Http${status}`, status, message);
}
