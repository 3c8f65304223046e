import { Writable } from 'node:stream';
import { WINDOW_BYTES } from './messages.ts';

/**
 * The response stream that Lambda's Node runtime hands to a streaming handler, and its `HttpResponseStream`, as in
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client. Kept as in Lambda, faults included: the prelude goes out
 * with the first `write`, so a handler that only calls `end` sends none, and fails here as it would there.
 */
export class ResponseStream extends Writable {
  /** Set by HttpResponseStream.from; called once, with a function that writes ahead of the first chunk. */
  _onBeforeFirstWrite: ((write: (chunk: string | Uint8Array) => void) => void) | undefined;
  readonly #send: (bytes: Uint8Array) => void;
  #written = false;
  #ahead = 0;
  #waiting: (() => void) | undefined;

  /** @param send takes one chunk; `taken` must be told when its reader has taken it */
  constructor(send: (bytes: Uint8Array) => void) {
    super({ decodeStrings: true });
    this.#send = send;
  }

  setContentType(_type: string): void {
    if (this.#written) throw new Error('Cannot set content-type, too late.');
  }

  override write(...given: unknown[]): boolean {
    const [chunk, ...rest] = given;
    if (!this.#written) {
      this.#written = true;
      this._onBeforeFirstWrite?.((ahead) => super.write(ahead));
    }
    const bytes = typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk);
    return super.write(bytes, ...(rest as []));
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#ahead += chunk.length;
    // A copy of exactly these bytes: a pooled Buffer's memory is shared, and must not travel with it.
    this.#send(new Uint8Array(chunk));
    if (this.#ahead < WINDOW_BYTES) callback();
    else this.#waiting = callback;
  }

  /** The reader took `bytes`: whoever waits to write goes on. */
  taken(bytes: number): void {
    this.#ahead -= bytes;
    if (this.#ahead >= WINDOW_BYTES || this.#waiting === undefined) return;
    const resume = this.#waiting;
    this.#waiting = undefined;
    resume();
  }
}

export type StreamingHandler = (event: unknown, stream: ResponseStream, context: object) => Promise<unknown>;

export type PlainHandler = (event: unknown, context: object) => Promise<unknown>;
export type LambdaHandler = PlainHandler | StreamingHandler;

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');

/**
 * `globalThis.awslambda`, as Lambda's Node runtime sets it before it loads the handler. Not frozen: the AWS SDK keeps its
 * own store for the current invocation on it.
 */
export const awslambda = {
  streamifyResponse<H extends StreamingHandler>(handler: H): H {
    return Object.assign(handler, { [STREAMING]: 'response' });
  },
  HttpResponseStream: {
    from(stream: ResponseStream, metadata: object): ResponseStream {
      stream.setContentType('application/vnd.awslambda.http-integration-response');
      stream._onBeforeFirstWrite = (write) => {
        write(JSON.stringify(metadata));
        write(new Uint8Array(8));
      };
      return stream;
    },
  },
};

/** @returns the handler as a streaming one, or undefined when it was not passed through `streamifyResponse` */
export function asStreaming(handler: LambdaHandler): StreamingHandler | undefined {
  return STREAMING in handler ? (handler as StreamingHandler) : undefined;
}
