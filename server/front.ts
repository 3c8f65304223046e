import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { belowBase, linkedBelow } from '../contract/base-path.ts';
import { TollgateError } from '../contract/errors.ts';
import { type GatewayResponseType, gatewayResponses } from '../contract/gateway-responses.ts';
import { BODY_MAX_BYTES } from '../contract/limits/contract.ts';
import { OPEN_PATHS } from '../contract/open-paths.ts';
import { ANTHROPIC_ID_HEADER, AWS_ID_HEADER, REQUEST_ID_HEADER } from '../contract/request-id.ts';
import { Secret } from '../contract/secret.ts';
import type { Served } from '../invoke/edge/lambda.ts';
import { canonicalPath } from '../invoke/edge/path.ts';
import { type Asked, type Given, headersFrom } from '../invoke/exchange.ts';
import { endWith } from '../invoke/providers/post.ts';
import { isConsole, type PageAnswer, type PageRequest } from '../pages/serve.ts';
import type { Admit } from './answers.ts';
import type { OnRequest } from './listen.ts';

export interface FrontOptions {
  app: Served;
  admit: Admit;
  /** Whether what it stands on can be reached. */
  ready(): Promise<boolean>;
  /** A request, or work that goes on behind its answer: to be waited for when the process stops. */
  background(work: Promise<unknown>): void;
  /** Whether pages may call from a browser, which asks without a token whether it may. */
  cors: boolean;
  /** As `/ai`: what clients put before every path. Without it they are served as well: so asks who looks after its health. */
  basePath?: string;
  /** Proxies in front of it. */
  proxies?: number;
  /** The console, where there is one. */
  servePage?: ((asked: PageRequest) => Promise<PageAnswer>) | undefined;
}

const OPEN: ReadonlySet<string> = new Set([...OPEN_PATHS, '/ready']);

/**
 * A request of a socket -> the app, and its answer back. What API Gateway does in front of the functions is done here: who has
 * no token is answered with the same bytes as there.
 */
export function createFront(options: FrontOptions): OnRequest {
  const { app, admit, ready, background, cors, basePath = '', proxies = 0, servePage } = options;
  const responses = gatewayResponses(cors);
  return (req, res) => {
    const requestId = randomUUID();
    // A client may leave at any byte; unheard, that would end the process.
    res.on('error', () => {});
    // Also without a connection any more: a call that was cut still has to be settled and written down.
    background(
      serve(req, res, requestId).catch((error: unknown) => {
        app.failed(error, requestId);
        if (res.headersSent) res.destroy();
        else alone(res, 'DEFAULT_5XX', requestId, 500);
      }),
    );
  };

  async function serve(req: IncomingMessage, res: ServerResponse, requestId: string): Promise<void> {
    // RFC 9112 section 6.3: where the body ends is not known, and Node reads on.
    if ((req.headers['transfer-encoding'] ?? 'chunked').toLowerCase() !== 'chunked') {
      res.shouldKeepAlive = false;
      return alone(res, 'DEFAULT_4XX', requestId);
    }
    const url = req.url ?? '';
    const mark = url.indexOf('?');
    const written = mark < 0 ? url : url.slice(0, mark);
    const path = belowBase(basePath, written);
    // Begun first and awaited later: the body arrives while the token is looked at.
    const body = bodyOf(req);
    const page = servePage !== undefined && isConsole(path) ? servePage : undefined;
    const open = OPEN.has(path) || page !== undefined;
    const asks = cors && req.method === 'OPTIONS' && page === undefined;
    if (open && !asks && req.method !== 'GET' && req.method !== 'HEAD')
      return alone(res, 'MISSING_AUTHENTICATION_TOKEN', requestId);
    if (page !== undefined) return give(res, await page(pageOf(req, path, mark < 0 ? '' : url.slice(mark))), requestId);
    if (path === '/ready' && !asks) return give(res, await readiness(req), requestId);
    const authorization = open || asks ? undefined : authorizationOf(req);
    if (authorization === null) return alone(res, 'UNAUTHORIZED', requestId);
    let caller: unknown;
    try {
      caller = authorization === undefined ? undefined : await admit(authorization, requestId);
    } catch (error) {
      return alone(res, refusalOf(error), requestId);
    }
    const left = new Promise<void>((resolve) => {
      res.once('close', resolve);
    });
    const bindings = {
      authorizer: caller,
      authorization: authorization === undefined ? undefined : new Secret(authorization),
      sourceIp: sourceOf(req, proxies),
      requestId,
      waitUntil: (work: Promise<unknown>) => background(work.catch((error: unknown) => app.failed(error, requestId))),
      left,
    };
    let given: Given;
    try {
      const asked: Asked = {
        method: req.method ?? '',
        path: canonicalPath(path),
        query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
        headers: headersFrom(linesOf(req.rawHeaders)),
        body: () => body,
      };
      given = await app.serve(asked, bindings);
    } catch (error) {
      given = await app.refuse(path, error, requestId);
    }
    const headers = linkedBelow(path === written ? '' : basePath, given.headers);
    await give(res, { ...given, headers }, requestId, background);
  }

  function alone(res: ServerResponse, type: GatewayResponseType, requestId: string, status = 400): void {
    const response = responses[type];
    res.writeHead(response.status ?? status, {
      ...response.headers,
      [REQUEST_ID_HEADER]: requestId,
      [ANTHROPIC_ID_HEADER]: requestId,
      [AWS_ID_HEADER]: requestId,
    });
    res.end(response.body);
  }

  async function readiness({ method }: IncomingMessage): Promise<Given> {
    const isReady = await ready();
    const body = method === 'HEAD' ? '' : JSON.stringify({ status: isReady ? 'ready' : 'unavailable' });
    return { status: isReady ? 200 : 503, headers: { 'content-type': 'application/json' }, body };
  }
}

function pageOf({ method = '', headers }: IncomingMessage, path: string, search: string): PageRequest {
  return { method, path, search, acceptEncoding: headers['accept-encoding']?.toString() };
}

/** What API Gateway would answer when the authorizer throws or denies. */
function refusalOf(error: unknown): GatewayResponseType {
  if (error instanceof TollgateError && error.code === 'unauthenticated') return 'UNAUTHORIZED';
  return error instanceof TollgateError && error.code === 'forbidden' ? 'ACCESS_DENIED' : 'AUTHORIZER_FAILURE';
}

/** @returns null for none, and for two: which of them was meant is nobody's to say */
function authorizationOf({ rawHeaders, headers }: IncomingMessage): string | null {
  let found = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]?.toLowerCase() === 'authorization') found++;
  const { authorization = '' } = headers;
  return found === 1 && authorization !== '' ? authorization : null;
}

/**
 * Who asks, on the network: each proxy adds at the end whom it was asked by, so that what the caller wrote there stands before.
 *
 * @returns undefined where there are fewer entries than proxies: somebody came past them
 */
function sourceOf({ socket, headers }: IncomingMessage, proxies: number): string | undefined {
  if (proxies === 0) return socket.remoteAddress;
  // Of several lines Node makes one (RFC 9110 section 5.3).
  return String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .at(-proxies);
}

function* linesOf(raw: readonly string[]): Generator<[string, string]> {
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]?.toLowerCase() ?? '';
    if (!name.startsWith(':')) yield [name, raw[i + 1] ?? ''];
  }
}

/**
 * The body, at most BODY_MAX_BYTES of it kept. What is beyond is read and thrown away: a client that has not finished sending
 * would otherwise miss the answer that tells it why.
 *
 * @returns never rejects before it is awaited
 */
function bodyOf(req: IncomingMessage): Promise<Uint8Array> {
  const whole = new Promise<Uint8Array>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let ended = false;
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.byteLength;
      if (bytes <= BODY_MAX_BYTES) chunks.push(chunk);
      else chunks.length = 0;
    });
    req.once('end', () => {
      ended = true;
      if (bytes > BODY_MAX_BYTES) reject(new TollgateError('too_large', { detail: { bytes } }));
      else resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
    });
    // An error is not made for every request that closes after its end: its stack costs as much as the whole body.
    const gone = (): void => {
      if (!ended) reject(new TollgateError('invalid_request', { reason: 'caller-left' }));
    };
    req.once('error', gone);
    req.once('close', gone);
  });
  whole.catch(() => {});
  return whole;
}

async function give(
  res: ServerResponse,
  { status, headers, body }: Given,
  requestId: string,
  background: FrontOptions['background'] = () => {},
): Promise<void> {
  const head = { ...headers, [REQUEST_ID_HEADER]: requestId, [AWS_ID_HEADER]: requestId };
  if (typeof body === 'string' || body instanceof Uint8Array) {
    res.writeHead(status, { ...head, 'content-length': Buffer.byteLength(body) });
    endWith(res, body);
    return;
  }
  const pieces = body[Symbol.asyncIterator]();
  let whole = false;
  res.once('close', () => {
    if (!whole && pieces.return) background(pieces.return());
  });
  res.writeHead(status, head);
  for (;;) {
    const { done, value } = await pieces.next();
    if (done) break;
    if (!res.write(value) && !res.destroyed) await drained(res);
  }
  whole = true;
  res.end();
}

/** Until more can be written, or nobody reads any more. */
function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const on = (): void => {
      res.off('drain', on);
      res.off('close', on);
      resolve();
    };
    res.on('drain', on);
    res.on('close', on);
  });
}
