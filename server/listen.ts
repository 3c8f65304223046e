import { createServer as createHttp1, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { constants, createServer as createHttp2, type Http2Server, type ServerHttp2Session } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { TollgateError } from '../contract/errors.ts';

/**
 * A request of either protocol. HTTP/2 requests come through Node's compatibility API, which has the same members; what
 * HTTP/2 forbids (a status message, the `connection` and `transfer-encoding` headers) must not be set.
 */
export type OnRequest = (req: IncomingMessage, res: ServerResponse) => void;

export interface ListenOptions extends Partial<Bounds> {
  host: string;
  /** 0 to 65,535; 0 lets the system choose. */
  port: number;
  onRequest: OnRequest;
}

export interface Bounds {
  patience: Patience;
  /** Bytes of a request's head in HTTP/1.1. HTTP/2 ends the connection at 64 KiB a header, which no setting changes. */
  headMaxBytes: number;
  /** Connections at once; a further one is closed at once. */
  connectionsMax: number;
  /** Requests at once on one connection of HTTP/2; a further one is refused, and may be repeated. */
  streamsMax: number;
}

/** Milliseconds for which a client is waited for. Nothing bounds how long an answer takes. */
export interface Patience {
  /** For a whole head of a request. */
  headMs: number;
  /** For a whole request. */
  requestMs: number;
  /** For the next request of a connection, none being under way. */
  idleMs: number;
}

/**
 * A laptop's clients are on the laptop: what takes longer is no request. A head may be longer than any token, so that an absurd
 * one is refused like a wrong one, by whoever reads tokens.
 */
const LAPTOP: Bounds = {
  patience: { headMs: 10_000, requestMs: 60_000, idleMs: 60_000 },
  headMaxBytes: 2_097_152,
  connectionsMax: 10_000,
  streamsMax: 1_000,
};

export interface Listening {
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
 * One TCP port for HTTP/1.1 and for HTTP/2 with prior knowledge, told apart by the connection's first bytes.
 *
 * @throws TollgateError `bad_setting` naming PORT when the port is taken or may not be used, HOST when it is not of this machine
 */
export async function listen({ host, port, onRequest, ...bounds }: ListenOptions): Promise<Listening> {
  const { patience, headMaxBytes, connectionsMax, streamsMax } = { ...LAPTOP, ...bounds };
  const { headMs, requestMs, idleMs } = patience;
  const sockets = new Set<Socket>();
  const http1 = createHttp1(
    {
      maxHeaderSize: headMaxBytes,
      keepAliveTimeout: idleMs,
      headersTimeout: headMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.min(1_000, headMs / 2),
    },
    (req, res) => onRequest(req, res),
  );
  // It never listens itself, and would keep none of these times otherwise.
  http1.emit('listening');
  const http2 = createHttp2({ settings: { maxConcurrentStreams: streamsMax } }, (req, res) =>
    onRequest(req as unknown as IncomingMessage, res as unknown as ServerResponse),
  );
  const closing = { now: false };
  const endHttp1 = endWhenIdle(http1, closing);
  const endHttp2 = endSessions(http2, closing);
  endSlow(http2, patience);

  const tcp = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    // A client may vanish at any moment; the servers report what matters, and an unheard 'error' would end the process.
    socket.on('error', () => socket.destroy());
    const silent = setTimeout(() => socket.destroy(), headMs).unref();
    sniff(socket, (isHttp2) => {
      clearTimeout(silent);
      (isHttp2 ? http2 : http1).emit('connection', socket);
    });
  });
  tcp.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', (cause: NodeJS.ErrnoException) => reject(portError(host, port, cause)));
    tcp.listen({ host, port }, resolve);
  });
  const address = tcp.address();
  if (address === null || typeof address === 'string') throw portError(host, port);

  let closed: Promise<void> | undefined;
  const close = (graceMs: number): Promise<void> => {
    closed ??= new Promise((resolve) => {
      closing.now = true;
      const cut = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, graceMs);
      tcp.close(() => {
        http1.close();
        clearTimeout(cut);
        resolve();
      });
      for (const socket of sockets) if (!sniffed.has(socket)) socket.destroy();
      endHttp1();
      endHttp2();
    });
    return closed;
  };
  return { port: address.port, close };
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

/** @returns a function that ends idle connections now and the busy ones after their answer */
function endWhenIdle(server: Server, closing: { readonly now: boolean }): () => void {
  const busy = new Map<Socket, number>();
  server.on('connection', (socket: Socket) => {
    busy.set(socket, 0);
    socket.once('close', () => busy.delete(socket));
  });
  server.prependListener('request', (req, res) => {
    const { socket } = req;
    busy.set(socket, (busy.get(socket) ?? 0) + 1);
    if (closing.now) res.shouldKeepAlive = false;
    res.once('close', () => {
      if (!busy.has(socket)) return;
      const left = (busy.get(socket) ?? 1) - 1;
      busy.set(socket, left);
      if (closing.now && left === 0) socket.end();
    });
  });
  return () => {
    for (const [socket, count] of busy) if (count === 0) socket.end(() => socket.destroy());
  };
}

/** @returns a function that announces the end (GOAWAY); a session closes itself when its last stream has ended */
function endSessions(server: Http2Server, closing: { readonly now: boolean }): () => void {
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    if (closing.now) session.close();
  });
  return () => {
    for (const session of sessions) session.close();
  };
}

/** What Node's HTTP/1.1 server does by itself: it ends who sends a request too slowly, or none for too long. */
function endSlow(server: Http2Server, { requestMs, idleMs }: Patience): void {
  server.on('session', (session) => {
    let open = 0;
    const wait = (): NodeJS.Timeout => setTimeout(() => session.destroy(), idleMs).unref();
    let idle = wait();
    session.once('close', () => clearTimeout(idle));
    session.on('stream', (stream) => {
      clearTimeout(idle);
      open++;
      const slow = stream.endAfterHeaders
        ? undefined
        : setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), requestMs).unref();
      stream.once('end', () => clearTimeout(slow));
      stream.once('close', () => {
        clearTimeout(slow);
        if (--open === 0 && !session.closed) idle = wait();
      });
    });
  });
}

/** What the system says of an address that is not of this machine. */
const NOT_HERE = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL']);

function portError(host: string, port: number, cause?: NodeJS.ErrnoException): TollgateError {
  const { code = 'no address' } = cause ?? {};
  const [field, reason, what] = NOT_HERE.has(code)
    ? ['HOST', 'host-refused', `cannot be opened (${code}), for HOST is no address of this machine`]
    : code === 'EADDRINUSE'
      ? ['PORT', 'port-in-use', 'is already in use; set PORT to another one']
      : ['PORT', 'port-refused', `cannot be opened (${code}); set PORT to another one`];
  const message = `Port ${port} on ${host} ${what}.`;
  return new TollgateError('bad_setting', { field, reason, message, cause });
}
