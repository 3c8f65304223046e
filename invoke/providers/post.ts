import { type ClientRequest, request as http, type IncomingMessage, type OutgoingMessage } from 'node:http';
import { request as https } from 'node:https';
import { CONNECT_TIMEOUT_MS } from '../../contract/limits/contract.ts';
import { bodyOf } from './body.ts';
import type { ProviderReply } from './provider.ts';
import { keptAgents } from './transport.ts';

export interface Endpoint {
  protocol: 'http:' | 'https:';
  hostname: string;
  /** Undefined: the protocol's own. */
  port?: number | undefined;
}

export interface Posted {
  /** Absent: POST. */
  method?: string | undefined;
  path: string;
  headers: Record<string, string>;
  body: Uint8Array;
  /** Ends the exchange at any time, the reading of the body included. */
  signal: AbortSignal;
}

/** @throws Error of the socket when there is no answer, also when the signal ended it */
export type Post = (endpoint: Endpoint, posted: Posted) => Promise<ProviderReply>;

/**
 * A request over HTTP/1.1 on kept connections, which carry no credentials: each request does. The SDK's own handler does this
 * too, with timers and listeners for what the deadline of a call does here, at twice the time.
 */
export function createPost(): Post {
  const agents = keptAgents();
  return (endpoint, { method = 'POST', path, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      // In a list they are written as they are; of an object Node keeps each header, by two names, for whoever asks.
      const lines = ['content-length', String(body.byteLength)];
      for (const name in headers) lines.push(name, headers[name] ?? '');
      const { hostname, port = null } = endpoint;
      const options = { method, hostname, port, path, headers: lines };
      const answered = (answer: IncomingMessage): void =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers as Record<string, string>,
          body: bodyOf(answer, signal),
        });
      const sent =
        endpoint.protocol === 'https:'
          ? https({ ...options, agent: agents.https }, answered)
          : http({ ...options, agent: agents.http }, answered);
      sent.on('error', reject);
      // Not Node's own option for it: that destroys the socket with an error which nobody hears once the answer has come in
      // full and is not read to its end (a stream whose last event is an exception), and the process would end.
      const leave = (): void => void sent.destroy();
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave, { once: true });
      // A kept connection is there already, and most are: no timer for those.
      sent.once('socket', (socket) => {
        if (socket.connecting) limitConnecting(sent, socket);
      });
      endWith(sent, body);
    });
}

/** Bytes of a body that are copied to be written with its head; a longer one costs more to copy than to write by itself. */
const TOGETHER_MAX_BYTES = 16_384;

/**
 * Writes a message's whole body. A short one leaves with the head, in one piece and one call of the system: Node joins the two
 * when both are text, and any bytes are text in Latin-1.
 */
export function endWith(message: OutgoingMessage, body: Uint8Array | string): void {
  if (typeof body === 'string' || body.byteLength > TOGETHER_MAX_BYTES) message.end(body);
  else message.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1'), 'latin1');
}

function limitConnecting(sent: ClientRequest, socket: NodeJS.EventEmitter): void {
  const late = (): void => {
    sent.destroy(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' }));
  };
  const timer = setTimeout(late, CONNECT_TIMEOUT_MS);
  const stop = (): void => clearTimeout(timer);
  socket.once('connect', stop);
  socket.once('close', stop);
}
