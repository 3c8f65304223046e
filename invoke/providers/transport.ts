import { type ClientRequest, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { CONNECT_TIMEOUT_MS } from '../../contract/limits/contract.ts';
import { UPSTREAM_MAX_SOCKETS } from '../../contract/limits/invoke.ts';

const STALE = Symbol('sent on a connection that was kept open');

/** Errors of a socket whose other end had closed it. */
const GONE = new Set(['ECONNRESET', 'EPIPE']);

/**
 * HTTP/1.1 with kept connections, one for all of a function's calls to AWS. There is no limit on the time of an answer
 * here: each call brings its own deadlines as an AbortSignal.
 *
 * @param options.requestMs milliseconds to an answer's headers, for clients that bring no signal; 0 is none
 */
export function createTransport({ requestMs = 0 }: { requestMs?: number } = {}): NodeHttpHandler {
  const { http, https } = keptAgents();
  return new NodeHttpHandler({
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: requestMs,
    throwOnRequestTimeout: true,
    // A value must be set: otherwise a client's default ends a stream that is silent while the model thinks.
    socketTimeout: 0,
    httpAgent: http,
    httpsAgent: https,
  });
}

/** Agents that keep connections, and mark the failures of those. */
export function keptAgents(): { http: HttpAgent; https: HttpsAgent } {
  const options = { keepAlive: true, maxSockets: UPSTREAM_MAX_SOCKETS };
  return { http: marksReuse(new HttpAgent(options)), https: marksReuse(new HttpsAgent(options)) };
}

/**
 * Whether a request failed because its kept connection was closed by the other end. It happens to a Lambda function that
 * was frozen between two calls, and nothing was run then.
 */
export function isStaleConnection(error: unknown): boolean {
  return error instanceof Error && GONE.has(String((error as NodeJS.ErrnoException).code)) && STALE in error;
}

function marksReuse<A extends HttpAgent>(agent: A): A {
  const reuse = agent.reuseSocket.bind(agent);
  agent.reuseSocket = (socket, request: ClientRequest) => {
    request.prependOnceListener('error', (error) => Object.defineProperty(error, STALE, { value: true }));
    reuse(socket, request);
  };
  return agent;
}
