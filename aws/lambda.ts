import { HttpRequest } from '@smithy/core/protocols';
import { type AwsJsonOptions, bytesOf, suffixOf } from './json.ts';
import { signed } from './sigv4.ts';

/** What a function answered. */
export interface Invoked {
  payload: Uint8Array;
  /** Whether it is an exception's text instead. */
  failed: boolean;
}

/** Lambda refused, by its own name for it; without its message. */
export class LambdaError extends Error {
  readonly status: number;

  constructor(name: string, status: number) {
    super(`Lambda answered ${status} ${name}`);
    this.name = name;
    this.status = status;
  }
}

/** @throws LambdaError; what the transport throws when there is no answer */
export type InvokeFunction = (payload: string, options: { abortSignal: AbortSignal }) => Promise<Invoked>;

export interface InvokeOptions extends Pick<AwsJsonOptions, 'signedAs' | 'transport' | 'url' | 'clock'> {
  /** Name or ARN. */
  functionName: string;
  /** The first included: another one where Lambda throttles, fails or cannot be reached. */
  attempts: number;
  /** Waits so many milliseconds. */
  pause(ms: number): Promise<unknown>;
}

/** Milliseconds before the second attempt, and twice as many before each after it. */
const PAUSE_MS = 100;

/**
 * Lambda's Invoke, for an answer (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html). Its own client would be a
 * fourteenth of what invoke is deployed with, for one operation.
 */
export function createInvoke(options: InvokeOptions): InvokeFunction {
  const { attempts, pause } = options;
  return async (payload, sending) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await invokeOnce(payload, sending, options);
      } catch (error) {
        const status = error instanceof LambdaError ? error.status : 503;
        if (attempt >= attempts || sending.abortSignal.aborted || (status < 500 && status !== 429)) throw error;
        await pause(PAUSE_MS * 2 ** (attempt - 1));
      }
    }
  };
}

async function invokeOnce(
  body: string,
  sending: { abortSignal: AbortSignal },
  { signedAs, transport, url, clock, functionName }: InvokeOptions,
): Promise<Invoked> {
  const region = await signedAs.region();
  const target = new URL(url ?? `https://lambda.${region}.${suffixOf(region)}`);
  const path = `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'x-amz-invocation-type': 'RequestResponse',
  };
  const unsigned = { method: 'POST', host: target.host, path, headers, body };
  const { response } = await transport.handle(
    new HttpRequest({
      ...{ method: 'POST', protocol: target.protocol, hostname: target.hostname, path, body },
      ...(target.port === '' ? {} : { port: Number(target.port) }),
      headers: signed(unsigned, { service: 'lambda', region }, await signedAs.credentials(), clock()),
    }),
    sending,
  );
  const payload = await bytesOf(response.body as AsyncIterable<Uint8Array>, PAYLOAD_MAX_BYTES);
  if (response.statusCode === 200)
    return { payload: payload ?? new Uint8Array(), failed: response.headers['x-amz-function-error'] !== undefined };
  const type = String(response.headers['x-amzn-errortype'] ?? '').split(':')[0] ?? '';
  throw new LambdaError(type, response.statusCode);
}

/** A function answers with at most so much (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const PAYLOAD_MAX_BYTES = 6 * 1024 * 1024;
