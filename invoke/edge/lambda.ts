import type { Writable } from 'node:stream';
import { linkedBelow } from '../../contract/base-path.ts';
import { GATEWAY_IDLE_MS } from '../../contract/limits/contract.ts';
import { REQUEST_ID_HEADER } from '../../contract/request-id.ts';
import type { Secret } from '../../contract/secret.ts';
import type { Asked, Given } from '../exchange.ts';
import { askedOf, authorizationOf, type RestEvent, withoutBase } from './event.ts';

/** What the Lambda runtime for Node.js puts on `globalThis` for streamed answers, and the laptop's own runtime too. */
export interface LambdaRuntime {
  streamifyResponse(handler: StreamingHandler): unknown;
  HttpResponseStream: {
    /** Writes the metadata as JSON and 8 NUL bytes before the first byte of the body. */
    from(stream: Writable, metadata: ResponseMetadata): Writable;
  };
}

export type StreamingHandler = (event: RestEvent, stream: Writable, context: LambdaContext) => Promise<void>;

export interface LambdaContext {
  awsRequestId?: string;
  /** The tenant that this execution environment belongs to, where the function isolates tenants. */
  tenantId?: string;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html */
export interface ResponseMetadata {
  statusCode: number;
  headers: Record<string, string>;
}

/** What a request brings beside itself. */
export interface Bindings {
  /** `requestContext.authorizer`, unchecked. */
  authorizer: unknown;
  /** The caller's one Authorization header. */
  authorization: Secret | undefined;
  /** The tenant that Lambda gave this environment to; undefined where tenants share one. */
  tenantId?: string | undefined;
  /** Whose request it is on the network; undefined where that is not known. */
  sourceIp?: string | undefined;
  requestId: string;
  waitUntil(promise: Promise<unknown>): void;
  /** Resolves when nobody waits for the answer any more. */
  left?: Promise<void>;
}

/** What the adapter serves. Neither method throws. */
export interface Served {
  serve(asked: Asked, bindings: Bindings): Promise<Given>;
  /** The answer to what never became a request, in the shape of the path's surface. */
  refuse(path: string, error: unknown, requestId: string): Given | Promise<Given>;
  /** A promise given to `waitUntil` failed, or an answer could not be written to its end. */
  failed(error: unknown, requestId: string): void;
}

/** A member for each call of this environment that has not ended; more than one where Lambda gives it calls at once. */
export type UnderWay = Set<object>;

/**
 * API Gateway's REST events <-> requests and answers, with Lambda response streaming.
 *
 * After the returned handler's promise settles, every promise given to `waitUntil` has settled: no usage record is left
 * unwritten in a frozen function. A caller who leaves cancels the body.
 *
 * @param options.underWay is kept
 * @param options.written what resolves when all lines are out
 * @param options.after what is to be done when the answer and its lines are out, before this environment may be frozen
 * @param options.basePath as `/ai`: what a custom domain puts before every path
 */
export function streamingHandler(
  app: Served,
  runtime: LambdaRuntime,
  {
    underWay,
    written,
    after,
    basePath = '',
  }: {
    underWay: UnderWay;
    written(): void | Promise<void>;
    after?: (() => Promise<void>) | undefined;
    basePath?: string;
  },
): unknown {
  return runtime.streamifyResponse(async (given, stream, context) => {
    const event = withoutBase(given, basePath);
    const requestId = requestIdOf(event, context);
    const background = new Background((error) => app.failed(error, requestId));
    underWay.add(background);
    try {
      await respond(event, stream, context, requestId, background, event === given ? '' : basePath);
    } finally {
      await background.settled();
      await written();
      underWay.delete(background);
      await after?.();
    }
  });

  async function respond(
    event: RestEvent,
    stream: Writable,
    { tenantId }: LambdaContext,
    requestId: string,
    background: Background,
    base: string,
  ): Promise<void> {
    const gone = leaving(stream);
    const given = await answer(app, event, {
      authorization: event ? authorizationOf(event) : undefined,
      tenantId,
      requestId,
      waitUntil: (promise) => background.add(promise),
      left: gone,
    });
    const out = runtime.HttpResponseStream.from(stream, {
      statusCode: given.status,
      headers: { ...linkedBelow(base, given.headers), [REQUEST_ID_HEADER]: requestId },
    });
    try {
      await writeBody(given.body, out, out === stream ? gone : Promise.race([gone, leaving(out)]), background);
    } catch (error) {
      // Cut off, so that it cannot be taken for a whole answer.
      app.failed(error, requestId);
      out.destroy();
    }
  }
}

async function answer(app: Served, event: RestEvent, bindings: Omit<Bindings, 'authorizer'>): Promise<Given> {
  let asked: Asked;
  try {
    asked = askedOf(event ?? {});
  } catch (error) {
    const refused = await app.refuse(typeof event?.path === 'string' ? event.path : '/', error, bindings.requestId);
    return event?.httpMethod === 'HEAD' ? { ...refused, body: '' } : refused;
  }
  const { authorizer, identity } = event.requestContext ?? {};
  const sourceIp = typeof identity?.sourceIp === 'string' ? identity.sourceIp : undefined;
  return app.serve(asked, { ...bindings, authorizer, sourceIp });
}

function requestIdOf(event: RestEvent, context: LambdaContext): string {
  const given = event?.requestContext?.requestId;
  // A direct invocation has no gateway; its id goes into a header, so only plain characters.
  if (typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given)) return given;
  return context.awsRequestId ?? 'unknown';
}

/** Resolves when nobody reads any more, or when all has been written. */
function leaving(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed) resolve();
    stream.once('close', resolve);
    // Not `once`: an error without a listener ends the process, and a dead stream may report more than one.
    stream.on('error', () => resolve());
  });
}

async function writeBody(
  body: Given['body'],
  out: Writable,
  gone: Promise<void>,
  background: Background,
): Promise<void> {
  // The metadata goes out with the first write, so even an empty body needs one.
  if (typeof body === 'string' || body instanceof Uint8Array) out.write(body);
  else {
    const pieces = body[Symbol.asyncIterator]();
    let whole = false;
    void gone.then(() => {
      if (!whole && pieces.return) background.add(pieces.return());
    });
    for (;;) {
      const { done, value } = await pieces.next();
      if (done) break;
      if (!out.write(value)) await until(out, 'drain', gone);
    }
    whole = true;
  }
  const finished = until(out, 'finish', gone);
  out.end();
  await finished;
}

/** @throws Error once API Gateway has given up one who takes nothing: nobody waits for the answer any more */
async function until(out: Writable, event: 'drain' | 'finish', gone: Promise<void>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error('the answer was not taken')), GATEWAY_IDLE_MS);
  out.once(event, resolve);
  try {
    await Promise.race([promise, gone]);
  } finally {
    clearTimeout(timer);
    out.off(event, resolve);
  }
}

/** Promises that must settle before the function returns. */
class Background {
  readonly #pending = new Set<Promise<void>>();
  readonly #failed: (error: unknown) => void;

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  add(promise: Promise<unknown>): void {
    const settled: Promise<void> = promise.then(
      () => {},
      (error) => this.#failed(error),
    );
    this.#pending.add(settled);
    void settled.then(() => this.#pending.delete(settled));
  }

  /** Also waits for what is added meanwhile. */
  async settled(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
  }
}
