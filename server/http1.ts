import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Bounds } from './bounds.ts';
import { createServer } from './node-http.ts';

export interface Http1 {
  server: Server;
  /** Ends idle connections now and the busy ones after their answer. */
  end(): void;
}

/** A server that never listens itself: it is given connections. */
export function createHttp1(
  { patience, headMaxBytes, headersMax, streamsMax }: Bounds,
  onRequest: (req: IncomingMessage, res: ServerResponse) => void,
): Http1 {
  const { headMs, requestMs, idleMs, stallMs, answerMs } = patience;
  const busy = new Map<Socket, number>();
  let isEnding = false;
  const server = createServer(
    {
      maxHeaderSize: headMaxBytes,
      keepAliveTimeout: idleMs,
      headersTimeout: headMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.min(1_000, headMs / 2),
    },
    (req, res) => {
      const { socket } = req;
      const open = (busy.get(socket) ?? 0) + 1;
      busy.set(socket, open);
      // Only who does not wait for answers sends a second request before the first one's, and Node would take any number.
      if (open > streamsMax) socket.destroy();
      if (socket.destroyed) return;
      if (isEnding) res.shouldKeepAlive = false;
      const late = setTimeout(() => socket.destroy(), answerMs).unref();
      res.once('close', () => {
        clearTimeout(late);
        if (!busy.has(socket)) return;
        const left = (busy.get(socket) ?? 1) - 1;
        busy.set(socket, left);
        if (isEnding && left === 0) socket.end();
      });
      // Node leaves out of `headers` what is beyond a number of its own, and whoever reads them would see another request.
      if (req.rawHeaders.length <= 2 * headersMax) return onRequest(req, res);
      res.writeHead(431, { connection: 'close' }).end();
    },
  );
  server.maxHeadersCount = 0;
  server.on('connection', (socket: Socket) => {
    busy.set(socket, 0);
    socket.once('close', () => busy.delete(socket));
  });
  // Of a connection on which nothing has moved for so long: what the kernel took of a long piece counts as moved.
  server.timeout = stallMs;
  server.on('timeout', (socket) => {
    if (busy.get(socket) === 0 || socket.writableLength > 0) socket.destroy();
  });
  // It would keep none of these times otherwise.
  server.emit('listening');
  return {
    server,
    end() {
      isEnding = true;
      for (const [socket, count] of busy) if (count === 0) socket.end(() => socket.destroy());
    },
  };
}
