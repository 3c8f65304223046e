import type { ClientRequest, IncomingMessage } from 'node:http';
import { globalAgent, Agent as HttpsAgent, request as https } from 'node:https';
import { isTollgateError } from '../contract/errors.ts';
import { CONNECT_TIMEOUT_MS } from '../contract/limits/contract.ts';
import { GATEWAY_IDLE_CONNECTION_MS } from '../contract/limits/sidecar.ts';
import { Agent as HttpAgent, request as http } from '../server/node-http.ts';
import type { Fault } from './error.ts';

/** One request to the gateway over HTTP/1.1, on kept connections. */
export interface Gateway {
  /** Its name, for the header Host. */
  host: string;
  /**
   * What it returns ends in an answer or in an `error`.
   *
   * @param path as a caller's target; that of the gateway's address is put before it
   * @param headers all of them, names and values in turn
   */
  send(method: string, path: string, headers: string[], answered: (answer: IncomingMessage) => void): ClientRequest;
  stop(): void;
}

/** Nothing of it was sent: no call was made. */
const NOT_SENT = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  // A proxy did not open the way there.
  'ERR_PROXY_TUNNEL',
]);

/** @param error of a request to the gateway, or of the token for it */
export function faultOf(error: unknown): Fault {
  if (isTollgateError(error)) return 'token-unavailable';
  return NOT_SENT.has((error as NodeJS.ErrnoException).code ?? '') ? 'gateway-unreachable' : 'gateway-lost';
}

/** Where it is comes from the setting alone, never from a request. */
export function createGateway({ protocol, hostname, port, host, pathname }: URL): Gateway {
  const options = { keepAlive: true, timeout: GATEWAY_IDLE_CONNECTION_MS };
  // Node's own agent has the proxy of the environment (NODE_USE_ENV_PROXY); through it TLS is the gateway's still. What is not TLS is of
  // this machine, and goes through none.
  const { proxyEnv } = globalAgent.options;
  const [request, agent] =
    protocol === 'https:' ? [https, new HttpsAgent({ ...options, proxyEnv })] : [http, new HttpAgent(options)];
  const prefix = pathname.replace(/\/+$/, '');
  // A URL writes an IPv6 address in brackets, a socket does not.
  const to = { hostname: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? null : Number(port), agent };
  return {
    host,
    send(method, path, headers, answered) {
      let isEnded = false;
      const sent = request({ ...to, method, path: prefix + path, headers }, (answer) => {
        isEnded = true;
        answered(answer);
      });
      sent.once('error', () => {
        isEnded = true;
      });
      // An answer to a question that was not asked, as 101 is, is none, and to Node no error: whoever waits would do so for good.
      sent.once('close', () => {
        if (!isEnded) sent.emit('error', Object.assign(new Error('no answer'), { code: 'ECONNRESET' }));
      });
      // A kept connection is there already, and most are: no timer for those.
      sent.once('socket', (socket) => {
        if (socket.connecting) limitConnecting(sent, socket);
      });
      return sent;
    },
    stop: () => agent.destroy(),
  };
}

function limitConnecting(sent: ClientRequest, socket: NodeJS.EventEmitter): void {
  const late = (): void => void sent.destroy(Object.assign(new Error('no connection in time'), { code: 'ETIMEDOUT' }));
  const timer = setTimeout(late, CONNECT_TIMEOUT_MS);
  const stop = (): void => clearTimeout(timer);
  socket.once('connect', stop);
  socket.once('close', stop);
}
