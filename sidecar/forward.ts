import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { constants, Http2ServerResponse } from 'node:http2';
import { isTollgateError } from '../contract/errors.ts';
import type { Counts } from './counts.ts';
import type { Fault } from './error.ts';
import { faultOf, type Gateway } from './gateway.ts';
import { fromCaller, fromGateway, PSEUDONYM, unsigned } from './headers.ts';
import type { HeldToken, Tokens } from './token/token.ts';

export interface ForwardOptions {
  gateway: Gateway;
  tokens: Tokens;
  counts: Counts;
  /** Answers a caller in the gateway's place. @param cause for the log */
  refuse(res: ServerResponse, fault: Fault, cause: unknown): void;
}

/**
 * A request of this machine -> the gateway, under the tenant's token, and its answer back. Bodies pass as they come, no faster than the
 * other side takes them; who goes ends what was begun for it.
 */
export function createForward({ gateway, tokens, counts, refuse }: ForwardOptions) {
  return (req: IncomingMessage, res: ServerResponse): void => {
    // A client may leave at any byte; unheard, that would end the process.
    res.on('error', () => {});
    req.on('error', () => {});
    const failed = (error: unknown): void => refuse(res, 'token-unavailable', error);
    let held: HeldToken | Promise<HeldToken>;
    try {
      held = tokens.current();
    } catch (error) {
      failed(error);
      return;
    }
    if (held instanceof Promise)
      held.then((token) => {
        if (!res.destroyed && !res.closed) pass(req, res, token);
      }, failed);
    else pass(req, res, held);
  };

  function pass(req: IncomingMessage, res: ServerResponse, { token }: HeldToken): void {
    const { method = '', url = '' } = req;
    const isContinued = /^100-continue$/i.test(req.headers.expect ?? '');
    const hasBody = bodyOf(req);
    const headers = ['host', gateway.host, ...fromCaller(req.rawHeaders), 'authorization', `Bearer ${token}`];
    headers.push('via', `${req.httpVersion} ${PSEUDONYM}`);
    if (hasBody === 'chunked') headers.push('transfer-encoding', 'chunked');
    else if (hasBody === 'none' && !/^(?:GET|HEAD|DELETE|OPTIONS)$/.test(method)) headers.push('content-length', '0');

    let over = false;
    const sent = gateway.send(method, unsigned(url), headers, (given) => {
      counts.answered(given.statusCode ?? 0);
      if (given.statusCode === 401) tokens.refused(token);
      try {
        head(given, res);
      } catch (error) {
        for (const name of res.getHeaderNames()) res.removeHeader(name);
        lost(error);
        sent.destroy();
        return;
      }
      give(given, res, () => {
        over = true;
        // What the gateway did not want to read: the caller may still be sending it, and would miss the answer if nobody did.
        if (!sent.writableEnded) {
          req.removeAllListeners('data');
          req.resume();
          sent.destroy();
        }
      });
    });
    const lost = (error: unknown): void => {
      if (over || res.destroyed) return;
      over = true;
      if (res.headersSent) {
        cut(res);
        return;
      }
      req.removeAllListeners('data');
      req.resume();
      refuse(res, faultOf(error), error);
    };
    sent.on('error', lost);
    counts.active++;
    res.once('close', () => {
      counts.active--;
      if (over) return;
      over = true;
      sent.destroy();
    });
    if (isContinued) {
      sent.once('continue', () => res.writeContinue());
      sent.flushHeaders();
    }
    if (hasBody === 'none') sent.end();
    else flow(req, sent);
  }
}

/** How a body is framed, if there is one. */
function bodyOf(req: IncomingMessage): 'none' | 'chunked' | 'length' {
  const { headers } = req;
  if (headers['content-length'] !== undefined) return 'length';
  if (req.httpVersionMajor < 2) return headers['transfer-encoding'] === undefined ? 'none' : 'chunked';
  return (req as unknown as { stream: { endAfterHeaders: boolean } }).stream.endAfterHeaders ? 'none' : 'chunked';
}

/** The one's body into the other, no faster than it is taken, with its trailers. */
function flow(from: IncomingMessage, to: ClientRequest | ServerResponse): void {
  from.on('data', (chunk: Buffer) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.once('end', () => {
    const { rawTrailers = [] } = from;
    if (rawTrailers.length > 0) to.addTrailers(trailersOf(fromCaller(rawTrailers)));
    to.end();
  });
}

function trailersOf(raw: readonly string[]): Record<string, string> {
  const trailers: Record<string, string> = {};
  for (let i = 0; i + 1 < raw.length; i += 2) trailers[raw[i] ?? ''] = raw[i + 1] ?? '';
  return trailers;
}

/** @throws what Node says of a head that HTTP/2 has no form for, such as status 999 */
function head({ statusCode = 502, rawHeaders, headers }: IncomingMessage, res: ServerResponse): void {
  const kept = fromGateway(rawHeaders);
  const whole: unknown = res;
  if (!(whole instanceof Http2ServerResponse)) {
    res.writeHead(statusCode, kept);
    return;
  }
  // What may stand once alone, and came twice (a CDN before the gateway), Node takes for an error there; its own reading has it once.
  const names = new Set(kept.map((name) => name.toLowerCase()));
  whole.writeHead(statusCode, Object.fromEntries(Object.entries(headers).filter(([name]) => names.has(name))));
}

/** The rest of an answer. @param done when all of it has come */
function give(answer: IncomingMessage, res: ServerResponse, done: () => void): void {
  answer.on('error', () => {});
  answer.once('end', done);
  answer.once('close', () => {
    if (!answer.complete) cut(res);
  });
  flow(answer, res);
  // A head without a body yet is news, too: a stream's. What came in the same piece has been read by then, and leaves with it.
  process.nextTick(() => {
    if (!res.headersSent || (answer.readableLength === 0 && !answer.complete)) res.flushHeaders();
  });
}

/** An answer that broke must not look whole: a chunk without its end, a stream that was reset. */
function cut(res: ServerResponse): void {
  const whole: unknown = res;
  if (whole instanceof Http2ServerResponse) whole.stream?.close(constants.NGHTTP2_INTERNAL_ERROR);
  else res.destroy();
}

/** The sentence and the seconds of whoever knows more than the fault. */
export function toldBy(error: unknown): { message?: string | undefined; retryAfterSeconds?: number | undefined } {
  if (!isTollgateError(error)) return {};
  return { message: error.publicMessage, retryAfterSeconds: error.retryAfterSeconds };
}
