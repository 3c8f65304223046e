import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { TollgateError } from '../contract/errors.ts';
import { type Bounds, LAPTOP } from './bounds.ts';
import { createHttp1 } from './http1.ts';
import { createHttp2 } from './http2.ts';

/**
 * A request of either protocol. HTTP/2 requests come through Node's compatibility API, which has the same members; what
 * HTTP/2 forbids (a status message, the `connection` and `transfer-encoding` headers) must not be set.
 */
export type OnRequest = (req: IncomingMessage, res: ServerResponse) => void;

/** A TCP port (0 to 65,535; 0 lets the system choose), or a Unix socket's file. */
export type Address = { host: string; port: number } | { path: string };

export type ListenOptions = Address &
  Partial<Bounds> & {
    onRequest: OnRequest;
    /** Whether `onRequest` itself answers who asks before it sends a body (RFC 9110 section 10.1.1); else each is told to send. */
    asksFirst?: boolean;
  };

export interface Listening {
  /** 0 for a Unix socket. */
  port: number;
  /**
   * Takes no new connection, lets requests in flight finish, and cuts what is left after `graceMs` milliseconds.
   * Resolves when every connection is gone; calling it again gives the same promise.
   */
  close(graceMs: number): Promise<void>;
}

/** RFC 9113 section 3.4: every HTTP/2 client begins with these bytes, and no HTTP/1.1 request does. */
const PREFACE = Buffer.from('PRI * HTTP/2.0');

/**
 * One TCP port or Unix socket for HTTP/1.1 and for HTTP/2 with prior knowledge, told apart by the connection's first bytes.
 *
 * @throws TollgateError `bad_setting` naming PORT when the port is taken or may not be used, HOST when it is not of this machine;
 *   the system's own error for a Unix socket
 */
export async function listen({ onRequest, asksFirst = false, ...given }: ListenOptions): Promise<Listening> {
  const bounds = { ...LAPTOP, ...given };
  const { headMs } = bounds.patience;
  const sockets = new Set<Socket>();
  const http1 = createHttp1(bounds, onRequest);
  const http2 = createHttp2(bounds, onRequest);
  if (asksFirst)
    for (const { server } of [http1, http2])
      server.on('checkContinue', (req: unknown, res: unknown) => server.emit('request', req, res));

  const tcp = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A client may vanish at any moment; the servers report what matters, and an unheard 'error' would end the process.
    socket.on('error', () => socket.destroy());
    const silent = setTimeout(() => socket.destroy(), headMs).unref();
    sniff(socket, (isHttp2) => {
      clearTimeout(silent);
      (isHttp2 ? http2 : http1).server.emit('connection', socket);
    });
  });
  tcp.maxConnections = bounds.connectionsMax;
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', (cause: NodeJS.ErrnoException) => reject('path' in given ? cause : portError(given, cause)));
    const { path, host, port } = { path: undefined, host: undefined, port: undefined, ...given };
    tcp.listen(path === undefined ? { host, port } : { path }, resolve);
  });
  const address = tcp.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;

  let closed: Promise<void> | undefined;
  const close = (graceMs: number): Promise<void> => {
    closed ??= new Promise((resolve) => {
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      tcp.close(() => {
        http1.server.close();
        clearTimeout(cut);
        resolve();
      });
      for (const socket of sockets) if (!sniffed.has(socket)) socket.destroy();
      http1.end();
      http2.end();
    });
    return closed;
  };
  return { port, close };
}

const sniffed = new WeakSet<Socket>();

function sniff(socket: Socket, decided: (isHttp2: boolean) => void): void {
  let seen = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    seen = Buffer.concat([seen, chunk]);
    const head = seen.subarray(0, PREFACE.length);
    const matches = PREFACE.subarray(0, head.length).equals(head);
    if (matches && head.length < PREFACE.length) return;
    socket.off('data', onData);
    socket.pause();
    sniffed.add(socket);
    socket.unshift(seen);
    decided(matches);
    // HTTP/2 reads its socket itself; HTTP/1.1 waits for the flow that the pause above stopped.
    if (!matches) socket.resume();
  };
  socket.on('data', onData);
}

/** What the system says of an address that is not of this machine. */
const NOT_HERE = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL']);

function portError({ host, port }: { host: string; port: number }, cause: NodeJS.ErrnoException): TollgateError {
  const { code = 'no address' } = cause;
  const [field, reason, what] = NOT_HERE.has(code)
    ? ['HOST', 'host-refused', `cannot be opened (${code}), for HOST is no address of this machine`]
    : code === 'EADDRINUSE'
      ? ['PORT', 'port-in-use', 'is already in use; set PORT to another one']
      : ['PORT', 'port-refused', `cannot be opened (${code}); set PORT to another one`];
  const message = `Port ${port} on ${host} ${what}.`;
  return new TollgateError('bad_setting', { field, reason, message, cause });
}
